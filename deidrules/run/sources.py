"""Where input comes from: files and folders, in one order on every machine, symbolic links not followed."""

# Paths stay text here: there is one for every file of a run.
# ruff: noqa: PTH112, PTH116, PTH119, PTH120

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deidrules.run.errors import UsageError


@dataclass(frozen=True, slots=True)
class Found:
    """Something a source holds. `path` is absolute; `parts` its place under the source (with the source's own name in front where
    several folders were given), from which the mirror layouts take their names. `code` is "" for a regular file, else why it cannot be
    one: `symbolic-link`, `special-file`, `unreadable`, `unreadable-folder`."""

    path: str
    parts: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files and folders of a run. Iterating walks them: every folder's files first, by name, then its folders, by name. Nothing is
    kept, so a million files cost no memory."""

    roots: tuple[str, ...]
    recursive: bool = True

    def __iter__(self) -> Iterator[Found]:
        several = len(self.roots) > 1
        for root in self.roots:
            name = os.path.basename(root)
            if os.path.isdir(root):
                yield from _walk(root, (name,) if several and name else (), self.recursive)
            else:
                yield Found(root, (name,))

    def count(self) -> int:
        """How many there are at this moment, for a progress bar."""
        return sum(1 for _ in self)


def _walk(folder: str, parts: tuple[str, ...], recursive: bool) -> Iterator[Found]:
    """Depth first without recursion: a tree may be deeper than Python's stack."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(folder, parts)]
    while waiting:
        here, above = waiting.pop()
        try:
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError:
            yield Found(here, above or (os.path.basename(here),), "unreadable-folder")
            continue
        below: list[tuple[str, tuple[str, ...]]] = []
        for entry in entries:
            place = (*above, entry.name)
            kind = _kind(entry)
            if kind == "folder":
                below.append((entry.path, place))
            else:
                yield Found(entry.path, place, kind)
        if recursive:
            waiting.extend(reversed(below))


def _kind(entry: os.DirEntry[str]) -> str:
    """ "folder", "" for a regular file, or the code of what cannot be input."""
    try:
        if entry.is_symlink():
            return "symbolic-link"
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        return "" if entry.is_file(follow_symlinks=False) else "special-file"
    except OSError:
        return "unreadable"


def open_sources(places: Sequence[str | os.PathLike[str]] | str | os.PathLike[str], *, recursive: bool = True) -> Sources:
    """The sources at `places`; a symbolic link that was named is followed, one that is found is not. UsageError when there is none, or one
    does not exist or is neither file nor folder."""
    given: Iterable[str | os.PathLike[str]] = [places] if isinstance(places, str | os.PathLike) else places
    roots = []
    for place in given:
        try:
            root = os.path.realpath(place, strict=True)
            mode = os.stat(root).st_mode
        except OSError:
            raise UsageError("a source does not exist or cannot be reached") from None
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise UsageError("a source is neither a file nor a folder")
        roots.append(root)
    if not roots:
        raise UsageError("no source was given")
    return Sources(tuple(roots), recursive)


def _chain(place: str) -> list[tuple[int, int] | str]:
    """What identifies a place and every folder above it: device and inode where it exists, its path where it does not yet."""
    chain: list[tuple[int, int] | str] = []
    here = os.path.realpath(place)
    while True:
        try:
            status = os.stat(here)
            chain.append((status.st_dev, status.st_ino))
        except OSError:
            chain.append(here)
        above = os.path.dirname(here)
        if above == here:
            return chain
        here = above


def inside(place: str | os.PathLike[str], folder: str | os.PathLike[str]) -> bool:
    """True when `place` is `folder` or lies in it, by real path and by device and inode (a bind mount or another spelling does not hide
    it). Neither has to exist."""
    return _chain(os.fspath(folder))[0] in _chain(os.fspath(place))


def check_apart(sources: Sources, output: Path | None, run: Path | None, crosswalk: Path | None) -> None:
    """UsageError unless sources, output, run folder and crosswalk stay out of each other's way: what is written must never be read as
    input, and what names patients must never lie in the output."""
    for root in sources.roots:
        if output is not None and inside(output, root):
            raise UsageError("the output folder lies inside a source")
        if run is not None and inside(run, root):
            raise UsageError("the run folder lies inside a source")
        if crosswalk is not None and inside(crosswalk, root):
            raise UsageError("the crosswalk lies inside a source")
        if output is not None and inside(root, output):
            raise UsageError("a source lies inside the output folder")
        if run is not None and inside(root, run):
            raise UsageError("a source lies inside the run folder")
    if output is None:
        return
    if run is not None and inside(run, output):
        raise UsageError("the run folder lies inside the output folder: it names the sources")
    if run is not None and inside(output, run):
        raise UsageError("the output folder lies inside the run folder")
    if crosswalk is not None and inside(crosswalk, output):
        raise UsageError("the crosswalk lies inside the output folder: it names patients")
