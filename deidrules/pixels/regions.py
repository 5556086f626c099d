"""The object's own ultrasound regions as rectangles."""

from __future__ import annotations

from deidrules.dicom.element import DicomObject
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.pixels.conventions import ultrasound_region
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

SEQUENCE_OF_ULTRASOUND_REGIONS = 0x0018_6011
CORNERS = (0x0018_6018, 0x0018_601A, 0x0018_601C, 0x0018_601E)  # RegionLocationMinX0, MinY0, MaxX1, MaxY1: UL, PS3.3 C.8.5.5


def read_regions(instance: DicomObject, *, columns: int, rows: int) -> tuple[Rectangle, ...]:
    """The regions, half-open; () when there are none. One region that is unreadable or does not lie in the image makes all of them
    worthless: they speak of another image (a frame scaled or cropped after the scan), so nothing may be kept or blanked by them."""
    sequence = of_object(instance).element(SEQUENCE_OF_ULTRASOUND_REGIONS)
    regions = []
    for item in (sequence.items or ()) if sequence is not None else ():
        attributes = Attributes(instance, item.elements, item.encoding)
        try:
            corners = [attributes.number(tag, "UL") for tag in CORNERS]
        except Refusal:
            return ()
        left, top, right, bottom = corners
        if left is None or top is None or right is None or bottom is None:
            return ()
        region = ultrasound_region(left, top, right, bottom, columns, rows)
        if region is None:
            return ()
        regions.append(region)
    return tuple(regions)
