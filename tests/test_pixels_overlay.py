"""Overlay planes: bit maps in (60xx,3000), and bits of the samples beside the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pixel_objects import BIG, EXPLICIT, IMPLICIT, dataset, instance, patched, redacted, work_of
from pydicom.dataset import Dataset

from deidrules.pixels.facts import read_facts
from deidrules.plan.pixels import Band, Bands, Blank, Everything, Rectangle, Strip
from deidrules.text.refusal import Refusal


def with_plane(
    made: Dataset,
    group: int = 0x6000,
    *,
    rows: int = 6,
    columns: int = 8,
    frames: int | None = None,
    origin: tuple[int, int] = (1, 1),
    first: int | None = None,
    bits: NDArray[Any] | None = None,
) -> Dataset:
    """The Dataset with a stored plane, all bits set unless given."""
    count = rows * columns * (frames or 1)
    packed = np.packbits(np.ones(count, "u1") if bits is None else bits.ravel(), bitorder="little").tobytes()
    made.add_new((group, 0x0010), "US", rows)
    made.add_new((group, 0x0011), "US", columns)
    if frames is not None:
        made.add_new((group, 0x0015), "IS", frames)
    made.add_new((group, 0x0040), "CS", "G")
    made.add_new((group, 0x0050), "SS", list(origin))
    if first is not None:
        made.add_new((group, 0x0051), "US", first)
    made.add_new((group, 0x0100), "US", 1)
    made.add_new((group, 0x0102), "US", 0)
    made.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))
    return made


def with_embedded(made: Dataset, group: int, bit: int) -> Dataset:
    """The Dataset with a plane in the samples, as before 2004."""
    for element, value in ((0x0010, made.Rows), (0x0011, made.Columns), (0x0100, made.BitsAllocated), (0x0102, bit)):
        made.add_new((group, element), "US", value)
    made.add_new((group, 0x0040), "CS", "G")
    made.add_new((group, 0x0050), "SS", [1, 1])
    return made


def plane_bits(value: bytes, frames: int, rows: int, columns: int) -> NDArray[Any]:
    bits = np.unpackbits(np.frombuffer(value, "u1"), bitorder="little")
    return bits[: frames * rows * columns].reshape(frames, rows, columns)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_rectangle_of_the_image_is_blanked_where_the_plane_lies(data: st.DataObject) -> None:
    rows, columns, frames = (data.draw(st.integers(1, 9)) for _ in range(3))
    origin = (data.draw(st.integers(-4, 6)), data.draw(st.integers(-4, 6)))
    first = data.draw(st.integers(1, 3))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    bits = random.integers(0, 2, (frames, rows, columns), dtype="u1")
    made = dataset(frames=4)
    with_plane(made, 0x6002, rows=rows, columns=columns, frames=frames, origin=origin, first=first, bits=bits)
    box = data.draw(st.builds(Rectangle, st.integers(0, 7), st.integers(0, 5), st.just(8), st.just(6)))
    outside = data.draw(st.booleans())
    span = data.draw(st.sampled_from([(), ((2, 3),)]))
    transfer_syntax = data.draw(st.sampled_from([EXPLICIT, IMPLICIT]))
    result = redacted(instance(made, transfer_syntax), Blank(box, outside=outside, overlay="6002", frames=span))
    assert result.parts is None
    expected = bits.copy()
    for frame in range(frames):
        if span and not 2 <= first + frame <= 3:
            continue
        for row in range(rows):
            for column in range(columns):
                x, y = column + origin[1] - 1, row + origin[0] - 1
                if (box.left <= x < box.right and box.top <= y < box.bottom) is not outside:
                    expected[frame, row, column] = 0
    value = result.overlays.get(0x60023000, made[0x6002, 0x3000].value)
    assert (plane_bits(value, frames, rows, columns) == expected).all()


def test_a_plane_without_frames_of_its_own_lies_over_every_frame() -> None:
    made = with_plane(dataset(frames=4))
    result = redacted(instance(made), Blank(Rectangle(0, 0, 8, 1), overlay="*", frames=((3, 3),)))
    assert plane_bits(result.overlays[0x60003000], 1, 6, 8).sum() == 40


def test_bands_reach_the_part_of_a_plane_beside_the_image() -> None:
    made = with_plane(dataset(), rows=8, columns=10, origin=(-1, 0))
    result = redacted(instance(made), Blank(Bands((Band("top", 1), Band("left", 1))), overlay="6000"))
    bits = plane_bits(result.overlays[0x60003000], 1, 8, 10)[0]
    assert not bits[:3].any() and not bits[:, :2].any() and bits[3:, 2:].all()


def test_both_readings_of_big_endian_words_are_blanked() -> None:
    made = with_plane(dataset(rows=4, columns=16), rows=4, columns=16)
    value = redacted(instance(made, BIG), Blank(Rectangle(0, 1, 8, 2), overlay="*")).overlays[0x60003000]
    assert value == b"\xff\xff\0\0\xff\xff\xff\xff"


def test_frames_and_planes_are_addressed_apart() -> None:
    given_object = instance(with_plane(with_plane(dataset()), 0x6004))
    frames_only = redacted(given_object, Blank(Everything()))
    assert frames_only.parts is not None and not frames_only.overlays
    one_plane = redacted(given_object, Blank(Everything(), overlay="6004"))
    assert one_plane.parts is None and list(one_plane.overlays) == [0x60043000]
    absent = redacted(given_object, Blank(Everything(), overlay="6006"))
    assert absent.parts is None and not absent.overlays
    every_plane = redacted(given_object, Blank(Everything(), overlay="*"))
    assert list(every_plane.overlays) == [0x60003000, 0x60043000]
    assert not any(any(value) for value in every_plane.overlays.values())


def test_strip_overlays_removes_every_group() -> None:
    made = with_plane(with_plane(dataset()), 0x6004)
    made.add_new((0x601E, 0x0022), "LO", "a label without a plane")
    result = redacted(instance(made), Strip("overlays"), Blank(Everything(), overlay="6000"))
    assert result.removed_groups == (0x6000, 0x6004, 0x601E)
    assert result.parts is None and not result.overlays


@pytest.mark.parametrize(
    ("code", "attribute"),
    [
        ("overlay-attributes", (0x0010, "US", 60)),
        ("overlay-attributes", (0x0010, "US", 0)),
        ("overlay-attributes", (0x0011, "US", [8, 8])),
        ("overlay-attributes", (0x0015, "IS", 9)),
        ("overlay-attributes", (0x0050, "SS", [1])),
        ("overlay-attributes", (0x0100, "US", 16)),
    ],
)
def test_a_plane_that_its_attributes_do_not_describe_can_only_be_removed(code: str, attribute: tuple[int, str, Any]) -> None:
    element, vr, value = attribute
    made = with_plane(dataset())
    made.add_new((0x6000, element), vr, value)
    with pytest.raises(Refusal) as caught:
        redacted(instance(made), Blank(Everything(), overlay="*"))
    assert (caught.value.code, caught.value.tag) == (code, 0x60003000)
    assert redacted(instance(made), Strip("overlays")).removed_groups == (0x6000,)


# ---- embedded planes


def samples(made: Dataset, given_object: Any, result: Any, order: str = "<") -> NDArray[Any]:
    facts = read_facts(given_object)
    value = patched(given_object, result)[facts.offset : facts.offset + facts.length]
    kind = f"{order}{'i' if made.PixelRepresentation else 'u'}{made.BitsAllocated // 8}"
    return np.frombuffer(value, kind).reshape(facts.frames, made.Rows, made.Columns)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), signed=st.booleans(), high=st.integers(3, 15), stored=st.integers(1, 15), big=st.booleans())
def test_strip_high_bits_keeps_every_value_and_nothing_else(seed: int, signed: bool, high: int, stored: int, big: bool) -> None:
    stored = min(stored, high + 1)
    made = dataset(allocated=16, stored=stored, high=high, signed=signed, seed=seed, frames=2)
    given_object = instance(made, BIG if big else EXPLICIT)
    before = samples(made, given_object, redacted(given_object), ">" if big else "<").astype("i8")
    after = samples(made, given_object, redacted(given_object, Strip("high-bit-overlays")), ">" if big else "<").astype("i8")
    low = high - stored + 1
    value = before >> low & (1 << stored) - 1
    if signed:
        value = np.where(value >> stored - 1 & 1, value - (1 << stored), value)
    assert (after == value << low).all()


def test_strip_high_bits_restores_sign_extension() -> None:
    plane = np.arange(48).reshape(6, 8) % 3 == 0
    image = np.random.default_rng(5).integers(-2048, 2048, (6, 8)).astype("<i2")
    stored = (image.view("<u2") & 0x0FFF) | (plane.astype("<u2") << 13)
    made = with_embedded(dataset(allocated=16, stored=12, signed=True, value=stored.tobytes()), 0x6000, 13)
    given_object = instance(made)
    result = redacted(given_object, Strip("high-bit-overlays"))
    assert (samples(made, given_object, result)[0] == image).all()
    assert result.removed_groups == (0x6000,)


def test_one_embedded_plane_goes_and_the_other_stays() -> None:
    random = np.random.default_rng(6)
    image = random.integers(0, 4096, (2, 6, 8)).astype("<u2")
    one, other = (random.integers(0, 2, (2, 6, 8)).astype("<u2") for _ in range(2))
    made = dataset(allocated=16, stored=12, frames=2, value=(image | one << 14 | other << 15).tobytes())
    given_object = instance(with_embedded(with_embedded(made, 0x6000, 14), 0x6002, 15))
    work = work_of(given_object, removed_overlays=frozenset({0x6000}))
    assert work.changes_pixels and work.removed_groups == (0x6000,)
    result = redacted(given_object, removed_overlays=frozenset({0x6000}))
    assert (samples(made, given_object, result) == (image | other << 15)).all()
    # a header rule that takes a stored or absent plane changes no pixel
    assert redacted(given_object, removed_overlays=frozenset({0x6008})).parts is None


def test_a_rectangle_in_an_embedded_plane_spares_the_image() -> None:
    random = np.random.default_rng(7)
    image = random.integers(0, 4096, (3, 6, 8)).astype(">u2")
    plane = np.ones((3, 6, 8), ">u2")
    made = dataset(allocated=16, stored=12, frames=3, value=(image | plane << 12).astype(">u2").tobytes())
    given_object = instance(with_embedded(made, 0x6000, 12), BIG)
    result = redacted(given_object, Blank(Rectangle(1, 2, 4, 5), overlay="6000", frames=((2, 2),)))
    plane[1, 2:5, 1:4] = 0
    assert (samples(made, given_object, result, ">") == (image | plane << 12)).all()


def test_frame_and_embedded_plane_in_one_rule() -> None:
    made = dataset(allocated=16, stored=12, signed=True, seed=8)
    given_object = instance(with_embedded(made, 0x6000, 15))
    before = samples(made, given_object, redacted(given_object)).view("<u2")[0]
    result = redacted(given_object, Blank(Rectangle(0, 0, 8, 2)), Blank(Rectangle(0, 1, 8, 4), overlay="6000"))
    after = samples(made, given_object, result).view("<u2")[0]
    smallest = ((before[2:].astype("<i4") & 0xFFF ^ 0x800) - 0x800).min() & 0xFFF
    assert (after[0] == smallest).all()  # no sign above HighBit: it would draw a bar in the plane that stays
    assert (after[:4] & 0x0FFF == np.where(np.arange(4)[:, None] < 2, smallest, before[:4] & 0x0FFF)).all()
    sign = (before[2:4] >> 11 & 1) << 15
    assert (after[2:4] == (before[2:4] & 0x7FFF | sign)).all()
    assert (after[4:] == before[4:]).all()


def test_a_bit_of_the_image_is_never_taken_for_a_plane() -> None:
    for bit in (0, 11, 16):
        made = with_embedded(dataset(allocated=16, stored=12), 0x6000, bit)
        given_object = instance(made)
        assert read_facts(given_object).planes == ()
        result = redacted(given_object, Strip("overlays"), removed_overlays=frozenset({0x6000}))
        assert result.parts is None and result.removed_groups == (0x6000,)
