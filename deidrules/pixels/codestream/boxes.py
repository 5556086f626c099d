"""Boxes, the outer structure of JP2 (ISO 15444-1 Annex I) and JPEG XL (ISO 18181-2) files."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.pixels.codestream.edits import Edit, broken, number, shrunk


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its header stands at `start`, its content at `content` .. `stop`. `open_`: it says that it goes on to the end."""

    kind: bytes
    start: int
    content: int
    stop: int
    open_: bool

    def resized(self, data: memoryview, inner: list[Edit]) -> list[Edit]:
        """The edit of its length that edits of its content ask for, and those edits."""
        less = shrunk(inner)
        if not less or self.open_:
            return inner
        if self.content - self.start == 16:
            at, size = self.start + 8, 8
        else:
            at, size = self.start, 4
        return [Edit(at, at + size, (number(data, at, size) - less).to_bytes(size, "big")), *inner]


def box_at(data: memoryview, at: int, end: int) -> Box:
    """The box that begins at `at` and has to end by `end`. Refusal `bad-codestream`."""
    length, kind, content = number(data, at, 4), bytes(data[at + 4 : at + 8]), at + 8
    if length == 1:
        length, content = number(data, at + 8, 8), at + 16
    stop = end if length == 0 else at + length
    if not content <= stop <= end:
        raise broken()
    return Box(kind, at, content, stop, length == 0)


def boxes(data: memoryview, at: int, end: int) -> list[Box]:
    """The boxes that fill `at` .. `end` exactly. Refusal `bad-codestream`."""
    found: list[Box] = []
    while at < end:
        found.append(box_at(data, at, end))
        at = found[-1].stop
    return found
