"""What is wrong with a statement by its form alone, though the grammar lets it pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deidrules.language import ast
from deidrules.language.transform import reserved_word
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean

TYPES = ("text", "number", "date", "days", "tag", "list")
# leaves that stand for many elements, and for no sequence
_CLASSES = (ast.VrClass, ast.PrivateClass, ast.UnknownClass, ast.DeclaredSafeClass, ast.ContentItem)


def check(statement: ast.Statement, reserved: frozenset[str]) -> Iterator[Diagnostic]:
    """Findings about one statement; those of a block's own statements are not among them. `reserved`: the words of the language."""
    match statement:
        case ast.Param():
            yield from _name(statement, statement.name, reserved)
            if statement.type not in TYPES:
                known = ", ".join(f"`{name}`" for name in TYPES)
                near = did_you_mean(statement.type, TYPES)
                help_text = near or f"the types are {known}"
                yield Diagnostic("DR028", f"unknown type `{statement.type}`", _within(statement, statement.type), help=help_text)
            yield from _value(statement.default)
        case ast.SetDefinition():
            yield from _name(statement, statement.name, reserved)
            yield from _selectors(statement.selectors + statement.excluded)
        case ast.Rule():
            yield from _selectors(statement.selectors + statement.excluded)
            yield from _value(statement.value)
            yield from _stance(statement.stance)
        case ast.Add():
            yield from _selectors((statement.target,))
            yield from _value(statement.value)
            yield from _stance(statement.stance)
        case ast.When():
            yield from _condition(statement.condition)
        case ast.Verdict():
            yield from _title(statement, statement.name)
            yield from _condition(statement.condition)
        case ast.Pixels():
            yield from _title(statement, statement.name)
            yield from _condition(statement.condition)
        case ast.Without():
            yield from _title(statement, statement.name)
            yield from _reason(statement, statement.because)
        case ast.Test():
            yield from _title(statement, statement.name)
        case ast.Blank(outside=True, area=ast.Bands() | ast.Everything() as area):
            yield Diagnostic(
                "DR033",
                "`outside` goes with a rectangle or with `ultrasound-regions`",
                area.span,
                help="write the parts to blank themselves",
            )
        case ast.Label(text=""):
            yield Diagnostic("DR001", "the label is empty", statement.span, help="write the text to draw, or leave the label out")
        case ast.Given():
            yield from _selectors(tuple(assignment.target for assignment in statement.assignments))
        case ast.ExpectOutcome():
            yield from _selectors(statement.selectors)
        case ast.ExpectValue() | ast.ExpectText():
            yield from _selectors((statement.target,))


def _name(statement: ast.Statement, name: str, reserved: frozenset[str]) -> Iterator[Diagnostic]:
    if name in reserved:
        yield reserved_word(name, _within(statement, name))


def _within(statement: ast.Statement, word: str) -> Span:
    """Where a word stands in a statement, its first word aside."""
    text = statement.span.text
    match = re.search(rf"(?<=\s){re.escape(word)}(?![\w-])", text)
    if not match:
        return statement.span
    return Span(statement.span.source, statement.span.start + match.start(), statement.span.start + match.end())


def _title(statement: ast.Statement, title: str) -> Iterator[Diagnostic]:
    if not title.strip():
        yield Diagnostic("DR034", "the name is empty", _within(statement, f'"{title}"'), help="give it a name that says what it is for")


def _reason(node: ast.Node, reason: str) -> Iterator[Diagnostic]:
    if not reason.strip():
        yield Diagnostic("DR011", "the reason is empty", node.span, help="say why, and where it was decided")


def _stance(stance: ast.Stance) -> Iterator[Diagnostic]:
    # a parsed `override` whose text ends in a quote has a reason, if perhaps an empty one
    if isinstance(stance, ast.Override) and stance.span.text.endswith('"'):
        yield from _reason(stance, stance.because)


def _selectors(paths: tuple[ast.Path, ...]) -> Iterator[Diagnostic]:
    for path in paths:
        yield from _path(path)
        if path.anchor == "here":
            yield Diagnostic(
                "DR021", "`here` stands in conditions only", path.span, help="leave `here /` out: a selector reaches every depth"
            )


def _path(path: ast.Path) -> Iterator[Diagnostic]:
    if isinstance(path.leaf, ast.Star) and not path.steps:
        yield Diagnostic(
            "DR020",
            "`*` cannot stand without a sequence before it",
            path.span,
            help="write `A / *` for everything directly in A; what no rule reaches is the policy `unlisted` of the profile",
        )
    for step in path.steps:
        if isinstance(step, _CLASSES):
            yield Diagnostic(
                "DR020",
                f"`{step.span.text}` cannot be the sequence of a path",
                step.span,
                help="name the sequence, or write `*` for any sequence",
            )
    if isinstance(path.leaf, ast.ContentItem) and path.anchor == "top" and not path.steps:
        help_text = "content items stand in the items of ContentSequence and the like"
        yield Diagnostic("DR020", "the object itself is no content item", path.span, help=help_text)
    for leaf in (*path.steps, path.leaf):
        if isinstance(leaf, ast.TagMask) and leaf.group == leaf.element == "xxxx":
            yield Diagnostic(
                "DR032",
                "`(xxxx,xxxx)` is not a selector",
                leaf.span,
                help="what happens to elements that no rule reaches is the policy `unlisted` of the profile",
            )


def _value(value: ast.Expression | None) -> Iterator[Diagnostic]:
    match value:
        case ast.Reference():
            yield from _selectors((value.path,))
            yield from _single(value.path)
        case ast.List():
            for item in value.items:
                yield from _value(item)
        case ast.Call():
            for argument in value.arguments:
                yield from _value(argument.value)
        case ast.Concat():
            for part in value.parts:
                yield from _value(part)


def _condition(condition: ast.Condition) -> Iterator[Diagnostic]:
    match condition:
        case ast.Not():
            yield from _condition(condition.part)
        case ast.And() | ast.Or():
            for part in condition.parts:
                yield from _condition(part)
        case _:
            yield from _path(condition.operand)
            yield from _single(condition.operand)
            if isinstance(condition, ast.Compare | ast.Member | ast.Contains):
                yield from _value(condition.value)


def _single(path: ast.Path) -> Iterator[Diagnostic]:
    """A condition or an expression reads one attribute, not a class of them."""
    leaf = path.leaf
    many = isinstance(leaf, ast.VrClass | ast.PrivateClass | ast.UnknownClass | ast.DeclaredSafeClass | ast.ContentItem)
    many |= isinstance(leaf, ast.Star) and bool(path.steps)
    if many:
        yield Diagnostic(
            "DR020", f"`{leaf.span.text}` stands for many elements; one attribute is read here", leaf.span, help="name the attribute"
        )
