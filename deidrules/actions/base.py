"""What an action or function is: a pure function with a declared vocabulary. One file of this folder holds one of them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any, Protocol


class Level(IntEnum):
    """What remains of the original (rule 6): the more, the weaker the protection."""

    NOTHING = 0
    TOKEN = 1
    PART = 2
    ALL = 3


# A value as functions see it: text of a text VR (trimmed), a date or time as DICOM text, IS and DS as their text, binary numbers as int
# or float, UIDs as text. An element's value is a tuple of them, one per value; bytes only for binary VRs.
Atom = str | int | float | Decimal | bytes


# ---- what an action says; the engine alone does it


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave the element as it is (a sequence: judge what is in it)."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the element away, a sequence with everything in it."""


@dataclass(frozen=True, slots=True)
class Set:
    """New values; an empty tuple empties the element."""

    values: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Enter:
    """A sequence stays and each element in it is judged; with `replace_uids` its UIDs are replaced whatever their own rules say (U on a
    sequence, rule 14)."""

    replace_uids: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """A sequence becomes one item that holds only what its IOD makes Type 1 (dummies) and Type 2 (empty) there (rule 14)."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The instance cannot be handled: a code of the table of refusals."""

    code: str


Change = Keep | Remove | Set | Enter | Reduce | Refuse


class Subject(Protocol):
    """The element an action stands on."""

    @property
    def tag(self) -> int:
        """Its tag."""

    @property
    def vr(self) -> str:
        """Its effective VR, "SQ" for sequences."""

    @property
    def values(self) -> tuple[Atom, ...]:
        """Its values, decoded; empty when it has none. Raises Refusal when they cannot be decoded."""

    @property
    def vouched(self) -> bool:
        """True for a private element whose creator is spelled in the rule: its author vouches for it (rule 13)."""


class Keys(Protocol):
    """Keyed, purpose-separated pseudo-random functions over a 256-bit secret."""

    def digest(self, purpose: str, *parts: str) -> bytes:
        """32 bytes: HMAC-SHA256 under a key derived for `purpose`, over length-framed parts."""

    def number(self, purpose: str, *parts: str, below: int) -> int:
        """A number from 0 to `below` - 1, evenly spread."""

    def uid(self, original: str) -> str:
        """The replacement of a UID: `2.25.` and 39 digits, 44 characters."""


class Context(Protocol):
    """What an action may know beyond its element: of this one file, gone with it."""

    @property
    def keys(self) -> Keys:
        """The run's keys."""

    @property
    def identifiers(self) -> frozenset[str]:
        """Words and numbers that identify this instance's patient and staff, upper case: names' parts, IDs, accession numbers."""

    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """Lookup tables by name."""

    @property
    def vr(self) -> str:
        """The VR of the element the expression stands on."""


# ---- what a function declares


