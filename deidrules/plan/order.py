"""The order in which the rules of a plan are asked (rule 5 of the language)."""

from __future__ import annotations

from deidrules.plan.model import Rule
from deidrules.plan.selector import leaf_rank, path_rank


def rank(rule: Rule) -> tuple[bool, int, int, int, bool]:
    """Sort key: `otherwise` rules last, later layers first, then the more specific leaf, path, condition. It is a linear extension of
    the partial order of rule 4: where that leaves two rules of a layer unordered, the compiler has refused them or both stand under
    conditions, and the run settles it by what remains."""
    return (
        rule.otherwise,
        -rule.layer,
        -leaf_rank(rule.selector.leaf),
        -path_rank(rule.selector),
        rule.condition is None,
    )
