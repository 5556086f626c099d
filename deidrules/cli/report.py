"""What `apply-profile` says at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from deidrules.text.refusals import REFUSALS

if TYPE_CHECKING:
    from deidrules.plan.model import Plan
    from deidrules.run.summary import Summary


def overrides(plan: Plan) -> None:
    """The weakenings the profile asks for, on stderr."""
    for override in plan.overrides:
        place = f" ({override.origin})" if override.origin else ""
        click.echo(f"override {override.code} {override.what}: {override.because}{place}", err=True)


def report(summary: Summary, *, as_json: bool) -> None:
    """The summary on stdout: as JSON, or for a reader."""
    if as_json:
        click.echo(json.dumps(summary.record(), ensure_ascii=False))
        return
    click.echo(summary.equation())
    for code, count in sorted(summary.codes, key=lambda entry: (-entry[1], entry[0])):
        click.echo(f"  {count:>6}  {code:<24} {REFUSALS.get(code, '')}".rstrip())
    made = f"plan {summary.plan[:12]} of {summary.profile} {summary.version}, key {summary.key}"
    click.echo(f"{made}, {summary.bytes / 1e6:.1f} MB {'would be ' if summary.dry_run else ''}written in {summary.seconds:.1f} s")
    for line in _next(summary):
        click.echo(line)


def _next(summary: Summary) -> list[str]:
    out = []
    match summary.ended:
        case "stopped":
            reason = REFUSALS.get(summary.reason, "")
            out.append(f"stopped early: {summary.reason}" + (f", {reason}" if reason else ""))
            out.append("what was written is whole; put the cause right and run again: files that are there already count as duplicates")
        case "interrupted":
            out.append("interrupted: what was written is whole; files not yet attended to are not counted")
    if summary.dry_run:
        out.append("dry run: nothing was written")
    if summary.quarantined or summary.failed or summary.rejected:
        if summary.run_folder:
            out.append(f"what was not written stands in {summary.run_folder}/quarantine.jsonl, by identifiers whose paths {_SOURCES}")
        else:
            out.append("with --run DIR a dry run writes down which files these are")
    if summary.quarantined:
        out.append("`deidrules explain PROFILE FILE` shows which rules reach a file's elements")
    if summary.codes and dict(summary.codes).get("internal-error"):
        out.append("an internal error is a defect of deidrules: please report its line of quarantine.jsonl, which holds no value")
    return out


_SOURCES = "sources.csv beside it gives"
