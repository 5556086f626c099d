"""The parts an output is written from, in order: bytes, views of the input, stretches of a file, pieces that are made on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from deidrules.dicom.buffer import PIECE, Stretch, View

Piece = bytes | View


class Pieces:
    """A part of known length that is made while it is written, a piece at a time, and never held as a whole. It can be made again."""

    __slots__ = ("_length", "_make")

    def __init__(self, length: int, make: Callable[[], Iterator[Piece]]) -> None:
        """What `make` gives is `length` bytes together. It may raise Refusal for what only reading can tell."""
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Piece]:
        return self._make()


Part = bytes | memoryview | Stretch | Pieces


def pieces(parts: Iterable[Part]) -> Iterator[Piece]:
    """The parts, those made on the way taken apart."""
    for part in parts:
        if isinstance(part, Pieces):
            yield from part
        else:
            yield part


def in_memory(parts: Iterable[Part]) -> Iterator[bytes | memoryview]:
    """The same bytes as something with a buffer protocol, about a megabyte at a time where they come from a file."""
    for piece in pieces(parts):
        if isinstance(piece, Stretch) and len(piece) <= PIECE:
            yield bytes(piece)
        elif isinstance(piece, Stretch):
            yield from piece.source.pieces(piece.start, piece.stop)
        else:
            yield piece


def joined(parts: Iterable[Part]) -> bytes:
    """All of it, for callers that want it in memory."""
    return b"".join(in_memory(parts))
