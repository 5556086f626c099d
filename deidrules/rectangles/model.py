"""A rectangle of a list: which file, frame and overlay plane it means."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.plan.pixels import Rectangle
from deidrules.text.diagnostic import Diagnostic

ANY = None  # of a frame or an overlay


@dataclass(frozen=True, slots=True)
class ListedRectangle:
    """One row of a list, with nothing of its address lost.

    `file` is the name as written, `rectangle` half-open. `frame` counts from 1, None is every frame. `overlay` is the index of a plane
    (0 is group 6000, 1 is 6002), None is the image and every plane. With an index, `rectangle` and `frame` are the plane's own, counted
    from its first pixel and frame; else they are those of the image. `place` names the row for messages, as in "marks.csv:12"."""

    file: str
    rectangle: Rectangle
    frame: int | None = ANY
    overlay: int | None = ANY
    place: str = ""


@dataclass(frozen=True, slots=True)
class RectangleList:
    """A list that was read. `files`: every name in it, in the order of the list, those that have only summary rows among them. `undone`:
    the names that a reviewer has not marked done; a list that knows no marks has none."""

    name: str
    rectangles: tuple[ListedRectangle, ...] = ()
    files: tuple[str, ...] = ()
    undone: frozenset[str] = frozenset()


class Findings:
    """The diagnostics of one list. After `most` of them the rest is counted: a list of another form has one for each row."""

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._said: list[Diagnostic] = []
        self._more: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        """One more."""
        (self._said if len(self._said) < self._most else self._more).append(diagnostic)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, the last one for those that are only counted."""
        if not self._more:
            return tuple(self._said)
        rows = "row is" if len(self._more) == 1 else "rows are"
        return (*self._said, Diagnostic(self._more[0].code, f"{len(self._more)} more {rows} not understood", help=self._more[0].help))
