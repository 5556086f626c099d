"""Bits beside the image: taken out by geometry (BitsStored, HighBit), whatever group 60xx says, and the image exact in every coding."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
import plans
import pydicom
import pytest
from compressed_objects import CODED, deflate, encapsulated, fragments_of, inflate, rle_decode, rle_encode
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset

from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Policies
from deidrules.plan.pixels import Blank, Operation, Rectangle, Strip

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
STRIP = Strip("high-bit-overlays")
ROWS, COLUMNS, FRAMES = 5, 7, 3
BOX = Rectangle(2, 1, 6, 4)


@dataclass(frozen=True)
class Geometry:
    allocated: int
    stored: int
    high: int
    signed: bool

    @property
    def beside(self) -> list[int]:
        """The bits that are not the image's."""
        return [bit for bit in range(self.allocated) if not self.high - self.stored < bit <= self.high]

    def plain(self, word: int) -> int:
        """The word with nothing beside the image but its sign: bit by bit."""
        out = 0
        negative = self.signed and word >> self.high & 1
        for bit in range(self.allocated):
            if bit not in self.beside:
                out |= word & 1 << bit
            elif negative and bit > self.high:
                out |= 1 << bit
        return out

    def without(self, word: int, bit: int) -> int:
        """The word without one bit beside the image."""
        sign = self.signed and bit > self.high and word >> self.high & 1
        return word & ~(1 << bit) | (sign << bit)


GEOMETRIES = [
    Geometry(allocated, stored, high, signed)
    for signed in (False, True)
    for allocated, stored, high in [
        (16, 12, 11),
        (16, 10, 11),
        (16, 12, 15),
        (16, 15, 14),
        (8, 6, 5),
        (8, 7, 7),
        (32, 20, 19),
        (32, 24, 27),
    ]
]


def through(made: Dataset, transfer_syntax: str, *operations: Operation, rules: tuple[Any, ...] = ()) -> tuple[Dataset, Deidentified]:
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    engine = Engine(plans.plan(*rules, policies=LOOSE, conditions=ALWAYS, pixels=pixels), KeyRing(bytes(range(32))))
    found = engine.apply(file(made, transfer_syntax))
    return pydicom.dcmread(io.BytesIO(b"".join(found.parts))), found


def random_words(geometry: Geometry, seed: int = 5) -> np.ndarray:
    """Frames with noise in every bit."""
    kind = f"u{geometry.allocated // 8}"
    return np.random.default_rng(seed).integers(0, 1 << geometry.allocated, (FRAMES, ROWS, COLUMNS), "u8").astype(kind)


def each(words: np.ndarray, change: Any) -> np.ndarray:
    """The words changed one by one."""
    return np.array([change(int(word)) for word in words.reshape(-1)], words.dtype).reshape(words.shape)


def native(words: np.ndarray, geometry: Geometry, *, big: bool = False, **attributes: Any) -> Dataset:
    value = words.astype(words.dtype.newbyteorder(">" if big else "<")).tobytes()
    vr = "OB" if geometry.allocated == 8 else "OW"
    shape = {"rows": ROWS, "columns": COLUMNS, "frames": FRAMES}
    layout = {"allocated": geometry.allocated, "stored": geometry.stored, "high": geometry.high, "signed": geometry.signed}
    return dataset(**shape, **layout, value=value, vr=vr, **attributes)


def with_plane(made: Dataset, bit: int, group: int = 0x6000) -> Dataset:
    """An overlay plane in a bit of the samples (PS3.3-2004 C.9.2)."""
    for low, vr, value in ((0x10, "US", ROWS), (0x11, "US", COLUMNS), (0x40, "CS", "G"), (0x50, "SS", [1, 1]), (0x1500, "LO", "EXAMPLE")):
        made.add_new(group << 16 | low, vr, value)
    made.add_new(group << 16 | 0x0100, "US", made.BitsAllocated)
    made.add_new(group << 16 | 0x0102, "US", bit)
    return made


