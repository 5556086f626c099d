"""The strict reader on real files nobody here wrote, against pydicom, element by element."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments
from pydicom.multival import MultiValue

from deidrules.dicom.element import DicomObject, Element, Item
from deidrules.dicom.layout import Layouts
from deidrules.dicom.pixel_length import native_length
from deidrules.dicom.reader import read
from deidrules.dicom.values import decode
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
pytestmark = [
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="../shared/corpus is not there"),
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore"),
]

# Usable files that are refused, each looked at.
JUSTIFIED = {
    "GH179A.dcm": "unknown-vr",  # (0028,0120) has two blanks for its VR
    "SC_rgb_jpeg.dcm": "unknown-vr",  # implicit VR behind a transfer syntax of explicit VR
    "bad.dcm": "no-data-set",  # ends with its file meta information
    "winter.dcm": "duplicate-tag",  # (0008,0018) twice
}
BROKEN = {
    # UN of undefined length within big endian: implicit little endian as PS3.5 6.2.2 has it, and pydicom fails on it
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "un-in-big-endian",
    "FreezePattern.dcm": "stray-delimiter",  # sequences of length 0 followed by their items
    "MR_truncated.dcm": "truncated",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "missing-delimiter",
    "no_meta.dcm": "not-dicom",  # begins with a byte that belongs to nothing
    "rtplan_truncated.dcm": "truncated",
}


def files(folder: str) -> Iterator[Path]:
    return (path for path in sorted((CORPUS / folder).rglob("*")) if path.is_file())


def outcome(path: Path) -> DicomObject | Refusal:
    try:
        return read(path.read_bytes())
    except Refusal as refusal:
        return refusal


def test_usable_files_are_read_but_for_the_justified() -> None:
    with (CORPUS / "index.csv").open(encoding="utf-8") as rows:
        directories = {row["path"] for row in csv.DictReader(rows) if row["is_DICOMDIR"] == "True"}
    codes: Counter[str] = Counter()
    for path in files("files"):
        result = outcome(path)
        if isinstance(result, DicomObject):
            codes["read"] += 1
        elif str(path.relative_to(CORPUS)) in directories:
            assert result.code == "dicomdir"
        else:
            assert JUSTIFIED.get(path.name) == result.code, (path.name, result)
            codes[result.code] += 1
    assert codes["read"] >= 385
    assert sum(codes.values()) - codes["read"] == len(JUSTIFIED)


def test_broken_files_are_read_or_refused_with_the_right_code() -> None:
    refused = {path.name: result.code for path in files("files_bad") if isinstance(result := outcome(path), Refusal)}
    assert refused == BROKEN


def test_native_pixel_data_of_usable_files_is_complete() -> None:
    excess: dict[str, int] = {}
    for path in files("files"):
        result = outcome(path)
        if isinstance(result, DicomObject) and (length := native_length(result)) is not None and length.excess:
            excess[path.name] = length.excess
    assert excess == {"MR_small_padded.dcm": 128}


def test_the_memo_reads_the_corpus_as_the_reader_does() -> None:
    layouts = Layouts()
    for _ in range(3):
        for path in files("files"):
            if path.stat().st_size > 1 << 20:
                continue
            data = path.read_bytes()
            try:
                plain = read(data)
            except Refusal as refusal:
                with pytest.raises(Refusal, match=refusal.code):
                    layouts.read(data)
                continue
            found, _identity = layouts.read(data)
            assert (found.start, found.stop, found.encoding, found.transfer_syntax) == (
                plain.start,
                plain.stop,
                plain.encoding,
                plain.transfer_syntax,
            )
            assert repr(found.elements) == repr(plain.elements) and repr(found.meta) == repr(plain.meta)
    assert layouts.hits > 100


# ---- element by element


class Comparison:
    """Walks pydicom's data set and ours side by side."""

    def __init__(self, found: DicomObject, name: str) -> None:
        self.found = found
        self.name = name
        self.compared = 0

    def data_sets(self, theirs: Dataset, ours: tuple[Element, ...]) -> None:
        # pydicom takes a stray delimiter behind the last element for an element; we count it as trailing bytes
        tags = sorted(tag for tag in theirs.keys() if not (tag.group == 0xFFFE and self.found.dropped))  # noqa: SIM118
        assert tags == [one.tag for one in ours], self.name
        for one in ours:
            self.elements(theirs, one)

    def elements(self, theirs: Dataset, one: Element) -> None:
        self.compared += 1
        raw = theirs.get_item(one.tag)
        where = (self.name, hex(one.tag))
        if one.items is None and isinstance(raw, RawDataElement):
            assert (raw.value or b"") == self.found.raw(one), where
            if one.coded_vr:
                assert one.coded_vr == raw.VR, where
            return
        if one.items is None:
            # pydicom has decoded these while it read, and has elements without a value ready
            if not one.length:
                assert raw.is_empty, where
                return
            assert one.tag in (0x00080005, 0x00280103), where
            value = raw.value
            values = () if value is None else tuple(value) if isinstance(value, MultiValue) else (value,)
            ours = decode(self.found.raw(one), one.vr, self.found.encoding, ())
            assert ours == tuple(part for part in values if part != "" or len(values) > 1), where
            return
        if one.fragments:
            assert one.items is not None
            value = raw.value
            assert [self.bytes_of(item) for item in one.items] == list(generate_fragments(value)), where
            return
        assert one.items is not None, where
        if isinstance(raw, RawDataElement) and raw.VR in ("UN", "OB", None):
            # pydicom leaves some of these alone; where it does, its bytes must be ours
            element = theirs[one.tag]
            if element.VR != "SQ":
                assert raw.value == self.found.raw(one), where
                return
        element = theirs[one.tag]
        assert element.VR == "SQ", where
        assert len(element.value) == len(one.items), where
        for their_item, our_item in zip(element.value, one.items, strict=True):
            self.data_sets(their_item, our_item.elements)

    def bytes_of(self, item: Item) -> bytes:
        return self.found.buffer[item.value : item.stop]


def test_every_element_is_where_and_what_pydicom_says() -> None:
    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for folder in ("files", "files_bad"):
            for path in files(folder):
                found = outcome(path)
                if isinstance(found, Refusal):
                    continue
                theirs = pydicom.dcmread(path, force=True)
                comparison = Comparison(found, path.name)
                comparison.data_sets(theirs, tuple(one for one in found.elements if one.tag >> 16 != 2))
                if found.has_preamble:
                    their_meta = theirs.file_meta
                    assert sorted(their_meta.keys()) == [one.tag for one in found.meta], path.name
                compared += comparison.compared
    assert compared > 45_000
