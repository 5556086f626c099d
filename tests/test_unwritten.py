"""The parts of an output read as if they were a file."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.dicom.part import Part, Pieces
from deidrules.dicom.unwritten import Unwritten

small = st.binary(max_size=9)


def made(pieces: tuple[bytes, ...]) -> Pieces:
    def make() -> Iterator[bytes]:
        yield from pieces

    return Pieces(sum(map(len, pieces)), make)


parts = st.lists(
    st.one_of(small, small.map(memoryview), st.lists(small, max_size=6).map(tuple).map(made)),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(parts, st.lists(st.tuples(st.integers(0, 120), st.integers(0, 40)), max_size=12))
def test_whatever_is_read_in_whatever_order_is_what_would_be_written(given_parts: list[Part], wanted: list[tuple[int, int]]) -> None:
    whole = b"".join(b"".join(bytes(piece) for piece in part) if isinstance(part, Pieces) else bytes(part) for part in given_parts)
    found = Unwritten(tuple(given_parts))
    assert len(found) == len(whole)
    for start, size in wanted:
        assert found[start : start + size] == whole[start : start + size]
        target = bytearray(max(0, min(size, len(whole) - start)))
        if target:
            found.read_into(target, start)
        assert target == whole[start : start + size]
    assert b"".join(found.pieces(0, len(whole))) == whole


def test_a_part_that_is_made_is_made_once_for_a_reading_that_goes_forward() -> None:
    begun = []

    def make() -> Iterator[bytes]:
        begun.append(1)
        yield from (bytes([number]) * 100_000 for number in range(10))

    found = Unwritten((b"head", Pieces(1_000_000, make), b"tail"))
    for at in range(0, len(found), 70_000):
        assert len(found[at : at + 70_000]) == min(70_000, len(found) - at)
    assert len(begun) == 1
