"""Conditions that can never hold together, as far as that can be seen: sound, not complete."""

from __future__ import annotations

from collections.abc import Iterator

from deidrules.plan.expression import And, Attribute, Compare, Condition, Exists, Member, Not

# Attributes of the standard with at most one value; of others two values can satisfy two comparisons at once.
_SINGLE_VALUED = frozenset({0x00080060, 0x00280010, 0x00280011, 0x00080016, 0x00080070, 0x00081090, 0x00280002, 0x00280004, 0x00280100})


def exclusive(one: Condition, other: Condition) -> bool:
    """True when no object can satisfy both."""
    ones, others = list(_facts(one)), list(_facts(other))
    return any(_clash(fact, against) for fact in ones for against in others)


def contradicts(condition: Condition) -> bool:
    """True when no object can satisfy the condition."""
    facts = list(_facts(condition))
    return any(_clash(fact, other) for position, fact in enumerate(facts) for other in facts[position + 1 :])


def _facts(condition: Condition) -> Iterator[tuple[Attribute, frozenset[str] | None, bool]]:
    """(attribute, values one of which it has or None, whether this is true or denied) of each part that has to hold."""
    match condition:
        case And(parts=parts):
            for part in parts:
                yield from _facts(part)
        case Compare(attribute=attribute, operator="=", value=value):
            yield attribute, frozenset({value.strip().casefold()}), True
        case Member(attribute=attribute, values=values):
            yield attribute, frozenset(value.strip().casefold() for value in values), True
        case Exists(attribute=attribute):
            yield attribute, None, True
        case Not(part=Compare(attribute=attribute, operator="=", value=value, every=False)):
            yield attribute, frozenset({value.strip().casefold()}), False
        case Not(part=Member(attribute=attribute, values=values, every=False)):
            yield attribute, frozenset(value.strip().casefold() for value in values), False
        case Not(part=Exists(attribute=attribute)):
            yield attribute, None, False


def _clash(one: tuple[Attribute, frozenset[str] | None, bool], other: tuple[Attribute, frozenset[str] | None, bool]) -> bool:
    attribute, values, holds = one
    other_attribute, other_values, other_holds = other
    if attribute != other_attribute:
        return False
    single = attribute.anchor == "top" and not attribute.steps and getattr(attribute.leaf, "value", 0) in _SINGLE_VALUED
    if values is None or other_values is None:  # `exists` or `not exists`
        if values is None and other_values is None:
            return holds != other_holds
        asks_existence, value_holds = (holds, other_holds) if values is None else (other_holds, holds)
        return not asks_existence and value_holds
    if holds and other_holds:
        return single and not values & other_values
    if holds != other_holds:
        wanted, denied = (values, other_values) if holds else (other_values, values)
        return wanted <= denied
    return False
