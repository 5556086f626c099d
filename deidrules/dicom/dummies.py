"""Dummies that PS3.3 accepts: values of attributes with enumerated values, and what an item needs beyond its Types 1 and 2."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from deidrules.dicom import dictionary
from deidrules.dicom.iod import IodNode

_FILE = Path(__file__).parent / "data" / "dummies.txt"

_ANY = 0  # any sequence
_VALUE_TYPE, _CONCEPT, _TEXT = 0x0040A040, 0x0040A043, 0x0040A160

# Items whose Type 1 attributes depend on a value type, of which only one can be had: a content item of value type TEXT (PS3.3 10.2 and
# C.17.3, where the Types of all value types stand side by side).
_WHOLE: dict[int, tuple[int, ...]] = {
    0x0040A730: (0x0040A010, _VALUE_TYPE, _CONCEPT, _TEXT),  # Content Sequence: Relationship Type too
    0x00400440: (_VALUE_TYPE, _CONCEPT, _TEXT),  # Protocol Context Sequence
    0x00400441: (_VALUE_TYPE, _CONCEPT, _TEXT),  # Content Item Modifier Sequence
    0x00400555: (_VALUE_TYPE, _CONCEPT, _TEXT),  # Acquisition Context Sequence
    0x00400612: (_VALUE_TYPE, _CONCEPT, _TEXT),  # Specimen Preparation Step Content Item Sequence
}

# Type 1C that is needed where nothing else of its kind is there: items that may hold all of the first get the second as well.
_EITHER: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((0x00080100, 0x00080104), (0x00080100, 0x00080102, 0x00080104)),  # code sequence, PS3.3 8.8: value, scheme, meaning
    ((0x00080080, 0x00401101), (0x00080080,)),  # person identification, PS3.3 10.1: institution name or code
    ((0x00400031, 0x00400032), (0x00400031,)),  # HL7v2 hierarchic designator, PS3.3 10.14: local or universal ID
    ((0x00700008, 0x00700009), (0x00700009,)),  # graphic annotation, PS3.3 C.10.5: text or graphic objects
    ((0x00700101, 0x00700102), (0x00700102,)),  # displayed area, PS3.3 C.10.4: pixel spacing or aspect ratio
    ((0x0040A084, 0x0040A123), (0x0040A123,)),  # identified person or device, PS3.3 C.17.2: the dummy observer is a person
    ((0x00700006, 0x0040A0B0), (0x00700006,)),  # waveform annotation, PS3.3 C.10.10: text or code
)


def value_of(tag: int, sequence: int | None = None) -> tuple[str, ...] | None:
    """The values that stand for nothing, as text; in the one item that is left of `sequence` when it is given. None: any value of its VR
    will do."""
    table = _values()
    inside = None if sequence is None else table.get((sequence, tag)) or table.get((_ANY, tag))
    return inside or table.get((None, tag))


def members(sequence: int, items: IodNode) -> tuple[tuple[int, int], ...]:
    """(tag, 1 or 2), ascending: what an item of the sequence holds that holds as little as its IOD allows. () where the IOD does not know
    the sequence."""
    if sequence in _WHOLE:
        return tuple((tag, 1) for tag in _WHOLE[sequence] if items.has(tag))
    found = dict(items.required())
    for marks, needed in _EITHER:
        if all(items.has(mark) for mark in marks):
            found |= dict.fromkeys((tag for tag in needed if items.has(tag)), 1)
    return tuple(sorted(found.items()))


@cache
def _values() -> dict[tuple[int | None, int], tuple[str, ...]]:
    values: dict[tuple[int | None, int], tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            words, _, text = line.partition(" ")
            sequence, _, keyword = words.rpartition("/")
            place = None if not sequence else _ANY if sequence == "*" else dictionary.KEYWORDS[sequence]
            values[place, dictionary.KEYWORDS[keyword]] = tuple(text.split("\\"))
    return values
