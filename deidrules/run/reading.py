"""Files opened: small ones read at once, large ones left where they are and read a window at a time."""

# Paths stay text here: there is one for every file of a run.

from __future__ import annotations

import os
import stat
from types import TracebackType

from deidrules.dicom.buffer import Buffer, FileBuffer
from deidrules.text.refusal import Refusal

# Up to here one read into fresh memory is the fastest way through a file; beyond, memory would grow with the file.
LARGE = 4 << 20

_READ_BYTES = 1 << 16


def opened(path: str, most: int, large: int = LARGE) -> Buffer:
    """The content of a regular file: its bytes, or from `large` bytes on a FileBuffer, which the caller closes.

    Refusal `unreadable`; beyond `most` bytes `too-large`, or `not-dicom` when it does not begin like it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refusal("unreadable")
            if status.st_size > most:
                like = _begins_like_dicom(os.read(descriptor, 132))
                raise Refusal("too-large" if like else "not-dicom", length=status.st_size, expected=most)
            if status.st_size >= large:
                buffer = FileBuffer(descriptor)
                descriptor = -1
                return buffer
            data = os.read(descriptor, status.st_size)
            more = os.read(descriptor, _READ_BYTES)
            if not more:  # the rule; a file that grows comes in pieces
                return data
            pieces, size = [data, more], len(data) + len(more)
            while more := os.read(descriptor, _READ_BYTES):
                size += len(more)
                if size > most:
                    raise Refusal("too-large", length=size, expected=most)
                pieces.append(more)
            return b"".join(pieces)
        finally:
            if descriptor >= 0:
                os.close(descriptor)
    except OSError:
        raise Refusal("unreadable") from None


def open_buffer(path: str, most: int, large: int = LARGE) -> Opened:
    """The same for the time of a `with`: afterwards a large file is closed. Whoever has read a large file piece by piece and rests a
    decision on all of it asks `FileBuffer.prove_unchanged` at the end."""
    return Opened(opened(path, most, large))


class Opened:
    """A buffer that is closed behind a `with`. There is one for every file of a run, so it is no generator."""

    __slots__ = ("_buffer",)

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer

    def __enter__(self) -> Buffer:
        return self._buffer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if isinstance(self._buffer, FileBuffer):
            self._buffer.close()


def _begins_like_dicom(start: bytes) -> bool:
    """A preamble, or group 0002 or 0008 in either byte order."""
    return start[128:132] == b"DICM" or start[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")
