"""Plans put together by hand, for tests of the engine that need no compiler."""

from __future__ import annotations

from typing import Any

from deidrules.dicom.dictionary import EDITION
from deidrules.plan.expression import Attribute, Condition, Constant, Expression
from deidrules.plan.model import Plan, Policies, Rule
from deidrules.plan.order import rank
from deidrules.plan.selector import TagLeaf, parse_selector

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")


def rule(code: str, selector: str, **more: Any) -> Rule:
    """A rule as `X`, `(0010,0010)`; excluded selectors as texts."""
    excluded = tuple(parse_selector(text) for text in more.pop("excluded", ()))
    return Rule(parse_selector(selector), code, excluded=excluded, origin=more.pop("origin", f"test:{code}"), **more)


def plan(*rules: Rule, policies: Policies = LOOSE, conditions: tuple[Condition, ...] = (), **more: Any) -> Plan:
    """The rules in the order in which they are asked."""
    return Plan("test", "1.0.0", EDITION, policies, conditions, tuple(sorted(rules, key=rank)), **more)


def text(value: str) -> Expression:
    return Constant("text", value)


def attribute(tag: int, anchor: str = "top") -> Attribute:
    return Attribute(TagLeaf(tag), (), anchor)
