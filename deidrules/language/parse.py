"""Recipe text to syntax tree. The only importer of lark."""

from __future__ import annotations

import functools
import re
import threading
from dataclasses import replace
from typing import Any

import lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from deidrules.language import ast, recover
from deidrules.language.characters import safe
from deidrules.language.comments import Attached, attach
from deidrules.language.lines import Region, cut
from deidrules.language.transform import Builder
from deidrules.resources import folder
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span

MAX_CHARACTERS = 2_000_000
ENTRIES = ("start", "version", "layer", "statement", "line", "pixel", "check")

_WORDS = re.compile(r"\(?([a-z][a-z|-]*)\)?\(\?!")


class Grammar:
    """recipe.lark, ready to parse; one parse at a time."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.lock = threading.RLock()
        text = (folder("grammar") / "recipe.lark").read_text(encoding="utf-8")
        self.lark: Any = lark.Lark(text, parser="lalr", lexer="contextual", start=list(ENTRIES), transformer=self.builder)
        # word terminals and the words they stand for
        self.spelled: dict[str, tuple[str, ...]] = {
            terminal.name: tuple(match[1].split("|"))
            for terminal in self.lark.terminals
            if (match := _WORDS.match(terminal.pattern.value)) and terminal.pattern.type == "re"
        }
        self.reserved = frozenset(word for words in self.spelled.values() for word in words)
        self.builder.reserved = self.reserved

    def read(self, source: Source, text: str, base: int, entry: str) -> tuple[Any, list[Diagnostic]]:
        """What `entry` of the grammar makes of a text that stands at `base` in the source, and what is wrong with its numbers. Raises
        Stopped where the grammar does not go on."""
        with self.lock:
            self.builder.source, self.builder.base, self.builder.problems = source, base, []
            try:
                return self.lark.parse(text, start=entry), self.builder.problems
            except UnexpectedInput as stop:
                raise recover.Stopped(base + _place(stop, text), frozenset(stop.interactive_parser.accepts())) from None


def _place(stop: UnexpectedInput, text: str) -> int:
    if isinstance(stop, UnexpectedToken) and stop.token.type != "$END":
        return int(stop.token.start_pos)
    return int(stop.pos_in_stream) if isinstance(stop, UnexpectedCharacters) else len(text)


@functools.cache
def grammar() -> Grammar:
    """The grammar, built once."""
    return Grammar()


def parse(source: Source) -> tuple[ast.Recipe | None, tuple[Diagnostic, ...]]:
    """The tree of a recipe and what is wrong with its form. With errors the tree holds the statements that are sound, so that later stages
    can look at them too; None only when nothing was read at all."""
    if len(source.text) > MAX_CHARACTERS:
        return None, (
            Diagnostic(
                "DR016",
                f"the recipe has {len(source.text):,} characters, more than {MAX_CHARACTERS:,}",
                Span(source, 0, 0),
                help="split it into several recipes, one layer each",
            ),
        )
    text, unsafe = safe(source)
    layout = cut(text)
    pieces, findings = recover.read(grammar(), source, layout)
    attached, closing = attach(layout, text)
    places = _Places(layout.regions, attached)
    recipe = ast.Recipe(
        pieces.version.number,
        places.commented(pieces.layer) if pieces.layer else None,
        tuple(places.commented(statement) for statement in pieces.statements),
        header_comments=places.comments.get(pieces.version.span.start, ast.NO_COMMENTS),
        closing_comments=closing,
        span=Span(source, 0, len(source.text)),
    )
    return recipe, tuple(sorted((*unsafe, *findings), key=lambda finding: finding.span.start))


class _Places:
    """The comments of each statement by where it begins."""

    def __init__(self, regions: list[Region], attached: tuple[Attached, ...]) -> None:
        self.comments: dict[int, ast.Comments] = {}
        for region, comments in zip(regions, attached, strict=True):
            self.comments[region.start] = comments.comments
            for child, inner in zip(region.children, comments.children, strict=False):
                self.comments[child.start] = inner.comments

    def commented(self, statement: Any) -> Any:
        """The statement with its comments, those of its block with theirs."""
        comments = self.comments.get(statement.span.start, ast.NO_COMMENTS)
        if hasattr(statement, "body"):
            return replace(statement, comments=comments, body=tuple(self.commented(line) for line in statement.body))
        return statement if comments == ast.NO_COMMENTS else replace(statement, comments=comments)
