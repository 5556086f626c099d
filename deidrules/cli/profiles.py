"""From what a user calls a profile to a plan: a folder, a profile.yaml, a shipped name, or a plan that was compiled before."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deidrules.plan.model import Plan
    from deidrules.text.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plan, or None when `diagnostics` has errors; the lookup tables by name. `folder` and `recipes` are where the profile lies and the
    layers as it names them, private lists among them, nothing for a plan that was compiled before."""

    plan: Plan | None
    tables: Mapping[str, Mapping[str, str]]
    diagnostics: tuple[Diagnostic, ...] = ()
    folder: str = ""
    recipes: tuple[str, ...] = ()


def pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """`N=V` options as a dictionary, for click."""
    out: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"`{value}` is not NAME=VALUE", context, parameter)
        if name.strip() in out:
            raise click.BadParameter(f"`{name.strip()}` is given twice", context, parameter)
        out[name.strip()] = text
    return out


def load(profile: str, parameters: Mapping[str, str], table_files: Mapping[str, str] | None = None, *, check_tables: bool = True) -> Loaded:
    """The plan of a profile. click.UsageError for what is no fault of the profile's text. Without `check_tables` a compiled plan does for
    itself, without the content of its lookup tables."""
    if _is_plan(profile):
        return _load_plan(Path(profile), parameters, table_files or {}, check_tables)
    if table_files:
        raise click.UsageError("--table goes with a plan JSON; a profile names its own tables")
    if profile.endswith(".recipe") and Path(profile).is_file():
        raise click.UsageError(f"`{profile}` is a recipe; a profile.yaml that names it under `recipes:` makes a profile of it")
    from deidrules.compile.compiler import planned_profile

    compilation = planned_profile(profile, parameters)
    plan = None if compilation.failed else compilation.plan
    named = compilation.profile
    if named is None:
        return Loaded(plan, compilation.tables, compilation.diagnostics)
    return Loaded(
        plan, compilation.tables, compilation.diagnostics, str(Path(named.source.name).parent), (*named.recipes, *named.private_lists)
    )


def _is_plan(profile: str) -> bool:
    path = Path(profile)
    return path.suffix.lower() == ".json" and path.is_file()


def _load_plan(path: Path, parameters: Mapping[str, str], table_files: Mapping[str, str], check_tables: bool) -> Loaded:
    from deidrules.compile.tables import read_table, table_digest
    from deidrules.plan.json import from_json

    if parameters:
        raise click.UsageError("the parameters of a compiled plan are settled: --param goes with a profile")
    try:
        plan = from_json(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError):
        raise click.UsageError("the plan cannot be read: it is not a plan of this version of deidrules") from None
    known = {table.name: table.digest for table in plan.tables}
    tables: dict[str, dict[str, str]] = {}
    for name, file in table_files.items():
        if name not in known:
            raise click.UsageError(f"the plan has no lookup table `{name}`")
        table = read_table(Path(file))
        if table is None:
            raise click.UsageError(f"the lookup table `{name}` cannot be read: a CSV of two columns or a JSON object of texts is needed")
        if table_digest(table) != known[name]:
            raise click.UsageError(f"the lookup table `{name}` is not the one the plan was compiled with")
        tables[name] = table
    missing = sorted(set(known) - set(tables))
    if missing and check_tables:
        raise click.UsageError(f"the plan needs the lookup table `{missing[0]}`: --table {missing[0]}=FILE")
    return Loaded(plan, tables)


def say(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Draw diagnostics on stderr."""
    if diagnostics:
        from deidrules.text.render import colours, render_text

        click.echo(render_text(diagnostics, colour=colours(sys.stderr)), err=True, color=True)
