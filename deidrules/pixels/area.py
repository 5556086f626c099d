"""Areas as rectangles of an image: bands, regions, complements, unions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from deidrules.plan.pixels import Area, Band, Bands, Everything, Rectangle, UltrasoundRegions
from deidrules.text.refusal import Refusal


def area_of(rectangle: Rectangle) -> int:
    """Number of pixels; 0 when empty."""
    return max(0, rectangle.right - rectangle.left) * max(0, rectangle.bottom - rectangle.top)


def intersection(one: Rectangle, other: Rectangle) -> Rectangle:
    """What both hold; may be empty."""
    return Rectangle(max(one.left, other.left), max(one.top, other.top), min(one.right, other.right), min(one.bottom, other.bottom))


def bounding(one: Rectangle, other: Rectangle) -> Rectangle:
    """The smallest rectangle around both; an empty one counts for nothing."""
    if not area_of(one):
        return other
    if not area_of(other):
        return one
    return Rectangle(min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom))


def moved(rectangle: Rectangle, columns: int, rows: int) -> Rectangle:
    """The rectangle, so many columns further right and rows further down."""
    return Rectangle(rectangle.left + columns, rectangle.top + rows, rectangle.right + columns, rectangle.bottom + rows)


def union(rectangles: Iterable[Rectangle]) -> tuple[Rectangle, ...]:
    """The same pixels as disjoint rectangles, sorted by top and left, in one canonical form: rows with equal intervals stand together.

    A sweep over the distinct tops and bottoms, so the cost follows the number of rectangles and never the size of the image."""
    pending = sorted((r for r in rectangles if area_of(r)), key=lambda r: r.top)
    edges = sorted({r.top for r in pending} | {r.bottom for r in pending})
    bands: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    active: list[Rectangle] = []
    following = 0
    for top, bottom in pairwise(edges):
        active = [r for r in active if r.bottom > top]
        while following < len(pending) and pending[following].top <= top:
            active.append(pending[following])
            following += 1
        intervals = _merged((r.left, r.right) for r in active)
        if bands and bands[-1][1] == top and bands[-1][2] == intervals:
            bands[-1] = (bands[-1][0], bottom, intervals)
        elif intervals:
            bands.append((top, bottom, intervals))
    return tuple(Rectangle(left, top, right, bottom) for top, bottom, intervals in bands for left, right in intervals)


def _merged(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for left, right in sorted(intervals):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return tuple(merged)


def complement(rectangles: Iterable[Rectangle], extent: Rectangle) -> tuple[Rectangle, ...]:
    """What `extent` holds beside the rectangles, as disjoint rectangles in the canonical form of `union`."""
    held = union(intersection(r, extent) for r in rectangles)
    rest: list[Rectangle] = []
    row = extent.top
    index = 0
    while index < len(held):
        top, bottom = held[index].top, held[index].bottom
        rest.append(Rectangle(extent.left, row, extent.right, top))
        column = extent.left
        while index < len(held) and held[index].top == top:
            rest.append(Rectangle(column, top, held[index].left, bottom))
            column = held[index].right
            index += 1
        rest.append(Rectangle(column, top, extent.right, bottom))
        row = bottom
    rest.append(Rectangle(extent.left, row, extent.right, extent.bottom))
    return union(rest)


def rectangles_of(
    area: Area,
    *,
    outside: bool,
    clipped: bool,
    image: Rectangle,
    extent: Rectangle,
    regions: tuple[Rectangle, ...] = (),
    rule: str = "",
) -> tuple[Rectangle, ...]:
    """The pixels of an area, or of what lies outside it, as disjoint rectangles within `extent`.

    `image` is what bands and per cent are measured by. `extent` is what exists: for frames the image, for an overlay plane the rectangle
    around image and plane, both in the image's coordinates. `regions` are the object's valid ultrasound regions.
    Raises Refusal `rectangle-outside-image` (unless `clipped`) and `no-ultrasound-regions`."""
    match area:
        case Rectangle():
            cut = intersection(area, extent)
            if not clipped and (cut != area or not area_of(area)):
                raise Refusal("rectangle-outside-image", rule=rule)
            held: tuple[Rectangle, ...] = (cut,)
        case Bands():
            held = tuple(intersection(_strip(band, image, extent), extent) for band in area.bands)
        case UltrasoundRegions():
            if not regions:
                raise Refusal("no-ultrasound-regions", rule=rule)
            held = regions
        case Everything():
            held = (extent,)
    return complement(held, extent) if outside else union(held)


def _strip(band: Band, image: Rectangle, extent: Rectangle) -> Rectangle:
    """A band reaches from the edge of what exists (an overlay plane may begin outside the image) to its depth within the image; per cent
    are rounded up, and a band deeper than the image is the image (rule 19: bands fit every size)."""
    size = image.bottom - image.top if band.side in ("top", "bottom") else image.right - image.left
    depth = min(size, -(-size * band.extent // 100) if band.percent else band.extent)
    match band.side:
        case "top":
            return Rectangle(extent.left, extent.top, extent.right, image.top + depth)
        case "bottom":
            return Rectangle(extent.left, image.bottom - depth, extent.right, extent.bottom)
        case "left":
            return Rectangle(extent.left, extent.top, image.left + depth, extent.bottom)
        case "right":
            return Rectangle(image.right - depth, extent.top, extent.right, extent.bottom)
    raise ValueError("a band has the side top, bottom, left or right")
