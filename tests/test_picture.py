"""Frames as samples and as pictures, against obvious oracles: samples picked bit by bit, pydicom's pipelines, sorted lists."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import imagecodecs
import numpy as np
import pytest
from compressed_objects import BLOCKS, CODED, Coded, encapsulated, image
from hypothesis import given
from hypothesis import strategies as st
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file, instance, redacted
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, convert_color_space
from pydicom.pixels.processing import _expand_segmented_lut

from deidrules.dicom.reader import read
from deidrules.pixels.facts import read_facts
from deidrules.pixels.palette import expanded, read_palette
from deidrules.pixels.picture import HIGHEST, LOWEST, Pictures, picture
from deidrules.pixels.png import png
from deidrules.pixels.samples import FrameReader, samples
from deidrules.plan.pixels import Blank, Rectangle
from deidrules.text.refusal import Refusal

PREFIX = "1.2.840.10008.1.2."


def values(made: Dataset, transfer_syntax: str = EXPLICIT) -> list[np.ndarray]:
    """The samples of every frame."""
    found = instance(made, transfer_syntax)
    facts = read_facts(found)
    reader = FrameReader(found, facts)
    return [reader.samples(frame).values for frame in range(facts.frames)]


def shown(made: Dataset, transfer_syntax: str = EXPLICIT, frame: int = 0) -> np.ndarray:
    found = instance(made, transfer_syntax)
    return picture(found, read_facts(found), frame)


def with_values(array: np.ndarray, **options: Any) -> Dataset:
    """One grey frame of these numbers, all bits stored."""
    bits = 8 * array.itemsize
    return dataset(
        rows=array.shape[0], columns=array.shape[1], allocated=bits, signed=array.dtype.kind == "i", value=array.tobytes(), **options
    )


# ---- samples


def number(word: int, stored: int, high: int, signed: bool) -> int:
    """The image's bits of a word."""
    bits = word >> high - stored + 1 & (1 << stored) - 1
    return bits - (1 << stored) if signed and bits >> stored - 1 else bits


def one_by_one(made: Dataset, order: str, swapped: bool) -> np.ndarray:
    """frame x row x column x sample, picked bit by bit."""
    data = bytearray(made.PixelData)
    if swapped:
        data = bytearray(b"".join(bytes(pair[::-1]) for pair in zip(data[::2], data[1::2], strict=True)))
    frames, rows, columns, parts = int(made.get("NumberOfFrames") or 1), made.Rows, made.Columns, made.SamplesPerPixel
    size = made.BitsAllocated // 8
    out = np.zeros((frames, rows, columns, parts), "i8")
    for at, (frame, row, column, part) in enumerate(np.ndindex(out.shape)):
        if made.BitsAllocated == 1:
            out[frame, row, column, part] = data[at >> 3] >> (at & 7) & 1
            continue
        place = at
        if made.PhotometricInterpretation == "YBR_FULL_422":
            pair = ((frame * rows + row) * columns + column) // 2
            place = 4 * pair + (column % 2 if part == 0 else part + 1)
        elif made.get("PlanarConfiguration"):
            place = ((frame * parts + part) * rows + row) * columns + column
        word = int.from_bytes(data[place * size : (place + 1) * size], "little" if order == "<" else "big")
        out[frame, row, column, part] = number(word, made.BitsStored, made.HighBit, bool(made.PixelRepresentation))
    return out


LAYOUTS: dict[str, dict[str, Any]] = {
    "8 bits": {},
    "12 of 16 bits": {"allocated": 16, "stored": 12},
    "12 of 16 bits, signed": {"allocated": 16, "stored": 12, "signed": True},
    "10 of 16 bits in the middle": {"allocated": 16, "stored": 10, "high": 12},
    "signed, at the top": {"allocated": 16, "stored": 12, "high": 15, "signed": True},
    "16 bits, signed": {"allocated": 16, "signed": True},
    "32 bits": {"allocated": 32},
    "20 of 32 bits, signed": {"allocated": 32, "stored": 20, "signed": True},
    "RGB": {"samples": 3, "photometric": "RGB"},
    "RGB by planes": {"samples": 3, "photometric": "RGB", "planar": 1},
    "RGB, 16 bits": {"samples": 3, "photometric": "RGB", "allocated": 16},
    "YBR_FULL by planes": {"samples": 3, "photometric": "YBR_FULL", "planar": 1},
    "YBR_FULL_422": {"samples": 3, "photometric": "YBR_FULL_422"},
    "CMYK": {"samples": 4, "photometric": "CMYK"},
    "one bit": {"allocated": 1, "rows": 5, "columns": 7},
}


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT, DEFLATED, BIG])
@pytest.mark.parametrize("name", LAYOUTS)
def test_native_samples_are_what_stands_in_the_bits(name: str, transfer_syntax: str) -> None:
    made = dataset(frames=3, **LAYOUTS[name])
    order = ">" if transfer_syntax == BIG else "<"
    wanted = one_by_one(made, order, swapped=transfer_syntax == BIG and made.BitsAllocated <= 8)
    found = values(made, transfer_syntax)
    assert [array.shape for array in found] == [wanted.shape[1:]] * 3
    assert np.array_equal(np.stack(found), wanted)


