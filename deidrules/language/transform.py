"""Syntax tree from what the grammar found: one method per rule of recipe.lark, called by the parser as each rule is complete.

Children are tokens (texts with `type`, `start_pos` and `end_pos`) and what the methods of inner rules returned. Nothing here recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from deidrules.language import ast
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import NO_SOURCE, NOWHERE, Source, Span

MAX_INTEGER = 2**31 - 1  # what DICOM's IS holds; rows, columns and frame numbers are never more
MAX_DIGITS = 32

Children = list[Any]

_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Version:
    """`deidrules 1`."""

    number: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A whole recipe, not yet put together."""

    version: Version
    layer: ast.LayerHeader | None
    statements: tuple[ast.TopStatement, ...]


@dataclass(frozen=True, slots=True)
class _Excluded:
    paths: tuple[ast.Path, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class _Reading:
    vr: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Frames:
    spans: tuple[ast.FrameSpan, ...]
    span: Span


def unescape(literal: str) -> str:
    """The text between the quotes of a string, its escapes undone."""
    inner = literal[1:-1]
    return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner


class Builder:
    """The methods of one parse at a time: `source` is what is parsed, `base` is added to the places of tokens, `problems` collects what
    is wrong with numbers and names."""

    def __init__(self) -> None:
        self.source: Source = NO_SOURCE
        self.base = 0
        self.problems: list[Diagnostic] = []
        self.reserved: frozenset[str] = frozenset()  # the words of the language

    # ---- places

    def _span(self, children: Children) -> Span:
        first, last = children[0], children[-1]
        if isinstance(last, tuple):
            last = last[-1]
        if isinstance(first, tuple):
            first = first[0]
        start = first.start_pos + self.base if isinstance(first, str) else first.span.start  # type: ignore[attr-defined]
        end = last.end_pos + self.base if isinstance(last, str) else last.span.end  # type: ignore[attr-defined]
        return Span(self.source, start, end)

    def _integer(self, token: Any) -> int:
        digits = token.lstrip("+-")
        if len(digits) <= 10 and int(digits) <= MAX_INTEGER:
            return int(digits)
        self.problems.append(
            Diagnostic("DR024", "the number is too large", self._span([token]), help=f"whole numbers go up to {MAX_INTEGER} here")
        )
        return 0

    # ---- the recipe

    def start(self, children: Children) -> Pieces:
        version, *statements = children
        layer = statements.pop(0) if statements and isinstance(statements[0], ast.LayerHeader) else None
        return Pieces(version, layer, tuple(statements))

    def version(self, children: Children) -> Version:
        return Version(self._integer(children[1]), self._span(children))

    def layer(self, children: Children) -> ast.LayerHeader:
        options = [self._integer(child) for child in children if child.type == "INT"]
        names = tuple(unescape(child) for child in children if child.type == "STRING")
        return ast.LayerHeader(options[0] if options else 0, names, span=self._span(children))

    def param(self, children: Children) -> ast.Param:
        _, name, kind, *default = children
        return ast.Param(str(name), str(kind), default[0] if default else None, span=self._span(children))

    def set_definition(self, children: Children) -> ast.SetDefinition:
        _, name, selectors, *excluded = children
        return ast.SetDefinition(str(name), selectors, excluded[0].paths if excluded else (), span=self._span(children))

    # ---- rules

    def rule(self, children: Children) -> ast.Rule:
        value: ast.Expression | None = None
        excluded: tuple[ast.Path, ...] = ()
        stance: ast.Stance = None
        reading = ""
        for child in children[2:]:
            if isinstance(child, _Reading):
                reading = child.vr
            elif isinstance(child, _Excluded):
                excluded = child.paths
            elif isinstance(child, ast.Override | ast.Otherwise):
                stance = child
            else:
                value = child
        return ast.Rule(str(children[0]), children[1], value, excluded, stance, reading, span=self._span(children))

    def reading(self, children: Children) -> _Reading:
        return _Reading(str(children[1]), self._span(children))

    def add(self, children: Children) -> ast.Add:
        _, target, value, *stance = children
        return ast.Add(target, value, stance[0] if stance else None, span=self._span(children))

    def excluded(self, children: Children) -> _Excluded:
        return _Excluded(children[1], self._span(children))

    def otherwise(self, children: Children) -> ast.Otherwise:
        return ast.Otherwise(span=self._span(children))

    def override(self, children: Children) -> ast.Override:
        code = because = ""
        for child in children[1:]:
            if child.type == "CODE":
                code = str(child)
            elif child.type == "STRING":
                because = unescape(child)
        return ast.Override(code, because, span=self._span(children))

    def when(self, children: Children) -> ast.When:
        return ast.When(children[1], tuple(children[2:-1]), span=self._span(children))

    def verdict(self, children: Children) -> ast.Verdict:
        return ast.Verdict(str(children[0]), unescape(children[1]), children[3], span=self._span(children))

    def without(self, children: Children) -> ast.Without:
        return ast.Without(unescape(children[1]), unescape(children[3]), span=self._span(children))

    # ---- selectors

    def selectors(self, children: Children) -> tuple[ast.Path, ...]:
        return tuple(children)

    def path(self, children: Children) -> ast.Path:
        anchor = ""
        steps = children
        if isinstance(children[0], str):
            anchor = str(children[0])
            steps = children[1:]
        return ast.Path(steps[-1], tuple(steps[:-1]), anchor, span=self._span(children))

    def keyword(self, children: Children) -> ast.Keyword:
        return ast.Keyword(str(children[0]), span=self._span(children))

    def tag(self, children: Children) -> ast.TagMask:
        group, element = children[0][1:-1].split(",")
        return ast.TagMask(_digits(group), _digits(element), span=self._span(children))

    def private_tag(self, children: Children) -> ast.PrivateTag:
        token = children[0]
        creator = token[7:-5].replace('""', '"')
        return ast.PrivateTag(_digits(token[1:5]), creator, _digits(token[-3:-1]), span=self._span(children))

    def name(self, children: Children) -> ast.Name:
        if children[0] in self.reserved:
            self.problems.append(reserved_word(str(children[0]), self._span(children)))
        return ast.Name(str(children[0]), span=self._span(children))

    def star(self, children: Children) -> ast.Star:
        return ast.Star(span=self._span(children))

    def vr(self, children: Children) -> ast.VrClass:
        return ast.VrClass(str(children[1]), span=self._span(children))

    def private(self, children: Children) -> ast.PrivateClass:
        return ast.PrivateClass(span=self._span(children))

    def unknown(self, children: Children) -> ast.UnknownClass:
        return ast.UnknownClass(span=self._span(children))

    def declared_safe(self, children: Children) -> ast.DeclaredSafeClass:
        return ast.DeclaredSafeClass(span=self._span(children))

    def content(self, children: Children) -> ast.ContentItem:
        words = {child.type: str(child) for child in children[1:]}
        concept = unescape(words["STRING"]) if "STRING" in words else ""
        if "STRING" in words and not concept.strip():
            help_text = 'write `content "SCHEME:CODE"`, or no text for any'
            self.problems.append(Diagnostic("DR035", "the concept is empty", self._span([children[1]]), help=help_text))
        return ast.ContentItem(concept, words.get("VALUETYPE", ""), span=self._span(children))

    # ---- expressions

    def concat(self, children: Children) -> ast.Concat:
        return ast.Concat(tuple(children), span=self._span(children))

    def reference(self, children: Children) -> ast.Reference:
        return ast.Reference(children[0], span=self._span(children))

    def call(self, children: Children) -> ast.Call:
        return ast.Call(str(children[0]), tuple(children[2:-1]), span=self._span(children))

    def argument(self, children: Children) -> ast.Argument:
        return ast.Argument(str(children[0]) if len(children) == 2 else "", children[-1], span=self._span(children))

    def list_of(self, children: Children) -> ast.List:
        return ast.List(tuple(children[1:-1]), span=self._span(children))

    def text(self, children: Children) -> ast.Text:
        return ast.Text(unescape(children[0]), span=self._span(children))

    def number(self, children: Children) -> ast.Number:
        span = self._span(children)
        if len(children[0]) > MAX_DIGITS:
            self.problems.append(Diagnostic("DR024", "the number is too long", span, help=f"a number has at most {MAX_DIGITS} characters"))
        return ast.Number(str(children[0]), str(children[1]) if len(children) == 2 else "", span=span)

    # ---- conditions

    def conjunction(self, children: Children) -> ast.And:
        return ast.And(tuple(children[::2]), span=self._span(children))

    def disjunction(self, children: Children) -> ast.Or:
        return ast.Or(tuple(children[::2]), span=self._span(children))

    def negation(self, children: Children) -> ast.Not:
        return ast.Not(children[1], span=self._span(children))

    def group(self, children: Children) -> ast.Condition:
        return children[1]  # type: ignore[no-any-return]

    def compare(self, children: Children) -> ast.Compare:
        *quantifier, operand, operator, value = children
        return ast.Compare(operand, str(operator), value, "".join(quantifier), span=self._span(children))

    def member(self, children: Children) -> ast.Member:
        *quantifier, operand, _, value = children
        return ast.Member(operand, value, "".join(quantifier), span=self._span(children))

    def contains(self, children: Children) -> ast.Contains:
        *quantifier, operand, _, value = children
        return ast.Contains(operand, value, "".join(quantifier), span=self._span(children))

    def matches(self, children: Children) -> ast.Matches:
        *quantifier, operand, _, literal = children
        ignore_case = literal.endswith("i")
        pattern = literal[1 : -2 if ignore_case else -1]
        # `\/` is a slash; every other escape belongs to the expression, `\\` first of all
        pattern = _ESCAPE.sub(lambda match: "/" if match[1] == "/" else match[0], pattern)
        return ast.Matches(operand, pattern, ignore_case, "".join(quantifier), span=self._span(children))

    def exists(self, children: Children) -> ast.Exists:
        return ast.Exists(children[1], span=self._span(children))

    def empty(self, children: Children) -> ast.Empty:
        return ast.Empty(children[1], span=self._span(children))

    # ---- pixels

    def pixels(self, children: Children) -> ast.Pixels:
        return ast.Pixels(unescape(children[1]), children[3], tuple(children[4:-1]), span=self._span(children))

    def blank(self, children: Children) -> ast.Blank:
        words = {child.type: child for child in children if isinstance(child, str)}  # type: ignore[attr-defined]
        area = next(child for child in children if not isinstance(child, str | _Frames))
        overlay = words.get("GROUP60") or words.get("STAR") or ""
        frames = children[-1].spans if isinstance(children[-1], _Frames) else ()
        return ast.Blank(area, "OUTSIDE" in words, "CLIPPED" in words, str(overlay).upper(), frames, span=self._span(children))

    def strip(self, children: Children) -> ast.Strip:
        return ast.Strip(str(children[1]), span=self._span(children))

    def read_text(self, children: Children) -> ast.ReadText:
        return ast.ReadText(children[2], span=self._span(children))

    def clean(self, children: Children) -> ast.Clean:
        return ast.Clean(span=self._span(children))

    def label(self, children: Children) -> ast.Label:
        return ast.Label(unescape(children[1]), span=self._span(children))

    def rectangle(self, children: Children) -> ast.Rectangle:
        left, top, horizontal, vertical = (self._integer(child) for child in children)
        for child in children[2:]:
            if child.startswith("-"):
                self.problems.append(
                    Diagnostic("DR024", "a width or height cannot be negative", self._span([child]), help="write `+58` for 58 pixels")
                )
        if children[2].type != children[3].type:
            help_text = "write both as a size, `+width,+height`, or both as the first column and row left alone"
            self.problems.append(
                Diagnostic("DR036", "one half of this is a size and the other is not", self._span(children[2:]), help_text)
            )
        return ast.Rectangle(
            left, top, horizontal, vertical, children[2].type == "SIGNED", children[3].type == "SIGNED", span=self._span(children)
        )

    def regions(self, children: Children) -> ast.UltrasoundRegions:
        return ast.UltrasoundRegions(span=self._span(children))

    def everything(self, children: Children) -> ast.Everything:
        return ast.Everything(span=self._span(children))

    def bands(self, children: Children) -> ast.Bands:
        return ast.Bands(tuple(children), span=self._span(children))

    def band(self, children: Children) -> ast.Band:
        return ast.Band(str(children[0]), self._integer(children[1]), len(children) == 3, span=self._span(children))

    def frames(self, children: Children) -> _Frames:
        return _Frames(tuple(child for child in children if isinstance(child, ast.FrameSpan)), self._span(children))

    def frame_span(self, children: Children) -> ast.FrameSpan:
        numbers = [self._integer(child) for child in children if child.type == "INT"]
        return ast.FrameSpan(numbers[0], numbers[-1], span=self._span(children))

    # ---- tests

    def test(self, children: Children) -> ast.Test:
        return ast.Test(unescape(children[1]), tuple(children[2:-1]), span=self._span(children))

    def given(self, children: Children) -> ast.Given:
        return ast.Given(tuple(children[1:]), span=self._span(children))

    def assignment(self, children: Children) -> ast.Assignment:
        return ast.Assignment(children[0], children[1], span=self._span(children))

    def expect_outcome(self, children: Children) -> ast.ExpectOutcome:
        return ast.ExpectOutcome(str(children[1]), children[2], span=self._span(children))

    def expect_value(self, children: Children) -> ast.ExpectValue:
        return ast.ExpectValue(children[1], children[2], span=self._span(children))

    def expect_text(self, children: Children) -> ast.ExpectText:
        said = {word.type: unescape(text) for word, text in zip(children[2::2], children[3::2], strict=True)}
        return ast.ExpectText(children[1], said.get("KEEPS", ""), said.get("LOSES", ""), span=self._span(children))

    def expect_area(self, children: Children) -> ast.ExpectArea:
        frames = children[3].spans if len(children) == 4 else ()
        return ast.ExpectArea(str(children[1]), children[2], frames, span=self._span(children))

    def expect_verdict(self, children: Children) -> ast.ExpectVerdict:
        return ast.ExpectVerdict(str(children[1]), unescape(children[2]), span=self._span(children))


def reserved_word(name: str, span: Span) -> Diagnostic:
    """The finding about a word of the language where a name is expected."""
    return Diagnostic("DR025", f"`{name}` is a word of the language", span, help=f"choose another name, such as `{name}_1`")


def _digits(digits: str) -> str:
    """Hex digits upper case, `x` as it is."""
    return digits.upper().replace("X", "x")
