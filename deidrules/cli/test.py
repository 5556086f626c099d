"""`deidrules test`: run the tests that stand in recipes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deidrules.cli.targets import PROFILE, find, reached

if TYPE_CHECKING:
    from deidrules.rehearsal.model import Rehearsal, Rehearsed

FORMATS = ("text", "json")


@click.command("test", short_help="Run the tests that stand in recipes.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--output-format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How the outcome is written.")
def command(paths: tuple[str, ...], form: str) -> int:
    """Run the `test` blocks of profiles (a folder, a profile.yaml, a shipped name) and recipes (*.recipe). Folders are searched.

    A test runs against the recipe it stands in, alone, with `unlisted: X`; tests of the recipes that a profile lists under `tests:` run
    against the whole profile. The object is made of what the test gives; no file is read. Exit codes: 0 all tests pass, 1 a test fails or
    something does not compile, 2 wrong usage."""
    from deidrules.rehearsal.model import together

    rehearsal = together(tuple(_rehearsals(paths)))
    if form == "json":
        click.echo(_json(rehearsal))
    else:
        click.echo(_text(rehearsal), color=True)
    return int(not rehearsal.passed)


def _rehearsals(paths: tuple[str, ...]) -> Iterator[Rehearsal]:
    from deidrules.rehearsal.rehearse import rehearse_profile

    targets = find(paths)
    covered: set[Path] = set()
    for profile in targets.profiles:
        yield rehearse_profile(profile)
        covered |= reached(profile)
    for path in targets.recipes:
        if path.resolve() not in covered:
            yield _alone(path)
    for path in targets.named:
        yield _named(path)


def _alone(path: Path, tables: dict[str, dict[str, str]] | None = None) -> Rehearsal:
    from deidrules.compile.layers import read_source
    from deidrules.rehearsal.model import Rehearsal
    from deidrules.rehearsal.rehearse import rehearse_recipe

    source, problem = read_source(path, str(path))
    return Rehearsal(errors=(problem,)) if source is None else rehearse_recipe(source, tables)


def _named(path: Path) -> Rehearsal:
    """A recipe that was named: as the profile around it uses it, with its plan where it stands under `tests:`, else with its tables."""
    from deidrules.compile.profile import load_profile
    from deidrules.compile.tables import load_tables
    from deidrules.rehearsal.rehearse import rehearse_profile

    place = next((folder / PROFILE for folder in path.absolute().parents if (folder / PROFILE).is_file()), None)
    profile = load_profile(place)[0] if place is not None else None
    if place is None or profile is None:
        return _alone(path)
    place = Path(os.path.relpath(place))
    if path.resolve() in {(profile.folder / name).resolve() for name in profile.tests}:
        whole = rehearse_profile(place)
        own = tuple(test for test in whole.tests if Path(test.recipe).resolve() == path.resolve())
        return replace(whole, tests=own)
    mine = path.resolve() in {(profile.folder / name).resolve() for name in profile.recipes}
    return _alone(path, load_tables(profile)[0] if mine else None)


def _text(rehearsal: Rehearsal) -> str:
    from deidrules.cli.wording import quoted
    from deidrules.text.render import colours, render_text

    colour = colours(sys.stdout)
    blocks = [render_text(rehearsal.errors, colour=colour)] if rehearsal.errors else []
    for test in rehearsal.tests:
        if not test.passed:
            against = f", against {test.against}" if test.against else ""
            blocks += [f"{test.span} {quoted(test.name)}{against}:", render_text(test.findings, colour=colour)]
    passed, failed = _counts(rehearsal)
    not_run = f", {rehearsal.not_run} not run" if rehearsal.not_run else ""
    return "\n\n".join([*blocks, f"{passed} passed, {failed} failed{not_run}"])


def _counts(rehearsal: Rehearsal) -> tuple[int, int]:
    passed = sum(test.passed for test in rehearsal.tests)
    return passed, len(rehearsal.tests) - passed


def _json(rehearsal: Rehearsal) -> str:
    from deidrules.text.render import render_json

    passed, failed = _counts(rehearsal)
    out = {
        "passed": passed,
        "failed": failed,
        "not_run": rehearsal.not_run,
        "errors": json.loads(render_json(rehearsal.errors)),
        "tests": [_record(test) for test in rehearsal.tests],
    }
    return json.dumps(out, indent=2, ensure_ascii=False)


def _record(test: Rehearsed) -> dict[str, Any]:
    from deidrules.text.render import render_json

    return {
        "name": test.name,
        "recipe": test.recipe,
        "line": test.span.line,
        "against": test.against,
        "passed": test.passed,
        "findings": json.loads(render_json(test.findings)),
    }
