"""IODs: the Type of an attribute at its place in the objects of a SOP class, PS3.3.

data/iod.txt holds every attribute of Type 1, 1C, 2 and 2C of the composite IODs of PS3.3 2026b, as highdicom 0.28.2 (MIT) has them, with
full paths: a graph of data sets whose equal parts are one. An attribute of several modules has the strictest Type of them, whatever the
module's usage, and conditions are not looked at. PS3.15 2026d, which the shipped recipes follow, is two editions younger; what changed
between them is not in the table."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from deidrules.dicom.retired import SUCCESSORS

EDITION = "PS3.3 2026b"

_FILE = Path(__file__).parent / "data" / "iod.txt"
_TYPE_1 = re.compile(r"\b([0-9A-F]{8}):1(?![0-9C])")
_ITEMS = re.compile(r"\b([0-9A-F]{8}):[0-9C]+:([0-9]+)")


class IodNode:
    """A data set of an IOD: the object itself, or the items of one of its sequences. One object for equal ones, so a place in an IOD can
    be told from another by identity."""

    __slots__ = ("_absent", "_attributes", "_number")

    def __init__(self, number: int, attributes: dict[int, tuple[str, int | None]], absent: int) -> None:
        self._number = number
        self._attributes = attributes
        self._absent = absent

    def type_of(self, tag: int) -> int:
        """1, 2 or 3: the Type of a public attribute that stands here, 1C counting as 1 and 2C as 2. What the IOD does not have is Type 3,
        and Type 1 where the IOD is not known (rule 12 of the language)."""
        found = self._attributes.get(_plain(tag))
        return self._absent if found is None else int(found[0][0])

    def below(self, tag: int) -> IodNode:
        """The items of a sequence that stands here; of one that the IOD does not have, or nothing of Type 1 or 2 in it, an empty node."""
        found = self._attributes.get(_plain(tag))
        return _node(-1 if found is None or found[1] is None else found[1], self._absent)

    def required(self) -> tuple[tuple[int, int], ...]:
        """What is always there: (tag, 1 or 2) of the attributes of Type 1 and 2, without 1C and 2C, ascending."""
        return tuple((tag, int(type_)) for tag, (type_, _) in self._attributes.items() if type_ in ("1", "2"))

    def tags(self) -> tuple[int, ...]:
        """The attributes that the table lists here, ascending; of group 60xx those of 6000."""
        return tuple(self._attributes)

    def has(self, tag: int) -> bool:
        """True for an attribute that can have to be here: of Type 1, 1C, 2 or 2C."""
        found = self._attributes.get(_plain(tag))
        return found is not None and found[0] != "3"


def iod_of(sop_class: str) -> IodNode:
    """The IOD of the objects of a SOP class. A retired one has its successor's; where none is known ("", private, another standard's) it
    is what every composite object has, the modules Patient, General Study, General Series and SOP Common."""
    return _node(_tables()[0][name_of(sop_class)], 1 if not name_of(sop_class) else 3)


def name_of(sop_class: str) -> str:
    """The name of the IOD of a SOP class; "" when it is not known."""
    classes = _tables()[1]
    name = classes.get(sop_class, "")
    if not name and sop_class in SUCCESSORS:
        name = classes[SUCCESSORS[sop_class][0]]
    return name


def iod_named(name: str) -> IodNode:
    """The IOD of this name, as "ct-image". KeyError when there is none."""
    if not name:
        raise KeyError(name)
    return _node(_tables()[0][name], 3)


def names() -> tuple[str, ...]:
    """The names of all IODs, those of no SOP class of storage too."""
    return tuple(name for name in _tables()[0] if name)


@cache
def requiring() -> dict[int, tuple[str, ...]]:
    """Names of the IODs in which an attribute of the object itself is always of Type 1 (not 1C), by tag. Nothing but text is looked at:
    a linter has no time for more."""
    iods, _, lines = _tables()
    found: dict[int, tuple[str, ...]] = {}
    for name in names():
        for tag in _TYPE_1.findall(lines[iods[name]]):
            found[int(tag, 16)] = (*found.get(int(tag, 16), ()), name)
    return found


@cache
def requiring_items() -> frozenset[tuple[int, int]]:
    """(sequence, tag) of the attributes that are always of Type 1 (not 1C) in the items of a sequence of some IOD."""
    lines = _tables()[2]
    types = [frozenset(_TYPE_1.findall(line)) for line in lines]
    return frozenset(
        (int(sequence, 16), int(tag, 16)) for line in lines for sequence, number in _ITEMS.findall(line) for tag in types[int(number)]
    )


@cache
def _tables() -> tuple[dict[str, int], dict[str, str], list[str]]:
    """Nodes by name of the IOD, names by SOP class, the lines of the nodes. They are taken apart when asked for: a run sees a few IODs."""
    iods: dict[str, int] = {}
    classes: dict[str, str] = {}
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        word, _, rest = line.partition(" ")
        if word == "iod":
            name, _, number = rest.partition(" ")
            iods[name] = int(number)
        elif word == "class":
            uid, _, name = rest.partition(" ")
            classes[uid] = name
        elif not line.startswith("#"):
            return iods, classes, lines[at:]
    raise ValueError("the table of IODs has no nodes")


@cache
def _node(number: int, absent: int) -> IodNode:
    attributes: dict[int, tuple[str, int | None]] = {}
    for part in _tables()[2][number].split(" ") if number >= 0 else ():
        tag, type_, *below = part.split(":")
        # "." is the node itself: content items nest without end
        attributes[int(tag, 16)] = (type_, None if not below else number if below[0] == "." else int(below[0]))
    return IodNode(number, attributes, absent)


def _plain(tag: int) -> int:
    """Group 60xx as the table has it, PS3.5 7.6."""
    return tag & 0xFF00FFFF if 0x60000000 <= tag <= 0x601EFFFF and not tag >> 16 & 1 else tag
