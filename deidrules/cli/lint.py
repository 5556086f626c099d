"""`deidrules lint`: everything that can be said about recipes and profiles before a file is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.cli.targets import find, reached

if TYPE_CHECKING:
    from deidrules.text.diagnostic import Diagnostic

FORMATS = ("text", "concise", "json", "github", "sarif")


@click.command("lint", short_help="Find faults in profiles and recipes.")
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option("--output-format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How findings are written.")
@click.option("--explain", "code", metavar="CODE", help="Print what a code such as DR204 means, with an example.")
@click.option("--coverage", is_flag=True, help="Print Table E.1-1 of PS3.15 with what the profile does to each of its 657 rows.")
@click.option("--json", "as_json", is_flag=True, help="With --coverage: an object.")
@click.option("--csv", "as_csv", is_flag=True, help="With --coverage: a line per row.")
def command(paths: tuple[str, ...], form: str, code: str | None, coverage: bool, as_json: bool, as_csv: bool) -> int:
    """Check profiles (a folder, a profile.yaml, a shipped name) and recipes (*.recipe). Folders are searched; recipes that no profile found
    there stands on are checked alone.

    With --coverage, one profile is held against Table E.1-1: what the options that its layers claim require of each row, what the plan does
    at most, and whether that is enough (stronger, as required, weakened with its reason, missing).

    Findings and the table go to stdout. Exit codes: 0 no errors (warnings allowed), no row missing; 1 errors, a row missing; 2 wrong
    usage."""
    if code is not None:
        return _explain(code)
    if coverage:
        return _coverage(paths, "json" if as_json else "csv" if as_csv else "table")
    if as_json or as_csv:
        raise click.UsageError("--json and --csv go with --coverage; findings take --output-format")
    if not paths:
        raise click.UsageError("a PATH, or --explain CODE, is needed")
    from deidrules.text.diagnostic import Severity, has_errors
    from deidrules.text.render import RENDERERS, colours, render_text

    found = _findings(paths)
    text = render_text(found, colour=colours(sys.stdout)) if form == "text" else RENDERERS[form](found)
    if text:
        click.echo(text, color=True)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    if form in ("text", "concise"):
        click.echo(f"{_several(errors, 'error')}, {_several(len(found) - errors, 'warning')}", err=True)
    return int(has_errors(found))


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _findings(paths: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """Of all targets, each finding once though a recipe may have been compiled more than once."""
    from deidrules.compile.layers import read_source
    from deidrules.lint import lint_profile, lint_recipe

    targets = find(paths)
    found: list[Diagnostic] = []
    covered: set[Path] = set()
    for profile in targets.profiles:
        found.extend(lint_profile(profile))
        covered |= reached(profile)
    for path in (*(path for path in targets.recipes if path.resolve() not in covered), *targets.named):
        source, problem = read_source(path, str(path))
        found.extend((problem,) if source is None else lint_recipe(source.name, source.text))
    return tuple({(d.code, d.message, d.span.source.name, d.span.start, d.span.end): d for d in reversed(found)}.values())[::-1]


def _coverage(paths: tuple[str, ...], form: str) -> int:
    from deidrules.cli.coverage import show
    from deidrules.cli.profiles import say
    from deidrules.compile.compiler import compile_profile
    from deidrules.lint.claimed import options_of

    if len(paths) != 1:
        raise click.UsageError("--coverage takes one profile")
    if paths[0].endswith(".recipe"):
        raise click.UsageError(f"`{paths[0]}` is a recipe; a profile.yaml that names it under `recipes:` makes a profile of it")
    compilation = compile_profile(paths[0])
    if compilation.plan is None or compilation.failed:
        say(compilation.diagnostics)
        return 1
    return show(compilation.plan, options_of(compilation.layers), form=form, terminal=sys.stdout.isatty())


def _explain(code: str) -> int:
    from deidrules.text.codes import CODES
    from deidrules.text.suggest import did_you_mean

    entry = CODES.get(code.strip().upper())
    if entry is None:
        near = did_you_mean(code, CODES)
        raise click.UsageError(f"there is no code `{code}`" + (f": {near}" if near else ""))
    click.echo(f"{entry.code} {entry.name} ({entry.severity})\n\n{entry.why}")
    for title, recipe in (("Wrong", entry.bad), ("Right", entry.good)):
        if recipe:
            click.echo(f"\n{title}:\n\n" + "\n".join(f"    {line}".rstrip() for line in recipe.rstrip("\n").split("\n")))
    return 0
