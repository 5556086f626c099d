"""What undoes the work of an option of PS3.15: rules of other layers that decide before its own and leave more, or keep less (rule 8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from deidrules.actions.base import Level
from deidrules.compile import paths
from deidrules.compile.exclusive import exclusive
from deidrules.compile.flow import place_of
from deidrules.compile.kinds import spoken
from deidrules.compile.paths import PathRegion
from deidrules.compile.precedence import Judgement, meeting, outranks
from deidrules.compile.regions import LeafClass
from deidrules.compile.resolved import ResolvedRule
from deidrules.dicom.method_codes import CLEAN_PIXEL_DATA, CLEAN_RECOGNIZABLE_VISUAL_FEATURES
from deidrules.plan.selector import Anything, leaf_reaches

# Options whose claim no rule for an attribute earns: what they leave would be left without a word.
_NO_LEAVE = frozenset({CLEAN_PIXEL_DATA, CLEAN_RECOGNIZABLE_VISUAL_FEATURES})

_IN_ITEMS = PathRegion((Anything(),), anchored=False)


@dataclass(frozen=True, slots=True)
class Undoing:
    """Rules of one statement that undo work of the option `code`: `by` is the first of them, `rule` the option's own rule that it meets,
    `names` the elements. `how`: "leaves", "marked" (a declared weakening that leaves as much), "keeps" (not what the option keeps) or
    "reads"."""

    code: int
    by: ResolvedRule
    rule: ResolvedRule
    how: str
    level: Level
    names: dict[str, None] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Survey:
    """`undone`: everything that undoes work of an option. `working`: the options with a rule that does work, one that decides or whose
    element is decided by something that leaves no less. `leave`: the options that weaken another one as their headers allow."""

    undone: list[Undoing]
    working: set[int]
    leave: set[int]


def survey(rules: Sequence[ResolvedRule], classes: Sequence[LeafClass], judgement: Judgement) -> Survey:
    """What becomes of the work of option layers. `rules` stand in the order in which they are asked, and were judged."""
    found: dict[object, Undoing] = {}
    out = Survey([], set(), set())
    if not any(rule.layer.option for rule in rules):
        return out
    for leaf_class in classes:
        if any(rules[position].layer.option for position in leaf_class.reached):
            one = _Survey(rules, leaf_class, judgement)
            out.working |= one.working()
            for undoing in one.undone(out.leave):
                _note(found, undoing)
    for undoing in _read_past(rules, judgement):
        _note(found, undoing)
    out.undone = list(found.values())
    return out


def _note(found: dict[object, Undoing], undoing: Undoing) -> None:
    found.setdefault((undoing.code, undoing.by.statement, undoing.how), undoing).names.update(undoing.names)


class _Survey:
    """The rules that reach the elements of one class."""

    def __init__(self, rules: Sequence[ResolvedRule], leaf_class: LeafClass, judgement: Judgement) -> None:
        self._rules = rules
        self._class = leaf_class
        self._reached = meeting(rules, leaf_class)
        self._judgement = judgement
        self._regions = {position: _region(rules[position], leaf_class) for position in self._reached}
        self._excluded = {
            position: tuple(paths.of(selector) for selector in rules[position].excluded if leaf_class.covers(selector.leaf))
            for position in self._reached
        }
        self._stoppers = [
            position
            for position in self._reached
            if rules[position].condition is None and not rules[position].excluded and leaf_class.covers(rules[position].selector.leaf)
        ]

    def working(self) -> set[int]:
        """The options of whose work something is left here."""
        out = set()
        for position in self._reached:
            rule, region = self._rules[position], self._regions[position]
            if rule.layer.option and not any(paths.covers(out, region) for out in self._excluded[position]):
                top = next(self._deciding(region, position), rule)
                if self._judgement.leaves(top, self._class) >= self._judgement.leaves(rule, self._class):
                    out.add(rule.layer.option)
        return out

    def undone(self, leave: set[int]) -> Iterator[Undoing]:
        """What the rules above those of options undo. Options that may do so are added to `leave`."""
        for position in self._reached:
            rule = self._rules[position]
            if not rule.layer.option:
                continue
            for above in self._reached:
                if above >= position:
                    break
                by = self._rules[above]
                how = self._how(by, rule)
                if not how or by.layer.index == rule.layer.index:
                    continue
                region = self._met(above, position)
                if region is None:
                    continue
                if _may_weaken(by, rule):
                    leave.add(by.layer.option)
                elif not self._within_leave(by, rule, region, position):
                    level = self._judgement.leaves(by, self._class)
                    yield Undoing(rule.layer.option, by, rule, how, level, dict.fromkeys(self._class.names))

    def _how(self, by: ResolvedRule, rule: ResolvedRule) -> str:
        """How a rule that decides first undoes one of an option, "" when it does not."""
        leaves, wanted = self._judgement.leaves(by, self._class), self._judgement.leaves(rule, self._class)
        if by.action == rule.action or _never_together(by, rule):
            return ""
        if leaves > wanted:
            return "" if _is_dummy(by, rule, leaves) else "leaves"
        if rule.code == "K" and wanted > Level.NOTHING:
            return "keeps"
        return "marked" if by.override and leaves == wanted > Level.NOTHING else ""

    def _met(self, above: int, position: int) -> PathRegion | None:
        """Where the rule `above` decides what the option's rule at `position` would decide otherwise."""
        region = paths.shared(self._regions[above], self._regions[position])
        if region is None or any(paths.covers(out, region) for out in (*self._excluded[above], *self._excluded[position])):
            return None
        if any(True for _ in self._deciding(region, above)):
            return None  # it is never asked there
        own = self._rules[position].layer.index
        if any(rule.layer.index == own for rule in self._deciding(region, position)):
            return None  # the option itself asks for something else there
        return region

    def _deciding(self, region: PathRegion, before: int) -> Iterator[ResolvedRule]:
        """The rules without condition that rank above `before` and decide everything in the region."""
        for stopper in self._stoppers:
            if stopper >= before:
                return
            if paths.covers(self._regions[stopper], region) and outranks(self._rules[stopper], self._rules[before]):
                yield self._rules[stopper]

    def _within_leave(self, by: ResolvedRule, rule: ResolvedRule, region: PathRegion, position: int) -> bool:
        """True when another option that may weaken this one asks for what `by` does, or for no less, and nothing of that is undone."""
        leaves = self._judgement.leaves(by, self._class)
        return any(
            _may_weaken(between, rule)
            and not self._how(by, between)
            and leaves <= self._judgement.leaves(between, self._class)
            and (rule.code != "K" or by.action == between.action)
            for between in self._deciding(region, position)
        )


