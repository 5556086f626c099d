"""What a conformance statement is written from: a plan, the options it claims and what becomes of each attribute; and the table of
attributes that its sections share."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from deidrules.cli import wording
from deidrules.cli.markdown import code, plain, table
from deidrules.lint.attributes import Fate, fates
from deidrules.lint.claimed import Option, options
from deidrules.plan.model import Plan, Rule
from deidrules.plan.selector import Leaf, TagLeaf


class Stated:
    """A plan with what is worked out once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.options: tuple[Option, ...] = options(plan)
        self.fates = fates(plan, {option.code for option in self.options if option.stacked})

    def of(self, *codes: str) -> list[Fate]:
        """The fates with one of these codes."""
        return [fate for fate in self.fates if fate.effect.code in codes]

    def when(self, rule: Rule) -> str:
        """The condition of a rule, in the words of the language; "" without one."""
        return "" if rule.condition is None else self.condition(rule.condition)

    def condition(self, number: int) -> str:
        """A condition of the plan, in the words of the language."""
        return wording.condition(self.plan.conditions[number])


def rules_table(stated: Stated, rules: Collection[Rule]) -> Iterator[str]:
    """Rules as they are written, with reason and place."""
    rows = []
    for rule in rules:
        when = stated.when(rule)
        rows.append((code(wording.rule(rule) + (f" when {when}" if when else "")), plain(rule.because), code(rule.origin)))
    yield from table(("rule", "because", "place"), rows)


def fate_table(stated: Stated, found: Collection[Fate], *, by_code: bool = False) -> Iterator[str]:
    """Attributes with what the table says of them, values, places and conditions, reasons and rules."""
    if not found:
        yield "None."
        return
    rows = (
        (
            code(fate.tag),
            plain(fate.name),
            code(fate.row.basic) if fate.row is not None else "",
            code(fate.effect.code) if by_code else "",
            value(fate),
            only(stated, fate),
            plain(fate.effect.because),
            place(fate),
        )
        for fate in found
    )
    yield from table(("tag", "attribute", "E.1-1", "code", "value", "only", "because", "rule"), rows)


def value(fate: Fate) -> str:
    """What stands behind `=`."""
    rule = fate.effect.rule
    return code(wording.expression(rule.value)) if rule is not None and rule.value is not None else ""


def only(stated: Stated, fate: Fate) -> str:
    """Where and when, if not everywhere and always."""
    rule = fate.effect.rule
    if rule is None:
        return ""
    said = []
    if rule.selector.steps or rule.selector.anchored:
        said.append("at " + code(wording.selector(rule.selector)))
    excluded = [one for one in rule.excluded if _concerns(one.leaf, fate)]
    if excluded:
        said.append("except " + ", ".join(code(wording.selector(one)) for one in excluded))
    if rule.condition is not None:
        said.append("when " + code(stated.when(rule)))
    if rule.otherwise:
        said.append("where no other rule does")
    return ", ".join(said)


def _concerns(leaf: Leaf, fate: Fate) -> bool:
    """False for the tag of another attribute, which an `except` of a broad rule may name."""
    return not (isinstance(leaf, TagLeaf) and leaf.exact and "x" not in fate.tag and str(leaf) != fate.tag)


def place(fate: Fate) -> str:
    """Where it is asked for."""
    return code(fate.effect.origin)