def test_bytes_of_eight_bit_samples_in_ob_are_not_exchanged() -> None:
    made = dataset(vr="OB")
    assert np.array_equal(np.stack(values(made, BIG)), one_by_one(made, ">", swapped=False))


@pytest.mark.parametrize(("keyword", "kind"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")])
@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG])
def test_floating_point_samples(keyword: str, kind: str, transfer_syntax: str) -> None:
    numbers = np.linspace(-3, 4, 96).reshape(2, 6, 8).astype(kind)
    value = numbers.astype(numbers.dtype.newbyteorder(">" if transfer_syntax == BIG else "<")).tobytes()
    made = dataset(frames=2, keyword=keyword, allocated=8 * numbers.itemsize, value=value)
    assert np.array_equal(np.stack(values(made, transfer_syntax))[..., 0], numbers)


@pytest.mark.parametrize("table", ["basic", "none"])
@pytest.mark.parametrize("name", [*CODED, *BLOCKS])
def test_compressed_samples_are_what_their_codec_says(name: str, table: str) -> None:
    coded: Coded = {**CODED, **BLOCKS}[name]
    frames = coded.frames(3)
    found = values(coded.object(frames, table=table), coded.uid)
    for frame, array in zip(frames, found, strict=True):
        wanted = np.asarray(coded.decode(frame)).astype("i8")
        stored = coded.layout.get("stored", 8 * coded.make(0).itemsize)
        if coded.layout.get("signed"):
            wanted = (wanted & (1 << stored) - 1 ^ 1 << stored - 1) - (1 << stored - 1)
        assert np.array_equal(array, wanted.reshape(array.shape)), name


@pytest.mark.parametrize("number_", [52, 53, 54, 55, 56])
def test_progressive_jpeg_is_shown_though_no_rule_can_change_it(number_: int) -> None:
    import cv2

    rgb = image(24, 40, 3)
    frame = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert b"\xff\xc2" in frame
    made = encapsulated(dataset(rows=24, columns=40, samples=3, photometric="YBR_FULL_422", value=b""), [frame])
    assert np.array_equal(values(made, f"{PREFIX}4.{number_}")[0], imagecodecs.jpeg8_decode(frame))


def test_uncompressed_frames_in_fragments() -> None:
    frames = [image(24, 40, bits=12, seed=seed) for seed in range(3)]
    made = encapsulated(
        dataset(rows=24, columns=40, frames=3, allocated=16, stored=12, value=b""), [frame.astype("<u2").tobytes() for frame in frames]
    )
    assert np.array_equal(np.stack(values(made, f"{PREFIX}1.98"))[..., 0], frames)
    short = [frames[0].tobytes(), frames[1].tobytes()[:-2], frames[2].tobytes()]
    with pytest.raises(Refusal, match="pixel-data-short"):
        values(encapsulated(dataset(rows=24, columns=40, frames=3, allocated=16, stored=12, value=b""), short), f"{PREFIX}1.98")


@pytest.mark.parametrize("transform", ["adobe", "jfif"])
def test_the_colours_of_jpeg_follow_the_stream_and_not_the_object(transform: str) -> None:
    rgb = image(24, 40, 3)
    space = "rgb" if transform == "adobe" else None
    frame = bytes(imagecodecs.jpeg8_encode(rgb, level=95, colorspace="rgb", outcolorspace=space))
    said = "YBR_FULL_422" if transform == "adobe" else "RGB"
    found = shown(encapsulated(dataset(rows=24, columns=40, samples=3, photometric=said, value=b""), [frame]), f"{PREFIX}4.50")
    assert np.abs(found.astype("i4") - rgb).mean() < 12


