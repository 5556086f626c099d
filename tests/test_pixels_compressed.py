"""Rectangles in compressed frames of every transfer syntax: a middle frame changes, the others stay as they are, byte for byte."""

from __future__ import annotations

import io
from struct import unpack
from typing import Any

import imagecodecs
import jpeg_streams
import numpy as np
import plans
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, PALETTE, RGB, Coded, encapsulated, fragments_of, image
from pixel_objects import dataset, file, instance, redacted
from pydicom.dataset import Dataset

from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.compressed import TRANSFER_SYNTAXES
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Policies
from deidrules.plan.pixels import Blank, Clean, Everything, Label, Operation, Rectangle, Strip
from deidrules.text.refusal import Refusal

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
BOX = Rectangle(9, 4, 19, 14)
MIDDLE = Blank(BOX, frames=((2, 2),))


def through(made: Dataset, transfer_syntax: str, *operations: Operation, rules: tuple[Any, ...] = ()) -> Dataset:
    """The object through the whole engine, and read back."""
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    engine = Engine(plans.plan(*rules, policies=LOOSE, conditions=ALWAYS, pixels=pixels), KeyRing(bytes(range(32))))
    out = b"".join(engine.apply(file(made, transfer_syntax)).parts)
    return pydicom.dcmread(io.BytesIO(out))


def fill_of(coded: Coded, frame: np.ndarray, inside: np.ndarray) -> Any:
    """The blank as decoded, worked out from the samples outside."""
    if coded.fill not in ("smallest", "largest"):
        return coded.fill
    rest = frame[~inside].astype("i8")
    bits = coded.layout.get("stored", 8 * frame.itemsize)
    if coded.layout.get("signed") and frame.dtype.kind == "u":
        rest = (rest & (1 << bits) - 1 ^ 1 << bits - 1) - (1 << bits - 1)
    value = int(rest.min() if coded.fill == "smallest" else rest.max())
    # in the words of the samples: those that fill their words hold the sign above BitsStored, streams of fewer bits do not
    wide = frame.dtype.kind == "i" or int(frame.max()) >= 1 << bits
    return value if frame.dtype.kind == "i" else value & (1 << (8 * frame.itemsize if wide else bits)) - 1


def inside_of(shape: tuple[int, ...]) -> np.ndarray:
    inside = np.zeros(shape[:2], bool)
    inside[BOX.top : BOX.bottom, BOX.left : BOX.right] = True
    return inside


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
@pytest.mark.parametrize("name", [*CODED, *BLOCKS])
def test_only_the_middle_frame_changes_and_the_tables_follow(name: str, table: str) -> None:
    coded = {**CODED, **BLOCKS}[name]
    frames = coded.frames(3)
    made = through(coded.object(frames, table=table), coded.uid, MIDDLE)
    assert made.file_meta.TransferSyntaxUID == coded.uid
    basic, fragments = fragments_of(made)
    assert len(fragments) == 3
    for number in (0, 2):
        assert fragments[number][1] == frames[number] + b"\0" * (len(frames[number]) % 2)
    offsets = tuple(offset for offset, _ in fragments)
    assert basic == b"" if table != "basic" else unpack("<3I", basic) == offsets
    if table == "extended":
        assert unpack("<3Q", made.ExtendedOffsetTable) == offsets
        assert all(
            len(data) - length in (0, 1)
            for (_, data), length in zip(fragments, unpack("<3Q", made.ExtendedOffsetTableLengths), strict=True)
        )
    changed = fragments[1][1]
    assert changed != frames[1]
    if name in CODED:
        before, after = coded.decode(frames[1]), coded.decode(changed)
        inside = inside_of(before.shape)
        assert after.dtype == before.dtype
        assert np.array_equal(after[~inside], before[~inside])
        assert (after[inside] == fill_of(coded, before, inside)).all()
    else:
        before, after = (coded.decode(frames[1]), coded.decode(changed))
        assert np.ptp(after[inside_of(before.shape)]) == 0
        assert after[BOX.top, BOX.left].max() == after[BOX.top, BOX.left].min() == coded.fill or coded.uid.endswith("51")
        if coded.uid.endswith("111"):
            frames[1], changed = imagecodecs.jpegxl_decode_jpeg(frames[1]), imagecodecs.jpegxl_decode_jpeg(changed)
        assert same_beside(frames[1], changed, [BOX], white=name == "JPEG, MONOCHROME1")
        one, other = jpeg_streams.read(frames[1]), jpeg_streams.read(changed)
        assert one.segments == other.segments and one.blocks.keys() == other.blocks.keys()
        assert 0 < sum(one.blocks[place] != other.blocks[place] for place in one.blocks) < len(one.blocks)


