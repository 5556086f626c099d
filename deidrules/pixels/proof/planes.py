"""Overlay planes with bits of their own, (60xx,3000), before and after."""

from __future__ import annotations

from deidrules.dicom.buffer import viewed
from deidrules.dicom.element import DicomObject
from deidrules.pixels.planes import OverlayPlane
from deidrules.pixels.proof.bits import bit_maps_hold
from deidrules.pixels.proof.wanted import Wanted, at_frame
from deidrules.pixels.work import PixelWork


def stored_plane_holds(instance: DicomObject, found: DicomObject, plane: OverlayPlane, work: PixelWork) -> bool:
    """True when the plane of `found` is that of `instance` with its rectangles cleared. Bytes behind its bits may be gone."""
    element = found.index.get(plane.tag)
    if element is None:
        return False
    before = viewed(instance.buffer)[plane.offset : plane.offset + plane.length]
    after = viewed(found.buffer)[element.value : element.stop]
    if len(after) > len(before) or 8 * len(after) < plane.rows * plane.columns * plane.frames:
        return False
    spans = next((blanks.frames for blanks in work.planes if blanks.plane.tag == plane.tag), ())
    touched = [frame for frame in range(plane.frames) if at_frame(spans, frame)]
    # a value of odd length has no words
    words = instance.encoding.big_endian and plane.vr == "OW" and len(before) % 2 == 0
    if words and len(after) % 2:
        return False

    def wanted(frame: int) -> Wanted:
        return Wanted(at_frame(spans, frame))

    return bit_maps_hold(before[: len(after)], after, plane.rows, plane.columns, touched, wanted, black=0, white=0, words=words)
