"""`deidrules plan`: what a profile comes to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from deidrules.cli.profiles import load, pairs, say

if TYPE_CHECKING:
    from deidrules.plan.model import Plan, Rule


@click.command("plan", short_help="Show the plan that a profile compiles to.")
@click.argument("profile")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as canonical JSON: apply-profile takes it.")
@click.option("--param", "parameters", metavar="N=V", multiple=True, callback=pairs, help="Value of a parameter of the profile.")
def command(profile: str, as_json: bool, parameters: dict[str, str]) -> int:
    """Compile PROFILE and print its plan: layers, policies, overrides with their reasons, verdicts, pixel rules, and the rules in the order
    in which they are asked. Exit codes: 0 done, 2 a broken profile or wrong usage."""
    loaded = load(profile, parameters, check_tables=False)
    say(loaded.diagnostics if loaded.plan is None else ())
    if loaded.plan is None:
        return 2
    if as_json:
        from deidrules.plan.json import to_json

        click.echo(to_json(loaded.plan).rstrip("\n"))
    else:
        click.echo("\n".join(describe(loaded.plan)))
    return 0


def describe(plan: Plan) -> Iterator[str]:
    """The plan, line by line."""
    from deidrules.cli import wording
    from deidrules.plan.fingerprint import fingerprint

    yield f"profile      {plan.profile} {plan.version}" + (f", {plan.title}" if plan.title else "")
    yield f"fingerprint  {fingerprint(plan)}"
    yield f"dictionary   {plan.dictionary}"
    policies = plan.policies
    yield f"policies     unlisted: {policies.unlisted}; unmatched-pixels: {policies.unmatched_pixels}"
    yield f"             unknown-sop-class: {policies.unknown_sop_class}; malformed: {policies.malformed}"
    yield f"             keep-private: {'yes' if policies.keep_private else 'no'}; verify: {policies.verify}"
    for number, layer in enumerate(plan.layers):
        yield f"{'layers' if not number else '':<12} {number + 1} {layer}"
    for table in plan.tables:
        yield f"table        {table.name}, SHA-256 {table.digest}"
    yield from _section("claims", list(_claims(plan)))
    yield from _section("overrides", [f"{o.code} {o.what}: {o.because}{_at(o.origin)}" for o in plan.overrides])
    yield from _section(
        "verdicts",
        [f"{v.kind} {wording.quoted(v.name)} when {wording.condition(plan.conditions[v.condition])}{_at(v.origin)}" for v in plan.verdicts],
    )
    for rule in plan.pixels:
        yield f"\npixels {wording.quoted(rule.name)} when {wording.condition(plan.conditions[rule.condition])}{_at(rule.origin)}"
        for operation in rule.operations:
            yield f"  {wording.operation(operation)}"
    for (otherwise, layer), rules in groupby(plan.rules, key=lambda rule: (rule.otherwise, rule.layer)):
        yield f"\n{_heading(plan, otherwise, layer)}"
        for one in rules:
            yield f"  {wording.rule(one)}{_when(plan, one)}{_at(one.origin)}"
    yield f"\nwhat no rule reaches: {policies.unlisted}; private and unknown elements: X" + (
        " (keep-private)" if policies.keep_private else ""
    )


def _claims(plan: Plan) -> Iterator[str]:
    """The options that outputs may claim, and why the others of the stack are not claimed."""
    from deidrules.cli import wording
    from deidrules.dicom.method_codes import CLEAN_PIXEL_DATA, METHOD_CODES

    for claim in plan.claims:
        text = f"{claim.code} {METHOD_CODES[claim.code]}"
        if claim.code == CLEAN_PIXEL_DATA:
            text += ", where pixel rules judge every frame"
        yield text + "".join(f"\n    unless {wording.condition(plan.conditions[number])}" for number in claim.unless)
    for one in plan.unclaimed:
        yield f"{one.code} {METHOD_CODES[one.code]} is not claimed: {one.why}{_at(', '.join(one.origins))}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}"
        yield from (f"  {line}" for line in lines)


def _heading(plan: Plan, otherwise: bool, layer: int) -> str:
    name = plan.layers[layer] if layer < len(plan.layers) else ""
    return f"rules of layer {layer + 1} {name}".rstrip() + (", otherwise" if otherwise else "")


def _when(plan: Plan, rule: Rule) -> str:
    from deidrules.cli import wording

    return "" if rule.condition is None else f" when {wording.condition(plan.conditions[rule.condition])}"


def _at(origin: str) -> str:
    return f"  # {origin}" if origin else ""
