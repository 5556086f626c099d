"""What a plan does with an attribute: every rule that can decide it somewhere, under some condition, and what is left where none does.

Read from the plan as the engine reads it (rules 3-5, 10, 15, 16 of the language), without a file: a condition counts as one that may hold,
a path as one that may occur. Rules on the values of content items are left out: what a report says is judged by concept, Table E.3.4-1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from deidrules.actions import registry
from deidrules.actions.base import Function, Level
from deidrules.compile import paths
from deidrules.compile.kinds import CLEANED, known_tags
from deidrules.compile.paths import PathRegion
from deidrules.dicom import dictionary
from deidrules.engine.level import level_of
from deidrules.engine.own import always_goes
from deidrules.plan.model import Plan, Rule
from deidrules.plan.own import engine_own
from deidrules.plan.selector import Anything, DeclaredSafe, Place, PrivateLeaf, TagLeaf, UnknownAny, VrLeaf, leaf_reaches

MEDIA_STORAGE_SOP_INSTANCE, SOP_INSTANCE = 0x00020003, 0x00080018
ENGINE, UNLISTED, KEEP_PRIVATE = "engine", "unlisted", "keep-private"
_EVERYWHERE = PathRegion((), False)
_TOP, _NESTED = PathRegion((), True), PathRegion((Anything(),), False)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that may happen to the attribute. `code` as it applies (a letter, a compound, `add`, or `quarantine` of the policy),
    `leaves` the most that remains of the original. `rule` is None where no rule decides; `origin` is "layer:line", or "unlisted",
    "keep-private" or "engine"."""

    code: str
    leaves: Level
    rule: Rule | None
    origin: str
    because: str = ""


class Effects:
    """The rules of a plan, asked attribute by attribute."""

    def __init__(self, plan: Plan, functions: Mapping[str, Function] | None = None) -> None:
        self.plan = plan
        self._functions = registry.functions() if functions is None else functions
        self._exact: dict[int, list[int]] = {}
        self._broad: list[int] = []
        for number, rule in enumerate(plan.rules):
            leaf = rule.selector.leaf
            if isinstance(leaf, TagLeaf) and leaf.exact:
                self._exact.setdefault(leaf.value, []).append(number)
            elif isinstance(leaf, TagLeaf | VrLeaf | UnknownAny | Anything):
                self._broad.append(number)
        self._masks = [leaf for rule in plan.rules if isinstance(leaf := rule.selector.leaf, TagLeaf) and not leaf.exact]

    def of(self, leaf: TagLeaf) -> tuple[Effect, ...]:
        """For a tag, or for every tag of a mask in the repeating groups; each effect once, those asked first in front."""
        found = [effect for tag in self._tags(leaf) for effect in self._of_tag(tag)]
        return tuple(dict.fromkeys(found))

    def of_private(self) -> tuple[Effect, ...]:
        """For all private elements: what becomes of those that no rule spells, and each rule that leaves something of one that it does."""
        out = [Effect("X", Level.NOTHING, None, UNLISTED)]
        if self.plan.policies.keep_private:
            reason = next((override.because for override in self.plan.overrides if override.origin == "profile.yaml"), "")
            out = [Effect("K", Level.ALL, None, KEEP_PRIVATE, reason)]
        for rule in self.plan.rules:
            if self.spells(rule):
                effect = self._effect(rule, frozenset())
                if effect.leaves > Level.NOTHING:
                    out.append(effect)
        return tuple(out)

    @staticmethod
    def spells(rule: Rule) -> bool:
        """True for a rule that private elements can stay by; what the others say of them is that they go (rule 15)."""
        return isinstance(rule.selector.leaf, PrivateLeaf | DeclaredSafe)

    def _tags(self, leaf: TagLeaf) -> Iterable[int]:
        """The tag; of a mask in 50xx or 60xx one of each kind that a rule could tell apart: in the first group and in every group that a
        rule names, the elements of the dictionary, those that a rule names, and one that neither knows."""
        if leaf.exact:
            return (leaf.value,)
        named = {tag for tag in self._exact if leaf.matches(tag)}
        groups = {leaf.value >> 16} | {tag >> 16 for tag in named}
        groups |= {mask.value >> 16 for mask in self._masks if mask.mask >> 16 == 0xFFFF and leaf.matches(mask.value | leaf.value & 0xFFFF)}
        elements = {tag & 0xFFFF for tag in named}
        if leaf.mask & 0xFFFF == 0xFFFF:
            elements = {leaf.value & 0xFFFF}
        else:
            elements |= {tag & 0xFFFF for tag in known_tags() if leaf.matches(tag)} | {0x0FFF}
        return sorted(group << 16 | element for group in groups for element in elements)

    def _of_tag(self, tag: int) -> Iterator[Effect]:
        if tag == MEDIA_STORAGE_SOP_INSTANCE:
            yield from self._of_tag(SOP_INSTANCE)  # the file meta information is made anew and follows the object
            return
        if engine_own(tag):
            yield Effect("X", Level.NOTHING, None, ENGINE) if always_goes(tag) else Effect("K", Level.ALL, None, ENGINE)
            return
        entry = dictionary.entry(tag)
        place = Place(tag, frozenset(entry.vrs if entry else ()), None, entry is not None)
        decided: list[PathRegion] = []
        for number in sorted((*self._exact.get(tag, ()), *self._broad)):
            rule = self.plan.rules[number]
            if not leaf_reaches(rule.selector.leaf, place):
                continue
            region = paths.of(rule.selector)
            if rule.code == "add" and not region.steps:
                region = _TOP  # an `add` without a path means the object itself
            excluded = [paths.of(selector) for selector in rule.excluded if leaf_reaches(selector.leaf, place)]
            if any(paths.covers(out, region) for out in (*excluded, *decided)):
                continue
            yield self._effect(rule, place.vrs)
            if rule.condition is None and not excluded:
                decided.append(region)
                if region == _EVERYWHERE or (_TOP in decided and _NESTED in decided):
                    return
        yield self._unlisted(place)

    def _effect(self, rule: Rule, vrs: frozenset[str]) -> Effect:
        code, leaves = rule.code, Level.ALL
        if rule.value is not None or code != "add":
            leaves = level_of(code, rule.value, registry.ACTIONS, self._functions)
        if code == "C" and rule.value is None and vrs:
            # rule 13: what C does where there are no words to clean
            if vrs == {"UI"}:
                code, leaves = "U", Level.TOKEN
            elif not vrs & (CLEANED | {"SQ", "UI"}):
                code, leaves = "X", Level.NOTHING
        return Effect(code, leaves, rule, rule.origin, rule.because)

    def _unlisted(self, place: Place) -> Effect:
        policy = self.plan.policies.unlisted
        if not place.known:
            policy = "X"  # rule 10
        return Effect(policy, Level.ALL if policy == "K" else Level.NOTHING, None, UNLISTED)
