"""The value representations of PS3.5 6.2: how a value of each is framed, padded, divided and limited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is to whoever decodes it."""

    TEXT = "text"  # characters of the specific character set
    CODE = "code"  # characters of the default repertoire: AE AS CS UR
    DATE = "date"  # DA DT TM
    DECIMAL = "decimal"  # numbers written as text: DS IS
    UID = "uid"
    NUMBER = "number"  # fixed-size binary numbers
    TAG = "tag"
    BINARY = "binary"
    SEQUENCE = "sequence"


@dataclass(frozen=True, slots=True)
class ValueRepresentation:
    """One VR.

    `long_header`: explicit VR spends 32 bits on the length. `longest`: the longest single value, 0 when only the length field limits it;
    in characters where `in_characters` (PN: of each component group), else in bytes. `multiple`: the backslash divides values.
    `charset`: Specific Character Set applies. `size`: bytes of one binary number, 0 for everything else. `code`: its `struct` letter."""

    name: str
    kind: Kind
    long_header: bool = False
    longest: int = 0
    in_characters: bool = False
    multiple: bool = True
    charset: bool = False
    padding: bytes = b" "
    size: int = 0
    code: str = ""


def _text(name: str, longest: int, *, multiple: bool = True, long_header: bool = False) -> ValueRepresentation:
    return ValueRepresentation(name, Kind.TEXT, long_header, longest, in_characters=True, multiple=multiple, charset=True)


def _number(name: str, size: int, code: str, *, long_header: bool = False) -> ValueRepresentation:
    return ValueRepresentation(name, Kind.NUMBER, long_header, padding=b"\0", size=size, code=code)


def _binary(name: str) -> ValueRepresentation:
    return ValueRepresentation(name, Kind.BINARY, long_header=True, multiple=False, padding=b"\0")


_ALL = (
    ValueRepresentation("AE", Kind.CODE, longest=16),
    ValueRepresentation("AS", Kind.CODE, longest=4),
    ValueRepresentation("AT", Kind.TAG, padding=b"\0", size=4),
    ValueRepresentation("CS", Kind.CODE, longest=16),
    ValueRepresentation("DA", Kind.DATE, longest=8),
    ValueRepresentation("DS", Kind.DECIMAL, longest=16),
    ValueRepresentation("DT", Kind.DATE, longest=26),
    _number("FD", 8, "d"),
    _number("FL", 4, "f"),
    ValueRepresentation("IS", Kind.DECIMAL, longest=12),
    _text("LO", 64),
    _text("LT", 10240, multiple=False),
    _binary("OB"),
    _binary("OD"),
    _binary("OF"),
    _binary("OL"),
    _binary("OV"),
    _binary("OW"),
    _text("PN", 64),
    _text("SH", 16),
    _number("SL", 4, "i"),
    ValueRepresentation("SQ", Kind.SEQUENCE, long_header=True, multiple=False, padding=b""),
    _number("SS", 2, "h"),
    _text("ST", 1024, multiple=False),
    _number("SV", 8, "q", long_header=True),
    ValueRepresentation("TM", Kind.DATE, longest=14),
    _text("UC", 0, long_header=True),
    ValueRepresentation("UI", Kind.UID, longest=64, padding=b"\0"),
    _number("UL", 4, "I"),
    _binary("UN"),
    ValueRepresentation("UR", Kind.CODE, long_header=True, multiple=False),
    _number("US", 2, "H"),
    _text("UT", 0, multiple=False, long_header=True),
    _number("UV", 8, "Q", long_header=True),
)

VRS: dict[str, ValueRepresentation] = {vr.name: vr for vr in _ALL}

# explicit VR, PS3.5 7.1.2: reserved bytes and a length of 32 bits
LONG_HEADER: frozenset[str] = frozenset(vr.name for vr in _ALL if vr.long_header)

_CHARACTERS = frozenset({Kind.TEXT, Kind.CODE, Kind.DATE, Kind.DECIMAL, Kind.UID})


def compatible(coded: str, expected: tuple[str, ...]) -> bool:
    """True when a value coded as `coded` can be read as one of the dictionary's VRs `expected` without changing what it says: the same VR,
    one character string for another, one binary string for another, integers of one size. Never a sequence for anything else."""
    if coded in expected:
        return True
    one = VRS.get(coded)
    if one is None:
        return False
    for name in expected:
        other = VRS.get(name)
        if other is None:
            continue
        if one.kind in _CHARACTERS and other.kind in _CHARACTERS:
            return True
        if one.kind is Kind.BINARY and other.kind is Kind.BINARY:
            return True
        if one.kind is other.kind is Kind.NUMBER and one.size == other.size and one.code.lower() == other.code.lower():
            return True
    return False


def confined(coded: str, expected: tuple[str, ...]) -> bool:
    """True when what is coded as `coded` can say no more than a value of the VRs `expected`. A text in the place of a code, number, date or
    UID can say anything."""
    return VRS[coded].kind is not Kind.TEXT or any(VRS[name].kind is Kind.TEXT for name in expected if name in VRS)


def effective(vrs: tuple[str, ...], *, signed: bool = False) -> str:
    """The VR with which a value of an attribute is read where the file does not say: the dictionary's; OW where it may be OB or OW
    (PS3.5 A.1, implicit VR), US or SS as Pixel Representation says."""
    if len(vrs) == 1:
        return vrs[0]
    if "OW" in vrs:
        return "OW"
    return "SS" if signed and "SS" in vrs else vrs[0]
