"""How much an action leaves (rule 6 of the language): what settles a tie between two conditional rules at run time."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.base import Action, Function, Level
from deidrules.plan.expression import Apply, Constant, Expression, Join, Own, Read


def level_of(code: str, value: Expression | None, actions: Mapping[str, Action], functions: Mapping[str, Function]) -> Level:
    """The most that this action may leave; a compound counts as the most it can leave."""
    if value is not None:
        return expression_level(value, functions)
    return max((actions[letter].leaves for letter in code.split("/")), default=Level.ALL)


def expression_level(expression: Expression, functions: Mapping[str, Function]) -> Level:
    """The most that an expression lets through of anything it reads."""
    match expression:
        case Constant():
            return Level.NOTHING
        case Own() | Read():
            return Level.ALL
        case Join(parts):
            return max((expression_level(part, functions) for part in parts), default=Level.NOTHING)
        case Apply(name, arguments):
            function = functions[name]
            given = dict(arguments)
            most = min(function.leaves, expression_level(given.pop("subject", Own()), functions))
            for word, argument in given.items():
                parameter = function.parameter(word)
                leaves = Level.ALL if parameter is None else parameter.leaves
                most = max(most, min(leaves, expression_level(argument, functions)))
            return most
