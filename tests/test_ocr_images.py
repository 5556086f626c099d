"""The generator of pictures with text says the truth about them: the figures of the text finders rest on it."""

from __future__ import annotations

import re
from collections import Counter

import numpy
import ocr_backgrounds
import pytest
from ocr_images import (
    DARK_ON_LIGHT,
    FONTS,
    IDENTIFYING,
    KINDS,
    LARGEST,
    LIGHT,
    PACKAGES,
    SMALLEST,
    FontsMissing,
    Sample,
    Text,
    backgrounds,
    draw_text,
    glyphs,
    images,
    sample,
)

COUNT = 150
SHAPES = {
    "date": re.compile(r"\d\d|[A-Z]{3}"),
    "time": re.compile(r"\d?\d:\d\d"),
    "identifier": re.compile(r"\d{6}|\d{3}-\d{3}"),
    "name": re.compile(r"[A-Za-z]{4}"),
    "institution": re.compile(r"[A-Za-z]{5}"),
}


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    try:
        glyphs("A", FONTS[0], 12)
        glyphs("A", FONTS[3], 12)
    except FontsMissing:
        pytest.skip(f"needs the Debian packages {' and '.join(PACKAGES)}")
    return list(images("the seed of these tests", COUNT))


@pytest.fixture(scope="module")
def texts(samples: list[Sample]) -> list[tuple[Sample, Text]]:
    return [(one, text) for one in samples for text in one.texts]


def changed(one: Sample) -> numpy.ndarray:
    return (one.picture != one.background).any(axis=2)


def test_a_seed_gives_the_same_pictures_again_and_another_seed_gives_others(samples: list[Sample]) -> None:
    for number in (0, 7, 23):
        again = sample("the seed of these tests", number)
        assert again.texts == samples[number].texts
        assert again.name == samples[number].name
        assert numpy.array_equal(again.picture, samples[number].picture)
        assert sample("another seed", number).texts != samples[number].texts


def test_every_background_takes_its_turn_and_there_are_more_than_seventeen(samples: list[Sample]) -> None:
    names = Counter(one.name for one in samples)
    assert set(ocr_backgrounds.PHANTOMS) <= set(names)
    assert len(ocr_backgrounds.PHANTOMS) >= 17
    assert set(names) <= set(backgrounds())
    assert all(one.background.std() > 1 or one.name in ("black", "white") for one in samples)


def test_a_picture_differs_from_its_background_inside_the_boxes_only(samples: list[Sample]) -> None:
    for one in samples:
        outside = changed(one)
        for text in one.texts:
            left, top, right, bottom = text.box
            outside[top:bottom, left:right] = False
        assert not outside.any(), one.name


def test_a_box_ends_where_the_changed_pixels_end(texts: list[tuple[Sample, Text]]) -> None:
    exact = 0
    for one, text in texts:
        left, top, right, bottom = text.box
        inside = changed(one)[top:bottom, left:right]
        rows, columns = numpy.flatnonzero(inside.any(axis=1)), numpy.flatnonzero(inside.any(axis=0))
        missing = (rows[0], columns[0], inside.shape[0] - 1 - rows[-1], inside.shape[1] - 1 - columns[-1])
        # a pixel of the picture may have the text's own colour
        assert max(missing) <= max(3, text.size // 2), (one.name, text)
        exact += not any(missing)
    assert exact >= 0.97 * len(texts)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("size", [SMALLEST, 13, LARGEST])
def test_the_box_of_a_string_is_that_of_its_pixels_on_black_and_on_white(font: str, size: int) -> None:
    try:
        mask = glyphs("Wg^4, Ay", font, size)
    except FontsMissing:
        pytest.skip(f"needs the Debian packages {' and '.join(PACKAGES)}")
    for ground, colour in ((0, LIGHT["grey"]), (255, (15, 15, 20))):
        picture = numpy.full((90, 500, 3), ground, numpy.uint8)
        draw_text(picture, mask, 20, 10, colour)
        where = numpy.argwhere((picture != ground).any(axis=2))
        assert where.min(axis=0).tolist() == [10, 20]
        assert where.max(axis=0).tolist() == [9 + mask.shape[0], 19 + mask.shape[1]]
    assert size // 2 <= mask.shape[0] <= 2 * size


def test_boxes_lie_in_the_picture_and_apart(samples: list[Sample]) -> None:
    for one in samples:
        covered = numpy.zeros(one.picture.shape[:2], numpy.uint8)
        for text in one.texts:
            left, top, right, bottom = text.box
            assert 0 <= left < right <= covered.shape[1]
            assert 0 <= top < bottom <= covered.shape[0]
            covered[top:bottom, left:right] += 1
        assert covered.max() <= 1


def test_fonts_sizes_and_colours_are_spread_as_asked(texts: list[tuple[Sample, Text]]) -> None:
    count = len(texts)
    assert count > 4 * COUNT
    fonts = Counter(text.font for _, text in texts)
    assert set(fonts) == set(FONTS)
    assert len(FONTS) == 7
    assert min(fonts.values()) > 0.07 * count
    sizes = [text.size for _, text in texts]
    assert (min(sizes), max(sizes)) == (8, 48)
    for least, most, share in ((8, 10, 0.15), (11, 16, 0.3), (17, 24, 0.12), (25, 48, 0.06)):
        assert sum(least <= size <= most for size in sizes) > share * count
    colours = Counter(text.colour for _, text in texts)
    assert set(colours) == {*LIGHT, "dark"}
    assert abs(colours["dark"] / count - DARK_ON_LIGHT) < 0.05


def test_dark_text_stands_on_light_and_light_text_does_not(texts: list[tuple[Sample, Text]]) -> None:
    for one, text in texts:
        left, top, right, bottom = text.box
        behind = numpy.percentile(one.background[top:bottom, left:right].mean(axis=2), 50)
        assert behind > 120 if text.colour == "dark" else behind < 200, (one.name, text)


def test_a_good_part_of_the_text_stands_over_anatomy(texts: list[tuple[Sample, Text]]) -> None:
    busy = 0
    for one, text in texts:
        left, top, right, bottom = text.box
        busy += one.background[top:bottom, left:right].std() > 6
    assert busy > 0.2 * len(texts)


def test_kinds_are_told_and_strings_are_of_their_kind(texts: list[tuple[Sample, Text]]) -> None:
    kinds = Counter(text.kind for _, text in texts)
    assert set(kinds) == set(KINDS)
    assert 0.6 < sum(kinds[kind] for kind in IDENTIFYING) / len(texts) < 0.85
    for _, text in texts:
        assert text.identifying == (text.kind in IDENTIFYING)
        if text.kind in SHAPES:
            assert SHAPES[text.kind].search(text.text), text
    assert len({text.text for _, text in texts if text.identifying}) > 0.9 * sum(text.identifying for _, text in texts)


def test_real_images_are_used_where_they_are_at_hand(samples: list[Sample]) -> None:
    if not ocr_backgrounds.CORPUS.is_dir():
        pytest.skip("needs ../shared/corpus")
    assert set(ocr_backgrounds.REAL) <= {one.name for one in samples}
