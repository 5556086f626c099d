"""A stretch of a source copied into an output: by the kernel, or through memory, whichever is faster between the two file systems.

Neither always is. In an output the pixels begin elsewhere within a page than in the source, and then a file system with a journal does
twice the work when the kernel copies page by page (ext4: 1.5 times the time of reads and writes of a megabyte); on others (tmpfs) the
kernel's way is the fastest there is. So the first megabytes are copied both ways in turn, by the clock. The bytes are the same."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass, field

from deidrules.dicom.buffer import Stretch

# So often is each way tried, with at least and at most so many bytes.
_TRIALS = 4
_LEAST = 1 << 18
_MOST = 1 << 22

_KERNEL, _MEMORY = 0, 1


@dataclass(slots=True)
class _Pace:
    """What is known of one pair of file systems: the best pace of each way, in bytes a second, and how often one was tried."""

    best: list[float] = field(default_factory=lambda: [0.0, 0.0])
    tried: int = 0

    @property
    def decided(self) -> bool:
        return self.tried >= 2 * _TRIALS

    def way(self) -> int:
        """The way to go next."""
        return self.best.index(max(self.best)) if self.decided else self.tried % 2

    def took(self, way: int, size: int, seconds: float) -> None:
        self.best[way] = max(self.best[way], size / max(seconds, 1e-9))
        self.tried += 1


_paces: dict[tuple[int, int], _Pace] = {}


def copy(descriptor: int, stretch: Stretch) -> None:
    """Append the stretch to an open file. OSError when it cannot be written, Refusal when it cannot be read."""
    source, at = stretch.source, stretch.start
    pace = _pace(source.descriptor, descriptor)
    while at < stretch.stop:
        trial = not pace.decided and stretch.stop - at >= _LEAST
        way = pace.way() if trial or pace.decided else _KERNEL
        stop = min(stretch.stop, at + _MOST) if trial else stretch.stop
        begin, first = time.perf_counter(), at
        if way == _KERNEL:
            at = _by_kernel(descriptor, stretch, at, stop)
        for piece in source.pieces(at, stop):  # all of it, or what the kernel would not copy
            write(descriptor, piece)
        at = stop
        if trial:
            pace.took(way, at - first, time.perf_counter() - begin)


def write(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of it. OSError."""
    while written := os.write(descriptor, data):
        if written == len(data):
            return
        data = memoryview(data)[written:]
    raise OSError(errno.EIO, "nothing written")


def _pace(source: int, target: int) -> _Pace:
    key = os.fstat(source).st_dev, os.fstat(target).st_dev
    known = _paces.get(key)
    if known is None:
        known = _paces[key] = _Pace()
    return known


def _by_kernel(descriptor: int, stretch: Stretch, at: int, stop: int) -> int:
    """Copy as far as the two file systems let us; where that was."""
    copy_range = getattr(os, "copy_file_range", None)  # Linux
    while copy_range is not None and at < stop:
        try:
            copied = copy_range(stretch.source.descriptor, descriptor, stop - at, at)
        except OSError:
            break  # whatever it is, reading and writing will tell which of them cannot
        if not copied:
            break
        at += copied
    return at
