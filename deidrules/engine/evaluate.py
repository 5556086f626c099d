"""Expressions of a plan: constants, attributes, functions, joined texts (rule 20 of the language)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from deidrules.actions.base import Atom, Days, Function
from deidrules.engine.context import FileContext
from deidrules.engine.reading import DataSet, Reading
from deidrules.plan.expression import Apply, Attribute, Constant, Expression, Join, Own, Read
from deidrules.text.refusal import Refusal

Values = tuple[Atom, ...]


class Owner(Protocol):
    """The element an expression stands on."""

    @property
    def values(self) -> Values:
        """Its own values."""


class Evaluator:
    """Evaluates expressions for the elements of one file."""

    def __init__(self, reading: Reading, context: FileContext, functions: Mapping[str, Function]) -> None:
        self._reading = reading
        self._context = context
        self._functions = functions

    def values(self, expression: Expression, own: Owner, here: DataSet) -> Values:
        """The values an element gets: one for each of its own where the expression works value by value, () for none.

        Raises Refusal: `missing-key` when what keys a function is absent and no `missing:` is given, `value-count` when lists of
        different length meet, `function-failed`, and whatever a function or a value itself refuses."""
        result = self._evaluate(expression, own, here)
        return () if all(value in ("", b"") for value in result) else result

    def _evaluate(self, expression: Expression, own: Owner, here: DataSet) -> Values:
        match expression:
            case Constant(kind, value):
                return _constant(kind, value)
            case Own():
                return own.values
            case Read(attribute):
                return self.read(attribute, here)
            case Join(parts):
                return _joined([self._evaluate(part, own, here) for part in parts])
            case Apply():
                return self._apply(expression, own, here)

    def read(self, attribute: Attribute, here: DataSet) -> Values:
        """All values of another attribute, () when it is absent or empty."""
        return tuple(value for found in self._reading.find(attribute, here) for value in self._reading.values(found.element, found.place))

    def _apply(self, call: Apply, own: Owner, here: DataSet) -> Values:
        function = self._functions[call.function]
        given = {name: self._evaluate(argument, own, here) for name, argument in call.arguments}
        subject = given.pop("subject") if "subject" in given else own.values
        if function.keyed and _blank(subject if function.keyed == "subject" else given.get(function.keyed, ())):
            if "missing" not in given:
                raise Refusal("missing-key")
            return given["missing"]
        arguments = {name: _argument(function, name, values) for name, values in given.items()}
        if function.whole:
            return _result(self._call(function, subject, arguments))
        result: list[Atom] = []
        for one in subject:
            if one != "":
                result.extend(_result(self._call(function, one, arguments)))
            elif function.keyed != "subject":
                result.append(one)  # an empty one of several stays empty
            elif "missing" in given:
                result.extend(given["missing"])
            else:
                raise Refusal("missing-key")
        return tuple(result)

    def _call(self, function: Function, subject: object, arguments: Mapping[str, object]) -> object:
        try:
            return function.call(self._context, subject, **arguments)
        except Refusal as refusal:
            raise Refusal(refusal.code, rule=refusal.rule) from None
        except Exception:
            # an installed or given function: its exception may hold values
            raise Refusal("function-failed") from None


def reads_of(expression: Expression) -> tuple[Attribute, ...]:
    """The other attributes that an expression reads."""
    match expression:
        case Read(attribute):
            return (attribute,)
        case Join(parts):
            return tuple(attribute for part in parts for attribute in reads_of(part))
        case Apply(_, arguments):
            return tuple(attribute for _, argument in arguments for attribute in reads_of(argument))
    return ()


def functions_of(expression: Expression) -> set[str]:
    """The functions that an expression calls."""
    match expression:
        case Join(parts):
            return {name for part in parts for name in functions_of(part)}
        case Apply(name, arguments):
            return {name} | {inner for _, argument in arguments for inner in functions_of(argument)}
    return set()


def _blank(values: Values) -> bool:
    return all(value in ("", b"") for value in values)


def _constant(kind: str, value: str | tuple[str, ...]) -> Values:
    if isinstance(value, tuple):
        return value
    match kind:
        case "number":
            return (Decimal(value),)
        case "days":
            return (Days(value),)
    return (value,)


def _joined(parts: list[Values]) -> Values:
    """Texts put together: a single value goes with each of several, an absent one is an empty text."""
    count = max((len(part) for part in parts), default=0)
    if any(len(part) not in (0, 1, count) for part in parts):
        raise Refusal("value-count")
    rows = [("",) * count if not part else part * count if len(part) == 1 else part for part in parts]
    return tuple("".join(_text(value) for value in column) for column in zip(*rows, strict=True))


def _text(value: Atom) -> str:
    if isinstance(value, bytes):
        raise Refusal("value-not-encodable")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _argument(function: Function, name: str, values: Values) -> Any:
    """An argument as the function's parameter takes it."""
    parameter = function.parameter(name)
    if parameter is None:
        raise Refusal("function-failed")
    if parameter.type == "list":
        return values
    if not values:
        return None if not parameter.required else ""
    if len(values) > 1:
        return values if parameter.type == "any" else "\\".join(_text(value) for value in values)
    value = values[0]
    return _text(value) if parameter.type in ("text", "date", "tag") else value


def _result(result: object) -> Values:
    if isinstance(result, tuple | list):
        return tuple(value for part in result for value in _result(part))
    if result is None:
        return ()
    if isinstance(result, str | int | float | Decimal | bytes) and not isinstance(result, bool):
        return (result,)
    raise Refusal("function-failed")
