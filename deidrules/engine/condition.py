"""Conditions of a plan on one object as it arrived (rule 11 of the language), each judged when first asked and then remembered."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from deidrules.actions.base import Atom
from deidrules.engine.reading import DataSet, Found, Reading
from deidrules.plan.expression import And, Attribute, Compare, Condition, Contains, Empty, Exists, Matches, Member, Not, Or, uses_here
from deidrules.plan.selector import TagLeaf
from deidrules.text.refusal import Refusal

# A date, or a date and time, as DICOM writes them (PS3.5 6.2), the old form with full stops and the offset from UTC included.
_DATE = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)((?:[01]\d|2[0-3])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?)?)?)?(?:[+-]\d{4})?", re.ASCII
)
_OLD_DATE = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)()", re.ASCII)


class Conditions:
    """The conditions of a plan, asked of one object."""

    def __init__(self, conditions: tuple[Condition, ...], reading: Reading) -> None:
        self.conditions = conditions
        self._reading = reading
        self._known: dict[int, bool] = {}
        self._local: dict[tuple[int, int], bool] = {}

    def holds(self, number: int, here: DataSet | None = None) -> bool:
        """The truth of a condition; `here` is the data set in which the element stands. Refusal `undecodable-condition` (or that of the
        value) when an attribute cannot be read."""
        condition = self.conditions[number]
        if here is not None and here is not self._reading.top and uses_here(condition):
            key = (number, id(here))
            if key not in self._local:
                self._local[key] = self._judge(condition, here)
            return self._local[key]
        truth = self._known.get(number)
        if truth is None:
            truth = self._known[number] = self._judge(condition, self._reading.top)
        return truth

    def _judge(self, condition: Condition, here: DataSet) -> bool:
        match condition:
            case Not(part):
                return not self._judge(part, here)
            case And(parts):
                # every part is judged: what cannot be decoded quarantines whatever stands before it
                truths = [self._judge(part, here) for part in parts]
                return all(truths)
            case Or(parts):
                truths = [self._judge(part, here) for part in parts]
                return any(truths)
            case Exists(attribute):
                return bool(self._reading.find(attribute, here))
            case Empty(attribute):
                found = self._reading.find(attribute, here)
                return any(_is_empty(f, self._reading) for f in found)
            case _:
                test = _test_of(condition)
                values = self._values(condition.attribute, here)
                try:
                    truths = [test(value) for value in values]
                except Refusal as refusal:
                    tag = condition.attribute.leaf.value if isinstance(condition.attribute.leaf, TagLeaf) else None
                    raise Refusal(refusal.code, tag=tag) from None
                return bool(truths) and (all(truths) if condition.every else any(truths))

    def _values(self, attribute: Attribute, here: DataSet) -> list[Atom]:
        return [value for f in self._reading.find(attribute, here) for value in self._reading.values(f.element, f.place) if value != ""]


def _is_empty(found: Found, reading: Reading) -> bool:
    element = found.element
    return not element.items if element.items is not None else not reading.values(element, found.place)


@functools.cache
def _test_of(condition: Compare | Member | Contains | Matches) -> Callable[[Atom], bool]:
    match condition:
        case Contains(_, text):
            wanted = text.casefold()
            return lambda value: wanted in _text(value).casefold()
        case Matches(_, pattern, ignore_case):
            expression = _compiled(pattern, ignore_case)
            return lambda value: expression.search(_text(value)) is not None
        case Member(_, values, kind):
            tests = tuple(_comparison("=", value, kind) for value in values)
            return lambda value: any(test(value) for test in tests)
        case Compare(_, operator, value, kind):
            return _comparison(operator, value, kind)


def _comparison(operator: str, constant: str, kind: str) -> Callable[[Atom], bool]:
    if operator == "!=":  # under a quantifier: of the single values
        equal = _comparison("=", constant, kind)
        return lambda value: not equal(value)
    match kind:
        case "number":
            number = Decimal(constant)
            return lambda value: _ordered(operator, _number(value), number)
        case "date":
            moment = _moment(constant)
            return lambda value: _ordered(operator, *_same_precision(_moment(_text(value)), moment))
        case _:
            if operator != "=":
                raise ValueError("texts have no order in a plan")
            text = _trimmed(constant)
            return lambda value: _trimmed(_text(value)) == text


def _ordered(operator: str, one: Any, other: Any) -> bool:
    match operator:
        case "=":
            return bool(one == other)
        case "<":
            return bool(one < other)
        case "<=":
            return bool(one <= other)
        case ">":
            return bool(one > other)
        case ">=":
            return bool(one >= other)
    raise ValueError("not an operator of a plan")


def _trimmed(text: str) -> str:
    return text.strip(" \0").casefold()


def _text(value: Atom) -> str:
    if isinstance(value, bytes):
        raise Refusal("undecodable-condition")
    return value.strip(" \0") if isinstance(value, str) else str(value)


def _number(value: Atom) -> Decimal:
    if isinstance(value, bytes):
        raise Refusal("undecodable-condition")
    try:
        number = Decimal(value.strip(" \0")) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise Refusal("undecodable-condition") from None
    if not number.is_finite():
        raise Refusal("undecodable-condition")
    return number


def _moment(text: str) -> str:
    """The digits of a date, or of a date and time; an offset from UTC is left aside. Refusal when it is neither."""
    text = text.strip(" \0")
    match = _DATE.fullmatch(text) or _OLD_DATE.fullmatch(text)
    if match is None:
        raise Refusal("undecodable-condition")
    year, month, day, time = match.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:  # the 30th of February, the year 0
        raise Refusal("undecodable-condition") from None
    return year + (month or "") + (day or "") + (time or "").replace(".", "")


def _same_precision(one: str, other: str) -> tuple[str, str]:
    """Two moments cut to the precision that both have: 2020 = 20200315, and neither is before the other."""
    length = min(len(one), len(other))
    return one[:length], other[:length]


def _compiled(pattern: str, ignore_case: bool) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False  # RE2 writes to stderr by itself, pattern included
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise ValueError("not an expression of RE2") from None
