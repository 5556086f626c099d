"""Changes to a frame as ranges of bytes: what is left out or put in another's place; every other byte stays where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deidrules.dicom.buffer import View
from deidrules.text.refusal import Refusal

# what of a frame is left behind, as the audit says it
JPEG, JPEG_2000, JPEG_XL, EXCESS = "jpeg-metadata", "jpeg-2000-metadata", "jpeg-xl-metadata", "excess-frame-bytes"


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` .. `stop` of a frame become `new`. `what`: the word of the audit; "" for what changes only because something else does:
    a length, or padding that is made anew."""

    start: int
    stop: int
    new: bytes = b""
    what: str = ""

    @property
    def shrinks(self) -> int:
        """By how many bytes the frame becomes shorter."""
        return self.stop - self.start - len(self.new)

    @property
    def loses(self) -> int:
        """How many bytes of the input are gone: all of them where zeros took their place."""
        return self.shrinks if self.shrinks > 0 else self.stop - self.start


def edited(data: View, edits: Sequence[Edit]) -> tuple[bytes | View, ...]:
    """The frame in parts, with the edits done: they ascend and do not overlap. What stays are views. Edits without a word alone change
    nothing."""
    if not any(edit.what for edit in edits):
        return (data,)
    parts: list[bytes | View] = []
    at = 0
    for edit in edits:
        parts += (data[at : edit.start], edit.new)
        at = edit.stop
    parts.append(data[at:])
    return tuple(part for part in parts if len(part))


def shrunk(edits: Iterable[Edit]) -> int:
    """By how many bytes all of them make it shorter."""
    return sum(edit.shrinks for edit in edits)


def trailing(data: memoryview, at: int) -> list[Edit]:
    """What stands behind the end of the image goes. Where it says nothing that alone is no change: the one byte that makes a length even,
    and padding of zeros or of fill bytes."""
    rest = data[at:]
    if not len(rest):
        return []
    silent = len(rest) == 1 or any(bytes(rest).count(padding) == len(rest) for padding in (b"\0", b"\xff"))
    return [Edit(at, len(data), what="" if silent else EXCESS)]


def broken() -> Refusal:
    """The frame cannot be followed by its markers to its end: what it holds is not known."""
    return Refusal("bad-codestream")


def number(data: memoryview, at: int, size: int) -> int:
    """An unsigned big endian number; the refusal `bad-codestream` when the frame ends before it."""
    if at + size > len(data):
        raise broken()
    return int.from_bytes(data[at : at + size], "big")
