"""The outside of a file, PS3.10 7: preamble, DICM, file meta information; or none of them."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack

from deidrules.dicom import dictionary
from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding
from deidrules.dicom.vr import LONG_HEADER, VRS, compatible
from deidrules.text.refusal import Refusal

PREAMBLE = 128
MAGIC = b"DICM"

GROUP_LENGTH = 0x00020000
MEDIA_STORAGE_SOP_CLASS = 0x00020002
TRANSFER_SYNTAX = 0x00020010


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands before the data set. `start` is where the data set begins; `meta_start` .. `start` is group 0002."""

    has_preamble: bool
    meta_start: int
    meta: tuple[Element, ...]
    start: int

    def text(self, data: Buffer, tag: int) -> str:
        """The value of an element of group 0002 as text, "" when absent. UIDs only: bytes are taken one by one."""
        for element in self.meta:
            if element.tag == tag:
                return data[element.value : element.stop].decode("latin-1").strip(" \0")
        return ""


def open_file(data: Buffer) -> Opening:
    """Find the data set. Raises Refusal: `not-dicom` where nothing looks like DICOM, else what is broken about the file meta."""
    if data[PREAMBLE : PREAMBLE + 4] == MAGIC:
        start = PREAMBLE + 4
        meta, end = _group_0002(data, start)
        return Opening(True, start, meta, end)
    if data[:2] == b"\x02\x00" and plausible(data, 0, EXPLICIT_LITTLE):
        meta, end = _group_0002(data, 0)
        return Opening(False, 0, meta, end)
    return Opening(False, 0, (), 0)


def _group_0002(data: Buffer, position: int) -> tuple[tuple[Element, ...], int]:
    """The elements of the file meta information, explicit VR little endian, and where they end: where the group changes, since real files
    have a wrong or no (0002,0000). Only where something of group 0002 follows that cannot be an element of it (the first bytes of a
    deflated data set may look like that) the group length decides, if it is right about an element's end."""
    elements: list[Element] = []
    told = -1
    while data[position : position + 2] == b"\x02\x00":
        try:
            element = _element(data, position, elements[-1].tag if elements else 0)
        except Refusal:
            if any(element.end == told for element in elements):
                return tuple(element for element in elements if element.end <= told), told
            raise
        elements.append(element)
        position = element.end
        if element.tag == GROUP_LENGTH and element.length == 4:
            told = element.end + int.from_bytes(data[element.value : element.stop], "little")
    return tuple(elements), position


def _element(data: Buffer, position: int, last: int) -> Element:
    """One element of group 0002 behind the tag `last`."""
    tag = 0x00020000 | int.from_bytes(data[position + 2 : position + 4], "little")
    vr = data[position + 4 : position + 6].decode("latin-1")
    if vr not in VRS or vr == "SQ":
        raise Refusal("bad-file-meta", tag=tag)
    if tag <= last:
        raise Refusal("duplicate-tag" if tag == last else "out-of-order", tag=tag)
    if vr in LONG_HEADER:
        value = position + 12
        if data[position + 6 : position + 8] != b"\0\0":
            raise Refusal("reserved-bytes", tag=tag, vr=vr)
        stop = value + int.from_bytes(data[position + 8 : value], "little")
    else:
        value = position + 8
        stop = value + int.from_bytes(data[position + 6 : value], "little")
    if stop > len(data) or value > len(data):
        raise Refusal("truncated", tag=tag, vr=vr, length=max(len(data) - value, 0), expected=stop - value)
    return Element(tag, vr, vr, position, value, stop, stop)


def plausible(data: Buffer, position: int, encoding: Encoding) -> bool:
    """True when the bytes there look like a first element of a data set in this encoding: a tag of the dictionary in group 0002, 0004 or
    0008, with a VR that fits it or a length within the file."""
    if len(data) < position + 8:
        return False
    group, element = unpack(encoding.order + "HH", data[position : position + 4])
    tag = group << 16 | element
    if group not in (0x0002, 0x0004, 0x0008):
        return False
    entry = dictionary.entry(tag)
    vrs = ("UL",) if not tag & 0xFFFF else entry.vrs if entry is not None else ()
    if encoding.explicit:
        vr = data[position + 4 : position + 6].decode("latin-1")
        return vr in VRS and (vr == "UN" or compatible(vr, vrs))
    length = int.from_bytes(data[position + 4 : position + 8], "little")
    return bool(vrs) and length <= len(data) - position - 8


_ENCODINGS = (EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE)


def guesses(data: Buffer, opening: Opening) -> tuple[Encoding, ...]:
    """The encodings to try where no transfer syntax is told: those that the first bytes look like; behind a preamble or file meta, which
    say that this is DICOM, any."""
    likely = tuple(encoding for encoding in _ENCODINGS if plausible(data, opening.start, encoding))
    return likely or (_ENCODINGS if opening.has_preamble or opening.meta else ())
