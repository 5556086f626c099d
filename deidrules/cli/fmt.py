"""`deidrules fmt`: recipes in the one layout."""

from __future__ import annotations

import difflib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.cli.profiles import say
from deidrules.cli.targets import find

if TYPE_CHECKING:
    from deidrules.text.source import Source

STDIN = "-"


@click.command("fmt", short_help="Format recipes.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when something would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> int:
    """Format *.recipe files in place; `-` formats stdin to stdout. Comments stay with their statements, and what is written is first read
    again and compared. A recipe that cannot be read is left as it is.

    Exit codes: 0 done, 1 a recipe cannot be read, or with --check something would change, 2 wrong usage."""
    from deidrules.text.source import Source

    if STDIN in paths:
        if len(paths) > 1:
            raise click.UsageError("`-` stands alone")
        try:
            source = Source("<stdin>", sys.stdin.buffer.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise click.UsageError("stdin is not UTF-8 text") from None
        formatted = _format(source)
        if formatted is None:
            return 1
        if diff:
            _show(source, formatted)
        elif not check:
            click.echo(formatted, nl=False)
        return int(check and formatted != source.text)
    return _files(paths, check=check, diff=diff)


def _files(paths: tuple[str, ...], *, check: bool, diff: bool) -> int:
    from deidrules.compile.layers import read_source

    targets = find(paths)
    broken = changed = 0
    if not targets.recipes and not targets.named:
        click.echo("nothing to format: `fmt` is for *.recipe files", err=True)
    for path in dict.fromkeys((*targets.recipes, *targets.named)):
        source, problem = read_source(path, str(path))
        if source is None:
            say((problem,))
        formatted = _format(source) if source is not None else None
        if source is None or formatted is None:
            broken += 1
            continue
        with path.open(encoding="utf-8", newline="") as file:
            if file.read() == formatted:
                continue
        changed += 1
        if diff:
            _show(source, formatted)
        if check:
            click.echo(f"would format {path}", err=True)
        if not check and not diff:
            _rewrite(path, formatted)
            click.echo(f"formatted {path}", err=True)
    return int(bool(broken or (check and changed)))


def _format(source: Source) -> str | None:
    """The formatted text; None when it cannot be read, which is said."""
    from deidrules.language.format import format_recipe
    from deidrules.language.parse import parse
    from deidrules.text.diagnostic import has_errors
    from deidrules.text.source import Source

    recipe, problems = parse(source)
    if recipe is None or has_errors(problems):
        say(problems)
        return None
    formatted = format_recipe(recipe)
    again, _ = parse(Source(source.name, formatted))
    if again != recipe or format_recipe(again) != formatted:
        raise RuntimeError("the formatted recipe is not the recipe")
    return formatted


def _show(source: Source, formatted: str) -> None:
    name = source.name.lstrip("/")
    lines = difflib.unified_diff(source.text.splitlines(True), formatted.splitlines(True), f"a/{name}", f"b/{name}")
    click.echo("".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines), nl=False)


def _rewrite(path: Path, text: str) -> None:
    """Replace a file at once, its mode kept; a link stays one."""
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        partial.chmod(stat.S_IMODE(target.stat().st_mode))
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        click.echo(f"`{path}` cannot be written", err=True)
        sys.exit(2)
