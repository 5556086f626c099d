"""The one place where the rectangles of an object become ours: half-open, origin top left. Those of lists: `rectangles.conventions`."""

from __future__ import annotations

from deidrules.plan.pixels import Rectangle


def from_inclusive_corners(left: int, top: int, right: int, bottom: int) -> Rectangle:
    """Corners that both belong to the rectangle: dcmaudit's, and those of ultrasound regions."""
    return Rectangle(left, top, right + 1, bottom + 1)


def from_size(left: int, top: int, width: int, height: int) -> Rectangle:
    """A corner and a size: CTP's `(x,y,w,h)`."""
    return Rectangle(left, top, left + width, top + height)


def ultrasound_region(min_x0: int, min_y0: int, max_x1: int, max_y1: int, columns: int, rows: int) -> Rectangle | None:
    """RegionLocationMinX0 .. RegionLocationMaxY1 of an image of `columns` x `rows` pixels; None when they name no part of it.

    PS3.3 C.8.5.5: both corners belong to the region. A corner that equals Columns or Rows stands one past the image; many devices
    write that. Read as inclusive and cut, or as exclusive, it means the image's edge, so it is taken; anything further out is invalid."""
    if not (0 <= min_x0 <= max_x1 <= columns and 0 <= min_y0 <= max_y1 <= rows and min_x0 < columns and min_y0 < rows):
        return None
    region = from_inclusive_corners(min_x0, min_y0, max_x1, max_y1)
    return Rectangle(region.left, region.top, min(region.right, columns), min(region.bottom, rows))
