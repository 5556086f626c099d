"""Which rules reach an element, worked out once per kind of element and place: the list of (condition, rule) that a run only walks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deidrules.actions.base import Action, Function, Level
from deidrules.dicom import content_item, dictionary
from deidrules.dicom.iod import IodNode
from deidrules.engine.level import level_of
from deidrules.engine.resolve import resolve
from deidrules.plan.expression import Expression
from deidrules.plan.model import Plan, Rule
from deidrules.plan.own import engine_own
from deidrules.plan.selector import (
    ContentLeaf,
    DeclaredSafe,
    Place,
    PrivateLeaf,
    Selector,
    TagLeaf,
    VrLeaf,
    compare,
    leaf_reaches,
    step_matches,
)
from deidrules.text.refusal import Refusal

# Pixel Data, Float and Double Float Pixel Data
PIXELS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
# Memoised scopes and decisions of one engine; hostile creators cannot fill the memory.
_MEMO_LIMIT = 200_000

Sequences = tuple[tuple[int, str | None], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A rule as it stands for one kind of element. `code` is one letter, `add`, or `quarantine` (policy); `rule` is None for the policy
    and the engine itself. `vouched`: the rule spells the element's private creator, or the object declares the element safe and the rule
    takes its word. `type`: the Type of the attribute at this place in the object's IOD, 1, 2 or 3. `items`: what the IOD says of the items
    when it is a sequence; None when nothing is known of the element. `reading`: the VR with which a private element is read whose VR the
    file does not say. `content`: it is a rule on the values of content items."""

    code: str
    value: Expression | None = None
    condition: int | None = None
    rule: Rule | None = None
    origin: str = ""
    written: str = ""
    vouched: bool = False
    level: Level = Level.NOTHING
    type: int = 3
    items: IodNode | None = None
    reading: str = ""
    content: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The candidates in the order in which they are asked; one is unconditional, so exactly one decides. Behind it stand only conditional
    ones without an order against one before it. `contested`: two conditional ones may hold at once without an order between them. `vrs`
    are the dictionary's, () when it does not know the tag."""

    tag: int
    vrs: tuple[str, ...]
    known: bool
    candidates: tuple[Candidate, ...]
    contested: bool = False

    def choose(self, holds: Callable[[int], bool]) -> Candidate:
        """The candidate that decides. Refusal `rules-tie` when two rules that hold have no order, leave equally much and differ."""
        for first in self.candidates:
            if first.condition is None or holds(first.condition):
                break
        if first.condition is None or not self.contested:
            return first
        return _settle(
            self.tag, first, [c for c in self.candidates if _same_layer(first, c) and (c.condition is None or holds(c.condition))]
        )


def _same_layer(one: Candidate, other: Candidate) -> bool:
    return (
        one.rule is not None
        and other.rule is not None
        and one.rule.layer == other.rule.layer
        and one.rule.otherwise == other.rule.otherwise
    )


def _order(one: Candidate, other: Candidate) -> int:
    if one.rule is None or other.rule is None:
        return 0
    return compare(one.rule.selector, one.condition is not None, other.rule.selector, other.condition is not None)


def _asked(candidate: Candidate) -> tuple[str, Expression | None, str]:
    """What two rules must share to ask for the same thing."""
    return candidate.code, candidate.value, candidate.reading


def _settle(tag: int, first: Candidate, holding: list[Candidate]) -> Candidate:
    """Rule 4: of the most specific that hold, the one that leaves less."""
    best = [c for c in holding if not any(_order(other, c) > 0 for other in holding)]
    least = min(c.level for c in best)
    winners = [c for c in best if c.level == least]
    if any(_asked(c) != _asked(winners[0]) for c in winners):
        raise Refusal("rules-tie", tag=tag)
    return first if first in winners else winners[0]


