"""Conditions and expressions of a plan: typed, total, without side effects; evaluated by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from deidrules.plan.selector import PrivateLeaf, Step, TagLeaf


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a condition or an expression reads, of the object as it arrived. `anchor`: "top" begins at the object itself, "here" at the
    item the element stands in, "any" finds the path at any depth. Group 0002 reads the file meta information."""

    leaf: TagLeaf | PrivateLeaf
    steps: tuple[Step, ...] = ()
    anchor: str = "top"

    def __str__(self) -> str:
        parts = ([] if self.anchor == "any" else [self.anchor]) + [str(step) for step in self.steps] + [str(self.leaf)]
        return " / ".join(parts)


# ---- expressions


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known at compile time. `kind`: text, number, date, days or list. A number is its canonical decimal text, so that plans
    compare and hash exactly; days are an int as text; a list is a tuple of its items' texts."""

    kind: str
    value: str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """The value of the element the rule stands on."""


@dataclass(frozen=True, slots=True)
class Read:
    """The value of another attribute."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of `deidrules.actions` or an installed package. Arguments in the order of its signature, defaults left out; the subject
    is the argument named "subject"."""

    function: str
    arguments: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Texts put together."""

    parts: tuple[Expression, ...]


Expression = Constant | Own | Read | Apply | Join


# ---- conditions


@dataclass(frozen=True, slots=True)
class Compare:
    """`operator` is = < <= > >=, or != of single values (`A != b` without a quantifier is Not of =). `kind`: text, number or date.
    `every` is the quantifier `all`. False when there is no value."""

    attribute: Attribute
    operator: str
    value: str
    kind: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One of several values."""

    attribute: Attribute
    values: tuple[str, ...]
    kind: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Contains:
    """A text within a value, without case."""

    attribute: Attribute
    text: str
    every: bool = False


@dataclass(frozen=True, slots=True)
class Matches:
    """An RE2 expression found in a value."""

    attribute: Attribute
    pattern: str
    ignore_case: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """The attribute is there, with or without a value."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Empty:
    """The attribute is there without a value."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: tuple[Condition, ...]


Condition = Compare | Member | Contains | Matches | Exists | Empty | Not | And | Or


@cache
def uses_here(condition: Condition) -> bool:
    """True when the truth depends on the item the element stands in."""
    match condition:
        case Not(part):
            return uses_here(part)
        case And(parts) | Or(parts):
            return any(uses_here(part) for part in parts)
        case _:
            return condition.attribute.anchor == "here"
