"""Rules of a plan in the words of the language, for people to read."""

from __future__ import annotations

from deidrules.dicom import dictionary
from deidrules.plan.expression import (
    And,
    Apply,
    Attribute,
    Compare,
    Condition,
    Constant,
    Contains,
    Empty,
    Exists,
    Expression,
    Join,
    Matches,
    Member,
    Not,
    Or,
    Own,
    Read,
)
from deidrules.plan.model import Rule
from deidrules.plan.pixels import Band, Bands, Blank, Clean, Everything, Label, Operation, ReadText, Rectangle, Strip, UltrasoundRegions
from deidrules.plan.selector import Leaf, Selector, Step, TagLeaf

_ORDERED = {"text", "list"}


def named(tag: int) -> str:
    """The keyword where the dictionary has one, else (gggg,eeee)."""
    entry = dictionary.entry(tag)
    return entry.keyword if entry is not None and entry.keyword else f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _leaf(leaf: Leaf | Step) -> str:
    if isinstance(leaf, TagLeaf) and leaf.exact:
        entry = dictionary.entry(leaf.value)
        if entry is not None and entry.keyword:
            return entry.keyword
    return str(leaf)


def selector(one: Selector) -> str:
    """A selector with keywords in place of tags."""
    return " / ".join((["top"] if one.anchored else []) + [_leaf(step) for step in one.steps] + [_leaf(one.leaf)])


def attribute(one: Attribute) -> str:
    """What a condition or expression reads."""
    anchor = [] if one.anchor == "any" or (one.anchor == "top" and not one.steps) else [one.anchor]
    return " / ".join(anchor + [_leaf(step) for step in one.steps] + [_leaf(one.leaf)])


def quoted(text: str) -> str:
    """A string of the language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value(text: str, kind: str) -> str:
    return quoted(text) if kind in _ORDERED else text


def expression(one: Expression) -> str:
    """What stands behind `=`."""
    match one:
        case Constant(kind, value):
            if isinstance(value, tuple):
                return "[" + ", ".join(quoted(item) for item in value) + "]"
            return f"{value} days" if kind == "days" else _value(value, kind)
        case Own():
            return "its own value"
        case Read(read):
            return attribute(read)
        case Join(parts):
            return " + ".join(expression(part) for part in parts)
        case Apply(function, arguments):
            said = ((name, value) for name, value in arguments if (name, value) != ("subject", Own()))  # left out as in recipes
            given = (expression(value) if name == "subject" else f"{name}: {expression(value)}" for name, value in said)
            return f"{function}({', '.join(given)})"


def condition(one: Condition) -> str:
    """A condition, with brackets where `and` and `or` mix."""
    match one:
        case Compare(read, operator, value, kind, every):
            return f"{_all(every)}{attribute(read)} {operator} {_value(value, kind)}"
        case Member(read, values, kind, every):
            return f"{_all(every)}{attribute(read)} in [{', '.join(_value(value, kind) for value in values)}]"
        case Contains(read, text, every):
            return f"{_all(every)}{attribute(read)} contains {quoted(text)}"
        case Matches(read, pattern, ignore_case, every):
            return f"{_all(every)}{attribute(read)} matches /{pattern}/{'i' if ignore_case else ''}"
        case Exists(read):
            return f"exists {attribute(read)}"
        case Empty(read):
            return f"empty {attribute(read)}"
        case Not(part):
            return f"not {_bracketed(part)}"
        case And(parts):
            return " and ".join(_bracketed(part) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part) for part in parts)


def _all(every: bool) -> str:
    return "all " if every else ""


def _bracketed(one: Condition) -> str:
    return f"({condition(one)})" if isinstance(one, And | Or) else condition(one)


def rule(one: Rule) -> str:
    """A rule without its condition and origin."""
    text = f"{one.code} {selector(one.selector)}" + (f" as {one.reading}" if one.reading else "")
    if one.excluded:
        text += f" except {', '.join(selector(excluded) for excluded in one.excluded)}"
    if one.value is not None:
        text += f" = {expression(one.value)}"
    return text + (" otherwise" if one.otherwise else "")


def operation(one: Operation) -> str:
    """One line of a pixels block."""
    match one:
        case Blank(area, outside, clipped, overlay, frames):
            text = f"blank {'outside ' if outside else ''}{_area(area)}{' clipped' if clipped else ''}"
            if overlay:
                text += f" overlay {overlay}"
            if frames:
                text += " frames " + ", ".join(str(first) if first == last else f"{first}..{last}" for first, last in frames)
            return text
        case Strip(what):
            return f"strip {what}"
        case ReadText(area):
            return "read-text" if isinstance(area, Everything) else f"read-text in {_area(area)}"
        case Clean():
            return "clean"
        case Label(text):
            return f"label {quoted(text)}"


def _area(area: Rectangle | Bands | UltrasoundRegions | Everything) -> str:
    match area:
        case Rectangle(left, top, right, bottom):
            return f"{left},{top},{right},{bottom}"
        case Bands(bands):
            return ", ".join(_band(band) for band in bands)
        case UltrasoundRegions():
            return "ultrasound-regions"
        case Everything():
            return "everything"


def _band(band: Band) -> str:
    return f"{band.side} {band.extent}{'%' if band.percent else ''}"
