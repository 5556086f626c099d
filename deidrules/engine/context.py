"""What actions may know of one file: the run's keys, the file's identifiers, the lookup tables. Gone with the file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deidrules.actions.base import Keys
from deidrules.dicom import dictionary
from deidrules.dicom.element import Element
from deidrules.engine.reading import DataSet, Found, Reading, data_sets
from deidrules.text.refusal import Refusal

# Attributes whose whole value identifies a patient, a visit or an order; every PN is added by its VR.
IDENTIFYING = frozenset(
    {
        0x00080050,  # Accession Number
        0x00100020,  # Patient ID
        0x00101000,  # Other Patient IDs
        0x00101040,  # Patient's Address
        0x00101090,  # Medical Record Locator
        0x00102154,  # Patient's Telephone Numbers
        0x00380010,  # Admission ID
        0x00401001,  # Requested Procedure ID
        0x00402016,  # Placer Order Number / Imaging Service Request
        0x00402017,  # Filler Order Number / Imaging Service Request
    }
)
# Names are divided at the delimiters of PN (PS3.5 6.2.1) and at blanks.
_DELIMITERS = re.compile(r"[\^=\s,;/\\]+")
_SHORTEST = 2
_IDEOGRAPHS = "\u2e80"


class FileContext:
    """Implements `deidrules.actions.base.Context` for one file. `vr` is set for each element. `looked` is true once an action looked at
    something of the file beyond its own element: such a result holds for this file alone."""

    def __init__(self, reading: Reading, keys: Keys, tables: Mapping[str, Mapping[str, str]]) -> None:
        self.vr = ""
        self.looked = False
        self._reading = reading
        self._keys = keys
        self._tables = tables
        self._identifiers: frozenset[str] | None = None

    @property
    def keys(self) -> Keys:
        """The run's keys."""
        return self._keys

    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """Lookup tables by name."""
        return self._tables

    @property
    def identifiers(self) -> frozenset[str]:
        """Words and numbers that identify this instance's patient and staff, upper case, found at every depth. Raises Refusal when one of
        them cannot be decoded: what to look for would not be known."""
        self.looked = True
        if self._identifiers is None:
            self._identifiers = collect(self._reading, sources(self._reading.top))
        return self._identifiers


def sources(top: DataSet) -> tuple[Found, ...]:
    """The elements that hold identifiers, at every depth."""
    return tuple(
        Found(element, place)
        for place in data_sets(top)
        for element in place.elements
        if (_is_name(element) or element.tag in IDENTIFYING) and element.value != element.stop and element.items is None
    )


def _is_name(element: Element) -> bool:
    """True for a person's name by the file's VR or by the dictionary's: a name coded LO is one."""
    if element.vr == "PN":
        return True
    entry = None if element.private else dictionary.entry(element.tag)
    return entry is not None and entry.vrs == ("PN",)


def collect(reading: Reading, found: tuple[Found, ...]) -> frozenset[str]:
    """Their words and whole values, upper case."""
    words: set[str] = set()
    for source in found:
        for value in reading.values(source.element, source.place):
            if not isinstance(value, str):
                raise Refusal("wrong-vr", tag=source.element.tag, vr=source.element.vr, length=source.element.length)
            text = value.strip(" \0").upper()
            if source.element.tag in IDENTIFYING:
                words.add(text)
            if _is_name(source.element) or source.element.tag == 0x00101040:
                words.update(_DELIMITERS.split(text))
    # one character is a whole name where characters are words
    return frozenset(word for word in words if len(word) >= _SHORTEST or word >= _IDEOGRAPHS)
