"""What functions do with the values they are given: texts, whole numbers, numbers. Defines no word of the language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from deidrules.text.refusal import Refusal

PADDING = " \0"  # PS3.5 6.2: what may stand behind (and before) a value without being part of it


def text_of(value: object) -> str:
    """A value as trimmed text; several values are joined as DICOM joins them, bytes are their hex digits. Absent is empty."""
    match value:
        case None:
            return ""
        case str():
            return value.strip(PADDING)
        case bytes():
            return value.hex()
        case tuple() | list():
            return "\\".join(text_of(part) for part in value)
        case Decimal() | int() | float():
            return str(value)
    raise Refusal("wrong-type")


def whole_number(value: object) -> int | None:
    """An argument as int, None when it is no whole number."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(text_of(value))
        return int(number) if number.is_finite() and abs(number) < 10**9 and number == number.to_integral_value() else None
    except InvalidOperation:
        return None


def whole(value: object, low: int, high: int) -> int:
    """An argument as int between `low` and `high`, both included; a Refusal otherwise. What the compiler could see was judged there."""
    number = whole_number(value)
    if number is None or not low <= number <= high:
        raise Refusal("bad-argument")
    return number


def number_of(value: object) -> Decimal:
    """A value as a finite number."""
    try:
        number = Decimal(text_of(value))
    except InvalidOperation:
        raise Refusal("not-a-number") from None
    if not number.is_finite():
        raise Refusal("not-a-number")
    if number and not -300 < number.adjusted() < 300:
        raise Refusal("number-out-of-range")
    return number


def out_of_range(constants: Mapping[str, object], name: str, low: int, high: int) -> str | None:
    """What is wrong with a constant argument that has to be a whole number between `low` and `high`; None when it is not constant."""
    if name not in constants:
        return None
    number = whole_number(constants[name])
    return None if number is not None and low <= number <= high else f"`{name}` is a whole number from {low} to {high}"
