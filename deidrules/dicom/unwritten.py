"""A file that is not written: the parts of an output read as if they stood on a disk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from deidrules.dicom.buffer import FileBuffer
from deidrules.dicom.part import Part, Pieces, in_memory


class Unwritten(FileBuffer):
    """What `sink.write_partial` would make of these parts, read without being held: a part that is made on the way is made as far as the
    reading needs it, and anew from its beginning where the reading goes back. Reading raises what making the parts raises."""

    __slots__ = ("_bytes", "_making", "_parts", "_piece", "_piece_start", "_starts")

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.descriptor = -1
        self.window = b""
        self.window_start = 0
        self._parts = tuple(part for part in parts if len(part))
        self._starts = tuple(accumulate(map(len, self._parts), initial=0))
        self._length = self._starts[-1]
        self._making = -1  # the part that `_bytes` makes; the last piece of it, and where in the part that begins
        self._bytes: Iterator[bytes | memoryview] = iter(())
        self._piece: bytes | memoryview = b""
        self._piece_start = 0

    def read_into(self, target: bytearray, start: int) -> None:
        """Fill `target` with the bytes from `start` on."""
        target[:] = self._read(start, len(target))

    def prove_unchanged(self) -> None:
        """Nothing is to be proven: nobody else can change it."""

    def _read(self, start: int, size: int) -> bytes:
        found: list[bytes | memoryview] = []
        number = bisect_right(self._starts, start) - 1
        while size > 0:
            part, at = self._parts[number], start - self._starts[number]
            taken = min(size, len(part) - at)
            found += self._made(number, part, at, at + taken) if isinstance(part, Pieces) else [bytes(part[at : at + taken])]
            start, size, number = start + taken, size - taken, number + 1
        return b"".join(found)

    def _made(self, number: int, part: Pieces, start: int, stop: int) -> Iterator[bytes | memoryview]:
        if number != self._making or start < self._piece_start:
            self._making, self._bytes, self._piece, self._piece_start = number, in_memory((part,)), b"", 0
        while start < stop:
            end = self._piece_start + len(self._piece)
            if start >= end:
                self._piece, self._piece_start = next(self._bytes), end
                continue
            taken = min(stop, end)
            # a view may be of memory that is used again
            yield bytes(self._piece[start - self._piece_start : taken - self._piece_start])
            start = taken