@dataclass(slots=True, eq=False)
class Scope:
    """A place in the tree of sequences, as far as any path of the plan or the IOD can tell it from another. `content`: (concept, value
    type) of the content item that it is, as far as any rule can tell."""

    decider: Decider
    sequences: Sequences
    depth: int
    iod: IodNode
    content: tuple[str, str] | None = None
    public: dict[int, Decision] = field(default_factory=dict)
    unreadable: dict[int, Decision] = field(default_factory=dict)
    private: dict[tuple[int, str | None, str, bool], Decision] = field(default_factory=dict)
    simple: dict[tuple[int, str, str, str | None, bool, bool], Candidate] = field(default_factory=dict)  # see Header
    _additions: tuple[int, ...] | None = None

    def below(self, tag: int, creator: str | None) -> Scope:
        """The scope of the items of a sequence that stands here."""
        return self.decider.scope((*self.sequences, (tag, creator)), self.depth + 1, self.iod.below(tag))

    def item(self, content: tuple[str, str]) -> Scope:
        """The scope of a content item that stands here."""
        return self.decider.scope(self.sequences, self.depth, self.iod, self.decider.told_apart(content))

    def value_of(self, tag: int) -> tuple[str, str] | None:
        """The content item whose value this element would be here."""
        here = self.content
        return here if here is not None and tag in content_item.value_elements(here[1]) else None

    def decide(self, tag: int) -> Decision:
        """For a public element."""
        decision = self.public.get(tag)
        if decision is None:
            entry = dictionary.entry(tag)
            place = Place(tag, frozenset(entry.vrs if entry else ()), None, entry is not None, content=self.value_of(tag))
            decision = self.public[tag] = self.decider.work_out(place, self)
        return decision

    def decide_unreadable(self, tag: int) -> Decision:
        """For an element coded UN that its dictionary VR cannot read: it is `unknown` (rule 2)."""
        decision = self.unreadable.get(tag)
        if decision is None:
            place = Place(tag, frozenset(), None, known=False, content=self.value_of(tag))
            decision = self.unreadable[tag] = self.decider.work_out(place, self)
        return decision

    def decide_private(self, tag: int, creator: str | None, vr: str, declared: bool = False) -> Decision:
        """For a private element: the file's VR counts, and whether the object declares it safe."""
        key = (tag, creator, vr, declared)
        decision = self.private.get(key)
        if decision is None:
            place = Place(tag, frozenset((vr,)), creator, known=False, declared=declared)
            decision = self.private[key] = self.decider.work_out(place, self)
        return decision

    def decided(self, tag: int, creator: str | None, vr: str, declared: bool = False) -> Decision | None:
        """The decision for an ordinary element when its first candidate is unconditional; None for everything that needs a look: the
        engine's own elements, creators, unreadable ones."""
        if tag >> 16 & 1:
            decision = self.private.get((tag, creator, vr, declared))
        else:
            decision = self.public.get(tag)
            if decision is not None and decision.known and vr == "UN":
                return None
        return decision if decision is not None and decision.candidates[0].condition is None and not engine_own(tag) else None

    def additions(self) -> tuple[int, ...]:
        """The tags that an `add` may create here, in order."""
        if self._additions is None:
            tags = {leaf.value for number, leaf in self.decider.adding if self.decider.path_matches(number, self)}
            self._additions = tuple(sorted(tags))
        return self._additions