def test_each_transfer_syntax_of_the_package_is_tried() -> None:
    assert {coded.uid for coded in (*CODED.values(), *BLOCKS.values())} == TRANSFER_SYNTAXES


@pytest.mark.parametrize("name", CODED)
def test_all_outside_a_rectangle_and_several_ranges_of_frames(name: str) -> None:
    coded = CODED[name]
    frames = coded.frames(5)
    given = instance(coded.object(frames), coded.uid)
    found = redacted(given, Blank(BOX, outside=True, frames=((1, 1), (4, 5))), Blank(Rectangle(0, 0, 4, 2), frames=((5, 5),)))
    assert sorted(found.frames) == [0, 3, 4]
    for number, data in found.frames.items():
        before, after = coded.decode(frames[number]), coded.decode(bytes(data))
        blank = ~inside_of(before.shape)
        assert np.array_equal(after[~blank], before[~blank])
        assert (after[blank] == fill_of(coded, before, blank)).all()


@pytest.mark.parametrize("name", ["RLE, palette", "RLE, one bit", "JPEG 2000, signed", "JPEG-LS, near, RGB", "deflated"])
def test_a_frame_blanked_whole_holds_the_value_that_the_description_settles(name: str) -> None:
    coded = CODED[name]
    found = redacted(instance(coded.object(coded.frames(1)), coded.uid), Blank(Everything()))
    after = coded.decode(bytes(found.frames[0]))
    assert (after == (-(1 << 15) if coded.fill == "smallest" else coded.fill)).all()


def test_a_second_pass_changes_nothing_in_what_was_coded_without_loss() -> None:
    for name in ("RLE, RGB", "JPEG-LS, near, RGB", "JPEG 2000, lossy", "HTJ2K, lossy", "JPEG", "JPEG, colour"):
        coded = {**CODED, **BLOCKS}[name]
        once = through(coded.object(coded.frames(3)), coded.uid, MIDDLE)
        twice = through(once, coded.uid, MIDDLE)
        first, second = (coded.decode(fragments_of(one)[1][1][1]) for one in (once, twice))
        assert np.array_equal(first, second)


# ---- bits beside the image

HIDING = {
    "RLE": CODED["RLE, 12 bits"],
    "JPEG lossless": CODED["JPEG lossless SV1, 16 bits"],
    "JPEG-LS": CODED["JPEG-LS, 16 bits"],
    "JPEG 2000": CODED["JPEG 2000"],
    "HTJ2K": CODED["HTJ2K"],
    "JPEG XL": CODED["JPEG XL, lossless"],
    "deflated": CODED["deflated"],
}


