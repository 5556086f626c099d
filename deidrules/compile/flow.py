"""Data flow: an expression that reads another attribute leaves that much of it, and may not leave more than its own rules do (rule 7)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from deidrules.actions.base import Level
from deidrules.compile import codes, paths
from deidrules.compile.kinds import spoken
from deidrules.compile.paths import PathRegion
from deidrules.compile.precedence import REMAINS
from deidrules.compile.resolved import ResolvedRule
from deidrules.dicom import dictionary
from deidrules.plan.expression import Attribute
from deidrules.plan.own import engine_own
from deidrules.plan.selector import ContentLeaf, DeclaredSafe, Place, PrivateLeaf, TagLeaf, leaf_reaches
from deidrules.text.diagnostic import Diagnostic, Note

# What the engine keeps of its own elements: the character set, the SOP class and the image description stay as they are.
_KEPT_OWN = (0x00080005, 0x00080016)


def check_flow(rules: Sequence[ResolvedRule], unlisted: str, needed: set[int]) -> list[Diagnostic]:
    """An error for each reading that leaves more of an attribute than the attribute's own rules. Positions of rules whose override was
    needed are added to `needed`."""

    @cache
    def strictest(attribute: Attribute) -> tuple[Level, int | None]:
        return _own_level(rules, attribute, unlisted)

    out: dict[tuple[object, Attribute], Diagnostic] = {}
    for position, rule in enumerate(rules):
        for attribute, level in rule.reads.items():
            allowed, by = strictest(attribute)
            if level <= allowed:
                continue
            if by is not None and rule.layer.option and rules[by].layer.name in rule.layer.may_weaken:
                continue
            if rule.override and codes.valid(rule.override) and codes.leaves(rule.override) <= allowed:
                needed.add(position)
                continue
            name = spoken(attribute.leaf)
            message = f"this leaves {REMAINS[level]} of `{name}`, whose own rules leave {REMAINS[allowed]}"
            notes = (Note(rules[by].span, f"the rule of `{name}`"),) if by is not None else ()
            wanted = rules[by].code if by is not None and rules[by].code != "add" else "X"
            help_ = f'if it is meant, write `override {wanted} because "…"`'
            if by is None:
                help_ += f"; no rule reaches `{name}`, so the policy `unlisted: {unlisted}` speaks for it"
            out.setdefault((rule.statement, attribute), Diagnostic("DR203", message, rule.statement, help_, notes))
    return list(out.values())


def _own_level(rules: Sequence[ResolvedRule], attribute: Attribute, unlisted: str) -> tuple[Level, int | None]:
    """(the least that any rule which may decide the attribute leaves of it, that rule's position or None for `unlisted`)."""
    leaf = attribute.leaf
    place = place_of(leaf)
    if isinstance(leaf, TagLeaf) and engine_own(leaf.value):
        kept = leaf.value in _KEPT_OWN or leaf.value >> 16 == 0x0028
        return (Level.ALL if kept else Level.NOTHING), None
    region = PathRegion(attribute.steps, attribute.anchor == "top")
    strictest, by = Level.ALL, None
    for position, rule in enumerate(rules):
        declared = place.creator is not None and isinstance(rule.selector.leaf, DeclaredSafe)  # only the file says whether it is meant
        inside = bool(region.steps) or not region.anchored  # what stands in an item may be the value of a content item
        of_item = inside and isinstance(rule.selector.leaf, ContentLeaf) and place.tag in rule.selector.leaf.elements
        if not declared and not of_item and not leaf_reaches(rule.selector.leaf, place):
            continue
        own = paths.of(rule.selector)
        met = paths.shared(own, region)
        if met is None or any(leaf_reaches(out.leaf, place) and paths.covers(paths.of(out), met) for out in rule.excluded):
            continue
        if rule.leaves < strictest:
            strictest, by = rule.leaves, position
        sure = not declared and not of_item
        if rule.condition is None and not rule.excluded and sure and paths.covers(own, region):
            return strictest, by
    unreached = Level.ALL if unlisted == "K" and place.known and not place.tag >> 16 & 1 else Level.NOTHING
    if unreached < strictest:
        return unreached, None
    return strictest, by


def place_of(leaf: TagLeaf | PrivateLeaf) -> Place:
    if isinstance(leaf, PrivateLeaf):
        return Place(leaf.group << 16 | 0x1000 | leaf.element, frozenset(), leaf.creator, known=False)
    entry = dictionary.entry(leaf.value)
    return Place(leaf.value, frozenset(entry.vrs) if entry is not None else frozenset(), None, entry is not None)