def _region(rule: ResolvedRule, leaf_class: LeafClass) -> PathRegion:
    """Where a rule reaches elements of the class: values of content items stand nowhere but in items, so not at the top level."""
    region = paths.of(rule.selector)
    return (leaf_class.content and paths.shared(region, _IN_ITEMS)) or region


def _is_dummy(by: ResolvedRule, rule: ResolvedRule, level: Level) -> bool:
    """PS3.15 Table E.1-1a: Z and D may write any value that does not identify. A keyed token is one, so a pseudonym in place of an emptied
    name or number leaves the Basic Profile whole."""
    return level == Level.TOKEN and by.code == "D" and not {"Z", "D"}.isdisjoint(rule.code.split("/"))


def _may_weaken(by: ResolvedRule, rule: ResolvedRule) -> bool:
    """True for a rule of another option whose header names the rule's layer."""
    other = by.layer.option not in (0, rule.layer.option) and by.layer.option not in _NO_LEAVE
    return other and rule.layer.name in by.layer.may_weaken


def _never_together(one: ResolvedRule, other: ResolvedRule) -> bool:
    return one.condition is not None and other.condition is not None and exclusive(one.condition, other.condition)


def _read_past(rules: Sequence[ResolvedRule], judgement: Judgement) -> Iterator[Undoing]:
    """Expressions that read more of an attribute than an option leaves of it (rule 7)."""
    for number, by in enumerate(rules):
        if number not in judgement.alive:
            continue
        for attribute, level in by.reads.items():
            if level == Level.NOTHING:
                continue
            place, region = place_of(attribute.leaf), PathRegion(attribute.steps, attribute.anchor == "top")
            reaching = [
                (position, met)
                for position, rule in enumerate(rules)
                if leaf_reaches(rule.selector.leaf, place) and (met := paths.shared(paths.of(rule.selector), region)) is not None
            ]
            for position, met in reaching:
                rule = rules[position]
                if not rule.layer.option or level <= rule.leaves or rule.layer.index == by.layer.index or _never_together(by, rule):
                    continue
                if any(leaf_reaches(out.leaf, place) and paths.covers(paths.of(out), met) for out in rule.excluded):
                    continue
                deciding = [
                    rules[above]
                    for above, _ in reaching
                    if above < position
                    and rules[above].condition is None
                    and not rules[above].excluded
                    and paths.covers(paths.of(rules[above].selector), met)
                    and outranks(rules[above], rule)
                ]
                if any(above.layer.index == rule.layer.index for above in deciding) or _is_dummy(by, rule, level):
                    continue
                if _may_weaken(by, rule) or any(_may_weaken(above, rule) and level <= above.leaves for above in deciding):
                    continue
                yield Undoing(rule.layer.option, by, rule, "reads", level, {spoken(attribute.leaf): None})