def hiding(name: str, *, signed: bool, frames: int = 3) -> tuple[Dataset, list[np.ndarray], list[np.ndarray], Any]:
    """An object of 12 bits with an overlay plane in bit 12 and noise above; its frames, the same with nothing hidden, and the decoder."""
    coded = HIDING[name]
    chance = np.random.default_rng(4)
    plain, full = [], []
    for number in range(frames):
        words = image(24, 40, bits=12, seed=number)
        above = np.where(signed & (words >= 2048), 0xF000, 0).astype("u2")
        plain.append(words | above)
        full.append(words | chance.integers(0, 16, words.shape, "u2") << 12)
    made = dataset(rows=24, columns=40, frames=frames, allocated=16, stored=12, signed=signed, value=b"")
    encapsulated(made, [coded.encode(frame) for frame in full])
    made.add_new(0x60000010, "US", 24)
    made.add_new(0x60000011, "US", 40)
    made.add_new(0x60000040, "CS", "G")
    made.add_new(0x60000050, "SS", [1, 1])
    made.add_new(0x60000100, "US", 16)
    made.add_new(0x60000102, "US", 12)
    return made, full, plain, coded.decode


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", HIDING)
def test_high_bits_are_stripped_in_every_frame_and_the_image_stays(name: str, signed: bool) -> None:
    made, _, plain, decode = hiding(name, signed=signed)
    after = through(made, HIDING[name].uid, Strip("high-bit-overlays"))
    for (_, data), wanted in zip(fragments_of(after)[1], plain, strict=True):
        assert np.array_equal(decode(data), wanted)
    assert not [element.tag for element in after if element.tag.group == 0x6000]


@pytest.mark.parametrize("name", HIDING)
def test_an_overlay_plane_that_a_rule_removes_leaves_the_other_bits(name: str) -> None:
    made, full, _, decode = hiding(name, signed=False)
    after = through(made, HIDING[name].uid, rules=(plans.rule("X", "(60xx,3000)"),))
    for (_, data), before in zip(fragments_of(after)[1], full, strict=True):
        assert np.array_equal(decode(data), before & 0xEFFF)


@pytest.mark.parametrize("name", HIDING)
def test_a_rectangle_in_a_plane_of_the_high_bits_spares_the_image(name: str) -> None:
    made, full, _, decode = hiding(name, signed=False)
    after = through(made, HIDING[name].uid, Blank(BOX, overlay="6000", frames=((2, 2),)))
    fragments = fragments_of(after)[1]
    assert [data for _, data in fragments][::2] == [data for _, data in fragments_of(made)[1]][::2]
    wanted = full[1].copy()
    wanted[BOX.top : BOX.bottom, BOX.left : BOX.right] &= 0xEFFF
    assert np.array_equal(decode(fragments[1][1]), wanted)


@pytest.mark.parametrize("name", [name for name, coded in CODED.items() if coded.layout.get("allocated") != 1])
def test_frames_with_nothing_to_strip_stay_as_they_came(name: str) -> None:
    """Of signed pixels in a stream of fewer bits too: their sign ends where the stream does."""
    coded = CODED[name]
    made = coded.object(coded.frames(3))
    assert fragments_of(through(made, coded.uid, Strip("high-bit-overlays"))) == fragments_of(made)
    planes = {"OverlayRows": 24, "OverlayColumns": 40, "OverlayOrigin": [1, 1], "OverlayBitsAllocated": 16, "OverlayBitPosition": 15}
    for offset, (keyword, value) in zip((0x10, 0x11, 0x50, 0x100, 0x102), planes.items(), strict=True):
        made.add_new(0x60000000 | offset, "SS" if keyword == "OverlayOrigin" else "US", value)
    if made.BitsStored < 16 and made.BitsAllocated == 16:
        after = through(made, coded.uid, rules=(plans.rule("X", "(60xx,3000)"),))
        assert fragments_of(after) == fragments_of(made)


@pytest.mark.parametrize("name", [name for name in CODED if "lossy" not in name and "near" not in name])
def test_a_frame_that_holds_the_blank_already_stays_as_it_came(name: str) -> None:
    """As the encoder of somebody else made it: nothing is coded again for nothing."""
    coded = CODED[name]
    frame = coded.make(1)
    inside = inside_of(frame.shape)
    frame[inside] = fill_of(coded, frame, inside)
    made = coded.object([coded.encode(coded.make(0)), coded.encode(frame), coded.encode(coded.make(2))])
    assert fragments_of(through(made, coded.uid, MIDDLE)) == fragments_of(made)


