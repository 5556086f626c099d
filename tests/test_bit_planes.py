"""Overlay planes and bits beside the image as planes of bits, against pydicom and against masks written out."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from compressed_objects import encapsulated, rle_encode
from pixel_objects import BIG, EXPLICIT, IMPLICIT, dataset, instance
from pydicom.dataset import Dataset
from test_pixels_overlay import with_embedded, with_plane

from deidrules.pixels.bit_planes import hidden_bits, overlay_bits
from deidrules.pixels.facts import read_facts
from deidrules.pixels.samples import FrameReader
from deidrules.text.refusal import Refusal

UIDS = "1.2.840.10008.1.2."


def overlay(made: Dataset, group: int, frame: int = 0, transfer_syntax: str = EXPLICIT) -> np.ndarray:
    found = instance(made, transfer_syntax)
    facts = read_facts(found)
    plane = facts.plane(group)
    assert plane is not None
    return overlay_bits(found, facts, plane, frame, FrameReader(found, facts))


def hidden(made: Dataset, frame: int = 0, transfer_syntax: str = EXPLICIT) -> dict[int, np.ndarray]:
    found = instance(made, transfer_syntax)
    facts = read_facts(found)
    return hidden_bits(FrameReader(found, facts).words(frame), facts)


def random_bits(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) < 0.4


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT])
def test_a_stored_plane_has_its_own_rows_columns_and_frames(transfer_syntax: str) -> None:
    bits = random_bits(3, 5, 7)
    made = with_plane(dataset(frames=4), 0x6002, rows=5, columns=7, frames=3, origin=(-2, 4), first=2, bits=bits)
    for frame in range(3):
        assert np.array_equal(overlay(made, 0x6002, frame, transfer_syntax), bits[frame])
    assert np.array_equal(np.stack([overlay(made, 0x6002, frame) for frame in range(3)]), made.overlay_array(0x6002))
    for frame in (-1, 3):
        with pytest.raises(IndexError):
            overlay(made, 0x6002, frame)


def test_a_plane_in_words_of_big_endian_data_has_their_bytes_exchanged() -> None:
    bits = random_bits(3, 5, 7)
    made = with_plane(dataset(frames=3), rows=5, columns=7, frames=3, bits=bits)
    data = made[0x6000, 0x3000].value
    made[0x6000, 0x3000].value = b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2))
    for frame in range(3):
        assert np.array_equal(overlay(made, 0x6000, frame, BIG), bits[frame])


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG])
def test_an_embedded_plane_is_a_bit_of_each_sample(transfer_syntax: str) -> None:
    made = with_embedded(dataset(allocated=16, stored=12, frames=2), 0x6000, 13)
    words = np.frombuffer(made.PixelData, ">u2" if transfer_syntax == BIG else "<u2").reshape(2, 6, 8)
    for frame in range(2):
        assert np.array_equal(overlay(made, 0x6000, frame, transfer_syntax), words[frame] >> 13 & 1)


def test_a_plane_that_its_attributes_do_not_describe_is_refused() -> None:
    made = with_plane(dataset())
    made[0x6000, 0x0010].value = 600
    with pytest.raises(Refusal, match="overlay-attributes"):
        overlay(made, 0x6000)


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG])
def test_bits_beside_the_image_are_found_though_nothing_speaks_of_them(transfer_syntax: str) -> None:
    made = dataset(allocated=16, stored=9, high=11, frames=2)
    words = np.frombuffer(made.PixelData, ">u2" if transfer_syntax == BIG else "<u2").reshape(2, 6, 8)
    for frame in range(2):
        found = hidden(made, frame, transfer_syntax)
        assert sorted(found) == [0, 1, 2, 12, 13, 14, 15]
        for bit, plane in found.items():
            assert np.array_equal(plane[..., 0], words[frame] >> bit & 1)


def test_planes_that_an_overlay_group_names_are_not_told_twice() -> None:
    made = with_embedded(dataset(allocated=16, stored=14), 0x6000, 15)
    assert sorted(hidden(made)) == [14]


def test_the_sign_above_the_image_is_nothing_hidden_and_what_differs_from_it_is() -> None:
    values = np.arange(-24, 24, dtype="i2")
    made = dataset(allocated=16, stored=12, signed=True, value=values.tobytes())
    assert hidden(made) == {}
    values[5] ^= 1 << 13  # a bit taken out of the sign of a negative one
    values[40] |= 1 << 14
    found = hidden(dataset(allocated=16, stored=12, signed=True, value=values.tobytes()))
    assert sorted(found) == [13, 14]
    assert np.array_equal(found[13][..., 0].ravel(), (values < 0) & (np.arange(48) != 5))


def test_nothing_hidden_where_nothing_is_set_and_none_in_floats() -> None:
    assert hidden(dataset(allocated=16, stored=12, value=np.arange(48, dtype="u2").tobytes())) == {}
    assert hidden(dataset(keyword="FloatPixelData", allocated=32, value=np.ones(48, "f4").tobytes())) == {}
    assert hidden(dataset(allocated=1)) == {}


def test_compressed_samples_can_hide_bits_too() -> None:
    words = np.arange(960, dtype="u2").reshape(24, 40)
    words[3, 4:20] |= 1 << 15
    for syntax, frame in (("5", rle_encode(words)), ("4.80", bytes(imagecodecs.jpegls_encode(words)))):
        made = encapsulated(dataset(rows=24, columns=40, allocated=16, stored=12, value=b""), [frame])
        found = hidden(made, 0, UIDS + syntax)
        assert sorted(found) == [15] and found[15].sum() == 16
    narrow = bytes(imagecodecs.jpeg8_encode(words & 0xFFF, level=90, bitspersample=12))
    assert hidden(encapsulated(dataset(rows=24, columns=40, allocated=16, stored=12, value=b""), [narrow]), 0, UIDS + "4.51") == {}