def words_of(after: Dataset, geometry: Geometry, *, big: bool = False) -> np.ndarray:
    order = ">" if big else "<"
    value = np.frombuffer(after.PixelData, f"{order}u{geometry.allocated // 8}")[: FRAMES * ROWS * COLUMNS]
    return value.reshape(FRAMES, ROWS, COLUMNS).astype(f"u{geometry.allocated // 8}")


def groups(after: Dataset) -> set[int]:
    return {element.tag.group for element in after if element.tag.group & 0xFF00 == 0x6000}


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT, BIG, DEFLATED])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_strip_clears_all_that_is_not_the_image_without_any_group(geometry: Geometry, transfer_syntax: str) -> None:
    big = transfer_syntax == BIG
    words = random_words(geometry)
    after, _ = through(native(words, geometry, big=big), transfer_syntax, STRIP)
    assert np.array_equal(words_of(after, geometry, big=big), each(words, geometry.plain))


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG, DEFLATED])
@pytest.mark.parametrize("geometry", [one for one in GEOMETRIES if len(one.beside) > 1], ids=str)
def test_one_plane_of_two_goes_and_the_other_keeps_every_bit(geometry: Geometry, transfer_syntax: str) -> None:
    big, bits = transfer_syntax == BIG, geometry.beside
    first, second = bits[0], bits[-1]
    words = random_words(geometry)
    made = with_plane(with_plane(native(words, geometry, big=big), first), second, 0x6002)
    after, found = through(made, transfer_syntax, rules=(plans.rule("X", "(6000,3000)"),))
    assert np.array_equal(words_of(after, geometry, big=big), each(words, lambda word: geometry.without(word, first)))
    assert groups(after) == {0x6002}
    assert all(one.change == "removed" for one in found.outcomes if one.tag >> 16 == 0x6000)
    stripped, _ = through(made, transfer_syntax, STRIP)
    assert np.array_equal(words_of(stripped, geometry, big=big), each(words, geometry.plain)) and not groups(stripped)


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, BIG, DEFLATED])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_a_rectangle_in_a_plane_spares_the_image_and_all_other_bits(geometry: Geometry, transfer_syntax: str) -> None:
    big, bit = transfer_syntax == BIG, geometry.beside[-1]
    words = random_words(geometry)
    made = with_plane(native(words, geometry, big=big), bit)
    after, _ = through(made, transfer_syntax, Blank(BOX, overlay="6000", frames=((2, 3),)))
    wanted = words.copy()
    part = (slice(1, 3), slice(BOX.top, BOX.bottom), slice(BOX.left, BOX.right))
    wanted[part] = each(words[part], lambda word: geometry.without(word, bit))
    assert np.array_equal(words_of(after, geometry, big=big), wanted)
    assert groups(after) == {0x6000}


def test_a_group_that_names_a_bit_of_the_image_loses_its_attributes_and_the_image_no_bit() -> None:
    geometry = Geometry(16, 12, 11, False)
    words = random_words(geometry)
    made = with_plane(native(words, geometry), 0)  # as some devices write: position 0, no data
    after, _ = through(made, EXPLICIT, STRIP)
    assert np.array_equal(words_of(after, geometry), each(words, geometry.plain)) and not groups(after)


def test_planes_that_are_stored_stay_when_high_bits_are_stripped() -> None:
    geometry = Geometry(16, 12, 11, False)
    made = with_plane(native(random_words(geometry), geometry), 12, 0x6002)
    with_plane(made, 0)[0x60000100].value = 1
    made.add_new(0x60003000, "OW", bytes([0xFF] * 6))
    after, _ = through(made, EXPLICIT, STRIP)
    assert groups(after) == {0x6000} and after[0x60003000].value == bytes([0xFF] * 4) + b"\xff\xff"


