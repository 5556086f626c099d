"""What the rules of a profile do to each other: ties, weakenings, broad over narrow, clashing options, rules never reached (rules 4-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from deidrules.actions.base import Level
from deidrules.compile import codes, paths
from deidrules.compile.exclusive import exclusive
from deidrules.compile.paths import PathRegion
from deidrules.compile.regions import LeafClass, classes
from deidrules.compile.resolved import ResolvedRule
from deidrules.dicom import content_item
from deidrules.plan.selector import Anything, DeclaredSafe, PrivateLeaf, Selector, TagLeaf, VrLeaf, compare, leaf_rank
from deidrules.text.diagnostic import Diagnostic, Note
from deidrules.text.source import Span

REMAINS = {Level.NOTHING: "nothing", Level.TOKEN: "a token", Level.PART: "a part", Level.ALL: "all"}
SHOWN = 6  # element names in a message
MOST_PAIRS = 3_000_000  # pairs of rules that meet in an element: more than any profile needs, and a bound on the time


@dataclass(slots=True)
class Judgement:
    """Findings by (code, rule, other rule), each with the elements it concerns; overrides that were needed; rules that can decide."""

    found: dict[tuple[str, object, object], tuple[ResolvedRule, ResolvedRule, list[str]]] = field(default_factory=dict)
    needed: set[int] = field(default_factory=set)
    alive: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    shadowed_within: set[int] = field(default_factory=set)
    free_within: set[int] = field(default_factory=set)
    clashes: dict[tuple[Span, Span], None] = field(default_factory=dict)  # of options: the rule that is asked first, and the other
    pairs: int = 0
    keep_private: bool = False

    def leaves(self, rule: ResolvedRule, leaf_class: LeafClass) -> Level:
        """What a rule may leave of the elements of a class: of private ones whose creator it does not spell, nothing (rule 15)."""
        spelled = isinstance(rule.selector.leaf, PrivateLeaf | DeclaredSafe)
        return rule.leaves if spelled or not leaf_class.private or self.keep_private else Level.NOTHING

    def take(self, other: Judgement, twins: Sequence[Mapping[int, int]]) -> None:
        """Add what was found of some classes, and of their twins, whose rules are at other positions."""
        for key, (rule, against, names) in other.found.items():
            entry = self.found.setdefault(key, (rule, against, []))
            entry[2].extend(name for name in names if name not in entry[2])
        for mine, theirs in (
            (self.needed, other.needed),
            (self.alive, other.alive),
            (self.seen, other.seen),
            (self.shadowed_within, other.shadowed_within),
            (self.free_within, other.free_within),
        ):
            mine.update(theirs)
            for positions in twins:
                mine.update(twin for position, twin in positions.items() if position in theirs)
        self.clashes.update(other.clashes)
        self.pairs = other.pairs

    def say(self, code: str, rule: ResolvedRule, other: ResolvedRule, leaf_class: LeafClass) -> None:
        """Note a finding. A clash of options is one finding for two layers, however many of their rules it concerns."""
        pair = (rule.layer.index, other.layer.index) if code == "DR303" else (rule.statement, other.statement)
        entry = self.found.setdefault((code, *pair), (rule, other, []))
        entry[2].extend(name for name in leaf_class.names if name not in entry[2])


def distinct(rules: Sequence[ResolvedRule]) -> tuple[list[ResolvedRule], list[Diagnostic]]:
    """The rules without those that a layer says again, and a finding for each of these."""
    known: set[object] = set()
    kept: list[ResolvedRule] = []
    said: list[Diagnostic] = []
    for rule in rules:
        key = (rule.selector, *rule.action, rule.condition, rule.excluded, rule.layer.index, rule.otherwise, rule.override)
        if key in known:
            said.append(_never_reached(rule))
        else:
            kept.append(rule)
        known.add(key)
    return kept, said


def judge(rules: Sequence[ResolvedRule], *, keep_private: bool = False) -> tuple[Judgement, tuple[LeafClass, ...]]:
    """Compare all rules that can meet, class by class. `rules` stand in the order in which they are asked."""
    judgement = Judgement(keep_private=keep_private)
    found = classes(
        (rule.selector.leaf for rule in rules), [_apart_from_its_element(position, rule) for position, rule in enumerate(rules)]
    )
    for twins, together in groupby(found, key=lambda leaf_class: leaf_class.twins):
        if twins is None:
            _judge_classes(rules, together, judgement)
            continue
        alone = Judgement(pairs=judgement.pairs, keep_private=keep_private)
        _judge_classes(rules, together, alone)
        judgement.take(alone, twins.positions)
        if alone.found:  # each of them has to be named
            _judge_classes(rules, twins.classes(), judgement)
    return judgement, found


def _apart_from_its_element(position: int, rule: ResolvedRule) -> object:
    """What two rules share that differ in nothing but the private element they spell; the position for all others."""
    leaf = rule.selector.leaf
    if not isinstance(leaf, PrivateLeaf) or rule.excluded:
        return position
    path = (rule.selector.steps, rule.selector.anchored)
    return (leaf.mask, *path, *rule.action, rule.condition, rule.layer, rule.otherwise, rule.override, rule.leaves)


def _judge_classes(rules: Sequence[ResolvedRule], together: Iterable[LeafClass], judgement: Judgement) -> None:
    for leaf_class in together:
        judgement.pairs += len(leaf_class.reached) ** 2 // 2
        if judgement.pairs > MOST_PAIRS:
            break
        _judge_class(rules, leaf_class, judgement)


def _judge_class(rules: Sequence[ResolvedRule], leaf_class: LeafClass, judgement: Judgement) -> None:
    reached = meeting(rules, leaf_class)
    regions = {position: paths.of(rules[position].selector) for position in reached}
    excluded = {
        position: tuple(paths.of(selector) for selector in rules[position].excluded if leaf_class.covers(selector.leaf))
        for position in reached
    }
    stoppers = [
        position
        for position in reached
        if rules[position].condition is None and not rules[position].excluded and leaf_class.covers(rules[position].selector.leaf)
    ]

    def stopping(region: PathRegion, before: int, after: int = -1) -> list[ResolvedRule]:
        """The rules without condition, ranked above `before` by rule 4 and not by their place in the text, that decide everything in the
        region; of the rules behind `after` only."""
        return [
            rules[stopper]
            for stopper in stoppers
            if after < stopper < before and paths.covers(regions[stopper], region) and outranks(rules[stopper], rules[before])
        ]

    def shadows(position: int) -> list[int]:
        """The rules without condition that are asked before this one, wherever it reaches. A net below all rules (`otherwise` on a VR) is
        for attributes that nobody names, those of the next edition too: that each of today's has its rule does not make it useless."""
        before = [stopper for stopper in stoppers if stopper < position and paths.covers(regions[stopper], regions[position])]
        leaf = rules[position].selector.leaf
        if rules[position].otherwise and isinstance(leaf, VrLeaf):
            return [stopper for stopper in before if leaf_rank(rules[stopper].selector.leaf) <= leaf_rank(leaf)]
        return before

    for order, position in enumerate(reached):
        rule = rules[position]
        judgement.seen.add(position)
        taken = excluded[position]
        if any(paths.covers(out, regions[position]) for out in taken):
            continue
        if not (before := shadows(position)):
            judgement.alive.add(position)
        elif any(rules[shadow].layer.index == rule.layer.index for shadow in before):
            judgement.shadowed_within.add(position)
        else:
            judgement.free_within.add(position)  # only a later layer decides here
        for other_position in reached[order + 1 :]:
            region = paths.shared(regions[position], regions[other_position])
            if region is None or any(paths.covers(out, region) for out in (*taken, *excluded[other_position])):
                continue
            other = rules[other_position]
            above, between = stopping(region, position), stopping(region, other_position, after=position)
            if _options_clash(rule, other) and not _options_settled(rule, other, above, between):
                judgement.say("DR303", rule, other, leaf_class)
                judgement.clashes[rule.span, other.span] = None
            if between:
                continue  # what stands between was judged against the other, and this one against what stands between
            _judge_pair(rules, position, other_position, leaf_class, judgement, settled=bool(above))


