"""The walk over the data set: each element gets its decision, runs of what stays are copied, the rest becomes operations."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom import content_item
from deidrules.dicom.element import Element
from deidrules.dicom.private import block_of
from deidrules.engine import own
from deidrules.engine.claims import Claims
from deidrules.engine.condition import Conditions
from deidrules.engine.content import ITEM, ContentItems, JudgedItem
from deidrules.engine.decide import PIXELS, Candidate, Decision, Scope
from deidrules.engine.declared import CHARACTERISTICS
from deidrules.engine.derived import DERIVATION_DESCRIPTION, described, description
from deidrules.engine.icons import REBUILT, is_icon, shows_image
from deidrules.engine.lengths import pixel_length, plane_length
from deidrules.engine.operation import Add, Icon, Literal, Operation, Pixels, Plane, Table, Touch, copy
from deidrules.engine.outcome import Outcome, Outcomes, Path, outcomes_id
from deidrules.engine.overlay_planes import OVERLAY_DATA, plane_that_goes
from deidrules.engine.own_item import OwnItems
from deidrules.engine.private_blocks import PrivateBlocks
from deidrules.engine.program import Program
from deidrules.engine.provable import prove_vr
from deidrules.engine.reading import DataSet, Reading, is_sequence
from deidrules.engine.sequence import sequence_operations
from deidrules.engine.surroundings import Surroundings
from deidrules.engine.together import TABLES, settle
from deidrules.engine.touch import Done, Toucher
from deidrules.pixels.icon import ICON_IMAGE_SEQUENCE
from deidrules.plan.expression import Condition, uses_here
from deidrules.plan.own import engine_own
from deidrules.text.refusal import Refusal

_ENGINE_KEEPS = Candidate("K", origin="engine", written="K")
_ENGINE_REMOVES = Candidate("X", origin="engine", written="X")
_ENGINE_CLAIMS = Candidate("D", origin="engine", written="D")
_KEPT = Done("kept")
_GONE = Done("removed")
_JUDGED_INSIDE = Done("entered")
_CLAIMED = Done("claimed")
_ICON_ANEW = Done("claimed")


@dataclass(slots=True, eq=False)
class _Fate:
    """What becomes of one element. `fixed`: the same for every file of the layout for which the program holds."""

    element: Element
    candidate: Candidate
    done: Done
    fixed: bool = True


class Header:
    """Makes the program of one file."""

    def __init__(
        self,
        top_scope: Scope,
        reading: Reading,
        conditions: Conditions,
        toucher: Toucher,
        claims: Claims,
        surroundings: Surroundings,
        outcomes: Outcomes,
        *,
        keeps_markers: bool,
    ) -> None:
        self._scope = top_scope
        self._reading = reading
        self._conditions = conditions
        self._all: tuple[Condition, ...] = conditions.conditions
        self._toucher = toucher
        self._markers = claims.markers(surroundings.claims)
        self._surroundings = surroundings
        self._keeps_markers = keeps_markers
        self._outcomes: list[tuple[Outcome, bytes]] = []
        self._known_outcomes = outcomes
        self._truths: dict[int, bool] = {}
        self._witnesses: list[tuple[int, int, bytes]] = []
        self._reusable = True
        self._blocks = PrivateBlocks(reading, self._witness, asked=top_scope.decider.asks_declarations)
        self._content = ContentItems(reading, top_scope, self._holds)
        self.results: dict[int, Done] = {}  # of the touches of this very file, by id

    def program(self) -> Program:
        """The program. Refusal for whatever cannot be done as the plan says."""
        operations = self._data_set(self._reading.top, self._scope, (), None)
        if any(outcome.tag == CHARACTERISTICS and outcome.change == "entered" for outcome, _ in self._outcomes):
            self._blocks.trims = True  # the blocks that stay are known now
            self._outcomes, self.results = [], {}
            operations = self._data_set(self._reading.top, self._scope, (), None)
        return Program(
            self._reading.top,
            tuple(operations),
            tuple([outcome for outcome, _ in self._outcomes]),
            outcomes_id([line for _, line in self._outcomes]),
            tuple(self._truths.items()),
            tuple(self._witnesses),
            self._reusable,
        )

    # ---- one data set

    def _data_set(self, place: DataSet, scope: Scope, path: Path, uids: Candidate | None) -> list[Operation]:
        fates = [self._fate(element, place, scope, path, uids) for element in place.elements]
        self._whole_planes(fates, place, scope, path)
        self._creators(fates, path)
        settle(fates, place, self._reading, self._witness)
        if not path and not self._surroundings.changed.settle(fates, place, self._reading, self._witness):
            self._reusable = False
        insertions = self._insertions(place, scope, path)
        operations: list[Operation] = []
        for fate in fates:
            while insertions and insertions[0][0] < fate.element.tag:
                _, operation, outcome = insertions.pop(0)
                operations.append(operation)
                self._outcomes.append(outcome)
            self._emit(operations, fate, place, scope, path, uids)
        for _, operation, outcome in insertions:
            operations.append(operation)
            self._outcomes.append(outcome)
        return operations

    def _fate(self, element: Element, place: DataSet, scope: Scope, path: Path, uids: Candidate | None) -> _Fate:
        """Most elements simply stay or go whatever the file holds: their fate is known by what they are and where."""
        declared = self._blocks.declared_safe(element)
        key = (element.tag, element.vr, element.coded_vr, element.creator, element.items is None, declared)
        simple = scope.simple.get(key) if uids is None else None
        if simple is not None:
            return _Fate(element, simple, _KEPT if simple.code == "K" else _GONE)
        fate = self._judged(element, place, scope, path, uids)
        if uids is None and fate.fixed and element.items is None and fate.done.change in ("kept", "removed"):
            decision = scope.decided(element.tag, element.creator, element.vr, declared)
            if decision is not None and decision.candidates[0] is fate.candidate and fate.candidate.code in ("K", "X"):
                scope.simple[key] = fate.candidate
        return fate

    def _judged(self, element: Element, place: DataSet, scope: Scope, path: Path, uids: Candidate | None) -> _Fate:
        tag = element.tag
        if engine_own(tag):
            return self._own(element, place, scope, path)
        private = tag >> 16 & 1
        readable = True
        if private:
            if block_of(tag) is not None:
                return _Fate(element, _ENGINE_REMOVES, _GONE)  # unless an element of its block stays, see _creators
            vr, declared = "SQ" if is_sequence(element) else element.vr, self._blocks.declared_safe(element)
            decision = scope.decide_private(tag, element.creator, vr, declared)
        else:
            decision = scope.decide(tag)
            if element.vr == "UN" and decision.known:
                readable = False
                decision = scope.decide_unreadable(tag)
        if uids is not None and decision.known and "UI" in decision.vrs:
            candidate = uids
        else:
            candidate = self._choose(decision, place)
            if private and (candidate.code != "K" or uids is not None):
                element = self._blocks.read(element, candidate)
            if uids is not None and private and element.vr == "UI" and candidate.code in ("K", "C"):
                candidate = uids  # what of a private element stays is a UID like the others (rule 14); what goes by rule 15 goes
        if candidate.code == "X" and candidate.value is None and tag != 0x00100020:
            return _Fate(element, candidate, _GONE)
        prove_vr(element, decision, candidate, readable=readable)
        if tag in PIXELS:
            return _Fate(element, candidate, _KEPT)
        done, fixed = self._toucher.touch(element, place, candidate)
        return _Fate(element, candidate, done, fixed)

    def _choose(self, decision: Decision, place: DataSet) -> Candidate:
        def holds(number: int) -> bool:
            return self._holds(number, place)

        candidate = decision.choose(holds)
        if candidate.code == "quarantine":
            raise Refusal("unlisted", tag=decision.tag)
        return candidate

    def _holds(self, number: int, place: DataSet) -> bool:
        truth = self._conditions.holds(number, place)
        if uses_here(self._all[number]):
            self._reusable = False
        else:
            self._truths[number] = truth
        return truth

    # ---- the engine's own elements, rule 16

    def _own(self, element: Element, place: DataSet, scope: Scope, path: Path) -> _Fate:
        tag = element.tag
        if own.always_goes(tag):
            return _Fate(element, _ENGINE_REMOVES, _GONE)
        if tag not in own.MARKERS:
            if own.prove(element, place, self._reading):
                self._witness(element, place)
            return _Fate(element, _ENGINE_KEEPS, _KEPT)
        if not path and tag in self._markers.vrs and not (tag == own.METHOD_CODES and self._keeps_markers):
            return _Fate(element, _ENGINE_CLAIMS, _CLAIMED)
        if (not path and tag == own.LONGITUDINAL) or not self._keeps_markers:
            return _Fate(element, _ENGINE_REMOVES, _GONE)
        if tag == own.METHOD_CODES:
            if not is_sequence(element):
                raise Refusal("wrong-vr", tag=tag, vr=element.vr, length=element.length)
            return _Fate(element, _ENGINE_KEEPS, _JUDGED_INSIDE)
        if tag != own.METHOD:
            self._witness(element, place)
            if not own.is_term(element, place, self._reading):
                return _Fate(element, _ENGINE_REMOVES, _GONE)
        return _Fate(element, _ENGINE_KEEPS, _KEPT)

    def _witness(self, element: Element, place: DataSet) -> None:
        self._witnesses.append((element.value, element.stop, self._reading.raw(element, place)))

    # ---- what hangs together

    def _whole_planes(self, fates: list[_Fate], place: DataSet, scope: Scope, path: Path) -> None:
        """Rule 16: X on (60xx,3000) takes every element of its group in the same item; the pixels may ask for the same."""
        for group in place.overlay_groups:
            candidate = self._plane_goes(group, place, scope)
            if candidate is None and not path and group in self._surroundings.removed_groups:
                candidate = _ENGINE_REMOVES
            if candidate is None:
                continue
            if (
                path
                and place.element(group << 16 | OVERLAY_DATA) is None
                and any(f.element.tag in PIXELS and f.done is _KEPT for f in fates)
            ):
                raise Refusal("nested-overlay", tag=group << 16 | OVERLAY_DATA)  # its bits may lie in the icon's samples
            for fate in [fate for fate in fates if fate.element.group == group and fate.done.change != "removed"]:
                fate.candidate, fate.done, fate.fixed = candidate, _GONE, True

    def _plane_goes(self, group: int, place: DataSet, scope: Scope) -> Candidate | None:
        return plane_that_goes(group, place, scope, self._holds, _ENGINE_REMOVES)

    def planes_that_go(self) -> frozenset[int]:
        """The overlay groups at the top level whose plane the rules remove."""
        top = self._reading.top
        return frozenset(group for group in top.overlay_groups if self._plane_goes(group, top, self._scope) is not None)

    def keeps_pixels(self) -> bool:
        """Whether the rules leave the object's pixel data."""
        return self._keeps_pixels(self._reading.top, self._scope)

    def keeps_icon(self) -> bool:
        """Whether the rules leave the object's icon, when it has one."""
        return self._scope.decide(ICON_IMAGE_SEQUENCE).choose(lambda number: self._holds(number, self._reading.top)).code in ("K", "C", "U")

    def _keeps_pixels(self, place: DataSet, scope: Scope) -> bool:
        present = [tag for tag in PIXELS if place.element(tag) is not None]
        return any(self._choose(scope.decide(tag), place).code == "K" for tag in present)

    def _creators(self, fates: list[_Fate], path: Path) -> None:
        """Rule 15: a creator stays exactly when an element of its block stays."""
        staying = [fate for fate in fates if fate.element.creator is not None and fate.done.change != "removed"]
        blocks = {fate.element.tag & 0xFFFFFF00: fate.candidate for fate in staying}
        self._blocks.stay((fate.element for fate in staying), path)
        for fate in fates if blocks else ():
            block = block_of(fate.element.tag)
            if block is not None and block in blocks:
                fate.candidate, fate.done = Candidate("K", origin=blocks[block].origin, written="K"), _KEPT

    def _insertions(self, place: DataSet, scope: Scope, path: Path) -> list[tuple[int, Operation, tuple[Outcome, bytes]]]:
        """Elements that are made where there is none, by tag."""
        if path and not scope.additions():
            return []
        found: list[tuple[int, Operation, tuple[Outcome, bytes]]] = []
        for tag in scope.additions():
            if place.element(tag) is not None:
                continue
            candidate = self._choose(scope.decide(tag), place)
            if candidate.code != "add":
                continue
            operation = Add(tag, place, candidate)
            done = self.results[id(operation)] = self._toucher.create(tag, place, candidate)
            found.append((tag, operation, self._known_outcomes.of(path, tag, done.vr, candidate.origin, "add", "added")))
        if not path:
            for tag, vr in self._markers.vrs.items():
                if place.element(tag) is None:
                    data = self._markers.element(tag, place.encoding)
                    found.append((tag, Literal(data), self._known_outcomes.of(path, tag, vr, "engine", "add", "claimed")))
            changed, tag = self._surroundings.changed, DERIVATION_DESCRIPTION
            if (
                changed.areas
                and place.element(tag) is None
                and described(scope.decide(tag).choose(lambda number: self._holds(number, place)))
            ):
                outcome = self._known_outcomes.of(path, tag, "ST", "engine", "add", "claimed")
                found.append((tag, Literal(description(b"", place.encoding)), outcome))
        return sorted(found, key=lambda insertion: insertion[0])

    # ---- operations

    def _emit(self, operations: list[Operation], fate: _Fate, place: DataSet, scope: Scope, path: Path, uids: Candidate | None) -> None:
        element, candidate, done = fate.element, fate.candidate, fate.done
        if done.change == "entered" and self._surroundings.icons and shows_image(element):
            judged = self._content.judged(element, place, scope)
            anew = self._surroundings.icons == REBUILT and not path and is_icon(element)
            stays = anew and all(self._keeps_pixels(item.place, item.scope) for item in judged)
            candidate, done = (_ENGINE_CLAIMS, _ICON_ANEW) if stays else (_ENGINE_REMOVES, _GONE)
        items: list[JudgedItem] = []
        dropped = self._blocks.dropped(element, place) if done.change == "entered" else frozenset()
        if dropped and len(dropped) == len(element.items or ()):
            candidate, done = _ENGINE_REMOVES, _GONE
        if element.tag == content_item.REFERENCED_ITEM and done.change == "kept" and (moved := self._content.moved(element, place)):
            candidate, done, self._reusable = _ENGINE_KEEPS, Done("replaced", moved), False
        if done.change == "entered":
            self._reusable = self._reusable and fate.fixed
            items = self._content.judged(element, place, scope)
            for found in [found for item in items for found in item.read]:
                self._witness(found.element, found.place)
            if items and (goes := items[0].goes) is not None and all(item.goes is not None for item in items):
                # nothing is left to hold
                empty = Candidate(content_item.WITHOUT_ITEMS[element.tag], origin=goes.origin, written=goes.written)
                candidate, done, fate.fixed = empty, self._toucher.touch(element, place, empty)[0], True
        vr = "SQ" if is_sequence(element) else element.vr
        change = done.change
        ours = self._markers.ours(element.tag, path)
        if done is _ICON_ANEW or (ours and change != "entered"):  # nothing of it stays beside ours
            change, self._reusable = "claimed", self._reusable and fate.fixed
        said = "claimed" if ours else change
        self._outcomes.append(self._known_outcomes.of(path, element.tag, vr, candidate.origin, candidate.written or candidate.code, said))
        if change == "removed" and fate.fixed:
            return
        if change == "entered":
            below = uids
            if done.replace_uids:
                below = Candidate("U", rule=candidate.rule, origin=candidate.origin, written="U")
            self._sequence(operations, element, place, items, path, below, dropped)
        elif done is _ICON_ANEW:
            operations.append(Icon())
        elif change == "claimed":
            operations.append(Literal(done.coded if done.change == "claimed" and done.coded else self._claim(element, place)))
        elif not fate.fixed:
            touch = Touch(element, place, candidate, change)
            self.results[id(touch)] = done
            operations.append(touch)
        elif change == "kept":
            if element.tag in PIXELS:
                operations.append(Pixels(element, place, pixel_length(element, place, self._reading), bool(path)))
            elif element.tag in TABLES:
                operations.append(Table(element, place))
            elif element.tag & 0xFF01FFFF == 0x60003000 and element.length:
                operations.append(Plane(element, place, plane_length(element, place, self._reading, self._witness), bool(path)))
            else:
                copy(operations, element.header, element.end)
        else:
            operations.append(Literal(done.coded))

    def _claim(self, element: Element, place: DataSet) -> bytes:
        before = b""
        if element.tag == own.METHOD and self._keeps_markers:
            if element.coded_vr not in ("", "UN", "LO"):
                raise Refusal("wrong-vr", tag=element.tag, vr=element.coded_vr, length=element.length)
            self._witness(element, place)
            before = self._reading.raw(element, place)
        return self._markers.element(element.tag, place.encoding, before)

    def _item(self, item: JudgedItem, path: Path, uids: Candidate | None) -> list[Operation] | None:
        """The operations of an item; None when a rule takes it whole."""
        goes = item.goes
        if goes is None:
            return self._data_set(item.place, item.scope, path, uids)
        self._outcomes.append(self._known_outcomes.of(path, ITEM, "", goes.origin, goes.written, "removed"))
        return None

    def _sequence(
        self,
        operations: list[Operation],
        element: Element,
        place: DataSet,
        judged: list[JudgedItem],
        path: Path,
        uids: Candidate | None,
        dropped: frozenset[int],
    ) -> None:
        """A sequence that stays: its items judged, those `dropped` left out, the engine's own added."""
        ours = OwnItems(self._markers.ours(element.tag, path), element.items or (), place, self._reading, self._witness)
        inside: list[list[Operation] | None] = []
        for number, item in enumerate(judged, start=1):
            within = (*path, (element.tag, number))
            if number in dropped:
                self._outcomes += [
                    self._known_outcomes.of(within, gone.tag, gone.vr, "engine", "X", "removed") for gone in item.place.elements
                ]
                inside.append(None)
            else:
                inside.append(ours.anew(number) or self._item(item, within, uids))
        sequence_operations(operations, element, place, inside, ours.missing(place.value_encoding(element)))
