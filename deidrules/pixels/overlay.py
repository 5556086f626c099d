"""Overlay planes stored in (60xx,3000): blanked bits of a bit map."""

from __future__ import annotations

from deidrules.dicom.buffer import copied, viewed
from deidrules.dicom.element import DicomObject
from deidrules.pixels.bits import set_bits, swap_pairs
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.layout import Layout
from deidrules.pixels.work import PlaneBlanks


def redact_plane(instance: DicomObject, facts: PixelFacts, blanks: PlaneBlanks) -> bytes:
    """The new value of the plane's OverlayData, as long as the old one. Bits lie lowest first, row after row, frame after frame without
    padding (PS3.5 8.1.2). In words of big endian data readers disagree about the order of the bytes, so both readings are blanked."""
    plane = blanks.plane
    value = copied(viewed(instance.buffer)[plane.offset : plane.offset + plane.length])
    words = facts.big_endian and plane.vr == "OW" and len(value) % 2 == 0
    _clear(value, blanks)
    if words:
        swap_pairs(value)
        _clear(value, blanks)
        swap_pairs(value)
    return bytes(value)


def _clear(value: bytearray, blanks: PlaneBlanks) -> None:
    layout = Layout(blanks.plane.rows, blanks.plane.columns, 1, bits=True)
    for span in blanks.frames:
        for frame in range(span.first, span.stop):
            for rectangle in span.rectangles:
                for _, start, stop in layout.runs(frame, rectangle):
                    set_bits(value, start, stop, 0)