def _options_clash(rule: ResolvedRule, other: ResolvedRule) -> bool:
    """True when two option layers ask for different things and the one that is asked first may not weaken the other (rule 8). An
    `otherwise` rule asks for nothing where a rule that is none has spoken."""
    if not (rule.layer.option and other.layer.option) or rule.layer.index == other.layer.index or rule.action == other.action:
        return False
    if rule.condition is not None and other.condition is not None and exclusive(rule.condition, other.condition):
        return False
    return other.layer.name not in rule.layer.may_weaken and rule.otherwise == other.otherwise


def _options_settled(rule: ResolvedRule, other: ResolvedRule, above: Sequence[ResolvedRule], between: Sequence[ResolvedRule]) -> bool:
    """True when a layer that is no option decides before both, when the option that is asked first asks for something else itself, or when
    the other one has nothing to say any more. Another option settles nothing: the profile has to."""
    if any(not stopper.layer.option or stopper.layer.index == rule.layer.index for stopper in above):
        return True
    return any(not stopper.layer.option or stopper.layer.index == other.layer.index for stopper in between)


def meeting(rules: Sequence[ResolvedRule], leaf_class: LeafClass) -> tuple[int, ...]:
    """The rules that can meet in elements of the class: values of content items stand only in the items of their sequences."""
    if not leaf_class.content:
        return leaf_class.reached
    return tuple(position for position in leaf_class.reached if _in_content(rules[position].selector))


