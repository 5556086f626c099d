"""Rectangles blanked in every image of the shared corpus that can be decoded."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import compressed_objects
import cv2
import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

from deidrules.compile.compiler import compile_text
from deidrules.dicom.element import DicomObject
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.apply import redact
from deidrules.pixels.area import area_of, complement
from deidrules.pixels.burned_in import read_header
from deidrules.pixels.facts import PixelFacts, read_facts
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.pixels.native import TRANSFER_SYNTAXES
from deidrules.pixels.work import judge
from deidrules.plan.model import PixelRule, Policies
from deidrules.plan.pixels import Blank, Operation, Rectangle, UltrasoundRegions
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")


@cache
def native_files() -> tuple[Path, ...]:
    with (CORPUS / "index.csv").open() as rows:
        return tuple(
            CORPUS / row["path"]
            for row in csv.DictReader(rows)
            if row["TransferSyntaxUID"] in TRANSFER_SYNTAXES and row["decodes"] == "yes" and row["path"].startswith("files/")
        )


def blanked(given: DicomObject, facts: PixelFacts, *operations: Operation) -> bytes:
    work = judge((PixelRule("corpus", 0, operations),), facts, read_header(given), policy="accept")
    return b"".join(redact(given, facts, work).parts or ())


def frames(facts: PixelFacts, value: bytes) -> np.ndarray:
    """(frame, row, column, bytes or bits) of native pixel data, worked out apart from `layout`."""
    shape = (facts.frames, facts.rows, facts.columns)
    if facts.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(value, "u1"), bitorder="little")[: int(np.prod(shape))]
        return bits.reshape(*shape, 1)
    data = np.frombuffer(value, "u1")
    if facts.big_endian and facts.vr == "OW" and facts.bits_allocated == 8:
        data = data.reshape(-1, 2)[:, ::-1].ravel()
    data = data[: facts.native_length]
    size = facts.bits_allocated // 8
    if facts.photometric == "YBR_FULL_422":
        return data.reshape(*shape, -1)
    if facts.samples_per_pixel > 1 and facts.planar_configuration:
        return np.moveaxis(data.reshape(facts.frames, facts.samples_per_pixel, facts.rows, facts.columns, size), 1, 3)
    return data.reshape(*shape, -1)


def test_inside_is_constant_and_outside_identical_in_every_native_file() -> None:
    outcomes: Counter[str] = Counter()
    for path in native_files():
        given = read(path.read_bytes())
        facts = read_facts(given)
        value = given.buffer[facts.offset : facts.offset + facts.length]
        before = frames(facts, value)
        left, top = facts.columns // 3 & ~1, facts.rows // 3
        right, bottom = min(facts.columns, left + max(2, facts.columns // 4 & ~1)), top + max(1, facts.rows // 4)
        middle = facts.frames // 2 + 1
        for outside, span in ((False, ()), (True, ()), (False, ((middle, middle),))):
            changed = blanked(given, facts, Blank(Rectangle(left, top, right, bottom), outside=outside, frames=span))
            assert len(changed) == facts.native_length + facts.native_length % 2
            after = frames(facts, changed)
            inside = np.zeros(before.shape[:3], bool)
            inside[slice(middle - 1, middle) if span else slice(None), top:bottom, left:right] = True
            mask = ~inside if outside else inside
            if facts.photometric == "YBR_FULL_422":
                filled = after[mask].reshape(-1, 4)
            else:
                filled = after[mask].reshape(int(mask.sum()), -1)
            assert (filled == filled[0]).all()
            assert np.array_equal(before[~mask], after[~mask])
        outcomes[facts.transfer_syntax] += 1
    assert sum(outcomes.values()) == len(native_files()) > 100
    assert set(outcomes) == set(TRANSFER_SYNTAXES)


def test_what_lies_outside_the_regions_of_real_ultrasound_is_blanked() -> None:
    done = 0
    for path in native_files():
        given = read(path.read_bytes())
        facts = read_facts(given)
        if not facts.regions or facts.big_endian:
            continue
        after = frames(facts, blanked(given, facts, Blank(UltrasoundRegions(), outside=True)))
        before = frames(facts, bytes(given.buffer[facts.offset : facts.offset + facts.length]))
        kept = np.zeros(before.shape[:3], bool)
        for region in facts.regions:
            kept[:, region.top : region.bottom, region.left : region.right] = True
        assert np.array_equal(before[kept], after[kept])
        assert len(np.unique(after[~kept].reshape(int((~kept).sum()), -1), axis=0)) == 1
        done += 1
    assert done >= 3


PREFIX = "1.2.840.10008.1.2."
JPEG = (f"{PREFIX}4.50", f"{PREFIX}4.51")
DECODERS: dict[str, Callable[[bytes], np.ndarray]] = {
    **dict.fromkeys((*JPEG, f"{PREFIX}4.57", f"{PREFIX}4.70"), imagecodecs.jpeg8_decode),
    **dict.fromkeys((f"{PREFIX}4.80", f"{PREFIX}4.81"), imagecodecs.jpegls_decode),
    **dict.fromkeys((f"{PREFIX}4.{number}" for number in (90, 91, 201, 202, 203)), imagecodecs.jpeg2k_decode),
    **dict.fromkeys((f"{PREFIX}4.{number}" for number in (110, 111, 112)), imagecodecs.jpegxl_decode),
}


def coded_frames(data: bytes, facts: PixelFacts) -> list[bytes]:
    """The frames as they are coded, by pydicom."""
    made = pydicom.dcmread(io.BytesIO(data), force=True)
    return list(generate_frames(made.PixelData, number_of_frames=facts.frames))


def decoded(frame: bytes, facts: PixelFacts) -> np.ndarray:
    """rows x columns x samples, by the libraries."""
    if facts.transfer_syntax in DECODERS:
        samples = DECODERS[facts.transfer_syntax](frame)
    elif facts.transfer_syntax == f"{PREFIX}5":
        if facts.bits_allocated == 1:
            return compressed_objects.rle_decode((facts.rows, facts.columns), "?")(frame)[..., None]
        kind = f"u{facts.bits_allocated // 8}"
        samples = compressed_objects.rle_decode((facts.rows, facts.columns, facts.samples_per_pixel), kind)(frame)
    else:
        kind = "?" if facts.bits_allocated == 1 else f"u{facts.bits_allocated // 8}"
        samples = compressed_objects.inflate((facts.rows, facts.columns, facts.samples_per_pixel), kind)(frame)
    return np.asarray(samples).reshape(facts.rows, facts.columns, -1)


def addressed(facts: PixelFacts) -> dict[str, tuple[str, list[Rectangle], int]]:
    """Rules by what they say: (statement, the rectangles it means, frames it reaches from the first)."""
    rows, columns = facts.rows, facts.columns
    left, top = columns // 4 & ~1, rows // 4
    right, bottom = min(columns, max(left + 2, columns * 2 // 3 & ~1)), max(top + 1, rows * 2 // 3)
    box, whole = Rectangle(left, top, right, bottom), facts.image
    rules = {
        "rectangle": (f"blank {left},{top},{right},{bottom}", [box], facts.frames),
        "first frame": (f"blank {left},{top},{right},{bottom} frames 1", [box], 1),
        "outside": (f"blank outside {left},{top},{right},{bottom}", complement([box], whole), facts.frames),
    }
    if facts.regions:
        rules["regions"] = ("blank outside ultrasound-regions", complement(facts.regions, whole), facts.frames)
    return {name: (text, [held for held in rectangles if area_of(held)], count) for name, (text, rectangles, count) in rules.items()}


def engine(statement: str) -> Engine:
    plan = compile_text(f'deidrules 1\npixels "r" when exists Rows {{ {statement} }}\n', policies=LOOSE).plan
    assert plan is not None
    return Engine(plan, KeyRing(bytes(range(32))))


def outcome(data: bytes, statement: str, rectangles: list[Rectangle], reached: int) -> str:
    """`exact`, what is not, or the code of a refusal."""
    given = read(data)
    facts = read_facts(given)
    try:
        out = b"".join(engine(statement).apply(data).parts)
    except Refusal as refusal:
        return refusal.code
    again = read(out)
    changed = read_facts(again)
    if changed.transfer_syntax != facts.transfer_syntax:
        return "another transfer syntax"
    mask = np.zeros((facts.rows, facts.columns), bool)
    for held in rectangles:
        mask[held.top : held.bottom, held.left : held.right] = True
    if not facts.encapsulated:
        before = frames(facts, bytes(given.buffer[facts.offset : facts.offset + facts.length]))
        after = frames(changed, bytes(again.buffer[changed.offset : changed.offset + changed.length]))
        return native_outcome(before, after, mask, reached, facts)
    for number, (one, other) in enumerate(zip(coded_frames(data, facts), coded_frames(out, changed), strict=True)):
        if number >= reached:
            if one.rstrip(b"\0") != other.rstrip(b"\0") and not np.array_equal(decoded(one, facts), decoded(other, facts)):
                return "another frame changed"
            continue
        if found := frame_outcome(one, other, mask, rectangles, facts):
            return found
    return "exact"


def native_outcome(before: np.ndarray, after: np.ndarray, mask: np.ndarray, reached: int, facts: PixelFacts) -> str:
    if facts.photometric == "YBR_FULL_422":
        before, after, mask = (array.reshape(*array.shape[:-2], -1, 4) for array in (before, after, np.repeat(mask, 2, axis=-1)[..., None]))
        mask = mask.reshape(facts.rows, -1, 4).all(axis=-1)
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        inside = mask if number < reached else np.zeros_like(mask)
        if not np.array_equal(one[~inside], other[~inside]):
            return "changed outside"
        if inside.any() and not (other[inside] == other[inside][0]).all():
            return "left inside"
    return "exact"


def frame_outcome(one: bytes, other: bytes, mask: np.ndarray, rectangles: list[Rectangle], facts: PixelFacts) -> str:
    before, after = decoded(one, facts), decoded(other, facts)
    beside = ~mask
    try:
        jpegs = (
            (bytes(imagecodecs.jpegxl_decode_jpeg(one)), bytes(imagecodecs.jpegxl_decode_jpeg(other)))
            if facts.transfer_syntax.endswith("4.111")
            else (one, other)
        )
    except imagecodecs.JpegxlError:
        jpegs = None
    if jpegs and facts.transfer_syntax in (*JPEG, f"{PREFIX}4.111"):
        if not same_beside(*jpegs, rectangles, white=facts.photometric == "MONOCHROME1"):
            return "coefficients changed"
        # a block of at most 32 pixels, and what a decoder takes of its neighbour for shared chroma
        wide = np.ones((69, 69), "u1")
        beside = cv2.dilate(mask.astype("u1"), wide) == 0
        if mask.any() and any(np.ptp(after[mask][:, sample].astype("i4")) > 2 for sample in range(after.shape[2])):
            return "left inside"
    elif mask.any() and not (after[mask] == after[mask][0]).all():
        return "left inside"
    return "" if np.array_equal(before[beside], after[beside]) else "changed outside"


def test_rules_on_every_file_of_the_corpus_blank_inside_and_nothing_else() -> None:
    with (CORPUS / "index.csv").open() as rows:
        files = [row for row in csv.DictReader(rows) if row["decodes"] == "yes" and row["path"].startswith("files/")]
    table: dict[str, Counter[str]] = {}
    exact = 0
    for row in files:
        data = (CORPUS / row["path"]).read_bytes()
        found = table.setdefault(row["TransferSyntaxUID"], Counter())
        try:
            rules = addressed(read_facts(read(data)))
        except Refusal as refusal:
            found["files"] += 1
            found[f"cannot be read: {refusal.code}"] += 1
            continue
        outcomes = {name: outcome(data, *rule) for name, rule in rules.items()}
        found["files"] += 1
        found["exact"] += set(outcomes.values()) == {"exact"}
        exact += set(outcomes.values()) == {"exact"}
        for name, said in outcomes.items():
            if said != "exact":
                found[f"{name}: {said}"] += 1
    report = "\n".join(f"{uid or 'none'}: {dict(found)}" for uid, found in sorted(table.items()))
    print(report)
    assert len(files) == 304
    assert exact >= 295, report
    # what is not exact is refused
    codes = {key.partition(": ")[2] for found in table.values() for key in found} - {""}
    assert codes <= set(REFUSALS), report
