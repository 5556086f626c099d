"""What a blanked pixel holds: the padding value, the frame's own extreme, and what there is where neither can be."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixel_objects import BIG, EXPLICIT, IMPLICIT, dataset, instance, redacted

from deidrules.pixels.facts import read_facts
from deidrules.pixels.fill import fill_of
from deidrules.plan.pixels import Blank, Everything, Label, Rectangle

BOX = Rectangle(1, 1, 4, 3)
KINDS = {8: "1", 16: "2", 32: "4", 64: "8"}


def blanked(values: np.ndarray, *operations: Any, syntax: str = EXPLICIT, padding: bytes = b"", **layout: Any) -> np.ndarray:
    """Frames x rows x columns of samples as they are stored, blanked; `padding`: the raw value of PixelPaddingValue."""
    frames, rows, columns = values.shape
    order = ">" if syntax == BIG else "<"
    raw = values.astype(values.dtype.newbyteorder(order)).tobytes()
    made = dataset(rows=rows, columns=columns, frames=frames, allocated=8 * values.itemsize, value=raw, **layout)
    if padding:
        made.add_new(0x00280120, "OB", b"\0\0")
        made[0x00280120].VR = "SS" if layout.get("signed") else "US"
        made[0x00280120].value = int.from_bytes(padding, "little", signed=bool(layout.get("signed")))
    parts = redacted(instance(made, syntax), *(operations or (Blank(BOX),))).parts
    out = np.frombuffer(b"".join(parts or ()), values.dtype.newbyteorder(order), count=values.size)
    return out.reshape(values.shape).astype(values.dtype)


def noise(kind: str, low: int, high: int, frames: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (frames, 6, 8)).astype(kind)


def outside(values: np.ndarray) -> np.ndarray:
    mask = np.ones(values.shape, bool)
    mask[BOX.top : BOX.bottom, BOX.left : BOX.right] = False
    return values[mask]


def inside(values: np.ndarray) -> set[Any]:
    return set(values[BOX.top : BOX.bottom, BOX.left : BOX.right].ravel().tolist())


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
def test_pixel_padding_value_is_the_fill_of_monochrome_2(syntax: str) -> None:
    assert inside(blanked(noise("u2", 5, 900), padding=struct.pack("<H", 7), syntax=syntax)[0]) == {7}
    assert inside(blanked(noise("i2", -5, 900), padding=struct.pack("<h", -2000), syntax=syntax, signed=True)[0]) == {-2000}


def test_a_padding_value_that_the_samples_cannot_hold_is_not_the_fill() -> None:
    values = noise("u2", 5, 900)
    assert inside(blanked(values, padding=struct.pack("<H", 4096), stored=12)[0]) == {0}
    assert inside(blanked(values, padding=struct.pack("<H", 4095), stored=12)[0]) == {4095}
    signed = noise("i2", -700, 900)
    assert inside(blanked(signed, padding=struct.pack("<h", -2049), stored=12, signed=True)[0]) == {int(outside(signed[0]).min())}
    assert inside(blanked(signed, padding=struct.pack("<h", -2048), stored=12, signed=True)[0]) == {-2048}


def test_a_padding_value_is_read_as_the_samples_are_whatever_its_vr() -> None:
    made = dataset(allocated=16, signed=True)
    made.add_new(0x00280120, "US", 0xF830)  # -2000
    given_object = instance(made)
    assert fill_of(given_object, read_facts(given_object)).black == (-2000,)


def test_a_padding_value_says_nothing_of_monochrome_1_and_of_colour() -> None:
    values = noise("u2", 5, 900)
    assert inside(blanked(values, padding=struct.pack("<H", 7), photometric="MONOCHROME1")[0]) == {int(outside(values[0]).max())}
    made = dataset(samples=3, photometric="RGB")
    made.PixelPaddingValue = 9
    given_object = instance(made)
    assert fill_of(given_object, read_facts(given_object)).black == (0, 0, 0)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
@pytest.mark.parametrize(("kind", "stored"), [("i2", 16), ("i2", 12), ("i4", 32), ("i4", 20)])
def test_signed_samples_take_the_smallest_value_of_their_own_frame(kind: str, stored: int, syntax: str) -> None:
    values = noise(kind, -1500, 1500, frames=3)
    values[:, BOX.top, BOX.left] = -2000  # what is blanked says nothing
    after = blanked(values, stored=stored, signed=True, syntax=syntax)
    for before, frame in zip(values, after, strict=True):
        assert inside(frame) == {int(outside(before).min())}
        assert np.array_equal(outside(frame), outside(before))


def test_monochrome_1_takes_the_largest_value_of_its_own_frame() -> None:
    for kind, low, signed in (("u1", 3, False), ("u2", 3, False), ("i2", -900, True)):
        values = noise(kind, low, 120, frames=2)
        after = blanked(values, photometric="MONOCHROME1", signed=signed)
        for before, frame in zip(values, after, strict=True):
            assert inside(frame) == {int(outside(before).max())}


def test_bits_beside_the_image_do_not_count_for_the_extreme() -> None:
    values = noise("u2", 3, 900)
    hidden = values | np.random.default_rng(2).integers(0, 16, values.shape).astype("u2") << 12
    after = blanked(hidden, stored=12, photometric="MONOCHROME1")
    assert {value & 0xFFF for value in inside(after[0])} == {int(outside(values[0]).max())}


@pytest.mark.parametrize(
    ("layout", "kind", "fill"),
    [
        ({"signed": True}, "i2", -(1 << 15)),
        ({"signed": True, "stored": 12}, "i2", -(1 << 11)),
        ({"photometric": "MONOCHROME1"}, "u2", (1 << 16) - 1),
        ({"photometric": "MONOCHROME1", "stored": 12}, "u2", (1 << 12) - 1),
        ({"photometric": "MONOCHROME1", "signed": True, "stored": 12}, "i2", (1 << 11) - 1),
        ({}, "u2", 0),
    ],
)
def test_where_nothing_of_the_frame_is_left_the_value_is_the_extreme_of_bits_stored(layout: dict[str, Any], kind: str, fill: int) -> None:
    values = noise(kind, 3, 900, frames=2)
    assert set(blanked(values, Blank(Everything()), **layout).ravel().tolist()) == {fill}
    # of two frames of which one is blanked whole, the other does not settle it
    after = blanked(values, Blank(Everything(), frames=((1, 1),)), **layout)
    assert set(after[0].ravel().tolist()) == {fill}
    assert np.array_equal(after[1], values[1])


def floats(kind: str, values: np.ndarray, *operations: Any, padding: float | None = None, syntax: str = EXPLICIT) -> np.ndarray:
    """Rows x columns of Float or Double Float Pixel Data, blanked."""
    size, keyword = (32, "FloatPixelData") if kind == "f4" else (64, "DoubleFloatPixelData")
    raw = values.astype(f"{'>' if syntax == BIG else '<'}{kind}").tobytes()
    made = dataset(rows=values.shape[0], columns=values.shape[1], allocated=size, keyword=keyword, value=raw)
    if padding is not None:
        setattr(made, f"{keyword.removesuffix('PixelData')}PixelPaddingValue", padding)
    parts = redacted(instance(made, syntax), *(operations or (Blank(BOX),))).parts
    return np.frombuffer(b"".join(parts or ()), f"{'>' if syntax == BIG else '<'}{kind}").reshape(values.shape)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_floating_point_takes_its_padding_value_or_the_smallest_that_is_a_number(kind: str, syntax: str) -> None:
    values = np.random.default_rng(1).normal(0, 9, (6, 8)).astype(kind)
    smallest = float(outside(values).min())
    assert inside(floats(kind, values, syntax=syntax)) == {smallest}
    assert inside(floats(kind, values, padding=-1024.5, syntax=syntax)) == {-1024.5}
    values[5, 5], values[5, 6], values[5, 7] = np.nan, -np.inf, np.inf
    smallest = float(np.min(outside(values)[np.isfinite(outside(values))]))
    after = floats(kind, values, syntax=syntax)
    assert inside(after) == {smallest}
    assert np.array_equal(outside(after), outside(values), equal_nan=True)
    assert inside(floats(kind, values, padding=float("nan"), syntax=syntax)) == {smallest}


def test_a_float_frame_without_numbers_outside_is_filled_with_zero() -> None:
    values = np.full((6, 8), np.nan, "f4")
    values[BOX.top, BOX.left] = 5
    assert inside(floats("f4", values)) == {0.0}
    assert set(floats("f4", np.ones((6, 8), "f4"), Blank(Everything())).ravel().tolist()) == {0.0}


def test_the_padding_value_of_the_other_pixel_element_says_nothing() -> None:
    made = dataset(allocated=32, keyword="FloatPixelData", value=np.arange(48, dtype="<f4").tobytes())
    made.DoubleFloatPixelPaddingValue = -7.0
    given_object = instance(made)
    assert fill_of(given_object, read_facts(given_object)).extreme == "smallest"


def test_a_label_on_a_padding_value_can_be_seen() -> None:
    for padding, other in ((7, 255), (255, 0)):
        values = np.full((1, 16, 60), 90, "u1")
        after = blanked(values, Blank(Everything()), Label("OK"), padding=struct.pack("<H", padding))
        assert set(after.ravel().tolist()) == {padding, other}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.sampled_from([8, 16, 32]), st.booleans(), st.booleans(), st.data())
def test_a_fill_never_widens_the_range_of_values_of_a_signed_or_inverted_frame(
    seed: int, allocated: int, signed: bool, inverted: bool, data: st.DataObject
) -> None:
    if not signed and not inverted:
        return
    stored = data.draw(st.integers(5, allocated))
    low, high = (-(1 << stored - 1), (1 << stored - 1) - 1) if signed else (0, (1 << stored) - 1)
    chance = np.random.default_rng(seed)
    values = chance.integers(low, high, (2, 6, 8), "i8", endpoint=True).astype(f"{'i' if signed else 'u'}{KINDS[allocated]}")
    after = blanked(values, stored=stored, signed=signed, photometric="MONOCHROME1" if inverted else "MONOCHROME2")
    for before, frame in zip(values, after, strict=True):
        rest = outside(before)
        assert inside(frame) == {int(rest.max() if inverted else rest.min())}
        assert np.array_equal(outside(frame), rest)
