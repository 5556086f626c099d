"""Rectangles, frames and overlays as words of a command line: `10,10,90,30;(0,0,+640,+50)`, `1,3-5`, `6000`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deidrules.plan.pixels import Rectangle
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span

# what `parse_overlay` gives for the image and every plane; "*" is every plane, as in the language
ANY_PLANE = "any"

_FORM = "a rectangle is `x0,y0,x1,y1` or `x0,y0,+width,+height`; several are parted by `;`"
_ADDRESS = "frames are said by --frames, which counts from 1, and an overlay plane by --overlay"
_TOKEN = re.compile(r"\s*(?:(?P<number>\+?[0-9]{1,9}(?![0-9]))|(?P<mark>[][(),;]))")
_CLOSING = {"(": ")", "[": "]"}
_FRAMES = re.compile(r"\s*([0-9]{1,9})\s*(?:(?:-|\.\.)\s*([0-9]{1,9})\s*)?")


def parse_rectangles(text: str, name: str = "--rect") -> tuple[tuple[Rectangle, ...], tuple[Diagnostic, ...]]:
    """The rectangles of one argument, half-open; none when there is a diagnostic. Brackets, round or square, may stand around each
    rectangle or around several."""
    source = Source(name, text)
    try:
        tokens = _tokens(source)
        return _list(tokens, source), ()
    except _Wrong as wrong:
        return (), (wrong.diagnostic,)


def spelled(rectangles: Iterable[Rectangle]) -> str:
    """The argument that `parse_rectangles` reads as these."""
    return ";".join(f"{one.left},{one.top},{one.right},{one.bottom}" for one in rectangles)


def parse_frames(text: str, name: str = "--frames") -> tuple[tuple[tuple[int, int], ...], tuple[Diagnostic, ...]]:
    """Frames as (first, last) pairs, counted from 1, both included; none when there is a diagnostic."""
    source = Source(name, text)
    found: list[tuple[int, int]] = []
    at = 0
    for part in text.split(","):
        span = Span(source, at, at + max(len(part), 1))
        at += len(part) + 1
        match = _FRAMES.fullmatch(part)
        if match is None:
            return (), (Diagnostic("DR603", f"`{part.strip()}` names no frames", span, "frames are `3`, `2-5` or several: `1,3-5`"),)
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last:
            why = "frames count from 1" if not first else f"`{part.strip()}` runs backwards"
            return (), (Diagnostic("DR603", why, span, "frames are `3`, `2-5` or several: `1,3-5`"),)
        found.append((first, last))
    return tuple(found), ()


def parse_overlay(text: str, name: str = "--overlay") -> tuple[str, tuple[Diagnostic, ...]]:
    """An overlay address as `plan.pixels.Blank` has it ("*" or a group in four hex digits), or `ANY_PLANE`; "" with a diagnostic."""
    word = text.strip().upper()
    if word == "*":
        return "*", ()
    if word == ANY_PLANE.upper():
        return ANY_PLANE, ()
    if re.fullmatch("60[01][02468ACE]", word):
        return word, ()
    help_ = "planes are the groups 6000, 6002 to 601E; `*` is every plane, `any` the image and every plane"
    if re.fullmatch("[0-9]|1[0-5]", word):
        help_ = f"the overlay {word} of a CSV is the group {0x6000 + 2 * int(word):04X} here"
    return "", (Diagnostic("DR604", f"`{text}` is no overlay plane", Span(Source(name, text), 0, len(text)), help_),)


class _Wrong(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.code)
        self.diagnostic = diagnostic


class _Tokens:
    """The tokens of an argument, with their places."""

    def __init__(self, found: list[tuple[str, Span]], end: Span) -> None:
        self._found = found
        self._end = end
        self._at = 0

    @property
    def word(self) -> str:
        """The next one, "" at the end."""
        return self._found[self._at][0] if self._at < len(self._found) else ""

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self._found[self._at][1] if self._at < len(self._found) else self._end

    def take(self) -> tuple[str, Span]:
        """Go on behind it."""
        taken = self.word, self.span
        self._at += 1
        return taken


def _tokens(source: Source) -> _Tokens:
    found: list[tuple[str, Span]] = []
    text = source.text.rstrip()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            rest = re.match(r"\s*(-?[0-9]+(?:\.[0-9]+)?|\S)", text[at:])
            assert rest is not None
            start = at + rest.start(1)
            if text[:start].rpartition(";")[2].count(",") >= 4:
                raise _Wrong(Diagnostic("DR601", "a rectangle has four numbers", Span(source, start, at + rest.end(1)), _ADDRESS))
            why = "columns and rows count from 0" if rest[1][:1] == "-" and len(rest[1]) > 1 else f"`{rest[1]}` has no place in a rectangle"
            raise _Wrong(Diagnostic("DR601", why, Span(source, start, at + rest.end(1)), _FORM))
        kind = match.lastgroup or "mark"
        found.append((match[kind], Span(source, match.start(kind), match.end(kind))))
        at = match.end()
    return _Tokens(found, Span(source, max(len(source.text) - 1, 0), len(source.text)))


def _list(tokens: _Tokens, source: Source, closing: str = "") -> tuple[Rectangle, ...]:
    found: list[Rectangle] = []
    while True:
        if tokens.word in _CLOSING:
            if closing:
                raise _Wrong(Diagnostic("DR601", "brackets stand in brackets", tokens.span, _FORM))
            opening, opened = tokens.take()
            found += _list(tokens, source, _CLOSING[opening])
            if tokens.word != _CLOSING[opening]:
                raise _Wrong(Diagnostic("DR601", f"`{opening}` is not closed by `{_CLOSING[opening]}`", opened, _FORM))
            tokens.take()
        else:
            found.append(_rectangle(tokens, source))
        if tokens.word != ";":
            break
        tokens.take()
        if tokens.word in ("", closing):  # one `;` behind the last
            break
    if tokens.word != closing and not (closing and not tokens.word):
        if tokens.word == ",":
            raise _Wrong(Diagnostic("DR601", "a rectangle has four numbers", tokens.span, _ADDRESS))
        raise _Wrong(Diagnostic("DR601", f"`{tokens.word}` has no place here", tokens.span, _FORM))
    return tuple(found)


def _rectangle(tokens: _Tokens, source: Source) -> Rectangle:
    start = tokens.span.start
    numbers: list[tuple[str, Span]] = []
    for place in range(4):
        if place:
            if tokens.word != ",":
                raise _Wrong(Diagnostic("DR601", "a rectangle has four numbers, with commas between them", tokens.span, _FORM))
            tokens.take()
        if not tokens.word[-1:].isdigit():
            raise _Wrong(Diagnostic("DR601", "a number is missing", tokens.span, _FORM))
        numbers.append(tokens.take())
    (left, _), (top, _), (right, _), (bottom, end) = numbers
    span = Span(source, start, end.end)
    signs = [word[0] == "+" for word, _ in numbers]
    if signs not in ([False] * 4, [False, False, True, True]):
        raise _Wrong(Diagnostic("DR601", "a `+` stands before width and height, before both", span, _FORM))
    x0, y0, x1, y1 = int(left), int(top), int(right), int(bottom)
    if signs[2]:
        x1, y1 = x0 + x1, y0 + y1
    if x1 <= x0 or y1 <= y0:
        help_ = "x1 and y1 are the first column and the first row that are left alone"
        raise _Wrong(Diagnostic("DR602", "the rectangle holds no pixel", span, help_))
    return Rectangle(x0, y0, x1, y1)
