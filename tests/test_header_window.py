"""The header window against the strict reader: the same elements, the same refusals, and no more of the file than that takes."""

from __future__ import annotations

from pathlib import Path

import pixel_objects
import pytest
from compressed_objects import encapsulated
from dicom_bytes import element, file, identity, nested
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from deidrules.dicom import window
from deidrules.dicom.element import DicomObject
from deidrules.dicom.reader import read
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"


class Disk:
    """A file that says how much of it was read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.read = 0

    def __call__(self, count: int) -> bytes:
        self.read = max(self.read, count)
        return self.data[:count]


def flat(found: DicomObject) -> list[tuple[object, ...]]:
    """Everything before group 7FE0."""
    out: list[tuple[object, ...]] = []

    def walk(elements: object) -> None:
        for one in elements:  # type: ignore[attr-defined]
            if one.group < 0x7FE0 or out:
                out.append((one.tag, one.vr, one.coded_vr, one.creator, found.buffer[one.value : one.stop] if one.items is None else None))
                for item in one.items or ():
                    out.append((item.header, item.stop, item.encoding))
                    walk(item.elements)

    walk([one for one in found.elements if one.group < 0x7FE0])
    return out


def opened(data: bytes) -> DicomObject:
    return window.read_header(Disk(data), len(data))


def outcome(reading: object, data: bytes) -> object:
    try:
        found = reading(data)  # type: ignore[operator]
    except Refusal as refusal:
        return refusal.code
    return found.transfer_syntax, found.encoding, flat(found)


def rich() -> Dataset:
    made = pixel_objects.dataset(rows=40, columns=50, Manufacturer="EXAMPLE", PatientName="A^B", SoftwareVersions=["1", "2"])
    item, deeper = Dataset(), Dataset()
    deeper.CodeValue = "1"
    item.RegionLocationMinX0, item.ConceptNameCodeSequence = 4, Sequence([deeper])
    made.SequenceOfUltrasoundRegions = Sequence([item, item])
    made.add_new(0x60000010, "US", 40)
    made.add_new(0x60003000, "OW", b"\1\2" * 125)
    made.add_new(0x00290010, "LO", "CREATOR")
    made.add_new(0x00291001, "OB", b"\7" * 90)
    return made


def files() -> dict[str, bytes]:
    native = rich()
    fragmented = encapsulated(
        pixel_objects.dataset(rows=4, columns=4, frames=2, Manufacturer="EXAMPLE"), [b"\xff\xd8" * 70, b"\xff\xd9" * 60]
    )
    return {
        "explicit": pixel_objects.file(native),
        "implicit": pixel_objects.file(native, pixel_objects.IMPLICIT),
        "big endian": pixel_objects.file(native, pixel_objects.BIG),
        "fragments": pixel_objects.file(fragmented, "1.2.840.10008.1.2.4.50"),
        "no pixels": file(b"".join(identity())),
        "undefined lengths": file(
            b"".join(identity()[:2]) + nested(9, element(0x00080100, "SH", "1")) + element(0x7FE00010, "OW", b"\0" * 300)
        ),
    }


@pytest.mark.parametrize("name", files())
def test_whatever_the_window_the_header_is_that_of_the_strict_reader(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = files()[name]
    expected = outcome(read, data)
    assert isinstance(expected, tuple)
    assert expected[2]
    for size in range(140, len(data) + 1, 3):
        monkeypatch.setattr(window, "FIRST_WINDOW", size)
        assert outcome(opened, data) == expected, size


def test_a_deflated_file_and_one_without_a_preamble_are_read_whole() -> None:
    made = rich()
    deflated = pixel_objects.file(made, pixel_objects.DEFLATED)
    assert outcome(opened, deflated) == outcome(read, deflated)
    plain = pixel_objects.file(made, pixel_objects.IMPLICIT)
    bare = plain[read(plain).start :]
    assert outcome(opened, bare) == outcome(read, bare)


@pytest.mark.parametrize("syntax", [pixel_objects.EXPLICIT, pixel_objects.IMPLICIT, "1.2.840.10008.1.2.4.50"])
def test_pixels_are_not_read(syntax: str) -> None:
    made = pixel_objects.dataset(rows=1000, columns=3000, Manufacturer="EXAMPLE")
    if syntax == "1.2.840.10008.1.2.4.50":
        made = encapsulated(made, [b"\xff\xd8" * 1_500_000])
    data = pixel_objects.file(made, syntax)
    disk = Disk(data)
    found = window.read_header(disk, len(data))
    assert len(data) > 2_900_000
    assert disk.read == window.FIRST_WINDOW
    assert {0x00080070, 0x00280010} <= found.index.keys()
    assert not any(one.group >= 0x7FE0 for one in found.elements)


def test_a_long_header_makes_the_window_larger_and_no_larger_than_it_takes() -> None:
    made = pixel_objects.dataset(rows=1000, columns=3000)
    made.add_new(0x00290010, "LO", "CREATOR")
    made.add_new(0x00291001, "OB", b"\7" * 200_000)
    data = pixel_objects.file(made)
    disk = Disk(data)
    assert 0x00291001 in window.read_header(disk, len(data)).index
    assert disk.read == 8 * window.FIRST_WINDOW


def test_pixels_that_do_not_fit_into_the_file_are_refused_without_being_read() -> None:
    data = pixel_objects.file(pixel_objects.dataset(rows=1000, columns=3000))[:-200_000]
    disk = Disk(data)
    with pytest.raises(Refusal) as caught:
        window.read_header(disk, len(data))
    assert caught.value.code == "truncated"
    assert disk.read == window.FIRST_WINDOW


def test_what_is_no_dicom_is_not_read_whole() -> None:
    data = b"PK\3\4" + b"\x55" * 1_000_000
    disk = Disk(data)
    with pytest.raises(Refusal) as caught:
        window.read_header(disk, len(data))
    assert caught.value.code == "not-dicom"
    assert disk.read == window.FIRST_WINDOW


def test_broken_headers_are_refused_as_the_strict_reader_refuses_them(monkeypatch: pytest.MonkeyPatch) -> None:
    good = pixel_objects.file(rich())
    codes = set()
    for position in range(132, len(good) - 2100, 5):
        bad = good[:position] + bytes([good[position] ^ 0x41]) + good[position + 1 :]
        expected = outcome(read, bad)
        for size in (300, window.FIRST_WINDOW):
            monkeypatch.setattr(window, "FIRST_WINDOW", size)
            found = outcome(opened, bad)
            if isinstance(expected, str) or isinstance(found, str):
                # behind the pixels' header nothing is looked at
                assert found == expected or (isinstance(found, tuple) and read_pixels_refused(bad)), (position, size)
                codes.add(found if isinstance(found, str) else "")
            else:
                assert found == expected, (position, size)
    assert len(codes) > 4


def read_pixels_refused(data: bytes) -> bool:
    """True when everything before group 7FE0 is sound: the same data set without what is behind it can be read."""
    at = data.rfind(b"\xe0\x7f\x10\x00")
    return not isinstance(outcome(read, data[:at]), str)


def test_a_file_that_gets_shorter_while_it_is_read_is_refused() -> None:
    made = pixel_objects.dataset(rows=100, columns=100)
    made.add_new(0x00290010, "LO", "CREATOR")
    made.add_new(0x00291001, "OB", b"\7" * 200_000)
    data = pixel_objects.file(made)
    with pytest.raises(Refusal):
        window.read_header(Disk(data[:70_000]), len(data))


@pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="../shared/corpus is not there")
def test_real_files_give_the_header_that_the_strict_reader_gives() -> None:
    paths = sorted(path for folder in ("files", "files_bad") for path in (CORPUS / folder).rglob("*") if path.is_file())
    refused = 0
    for path in paths:
        data = path.read_bytes()
        expected, found = outcome(read, data), outcome(opened, data)
        if isinstance(expected, str) and isinstance(found, tuple):
            refused += 1  # broken in its pixels, or behind them
            continue
        assert found == expected, path.name
    assert len(paths) > 400
    assert refused < 12
