"""`deidrules explain`: the rule that decides about each element of a file, and why not another."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.cli.profiles import load, pairs, say

if TYPE_CHECKING:
    from deidrules.dicom.element import DicomObject
    from deidrules.plan.model import Plan

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")


@click.command("explain", short_help="Show which rule decides about each element of a file.")
@click.argument("profile")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.argument("tag", required=False)
@click.option("--show-values", is_flag=True, help="Show the values of the file too: they identify patients.")
@click.option("--param", "parameters", metavar="N=V", multiple=True, callback=pairs, help="Value of a parameter of the profile.")
@click.option("--table", "tables", metavar="N=F", multiple=True, callback=pairs, help="File of a lookup table, with a plan JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def command(
    profile: str, file: str, tag: str | None, show_values: bool, parameters: dict[str, str], tables: dict[str, str], as_json: bool
) -> int:
    """For each element of FILE at each depth (or only for TAG, a keyword or gggg,eeee): what becomes of it, the rule of PROFILE that
    decides with its file and line, and the rules that reach it and do not decide, with the reason. Nothing is written.

    Exit codes: 0 done, 1 the file is refused, 2 wrong usage or a broken profile."""
    wanted = _tag(tag) if tag is not None else None
    loaded = load(profile, parameters, tables)
    if loaded.plan is None:
        say(loaded.diagnostics)
        return 2
    from deidrules.actions import registry
    from deidrules.cli.explaining import Explainer
    from deidrules.cli.files import say_refusal
    from deidrules.cli.listing import flat, places, tree
    from deidrules.engine.decide import Decider
    from deidrules.engine.instance import Engine
    from deidrules.engine.keys import fresh
    from deidrules.engine.outcome import Outcome
    from deidrules.text.refusal import Refusal
    from deidrules.text.render import colours

    data = _bytes(Path(file))
    refusal: Refusal | None = None
    outcomes: tuple[Outcome, ...] = ()
    try:
        instance = _read(data, loaded.plan)
    except Refusal as problem:
        say_refusal(problem)
        return 1
    try:
        outcomes = Engine(loaded.plan, fresh(), tables=loaded.tables).apply(data).outcomes
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    except Refusal as problem:
        refusal = problem
    decider = Decider(loaded.plan, registry.ACTIONS, registry.functions())
    explainer = Explainer(loaded.plan, decider, instance, outcomes, show_values=show_values)
    found = [explanation for explanation in explainer.elements() if wanted is None or explanation.tag == wanted]
    if as_json:
        click.echo(json.dumps([explanation.record() for explanation in found], indent=2, ensure_ascii=False))
    else:
        place = places(loaded.folder, loaded.recipes)
        for said, origin in explainer.verdicts():
            click.echo(f"{said}  # {place(origin)}")
        draw = tree if wanted is None else flat
        for line in draw(found, place, colour=colours(sys.stdout)):
            click.echo(line, color=True)
        if not found:
            click.echo("the file has no such element, and no rule adds it", err=True)
    if refusal is not None:
        say_refusal(refusal)
    return int(refusal is not None)


def _tag(text: str) -> int:
    from deidrules.dicom import dictionary
    from deidrules.text.suggest import did_you_mean

    if match := _TAG.fullmatch(text.replace(" ", "")):
        return int(match[1] + match[2], 16)
    tag = dictionary.tag_of(text)
    if tag is None:
        near = did_you_mean(text, dictionary.KEYWORDS)
        raise click.UsageError(f"`{text}` is neither a keyword nor a tag" + (f": {near}" if near else ""))
    return tag


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise click.UsageError("the file cannot be read") from None


def _read(data: bytes, plan: Plan) -> DicomObject:
    """The object as the engine sees it, repaired where the profile says so."""
    from deidrules.dicom.reader import read
    from deidrules.engine.repair import NOT_REPAIRABLE, repaired
    from deidrules.text.refusal import Refusal

    try:
        return read(data)
    except Refusal as refusal:
        if plan.policies.malformed != "repair" or refusal.code in NOT_REPAIRABLE:
            raise
        return read(repaired(data, refusal))
