"""Which line breaks end a statement: a recipe cut into statements, blocks and comments before any of it is parsed.

The cut is as good for a broken recipe as for a sound one: a bracket that is never closed ends with its line, a block that is never
closed ends where a statement begins that cannot stand in a block. So an error in one statement never reaches into the next.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

from deidrules.language.words import VERBS

MAX_DEPTH = 32  # of brackets; people need three or four, and everything behind the parser may recurse

BlockKind = Literal["when", "pixels", "test", ""]


@dataclass(slots=True)
class Region:
    """A statement and where it stands, its comments aside. A block has its opening `brace` and the statements in it as `children`."""

    start: int
    end: int = 0
    brace: int = -1
    children: list[Region] = field(default_factory=list)
    closed: bool = True
    same_line: bool = False  # it begins on the line on which another one ended
    too_deep: int = -1  # where its brackets nest too deep
    unquoted: int = -1  # where a text begins in it that has no closing quote


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its `#`, and where it stands."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What `cut` found. `text` is as long as the source: comments and line breaks that end nothing are blanks in it. `unclosed` holds the
    places of brackets without their partner."""

    text: str
    regions: list[Region]
    comments: list[Comment]
    unclosed: frozenset[int]


@dataclass(slots=True)
class _Line:
    """A line with something other than blanks and comments in it."""

    start: int
    end: int
    quoted: bool  # it ends in a string or a regular expression
    unquoted: bool  # ... in a string without its closing quote
    brackets: list[tuple[int, str]]


# What may hold a bracket, a `#` or a line break that is none; the order matters. A regular expression is one only after `matches`.
_SPECIAL = re.compile(
    r"""(?P<newline>\n)
      | (?P<comment>\#[^\n]*)
      | (?P<private>\([0-9A-Fa-f]{4},"(?:[^"\\\n]|"")+",[0-9A-Fa-fx]{2}\))
      | (?P<tag>\([0-9A-Fa-fx]{4},[0-9A-Fa-fx]{4}\))
      | (?P<string>"(?:[^"\\\n]|\\[^\n])*(?:"|(?P<unquoted>\\?(?=\n|\Z))))
      | (?P<regex>(?<![\w-])matches(?![\w-])[ \t]*/(?:[^/\\\n]|\\[^\n])+/)
      | (?P<bracket>[()\[\]{}])""",
    re.VERBOSE,
)
_SIGNIFICANT = re.compile(r"[^ \t\r]")
_GOES_ON_AFTER = re.compile(r"(?:[,+/:{]|(?<![!<>])=|(?<![\w-])(?:and|or|not))\Z")
_GOES_ON_BEFORE = re.compile(r"(?:and|or|except|otherwise|override|because)(?![\w-])|[{}]")
_NAMED = re.compile(r'(?:pixels|reject|quarantine|accept)(?![\w-])\s*"(?:[^"\\\n]|\\[^\n])*"?\s*\Z')
_WHEN = re.compile(r"when(?![\w-])")
_OUTSIDE_BLOCKS = re.compile(r"(?:deidrules|layer|param|set|when|pixels|test|reject|quarantine|accept|without)(?![\w-])(?!\s*[:=(,/])")
_INSIDE_BLOCKS = re.compile(r"(?:blank|strip|read-text|clean|label|given|expect)(?![\w-])(?!\s*[:=(,/])")
_RULE = re.compile(r"(?:[A-Z](?:/[A-Z])*(?![\w/-])|add(?![\w-]))(?=\s|\Z)(?!\s*[/,=])")
# `REMOV PatientName`, `remove (0010,0010)`: no rule, but meant as one. No selector, value or condition has two words like these in a row.
_MEANT_AS_RULE = re.compile(
    rf"(?:[A-Z]{{3,}}|(?i:{'|'.join(sorted(set(VERBS) - {'empty'}))}))[ \t]+(?:[A-Z][A-Za-z0-9]|\([0-9A-Fa-fx]{{4}},)"
)
_BLOCK = re.compile(r"(when|pixels|test)(?![\w-])")
_PARTNER = {")": "(", "]": "[", "}": "{"}


def cut(text: str) -> Layout:
    """The statements of a recipe. Linear in the length of the text; `text` holds no unsafe characters (see characters.py)."""
    lines, comments, unquoted = _lines(text)
    unclosed = _unpaired(text, lines)
    regions, breaks = _Cutter(text, unclosed).regions(lines)
    _mark(regions, _too_deep(lines, unclosed), unquoted)
    return Layout(_blanked(text, comments, breaks), regions, comments, unclosed)


