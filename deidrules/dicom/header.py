"""Element headers as the walker meets them: six or four bytes to tag, VR and what to do next, remembered once worked out."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Any

from deidrules.dicom import dictionary
from deidrules.dicom.buffer import Buffer, FileBuffer
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding
from deidrules.dicom.vr import LONG_HEADER, VRS, effective
from deidrules.text.refusal import Refusal

UNDEFINED = 0xFFFFFFFF

ITEM = 0xFFFEE000
ITEM_DELIMITER = 0xFFFEE00D
SEQUENCE_DELIMITER = 0xFFFEE0DD

PIXEL_DATA = 0x7FE00010
PIXELS = frozenset({0x7FE00008, 0x7FE00009, PIXEL_DATA})
TRAILING_PADDING = 0xFFFCFFFC
PIXEL_REPRESENTATION = 0x00280103

# what the walker does with an element
SHORT = 0  # explicit: the length is in the last two bytes of the header
LONG = 1  # a value of 32 bits length
SEQUENCE = 2
UNKNOWN = 3  # UN, or nothing known of it: it may be a sequence
SIGNED = 4  # implicit: unsigned or signed as Pixel Representation says
REPRESENTATION = 5  # implicit: Pixel Representation itself
DELIMITER = 6

# Headers repeat from file to file; hostile ones must not fill the memory.
_MOST = 1 << 16


class _Headers(dict[bytes, tuple[int, str, int]]):
    """Header bytes to (tag, VR, what to do). The VR is the effective one, "UN" where nobody knows it."""

    __slots__ = ("_halves", "_meaning")

    def __init__(self, order: str, meaning: Callable[[int, str], tuple[int, str, int]]) -> None:
        super().__init__()
        self._halves = Struct(order + "HH").unpack_from
        self._meaning = meaning

    def __missing__(self, key: bytes) -> tuple[int, str, int]:
        group, element = self._halves(key)
        tag = group << 16 | element
        found = (tag, "", DELIMITER) if group == 0xFFFE else self._meaning(tag, key[4:6].decode("latin-1"))
        if len(self) >= _MOST:
            self.clear()
        self[key] = found
        return found


def _explicit(tag: int, vr: str) -> tuple[int, str, int]:
    if vr not in VRS:
        raise Refusal("unknown-vr", tag=tag)
    if vr == "SQ":
        return tag, vr, SEQUENCE
    if vr == "UN":
        return tag, vr, UNKNOWN
    return tag, vr, LONG if vr in LONG_HEADER else SHORT


def _implicit(tag: int, _: str) -> tuple[int, str, int]:
    vr = known_vr(tag)
    if vr is None:
        return tag, "UN", UNKNOWN
    if vr == "SQ":
        return tag, vr, SEQUENCE
    if tag == PIXEL_REPRESENTATION:
        return tag, vr, REPRESENTATION
    if vr == "US" and known_vr(tag, signed=True) == "SS":
        return tag, vr, SIGNED
    return tag, vr, LONG


def known_vr(tag: int, *, signed: bool = False) -> str | None:
    """The VR of an element whose coding does not say it: the dictionary's, UL for group lengths, LO for private creators (PS3.5 7.2, 7.8);
    None when nobody knows."""
    if not tag & 0xFFFF:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else None
    entry = dictionary.entry(tag)
    if entry is None or entry.vrs == ("NONE",):
        return None
    return effective(entry.vrs, signed=signed)


class Coding:
    """How the walker reads one encoding."""

    __slots__ = ("encoding", "headers", "item", "item_delimiter", "length", "sequence_delimiter", "short", "wide")

    def __init__(self, encoding: Encoding, *, windowed: bool = False) -> None:
        order = encoding.order

        def unpack(form: str) -> Callable[..., Any]:
            return _through_window(Struct(order + form)) if windowed else Struct(order + form).unpack_from

        self.encoding = encoding
        self.short: Callable[..., Any] = unpack("6sH")
        self.wide: Callable[..., Any] = unpack("4sI")
        self.length: Callable[..., Any] = unpack("I")
        self.headers = _Headers(order, _explicit if encoding.explicit else _implicit)
        halves = Struct(order + "HH")
        self.item = halves.pack(0xFFFE, 0xE000)
        self.item_delimiter = halves.pack(0xFFFE, 0xE00D)
        self.sequence_delimiter = halves.pack(0xFFFE, 0xE0DD)


def _through_window(form: Struct) -> Callable[[FileBuffer, int], Any]:
    """`Struct.unpack_from` on the window of a FileBuffer; StructError, too, where the file ends."""
    unpack, size = form.unpack_from, form.size

    def unpack_from(buffer: FileBuffer, position: int) -> Any:
        at = position - buffer.window_start
        if at < 0 or at + size > len(buffer.window):
            buffer.look(position)
            at = 0
        return unpack(buffer.window, at)

    return unpack_from


_EXPLICIT_LITTLE = Coding(EXPLICIT_LITTLE)
_EXPLICIT_BIG = Coding(EXPLICIT_BIG)
IMPLICIT = Coding(IMPLICIT_LITTLE)


def coding_of(encoding: Encoding) -> Coding:
    """The coding for an encoding; PS3.5 has no implicit VR in big endian."""
    if not encoding.explicit:
        return IMPLICIT
    return _EXPLICIT_BIG if encoding.big_endian else _EXPLICIT_LITTLE


def coding_for(coding: Coding, buffer: Buffer) -> Coding:
    """The same coding as it reads from this kind of buffer."""
    return coding if isinstance(buffer, bytes) else _windowed(coding.encoding)


@lru_cache(maxsize=8)
def _windowed(encoding: Encoding) -> Coding:
    return Coding(encoding, windowed=True)
