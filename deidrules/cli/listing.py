"""Explanations drawn for a reader: one line per element, the rule behind it, the rules that lost below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from deidrules.cli import wording
from deidrules.cli.explaining import GONE

if TYPE_CHECKING:
    from deidrules.cli.explaining import Explanation

# The column of names is as wide as it has to be, within bounds: a longer one moves its own line only.
_LEAST_NAME, _MOST_NAME = 26, 46
_CHANGE = 10  # "not judged"

# `change` of an outcome, where a reader is helped by another word
_WORDS = {"claimed": "written", "entered": "kept"}

Places = Callable[[str], str]


def places(folder: str, recipes: Iterable[str]) -> Places:
    """From the "layer:line" of a plan to the file as the user knows it: `folder` is that of the profile, `recipes` as it names them. A
    shipped recipe, and anything else, stays as it is."""
    suffixes = (".recipe", ".csv")  # what lies in the folder; a private list is a layer under its whole name
    files: Mapping[str, str] = {name.removesuffix(".recipe"): f"{folder}/{name}" for name in recipes if name.endswith(suffixes)}

    def place(origin: str) -> str:
        layer, colon, line = origin.rpartition(":")
        return f"{files[layer]}:{line}" if colon and layer in files else origin

    return place


def tree(found: Iterable[Explanation], place: Places, *, colour: bool = False) -> Iterator[str]:
    """Elements in the order of the file, those of items indented below their sequence."""
    found = tuple(found)
    width = _width(_head(one, _indent(one)) for one in found)
    before: tuple[tuple[int, int], ...] = ()
    for one in found:
        if one.path != before and one.path and one.path != before[: len(one.path)]:
            yield f"{_indent(one)[2:]}item {one.path[-1][1]}"
        before = one.path
        yield from _lines(one, _indent(one), width, place, colour)


def flat(found: Iterable[Explanation], place: Places, *, colour: bool = False) -> Iterator[str]:
    """The same without what is around them: each element says where it stands."""
    found = tuple(found)
    width = _width(_head(one, "") for one in found)
    for one in found:
        if one.path:
            yield "in " + " / ".join(f"{wording.named(tag)} item {item}" for tag, item in one.path)
        yield from _lines(one, "", width, place, colour)


def _indent(one: Explanation) -> str:
    return "    " * len(one.path)


def _head(one: Explanation, indent: str) -> str:
    return f"{indent}({one.tag >> 16:04X},{one.tag & 0xFFFF:04X}) {one.vr} {one.name}"


def _width(heads: Iterable[str]) -> int:
    return max(_LEAST_NAME, max((len(head) for head in heads if len(head) <= _MOST_NAME), default=0))


def _lines(one: Explanation, indent: str, width: int, place: Places, colour: bool) -> Iterator[str]:
    start = _head(one, indent).ljust(width)
    change, around = one.change or "not judged", ""
    if change.startswith(GONE):
        change, around = "gone", f"with {change.removeprefix(GONE)}: "
    change = _styled(_WORDS.get(change, change).ljust(_CHANGE), one.change, colour)
    yield f"{start}  {change} {around}{_rule(_short(one) or one.code, place(one.origin))}".rstrip()
    if one.value:
        yield f"{indent}  = {one.value}"
    for loser in one.losers:
        yield f"{' ' * len(start)}  {_dim('not'.ljust(_CHANGE), colour)} {_rule(loser.rule, place(loser.origin))}: {loser.why}"


def _short(one: Explanation) -> str:
    """The rule; its selector is left out where that is the element's keyword, which stands in front already."""
    said = f"{one.code} {one.name}"
    return one.code + one.rule.removeprefix(said) if one.rule == said or one.rule.startswith(f"{said} ") else one.rule


def _rule(rule: str, place: str) -> str:
    return f"{rule}  # {place}" if rule and place else rule or (f"# {place}" if place else "")


def _styled(text: str, change: str, colour: bool) -> str:
    """What stays stands out: that is what a reader looks for."""
    return click.style(text, fg="yellow") if colour and change == "kept" else text


def _dim(text: str, colour: bool) -> str:
    return click.style(text, dim=True) if colour else text