@dataclass(frozen=True, slots=True)
class Example:
    """Documentation and test in one: `recipe` is the rule, `before` and `after` map keywords to values (None: absent). `key` and tables
    are the tests' fixed ones. `pattern` instead of `after`: an expression that the whole value has to match."""

    recipe: str
    before: Mapping[str, str]
    after: Mapping[str, str | None] = field(default_factory=dict)
    pattern: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a function: its word, its type (text, number, date, days, tag, list, any), whether it has to be given, its default,
    and what of an attribute passed through it remains in the result."""

    name: str
    type: str
    required: bool
    default: object = None
    leaves: Level = Level.NOTHING


@dataclass(frozen=True, slots=True)
class Function:
    """A value function of the language. Its subject is the first value argument; left out, it is the element's own value.

    `subject_type`: what the subject must be. `leaves`: what remains of the subject. `result`: text, number, date or list.
    `whole`: the function takes all values of an element as a tuple, else it is called for each value. `keyed` names the argument
    ("subject", or "per" of `shift`) whose absence or emptiness quarantines the instance unless `missing:` is given (rule 13); such a
    function declares an argument `missing`, which the engine answers before the function is called.
    `check` judges the arguments that are constants (text as str, numbers as Decimal or int, days as int, lists as tuples; what is read
    from the object is not among them) and returns what is wrong with them, lower case and without full stop, or None."""

    name: str
    call: Callable[..., Any]
    subject_type: str
    result: str
    leaves: Level
    parameters: tuple[Parameter, ...]
    whole: bool
    keyed: str
    doc: str
    examples: tuple[Example, ...]
    check: Callable[[Mapping[str, object]], str | None] | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that word."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True, slots=True)
class Action:
    """A code of the standard: K X Z D U C. `leaves` is the most it may leave without a value; `takes_value` says whether `= expression`
    may follow."""

    code: str
    call: Callable[[Subject, Context], Change]
    leaves: Level
    takes_value: bool
    doc: str
    examples: tuple[Example, ...]


class Days(int):
    """A number of days, in annotations."""


class Date(str):
    """A DICOM date or date-time as text, in annotations."""

    __slots__ = ()


class Time(str):
    """A time of day as DICOM writes it in TM, in annotations."""

    __slots__ = ()


class Tag(str):
    """A tag, in annotations."""

    __slots__ = ()


Number = Decimal

_TYPES: dict[object, str] = {
    str: "text",
    int: "number",
    float: "number",
    Decimal: "number",
    Days: "days",
    Date: "date",
    Time: "time",
    Tag: "tag",
    object: "any",
}


def _type_word(annotation: object) -> tuple[str, bool]:
    """(the language's word for an annotation, whether None is allowed)."""
    arguments = typing.get_args(annotation)
    optional = type(None) in arguments
    if optional:
        (annotation,) = (argument for argument in arguments if argument is not type(None))
    if typing.get_origin(annotation) in (tuple, Sequence):
        return "list", optional
    return _TYPES[annotation], optional


def function(
    *,
    leaves: Level,
    keyed: str = "",
    arguments: Mapping[str, Level] | None = None,
    examples: tuple[Example, ...] = (),
    check: Callable[[Mapping[str, object]], str | None] | None = None,
) -> Callable[[Callable[..., Any]], Function]:
    """Make a Python function a word of the language: `def name(context, subject, *, argument: type = default) -> type`.

    Its name is the word, its keyword-only parameters the arguments, its annotations what the compiler checks, its docstring the
    reference, its examples the tests. `leaves` says what remains of the subject, `arguments` what remains of an attribute given to an
    argument (nothing, unless said). `check` looks at constant arguments when a recipe is compiled."""

    def declare(call: Callable[..., Any]) -> Function:
        hints = typing.get_type_hints(call)
        signature = inspect.signature(call)
        positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        keyword_only = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
        if len(positional) != 2:
            raise TypeError(f"{call.__name__} takes (context, subject, *, …)")
        subject_type = _type_word(hints[positional[1].name])[0]
        parameters = []
        for parameter in keyword_only:
            word, optional = _type_word(hints[parameter.name])
            required = parameter.default is parameter.empty and not optional
            default = None if parameter.default is parameter.empty else parameter.default
            level = (arguments or {}).get(parameter.name, Level.NOTHING)
            parameters.append(Parameter(parameter.name, word, required, default, level))
        return Function(
            name=call.__name__.rstrip("_"),
            call=call,
            subject_type=subject_type,
            result=_type_word(hints["return"])[0],
            leaves=leaves,
            parameters=tuple(parameters),
            whole=subject_type == "list",
            keyed=keyed,
            doc=inspect.getdoc(call) or "",
            examples=examples,
            check=check,
        )

    return declare


def action(
    code: str, *, leaves: Level, takes_value: bool = False, examples: tuple[Example, ...] = ()
) -> Callable[[Callable[[Subject, Context], Change]], Action]:
    """Make a Python function `(subject, context) -> Change` one of the codes of the language."""

    def declare(call: Callable[[Subject, Context], Change]) -> Action:
        return Action(code, call, leaves, takes_value, inspect.getdoc(call) or "", examples)

    return declare