def block_kind(text: str, region: Region) -> BlockKind:
    """Which block a statement opens, by its first word."""
    match = _BLOCK.match(text, region.start)
    return match[1] if match else ""  # type: ignore[return-value]


def _lines(text: str) -> tuple[list[_Line], list[Comment], list[int]]:
    lines: list[_Line] = []
    unquoted: list[int] = []
    comments: list[Comment] = []
    begin = 0
    end_of_quoted = -1
    brackets: list[tuple[int, str]] = []

    def finish(content_end: int) -> None:
        first = _SIGNIFICANT.search(text, begin, content_end)
        if first:
            end = content_end
            while text[end - 1] in " \t\r":
                end -= 1
            open_text = bool(unquoted) and unquoted[-1] >= begin
            lines.append(_Line(first.start(), end, end == end_of_quoted, open_text, brackets))

    commented = -1
    for match in _SPECIAL.finditer(text):
        kind = match.lastgroup
        if kind == "newline":
            finish(commented if commented >= 0 else match.start())
            begin, commented, brackets = match.end(), -1, []
        elif kind == "comment":
            commented = match.start()
            comments.append(Comment(match.start(), match.end(), match[0].rstrip()))
        elif kind == "bracket":
            brackets.append((match.start(), match[0]))
        elif kind in ("regex", "string"):
            end_of_quoted = match.end()
            if match["unquoted"] is not None:
                unquoted.append(match.start())
    finish(commented if commented >= 0 else len(text))
    return lines, comments, unquoted


def _unpaired(text: str, lines: list[_Line]) -> frozenset[int]:
    """Places of the brackets that have no partner. A line that begins like a statement closes whatever ( and [ are open. Where braces do
    not come out even, one that begins like a statement that cannot stand in a block also closes the block."""
    unclosed = _pair(text, lines, even=True)
    if any(text[place] in "{}" for place in unclosed):
        return _pair(text, lines, even=False)
    return unclosed


def _pair(text: str, lines: list[_Line], *, even: bool) -> frozenset[int]:
    unclosed: set[int] = set()
    stack: list[tuple[int, str]] = []

    def drop(down_to: str) -> None:
        while stack and stack[-1][1] not in down_to:
            unclosed.add(stack.pop()[0])

    for line in lines:
        if stack:
            if _OUTSIDE_BLOCKS.match(text, line.start):
                drop("{" if even else "")
            elif _begins_statement(text, line):
                drop("{")
        for place, bracket in line.brackets:
            if bracket in "([":
                stack.append((place, bracket))
            elif bracket == "{":
                drop("{")
                stack.append((place, bracket))
            else:
                partner = _PARTNER[bracket]
                for _, other in reversed(stack):
                    if other == partner:
                        drop(partner)
                        stack.pop()
                        break
                    if other == "{":
                        unclosed.add(place)
                        break
                else:
                    unclosed.add(place)
    drop("")
    return frozenset(unclosed)


def _begins_statement(text: str, line: _Line) -> bool:
    return any(begins.match(text, line.start) for begins in (_OUTSIDE_BLOCKS, _INSIDE_BLOCKS, _RULE, _MEANT_AS_RULE))


