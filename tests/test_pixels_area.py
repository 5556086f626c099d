"""Areas as rectangles, against a set of pixels; and the conventions of others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.pixels import conventions
from deidrules.pixels.area import area_of, bounding, complement, intersection, rectangles_of, union
from deidrules.plan.pixels import Area, Band, Bands, Everything, Rectangle, UltrasoundRegions
from deidrules.text.refusal import Refusal

SIZE = 9
IMAGE = Rectangle(0, 0, SIZE, SIZE)

edges = st.integers(-3, SIZE + 3)
rectangles = st.builds(Rectangle, edges, edges, edges, edges)
bands = st.builds(Band, st.sampled_from(["top", "bottom", "left", "right"]), st.integers(0, 120), st.booleans())


def pixels(*held: Rectangle) -> set[tuple[int, int]]:
    """The oracle: every pixel by itself."""
    return {(x, y) for r in held for x in range(r.left, r.right) for y in range(r.top, r.bottom)}


def disjoint(held: tuple[Rectangle, ...]) -> bool:
    return sum(map(area_of, held)) == len(pixels(*held)) and all(area_of(r) for r in held)


@settings(max_examples=300)
@given(st.lists(rectangles, max_size=8))
def test_a_union_holds_the_same_pixels_once_and_in_one_form(given_rectangles: list[Rectangle]) -> None:
    held = union(given_rectangles)
    assert pixels(*held) == pixels(*given_rectangles)
    assert disjoint(held)
    assert held == tuple(sorted(held, key=lambda r: (r.top, r.left)))
    assert held == union(reversed(given_rectangles)) == union(held)


@settings(max_examples=300)
@given(st.lists(rectangles, max_size=6), rectangles)
def test_a_complement_is_the_rest_of_the_extent(given_rectangles: list[Rectangle], extent: Rectangle) -> None:
    rest = complement(given_rectangles, extent)
    assert pixels(*rest) == pixels(extent) - pixels(*given_rectangles)
    assert disjoint(rest)


@given(rectangles, rectangles)
def test_intersection_and_bounding_rectangle(one: Rectangle, other: Rectangle) -> None:
    assert pixels(intersection(one, other)) == pixels(one) & pixels(other)
    assert pixels(bounding(one, other)) >= pixels(one) | pixels(other)


def held(area: Area, *, outside: bool = False, clipped: bool = False, image: Rectangle = IMAGE) -> set[tuple[int, int]]:
    return pixels(*rectangles_of(area, outside=outside, clipped=clipped, image=image, extent=image, rule="r"))


@given(st.lists(bands, min_size=1, max_size=4), st.integers(1, SIZE), st.integers(1, SIZE), st.booleans())
def test_bands_lie_along_their_sides_and_round_up(given_bands: list[Band], columns: int, rows: int, outside: bool) -> None:
    image = Rectangle(0, 0, columns, rows)
    expected = set()
    for band in given_bands:
        size = rows if band.side in ("top", "bottom") else columns
        depth = next(d for d in range(20000) if (100 * d >= size * band.extent if band.percent else d == band.extent))
        for x, y in pixels(image):
            distance = {"top": y, "bottom": rows - 1 - y, "left": x, "right": columns - 1 - x}[band.side]
            if distance < depth:
                expected.add((x, y))
    got = held(Bands(tuple(given_bands)), outside=outside, image=image)
    assert got == (pixels(image) - expected if outside else expected)


@given(rectangles, st.booleans(), st.booleans())
def test_a_rectangle_outside_the_image_refuses_unless_clipped(rectangle: Rectangle, outside: bool, clipped: bool) -> None:
    inside = bool(pixels(rectangle)) and pixels(rectangle) <= pixels(IMAGE)
    if inside or clipped:
        expected = pixels(rectangle) & pixels(IMAGE)
        assert held(rectangle, outside=outside, clipped=clipped) == (pixels(IMAGE) - expected if outside else expected)
    else:
        with pytest.raises(Refusal) as caught:
            held(rectangle, outside=outside, clipped=clipped)
        assert caught.value.record() == {"code": "rectangle-outside-image", "rule": "r"}


def test_everything_and_regions() -> None:
    regions = (Rectangle(1, 1, 3, 4), Rectangle(5, 0, 9, 2))
    assert held(Everything()) == pixels(IMAGE)
    assert held(Everything(), outside=True) == set()
    kept = rectangles_of(UltrasoundRegions(), outside=True, clipped=False, image=IMAGE, extent=IMAGE, regions=regions)
    assert pixels(*kept) == pixels(IMAGE) - pixels(*regions)
    for outside in (False, True):
        with pytest.raises(Refusal, match="no-ultrasound-regions"):
            held(UltrasoundRegions(), outside=outside, clipped=True)


def test_bands_of_a_plane_reach_what_lies_beyond_the_image() -> None:
    plane = Rectangle(-2, -3, 12, 4)
    got = rectangles_of(Bands((Band("top", 2), Band("right", 1))), outside=False, clipped=False, image=IMAGE, extent=bounding(IMAGE, plane))
    assert pixels(*got) == pixels(Rectangle(-2, -3, 12, 2), Rectangle(8, -3, 12, 9))


def test_conventions_of_others_become_half_open_rectangles() -> None:
    assert conventions.from_inclusive_corners(10, 20, 19, 29) == Rectangle(10, 20, 20, 30)
    assert conventions.from_inclusive_corners(5, 5, 5, 5) == Rectangle(5, 5, 6, 6)
    # CTP: (x,y,w,h)
    assert conventions.from_size(10, 20, 10, 10) == Rectangle(10, 20, 20, 30)


@pytest.mark.parametrize(
    ("corners", "region"),
    [
        ((0, 0, 639, 479), Rectangle(0, 0, 640, 480)),
        ((10, 20, 10, 20), Rectangle(10, 20, 11, 21)),
        ((120, 60, 640, 480), Rectangle(120, 60, 640, 480)),  # one past the image: both readings mean its edge
        ((120, 60, 641, 400), None),
        ((120, 60, 600, 481), None),
        ((640, 0, 640, 10), None),
        ((20, 0, 10, 10), None),
        ((0, 20, 10, 10), None),
    ],
)
def test_ultrasound_regions_include_their_corners_and_lie_in_the_image(
    corners: tuple[int, int, int, int], region: Rectangle | None
) -> None:
    assert conventions.ultrasound_region(*corners, columns=640, rows=480) == region
