"""A diagnostic as plain text: message, place, the line with carets under it, help, notes."""

from __future__ import annotations

import unicodedata

from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span

WIDTH = 120  # of the shown part of a line
_TAB = 4


def excerpt(diagnostic: Diagnostic) -> str:
    """Several lines without a last line break. Control characters are shown as `�`, long lines are cut around the place."""
    spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
    gutter = len(str(max(span.line for span in spans)))
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {_printable(diagnostic.message)}", *_place(diagnostic.span, gutter)]
    if diagnostic.help:
        lines.append(f"{' ' * (gutter + 1)}= help: {_printable(diagnostic.help)}")
    for note in diagnostic.notes:
        lines += [f"{' ' * (gutter + 1)}= note: {_printable(note.text)}", *_place(note.span, gutter)]
    return "\n".join(lines)


def _place(span: Span, gutter: int) -> list[str]:
    if not span.source.name:
        return []
    place = f"{' ' * gutter}--> {_printable(span.source.name)}:{span.line}:{span.column}"
    if not span.source.text:
        return [place]
    text = span.source.line(span.line)
    first = span.column - 1
    last = max(first + 1, min(first + span.end - span.start, len(text)))  # a span over several lines ends with its first
    shown, before, marked = _window(text, first, last)
    margin = " " * (gutter + 1) + "|"
    return [place, margin, f"{span.line:>{gutter}} | {shown}".rstrip(), f"{margin} {' ' * before}{'^' * marked}"]


def _window(text: str, first: int, last: int) -> tuple[str, int, int]:
    """The part of a line to show, the columns before the marked part, and the columns it takes."""
    cells = [_cell(character) for character in text]
    start, end = 0, len(cells)
    if sum(map(_width, cells)) > WIDTH:
        start = max(0, first - WIDTH // 3)
        end = start
        width = 0
        while end < len(cells) and width + _width(cells[end]) <= WIDTH - 2:
            width += _width(cells[end])
            end += 1
    left = "…" if start else ""
    right = "…" if end < len(cells) else ""
    before = len(left) + sum(map(_width, cells[start:first]))
    marked = sum(map(_width, cells[first : min(last, end)])) or 1
    return left + "".join(cells[start:end]) + right, before, marked


def _cell(character: str) -> str:
    if character == "\t":
        return " " * _TAB
    return character if _visible(character) else "�"


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _width(cell: str) -> int:
    if len(cell) > 1:
        return len(cell)
    if unicodedata.combining(cell):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1


def _printable(text: str) -> str:
    return "".join(character if _visible(character) else "�" for character in text)
