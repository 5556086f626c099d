"""What becomes of every attribute that Table E.1-1 or a rule of a plan names: the stuff of a conformance statement (PS3.15 E.1.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from deidrules.actions.base import Function
from deidrules.dicom import dictionary
from deidrules.lint.coverage import Covered, State, coverage
from deidrules.lint.effective import UNLISTED, Effect, Effects
from deidrules.lint.table import Row, rows
from deidrules.plan.expression import Apply, Expression, Join
from deidrules.plan.model import Plan, Rule
from deidrules.plan.selector import ContentLeaf, TagLeaf


@dataclass(frozen=True, slots=True)
class Fate:
    """One thing that may happen to one attribute. `tag` and `name` as in the table or the dictionary. `row` and `state` are None where the
    table does not list it."""

    tag: str
    name: str
    effect: Effect
    row: Row | None = None
    state: State | None = None


def fates(plan: Plan, options: Collection[int], functions: Mapping[str, Function] | None = None) -> tuple[Fate, ...]:
    """By tag; what no rule reaches is left out where it goes with all else that no rule reaches. Private attributes are not in it."""
    found = [fate for covered in coverage(plan, options, functions) if covered.row.leaf is not None for fate in _listed(covered)]
    listed = {row.tag for row in rows()}
    effects = Effects(plan, functions)
    for leaf in sorted({rule.selector.leaf for rule in plan.rules if _names(rule)} - {None}, key=str):
        assert isinstance(leaf, TagLeaf)
        if str(leaf) not in listed:
            entry = dictionary.entry(leaf.value)
            name = entry.name if entry is not None else ""
            found += [Fate(str(leaf), name, effect) for effect in effects.of(leaf) if effect.origin != UNLISTED]
    return tuple(sorted(found, key=lambda fate: fate.tag))


def _listed(covered: Covered) -> list[Fate]:
    return [
        Fate(covered.row.tag, covered.row.name, effect, covered.row, state)
        for effect, state in covered.effects
        if effect.origin != UNLISTED or effect.code == "K"
    ]


def _names(rule: Rule) -> bool:
    leaf = rule.selector.leaf
    return isinstance(leaf, TagLeaf) and leaf.exact and not leaf.value >> 16 & 1


def broad(plan: Plan) -> tuple[Rule, ...]:
    """The rules on masks, VRs and classes that the table does not list, in the order in which they are asked; those on private elements
    and on content items are not among them."""
    listed = {row.tag for row in rows()}
    return tuple(
        rule
        for rule in plan.rules
        if not (_names(rule) or spells_private(rule) or of_content(rule)) and str(rule.selector.leaf) not in (*listed, "private")
    )


def of_content(rule: Rule) -> bool:
    """True for a rule on the value of a content item of a structured report."""
    return isinstance(rule.selector.leaf, ContentLeaf)


def spells_private(rule: Rule) -> bool:
    """True for a rule that can make private elements stay."""
    return Effects.spells(rule)


def functions_of(plan: Plan) -> tuple[str, ...]:
    """The names of the functions that rules use, sorted."""
    return tuple(sorted({name for rule in plan.rules if rule.value is not None for name in _applied(rule.value)}))


def _applied(expression: Expression) -> set[str]:
    match expression:
        case Apply(function, arguments):
            return {function}.union(*(_applied(value) for _, value in arguments))
        case Join(parts):
            return set().union(*(_applied(part) for part in parts))
    return set()
