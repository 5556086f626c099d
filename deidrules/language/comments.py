"""Which comment belongs to which statement."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.language.ast import Comments
from deidrules.language.lines import Comment, Layout, Region

# What the formatter and this module both count to say where in a statement a comment stands; coarser than the grammar's tokens.
ATOM = re.compile(
    r"""\([0-9A-Fa-f]{4},"(?:[^"\\\n]|"")+",[0-9A-Fa-fx]{2}\)
      | \([0-9A-Fa-fx]{4},[0-9A-Fa-fx]{4}\)
      | "(?:[^"\\\n]|\\[^\n])*"
      | (?<![\w-])matches(?![\w-])[ \t]*/(?:[^/\\\n]|\\[^\n])+/i?
      | [\w-]+(?:/[A-Z](?![\w]))*
      | \S""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Attached:
    """The comments of a statement, and those of the statements of its block."""

    comments: Comments
    children: tuple[Attached, ...] = ()


def attach(layout: Layout, source: str) -> tuple[tuple[Attached, ...], tuple[str, ...]]:
    """For every region of a layout its comments, and what stands behind the last one. An empty text among comments is a blank line."""
    return _Walk(layout, source).level(layout.regions, 0, len(source), blocks=True)


class _Walk:
    """One walk over regions and comments, both in the order of the text."""

    def __init__(self, layout: Layout, source: str) -> None:
        self.text = layout.text
        self.source = source
        self.comments = layout.comments
        self.next = 0

    def level(self, regions: list[Region], place: int, end: int, *, blocks: bool) -> tuple[tuple[Attached, ...], tuple[str, ...]]:
        """The regions of a recipe or of a block that reaches from `place` to `end`."""
        attached = []
        for region in regions:
            before, place, blank = self._lines(place, region.start)
            last_blank = bool(before) and self._blank(place, region.start)
            first_blank = blank if before else self._blank(place, region.start)
            before = (*before, "") if last_blank else before
            within: list[str] = []
            places: list[int] = []
            children: tuple[Attached, ...] = ()
            closing: tuple[str, ...] = ()
            if region.brace >= 0 and blocks:
                head_end = self.source.find("\n", region.brace, region.end)
                self._within(region, region.brace if head_end < 0 else head_end, within, places)
                children, closing = self.level(region.children, region.brace + 1, region.end, blocks=False)
            self._within(region, region.end, within, places)
            place = region.end
            after = ""
            if (comment := self._take(end)) is not None:
                if "\n" in self.source[place : comment.start]:
                    self.next -= 1
                else:
                    after, place = comment.text, comment.end
            attached.append(Attached(Comments(before, tuple(within), after, closing, bool(first_blank), tuple(places)), children))
        closing, _, blank = self._lines(place, end)
        return tuple(attached), ("", *closing) if closing and blank and attached else closing

    def _take(self, before: int) -> Comment | None:
        if self.next < len(self.comments) and self.comments[self.next].start < before:
            self.next += 1
            return self.comments[self.next - 1]
        return None

    def _lines(self, place: int, end: int) -> tuple[tuple[str, ...], int, bool]:
        """Comments on lines of their own up to `end`, the end of the last one, and whether a blank line stands before the first."""
        found: list[str] = []
        first_blank = False
        while (comment := self._take(end)) is not None:
            blank = self._blank(place, comment.start)
            if not found:
                first_blank = blank
            elif blank:
                found.append("")
            found.append(comment.text)
            place = comment.end
        return tuple(found), place, first_blank

    def _within(self, region: Region, end: int, within: list[str], places: list[int]) -> None:
        """Comments inside a statement, each with the number of atoms before it, negative when it stands behind one on its line."""
        count, counted = 0, region.start
        while (comment := self._take(end)) is not None:
            count += sum(1 for _ in ATOM.finditer(self.text, counted, comment.start))
            counted = comment.start
            own_line = not self.source[self.source.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
            within.append(comment.text)
            places.append(count if own_line else -count)

    def _blank(self, start: int, end: int) -> bool:
        """Whether a blank line stands between two things with nothing else between them."""
        return self.source.count("\n", start, end) > 1
