"""Fragments to frames and back: which fragments are whose, and what a changed frame does to the tables."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import accumulate
from struct import pack

import build
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import generate_frames

from deidrules.dicom.element import Element
from deidrules.dicom.reader import read
from deidrules.pixels.encapsulated import LENGTHS, OFFSETS, TOTAL, Encapsulated, Rebuilt, encapsulated
from deidrules.text.refusal import Refusal

START = b"\xff\xd8\xff"


@dataclass(frozen=True)
class Value:
    """A pixel element: fragments, by frame, and the tables."""

    frames: tuple[tuple[bytes, ...], ...]
    basic: bytes = b""

    def buffer(self) -> bytes:
        body = build.item(self.basic) + b"".join(build.item(fragment) for frame in self.frames for fragment in frame)
        pixels = build.element(0x7FE00010, "OB", body + build.tag_bytes(0xFFFEE0DD) + bytes(4), length=build.NO_END)
        return build.file(build.identity() + pixels, build.JPEG_UID)

    def element(self) -> tuple[bytes, Element]:
        found = read(self.buffer())
        return found.buffer, found.index[0x7FE00010]

    def read(self, frames: int | None = None, **more: bytes) -> Encapsulated:
        buffer, element = self.element()
        return encapsulated(buffer, element, len(self.frames) if frames is None else frames, starts=(START,), **more)

    def starts(self) -> tuple[int, ...]:
        sizes = [sum(8 + len(fragment) for fragment in frame) for frame in self.frames]
        return tuple(accumulate(sizes, initial=0))[:-1]


def table(width: str, *values: int) -> bytes:
    return pack(f"<{len(values)}{width}", *values)


def whole(rebuilt: Rebuilt) -> bytes:
    return b"".join(rebuilt.parts)


def unclear(value: Value, frames: int | None = None, **more: bytes) -> bool:
    with pytest.raises(Refusal) as caught:
        value.read(frames, **more)
    return caught.value.code == "frames-unclear"


# even lengths; a fragment that begins a frame begins as the codec says, and no other does
fragment = st.binary(max_size=20).filter(lambda data: not data.startswith(START)).map(lambda data: data + b"\0" * (len(data) & 1))
frames = st.tuples(st.binary(max_size=9).map(lambda data: START + data + b"\0" * (1 - len(data) % 2)), st.lists(fragment, max_size=3)).map(
    lambda parts: (parts[0], *parts[1])
)
values = st.lists(frames, min_size=1, max_size=6).map(lambda parts: Value(tuple(parts)))


@settings(max_examples=150, deadline=None)
@given(values, st.booleans(), st.dictionaries(st.integers(0, 5), st.binary(max_size=40), max_size=4))
def test_frames_are_what_they_were_and_changed_ones_what_they_became(value: Value, with_table: bool, new: dict[int, bytes]) -> None:
    basic = table("I", *value.starts()) if with_table else b""
    given_value = Value(value.frames, basic)
    found = given_value.read()
    joined = [b"".join(frame) for frame in value.frames]
    assert [bytes(frame) for frame in found] == joined and len(found) == len(joined)
    changed = {number: (data[:3], memoryview(data)[3:]) for number, data in new.items() if number < len(joined)}
    rebuilt = found.rebuilt(changed)
    # what stays keeps its fragments, what changes is one fragment of even length
    expected = Value(
        tuple(
            (bytes(new[number]) + b"\0" * (len(new[number]) & 1),) if number in changed else frame
            for number, frame in enumerate(value.frames)
        )
    )
    expected = Value(expected.frames, table("I", *expected.starts()) if with_table else b"")
    buffer, element = expected.element()
    assert whole(rebuilt) == buffer[element.value : element.stop]
    assert rebuilt.offsets == expected.starts()
    assert rebuilt.lengths == tuple(len(new[number]) if number in changed else len(data) for number, data in enumerate(joined))
    # and pydicom finds the same frames
    dataset = pydicom.dcmread(io.BytesIO(expected.buffer()))
    if with_table or len(joined) == 1:
        read_again = list(generate_frames(dataset.PixelData, number_of_frames=len(joined)))
        assert read_again == [b"".join(frame) for frame in expected.frames]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=6),
    st.dictionaries(st.integers(0, 5), st.binary(min_size=1, max_size=40)),
)
def test_extended_tables_follow(contents: list[bytes], new: dict[int, bytes]) -> None:
    value = Value(tuple((data + b"\0" * (len(data) & 1),) for data in contents))
    lengths = [len(data) for data in contents]
    total = sum(len(data) + len(data) % 2 for data in contents) - len(contents[-1]) % 2
    found = value.read(offsets=table("Q", *value.starts()), lengths=table("Q", *lengths), total=table("Q", total))
    assert [bytes(frame) for frame in found] == contents
    changed = {number: (data,) for number, data in new.items() if number < len(contents)}
    rebuilt = found.rebuilt(changed)
    after = [new[number] if number in changed else data for number, data in enumerate(contents)]
    again = Value(tuple((data + b"\0" * (len(data) & 1),) for data in after))
    read_again = again.read(offsets=rebuilt.table(OFFSETS), lengths=rebuilt.table(LENGTHS), total=rebuilt.table(TOTAL))
    assert [bytes(frame) for frame in read_again] == after
    assert whole(rebuilt)[:8] == build.item(b"")


def test_a_frame_of_one_fragment_is_a_view_of_the_buffer() -> None:
    buffer, element = Value(((b"abcd",), (b"efgh", b"ij"))).element()
    found = encapsulated(buffer, element, 1)
    assert bytes(found.frame(0)) == b"abcdefghij"
    (one, _) = Value(((b"abcd",), (b"efgh",))).read()
    assert one.obj == Value(((b"abcd",), (b"efgh",))).buffer()


def test_what_does_not_change_is_handed_on_in_one_piece() -> None:
    value = Value(tuple((bytes(100),) for _ in range(50)))
    rebuilt = value.read().rebuilt({25: (b"new",)})
    assert len(rebuilt.parts) == 6  # table, before, header, frame, padding, behind
    assert [len(part) for part in rebuilt.parts[1::4]] == [25 * 108, 24 * 108]


TWO = Value(((START + b"a",), (START + b"b", b"cd")))


@pytest.mark.parametrize(
    "basic",
    [
        table("I", 0),
        table("I", 0, 12, 24),
        table("I", 4, 12),
        table("I", 0, 13),
        table("I", 0, 0),
        table("I", 12, 0),
        table("I", 0, 999),
        b"\0\0",
        b"VANDERPLUME",
        b"\0\0\0\0VAND",
    ],
)
def test_a_basic_table_that_does_not_name_the_frames_is_refused(basic: bytes) -> None:
    assert Value(TWO.frames, table("I", 0, 12)).read()
    assert unclear(Value(TWO.frames, basic + b"\0" * (len(basic) & 1)))


def test_fragments_that_nothing_tells_apart_are_refused() -> None:
    assert len(TWO.read()) == 2
    assert unclear(TWO, 4)
    assert unclear(Value(((START + b"a",), (b"bcde", b"cd"))))
    assert unclear(Value(((b"ab",), (START + b"a", b"cd"))), 1 + 1)
    assert unclear(Value(((START + b"a",), (START + b"b", START + b"c"))), 2)
    assert unclear(Value(()), 1)
    assert unclear(TWO, 1)
    assert len(Value(((b"ab", START + b"a", b"cd"),)).read()) == 1
    assert unclear(TWO, 0)


def test_extended_tables_that_disagree_are_refused() -> None:
    value = Value(((b"abcd",), (b"ef",)))
    offsets, lengths = table("Q", 0, 12), table("Q", 4, 1)
    assert value.read(offsets=offsets, lengths=lengths).lengths == (4, 1)
    assert unclear(value, offsets=offsets)
    assert unclear(value, lengths=lengths)
    assert unclear(value, offsets=table("Q", 0, 8), lengths=lengths)
    assert unclear(value, offsets=offsets, lengths=table("Q", 4, 4))
    assert unclear(value, offsets=offsets, lengths=table("Q", 1, 2))
    assert unclear(value, offsets=offsets, lengths=lengths + b"VANDERPL")
    assert unclear(value, offsets=offsets + b"VANDERPL", lengths=lengths)
    assert unclear(Value(TWO.frames), offsets=table("Q", 0, 12), lengths=table("Q", 4, 6))
    assert Value(value.frames, table("I", 0, 12)).read(offsets=offsets, lengths=lengths)
    assert unclear(
        Value(((b"abcd",), (b"ef",), (b"gh",)), table("I", 0, 12, 22)), 3, offsets=table("Q", 0, 12, 12), lengths=table("Q", 4, 2, 2)
    )


def test_a_total_length_is_that_of_the_stream() -> None:
    assert TWO.read(total=table("Q", 10)) and TWO.read(total=table("Q", 9))
    for wrong in (table("Q", 8), table("Q", 11), b"VANDERPL", b"", table("Q", 10, 10)):
        assert unclear(TWO, total=wrong)


def test_a_basic_table_goes_where_offsets_outgrow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deidrules.pixels.encapsulated._LARGEST", 20)
    value = Value(((b"abcd",), (b"efgh",)), table("I", 0, 12))
    assert whole(value.read().rebuilt({}))[:16] == build.item(table("I", 0, 12))
    grown = value.read().rebuilt({0: (b"0123456789abcdef",)})
    assert whole(grown)[:8] == build.item(b"") and grown.offsets == (0, 24)
    with pytest.raises(Refusal, match="frame-too-long"):
        value.read().rebuilt({0: (bytes(20),)})
