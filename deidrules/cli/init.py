"""`deidrules init`: a new profile folder."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deidrules.compile.starting import Made


@click.command("init", short_help="Make a new profile folder.")
@click.argument("folder", metavar="DIR", required=False)
@click.option("--base", metavar="NAME", default="ps315-basic", show_default=True, help="Shipped profile to begin with.")
@click.option(
    "--option", "options", metavar="NAME", multiple=True, help="Option of PS3.15: a layer's name, a code such as 113107, or a word."
)
@click.option("--settle", metavar="NAME", multiple=True, help="The option that decides where two of them clash.")
@click.option("--list", "listing", is_flag=True, help="Show the options and end.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made (or the options) as JSON.")
def command(folder: str | None, base: str, options: tuple[str, ...], settle: tuple[str, ...], listing: bool, as_json: bool) -> int:
    """Write a profile into the new or empty folder DIR: profile.yaml with the layers in their order, a recipe and a test of its own, a page
    about it. What it writes lints clean and passes its test.

    Options that ask for different things are refused, unless --settle says which of the two decides. Exit codes: 0 done, 2 wrong usage,
    or options that do not go together; nothing was written."""
    if listing:
        click.echo(_options_json() if as_json else _options())
        return 0
    if folder is None:
        raise click.UsageError("a folder to make, or --list, is needed")
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise click.UsageError(f"`{folder}` is there already and not an empty folder")
    from deidrules.compile.starting import CannotStart, make_profile

    try:
        made = make_profile(folder, base, options, settle)
    except CannotStart as problem:
        raise click.UsageError(str(problem)) from None
    _write(place, made.files)
    click.echo(_made_json(folder, made) if as_json else _made(folder, made))
    return 0


def _write(place: Path, files: dict[str, str]) -> None:
    """Every file new; an existing one is never touched."""
    try:
        for name, text in files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
    except OSError:
        raise click.UsageError(f"`{place}` cannot be written") from None


def _made(folder: str, made: Made) -> str:
    lines = [f"made the profile {made.name} in {folder}", ""]
    lines += [f"  {layer}" for layer in made.layers]
    lines += [f"\n{winner} decides where {loser} clashes with it; {loser} is then not claimed" for winner, loser in made.settled]
    return "\n".join([*lines, "", "next:", *(f"  {line}" for line in _next(folder))])


def _next(folder: str) -> list[str]:
    folder = shlex.quote(folder)
    return [
        f"deidrules lint {folder}",
        f"deidrules test {folder}",
        "deidrules keygen my.key",
        f"deidrules apply-profile {folder} INCOMING --output OUTGOING --key-file my.key",
    ]


def _made_json(folder: str, made: Made) -> str:
    out = {
        "folder": folder,
        "profile": made.name,
        "layers": list(made.layers),
        "options": [{"code": option.code, "name": option.name} for option in made.options],
        "settled": [{"decides": winner, "not_claimed": loser} for winner, loser in made.settled],
        "files": sorted(made.files),
        "next": _next(folder),
    }
    return json.dumps(out, indent=2, ensure_ascii=False)


def _options() -> str:
    from deidrules.compile.options import OPTIONS

    width = max(len(option.name) for option in OPTIONS)
    lines = [f"{option.code}  {option.name:{width}}  {option.says} (also: {', '.join(option.words)})" for option in OPTIONS]
    return "\n".join(["113100  the Basic Profile, below all of them", *lines])


def _options_json() -> str:
    from deidrules.compile.options import OPTIONS

    return json.dumps(
        [{"code": o.code, "name": o.name, "words": list(o.words), "title": o.title, "says": o.says} for o in OPTIONS], indent=2
    )