def _in_content(selector: Selector) -> bool:
    """True when the path leads into the items of a sequence of content items."""
    if not selector.steps:
        return not selector.anchored
    last = selector.steps[-1]
    return isinstance(last, Anything) or (isinstance(last, TagLeaf) and last.value in content_item.SEQUENCES)


def outranks(rule: ResolvedRule, other: ResolvedRule) -> bool:
    """True when rules 4 and 5 ask `rule` before `other`."""
    if rule.otherwise != other.otherwise:
        return other.otherwise
    if rule.layer.index != other.layer.index:
        return rule.layer.index > other.layer.index
    return compare(rule.selector, rule.condition is not None, other.selector, other.condition is not None) > 0


def _judge_pair(
    rules: Sequence[ResolvedRule], position: int, other_position: int, leaf_class: LeafClass, judgement: Judgement, *, settled: bool
) -> None:
    """`rules[position]` is asked before `rules[other_position]`, and both can be asked for one element. `settled`: a rule above both
    decides, so a tie or a clash of options has no effect; a weakening has to be marked all the same, or two unmarked ones would excuse
    each other."""
    rule, other = rules[position], rules[other_position]
    if rule.action == other.action:
        return
    same_layer = rule.layer.index == other.layer.index and rule.otherwise == other.otherwise
    if same_layer and compare(rule.selector, rule.condition is not None, other.selector, other.condition is not None) == 0:
        if settled:
            return
        if rule.condition is None or other.condition is None:
            judgement.say("DR301", rule, other, leaf_class)
        elif not exclusive(rule.condition, other.condition):
            judgement.say("DR302", rule, other, leaf_class)
        return
    if _options_clash(rule, other):
        return
    leaves, other_leaves = judgement.leaves(rule, leaf_class), judgement.leaves(other, leaf_class)
    if leaves > other_leaves:
        if rule.layer.option and other.layer.name in rule.layer.may_weaken:
            return
        if rule.override and codes.valid(rule.override) and codes.leaves(rule.override) <= other_leaves:
            judgement.needed.add(position)
        else:
            judgement.say("DR201", rule, other, leaf_class)
        return
    broad = rule.layer.index > other.layer.index and leaf_rank(rule.selector.leaf) < leaf_rank(other.selector.leaf)
    if broad and not rule.otherwise and not other.otherwise:
        if rule.override is None:
            judgement.say("DR202", rule, other, leaf_class)
        else:
            judgement.needed.add(position)