class _Cutter:
    """One walk over the lines. `open` holds the blocks the walk is in, outermost first."""

    def __init__(self, text: str, unclosed: frozenset[int]) -> None:
        self.text = text
        self.unclosed = unclosed
        self.top: list[Region] = []
        self.open: list[Region] = []
        self.current: Region | None = None
        self.reached = 0  # end of the last thing read
        self.breaks: list[int] = []

    def regions(self, lines: list[_Line]) -> tuple[list[Region], list[int]]:
        depth = 0
        previous: _Line | None = None
        for line in lines:
            if self.current and previous and not (depth or self._goes_on(previous, line)):
                self._finish(self.reached)
            self._leave_unclosed(line)
            place = line.start
            for offset, bracket in line.brackets:
                if bracket in "([":
                    depth += offset not in self.unclosed
                elif bracket in ")]":
                    depth -= offset not in self.unclosed
                else:
                    self._read(place, offset)
                    if bracket == "{":
                        self._enter(offset)
                    else:
                        self._leave(offset)
                    place = offset + 1
            self._read(place, line.end)
            previous = line
        self._finish(self.reached)
        while self.open:
            self._give_up()
        return self.top, self.breaks

    def _goes_on(self, previous: _Line, line: _Line) -> bool:
        assert self.current is not None
        if _GOES_ON_BEFORE.match(self.text, line.start):
            return True
        named = _WHEN.match(self.text, line.start) and _NAMED.match(self.text, self.current.start, previous.end)
        if not named and _begins_statement(self.text, line):
            return False  # the statement before is broken; it must not take this one with it
        if previous.unquoted:
            return bool(named) or self.text[line.start] == "{"
        if not previous.quoted and _GOES_ON_AFTER.search(self.text, max(previous.start, previous.end - 5), previous.end):
            return True
        return bool(named)

    def _siblings(self) -> list[Region]:
        return self.open[-1].children if self.open else self.top

    def _read(self, start: int, end: int) -> None:
        """Content of a line between two braces: it begins a statement or goes on with one."""
        first = _SIGNIFICANT.search(self.text, start, end)
        if not first:
            return
        if self.current is None:
            self._begin(first.start())
        while self.text[end - 1] in " \t\r":
            end -= 1
        self.reached = end

    def _begin(self, start: int) -> Region:
        region = Region(start)
        siblings = self._siblings()
        if siblings:
            line_break = self.text.find("\n", siblings[-1].end, start)
            if line_break < 0:
                region.same_line = True
            else:
                self.breaks.append(line_break)
        siblings.append(region)
        self.current = region
        return region

    def _finish(self, end: int) -> None:
        if self.current:
            self.current.end = end
            self.current = None

    def _enter(self, brace: int) -> None:
        region = self.current or self._begin(brace)
        region.brace = brace
        region.end = brace + 1
        self.open.append(region)
        self.current = None
        self.reached = brace + 1

    def _leave(self, brace: int) -> None:
        self._finish(self.reached)
        if self.open:
            self.open.pop().end = brace + 1
        else:
            self._begin(brace).end = brace + 1
            self.current = None
        self.reached = brace + 1

    def _leave_unclosed(self, line: _Line) -> None:
        """At a statement that cannot stand in the open block, give the block up, if its brace has no partner anyway."""
        while self.open and self.open[-1].brace in self.unclosed:
            block = self.open[-1]
            foreign = _OUTSIDE_BLOCKS.match(self.text, line.start)
            if not foreign and block_kind(self.text, block) != "when":
                foreign = _RULE.match(self.text, line.start)
            if self.current is not None or not foreign:
                return
            self._give_up()

    def _give_up(self) -> None:
        block = self.open.pop()
        block.closed = False
        block.end = block.children[-1].end if block.children else block.brace + 1


def _too_deep(lines: list[_Line], unclosed: frozenset[int]) -> list[int]:
    """Where brackets nest deeper than MAX_DEPTH."""
    depth = 0
    deep: list[int] = []
    for line in lines:
        for place, bracket in line.brackets:
            if place not in unclosed:
                depth += 1 if bracket in "([{" else -1
                if depth == MAX_DEPTH + 1 and bracket in "([{":
                    deep.append(place)
    return deep


def _mark(regions: list[Region], deep: list[int], unquoted: list[int]) -> None:
    """Write down in each region the first of the places that lies in it."""
    if not deep and not unquoted:
        return
    everything = list(regions)
    while everything:
        region = everything.pop()
        region.too_deep = _first_within(region, deep)
        region.unquoted = _first_within(region, unquoted)
        everything.extend(region.children)


def _first_within(region: Region, places: list[int]) -> int:
    first = bisect_left(places, region.start)
    return places[first] if first < len(places) and places[first] < region.end else -1


def _blanked(text: str, comments: list[Comment], breaks: list[int]) -> str:
    ends = set(breaks)
    parts: list[str] = []
    place = 0
    for comment in comments:
        parts += [text[place : comment.start], " " * (comment.end - comment.start)]
        place = comment.end
    parts.append(text[place:])
    lines = "".join(parts).split("\n")
    joined: list[str] = []
    place = 0
    for line in lines:
        place += len(line)
        joined += [line, "\n" if place in ends else " "]
        place += 1
    return "".join(joined[:-1])
