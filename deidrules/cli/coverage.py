"""What `lint --coverage` prints: Table E.1-1 row by row, with what a plan does and how that stands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from deidrules.lint.coverage import Covered
    from deidrules.lint.effective import Effect
    from deidrules.plan.model import Plan

HEAD = ("tag", "name", "required", "effective", "state", "place")
_PRIVATE_TAG = "odd groups"
_COLOURS = {"missing": "red", "weakened": "yellow", "stronger": "green"}
_WIDEST = 44  # of a name in plain text


def show(plan: Plan, options: Collection[int], *, form: str, terminal: bool) -> int:
    """Print the table on stdout: `form` is table, json or csv, `terminal` whether somebody looks at it. 1 when a row is missing, else 0."""
    from deidrules.lint.coverage import State, coverage, totals

    covered = coverage(plan, options)
    count = totals(covered)
    if form == "json":
        click.echo(json.dumps(_record(plan, options, covered), indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(_csv(covered), nl=False)
    elif terminal:
        _rich(covered)
    else:
        for line in _plain(covered):
            click.echo(line)
    if form == "table":
        claimed = ", ".join(str(option) for option in sorted(options)) or "none"
        click.echo(f"\noptions claimed: {claimed}")
        click.echo(f"{len(covered)} rows: " + ", ".join(f"{number} {state}" for state, number in count.items()))
    return int(count[State.MISSING] > 0)


def _cells(one: Covered) -> tuple[str, ...]:
    state = str(one.state) + (f": {'; '.join(one.reasons)}" if one.reasons else "")
    return (_tag(one), one.row.name, _required(one), _effective(one), state, one.effect.origin)


def _tag(one: Covered) -> str:
    return one.row.tag if one.row.leaf is not None else _PRIVATE_TAG


def _required(one: Covered) -> str:
    from deidrules.dicom.method_codes import BASIC

    return one.required.code + ("" if one.required.option == BASIC else f" ({one.required.option})")


def _effective(one: Covered) -> str:
    """The worst that may happen; a rule with a value shows it, other rules are counted."""
    more = sum(effect != one.effect for effect, _ in one.effects)
    return spelled(one.effect) + (f" (+{more})" if more else "")


def spelled(effect: Effect) -> str:
    """An effect as a rule would say it, without its selector unless that has a path."""
    from deidrules.cli import wording

    text, rule = effect.code, effect.rule
    if rule is None:
        return text
    if rule.value is not None:
        text += f" = {wording.expression(rule.value)}"
    if rule.selector.steps or rule.selector.anchored:
        text += f" in {wording.selector(rule.selector).rpartition(' / ')[0]}"
    return text + (" under a condition" if rule.condition is not None else "")


def _plain(covered: Collection[Covered]) -> Iterator[str]:
    rows = [HEAD, *(_cells(one) for one in covered)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    widths[1:4] = [min(width, _WIDEST) for width in widths[1:4]]
    widths[4] = min(widths[4], max(len(state) for state in ("as required", "weakened")))
    for row in rows:
        yield _line(row, widths)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
    return "  ".join([*cells, row[-1]]).rstrip()


def _rich(covered: Collection[Covered]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in HEAD:
        table.add_column(title, no_wrap=title in ("tag", "required", "state"), overflow="fold")
    for one in covered:
        colour = _COLOURS.get(str(one.state), "")
        table.add_row(*(Text(cell, style=colour if title == "state" else "") for title, cell in zip(HEAD, _cells(one), strict=True)))
    Console(highlight=False).print(table)


def _csv(covered: Collection[Covered]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*HEAD[:4], "state", "reason", "place"))
    for one in covered:
        cells = _cells(one)
        writer.writerow((one.row.tag, *cells[1:4], str(one.state), "; ".join(one.reasons), cells[5]))
    return out.getvalue()


def _record(plan: Plan, options: Collection[int], covered: Collection[Covered]) -> dict[str, Any]:
    from deidrules.lint.coverage import totals
    from deidrules.lint.table import EDITION
    from deidrules.plan.fingerprint import fingerprint

    return {
        "profile": f"{plan.profile}@{plan.version}",
        "fingerprint": fingerprint(plan),
        "table": EDITION,
        "options": sorted(options),
        "totals": {str(state): number for state, number in totals(covered).items()},
        "rows": [_row(one) for one in covered],
    }


def _row(one: Covered) -> dict[str, Any]:
    return {
        "tag": one.row.tag,
        "name": one.row.name,
        "required": one.required.code,
        "option": one.required.option,
        "state": str(one.state),
        "effects": [
            {"does": spelled(effect), "code": effect.code, "state": str(state), "place": effect.origin}
            | ({"reason": effect.because} if effect.because else {})
            for effect, state in one.effects
        ],
    }
