"""Content items: which item of a sequence is what, and which of them a rule takes whole (section 4 of the language's reference)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deidrules.dicom import content_item, writer
from deidrules.dicom.element import IMPLICIT_LITTLE, Element, Encoding
from deidrules.dicom.values import encode
from deidrules.engine.decide import Candidate, Scope
from deidrules.engine.reading import DataSet, Found, Reading, is_sequence
from deidrules.text.refusal import Refusal

ITEM = 0xFFFEE000  # what an outcome about a whole item names
_DESIGNATOR, _CODES, _URN = 0x00080102, (0x00080100, 0x00080119), 0x00080120

_DANGLING = Candidate("X", origin="engine", written="X")
Numbers = dict[tuple[int, ...], tuple[int, ...]]  # the way to an item from the root by numbers from 1, before and after
Texts = tuple[tuple[int, str, str], ...]  # (tag, VR, value) of the elements of an item

# What D leaves of a value that is a sequence: a code that says nothing (PS3.16 CID 231), a number that says nothing.
_UNKNOWN: Texts = ((0x00080100, "SH", "261665006"), (_DESIGNATOR, "SH", "SCT"), (0x00080104, "LO", "Unknown"))
_NO_UNITS: Texts = ((0x00080100, "SH", "1"), (_DESIGNATOR, "SH", "UCUM"), (0x00080104, "LO", "no units"))
_UNITS = 0x004008EA


@dataclass(frozen=True, slots=True, eq=False)
class JudgedItem:
    """An item of a sequence and the scope of its elements. `goes`: the rule that takes it whole. `read`: what was looked at to tell."""

    place: DataSet
    scope: Scope
    goes: Candidate | None = None
    read: tuple[Found, ...] = ()


class ContentItems:
    """Judges the items of the sequences of one object."""

    def __init__(self, reading: Reading, top_scope: Scope, holds: Callable[[int, DataSet], bool]) -> None:
        self._reading = reading
        self._scope = top_scope
        self._holds = holds
        self._numbers: Numbers | None = None

    def judged(self, element: Element, place: DataSet, scope: Scope) -> list[JudgedItem]:
        """The items of a sequence that stays. Refusal `ambiguous-content-item` when it cannot be told which rules mean one of them."""
        items = self._by_value(element, place, scope)
        return items if element.tag != content_item.CONTENT else [self._by_reference(item) for item in items]

    def _by_value(self, element: Element, place: DataSet, scope: Scope) -> list[JudgedItem]:
        below = scope.below(element.tag, element.creator)
        items = [place.below(item) for item in element.items or ()]
        if element.tag not in content_item.SEQUENCES or not scope.decider.has_content:
            return [JudgedItem(item, below) for item in items]
        return [self._judged(item, below) for item in items]

    def _judged(self, item: DataSet, below: Scope) -> JudgedItem:
        if is_reference(item):
            return JudgedItem(item, below)
        content, read = content_of(item, self._reading)
        scope = below.item(content)
        elements = content_item.value_elements(content[1])
        for tag in [tag for tag in elements if item.element(tag) is not None] or elements[:1]:
            decision = scope.decide(tag)
            if any(candidate.content for candidate in decision.candidates):
                candidate = decision.choose(lambda number: self._holds(number, item))
                if candidate.content and candidate.code == "X":
                    return JudgedItem(item, scope, candidate, read)
        return JudgedItem(item, scope, None, read)

    # ---- items that refer to another one by its place

    def _by_reference(self, item: JudgedItem) -> JudgedItem:
        """An item that refers to one that goes, goes with it."""
        if not item.scope.decider.has_content or not is_reference(item.place):
            return item
        element = item.place.element(content_item.REFERENCED_ITEM)
        assert element is not None
        read = (Found(element, item.place),)
        return JudgedItem(item.place, item.scope, None if self._target(element, item.place) in self.numbers else _DANGLING, read)

    def moved(self, element: Element, place: DataSet) -> bytes | None:
        """Referenced Content Item Identifier with the new number of each item on the way to its target; None when they are as they were."""
        if not self._scope.decider.has_content or not is_reference(place):
            return None
        old = self._target(element, place)
        new = self.numbers.get(old, old)
        if new == old:
            return None
        value = encode((1, *new), "UL", place.value_encoding(element), ())
        return writer.element(element.tag, element.coded_vr or "UL", value, place.encoding)

    def _target(self, element: Element, place: DataSet) -> tuple[int, ...]:
        """The numbers of the items on the way from the root, which is 1 itself (PS3.3 C.17.3.2.5); (0,) for what is no such way."""
        values = self._reading.values(element, place)
        way = tuple(value for value in values if isinstance(value, int))
        return way[1:] if way[:1] == (1,) and len(way) == len(values) else (0,)

    @property
    def numbers(self) -> Numbers:
        """Where each content item of the document that stays stands after the others went."""
        if self._numbers is None:
            stays: Numbers = {(): ()}
            self._number(self._reading.top, self._scope, (), (), stays, lambda _: True)
            self._numbers = {(): ()}
            self._number(self._reading.top, self._scope, (), (), self._numbers, lambda way: way in stays)
        return self._numbers

    def _number(
        self,
        place: DataSet,
        scope: Scope,
        old: tuple[int, ...],
        new: tuple[int, ...],
        numbers: Numbers,
        stays: Callable[[tuple[int, ...]], bool],
    ) -> None:
        element = place.element(content_item.CONTENT)
        if element is None or not is_sequence(element):
            return
        if scope.decide(content_item.CONTENT).choose(lambda number: self._holds(number, place)).code not in ("K", "C", "U"):
            return
        count = 0
        for number, item in enumerate(self._by_value(element, place, scope), start=1):
            reference = item.place.element(content_item.REFERENCED_ITEM) if is_reference(item.place) else None
            if item.goes is None and (reference is None or stays(self._target(reference, item.place))):
                count += 1
                numbers[(*old, number)] = (*new, count)
                self._number(item.place, item.scope, (*old, number), (*new, count), numbers, stays)


def is_reference(item: DataSet) -> bool:
    """True for an item that only refers to another item of the document by its place (PS3.3 C.17.3.2.5): it has no value, and rules on
    content items do not mean it. One with anything else in it is a content item of no known type."""
    tags = {element.tag for element in item.elements}
    return content_item.REFERENCED_ITEM in tags and tags <= {content_item.RELATIONSHIP, content_item.REFERENCED_ITEM}


def content_of(item: DataSet, reading: Reading) -> tuple[tuple[str, str], tuple[Found, ...]]:
    """((concept, value type), what was read) of a content item, both as they are compared: "" for a concept or type that is absent, empty
    or incomplete, and for a type that PS3.3 does not know.

    Refusal `ambiguous-content-item` for two concepts, two codes or two types, and for one that is no text or no sequence: a rule on one of
    them would be passed by. Refusal of whatever cannot be decoded."""
    read: list[Found] = []
    value_type = _single(content_item.VALUE_TYPE, item, reading, read)
    return (_concept(item, reading, read), content_item.normal_value_type(value_type)), tuple(read)


def _concept(item: DataSet, reading: Reading, read: list[Found]) -> str:
    element = item.element(content_item.CONCEPT_NAME)
    if element is None or (not element.length and element.items is None):
        return ""
    if not is_sequence(element) or len(element.items or ()) > 1:
        raise Refusal("ambiguous-content-item", tag=element.tag, vr=element.vr, length=element.length)
    for inner in element.items or ():
        name = item.below(inner)
        scheme = _single(_DESIGNATOR, name, reading, read)
        codes = [code for tag in _CODES if (code := _single(tag, name, reading, read))]
        urn = _single(_URN, name, reading, read)
        if len(codes) + bool(urn) > 1:
            raise Refusal("ambiguous-content-item", tag=element.tag, vr=element.vr, length=element.length)
        if urn:
            return content_item.normal_concept(urn)
        if scheme and codes:
            return content_item.normal_concept(f"{scheme}:{codes[0]}")
    return ""


def _single(tag: int, item: DataSet, reading: Reading, read: list[Found]) -> str:
    """The one value of a text, "" when it is absent or empty."""
    element = item.element(tag)
    if element is None:
        return ""
    read.append(Found(element, item))
    values = reading.values(element, item)
    if element.items is not None or len(values) > 1 or not all(isinstance(value, str) for value in values):
        raise Refusal("ambiguous-content-item", tag=tag, vr=element.vr, length=element.length)
    return str(values[0]).strip(" \0") if values else ""


def dummy_sequence(element: Element, place: DataSet) -> bytes | None:
    """The element that D leaves of a content item's value when that is a sequence: one item with a code or a number that says nothing;
    None when the sequence is no such value. What is coded UN is implicit little endian inside (PS3.5 6.2.2)."""
    inner = IMPLICIT_LITTLE if element.coded_vr == "UN" else place.encoding
    match element.tag:
        case content_item.CONCEPT_CODE:
            body = _texts(_UNKNOWN, inner)
        case content_item.MEASURED_VALUE:
            body = _sequence(_UNITS, "SQ", _texts(_NO_UNITS, inner), inner, inner) + _texts(((0x0040A30A, "DS", "0"),), inner)
        case _ if element.tag == _UNITS:
            body = _texts(_NO_UNITS, inner)
        case _:
            return None
    return _sequence(element.tag, element.coded_vr or "SQ", body, place.encoding, inner)


def _texts(elements: Texts, encoding: Encoding) -> bytes:
    return b"".join(writer.element(tag, vr, encode((text,), vr, encoding, ()), encoding) for tag, vr, text in elements)


def _sequence(tag: int, vr: str, body: bytes, encoding: Encoding, inner: Encoding) -> bytes:
    """A sequence of one item of defined length."""
    item = writer.item_header(len(body), inner) + body
    return writer.element_header(tag, vr, len(item), encoding) + item