class Decider:
    """The rules of a plan, indexed by what they name."""

    def __init__(self, plan: Plan, actions: Mapping[str, Action], functions: Mapping[str, Function]) -> None:
        self.plan = plan
        self.adding: list[tuple[int, TagLeaf]] = []
        self._functions = functions
        self._actions = actions
        self._exact: dict[int, list[int]] = {}
        self._private: dict[tuple[int, str], list[int]] = {}
        self._vr: dict[str, list[int]] = {}
        self._broad: list[int] = []  # masks, private, unknown, *
        self._content: dict[tuple[str, str], list[int]] = {}
        for number, rule in enumerate(plan.rules):
            self._enter(number, rule)
        selectors = [s for rule in plan.rules for s in (rule.selector, *rule.excluded)]
        # whether anything hangs on what objects declare of their private elements
        self.asks_declarations = any(isinstance(s.leaf, DeclaredSafe) for s in selectors)
        self._longest = max((len(s.steps) for s in selectors), default=0)
        # one more than any anchored path counts, and never 0: a path-less `add` means the object itself
        self._deepest = max((len(s.steps) for s in selectors if s.anchored), default=0) + 1
        self._concepts = frozenset(s.leaf.concept for s in selectors if isinstance(s.leaf, ContentLeaf))
        self._scopes: dict[tuple[Sequences, int, IodNode, tuple[str, str] | None], Scope] = {}
        self._decided = 0

    def _enter(self, number: int, rule: Rule) -> None:
        leaf = rule.selector.leaf
        if isinstance(leaf, TagLeaf) and leaf.exact:
            self._exact.setdefault(leaf.value, []).append(number)
            if rule.code == "add":
                self.adding.append((number, leaf))
        elif isinstance(leaf, PrivateLeaf):
            self._private.setdefault((leaf.group, leaf.creator), []).append(number)
        elif isinstance(leaf, VrLeaf):
            self._vr.setdefault(leaf.vr, []).append(number)
        elif isinstance(leaf, ContentLeaf):
            self._content.setdefault((leaf.concept, leaf.value_type), []).append(number)
        else:
            self._broad.append(number)

    def top(self, iod: IodNode) -> Scope:
        """The scope of an object itself that has this IOD."""
        if self._decided > _MEMO_LIMIT or len(self._scopes) > _MEMO_LIMIT:
            self._scopes.clear()
            self._decided = 0
        return self.scope((), 0, iod)

    @property
    def has_content(self) -> bool:
        """True when a rule of the plan asks for content items."""
        return bool(self._concepts)

    def told_apart(self, content: tuple[str, str]) -> tuple[str, str]:
        """(concept, value type) of a content item, a concept that no rule names as ""."""
        return (content[0] if content[0] in self._concepts else "", content[1])

    def scope(self, sequences: Sequences, depth: int, iod: IodNode, content: tuple[str, str] | None = None) -> Scope:
        """The scope below these sequences, outermost first; those that no path can see are forgotten, but what the IOD says of the place
        is not."""
        seen = sequences[len(sequences) - self._longest :] if len(sequences) > self._longest else sequences
        depth = min(depth, self._deepest)
        scope = self._scopes.get((seen, depth, iod, content))
        if scope is None:
            scope = self._scopes[seen, depth, iod, content] = Scope(self, seen, depth, iod, content)
        return scope

    def path_matches(self, number: int, scope: Scope) -> bool:
        """True when a rule's path, and what `add` means by none, is met here."""
        rule = self.plan.rules[number]
        if rule.code == "add" and not rule.selector.steps and scope.depth:
            return False
        return _path_reaches(rule.selector, scope)

    def work_out(self, place: Place, scope: Scope) -> Decision:
        """The list for one kind of element at one place."""
        self._decided += 1
        numbers = set(self._exact.get(place.tag, ()))
        if place.creator is not None:
            numbers.update(self._private.get((place.tag >> 16, place.creator), ()))
        if place.content is not None:
            concept, value_type = place.content
            for leaf in ((concept, value_type), (concept, ""), ("", value_type), ("", "")):
                numbers.update(self._content.get(leaf, ()))
        if not engine_own(place.tag):
            for vr in place.vrs:
                numbers.update(self._vr.get(vr, ()))
            numbers.update(self._broad)
        candidates: list[Candidate] = []
        settled = False
        for number in sorted(numbers):
            rule = self.plan.rules[number]
            if settled and rule.condition is None:
                continue
            if not leaf_reaches(rule.selector.leaf, place) or not self.path_matches(number, scope):
                continue
            if any(leaf_reaches(selector.leaf, place) and _path_reaches(selector, scope) for selector in rule.excluded):
                continue
            candidate = self._candidate(rule, place, scope)
            # behind the first unconditional rule only those count that have no order against one before it (rule 4)
            if not settled or any(
                _same_layer(one, candidate) and one.condition is not None and not _order(one, candidate) for one in candidates
            ):
                candidates.append(candidate)
            settled |= rule.condition is None
        if not settled:
            candidates.append(self._unlisted(place, scope))
        entry = dictionary.entry(place.tag) if place.known else None
        return Decision(place.tag, entry.vrs if entry else (), place.known, tuple(candidates), _contested(candidates))

    def _candidate(self, rule: Rule, place: Place, scope: Scope) -> Candidate:
        type_ = scope.iod.type_of(place.tag)
        content = isinstance(rule.selector.leaf, ContentLeaf)
        if content:
            # the value of a content item is Type 1 wherever the item stands (PS3.3 C.18, 10.2), but Measured Value Sequence, which is 2
            type_ = 2 if place.tag == content_item.MEASURED_VALUE else 1
        code, value, reading = resolve(rule.code, 1 if content else type_), rule.value, rule.reading
        if content and code == "Z" and place.tag != content_item.MEASURED_VALUE:
            code = "D"
        vouched = isinstance(rule.selector.leaf, PrivateLeaf | DeclaredSafe)
        level = Level.ALL if rule.code == "add" and value is None else self._level(rule)
        # rule 15: only an element whose creator is spelled, or that is declared safe, can stay, emptied or not: with it stays its
        # creator's text
        unspelled = bool(place.tag >> 16 & 1) and not vouched
        if unspelled and (place.creator is None or not self.plan.policies.keep_private):
            code, value, level, reading = "X", None, Level.NOTHING, ""
        if place.tag in PIXELS and code != "K":
            # rule 16: pixel data takes K or X
            code, value, level = "X", None, Level.NOTHING
        return Candidate(
            code, value, rule.condition, rule, rule.origin, rule.code, vouched, level, type_, _items(scope, place), reading, content
        )

    def _level(self, rule: Rule) -> Level:
        return level_of(rule.code, rule.value, self._actions, self._functions)

    def _unlisted(self, place: Place, scope: Scope) -> Candidate:
        """Rules 10 and 15: private and unknown elements that no rule reaches go, unless the profile keeps private ones with a creator."""
        if place.tag >> 16 & 1:
            stays = self.plan.policies.keep_private and place.creator is not None
            return Candidate("K" if stays else "X", origin="keep-private" if stays else "unlisted")
        if not place.known:
            return Candidate("X", origin="unlisted")
        policy = self.plan.policies.unlisted
        type_ = scope.iod.type_of(place.tag)
        code = policy if policy == "quarantine" else resolve(policy, type_)
        if place.tag in PIXELS and code not in ("K", "quarantine"):
            code = "X"
        return Candidate(code, origin="unlisted", written=policy, type=type_, items=_items(scope, place))


def _items(scope: Scope, place: Place) -> IodNode | None:
    return scope.iod.below(place.tag) if "SQ" in place.vrs else None


def _path_reaches(selector: Selector, scope: Scope) -> bool:
    steps, sequences = selector.steps, scope.sequences
    if len(sequences) < len(steps) or (selector.anchored and scope.depth != len(steps)):
        return False
    return all(
        step_matches(step, tag, creator) for step, (tag, creator) in zip(steps, sequences[len(sequences) - len(steps) :], strict=True)
    )


def _contested(candidates: list[Candidate]) -> bool:
    """True when two conditional rules of one layer have no order and ask for different things."""
    conditional = [c for c in candidates if c.condition is not None]
    return any(
        _same_layer(one, other) and _order(one, other) == 0 and _asked(one) != _asked(other)
        for index, one in enumerate(conditional)
        for other in conditional[index + 1 :]
    )
