"""The proof on the way out: honest outputs of every coding pass it, and one changed bit, sample, coefficient or frame does not."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from struct import pack
from typing import Any

import imagecodecs
import jpeg_streams
import numpy as np
import plans
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, RGB, Coded, encapsulated, fragments_of, image, rle_encode
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset
from test_pixels_native import LAYOUTS
from test_pixels_overlay import with_embedded, with_plane

from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.memory import deidentify
from deidrules.pixels.facts import read_facts
from deidrules.pixels.jpeg.edit import blank
from deidrules.pixels.proof.proof import Proof
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Plan, Policies
from deidrules.plan.pixels import Blank, Clean, Everything, Label, Operation, Rectangle, Strip
from deidrules.text.refusal import Refusal

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
BOX = Rectangle(9, 4, 19, 14)
MIDDLE = Blank(BOX, frames=((2, 2),))
ALL = {**CODED, **BLOCKS}


def plan_of(*operations: Operation, rules: tuple[Any, ...] = (), policies: Policies = LOOSE) -> Plan:
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    return plans.plan(*rules, policies=policies, conditions=ALWAYS, pixels=pixels)


def done(made: Dataset, transfer_syntax: str, *operations: Operation, rules: tuple[Any, ...] = ()) -> tuple[Proof, bytes]:
    """The proof of an object, and its honest output."""
    found = Engine(plan_of(*operations, rules=rules), KeyRing(bytes(range(32)))).apply(file(made, transfer_syntax))
    assert found.proof is not None and not found.unproven
    return found.proof, joined(found.parts)


def holds(proof: Proof, written: bytes) -> bool:
    try:
        proof.check(written)
    except Refusal as refusal:
        assert refusal.code == "verify-mismatch"
        return False
    return True


def retold(written: bytes, change: Callable[[Dataset], None]) -> bytes:
    """The output with a change, written by another library."""
    found = pydicom.dcmread(io.BytesIO(written))
    change(found)
    out = io.BytesIO()
    found.save_as(out, enforce_file_format=True)
    return out.getvalue()


def frames_in(written: bytes) -> list[bytes]:
    """The frames of an output whose frames are a fragment each."""
    return [data for _, data in fragments_of(pydicom.dcmread(io.BytesIO(written)))[1]]


def with_frames(written: bytes, frames: Sequence[bytes], table: str = "basic") -> bytes:
    return retold(written, lambda found: encapsulated(found, frames, table=table) and None)


# ---- honest outputs


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
@pytest.mark.parametrize("name", ALL)
def test_honest_outputs_of_every_coding_hold(name: str, table: str) -> None:
    coded = ALL[name]
    made = coded.object(coded.frames(3), table=table)
    for operations in ((MIDDLE,), (Blank(BOX, outside=True),), (Blank(Everything(), frames=((1, 2),)), MIDDLE)):
        proof, written = done(made, coded.uid, *operations)
        assert holds(proof, written)
        assert not holds(proof, file(made, coded.uid))


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("name", ["RLE", "JPEG-LS", "JPEG 2000", "JPEG"])
def test_frames_in_several_fragments_hold(name: str, pieces: int) -> None:
    coded = ALL[name]
    proof, written = done(coded.object(coded.frames(3), pieces=pieces), coded.uid, MIDDLE)
    assert holds(proof, written)


@pytest.mark.parametrize("place", range(len(LAYOUTS)))
def test_honest_outputs_of_every_native_layout_hold_and_no_bit_may_change(place: int) -> None:
    layout, transfer_syntax, _ = LAYOUTS[place]
    made = dataset(**{**layout, "frames": 3})
    if made.BitsAllocated >= 32 and "Float" in layout.get("keyword", ""):
        chance = np.random.default_rng(2).normal(size=3 * made.Rows * made.Columns)
        order = ">" if transfer_syntax == BIG else "<"
        setattr(made, layout["keyword"], chance.astype(f"{order}f{made.BitsAllocated // 8}").tobytes())
    for operations in (
        (Blank(Rectangle(2, 1, 4, 3), frames=((2, 2),)),),
        (Blank(Rectangle(0, 0, 2, 2)), Blank(Rectangle(1, 1, 5, 3), frames=((2, 3),))),
        (Blank(Rectangle(1, 1, 3, 2), outside=True, frames=((1, 1),)),),
        (Blank(Everything(), frames=((3, 3),)),),
    ):
        proof, written = done(made, transfer_syntax, *operations)
        assert holds(proof, written)
        assert not holds(proof, file(made, transfer_syntax))
        if transfer_syntax == DEFLATED:
            continue
        facts = read_facts(read(written))
        for at in range(facts.offset, facts.offset + facts.length):
            changed = bytearray(written)
            changed[at] ^= 1 << at % 8
            assert not holds(proof, bytes(changed)), at - facts.offset


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT, BIG])
@pytest.mark.parametrize(
    "layout", [{}, RGB, {"allocated": 16, "stored": 12, "signed": True}, {"photometric": "MONOCHROME1"}, {"allocated": 1}]
)
def test_a_label_is_white_where_its_marks_are_and_nowhere_else(layout: dict[str, Any], transfer_syntax: str) -> None:
    made = dataset(rows=30, columns=60, **layout)
    box = Blank(Rectangle(4, 3, 50, 18))
    proof, written = done(made, transfer_syntax, box, Label("A1"))
    assert holds(proof, written)
    assert not holds(proof, done(made, transfer_syntax, box)[1])
    assert not holds(proof, done(made, transfer_syntax, box, Label("A2"))[1])
    assert not holds(done(made, transfer_syntax, box)[0], written)


@pytest.mark.parametrize("name", ["RLE", "JPEG-LS, signed", "JPEG lossless SV1, RGB", "JPEG 2000"])
def test_a_label_in_a_compressed_frame_holds(name: str) -> None:
    coded = replace(CODED[name], make=lambda number: np.tile(CODED[name].make(number), (2, 2, *[1] * (CODED[name].make(0).ndim - 2))))
    made = coded.object(coded.frames(2))
    box = Blank(Rectangle(1, 1, 70, 30), frames=((1, 1),))
    proof, written = done(made, coded.uid, box, Label("A1"))
    assert holds(proof, written)
    assert not holds(proof, done(made, coded.uid, box)[1])


# ---- bits beside the image

WORDS: list[dict[str, Any]] = [
    {"stored": 12},
    {"stored": 12, "high": 15},
    {"stored": 10, "high": 12},
    {"stored": 12, "signed": True},
    {"stored": 10, "high": 12, "signed": True},
    {"stored": 12, "photometric": "MONOCHROME1"},
    {"stored": 10, "high": 12, "photometric": "MONOCHROME1", "signed": True},
]


def some_words(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 1 << 16, (24, 40), dtype="u2")


def over_words(form: str, layout: dict[str, Any]) -> tuple[Dataset, str]:
    """An object of 16-bit words, all bits in use."""
    if form in (EXPLICIT, BIG):
        words = b"".join(some_words(number).astype(">u2" if form == BIG else "<u2").tobytes() for number in range(2))
        return dataset(rows=24, columns=40, frames=2, allocated=16, value=words, **layout), form
    encoders: dict[str, Callable[[np.ndarray], bytes]] = {
        "5": rle_encode,
        "4.80": lambda frame: bytes(imagecodecs.jpegls_encode(frame)),
        "4.90": lambda frame: bytes(imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k", reversible=True)),
    }
    coded = Coded(form, encoders[form], lambda frame: some_words(0), some_words, 0, layout)
    return coded.object(coded.frames(2)), coded.uid


@pytest.mark.parametrize("layout", WORDS)
@pytest.mark.parametrize("form", [EXPLICIT, BIG, "5", "4.80", "4.90"])
def test_values_lie_where_the_object_says_and_cleared_bits_are_clear(form: str, layout: dict[str, Any]) -> None:
    top = layout.get("high", layout["stored"] - 1)
    bit = 15 if top < 15 else 0  # of no image
    for operations, plane in (
        ((Blank(BOX),), False),
        ((Strip("high-bit-overlays"),), False),
        ((Blank(BOX, frames=((1, 1),)), Strip("high-bit-overlays")), False),
        ((Blank(BOX), Blank(Rectangle(0, 0, 12, 12), overlay="6000")), True),
        ((Blank(Rectangle(0, 0, 12, 12), overlay="6000"),), True),
        ((Strip("high-bit-overlays"), Clean()), True),
    ):
        made, transfer_syntax = over_words(form, layout)
        if plane:
            with_embedded(made, 0x6000, bit)
        proof, written = done(made, transfer_syntax, *operations)
        assert holds(proof, written), operations
        assert not holds(proof, file(made, transfer_syntax)), operations


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG])
def test_no_bit_of_a_stripped_image_may_change(signed: bool, transfer_syntax: str) -> None:
    made = dataset(allocated=16, stored=10, high=12, signed=signed)
    proof, written = done(made, transfer_syntax, Strip("high-bit-overlays"))
    facts = read_facts(read(written))
    for bit in range(8 * facts.length):
        changed = bytearray(written)
        changed[facts.offset + bit // 8] ^= 1 << bit % 8
        assert not holds(proof, bytes(changed)), bit


# ---- overlay planes


@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, BIG])
def test_no_bit_of_a_stored_plane_may_change(transfer_syntax: str) -> None:
    bits = np.random.default_rng(5).integers(0, 2, 3 * 6 * 7)
    made = with_plane(dataset(frames=3), rows=6, columns=7, frames=3, bits=bits)
    with_plane(made, 0x6002, rows=6, columns=7)
    blanked = Blank(Rectangle(2, 1, 6, 4), overlay="6000", frames=((2, 3),))
    proof, written = done(made, transfer_syntax, blanked)
    assert holds(proof, written)
    for group in (0x6000, 0x6002):
        element = read(written).index[group << 16 | 0x3000]
        for bit in range(8 * element.length):
            changed = bytearray(written)
            changed[element.value + bit // 8] ^= 1 << bit % 8
            assert not holds(proof, bytes(changed)), bit
        missing = retold(written, lambda found, group=group: found.__delitem__((group, 0x3000)))  # type: ignore[misc]
        assert not holds(proof, missing)


def test_the_image_below_a_blanked_plane_may_not_change() -> None:
    proof, written = done(with_plane(dataset()), EXPLICIT, Blank(Everything(), overlay="*"))
    assert holds(proof, written)
    changed = bytearray(written)
    changed[read_facts(read(written)).offset] ^= 1
    assert not holds(proof, bytes(changed))


def test_a_removed_overlay_group_may_not_come_back() -> None:
    proof, written = done(with_plane(dataset()), EXPLICIT, Strip("overlays"))
    assert holds(proof, written)
    assert not holds(proof, retold(written, lambda found: found.add_new((0x6000, 0x0022), "LO", "TEXT")))


def test_header_rules_may_take_what_pixel_rules_only_blank() -> None:
    made = with_plane(dataset())
    box = Blank(Rectangle(0, 0, 4, 2), overlay="6000")
    proof, written = done(made, EXPLICIT, box, rules=(plans.rule("Z", "(60xx,3000)"),))
    assert 0x60003000 in proof.replaced and holds(proof, written)
    proof, written = done(made, EXPLICIT, box, rules=(plans.rule("X", "(7FE0,0010)"),))
    assert not proof.keeps_pixels and holds(proof, written)
    assert not holds(proof, retold(written, lambda found: found.add_new(0x7FE00010, "OW", made.PixelData)))


# ---- tampered outputs


@pytest.mark.parametrize("name", CODED)
def test_one_sample_changed_in_any_coding_is_a_mismatch(name: str) -> None:
    coded = CODED[name]
    proof, written = done(coded.object(coded.frames(3)), coded.uid, MIDDLE)
    frames = frames_in(written)

    def told(number: int, row: int, column: int) -> bytes:
        """The output with one sample of one frame changed by its lowest bit; coded again without loss."""
        samples = coded.decode(frames[number]).copy()
        samples[row, column] ^= True if samples.dtype == bool else samples.dtype.type(1)
        encode = coded.encode if np.array_equal(coded.decode(coded.encode(samples)), samples) else _without_loss(coded)
        assert np.array_equal(coded.decode(encode(samples)), samples)
        return with_frames(written, [*frames[:number], encode(samples), *frames[number + 1 :]])

    assert holds(proof, with_frames(written, frames))
    assert not holds(proof, told(1, 2, 3))  # outside
    assert not holds(proof, told(1, BOX.bottom, BOX.right - 1))
    assert not holds(proof, told(1, BOX.top, BOX.left))  # inside
    assert not holds(proof, told(1, BOX.bottom - 1, BOX.right - 1))
    assert not holds(proof, told(0, BOX.top, BOX.left))  # of a frame that no rule touches


def _without_loss(coded: Coded) -> Callable[[np.ndarray], bytes]:
    colour = coded.layout.get("samples") == 3
    if coded.transfer_syntax.startswith("4.8"):
        return lambda samples: bytes(imagecodecs.jpegls_encode(samples))
    if coded.transfer_syntax == "4.203":
        return lambda samples: bytes(imagecodecs.htj2k_encode(samples, reversible=True))
    return lambda samples: bytes(imagecodecs.jpeg2k_encode(samples, level=0, codecformat="j2k", reversible=True, mct=colour))


@pytest.mark.parametrize("name", ALL)
def test_frames_exchanged_left_out_or_cut_are_a_mismatch(name: str) -> None:
    coded = ALL[name]
    before = coded.frames(3)
    proof, written = done(coded.object(before), coded.uid, MIDDLE)
    first, middle, last = frames_in(written)
    assert holds(proof, with_frames(written, [first, middle, last]))
    assert not holds(proof, with_frames(written, [last, middle, first]))
    assert not holds(proof, with_frames(written, [middle, first, last]))
    assert not holds(proof, with_frames(written, [first, before[1], last]))
    assert not holds(proof, with_frames(written, [first, middle, last[:-4]]))
    assert not holds(proof, with_frames(written, [first, middle[: len(middle) // 2 & ~1], last]))
    assert not holds(proof, with_frames(written, [first, middle]))
    fewer = retold(with_frames(written, [first, middle]), lambda found: setattr(found, "NumberOfFrames", 2))
    assert not holds(proof, fewer)


@pytest.mark.parametrize("name", ["RLE", "JPEG-LS", "JPEG"])
def test_wrong_offset_tables_are_a_mismatch(name: str) -> None:
    coded = ALL[name]
    proof, written = done(coded.object(coded.frames(3)), coded.uid, MIDDLE)
    basic = fragments_of(pydicom.dcmread(io.BytesIO(written)))[0]
    at = written.index(basic, read_facts(read(written)).offset)
    for wrong in (8, 4):
        changed = bytearray(written)
        changed[at + wrong : at + wrong + 4] = pack("<I", int.from_bytes(basic[wrong : wrong + 4], "little") + 2)
        assert not holds(proof, bytes(changed))
    proof, written = done(coded.object(coded.frames(3), table="extended"), coded.uid, MIDDLE)
    for tag in (0x7FE00001, 0x7FE00002):
        element = read(written).index[tag]
        changed = bytearray(written)
        changed[element.value + 8] ^= 0x40
        assert not holds(proof, bytes(changed))


@pytest.mark.parametrize("name", ["RLE", "JPEG-LS", "JPEG", "JPEG 2000", "deflated"])
def test_another_transfer_syntax_is_a_mismatch(name: str) -> None:
    coded = ALL[name]
    proof, written = done(coded.object(coded.frames(3)), coded.uid, MIDDLE)
    for other in {"4.50", "4.51", "4.80", "4.81", "4.90", "4.91", "5", "8.1"} - {coded.transfer_syntax}:
        told = retold(written, lambda found, other=other: setattr(found.file_meta, "TransferSyntaxUID", f"1.2.840.10008.1.2.{other}"))
        assert not holds(proof, told), other


def test_decompressed_frames_are_a_mismatch() -> None:
    coded = CODED["RLE"]
    proof, written = done(coded.object(coded.frames(3)), coded.uid, MIDDLE)
    plain = b"".join(coded.decode(frame).tobytes() for frame in frames_in(written))

    def decompress(found: Dataset) -> None:
        found.PixelData = plain
        found["PixelData"].VR, found["PixelData"].is_undefined_length = "OW", False
        found.file_meta.TransferSyntaxUID = EXPLICIT

    assert not holds(proof, retold(written, decompress))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("NumberOfFrames", 2),
        ("Rows", 3),
        ("Columns", 16),
        ("BitsStored", 11),
        ("HighBit", 12),
        ("PixelRepresentation", 1),
        ("PhotometricInterpretation", "MONOCHROME1"),
        ("SamplesPerPixel", 3),
    ],
)
def test_another_image_description_is_a_mismatch(keyword: str, value: Any) -> None:
    proof, written = done(dataset(frames=3, allocated=16, stored=12), EXPLICIT, Blank(Rectangle(2, 1, 4, 3)))
    assert holds(proof, retold(written, lambda found: None))
    assert not holds(proof, retold(written, lambda found: setattr(found, keyword, value)))


def test_another_planar_configuration_is_a_mismatch() -> None:
    proof, written = done(dataset(**RGB), EXPLICIT, Blank(Rectangle(2, 1, 4, 3)))
    assert not holds(proof, retold(written, lambda found: setattr(found, "PlanarConfiguration", 1)))


@pytest.mark.parametrize("name", ["RLE", "JPEG", "JPEG 2000"])
def test_a_cut_file_is_a_mismatch(name: str) -> None:
    coded = ALL[name]
    proof, written = done(coded.object(coded.frames(2)), coded.uid, Blank(BOX))
    assert not [length for length in range(0, len(written) - 8, 7) if holds(proof, written[:length])]
    proof, written = done(dataset(frames=2), EXPLICIT, Blank(Rectangle(2, 1, 4, 3)))
    assert not [length for length in range(len(written)) if holds(proof, written[:length])]


# ---- JPEG


SHAPES = [
    jpeg_streams.Shape(64, 48),
    jpeg_streams.Shape(70, 50, ((2, 2), (1, 1), (1, 1)), ((0, 1, 2),), interval=3),
    jpeg_streams.Shape(70, 50, ((2, 1), (1, 1), (1, 1)), ((0,), (1,), (2,))),
    jpeg_streams.Shape(64, 48, precision=12),
]


def jpeg_object(shape: jpeg_streams.Shape, frames: Sequence[bytes]) -> Dataset:
    colour = {"samples": 3, "photometric": "YBR_FULL_422"} if len(shape.sampling) == 3 else {}
    bits = {"allocated": 16, "stored": 12} if shape.precision == 12 else {}
    made = dataset(rows=shape.rows, columns=shape.columns, frames=len(frames), value=b"", **colour, **bits)
    return encapsulated(made, frames)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_changed_coefficient_is_a_mismatch(shape: jpeg_streams.Shape) -> None:
    uid = "1.2.840.10008.1.2.4.50" if shape.precision == 8 else "1.2.840.10008.1.2.4.51"
    frames = [jpeg_streams.written(replace(shape, seed=seed)) for seed in (1, 2)]
    box = Rectangle(17, 9, 40, 30)
    proof, written = done(jpeg_object(shape, frames), uid, Blank(box, frames=((2, 2),)))
    first, changed = frames_in(written)
    blocks = jpeg_streams.read(changed).blocks

    def told(place: Any, coefficient: int) -> bytes:
        new = {one: list(values) for one, values in blocks.items()}
        if place is not None:
            new[place][coefficient] += 1 if new[place][coefficient] <= 0 else -1
        frame = jpeg_streams.written(shape, {one: type(blocks[one])(values) for one, values in new.items()})
        return with_frames(written, [first, frame])

    assert holds(proof, told(None, 0))  # the same coefficients under other Huffman tables
    before = jpeg_streams.read(frames[1]).blocks
    inside = [place for place in blocks if blocks[place] != before[place]]
    outside = [place for place in blocks if blocks[place] == before[place]]
    assert inside and outside
    for place in (outside[0], outside[-1], inside[0], inside[-1]):
        for coefficient in (0, 1, 63):
            assert not holds(proof, told(place, coefficient)), (place, coefficient)


def test_blocks_blanked_beside_a_rectangle_or_left_in_it_are_a_mismatch() -> None:
    coded = BLOCKS["JPEG"]
    frames = coded.frames(2)
    proof, written = done(coded.object(frames), coded.uid, Blank(BOX))
    first, second = frames_in(written)
    assert holds(proof, with_frames(written, [first, second]))
    more = blank(second, [Rectangle(30, 20, 31, 21)])
    assert not holds(proof, with_frames(written, [first, more]))
    assert not holds(proof, with_frames(written, [first, blank(frames[1], [Rectangle(16, 8, 17, 9)])]))
    again = bytes(imagecodecs.jpeg8_encode(imagecodecs.jpeg8_decode(second), level=90))
    assert not holds(proof, with_frames(written, [first, again]))


# ---- whatever the geometry


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_honest_native_outputs_hold_and_any_one_bit_does_not(data: st.DataObject) -> None:
    pick = data.draw
    transfer_syntax = pick(st.sampled_from([EXPLICIT, IMPLICIT, BIG]))
    allocated = pick(st.sampled_from([1, 8, 16, 32]))
    samples = pick(st.sampled_from([1, 3])) if allocated in (8, 16) else 1
    stored = 1 if allocated == 1 else pick(st.integers(2, allocated))
    layout: dict[str, Any] = {
        "rows": pick(st.integers(1, 9)),
        "columns": pick(st.integers(1, 11)),
        "frames": pick(st.integers(1, 4)),
        "allocated": allocated,
        "stored": stored,
        "high": pick(st.integers(stored - 1, allocated - 1)),
        "samples": samples,
        "planar": pick(st.integers(0, 1)) if samples == 3 else 0,
        "photometric": pick(st.sampled_from(["RGB", "YBR_FULL"] if samples == 3 else ["MONOCHROME1", "MONOCHROME2"])),
        "signed": samples == 1 and allocated > 1 and pick(st.booleans()),
        "vr": pick(st.sampled_from(["OB", "OW"])) if allocated <= 8 and transfer_syntax != IMPLICIT else "OW",
        "seed": pick(st.integers(0, 1000)),
    }
    made = dataset(**layout)
    across, down = st.integers(0, layout["columns"]), st.integers(0, layout["rows"])
    operations: list[Operation] = []
    for _ in range(pick(st.integers(1, 3))):
        left, right = sorted((pick(across), pick(across)))
        top, bottom = sorted((pick(down), pick(down)))
        assume(left < right and top < bottom)
        first = pick(st.integers(1, layout["frames"]))
        frames = pick(st.sampled_from([(), ((first, layout["frames"]),)]))
        operations.append(Blank(Rectangle(left, top, right, bottom), outside=pick(st.booleans()), frames=frames))
    if allocated > 1 and pick(st.booleans()):
        operations.append(Strip("high-bit-overlays"))
    found = Engine(plan_of(*operations), KeyRing(bytes(range(32)))).apply(file(made, transfer_syntax))
    assume(found.proof is not None)
    assert found.proof is not None
    written = joined(found.parts)
    assert holds(found.proof, written)
    facts = read_facts(read(written))
    for bit in pick(st.lists(st.integers(0, 8 * facts.length - 1), min_size=8, max_size=8)):
        changed = bytearray(written)
        changed[facts.offset + bit // 8] ^= 1 << bit % 8
        assert not holds(found.proof, bytes(changed)), (bit, operations)


# ---- the faces of the engine


def test_nothing_is_proven_where_nothing_changed_or_the_policy_says_so() -> None:
    key = KeyRing(bytes(range(32)))
    data = file(dataset())
    untouched = Engine(plan_of(Clean()), key).apply(data)
    assert untouched.proof is None and not untouched.unproven
    off = Engine(plan_of(Blank(Everything()), policies=replace(LOOSE, verify="off")), key).apply(data)
    assert off.proof is None and off.unproven
    on = Engine(plan_of(Blank(Everything())), key).apply(data)
    assert on.proof is not None and holds(on.proof, joined(on.parts))


def test_the_face_for_datasets_proves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pydicom.dcmread(io.BytesIO(file(dataset())))
    plan = plan_of(Blank(Rectangle(2, 1, 4, 3)))
    assert deidentify(made, plan, bytes(32)).PixelData != made.PixelData
    monkeypatch.setattr("deidrules.pixels.native._paint", lambda *arguments: None)
    with pytest.raises(Refusal, match="verify-mismatch"):
        deidentify(made, plan, bytes(32))


def test_large_images_are_compared_in_pieces() -> None:
    made = dataset(rows=700, columns=900, frames=2, **RGB)
    proof, written = done(made, EXPLICIT, Blank(Rectangle(100, 50, 800, 600), frames=((2, 2),)))
    assert holds(proof, written)
    facts = read_facts(read(written))
    size = facts.length // 2
    for at in (0, size - 1, size, size + 3 * (50 * 900 + 99), size + 3 * (599 * 900 + 799), size + 3 * (300 * 900 + 800), 2 * size - 1):
        changed = bytearray(written)
        changed[facts.offset + at] ^= 1
        assert not holds(proof, bytes(changed)), at


def test_smooth_images_pass_through_the_lossy_codings() -> None:
    """Values of lossy inputs are those that decoders give, and stay."""
    for name in ("JPEG 2000, lossy", "HTJ2K, lossy", "JPEG-LS, near, RGB"):
        coded = CODED[name]
        made = replace(coded, make=lambda number, coded=coded: image(24, 40, coded.layout.get("samples", 1), seed=number + 5))
        proof, written = done(made.object(made.frames(2)), made.uid, Blank(BOX))
        assert holds(proof, written)
