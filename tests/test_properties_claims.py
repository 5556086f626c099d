"""What the compiler lets outputs claim, against the oracle's answer place by place; and outputs that claim nothing they did not do."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from oracle_claims import standing
from oracle_rules import claims
from oracle_run import compiled
from strategies import Stack, stacks

from deidrules.language import ast

QUICK = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)


def is_simple(stack: Stack) -> bool:
    """True when the compiler can decide exactly: no rule takes elements away, lies below a path or reads other attributes, and conditions
    do not meet conditions."""
    rules = claims([recipe for _, recipe in stack.layers], {})
    return (
        all(not claim.excluded and not claim.path.steps and not claim.path.anchor for claim in rules)
        and all(claim.code != "add" and "Reference" not in repr(claim.value).replace("'shift'", "") for claim in rules)
        and sum(claim.condition is not None for claim in rules) <= 1
    )


def agree(stack: Stack) -> str:
    """A word for what was compared."""
    one = compiled(stack)
    if one is None or not any(recipe.layer for _, recipe in one.stack.layers):
        return "no option"
    rules = claims([recipe for _, recipe in one.stack.layers], {})
    found = {claim.code: not claim.unless for claim in one.plan.claims}
    expected = standing(one.stack.layers, rules, one.stack.policies)
    said = (one.stack.show(), found, expected, one.plan.unclaimed)
    assert found.keys() <= expected.keys(), said
    assert all(expected[code] for code, always in found.items() if always), said
    simple = is_simple(one.stack)
    assert not simple or found == expected, said
    return "exactly" if simple and found else "at most"


@QUICK
@given(stacks())
def test_the_compiler_claims_no_more_than_the_oracle(stack: Stack):
    assume(agree(stack) != "no option")


@pytest.mark.long
@settings(QUICK, max_examples=3000)
@given(stacks())
def test_the_compiler_claims_no_more_than_the_oracle_on_many_stacks(stack: Stack):
    agree(stack)


def without_paths(stack: Stack) -> Stack:
    """The rules of a stack that the compiler can decide exactly."""
    layers = []
    for name, recipe in stack.layers:
        kept = tuple(
            statement
            for statement in recipe.statements
            if not (
                isinstance(statement, ast.Rule) and (statement.excluded or any(path.steps or path.anchor for path in statement.selectors))
            )
            and not isinstance(statement, ast.Add | ast.When)
            and "Reference" not in repr(getattr(statement, "value", None))
        )
        layers.append((name, ast.Recipe(recipe.language, recipe.layer, kept)))
    return Stack(tuple(layers), stack.policies)


@QUICK
@given(stacks())
def test_the_compiler_claims_exactly_what_the_oracle_does_where_there_are_no_paths(stack: Stack):
    assume(agree(without_paths(stack)) == "exactly")


@pytest.mark.long
@settings(QUICK, max_examples=3000)
@given(stacks())
def test_the_compiler_claims_exactly_what_the_oracle_does_on_many_stacks(stack: Stack):
    agree(without_paths(stack))