def test_a_frame_that_is_not_there_is_no_frame() -> None:
    found = instance(dataset(frames=2))
    for frame in (-1, 2):
        with pytest.raises(IndexError):
            samples(found, read_facts(found), frame)
    bare = dataset()
    del bare.PixelData
    found = instance(bare)
    with pytest.raises(IndexError):
        samples(found, read_facts(found), 0)


def test_what_cannot_be_decoded_is_refused() -> None:
    video = encapsulated(dataset(frames=2, samples=3, photometric="YBR_PARTIAL_420", value=b""), [b"\0\0\1\xb3"])
    with pytest.raises(Refusal, match="encapsulated-pixels-unsupported"):
        shown(video, f"{PREFIX}4.100")
    whole = BLOCKS["JPEG"].frames(2)
    short = [whole[0], whole[1][: len(whole[1]) // 2]]
    found = instance(BLOCKS["JPEG"].object(short), f"{PREFIX}4.50")
    pictures = Pictures(found, read_facts(found))
    assert pictures.picture(0).shape == (24, 40)
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        pictures.picture(1)
    other = encapsulated(dataset(rows=24, columns=41, value=b""), whole[:1])
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        shown(other, f"{PREFIX}4.50")
    with pytest.raises(Refusal, match="frames-unclear"):
        shown(BLOCKS["JPEG"].object(whole, NumberOfFrames=3), f"{PREFIX}4.50")


def test_an_object_is_read_where_it_lies_and_left_as_it_was() -> None:
    made = dataset(frames=4, allocated=16, rows=32, columns=32)
    data = file(made)
    found = read(data)
    reader = FrameReader(found, read_facts(found))
    for frame in range(4):
        assert not reader.samples(frame).values.flags.writeable
    assert found.buffer is data and data == file(made)


# ---- grey


def like_pydicom(made: Dataset, array: np.ndarray, *, prefer_lut: bool = False) -> np.ndarray:
    """Bytes by pydicom's transformations. The frame has to reach both ends of what is shown."""
    out = apply_voi_lut(apply_modality_lut(array, made), made, prefer_lut=prefer_lut).astype("f8")
    return np.rint((out - out.min()) / (out.max() - out.min()) * 255)


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("slope", "intercept"), [(None, None), (1, -1024), (2.5, 10), (0.5, -3)])
@pytest.mark.parametrize("kind", ["u2", "i2"])
def test_the_window_of_the_object_is_used(function: str | None, slope: float | None, intercept: float | None, kind: str) -> None:
    array = np.linspace(0 if kind == "u2" else -32000, 32000, 1200).reshape(30, 40).astype(kind)
    made = with_values(array)
    if function is not None:
        made.VOILUTFunction = function
    if slope is not None:
        made.RescaleSlope, made.RescaleIntercept = slope, intercept
    of_modality = apply_modality_lut(array, made).astype("f8")
    # within the values, so that both ends are reached
    center, width = round(of_modality.mean()), round(np.ptp(of_modality) / 3)
    made.WindowCenter, made.WindowWidth = [center, 40], [width, 80]
    wanted = like_pydicom(made, array)
    if function == "SIGMOID":  # it nears its ends and never reaches them
        wanted = np.rint(255 / (1 + np.exp(-4 * (of_modality - center) / width)))
    assert np.abs(shown(made).astype("i4") - wanted).max() <= 1
    assert len(np.unique(shown(made))) > 5


def test_a_negative_slope_turns_dark_into_bright() -> None:
    array = np.arange(1200, dtype="u2").reshape(30, 40)
    made = with_values(array, RescaleSlope=-1, RescaleIntercept=300, WindowCenter=-300, WindowWidth=401)
    assert np.array_equal(shown(made), np.rint(np.clip((300 - array.astype("f8") + 300.5) / 400 + 0.5, 0, 1) * 255))


def lut(first: int, entries: list[int], bits: int = 16) -> Dataset:
    made = Dataset()
    made.LUTDescriptor = [len(entries), first, bits]
    made["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    made.LUTData = entries
    made["LUTData"].VR = "US"
    return made


@pytest.mark.parametrize("kind", ["u2", "i2"])
@pytest.mark.parametrize("where", ["ModalityLUTSequence", "VOILUTSequence"])
def test_tables_of_the_object_are_used(kind: str, where: str) -> None:
    array = np.arange(-300 if kind == "i2" else 0, 900).astype(kind)[:1200].reshape(30, -1)
    first = -100 if kind == "i2" else 40
    made = with_values(array)
    setattr(made, where, [lut(first, [(entry * 37) % 4000 for entry in range(256)])])
    if where == "ModalityLUTSequence":
        made.WindowCenter, made.WindowWidth = 1500, 900
    assert np.abs(shown(made).astype("i4") - like_pydicom(made, array, prefer_lut=True)).max() <= 1


def test_each_frame_of_an_enhanced_object_has_its_own_window() -> None:
    def groups(center: float, width: float) -> Dataset:
        inner, outer = Dataset(), Dataset()
        inner.WindowCenter, inner.WindowWidth = center, width
        outer.FrameVOILUTSequence = [inner]
        return outer

    rescale, shared = Dataset(), Dataset()
    rescale.RescaleSlope, rescale.RescaleIntercept = 2, -100
    shared.PixelValueTransformationSequence = [rescale]
    made = dataset(frames=2, allocated=16, value=np.arange(96, dtype="u2").tobytes() * 1)
    made.SharedFunctionalGroupsSequence = [shared]
    made.PerFrameFunctionalGroupsSequence = [groups(-50, 41), groups(40, 61)]
    for frame, (center, width) in enumerate([(-50, 41), (40, 61)]):
        stored = np.arange(48 * frame, 48 * frame + 48).reshape(6, 8)
        wanted = np.clip((2 * stored - 100 - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
        assert np.array_equal(shown(made, frame=frame), np.rint(wanted))


@given(st.lists(st.integers(-500, 3000), min_size=48, max_size=48))
def test_without_a_window_a_frame_is_shown_by_percentiles(numbers: list[int]) -> None:
    ordered = sorted(numbers)

    def at(share: float) -> int:
        return next(value for place, value in enumerate(ordered, start=1) if place / len(ordered) >= share)

    low, high = at(LOWEST), at(HIGHEST)
    array = np.array(numbers, "i2").reshape(6, 8)
    found = shown(with_values(array))
    if low == high:
        low, high = ordered[0], ordered[-1]
    wanted = np.zeros((6, 8)) if low == high else np.rint(np.clip((array.astype("f8") - low) / (high - low), 0, 1) * 255)
    assert np.array_equal(found, wanted)


def test_few_bright_letters_on_an_even_ground_are_seen() -> None:
    array = np.full((200, 200), 7, "u2")
    array[5, 5:9] = 90
    found = shown(with_values(array))
    assert found[5, 5] == 255 and found[0, 0] == 0
    assert not shown(with_values(np.full((4, 4), 7, "u2"))).any()


def test_a_window_that_shows_nothing_does_not_hide_what_is_there() -> None:
    array = np.tile(np.arange(40, dtype="u2"), (30, 1))
    assert np.ptp(shown(with_values(array, WindowCenter=9000, WindowWidth=10))) == 255


@pytest.mark.parametrize(("center", "width"), [("x", "1"), ("1", "0"), ("1", ""), ("1", "nan"), ("1", "-5")])
def test_a_window_that_says_nothing_is_none(center: str, width: str) -> None:
    array = np.tile(np.arange(40, dtype="u2"), (30, 1))
    data = bytearray(file(with_values(array, WindowCenter="1111", WindowWidth="2222")))
    for old, new in ((b"1111", center), (b"2222", width)):
        at = data.index(old)
        data[at : at + 4] = new.ljust(4).encode()
    found = read(bytes(data))
    assert np.array_equal(picture(found, read_facts(found), 0), shown(with_values(array)))


def test_percentiles_alone_where_asked() -> None:
    array = np.tile(np.arange(40, dtype="u2"), (30, 1))
    found = instance(with_values(array, WindowCenter=5, WindowWidth=4))
    plain = Pictures(found, read_facts(found), windowed=False).picture(0)
    assert np.array_equal(plain, shown(with_values(array))) and not np.array_equal(plain, Pictures(found, read_facts(found)).picture(0))


def test_monochrome1_is_inverted_and_one_bit_is_black_or_white() -> None:
    array = np.arange(48, dtype="u2").reshape(6, 8)
    assert np.array_equal(shown(with_values(array, photometric="MONOCHROME1")), 255 - shown(with_values(array)))
    ones = dataset(allocated=1, frames=3, rows=5, columns=7)
    assert np.array_equal(shown(ones, frame=2), one_by_one(ones, "<", swapped=False)[2, ..., 0] * 255)


def test_floats_that_are_no_numbers_are_left_out() -> None:
    numbers = np.linspace(0, 1, 48).reshape(6, 8).astype("f4")
    numbers[0, :3] = np.nan, np.inf, -np.inf
    found = shown(dataset(keyword="FloatPixelData", allocated=32, value=numbers.tobytes()))
    assert found[0, 0] == 0 and found[0, 1] == 255 and found[0, 2] == 0 and np.all(np.diff(found.reshape(-1)[3:].astype("i4")) >= 0)
    assert found[5, 7] == 255


# ---- colours


def test_rgb_of_eight_bits_is_the_samples_and_of_more_their_upper_ones() -> None:
    eight = dataset(samples=3, photometric="RGB")
    assert np.array_equal(shown(eight), values(eight)[0])
    wide = dataset(samples=3, photometric="RGB", allocated=16, stored=12)
    assert np.array_equal(shown(wide), np.rint(values(wide)[0] / 4095 * 255))


@pytest.mark.parametrize("photometric", ["YBR_FULL", "YBR_FULL_422"])
def test_full_range_chroma_becomes_rgb(photometric: str) -> None:
    made = dataset(rows=40, columns=40, samples=3, photometric=photometric)
    wanted = convert_color_space(values(made)[0].astype("u1"), "YBR_FULL", "RGB")
    assert np.abs(shown(made).astype("i4") - wanted).max() <= 1


def test_partial_range_chroma_becomes_rgb() -> None:
    # Y, Y, Cb, Cr: black, white; mid grey twice; the red of the standard's example range
    made = dataset(rows=1, columns=4, samples=3, photometric="YBR_PARTIAL_422", value=bytes([16, 235, 128, 128, 82, 82, 90, 240]))
    assert np.abs(shown(made)[0].astype("i4") - [[0, 0, 0], [255, 255, 255], [255, 0, 0], [255, 0, 0]]).max() <= 2


def test_inks_become_rgb() -> None:
    made = dataset(rows=1, columns=3, samples=4, photometric="CMYK", value=bytes([0, 0, 0, 0, 255, 0, 0, 0, 9, 9, 9, 255]))
    assert shown(made).tolist() == [[[255, 255, 255], [0, 255, 255], [0, 0, 0]]]


@pytest.mark.parametrize(("photometric", "count"), [("HSV", 3), ("ARGB", 4), ("MONOCHROME2", 3), ("RGB", 1)])
def test_what_has_no_picture_is_refused(photometric: str, count: int) -> None:
    with pytest.raises(Refusal, match="unsupported-pixel-layout"):
        shown(dataset(samples=count, photometric=photometric))


def palette(made: Dataset, descriptor: list[int], tables: list[bytes], *, segmented: bool = False) -> Dataset:
    made.PhotometricInterpretation = "PALETTE COLOR"
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", descriptor)
        setattr(made, f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData", table + b"\0" * (len(table) % 2))
    return made


def tables(count: int, size: int) -> list[bytes]:
    return [np.random.default_rng(seed).integers(0, 1 << 8 * size, count).astype(f"<u{size}").tobytes() for seed in range(3)]


@pytest.mark.parametrize(("count", "first", "bits"), [(256, 0, 8), (256, 0, 16), (102, 30, 8), (100, 30, 16), (256, 200, 16)])
def test_a_palette_is_looked_up(count: int, first: int, bits: int) -> None:
    made = palette(dataset(rows=20, columns=20), [count, first, bits], tables(count, bits // 8))
    wanted = apply_color_lut(values(made)[0][..., 0], made)
    assert np.array_equal(shown(made), wanted >> bits - 8)


def test_a_palette_in_big_endian_is_the_same_palette() -> None:
    for bits in (8, 16):
        little = palette(dataset(rows=20, columns=20), [256, 0, bits], tables(256, bits // 8))
        swapped = [np.frombuffer(table, "<u2").astype(">u2").tobytes() for table in tables(256, bits // 8)]
        big = palette(dataset(rows=20, columns=20, vr="OB"), [256, 0, bits], swapped)
        assert np.array_equal(shown(little), shown(big, BIG))


def test_sixteen_bits_that_hold_eight_are_not_shown_black() -> None:
    made = palette(dataset(rows=20, columns=20), [256, 0, 16], [np.arange(256, dtype="<u2").tobytes()] * 3)
    assert np.array_equal(shown(made)[..., 0], values(made)[0][..., 0])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_segmented_palette_is_expanded(bits: int) -> None:
    kind = f"<u{bits // 8}"
    # a discrete segment, linear ones up and down; of 8 bits an indirect one that copies the first two
    units = [0, 3, 5, 9, 2, 1, 100, 250, 1, 50, 10]
    count = 153
    if bits == 8:
        units += [2, 2, 0, 0, 0, 0]
        count += 103
    made = palette(dataset(rows=20, columns=20), [count % 65536, 0, bits], [np.array(units, kind).tobytes()] * 3, segmented=True)
    found = read_palette(instance(made))
    assert list(found.red) == _expand_segmented_lut(tuple(units), "<B" if bits == 8 else "<H")
    wanted = np.array(found.red)[np.minimum(values(made)[0][..., 0], count - 1)]
    assert np.array_equal(shown(made)[..., 1], wanted)  # none above 255: they are taken for eight bits
    assert all(abs(one - other) < 6 for one, other in pairwise(found.red[103:153]))


@pytest.mark.parametrize(
    ("units", "bits"),
    [((1, 4, 9), 8), ((0, 0), 8), ((0, 9, 1, 2), 8), ((3, 1, 1), 8), ((0, 2, 7, 7, 2, 1, 0, 0), 16), ((2, 1, 0, 0, 0, 0), 8), ((), 8)],
)
def test_a_broken_segmented_palette_is_no_palette(units: tuple[int, ...], bits: int) -> None:
    with pytest.raises((IndexError, ValueError)):
        expanded(units, 4, bits=bits)


@given(st.lists(st.integers(0, 255), max_size=30), st.integers(1, 300), st.sampled_from([8, 16]))
def test_whatever_a_segmented_palette_says_it_ends(units: list[int], count: int, bits: int) -> None:
    try:
        assert len(expanded(tuple(units), count, bits=bits)) == count
    except (IndexError, ValueError):
        pass


def test_a_palette_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Refusal, match="missing-pixel-attribute"):
        shown(dataset(photometric="PALETTE COLOR"))
    for descriptor, data in (([200, 0, 8], tables(256, 1)), ([256, 0, 12], tables(256, 2)), ([256, 0, 16], tables(100, 2))):
        with pytest.raises(Refusal, match="pixel-attribute"):
            shown(palette(dataset(), descriptor, data))


@pytest.mark.parametrize("segmented", [False, True])
def test_a_blank_is_the_darkest_entry_of_either_palette(segmented: bool) -> None:
    if segmented:  # 90 down to 3 at index 30, and up again
        data = [bytes([0, 1, 90, 1, 30, 3, 1, 69, 200])] * 3
    else:
        data = [bytes(abs(entry - 30) + 3 for entry in range(100))] * 3
    made = palette(dataset(rows=20, columns=20), [100, 0, 8], data, segmented=segmented)
    found = instance(made)
    parts = redacted(found, Blank(Rectangle(2, 3, 9, 9))).parts
    assert parts is not None
    after = shown(palette(dataset(rows=20, columns=20, value=b"".join(parts)), [100, 0, 8], data, segmented=segmented))
    assert (after[3:9, 2:9] == 3).all()
    outside = np.ones((20, 20), bool)
    outside[3:9, 2:9] = False
    assert np.array_equal(after[outside], shown(made)[outside])


# ---- PNG


def test_a_png_holds_the_picture_and_nothing_else() -> None:
    for pixels in (shown(dataset()), shown(dataset(samples=3, photometric="RGB")), np.eye(5, 7, dtype=bool)):
        data = png(pixels)
        kinds, at = [], 8
        while at < len(data):
            kinds.append(data[at + 4 : at + 8])
            at += 12 + int.from_bytes(data[at : at + 4], "big")
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}
        assert np.array_equal(imagecodecs.png_decode(data), pixels * np.uint8(255) if pixels.dtype == bool else pixels)
        assert png(pixels) == data
