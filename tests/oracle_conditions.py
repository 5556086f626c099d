"""Conditions for the oracle: rule 11, read from the object as it arrived."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

import re2
from oracle_data import Item, Value, keyword_tag, normal

from deidrules.language import ast

NUMERIC = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"})


def find(path: ast.Path, top: Item, meta: Item, here: Item) -> list[Value]:
    """The elements a path of a condition means: the top level unless a path or `here` is written; a path without `top` or `here` is
    found at any depth; group 0002 is the file meta information."""
    if path.anchor == "here":
        return list(below(path, here))
    if path.anchor == "top" or not path.steps:
        if isinstance(path.leaf, ast.Keyword | ast.TagMask) and tag_of(path.leaf) >> 16 == 2 and not path.steps:
            return [value for value in meta.values.values() if value.tag == tag_of(path.leaf)]
        return list(below(path, top))
    return [value for item in every_item(top) for value in below(path, item)]


def every_item(item: Item) -> Iterator[Item]:
    """The item and every item in it."""
    yield item
    for value in item.values.values():
        for inner in value.items or ():
            yield from every_item(inner)


def below(path: ast.Path, item: Item) -> Iterator[Value]:
    """The elements at the path, from this item."""
    if not path.steps:
        yield from (value for value in item.values.values() if means(path.leaf, value))
        return
    for value in item.values.values():
        if means(path.steps[0], value):
            for inner in value.items or ():
                yield from below(ast.Path(path.leaf, path.steps[1:]), inner)


def tag_of(leaf: ast.Leaf) -> int:
    """The tag of a keyword or a tag."""
    if isinstance(leaf, ast.Keyword):
        return keyword_tag(leaf.name)
    assert isinstance(leaf, ast.TagMask)
    return int(leaf.group + leaf.element, 16)


def means(leaf: ast.Leaf, value: Value) -> bool:
    """True when a leaf of a condition's path is this element."""
    if isinstance(leaf, ast.Star):
        return True
    if isinstance(leaf, ast.PrivateTag):
        low = f"{value.tag & 0xFF:02X}"
        return (
            value.tag >> 16 == int(leaf.group, 16)
            and value.tag & 0xFFFF > 0xFF
            and value.creator == normal(leaf.creator)
            and all(want in ("x", have) for have, want in zip(low, leaf.element, strict=True))
        )
    if isinstance(leaf, ast.TagMask) and "x" in leaf.group + leaf.element:
        return all(want in ("x", have) for have, want in zip(f"{value.tag:08X}", leaf.group + leaf.element, strict=True))
    return value.tag == tag_of(leaf)


def holds(
    condition: ast.Condition, top: Item, meta: Item, here: Item, parameters: Mapping[str, ast.Expression], doubts: list[ast.Condition]
) -> bool:
    """Rule 11. A comparison with a value that cannot be decoded quarantines, if it is asked at all: it is noted in `doubts`, and is
    false for whoever does not need it."""

    def again(part: ast.Condition) -> bool:
        return holds(part, top, meta, here, parameters, doubts)

    def elements(path: ast.Path) -> list[Value]:
        return find(path, top, meta, here)

    def values(path: ast.Path) -> list[tuple[object, str]]:
        return [(atom, element.vr) for element in elements(path) if element.items is None for atom in element.atoms() if atom != ""]

    def judged(path: ast.Path, test: Callable[[object, str], bool], quantifier: str) -> bool:
        try:
            found = [test(*value) for value in values(path)]
        except ValueError:
            doubts.append(condition)
            return False
        return bool(found) and (all(found) if quantifier == "all" else any(found))

    match condition:
        case ast.And(parts):
            truths = [again(part) for part in parts]  # every part, so that no doubt is missed
            return all(truths)
        case ast.Or(parts):
            truths = [again(part) for part in parts]
            return any(truths)
        case ast.Not(part):
            return not again(part)
        case ast.Exists(operand):
            return bool(elements(operand))
        case ast.Empty(operand):
            return any(
                not element.items if element.items is not None else not any(a not in ("", b"") for a in element.atoms())
                for element in elements(operand)
            )
        case ast.Compare(operand, "!=", value, quantifier):
            if quantifier == "all":  # each of at least one value differs
                return judged(operand, lambda atom, vr: not compared(atom, vr, "=", constant(value, parameters)), "all")
            if quantifier == "any":  # one of the values differs
                return judged(operand, lambda atom, vr: not compared(atom, vr, "=", constant(value, parameters)), "any")
            return not judged(operand, lambda atom, vr: compared(atom, vr, "=", constant(value, parameters)), "")
        case ast.Compare(operand, operator, value, quantifier):
            return judged(operand, lambda atom, vr: compared(atom, vr, operator, constant(value, parameters)), quantifier)
        case ast.Member(operand, value, quantifier):
            wanted = constants(value, parameters)
            return judged(operand, lambda atom, vr: any(compared(atom, vr, "=", one) for one in wanted), quantifier)
        case ast.Contains(operand, value, quantifier):
            text = constant(value, parameters).casefold()
            return judged(operand, lambda atom, vr: text in as_text(atom).casefold(), quantifier)
        case ast.Matches(operand, pattern, ignore_case, quantifier):
            expression = re2.compile(("(?i)" if ignore_case else "") + pattern)
            return judged(operand, lambda atom, vr: expression.search(as_text(atom)) is not None, quantifier)
    raise AssertionError(condition)


def constant(expression: ast.Expression, parameters: Mapping[str, ast.Expression]) -> str:
    """A constant or a parameter as text."""
    match expression:
        case ast.Text(value):
            return value
        case ast.Number(digits, _):
            return digits
        case ast.Reference(ast.Path(ast.Name(name))):
            return constant(parameters[name], parameters)
    raise AssertionError(expression)


def constants(expression: ast.Expression, parameters: Mapping[str, ast.Expression]) -> list[str]:
    """The members of a list or of a parameter that holds one."""
    if isinstance(expression, ast.Reference):
        assert isinstance(expression.path.leaf, ast.Name)
        return constants(parameters[expression.path.leaf.name], parameters)
    if isinstance(expression, ast.List):
        return [constant(item, parameters) for item in expression.items]
    return [constant(expression, parameters)]


def as_text(atom: object) -> str:
    """A value as trimmed text; bytes are none."""
    if isinstance(atom, bytes):
        raise ValueError("not a text")
    return str(atom).strip()


def compared(atom: object, vr: str, operator: str, wanted: str) -> bool:
    """Numbers as numbers, everything else as text: trimmed, without case."""
    if vr in NUMERIC:
        try:
            left, right = Decimal(str(atom).strip()), Decimal(wanted)
        except InvalidOperation:
            raise ValueError("not a number") from None
        return {"=": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
    if vr in ("DA", "DT") and not re.fullmatch(r"[0-9]{4}([0-9]{2}){0,5}(\.[0-9]{1,6})?([+-][0-9]{4})?", as_text(atom)):
        raise ValueError("not a date")
    one, other = as_text(atom).casefold(), wanted.strip().casefold()
    return {"=": one == other, "<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]