def test_nothing_is_stripped_where_the_image_fills_its_words() -> None:
    geometry = Geometry(16, 16, 15, True)
    words = random_words(geometry)
    after, _ = through(native(words, geometry), EXPLICIT, STRIP)
    assert np.array_equal(words_of(after, geometry), words)


def test_a_blank_leaves_no_plane_behind_it_once_the_plane_is_stripped() -> None:
    geometry = Geometry(16, 12, 11, True)
    words = random_words(geometry)
    made = with_plane(native(words, geometry, PixelPaddingValue=100), 14)
    after, _ = through(made, EXPLICIT, STRIP, Blank(BOX))
    wanted = each(words, geometry.plain)
    wanted[:, BOX.top : BOX.bottom, BOX.left : BOX.right] = 100
    assert np.array_equal(words_of(after, geometry), wanted)


# ---- compressed

WIDE = {
    "RLE": ("5", rle_encode, lambda kind: rle_decode((ROWS, COLUMNS), kind)),
    "JPEG lossless": ("4.57", CODED["JPEG lossless SV1, 16 bits"].encode, lambda kind: CODED["JPEG lossless"].decode),
    "JPEG-LS": ("4.80", CODED["JPEG-LS, 16 bits"].encode, lambda kind: imagecodecs.jpegls_decode),
    "JPEG 2000": ("4.90", CODED["JPEG 2000"].encode, lambda kind: imagecodecs.jpeg2k_decode),
    "HTJ2K": ("4.201", CODED["HTJ2K"].encode, lambda kind: imagecodecs.jpeg2k_decode),
    "JPEG XL": ("4.110", CODED["JPEG XL, lossless"].encode, lambda kind: imagecodecs.jpegxl_decode),
    "deflated": ("8.1", deflate, lambda kind: inflate((ROWS, COLUMNS), kind)),
}
SHAPES = [Geometry(16, 12, 11, False), Geometry(16, 12, 11, True), Geometry(16, 12, 15, True), Geometry(16, 10, 12, False)]
IN_BYTES = [("RLE", Geometry(32, 20, 19, True)), ("deflated", Geometry(32, 24, 27, True)), ("RLE", Geometry(8, 6, 5, True))]


@pytest.mark.parametrize(("name", "geometry"), [*((name, shape) for name in WIDE for shape in SHAPES), *IN_BYTES], ids=str)
@pytest.mark.parametrize("work", ["strip", "remove", "rectangle"])
def test_planes_in_compressed_frames(name: str, geometry: Geometry, work: str) -> None:
    number, encode, decoder = WIDE[name]
    words, bits = random_words(geometry), geometry.beside
    made = native(words, geometry)
    encapsulated(made, [encode(frame) for frame in words])
    with_plane(with_plane(made, bits[0]), bits[-1], 0x6002)
    uid = f"1.2.840.10008.1.2.{number}"
    wanted = words.copy()
    if work == "strip":
        after, _ = through(made, uid, STRIP)
        wanted = each(words, geometry.plain)
        assert not groups(after)
    elif work == "remove":
        after, _ = through(made, uid, rules=(plans.rule("X", "(6002,3000)"),))
        wanted = each(words, lambda word: geometry.without(word, bits[-1]))
        assert groups(after) == {0x6000}
    else:
        after, _ = through(made, uid, Blank(BOX, overlay="6000", frames=((2, 2),)))
        part = (1, slice(BOX.top, BOX.bottom), slice(BOX.left, BOX.right))
        wanted[part] = each(words[part], lambda word: geometry.without(word, bits[0]))
        assert groups(after) == {0x6000, 0x6002}
        before, now = fragments_of(made)[1], fragments_of(after)[1]
        assert [data for _, data in now][::2] == [data for _, data in before][::2]
    decode = decoder(words.dtype.str[1:])
    assert after.file_meta.TransferSyntaxUID == uid
    for (_, data), frame in zip(fragments_of(after)[1], wanted, strict=True):
        assert np.array_equal(np.asarray(decode(data)).view(words.dtype).reshape(frame.shape), frame)
