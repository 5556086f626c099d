"""DR230: rows of Table E.1-1 that a profile which claims the Basic Profile does not cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deidrules.actions.base import Function
from deidrules.compile.model import Compilation
from deidrules.dicom import dictionary
from deidrules.dicom.method_codes import BASIC
from deidrules.lint.claimed import options_of
from deidrules.lint.coverage import State, coverage
from deidrules.lint.effective import UNLISTED
from deidrules.lint.table import Row
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import NOWHERE, Source, Span

SHOWN = 6  # attributes in a message


def not_covered(compilation: Compilation, functions: Mapping[str, Function] | None = None) -> Iterator[Diagnostic]:
    """One finding per rule and what is required, with the attributes it concerns."""
    options = options_of(compilation.layers)
    if compilation.plan is None or BASIC not in options:
        return
    found: dict[tuple[str, str, int, str], list[str]] = {}
    for one in coverage(compilation.plan, options, functions):
        for effect, state in one.effects:
            if state is State.MISSING:
                key = (effect.origin, one.required.code, one.required.option, effect.code)
                found.setdefault(key, []).append(spoken(one.row))
    for (origin, required, option, code), names in found.items():
        shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        by = "" if option == BASIC else f" under option {option}"
        done = "the policy `unlisted` says" if origin == UNLISTED else "this does"
        help_ = f'ask for no less than `{required}`, or say why in a layer of your own: `override {required} because "…"`'
        yield Diagnostic(
            "DR230", f"Table E.1-1 requires `{required}`{by}, and {done} `{code}`: {shown}", _place(compilation, origin), help_
        )


def spoken(row: Row) -> str:
    """An attribute of the table in a message: keyword and tag."""
    leaf = row.leaf
    if leaf is None:
        return "private attributes"
    entry = dictionary.entry(leaf.value) if leaf.exact else None
    return f"`{entry.keyword}` {row.tag}" if entry is not None and entry.keyword else f"`{row.tag}` {row.name}"


def _place(compilation: Compilation, origin: str) -> Span:
    """Where a rule stands ("layer:line"), or the policy."""
    name, _, line = origin.rpartition(":")
    for layer in compilation.layers:
        if layer.name == name and line.isdecimal():
            return _line(layer.source, int(line))
    if compilation.profile is not None:
        source = compilation.profile.source
        start = source.text.find("unlisted:")
        return Span(source, start, start + len("unlisted")) if start >= 0 else NOWHERE
    return NOWHERE


def _line(source: Source, number: int) -> Span:
    """A whole line, counted from 1, without the blanks around it."""
    start = sum(len(line) + 1 for line in source.text.split("\n")[: number - 1])
    text = source.line(number)
    return Span(source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
