"""The bytes of a file that is too large to be held: read where they are asked for, handed on as stretches of the file.

Plain reads, no memory map: a mapped file that shrinks, or a disk that fails, kills the process that looks at it (SIGBUS), and every page
looked at counts as memory of the process. A read that comes out short is a refusal like any other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType

from deidrules.text.refusal import Refusal

# Headers are read through a window of this size: elements follow each other, and items of fragments lie far apart.
_WINDOW = 1 << 14
# Larger stretches are looked at in pieces of this size.
PIECE = 1 << 20


class FileBuffer:
    """An open regular file as far as readers of `bytes` need it: length, slices (which are `bytes`), `startswith`, `count`. It has no
    buffer protocol; `viewed` is for what would be a memoryview. Not shared between threads.

    The file is taken as it stands when this is made; `prove_unchanged` says whether it still does. Reading raises Refusal `unreadable`
    when the storage fails, and `source-changed` when the file has become shorter."""

    __slots__ = ("_length", "_status", "descriptor", "window", "window_start")

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is open for reading, at any position, and belongs to this buffer from now on."""
        self.descriptor = descriptor
        self._status = _status(descriptor)
        self._length = self._status[0]
        self.window = b""
        self.window_start = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, wanted: slice) -> bytes:
        start, stop, _ = wanted.indices(self._length)
        size = stop - start
        if size <= 0:
            return b""
        if size > _WINDOW // 2:
            return self._read(start, size)
        at = start - self.window_start
        if at < 0 or at + size > len(self.window):
            self.look(start)
            at = 0
        return self.window[at : at + size]

    def look(self, position: int) -> None:
        """Bring the window to a position."""
        self.window = self._read(position, max(min(_WINDOW, self._length - position), 0))
        self.window_start = position

    def startswith(self, prefix: bytes | tuple[bytes, ...], start: int = 0, stop: int | None = None) -> bool:
        """As `bytes.startswith`, for prefixes that are not empty."""
        longest = len(prefix) if isinstance(prefix, bytes) else max(map(len, prefix), default=0)
        end = self._length if stop is None else stop
        return self[start : min(start + longest, end)].startswith(prefix)

    def count(self, byte: int, start: int = 0) -> int:
        """As `bytes.count` of one byte."""
        return sum(piece.count(byte) for piece in self.pieces(start, self._length))

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes `start` .. `stop`, `PIECE` at a time."""
        for at in range(start, stop, PIECE):
            yield self._read(at, min(PIECE, stop - at))

    def read_into(self, target: bytearray, start: int) -> None:
        """Fill `target` with the bytes from `start` on."""
        filled = 0
        with memoryview(target) as view:
            while filled < len(target):
                try:
                    got = os.preadv(self.descriptor, [view[filled:]], start + filled)
                except OSError:
                    raise Refusal("unreadable") from None
                if not got:
                    raise Refusal("source-changed", length=start + filled, expected=self._length)
                filled += got

    def _read(self, start: int, size: int) -> bytes:
        try:
            data = os.pread(self.descriptor, size, start)
            if len(data) == size:
                return data
            found = [data]
            while (size := size - len(data)) > 0:
                start += len(data)
                data = os.pread(self.descriptor, size, start)
                if not data:
                    raise Refusal("source-changed", length=start, expected=self._length)
                found.append(data)
        except OSError:
            raise Refusal("unreadable") from None
        return b"".join(found)

    def prove_unchanged(self) -> None:
        """Refusal `source-changed` when the file is not what it was when this was made, by its size and times. What was judged, and what
        was copied later, was the same content then, as far as the clock of the file system can tell (a few milliseconds)."""
        try:
            status = _status(self.descriptor)
        except OSError:
            raise Refusal("unreadable") from None
        if status != self._status:
            raise Refusal("source-changed", length=status[0], expected=self._length)

    def close(self) -> None:
        """Close the file. Stretches of it cannot be read any more."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        self.window = b""

    def __enter__(self) -> FileBuffer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


class Stretch:
    """Bytes `start` .. `stop` of a FileBuffer, not read yet: what a memoryview is of bytes. Slices are stretches, `bytes` reads."""

    __slots__ = ("source", "start", "stop")

    def __init__(self, source: FileBuffer, start: int, stop: int) -> None:
        self.source = source
        self.start = start
        self.stop = stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, wanted: slice) -> Stretch:
        start, stop, _ = wanted.indices(self.stop - self.start)
        return Stretch(self.source, self.start + start, self.start + max(start, stop))

    def __bytes__(self) -> bytes:
        return self.source[self.start : self.stop]


Buffer = bytes | FileBuffer
View = memoryview | Stretch


def viewed(buffer: Buffer) -> View:
    """The whole buffer without a copy; slices of it are views, too."""
    return memoryview(buffer) if isinstance(buffer, bytes) else Stretch(buffer, 0, len(buffer))


def loaded(part: bytes | View) -> bytes | memoryview:
    """The part as something with a buffer protocol: read when it is a stretch."""
    return bytes(part) if isinstance(part, Stretch) else part


def copied(view: View) -> bytearray:
    """A copy to be changed."""
    if isinstance(view, memoryview):
        return bytearray(view)
    target = bytearray(len(view))
    view.source.read_into(target, view.start)
    return target


def _status(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
