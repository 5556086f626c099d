"""Reading the values of one object as it arrived: data sets, their character sets, and the attributes that a plan names."""

from __future__ import annotations

from dataclasses import dataclass, field

from deidrules.actions.base import Atom
from deidrules.dicom import values
from deidrules.dicom.element import EXPLICIT_LITTLE, IMPLICIT_LITTLE, DicomObject, Element, Encoding, Item
from deidrules.plan.expression import Attribute
from deidrules.plan.selector import PrivateLeaf, Step, TagLeaf, step_matches
from deidrules.text.refusal import Refusal

SPECIFIC_CHARACTER_SET = 0x00080005


def is_sequence(element: Element) -> bool:
    """True for a sequence whose items are data sets, whatever VR it was coded with."""
    return element.items is not None and not element.fragments


@dataclass(slots=True, eq=False)
class DataSet:
    """The object itself or one sequence item, as offsets only: the same for every file of one layout. `charset` is the nearest Specific
    Character Set (an item without its own takes that of the data set around it, PS3.5 7.5.3)."""

    elements: tuple[Element, ...]
    encoding: Encoding
    charset: Element | None = None
    meta: bool = False
    _index: dict[int, Element] | None = None
    _overlays: tuple[int, ...] | None = None
    _items: dict[int, DataSet] = field(default_factory=dict)

    def element(self, tag: int) -> Element | None:
        """The element with this tag."""
        if self._index is None:
            self._index = {element.tag: element for element in self.elements}
        return self._index.get(tag)

    @property
    def overlay_groups(self) -> tuple[int, ...]:
        """The repeating groups 60xx (PS3.5 7.6) that have an element here."""
        if self._overlays is None:
            groups = {element.tag >> 16 for element in self.elements if 0x60000000 <= element.tag <= 0x601EFFFF}
            self._overlays = tuple(sorted(group for group in groups if not group & 1))
        return self._overlays

    def below(self, item: Item) -> DataSet:
        """The data set of an item of a sequence that stands here."""
        known = self._items.get(item.header)
        if known is None:
            own = next((element for element in item.elements[:8] if element.tag == SPECIFIC_CHARACTER_SET), None)
            known = self._items[item.header] = DataSet(item.elements, item.encoding, own or self.charset)
        return known

    def value_encoding(self, element: Element) -> Encoding:
        """How its value is coded: what is coded UN is little endian whatever the transfer syntax (PS3.5 6.2.2)."""
        return IMPLICIT_LITTLE if element.coded_vr == "UN" else self.encoding


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An element and where it stands."""

    element: Element
    place: DataSet


class Reading:
    """One object: what is decoded of it is decoded once."""

    def __init__(self, instance: DicomObject, top: DataSet | None = None) -> None:
        self.instance = instance
        self.top = top or top_of(instance)
        self.meta = DataSet(instance.meta, EXPLICIT_LITTLE, meta=True)
        self._charsets: dict[int, tuple[str, ...]] = {}
        self._found: dict[Attribute, tuple[Found, ...]] = {}
        self._values: dict[tuple[int, str], tuple[Atom, ...]] = {}

    def raw(self, element: Element, place: DataSet) -> bytes:
        """The bytes of a value."""
        buffer = self.instance.meta_buffer if place.meta else self.instance.buffer
        return bytes(buffer[element.value : element.stop])

    def object_of(self, place: DataSet) -> DicomObject:
        """A data set as an object of its own."""
        own, index = self.instance, {inner.tag: inner for inner in place.elements}
        return DicomObject(own.buffer, own.start, own.stop, place.encoding, own.transfer_syntax, place.elements, index=index)

    def charsets(self, place: DataSet) -> tuple[str, ...]:
        """The values of the Specific Character Set in force; () when there is none."""
        element = place.charset
        if element is None:
            return ()
        known = self._charsets.get(element.value)
        if known is None:
            text = bytes(self.instance.buffer[element.value : element.stop]).decode("ascii", "replace")
            known = tuple(term.strip(" \0") for term in text.split("\\"))
            known = self._charsets[element.value] = known if any(known) else ()
        return known

    def values(self, element: Element, place: DataSet) -> tuple[Atom, ...]:
        """The decoded values, () for an empty element and for a sequence. Raises Refusal with the tag."""
        if element.items is not None or element.value == element.stop:
            return ()
        # by VR, too: a private element coded UN is read with the VR of its rule, and as bytes by a condition
        key = (-element.value if place.meta else element.value, element.vr)
        known = self._values.get(key)
        if known is None:
            try:
                decoded = values.decode(self.raw(element, place), element.vr, place.value_encoding(element), self.charsets(place))
            except Refusal as refusal:
                raise Refusal(refusal.code, tag=element.tag, vr=element.vr, length=element.length) from None
            known = self._values[key] = () if all(value in ("", b"") for value in decoded) else decoded
        return known

    def find(self, attribute: Attribute, here: DataSet | None = None) -> tuple[Found, ...]:
        """Every element that the attribute names, in the object as it arrived."""
        if attribute.anchor == "here":
            return tuple(self._below(here or self.top, attribute.steps, attribute.leaf))
        known = self._found.get(attribute)
        if known is None:
            known = self._found[attribute] = tuple(self._search(attribute))
        return known

    def _search(self, attribute: Attribute) -> list[Found]:
        leaf = attribute.leaf
        if isinstance(leaf, TagLeaf) and leaf.value >> 16 == 2:
            return self._below(self.meta, (), leaf) if not attribute.steps else []
        if attribute.anchor == "top":
            return self._below(self.top, attribute.steps, leaf)
        found: list[Found] = []
        for place in data_sets(self.top):
            found.extend(self._below(place, attribute.steps, leaf))
        return found

    def _below(self, place: DataSet, steps: tuple[Step, ...], leaf: TagLeaf | PrivateLeaf) -> list[Found]:
        if steps:
            entered = [element for element in _matching(place, steps[0]) if is_sequence(element)]
            return [f for element in entered for item in element.items or () for f in self._below(place.below(item), steps[1:], leaf)]
        return [Found(element, place) for element in _matching(place, leaf)]


def top_of(instance: DicomObject) -> DataSet:
    """The data set of the object itself."""
    top = DataSet(instance.elements, instance.encoding)
    top.charset = top.element(SPECIFIC_CHARACTER_SET)
    return top


def data_sets(place: DataSet) -> list[DataSet]:
    """A data set and all those in its sequences, in the order of the file."""
    found = [place]
    for element in place.elements:
        if is_sequence(element):
            for item in element.items or ():
                found.extend(data_sets(place.below(item)))
    return found


def _matching(place: DataSet, step: Step) -> list[Element]:
    if isinstance(step, TagLeaf) and step.exact:
        element = place.element(step.value)
        return [] if element is None else [element]
    return [element for element in place.elements if step_matches(step, element.tag, element.creator)]
