"""What an object declares of its private elements: Private Data Element Characteristics Sequence (0008,0300), PS3.3 C.12.1.1.7.

Each item names a block by group and creator and says whether its elements are free of identifying information: SAFE (all of them), UNSAFE
(none), MIXED (those listed). It is taken at its word only where it says one thing, as the standard writes it: an item that contradicts
itself (SAFE with elements that identify, an element in both lists), that is malformed, or that another item for the same block gainsays
declares nothing. Only the object's own sequence declares, none in an item, and it does so for every block of that group and creator at any
depth: the creator, not the place, says what an element means (PS3.5 7.8). A creator that reserves two blocks of a group owns neither, so
nothing is declared of them; and since the creator's own text would stay with its elements, one that holds a name or number of the patient
is not believed.

The recommended actions (0008,0307) are not carried out: an element that an item lists under them is not declared safe and goes as the
profile's rules for private elements say, which PS3.15 E.3.10 allows and which leaves no more than D, Z, X or U would. What becomes of an
element is for the profile to say, not for the file that is not trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.dicom.element import Element, Item
from deidrules.dicom.private import creator_of
from deidrules.dicom.vr import VRS
from deidrules.engine.context import collect, sources
from deidrules.engine.reading import DataSet, Found, Reading, is_sequence
from deidrules.text.refusal import Refusal

CHARACTERISTICS = 0x00080300
_GROUP, _CREATOR, _STATUS, _NONIDENTIFYING = 0x00080301, 0x00080302, 0x00080303, 0x00080304
_ACTIONS, _IDENTIFYING, _ACTION = 0x00080305, 0x00080306, 0x00080307
_DEFINITIONS, _ELEMENT, _VALUE_REPRESENTATION = 0x00080310, 0x00080308, 0x0008030A
_WORD = re.compile(r"[^\W_]+")
_EVERY = frozenset(range(0x100))
_NONE: frozenset[int] = frozenset()

Block = tuple[int, str]  # group, normalised creator


@dataclass(frozen=True, slots=True)
class Declaration:
    """`safe`: the low bytes of the elements that are declared safe, by block. `readings`: the VRs that the object gives its private
    elements, by block and low byte. `rests_on`: the elements whose values were looked at for it."""

    safe: Mapping[Block, frozenset[int]] = field(default_factory=dict)
    readings: Mapping[tuple[Block, int], str] = field(default_factory=dict)
    rests_on: tuple[Found, ...] = ()

    def covers(self, element: Element) -> bool:
        """True for a private element that is declared safe."""
        if element.creator is None:
            return False
        return element.tag & 0xFF in self.safe.get((element.tag >> 16, element.creator), _NONE)

    def reading(self, element: Element) -> str:
        """The VR of a private element that the file codes without one; "" when it is not said."""
        return "" if element.creator is None else self.readings.get(((element.tag >> 16, element.creator), element.tag & 0xFF), "")


def declaration_of(reading: Reading) -> Declaration:
    """What the object declares. Never refuses: what cannot be read declares nothing."""
    sequence = reading.top.element(CHARACTERISTICS)
    if sequence is None or not is_sequence(sequence):
        return Declaration()
    said: dict[Block, set[frozenset[int]]] = {}
    readings: dict[tuple[Block, int], set[str]] = {}
    for item in sequence.items or ():
        place = reading.top.below(item)
        block = block_named(item, reading, reading.top)
        if block is None:
            continue
        said.setdefault(block, set()).add(_safe(place, reading))
        for low, vr in _definitions(place, reading):
            readings.setdefault((block, low), set()).add(vr)
    safe = {block: next(iter(found)) for block, found in said.items() if len(found) == 1 and found != {_NONE}}
    identifying = sources(reading.top) if safe else ()
    return Declaration(
        {block: low for block, low in safe.items() if not _names_somebody(block[1], identifying, reading)},
        {key: next(iter(found)) for key, found in readings.items() if len(found) == 1},
        (Found(sequence, reading.top), *identifying),
    )


def _names_somebody(creator: str, identifying: tuple[Found, ...], reading: Reading) -> bool:
    """True when a creator holds a word that identifies the patient or staff, or nobody can tell: its character set is not settled."""
    if not creator.isascii():
        return True
    try:
        known = collect(reading, identifying)
    except Refusal:
        return True
    text = _spaced(creator)
    return any(_spaced(word) in text for word in known)


def _spaced(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.upper()))} "


def block_named(item: Item, reading: Reading, around: DataSet) -> Block | None:
    """The block that an item of the sequence speaks of; None when it names none. `around` is the data set that holds the sequence."""
    place = around.below(item)
    group, creator = _numbers(place, _GROUP, reading), place.element(_CREATOR)
    if group is None or len(group) != 1 or not group[0] & 1 or creator is None or creator.vr != "LO":
        return None
    name = creator_of(reading.raw(creator, place))
    return None if name is None else (group[0], name)


def _safe(place: DataSet, reading: Reading) -> frozenset[int]:
    """The elements that an item declares safe; none when it does not say one thing, as the standard writes it."""
    status = _term(place, _STATUS, reading)
    listed = _elements(place, _NONIDENTIFYING, reading)
    identifying = _identifying(place, reading)
    if listed is None or identifying is None:
        return _NONE
    if status == "SAFE" and not listed and not identifying:
        return _EVERY
    if status == "MIXED" and not listed & identifying:
        return listed
    return _NONE


def _identifying(place: DataSet, reading: Reading) -> frozenset[int] | None:
    """The elements for which actions are recommended; None when the sequence is malformed."""
    sequence = place.element(_ACTIONS)
    if sequence is None:
        return _NONE
    if not is_sequence(sequence):
        return None
    found: set[int] = set()
    for item in sequence.items or ():
        inner = place.below(item)
        elements = _elements(inner, _IDENTIFYING, reading)
        if not elements or _term(inner, _ACTION, reading) not in ("D", "Z", "X", "U"):
            return None
        found |= elements
    return frozenset(found)


def _definitions(place: DataSet, reading: Reading) -> list[tuple[int, str]]:
    """The VRs that an item gives single elements; what is malformed defines nothing."""
    sequence = place.element(_DEFINITIONS)
    if sequence is None or not is_sequence(sequence):
        return []
    found: list[tuple[int, str]] = []
    for item in sequence.items or ():
        inner = place.below(item)
        elements, vr = _elements(inner, _ELEMENT, reading), _term(inner, _VALUE_REPRESENTATION, reading)
        if elements and len(elements) == 1 and vr in VRS and vr not in ("SQ", "UN"):
            found.append((next(iter(elements)), vr))
    return found


def _term(place: DataSet, tag: int, reading: Reading) -> str:
    """The single value of a code string; "" for anything else."""
    element = place.element(tag)
    if element is None or element.vr != "CS":
        return ""
    return reading.raw(element, place).decode("latin-1").strip(" \0")


def _elements(place: DataSet, tag: int, reading: Reading) -> frozenset[int] | None:
    """A list of low bytes, empty where the attribute is absent or empty; None when they do not ascend or are no low bytes."""
    numbers = _numbers(place, tag, reading)
    if numbers is None or any(number > 0xFF for number in numbers) or list(numbers) != sorted(set(numbers)):
        return None
    return frozenset(numbers)


def _numbers(place: DataSet, tag: int, reading: Reading) -> tuple[int, ...] | None:
    """The values of a US element, () where it is absent or empty; None for anything else."""
    element = place.element(tag)
    if element is None:
        return ()
    if element.vr != "US":
        return None
    try:
        return tuple(value for value in reading.values(element, place) if isinstance(value, int))
    except Refusal:
        return None
