"""Which rows of lists belong to which file: by path, and by plain name where that cannot be mistaken."""

# Paths stay text here, as lists have them.
# ruff: noqa: PTH118, PTH119

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deidrules.rectangles.model import ListedRectangle, RectangleList
from deidrules.text.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Target:
    """A file to work on, and its rectangles. `file` is its path as the user or the list has it, with --root before it where the list's is
    relative. `by_name`: its name alone was found in a list, as a file of another folder."""

    file: str
    rectangles: tuple[ListedRectangle, ...] = ()
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """`undone`: how many files of the lists were left alone because nobody marked them done."""

    targets: tuple[Target, ...] = ()
    undone: int = 0


class Places:
    """The files of several lists by their place: the path as written, behind `root` where it is relative, made absolute, links resolved.
    So rows that name one file in two ways come together."""

    def __init__(self, lists: Sequence[RectangleList], root: str) -> None:
        self._root = root
        self._known: dict[str, str] = {}
        self.rectangles: dict[str, list[ListedRectangle]] = {}
        self.written: dict[str, str] = {}
        self.undone: set[str] = set()
        for one in lists:
            for file in one.files:
                place = self.place(file)
                self.rectangles.setdefault(place, [])
                self.written.setdefault(place, os.path.join(root, file))
            for rectangle in one.rectangles:
                self.rectangles[self.place(rectangle.file)].append(rectangle)
            self.undone.update(self.place(file) for file in one.undone)

    def place(self, file: str) -> str:
        """The real path of a name of a list, worked out once: a file has many rows."""
        place = self._known.get(file)
        if place is None:
            place = self._known[file] = os.path.realpath(os.path.join(self._root, file))
        return place

    def found(self, file: str) -> str:
        """The place of a given file in the lists; "" where no list has it."""
        place = os.path.realpath(file)
        return place if place in self.rectangles else ""


def match(
    files: Sequence[str], lists: Sequence[RectangleList], *, root: str = "", take_undone: bool = False, on_their_own: bool = False
) -> tuple[Matched, tuple[Diagnostic, ...]]:
    """The files to work on: those given, or without any every file that has rectangles in a list.

    A given file has the rows of its own place. Where a list has none, it has those of the one
    listed file of the same name, if that is not there itself, and if no other given file asks for the same: a list made on another
    machine says where the file lay there. A file that no list speaks of is an error unless it has something to be done `on_their_own`.
    So is one that is not marked done, unless `take_undone`."""
    places = Places(lists, root)
    if not files:
        return _every(places, take_undone)
    problems: list[Diagnostic] = []
    found: list[tuple[str, str, bool]] = []
    for file in dict.fromkeys(files):
        place, by_name = (places.found(file), False) if lists else ("", False)
        if lists and not place:
            place, problem = _by_name(file, places)
            by_name = bool(place)
            if problem is not None:
                problems.append(problem)
                continue
        if lists and not place and not on_their_own:
            help_ = "--root DIR goes before relative paths of the list; the name alone counts where the list has it once"
            problems.append(Diagnostic("DR607", f"no list has `{file}`", help=help_))
        elif place in places.undone and not take_undone:
            problems.append(Diagnostic("DR607", f"`{file}` is not marked done in the database", help="--all takes such files, too"))
        elif place and not places.rectangles[place] and not on_their_own:
            problems.append(Diagnostic("DR607", f"the list has no rectangle for `{file}`"))
        else:
            found.append((file, place, by_name))
    problems += _shared(found)
    if problems:
        return Matched(), tuple(problems)
    targets = (Target(file, tuple(places.rectangles.get(place, ())), by_name) for file, place, by_name in found)
    return Matched(tuple(targets)), ()


def _every(places: Places, take_undone: bool) -> tuple[Matched, tuple[Diagnostic, ...]]:
    listed = [place for place, rectangles in places.rectangles.items() if rectangles]
    taken = [place for place in listed if take_undone or place not in places.undone]
    undone = len(listed) - len(taken)
    if not taken:
        if undone:
            return Matched(), (Diagnostic("DR607", "no file of the database is marked done", help="--all takes them as they are"),)
        return Matched(), (Diagnostic("DR607", "the list has no rectangle"),)
    return Matched(tuple(Target(places.written[place], tuple(places.rectangles[place])) for place in taken), undone), ()


def _by_name(file: str, places: Places) -> tuple[str, Diagnostic | None]:
    name = os.path.basename(file)
    same = [place for place in places.rectangles if os.path.basename(place) == name]
    if len(same) > 1:
        why = f"the list has {len(same)} files named `{name}`, none of them at this place"
        return "", Diagnostic("DR607", why, help="--root DIR goes before relative paths of the list")
    if same and os.path.lexists(same[0]):
        return "", Diagnostic("DR607", f"the list has another file named `{name}`, in another folder")
    return (same[0] if same else ""), None


def _shared(found: Iterable[tuple[str, str, bool]]) -> list[Diagnostic]:
    """Two files that would have the rows of one, by name."""
    by_place: dict[str, list[tuple[str, bool]]] = {}
    for file, place, by_name in found:
        if place:
            by_place.setdefault(place, []).append((file, by_name))
    return [
        Diagnostic("DR607", f"`{one}` and `{other}` have one name, and the list has one file of it")
        for (one, _), (other, _), *_ in (users for users in by_place.values() if len(users) > 1 and any(name for _, name in users))
    ]
