"""Where outputs go: a folder that is only ever added to, one whole file at a time."""

# Paths stay text here: there is one for every file of a run.
# ruff: noqa: PTH100, PTH102, PTH103, PTH105, PTH106, PTH108, PTH118, PTH120, PTH123

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from deidrules.dicom.buffer import Stretch
from deidrules.dicom.part import Part, in_memory, pieces
from deidrules.run import copying

# POSIX promises 16, Linux and macOS give 1024
_PARTS_AT_ONCE = 1024
_COMPARE_BYTES = 1 << 20

# Shorter stretches are read and written with what stands beside them.
_COPIED_BYTES = 1 << 16
# So much may wait for one write.
_WAITING_BYTES = 1 << 20


class Published(Enum):
    """What came of putting a file under its name."""

    NEW = "new"
    SAME = "same"  # the same bytes stand there already
    OTHER = "other"  # other bytes stand there, or something that is no file


def write_partial(folder: str, name: str, parts: Iterable[Part]) -> None:
    """Write a new file of `parts`, mode 0600. OSError when it cannot be, Refusal when a part cannot be made or read; nothing is left behind
    then."""
    path = os.path.join(folder, name)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            _write_all(descriptor, parts)
        finally:
            os.close(descriptor)
    except BaseException:
        os.unlink(path)
        raise


def _write_all(descriptor: int, parts: Iterable[Part]) -> None:
    """What stands in memory goes out together, long stretches of the source by themselves."""
    waiting: list[bytes | memoryview] = []
    size = 0
    for piece in pieces(parts):
        if isinstance(piece, Stretch) and len(piece) >= _COPIED_BYTES:
            _write_waiting(descriptor, waiting)
            waiting, size = [], 0
            copying.copy(descriptor, piece)
        elif len(piece):
            waiting.append(bytes(piece) if isinstance(piece, Stretch) else piece)
            size += len(piece)
            if size >= _WAITING_BYTES or len(waiting) >= _PARTS_AT_ONCE:
                _write_waiting(descriptor, waiting)
                waiting, size = [], 0
    _write_waiting(descriptor, waiting)


def _write_waiting(descriptor: int, waiting: list[bytes | memoryview]) -> None:
    first = 0
    while first < len(waiting):
        batch = waiting[first : first + _PARTS_AT_ONCE]
        written = os.writev(descriptor, batch)
        if not written:
            raise OSError(errno.EIO, "nothing written")
        for part in batch:
            if written < len(part):
                waiting[first] = memoryview(part)[written:]
                break
            written -= len(part)
            first += 1


def discard_partial(folder: str, name: str) -> None:
    """Remove a file that `write_partial` made."""
    os.unlink(os.path.join(folder, name))


def digest(parts: Iterable[Part]) -> bytes:
    """SHA-256 of the file that the parts make."""
    state = hashlib.sha256()
    for part in in_memory(parts):
        state.update(part)
    return state.digest()


class Sink:
    """An output folder. Finished files wait in a folder of their own inside it (mode 0700, one per run) until they get their name, which
    needs no copy; a file that stands under a name is never written over.

    `open` makes the folders, `close` takes away what waits. Raises OSError only."""

    def __init__(self, output: Path) -> None:
        self.output = os.path.abspath(output)
        self.partial = os.path.join(self.output, f".deidrules-{secrets.token_hex(8)}")
        self._folders: set[str] = set()

    def open(self) -> None:
        """Make the output folder where it is missing, and the waiting room."""
        os.makedirs(self.output, exist_ok=True)
        os.mkdir(self.partial, 0o700)

    def close(self) -> None:
        """Remove the waiting room and everything that was never published, as far as the storage still lets us."""
        try:
            shutil.rmtree(self.partial, ignore_errors=True)
        except OSError:
            pass

    def discard(self, partial: str) -> None:
        """Remove a waiting file."""
        os.unlink(os.path.join(self.partial, partial))

    def publish(self, partial: str, name: str) -> Published:
        """Give the waiting file its name. What is not NEW was discarded."""
        source = os.path.join(self.partial, partial)
        target = os.path.join(self.output, name)
        if not self._folder(os.path.dirname(name)):
            os.unlink(source)
            return Published.OTHER
        try:
            move_without_clobbering(source, target)
        except FileExistsError:
            same = same_bytes(source, target)
            os.unlink(source)
            return Published.SAME if same else Published.OTHER
        return Published.NEW

    def withdraw(self, name: str) -> None:
        """Take back a file that this run published, and the folders that stay empty."""
        os.unlink(os.path.join(self.output, name))
        folder = os.path.dirname(name)
        while folder:
            try:
                os.rmdir(os.path.join(self.output, folder))
            except OSError:
                return
            self._folders.discard(folder)
            folder = os.path.dirname(folder)

    def _folder(self, folder: str) -> bool:
        """Make a folder below the output; False when something else than a real folder stands in its way."""
        if not folder or folder in self._folders:
            return True
        if not self._folder(os.path.dirname(folder)):
            return False
        path = os.path.join(self.output, folder)
        try:
            os.mkdir(path)
        except FileExistsError:
            # a symbolic link could lead out of the output folder
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                return False
        self._folders.add(folder)
        return True


def move_without_clobbering(source: str, target: str) -> None:
    """Rename within a file system; FileExistsError when the target exists. Never is anything but nothing or the whole file seen under the
    name, except on file systems without hard links, where the name is reserved by an empty file for the moment of the renaming."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL):
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        try:
            os.replace(source, target)
        except BaseException:
            os.unlink(target)
            raise
    else:
        os.unlink(source)


def _open_standing(path: str) -> int | None:
    """A descriptor of the regular file that stands at a path; None for a link, a folder, a socket, what is not ours to read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EACCES):
            return None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor


def same_bytes(one: str, other: str) -> bool:
    """True for two regular files of the same content."""
    descriptor = _open_standing(other)
    if descriptor is None:
        return False
    with open(one, "rb") as left, os.fdopen(descriptor, "rb") as right:
        if os.fstat(right.fileno()).st_size != os.fstat(left.fileno()).st_size:
            return False
        while block := left.read(_COMPARE_BYTES):
            if right.read(_COMPARE_BYTES) != block:
                return False
    return True


class DrySink:
    """A sink that writes nothing and says what a real one would have. `digests` stand for the files."""

    partial = ""

    def __init__(self, output: Path) -> None:
        self.output = os.path.abspath(output)
        self._published: dict[bytes, bytes] = {}

    def publish_digest(self, content: bytes, name: str) -> Published:
        """What would come of a file with this SHA-256 under this name."""
        key = hashlib.blake2b(os.fsencode(name), digest_size=16).digest()
        standing = self._published.get(key)
        if standing is None:
            standing = self._on_disk(name)
        if standing is None:
            self._published[key] = content
            return Published.NEW
        return Published.SAME if standing == content else Published.OTHER

    def withdraw(self, name: str) -> None:
        """Forget a file."""
        self._published.pop(hashlib.blake2b(os.fsencode(name), digest_size=16).digest(), None)

    def _on_disk(self, name: str) -> bytes | None:
        """SHA-256 of a file of an earlier run; b"" for what is there and cannot be read; None where nothing is."""
        path = os.path.join(self.output, name)
        if not os.path.lexists(path):
            return None
        descriptor = _open_standing(path)
        if descriptor is None:
            return b""
        with os.fdopen(descriptor, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
