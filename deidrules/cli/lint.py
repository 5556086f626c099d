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
def command(paths: tuple[str, ...], form: str, code: str | None) -> int:
    """Check profiles (a folder, a profile.yaml, a shipped name) and recipes (*.recipe). Folders are searched; recipes that no profile found
    there stands on are checked alone.

    Findings go to stdout. Exit codes: 0 no errors (warnings allowed), 1 errors, 2 wrong usage."""
    if code is not None:
        return _explain(code)
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
