"""A file that is read where it is asked for gives what its bytes would give, to slices and to the whole reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dicom_bytes import deflated, element, file, identity, nested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pixel_objects import BIG, EXPLICIT, IMPLICIT, dataset
from pixel_objects import file as pixel_file

from deidrules.dicom import buffer as module
from deidrules.dicom.buffer import Buffer, FileBuffer, Stretch, copied, loaded, viewed
from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.layout import Layouts
from deidrules.dicom.limits import Limits
from deidrules.dicom.part import Pieces, in_memory, joined, pieces
from deidrules.dicom.reader import read
from deidrules.run.reading import open_buffer
from deidrules.text.refusal import Refusal

GIVEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def buffered(folder: Path, data: bytes) -> Iterator[FileBuffer]:
    path = folder / "given"
    path.write_bytes(data)
    with open_buffer(str(path), 1 << 40, 0) as buffer:
        assert isinstance(buffer, FileBuffer)
        yield buffer


@GIVEN
@given(data=st.binary(max_size=90), ranges=st.lists(st.tuples(st.integers(-3, 99), st.integers(-3, 99)), max_size=8))
@pytest.mark.parametrize("window", [1, 8, 1 << 14])
def test_slices_are_those_of_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, data: bytes, ranges: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(module, "_WINDOW", window)
    monkeypatch.setattr(module, "PIECE", 7)
    with buffered(tmp_path, data) as buffer:
        assert len(buffer) == len(data)
        for start, stop in ranges:
            assert buffer[start:stop] == data[start:stop]
            low, high = sorted((max(start, 0), max(stop, 0)))
            assert bytes(viewed(buffer)[low:high]) == bytes(viewed(data)[low:high]) == data[low:high]
            assert bytes(viewed(buffer)[low:][: high - low]) == data[low:high]
            words = (b"\0", data[low : low + 2] or b"x")
            assert buffer.startswith(words, low, high) == data.startswith(words, low, high)
            assert buffer.startswith(words[1], low) == data.startswith(words[1], low)
            assert buffer.count(0, low) == data.count(0, low)
            if high <= len(data):
                assert copied(viewed(buffer)[low:high]) == copied(viewed(data)[low:high]) == data[low:high]
                assert b"".join(buffer.pieces(low, high)) == data[low:high]


def test_parts_are_taken_apart_and_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE", 4)
    monkeypatch.setattr("deidrules.dicom.part.PIECE", 4)
    with buffered(tmp_path, b"0123456789") as buffer:
        stretch = viewed(buffer)[1:9]
        made = Pieces(11, lambda: iter((b"abc", stretch)))
        parts = (b"x", made, memoryview(b"y"), stretch[:3])
        assert list(map(len, parts)) == [1, 11, 1, 3]
        assert joined(parts) == b"xabc12345678y123" == joined(parts)
        assert [type(piece) for piece in pieces(parts)] == [bytes, bytes, Stretch, memoryview, Stretch]
        assert [bytes(piece) for piece in in_memory(parts)] == [b"x", b"abc", b"1234", b"5678", b"y", b"123"]
        assert loaded(stretch) == b"12345678"


def tree(elements: tuple[Element, ...]) -> list[Any]:
    return [
        (
            (e.tag, e.vr, e.coded_vr, e.header, e.value, e.stop, e.end, e.undefined, e.fragments, e.creator),
            [(i.header, i.value, i.stop, i.end, i.encoding, tree(i.elements)) for i in e.items or ()],
        )
        for e in elements
    ]


def facts(found: DicomObject) -> Any:
    plain = found.start, found.stop, found.encoding, found.transfer_syntax, found.has_preamble, found.deflated, found.dropped
    return plain, found.odd_lengths, tree(found.meta), tree(found.elements), sorted(found.index)


def outcome(data: Buffer, limits: Limits) -> Any:
    try:
        return facts(read(data, limits))
    except Refusal as refusal:
        return refusal.record()


SEQUENCES = b"".join([*identity(), nested(3, element(0x00280010, "US", b"\1\0")), element(0x00091010, "UN", b"\xfe\xff\0\xe0\4\0\0\0abcd")])
FILES = {
    "explicit": pixel_file(dataset(frames=3, PatientName="A"), EXPLICIT),
    "implicit": pixel_file(dataset(frames=3, PatientName="A"), IMPLICIT),
    "big endian": pixel_file(dataset(frames=3, PatientName="A"), BIG),
    "sequences": file(b"".join(sorted([*identity(), nested(3)]))),
    "unknown": file(SEQUENCES),
    "deflated": deflated(b"".join(identity())),
    "bare": b"".join(identity()),
    "trailing": pixel_file(dataset()) + bytes(600),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("window", [16, 1 << 14])
@pytest.mark.parametrize("name", FILES)
def test_the_reader_finds_the_same_or_refuses_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, window: int, data: st.DataObject
) -> None:
    """Whole files, files cut off anywhere and files with bytes changed."""
    monkeypatch.setattr(module, "_WINDOW", window)
    monkeypatch.setattr(module, "PIECE", 50)
    content = bytearray(FILES[name])
    del content[data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))), "cut") :]
    for _ in range(data.draw(st.integers(0, 2), "changes") if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    limits = data.draw(st.sampled_from([Limits(), Limits(depth=2, elements=9, inflated=100, inflated_freely=50)]))
    with buffered(tmp_path, bytes(content)) as buffer:
        assert outcome(buffer, limits) == outcome(bytes(content), limits)


def test_a_layout_is_the_same_for_both(tmp_path: Path) -> None:
    layouts = Layouts()
    data = FILES["explicit"]
    found = [layouts.read(data) for _ in range(2)]
    with buffered(tmp_path, data.replace(b"2.25.1", b"2.25.3")) as buffer:
        again, identity_of = layouts.read(buffer)
        assert identity_of is not None and identity_of == found[1][1]
        assert again.buffer is buffer and again.raw(again.index[0x00080018]).rstrip(b"\0") == b"2.25.3"
        assert facts(again) == facts(read(buffer))


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    data = bytes(range(200)) * 200
    with buffered(tmp_path, data) as buffer:
        assert buffer[:10] == data[:10]
        os.truncate(tmp_path / "given", 100)
        for look in (
            lambda: buffer[20000:30000],
            lambda: buffer[90:110000],
            lambda: copied(viewed(buffer)[50:300]),
            lambda: list(buffer.pieces(0, len(buffer))),
            buffer.prove_unchanged,
        ):
            with pytest.raises(Refusal, match="source-changed"):
                look()


@pytest.mark.parametrize("how", ["longer", "same size", "renamed over"])
def test_a_file_that_changes_is_noticed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(b"0123456789")
    os.utime(path, ns=(1, 1))
    with open_buffer(str(path), 100, 0) as buffer:
        assert isinstance(buffer, FileBuffer)
        buffer.prove_unchanged()
        if how == "renamed over":  # what was opened is what is read
            (tmp_path / "other").write_bytes(b"other")
            (tmp_path / "other").rename(path)
            assert buffer[:10] == b"0123456789"
            return
        with path.open("r+b") as out:
            out.seek(10 if how == "longer" else 3)
            out.write(b"x")
        with pytest.raises(Refusal, match="source-changed"):
            buffer.prove_unchanged()


def test_small_files_are_bytes_and_large_ones_are_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_bytes(b"0123456789")
    with open_buffer(str(path), 10, 11) as buffer:
        assert buffer == b"0123456789"
    with open_buffer(str(path), 10, 10) as buffer:
        assert isinstance(buffer, FileBuffer)
        descriptor = buffer.descriptor
    with pytest.raises(OSError):
        os.fstat(descriptor)
    with pytest.raises(Refusal, match="not-dicom"), open_buffer(str(path), 9, 0):
        pass
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Refusal, match="unreadable"), open_buffer(str(place), 9, 0):
            pass
