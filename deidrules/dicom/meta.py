"""The outside of a file, PS3.10 7: preamble, DICM, file meta information; or none of them."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom import dictionary
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Element, Encoding
from deidrules.dicom.header import coding_of
from deidrules.dicom.limits import Limits
from deidrules.dicom.vr import LONG_HEADER, VRS, compatible
from deidrules.dicom.walker import Walk, disorder
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

    def text(self, data: bytes, tag: int) -> str:
        """The value of an element of group 0002 as text, "" when absent. UIDs only: bytes are taken one by one."""
        for element in self.meta:
            if element.tag == tag:
                return data[element.value : element.stop].decode("latin-1").strip(" \0")
        return ""


def open_file(data: bytes, limits: Limits) -> Opening:
    """Find the data set. Raises Refusal: `not-dicom` where nothing looks like DICOM, else what is broken about the file meta."""
    if data[PREAMBLE : PREAMBLE + 4] == MAGIC:
        start = PREAMBLE + 4
        meta, end = _group_0002(data, start, limits)
        return Opening(True, start, meta, end)
    if data[:2] == b"\x02\x00" and plausible(data, 0, EXPLICIT_LITTLE):
        meta, end = _group_0002(data, 0, limits)
        return Opening(False, 0, meta, end)
    return Opening(False, 0, (), 0)


def _group_0002(data: bytes, start: int, limits: Limits) -> tuple[tuple[Element, ...], int]:
    """The elements of the file meta information, explicit VR little endian, and where they end. Where group 0002 stops decides, since real
    files have a wrong or no (0002,0000)."""
    end = _end_of_group(data, start)
    elements: list[Element] = []
    Walk(data, limits).data_set(coding_of(EXPLICIT_LITTLE), start, end, elements)
    # a deflated data set can begin with any bytes: there the group length, where it is right about an element's end, tells what is meta
    if elements and elements[0].tag == GROUP_LENGTH and elements[0].length == 4:
        told = elements[0].end + int.from_bytes(data[elements[0].value : elements[0].stop], "little")
        if told < end and any(element.end == told for element in elements):
            elements = [element for element in elements if element.end <= told]
            end = told
    return tuple(elements), end


def _end_of_group(data: bytes, position: int) -> int:
    """Where the headers of group 0002 no longer follow on each other. Nothing is judged here but lengths."""
    last = -1
    while data[position : position + 2] == b"\x02\x00":
        vr = data[position + 4 : position + 6].decode("latin-1")
        element = int.from_bytes(data[position + 2 : position + 4], "little")
        if last >= 0 and element <= last:
            # order is broken: the walk over this group will say so, unless this is no longer the group
            if vr not in VRS:
                return position
            raise disorder(0x00020000 | element, [])
        last = element
        if vr not in VRS:
            raise Refusal("bad-file-meta", tag=0x00020000 | element)
        if vr in LONG_HEADER:
            stop = position + 12 + int.from_bytes(data[position + 8 : position + 12], "little")
        else:
            stop = position + 8 + int.from_bytes(data[position + 6 : position + 8], "little")
        if stop > len(data):
            raise Refusal("truncated", tag=0x00020000 | element, length=len(data) - position, expected=stop - position)
        position = stop
    return position


def plausible(data: bytes, position: int, encoding: Encoding) -> bool:
    """True when the bytes there look like a first element of a data set in this encoding: a tag of the dictionary in group 0002, 0004 or
    0008, with a VR that fits it or a length within the file."""
    order: str = "big" if encoding.big_endian else "little"
    group = int.from_bytes(data[position : position + 2], order)  # type: ignore[arg-type]
    tag = group << 16 | int.from_bytes(data[position + 2 : position + 4], order)  # type: ignore[arg-type]
    if group not in (0x0002, 0x0004, 0x0008) or len(data) < position + 8:
        return False
    entry = dictionary.entry(tag)
    vrs = ("UL",) if not tag & 0xFFFF else entry.vrs if entry is not None else ()
    if encoding.explicit:
        vr = data[position + 4 : position + 6].decode("latin-1")
        return vr in VRS and (vr == "UN" or compatible(vr, vrs))
    length = int.from_bytes(data[position + 4 : position + 8], "little")
    return bool(vrs) and length <= len(data) - position - 8


_ENCODINGS = (EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE)


def guesses(data: bytes, opening: Opening) -> tuple[Encoding, ...]:
    """The encodings to try where no transfer syntax is told: those that the first bytes look like; behind a preamble or file meta, which
    say that this is DICOM, any."""
    likely = tuple(encoding for encoding in _ENCODINGS if plausible(data, opening.start, encoding))
    return likely or (_ENCODINGS if opening.has_preamble or opening.meta else ())
