"""Which options of PS3.15 a profile claims: those whose layers it stacks, and of a plan those that its outputs may name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deidrules.compile.model import Layer
from deidrules.dicom.method_codes import BASIC, CLEAN_PIXEL_DATA, CLEAN_RECOGNIZABLE_VISUAL_FEATURES, METHOD_CODES
from deidrules.plan.model import Plan

NO_LAYER = "no layer of the profile asks for it"
ROOM = "ps315/"  # shipped layers: ps315/EDITION/NAME
# The shipped layer of each option, and the section of PS3.15 that asks for its work
LAYERS: dict[int, tuple[str, str]] = {
    BASIC: ("basic", "E.2"),
    CLEAN_PIXEL_DATA: ("clean-pixel-data", "E.3.1"),
    CLEAN_RECOGNIZABLE_VISUAL_FEATURES: ("clean-recognizable-visual-features", "E.3.2"),
    113103: ("clean-graphics", "E.3.3"),
    113104: ("clean-structured-content", "E.3.4"),
    113105: ("clean-descriptors", "E.3.5"),
    113106: ("retain-longitudinal-full-dates", "E.3.6"),
    113107: ("retain-longitudinal-modified-dates", "E.3.6"),
    113108: ("retain-patient-characteristics", "E.3.7"),
    113109: ("retain-device-identity", "E.3.8"),
    113110: ("retain-uids", "E.3.9"),
    113111: ("retain-safe-private", "E.3.10"),
    113112: ("retain-institution-identity", "E.3.11"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the standard and a plan. `stacked`: a layer of the profile does its work. `unless`: numbers of the plan's conditions
    that take the claim away where one of them holds; `why_not` is empty when it is claimed, else it has reasons in Markdown."""

    code: int
    name: str
    section: str
    stacked: bool
    unless: tuple[int, ...] = ()
    why_not: tuple[str, ...] = ()


def options_of(layers: Iterable[Layer]) -> frozenset[int]:
    """The codes in the headers of the layers; the shipped layer that holds the table counts as the Basic Profile."""
    stack = tuple(layers)
    found = {layer.recipe.layer.option for layer in stack if layer.recipe.layer is not None}
    if any(_shipped(layer.name) == LAYERS[BASIC][0] for layer in stack):
        found.add(BASIC)
    return frozenset(found - {0})


def options(plan: Plan) -> tuple[Option, ...]:
    """All options of the standard, in the order of their codes, each with whether outputs of the plan claim it."""
    claims = {claim.code: claim.unless for claim in plan.claims}
    reasons: dict[int, list[str]] = {}
    for lost in plan.unclaimed:
        places = f" ({', '.join(f'`{origin}`' for origin in lost.origins)})" if lost.origins else ""
        reasons.setdefault(lost.code, []).append(lost.why + places)
    out = []
    for code, name in sorted(METHOD_CODES.items()):
        why = () if code in claims else tuple(reasons.get(code, (NO_LAYER,)))
        out.append(Option(code, name, LAYERS[code][1], code in claims or code in reasons, claims.get(code, ()), why))
    return tuple(out)


def _shipped(name: str) -> str:
    """The last part of the name of a shipped layer of the standard; "" for every other."""
    return name.rpartition("/")[2] if name.startswith(ROOM) else ""
