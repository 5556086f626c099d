"""Why each element of a file ends as it does: the rule that won, and why the others did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.cli import wording
from deidrules.dicom import dictionary, sop_class
from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.iod import iod_of
from deidrules.dicom.private import block_of
from deidrules.engine.condition import Conditions
from deidrules.engine.content import ITEM, ContentItems, JudgedItem
from deidrules.engine.decide import Candidate, Decider, Scope
from deidrules.engine.declared import declaration_of
from deidrules.engine.outcome import Outcome
from deidrules.engine.reading import DataSet, Reading, is_sequence
from deidrules.plan.model import Plan, Rule
from deidrules.plan.own import engine_own
from deidrules.plan.selector import Place, TagLeaf, leaf_rank, path_rank
from deidrules.text.refusal import Refusal

GONE = "gone with "  # how the change of an element begins that lay in a sequence that went

_GONE = "the sequence around it is gone"
_OTHERWISE_SETTLED = "decided with the private block or plane it belongs to, or by the engine"

ItemPath = tuple[tuple[int, int], ...]
Sequences = tuple[tuple[int, str | None], ...]


@dataclass(frozen=True, slots=True)
class Loser:
    """A rule that reaches the element and does not decide."""

    rule: str
    origin: str
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One element: where it stands, what decided, what became of it ("" when the file is refused) and what did not decide. `value` is
    None unless asked for."""

    path: ItemPath
    tag: int
    vr: str
    creator: str
    code: str
    rule: str
    origin: str
    change: str
    losers: tuple[Loser, ...] = ()
    value: str | None = None

    @property
    def name(self) -> str:
        """The keyword; the creator of a private element, quoted as in rules; "" when there is neither."""
        if self.tag >> 16 & 1:
            return f'"{self.creator}"' if self.creator else "creator" if block_of(self.tag) is not None else ""
        entry = dictionary.entry(self.tag)
        return "" if entry is None else entry.keyword or entry.name

    def record(self) -> dict[str, object]:
        """As JSON has it."""
        out: dict[str, object] = {
            "path": "/".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})[{item}]" for tag, item in self.path),
            "tag": f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})",
            "vr": self.vr,
            "creator": self.creator,
            "code": self.code,
            "rule": self.rule,
            "origin": self.origin,
            "change": self.change,
            "losers": [{"rule": loser.rule, "origin": loser.origin, "why": loser.why} for loser in self.losers],
        }
        return out if self.value is None else out | {"value": self.value}