def test_jpeg_has_no_high_bits_to_strip_and_no_plane_to_blank() -> None:
    coded = BLOCKS["JPEG, 12 bits"]
    made = coded.object(coded.frames(2))
    stripped = through(made, coded.uid, Strip("high-bit-overlays"))
    assert fragments_of(stripped) == fragments_of(made)
    for tag, vr, value in ((0x0010, "US", 24), (0x0011, "US", 40), (0x0050, "SS", [1, 1]), (0x0100, "US", 16), (0x0102, "US", 12)):
        made.add_new(0x60000000 | tag, vr, value)
    with pytest.raises(Refusal, match="compressed-frame-unsupported"):
        through(made, coded.uid, Blank(BOX, overlay="6000"))


def test_bits_of_a_jpeg_above_what_the_object_calls_the_image_are_not_passed_as_stripped() -> None:
    coded = BLOCKS["JPEG, 12 bits"]
    made = coded.object(coded.frames(2))
    made.BitsStored, made.HighBit = 8, 7  # the stream has twelve
    with pytest.raises(Refusal, match="compressed-frame-unsupported"):
        through(made, coded.uid, Strip("high-bit-overlays"))


# ---- labels


@pytest.mark.parametrize("name", ["RLE", "RLE, RGB", "JPEG lossless", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL, RGB", "deflated, RGB"])
def test_a_label_stands_in_the_blank_and_nowhere_else(name: str) -> None:
    coded = CODED[name]
    frames = coded.frames(2)
    found = redacted(instance(coded.object(frames), coded.uid), Blank(Rectangle(0, 0, 40, 14), frames=((2, 2),)), Label("OK"))
    before, after = coded.decode(frames[1]), coded.decode(bytes(found.frames[1]))
    assert np.array_equal(after[14:], before[14:])
    stored = coded.layout.get("stored", 8 * before.itemsize)
    assert set(np.unique(after[:14]).tolist()) == {0, (1 << stored) - 1}


def test_a_label_in_jpeg_is_refused_unless_nothing_is_blanked() -> None:
    coded = BLOCKS["JPEG"]
    given = instance(coded.object(coded.frames(2)), coded.uid)
    with pytest.raises(Refusal, match="label-unavailable"):
        redacted(given, Blank(BOX), Label("OK"))
    assert not redacted(given, Clean(), Label("OK")).frames


# ---- refusals


@pytest.mark.parametrize("name", [*CODED, *BLOCKS])
def test_a_frame_that_is_broken_refuses_the_object(name: str) -> None:
    coded = {**CODED, **BLOCKS}[name]
    frames = coded.frames(3)
    data = frames[1]
    for broken in (data[: len(data) // 3], data[: len(data) * 9 // 10], b"\0" * 80, data[:3] + b"\xaa" * 200):
        if name == "deflated, one bit" and broken[:2] == b"\0\0":
            continue  # a stored block of no bytes
        given = instance(coded.object([frames[0], broken, frames[2]]), coded.uid)
        with pytest.raises(Refusal) as caught:
            redacted(given, MIDDLE)
        assert caught.value.code in ("compressed-frame-broken", "compressed-frame-unsupported")
        assert caught.value.tag == 0x7FE00010
        redacted(given, Blank(BOX, frames=((1, 1), (3, 3))))  # a frame that no rule touches is not read


@pytest.mark.parametrize("name", [*CODED, *BLOCKS])
@pytest.mark.parametrize("change", [{"Rows": 21}, {"Columns": 44}])
def test_frames_of_another_size_than_the_object_says_are_refused(name: str, change: dict[str, int]) -> None:
    coded = {**CODED, **BLOCKS}[name]
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        redacted(instance(coded.object(coded.frames(1), **change), coded.uid), Blank(BOX))


@pytest.mark.parametrize("name", ["RLE", "JPEG lossless", "JPEG-LS", "JPEG 2000", "HTJ2K", "JPEG XL, lossless", "deflated", "JPEG"])
def test_other_samples_than_the_object_says_are_refused(name: str) -> None:
    coded = {**CODED, **BLOCKS}[name]
    given = coded.object(coded.frames(1), SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation="RGB")
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        redacted(instance(given, coded.uid), Blank(BOX))


def test_another_number_of_frames_is_refused() -> None:
    for name in ("RLE", "JPEG 2000", "JPEG"):
        coded = {**CODED, **BLOCKS}[name]
        for said in (2, 4):
            made = coded.object(coded.frames(3), NumberOfFrames=said)
            with pytest.raises(Refusal, match="frames-unclear"):
                redacted(instance(made, coded.uid), Blank(BOX))


def test_processes_of_jpeg_that_are_not_sequential_are_refused() -> None:
    import cv2

    frame = image(24, 40)
    progressive = bytes(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes())
    arithmetic = BLOCKS["JPEG"].encode(frame).replace(b"\xff\xc0", b"\xff\xc9", 1)
    for data in (progressive, arithmetic):
        for uid in ("4.50", "4.51"):
            made = encapsulated(dataset(rows=24, columns=40, value=b""), [data])
            with pytest.raises(Refusal, match="compressed-frame-unsupported"):
                redacted(instance(made, f"1.2.840.10008.1.2.{uid}"), Blank(BOX))


@pytest.mark.parametrize("uid", ["4.55", "4.53", "4.92", "4.100", "4.102", "4.107"])
def test_a_transfer_syntax_that_is_not_changed_is_refused_and_stays_as_it_is_where_nothing_changes(uid: str) -> None:
    given = instance(encapsulated(dataset(rows=24, columns=40, value=b""), [b"\xff\xd8\0\0"]), f"1.2.840.10008.1.2.{uid}")
    with pytest.raises(Refusal, match="encapsulated-pixels-unsupported"):
        redacted(given, Blank(BOX))
    assert not redacted(given, Clean()).frames


def test_a_photometric_interpretation_that_says_nothing_is_refused() -> None:
    coded = CODED["RLE"]
    for said in ("SECRET", "RGB"):
        given = instance(coded.object(coded.frames(1), PhotometricInterpretation=said), coded.uid)
        with pytest.raises(Refusal, match="unsupported-pixel-layout"):
            redacted(given, Blank(BOX))


def test_colours_follow_the_stream_and_not_the_object() -> None:
    """A JPEG of red, green and blue under an object that says YBR_FULL_422, and the other way round: black all the same."""
    for options, said in (({"colorspace": "rgb", "outcolorspace": "rgb"}, "YBR_FULL_422"), ({"subsampling": "444"}, "RGB")):
        frame = bytes(imagecodecs.jpeg8_encode(image(24, 40, 3), level=90, **options))
        made = encapsulated(dataset(rows=24, columns=40, samples=3, photometric=said, value=b""), [frame])
        after = bytes(redacted(instance(made, "1.2.840.10008.1.2.4.50"), Blank(BOX)).frames[0])
        shown = imagecodecs.jpeg8_decode(after) if said == "RGB" else imagecodecs.jpeg8_decode(after, colorspace="rgb", outcolorspace="rgb")
        assert shown[BOX.top : BOX.bottom, BOX.left : BOX.right].max() == 0


def test_the_layouts_of_the_test_hold_what_they_say() -> None:
    assert PALETTE["RedPaletteColorLookupTableData"][77] == min(PALETTE["RedPaletteColorLookupTableData"])
    assert RGB["samples"] == 3
    for name, coded in CODED.items():
        assert "lossy" in name or "near" in name or np.array_equal(coded.decode(coded.encode(coded.make(0))), coded.make(0)), name