def _named(one: ResolvedRule, other: ResolvedRule) -> bool:
    """True when the later of two option layers names the earlier: then it is meant to refine it."""
    later, earlier = (one, other) if one.layer.index > other.layer.index else (other, one)
    return earlier.layer.name in later.layer.may_weaken


def diagnostics(rules: Sequence[ResolvedRule], judgement: Judgement, *, whole_profile: bool) -> list[Diagnostic]:
    """The findings in words. `whole_profile` is False for a recipe on its own, where an override may meet nothing."""
    out = [_words(code, rule, other, names) for (code, _, _), (rule, other, names) in judgement.found.items()]
    by_statement: dict[Span, list[int]] = {}
    for position, rule in enumerate(rules):
        by_statement.setdefault(rule.statement, []).append(position)
    for statement, positions in by_statement.items():
        rule = rules[positions[0]]
        too_weak = any(code == "DR201" and found[0].statement == statement for (code, _, _), found in judgement.found.items())
        if whole_profile and rule.override is not None and not too_weak and not judgement.needed & set(positions):
            out.append(
                Diagnostic(
                    "DR212",
                    "this `override` meets nothing that it could override",
                    statement,
                    "take it away, or look for a typing error in the selector",
                )
            )
        within = judgement.shadowed_within - judgement.free_within
        dead = [p for p in positions if p in judgement.seen and p not in judgement.alive and (p in within or _useless_net(rules[p]))]
        out.extend(_never_reached(rules[position]) for position in dead)
    if judgement.pairs > MOST_PAIRS:
        out.append(
            Diagnostic(
                "DR308", "too many rules meet in the same elements to be judged", rules[0].span, "put them together with sets and masks"
            )
        )
    return out


def _words(code: str, rule: ResolvedRule, other: ResolvedRule, names: list[str]) -> Diagnostic:
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    concerned = shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    note = Note(
        other.span,
        f"the other rule: `{other.code} {_spell(other)}`" + (f" of layer `{other.layer.name}`" if other.layer != rule.layer else ""),
    )
    match code:
        case "DR201":
            unspelled = rule.leaves <= other.leaves  # then it is a private element that the other rule does not spell
            left = REMAINS[Level.NOTHING if unspelled else other.leaves]
            message = f"this may leave {REMAINS[rule.leaves]} where an earlier rule leaves {left}: {concerned}"
            wanted = "X" if unspelled or other.code == "add" else other.code
            help_ = f'if it is meant, write `override {wanted} because "…"`'
            if rule.override:
                help_ = f"`override {rule.override}` names a code that leaves more than `{wanted}` does: {help_}"
        case "DR202":
            message = f"this broad rule overrules a narrower one of an earlier layer: {concerned}"
            help_ = "write `override` if it is to win everywhere, `otherwise` if only where no earlier layer has a rule"
        case "DR301":
            message = f"two rules of one layer ask for different things: {concerned}"
            help_ = "make one of them more specific, except the element from one, or take one away"
        case "DR302":
            message = f"if both conditions hold, two rules ask for different things: {concerned}"
            help_ = "the one that leaves less would win; make the conditions exclude each other"
        case _:
            number = f"{len(names)} elements, {'among them ' if len(names) > SHOWN else ''}" if len(names) > 1 else ""
            message = f"the options {other.layer.option} and {rule.layer.option} ask for different things: {number}{shown}"
            help_ = "settle it by a rule without condition of a later layer that is no option; the option that loses is not claimed"
    return Diagnostic(code, message, rule.span, help_, (note,))


def _useless_net(rule: ResolvedRule) -> bool:
    """An `otherwise` rule that other layers leave nothing to. Not so in an option's layer, which stands in many stacks: in some of them it
    has work."""
    return rule.otherwise and not rule.layer.option


def _never_reached(rule: ResolvedRule) -> Diagnostic:
    return Diagnostic(
        "DR304", f"the rule for `{_spell(rule)}` is never reached", rule.span, "a rule before it decides every element it means"
    )


def _spell(rule: ResolvedRule) -> str:
    return rule.span.text or str(rule.selector)
