"""`deidrules conformance`: the conformance statement of PS3.15 E.1.3, from a plan alone; the same plan and program give the same text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.cli.profiles import load, pairs, say

if TYPE_CHECKING:
    from deidrules.cli.stated import Stated
    from deidrules.plan.model import Plan


_MOST_REASONS = 8  # against one claim: a layer that undoes an option tends to do it attribute by attribute


@click.command("conformance", short_help="Write the conformance statement of a profile.")
@click.argument("profile")
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write to a new file instead of stdout.")
@click.option("--param", "parameters", metavar="N=V", multiple=True, callback=pairs, help="Value of a parameter of the profile.")
def command(profile: str, output: str | None, parameters: dict[str, str]) -> int:
    """Write what PS3.15 E.1.3 asks a de-identifier to declare, as Markdown: options claimed, attributes removed, emptied, replaced, cleaned
    and kept with their reasons, how dummies, UIDs and dates are made, pixel rules, what is refused. PROFILE may be a plan as JSON.

    Exit codes: 0 done, 2 a broken profile or wrong usage."""
    loaded = load(profile, parameters, check_tables=False)
    if loaded.plan is None:
        say(loaded.diagnostics)
        return 2
    _check_functions(loaded.plan)
    text = statement(loaded.plan)
    if output is None:
        click.echo(text, nl=False)
        return 0
    try:
        with Path(output).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError("the output file exists: nothing is ever overwritten") from None
    except OSError:
        raise click.UsageError("the output file cannot be written") from None
    return 0


def _check_functions(plan: Plan) -> None:
    """click.UsageError for a plan of another place, whose functions nobody here can describe."""
    from deidrules.actions import registry
    from deidrules.lint.attributes import functions_of

    unknown = sorted(set(functions_of(plan)) - set(registry.functions()))
    if unknown:
        raise click.UsageError(f"the plan uses the function `{unknown[0]}`, which is not installed")


def statement(plan: Plan) -> str:
    """The whole statement."""
    from deidrules.cli.stated import Stated
    from deidrules.cli.stated_attributes import ATTRIBUTES
    from deidrules.cli.stated_handling import HANDLING

    stated = Stated(plan)
    parts = ["\n".join(_opening(plan)), "## Profile and options\n\n" + "\n".join(_options(stated))]
    parts += [f"## {title}\n\n" + "\n".join(section(stated)) for title, section in (*ATTRIBUTES, *HANDLING)]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _opening(plan: Plan) -> Iterator[str]:
    from deidrules import __version__
    from deidrules.cli.markdown import code, plain, table
    from deidrules.lint.table import EDITION
    from deidrules.plan.fingerprint import fingerprint

    yield f"# De-identification conformance statement: {plain(plan.profile)} {plain(plan.version)}"
    yield ""
    rows = [
        ("profile", code(f"{plan.profile}@{plan.version}") + (f" {plain(plan.title)}" if plan.title else "")),
        ("fingerprint of the plan", code(fingerprint(plan))),
        ("program", code(f"deidrules@{__version__}")),
        ("table", f"Table E.1-1, {EDITION}"),
        ("data dictionary", plain(plan.dictionary)),
        ("layers", ", ".join(code(layer) for layer in plan.layers)),
    ]
    yield from table(("what", "which"), rows)
    yield ""
    yield (
        "Written by `deidrules conformance` from the compiled plan, after PS3.15 E.1.3. What is said of an attribute holds at every depth, "
        "in public and private sequences, unless a place is given. A rule is named by layer and line."
    )


def _options(stated: Stated) -> Iterator[str]:
    from deidrules.cli.markdown import code, table

    rows = []
    for option in stated.options:
        said = "yes"
        if option.why_not:
            said = f"no: {option.why_not[0]}" if len(option.why_not) == 1 else "no, see below"
        elif option.unless:
            said = "yes, unless " + " or ".join(code(stated.condition(number)) for number in option.unless)
        rows.append((str(option.code), option.name, option.section, said))
    yield from table(("code", "PS3.16 CID 7050", "PS3.15", "claimed"), rows)
    yield ""
    yield (
        "An output names in (0012,0064) the options whose work was done on it: none that a condition above takes away, and 113101 only "
        "where matching pixel rules judged every frame."
    )
    for option in stated.options:
        if len(option.why_not) > 1:
            yield f"\nNot claimed, {option.name} ({option.code}):\n"
            yield from (f"* {why}" for why in option.why_not[:_MOST_REASONS])
            if len(option.why_not) > _MOST_REASONS:
                yield f"* and {len(option.why_not) - _MOST_REASONS} more"