class Explainer:
    """Explains the elements of one object under one plan. `outcomes` are the engine's own account of the object, empty when it refused
    it: where there is one it is what is told, the rules around it are looked up here."""

    def __init__(self, plan: Plan, decider: Decider, instance: DicomObject, outcomes: tuple[Outcome, ...], *, show_values: bool) -> None:
        self._plan = plan
        self._reading = Reading(instance)
        self._conditions = Conditions(plan.conditions, self._reading)
        self._declaration = declaration_of(self._reading)
        self._top = decider.top(iod_of(sop_class.of_object(instance)))
        self._content = ContentItems(self._reading, self._top, self._conditions.holds)
        self._outcomes = {(outcome.path, outcome.tag): outcome for outcome in outcomes}
        self._judged = bool(outcomes)
        self._show_values = show_values

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """Verdicts and pixel rules whose conditions hold: what they say, and their origin."""
        for verdict in self._plan.verdicts:
            if self._truth(verdict.condition, self._reading.top) == "":
                yield f"{verdict.kind} {wording.quoted(verdict.name)} holds", verdict.origin
        for rule in self._plan.pixels:
            if self._truth(rule.condition, self._reading.top) == "":
                yield f"pixels {wording.quoted(rule.name)} matches", rule.origin

    def elements(self) -> Iterator[Explanation]:
        """Every element of the file at every depth, then those that the engine adds."""
        seen: set[tuple[ItemPath, int]] = set()
        scope = self._top
        for explanation in self._data_set(self._reading.top, scope, (), (), None):
            seen.add((explanation.path, explanation.tag))
            yield explanation
        for key, outcome in self._outcomes.items():
            if key not in seen:
                yield Explanation(outcome.path, outcome.tag, outcome.vr, "", outcome.code, "", outcome.origin, outcome.change)

    def _data_set(
        self, place: DataSet, scope: Scope, sequences: Sequences, path: ItemPath, gone: Explanation | None
    ) -> Iterator[Explanation]:
        for element in place.elements:
            explanation = self._element(element, place, scope, sequences, path, gone)
            yield explanation
            if not is_sequence(element):
                continue
            inside = gone or (explanation if explanation.change in ("removed", "emptied", "reduced", "claimed") else None)
            for number, item in enumerate(self._items(element, place, scope), start=1):
                around, where = (*sequences, (element.tag, element.creator)), (*path, (element.tag, number))
                taken = inside
                if item.goes is not None and item.goes.rule is not None and (where, ITEM) in self._outcomes:
                    rule = wording.rule(item.goes.rule)
                    taken = Explanation(where, ITEM, "", "", item.goes.written, rule, item.goes.origin, "removed")
                    yield taken
                yield from self._data_set(item.place, item.scope, around, where, taken)

    def _items(self, element: Element, place: DataSet, scope: Scope) -> list[JudgedItem]:
        try:
            return self._content.judged(element, place, scope)
        except Refusal:  # said by the engine
            below = scope.below(element.tag, element.creator)
            return [JudgedItem(place.below(item), below) for item in element.items or ()]

    def _element(
        self, element: Element, place: DataSet, scope: Scope, sequences: Sequences, path: ItemPath, gone: Explanation | None
    ) -> Explanation:
        winner: Rule | None = None
        outcome = self._outcomes.get((path, element.tag))
        if gone is not None and outcome is None:
            code, origin, rule, change = gone.code, gone.origin, gone.rule, f"{GONE}{wording.named(gone.tag)}"
        else:
            code, origin, winner = self._winner(element, place, scope)
            change = ""
            if outcome is not None:
                if outcome.origin != origin:
                    winner = None  # the sequence around it, the pixels or the block settled it otherwise
                code, origin, change = outcome.code, outcome.origin, outcome.change
            rule = wording.rule(winner) if winner is not None else ""
        return Explanation(
            path=path,
            tag=element.tag,
            vr=element.vr,
            creator=element.creator or "",
            code=code,
            rule=rule,
            origin=origin,
            change=change,
            losers=tuple(self._losers(element, place, scope, sequences, winner, _GONE if change.startswith(GONE) else "")),
            value=self._value(element, place) if self._show_values else None,
        )

    def _winner(self, element: Element, place: DataSet, scope: Scope) -> tuple[str, str, Rule | None]:
        """(code, origin, rule) of what decides by the lists of the plan."""
        if engine_own(element.tag):
            return "", "engine", None
        if element.private and block_of(element.tag) is not None:
            return "", "engine: a creator stays exactly when an element of its block stays", None
        try:
            candidate = self._choose(element, place, scope)
        except Refusal as refusal:
            return "", f"refused: {refusal.code}", None
        return candidate.written or candidate.code, candidate.origin, candidate.rule

    def _choose(self, element: Element, place: DataSet, scope: Scope) -> Candidate:
        if element.private:
            vr, declared = "SQ" if is_sequence(element) else element.vr, self._declaration.covers(element)
            decision = scope.decide_private(element.tag, element.creator, vr, declared)
        else:
            decision = scope.decide(element.tag)
            if element.vr == "UN" and decision.known:
                decision = scope.decide_unreadable(element.tag)
        return decision.choose(lambda number: self._conditions.holds(number, place))

    def _losers(
        self, element: Element, place: DataSet, scope: Scope, sequences: Sequences, winner: Rule | None, settled: str
    ) -> Iterator[Loser]:
        entry = None if element.private else dictionary.entry(element.tag)
        vrs = frozenset((element.vr,)) if element.private else frozenset(entry.vrs if entry else ())
        covered = self._declaration.covers(element)
        where = Place(element.tag, vrs, element.creator, entry is not None, covered, scope.value_of(element.tag))
        for rule in self._plan.rules:
            if rule is winner or not _reaches(rule, where, sequences):
                continue
            why = self._truth(rule.condition, place) if rule.condition is not None else ""
            yield Loser(wording.rule(rule), rule.origin, settled or why or _why(rule, winner))

    def _truth(self, condition: int, place: DataSet) -> str:
        """ "" when a condition holds, else why it does not."""
        try:
            return "" if self._conditions.holds(condition, place) else "its condition does not hold"
        except Refusal as refusal:
            return f"its condition cannot be judged ({refusal.code})"

    def _value(self, element: Element, place: DataSet) -> str:
        return shown_value(self._reading, element, place)


def _reaches(rule: Rule, place: Place, sequences: Sequences) -> bool:
    selector = rule.selector
    if engine_own(place.tag) and not (isinstance(selector.leaf, TagLeaf) and selector.leaf.exact):
        return False
    if rule.code == "add" and not selector.steps and sequences:
        return False
    return selector.reaches(place, sequences) and not any(excluded.reaches(place, sequences) for excluded in rule.excluded)


def _why(rule: Rule, winner: Rule | None) -> str:
    """Why a rule whose condition holds, or that has none, stands behind the winner (rules 4 and 5 of the language)."""
    if winner is None:
        return _OTHERWISE_SETTLED
    if rule.otherwise != winner.otherwise:
        return "`otherwise`: asked only where no other rule decides"
    if rule.layer != winner.layer:
        return "of an earlier layer"
    if leaf_rank(rule.selector.leaf) < leaf_rank(winner.selector.leaf):
        return "its selector is less specific"
    if path_rank(rule.selector) < path_rank(winner.selector):
        return "its path is less specific"
    return "it has no condition and the winner has one" if rule.condition is None else "it leaves no less than the winner"


_MOST_BYTES, _MOST_CHARACTERS = 4096, 64


def shown_value(reading: Reading, element: Element, place: DataSet) -> str:
    """A value for a terminal: short, printable, "<code>" when it cannot be decoded."""
    if element.items is not None:
        return ""
    if element.length > _MOST_BYTES:
        return f"<{element.length} bytes>"
    try:
        text = "\\".join(value.hex() if isinstance(value, bytes) else str(value) for value in reading.values(element, place))
    except Refusal as refusal:
        return f"<{refusal.code}>"
    text = "".join(character if character.isprintable() else "." for character in text)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
