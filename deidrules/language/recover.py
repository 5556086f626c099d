"""Reading a recipe whatever is wrong with it: as a whole, and if that fails statement by statement, so that every error is said once.

A sound recipe is parsed once. In a broken one each statement is parsed on its own, and of a block that fails its head and each of its
statements: the work stays linear in the length of the recipe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from deidrules.language import ast
from deidrules.language.check import check
from deidrules.language.explain import Trouble, explain
from deidrules.language.lines import MAX_DEPTH, Layout, Region, block_kind
from deidrules.language.transform import Pieces, Version
from deidrules.language.words import PIXEL_STATEMENTS, TEST_STATEMENTS
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span
from deidrules.text.suggest import did_you_mean

LANGUAGE = 1
MAX_ERRORS = 50

_ENTRY = {"when": "line", "pixels": "pixel", "test": "check"}
_INNER: dict[str, tuple[str, ...]] = {"when": (), "pixels": PIXEL_STATEMENTS, "test": TEST_STATEMENTS}


class Stopped(Exception):
    """The grammar does not go on at `place`, where one of the terminals `expected` could have stood."""

    def __init__(self, place: int, expected: frozenset[str]) -> None:
        super().__init__(place)
        self.place = place
        self.expected = expected


class Reader(Protocol):
    """What parses a piece of text; see parse.Grammar."""

    spelled: dict[str, tuple[str, ...]]
    reserved: frozenset[str]

    def read(self, source: Source, text: str, base: int, entry: str) -> tuple[Any, list[Diagnostic]]:
        """What `entry` of the grammar makes of the text, and what is wrong with its numbers. Raises Stopped."""


def read(reader: Reader, source: Source, layout: Layout) -> tuple[Pieces, list[Diagnostic]]:
    """The sound statements of a recipe and everything that is wrong with the others."""
    return _Reading(reader, source, layout).whole()


class _TooMany(Exception):
    pass


class _Reading:
    def __init__(self, reader: Reader, source: Source, layout: Layout) -> None:
        self.reader = reader
        self.source = source
        self.layout = layout
        self.text = layout.text
        self.findings: list[Diagnostic] = []

    # ---- the recipe

    def whole(self) -> tuple[Pieces, list[Diagnostic]]:
        """The recipe in one go, or in pieces."""
        stopped = None
        pieces = Pieces(Version(LANGUAGE), None, ())
        if not any(region.too_deep >= 0 or region.unquoted >= 0 for region in self.layout.regions):
            try:
                pieces, problems = self.reader.read(self.source, self.text, 0, "start")
                if not problems:
                    return self._sound(pieces), self.findings
            except Stopped as stop:
                stopped = stop
        try:
            pieces = self._pieces()
        except _TooMany:
            pass
        if stopped and not self.findings:  # the cut and the grammar disagree: never let it pass
            self._explain(stopped, stopped.place, len(self.text), "")
        return pieces, self.findings

    def _sound(self, pieces: Pieces) -> Pieces:
        statements: list[ast.TopStatement] = []
        try:
            self._version(pieces.version)
            regions = self.layout.regions[len(self.layout.regions) - len(pieces.statements) :]
            for region, statement in zip(regions, pieces.statements, strict=True):
                checked = self._checked(statement, region)
                if checked is not None:
                    statements.append(checked)
        except _TooMany:
            pass
        return replace(pieces, statements=tuple(statements))

    def _pieces(self) -> Pieces:
        regions = list(self.layout.regions)
        version = self._first(regions)
        layer = None
        if regions and self._word(regions[0]) == "layer":
            layer = self._piece(regions.pop(0), "layer", "")
        statements: list[ast.TopStatement] = []
        orphans = ""  # the kind of a block whose opening brace is missing
        for region in regions:
            kind = block_kind(self.text, region)
            if orphans and self.text[region.start] == "}":
                orphans = ""
                continue
            if orphans and self._word(region) in _INNER[orphans]:
                self._piece(region, _ENTRY[orphans], orphans)
                continue
            if kind:
                orphans = kind if region.brace < 0 else ""
            elif orphans != "when":
                orphans = ""
            statement = self._statement(region)
            if statement is not None:
                statements.append(statement)
        return Pieces(version, layer, tuple(statements))

    def _first(self, regions: list[Region]) -> Version:
        """The version line, taken off the regions."""
        word = self._word(regions[0]) if regions else ""
        if word == "deidrules":
            region = regions.pop(0)
            version: Version | None = self._piece(region, "version", "")
            if version is not None:
                self._version(version)
            return version or Version(LANGUAGE)
        start = regions[0].start if regions else 0
        length = len(word) or 1
        if word.lower().startswith("deid") or did_you_mean(word, ["deidrules"]):
            regions.pop(0)
        self._say(
            "DR002",
            "the first line does not say the version of the language",
            start,
            length,
            f"begin the recipe with `deidrules {LANGUAGE}`",
        )
        return Version(LANGUAGE)

    def _version(self, version: Version) -> None:
        if version.number != LANGUAGE:
            message = f"unknown version `{version.number}` of the language"
            self._add(Diagnostic("DR003", message, version.span, help=f"this program knows version {LANGUAGE}"))

    # ---- statements

    def _statement(self, region: Region) -> Any:
        if region.brace < 0:
            return self._piece(region, "statement", "")
        if region.closed and region.too_deep < 0 and region.unquoted < 0 and not region.same_line:
            try:
                statement, problems = self.reader.read(self.source, self.text[region.start : region.end], region.start, "statement")
                if not problems:
                    return self._checked(statement, region)
            except Stopped:
                pass
        return self._block(region)

    def _block(self, region: Region) -> Any:
        """A block in pieces: its head with an empty body, then each statement of its body."""
        kind: str = block_kind(self.text, region)
        if not kind:
            kind = next((word for word in _ENTRY if did_you_mean(self._word(region), [word])), "")
        head_end = region.brace + 1
        unquoted = region.unquoted if region.unquoted < head_end else -1
        head = self._piece(replace(region, end=head_end, children=[], unquoted=unquoted), "statement", "", "}")
        if not region.closed:
            self._say("DR014", "the block is not closed", region.brace, 1, "write `}` where it ends")
        body = [self._piece(child, _ENTRY[kind], kind) for child in region.children] if kind else []
        self._empty_block(region)
        if head is None or not isinstance(head, ast.When | ast.Pixels | ast.Test):
            return None
        return _with_body(head, body, Span(self.source, region.start, region.end))

    def _piece(self, region: Region, entry: str, inside: str, behind: str = "") -> Any:
        """What `entry` makes of a region, with `behind` put behind it; None with a finding when it is not sound."""
        if region.too_deep >= 0:
            self._say("DR017", f"brackets nest deeper than {MAX_DEPTH}", region.too_deep, 1, "take the statement apart")
            return None
        if region.unquoted >= 0:
            length = len(self.source.line(self.source.position(region.unquoted)[0])) - self.source.position(region.unquoted)[1] + 1
            self._say("DR007", "the text has no closing quote", region.unquoted, length, "a text ends on the line on which it begins")
            return None
        if region.same_line and self.text[region.start] != "}":
            self._say(
                "DR027", "a second statement begins on this line", region.start, len(self._word(region)) or 1, "put it on a line of its own"
            )
            return None
        try:
            piece, problems = self.reader.read(self.source, self.text[region.start : region.end] + behind, region.start, entry)
        except Stopped as stop:
            self._explain(stop, region.start, region.end, inside)
            return None
        for problem in problems:
            self._add(problem)
        if problems:
            return None
        return self._checked(piece, region, whole=not behind) if isinstance(piece, ast.Statement) else piece

    def _checked(self, statement: Any, region: Region, *, whole: bool = True) -> Any:
        """The statement without those of its block that are not sound; None when it is not sound itself."""
        sound = True
        for finding in check(statement, self.reader.reserved):
            self._add(finding)
            sound = False
        if isinstance(statement, ast.When | ast.Pixels | ast.Test) and whole:
            body = tuple(self._checked(line, child) for line, child in zip(statement.body, region.children, strict=True))
            if None in body:
                statement = _with_body(statement, body, statement.span)
            self._empty_block(region)
        return statement if sound else None

    def _empty_block(self, region: Region) -> None:
        if not region.children:
            self._say("DR023", "the block is empty", region.brace, region.end - region.brace, "say what it does, or take it out")

    # ---- findings

    def _word(self, region: Region) -> str:
        end = region.start
        while end < region.end and (self.text[end].isalnum() or self.text[end] in "_-"):
            end += 1
        return self.text[region.start : end]

    def _explain(self, stop: Stopped, start: int, end: int, inside: str) -> None:
        place = min(stop.place, end)
        self._add(
            explain(Trouble(self.source, self.text, start, end, place, stop.expected, self.reader.spelled, inside, self.layout.unclosed))
        )

    def _say(self, code: str, message: str, start: int, length: int, help_text: str) -> None:
        self._add(Diagnostic(code, message, Span(self.source, start, start + length), help=help_text))

    def _add(self, finding: Diagnostic) -> None:
        self.findings.append(finding)
        if len(self.findings) == MAX_ERRORS:
            self.findings.append(
                Diagnostic("DR029", f"{MAX_ERRORS} errors; the rest of the recipe is not read", finding.span, help="correct these first")
            )
            raise _TooMany


def _with_body(block: Any, lines: Iterable[Any], span: Span) -> Any:
    return replace(block, body=tuple(line for line in lines if line is not None), span=span)
