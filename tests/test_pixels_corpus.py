"""Rectangles blanked in every native image of the shared corpus."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from deidrules.dicom.element import DicomObject
from deidrules.dicom.reader import read
from deidrules.pixels.apply import redact
from deidrules.pixels.burned_in import read_header
from deidrules.pixels.facts import PixelFacts, read_facts
from deidrules.pixels.forms import FORMS
from deidrules.pixels.layout import layout_of
from deidrules.pixels.work import judge
from deidrules.plan.model import PixelRule
from deidrules.plan.pixels import Blank, Operation, Rectangle, UltrasoundRegions
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]


@cache
def native_files() -> tuple[Path, ...]:
    with (CORPUS / "index.csv").open() as rows:
        return tuple(
            CORPUS / row["path"]
            for row in csv.DictReader(rows)
            if row["TransferSyntaxUID"] in FORMS and row["decodes"] == "yes" and row["path"].startswith("files/")
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
    assert set(outcomes) == set(FORMS)


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


def test_every_compressed_file_of_the_corpus_is_refused_with_its_code() -> None:
    codes: Counter[str] = Counter()
    for path in sorted((CORPUS / "files").rglob("*")):
        if not path.is_file():
            continue
        try:
            given = read(path.read_bytes())
            facts = read_facts(given)
        except Refusal:
            continue
        if facts.encapsulated:
            with pytest.raises(Refusal) as caught:
                blanked(given, facts, Blank(Rectangle(0, 0, 1, 1)))
            codes[caught.value.code] += 1
        elif facts.element is not None:
            layout_of(facts)
    assert set(codes) == {"encapsulated-pixels-unsupported"}
