"""A plan as canonical JSON, both ways: the form in which it travels to another machine."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from deidrules.plan import expression, pixels
from deidrules.plan.expression import Attribute
from deidrules.plan.model import Claim, Override, PixelRule, Plan, Policies, Rule, Table, Unclaimed, Verdict
from deidrules.plan.selector import PrivateLeaf, Selector, TagLeaf, parse_selector

FORMAT = 1

# What stands under "is" in the JSON. Conditions, expressions and pixel operations are closed unions, so a name settles the class.
_CONDITIONS: dict[str, type] = {
    "compare": expression.Compare,
    "member": expression.Member,
    "contains": expression.Contains,
    "matches": expression.Matches,
    "exists": expression.Exists,
    "empty": expression.Empty,
    "not": expression.Not,
    "and": expression.And,
    "or": expression.Or,
}
_EXPRESSIONS: dict[str, type] = {
    "constant": expression.Constant,
    "own": expression.Own,
    "read": expression.Read,
    "apply": expression.Apply,
    "join": expression.Join,
}
_PIXELS: dict[str, type] = {
    "blank": pixels.Blank,
    "strip": pixels.Strip,
    "read-text": pixels.ReadText,
    "clean": pixels.Clean,
    "label": pixels.Label,
    "rectangle": pixels.Rectangle,
    "bands": pixels.Bands,
    "ultrasound-regions": pixels.UltrasoundRegions,
    "everything": pixels.Everything,
}
_UNIONS = {**_CONDITIONS, **_EXPRESSIONS, **_PIXELS}
_NAMES = {kind: name for name, kind in _UNIONS.items()}


def _encode(value: Any) -> Any:
    """Plain data for JSON; fields at their default are left out."""
    if isinstance(value, Selector | Attribute):
        return str(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        out: dict[str, Any] = {"is": _NAMES[type(value)]} if type(value) in _NAMES else {}
        for field in dataclasses.fields(value):
            content = getattr(value, field.name)
            if field.default is dataclasses.MISSING or content != field.default:
                out[field.name] = _encode(content)
        return out
    return value


def to_data(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, without its fingerprint."""
    return {"plan": FORMAT, **_encode(plan)}


def to_json(plan: Plan) -> str:
    """Canonical JSON: keys sorted, no blanks, ASCII; the fingerprint stands in it for readers and is checked on the way back."""
    from deidrules.plan.fingerprint import fingerprint

    return json.dumps({**to_data(plan), "fingerprint": fingerprint(plan)}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def from_json(text: str) -> Plan:
    """The plan that `to_json` wrote. ValueError for anything else: another format, an unknown word, a wrong type, a fingerprint that does
    not belong to the content."""
    from deidrules.plan.fingerprint import fingerprint

    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("plan", None) != FORMAT:
            raise ValueError("not a plan of this format")
        stated = data.pop("fingerprint", None)
        plan = _plan(data)
        hash(plan)
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError):
        raise ValueError("not a plan of this format") from None
    if stated != fingerprint(plan):
        raise ValueError("the fingerprint of the plan does not belong to its content")
    return plan


# How a field is annotated -> what JSON may hold for it; fields of other types are built here and need no check
_PLAIN: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: type(value) is int,
    "int | None": lambda value: value is None or type(value) is int,
    "tuple[str, ...]": lambda value: isinstance(value, tuple) and all(isinstance(item, str) for item in value),
    "tuple[int, ...]": lambda value: isinstance(value, tuple) and all(type(item) is int for item in value),
    "str | tuple[str, ...]": lambda value: isinstance(value, str) or _PLAIN["tuple[str, ...]"](value),
    "tuple[tuple[int, int], ...]": lambda value: (
        isinstance(value, tuple) and all(isinstance(pair, tuple) and [type(number) for number in pair] == [int, int] for pair in value)
    ),
}


def _make(kind: type, fields: dict[str, Any]) -> Any:
    """An object of a plan. ValueError when a plain field holds something else than its type."""
    types = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    for name, value in fields.items():
        if not _PLAIN.get(types[name], lambda _: True)(value):
            raise ValueError("not a plan of this format")
    return kind(**fields)


def _plan(data: dict[str, Any]) -> Plan:
    data = dict(data)
    fields: dict[str, Any] = {
        "policies": _make(Policies, data.pop("policies")),
        "conditions": tuple(_union(item, _CONDITIONS) for item in data.pop("conditions", ())),
        "rules": tuple(_rule(item) for item in data.pop("rules", ())),
        "verdicts": tuple(_make(Verdict, item) for item in data.pop("verdicts", ())),
        "pixels": tuple(_pixel_rule(item) for item in data.pop("pixels", ())),
        "tables": tuple(_make(Table, item) for item in data.pop("tables", ())),
        "claims": tuple(_make(Claim, item | {"unless": tuple(item.get("unless", ()))}) for item in data.pop("claims", ())),
        "overrides": tuple(_make(Override, item) for item in data.pop("overrides", ())),
        "unclaimed": tuple(_make(Unclaimed, item | {"origins": tuple(item.get("origins", ()))}) for item in data.pop("unclaimed", ())),
        "layers": tuple(data.pop("layers", ())),
    }
    plan: Plan = _make(Plan, fields | data)
    numbers = [rule.condition for rule in plan.rules]
    numbers += [verdict.condition for verdict in plan.verdicts] + [rule.condition for rule in plan.pixels]
    numbers += [number for claim in plan.claims for number in claim.unless]
    if any(number is not None and not 0 <= number < len(plan.conditions) for number in numbers):
        raise ValueError("a condition of the plan is missing")
    return plan


def _rule(data: dict[str, Any]) -> Rule:
    data = dict(data)
    value = data.pop("value", None)
    fields = {
        "selector": parse_selector(data.pop("selector")),
        "value": None if value is None else _union(value, _EXPRESSIONS),
        "excluded": tuple(parse_selector(text) for text in data.pop("excluded", ())),
    }
    rule: Rule = _make(Rule, fields | data)
    return rule


def _pixel_rule(data: dict[str, Any]) -> PixelRule:
    data = dict(data)
    rule: PixelRule = _make(PixelRule, {"operations": tuple(_union(item, _PIXELS) for item in data.pop("operations")), **data})
    return rule


def _union(data: dict[str, Any], allowed: dict[str, type]) -> Any:
    """An object of a closed union; its fields are unions of the same kind, attributes, or plain."""
    data = dict(data)
    kind = allowed[data.pop("is")]
    fields: dict[str, Any] = {}
    for name, content in data.items():
        fields[name] = _attribute(content) if name == "attribute" else _content(content, allowed)
    return _make(kind, fields)


def _content(content: Any, allowed: dict[str, type]) -> Any:
    if isinstance(content, dict):
        if "is" in content:
            return _union(content, allowed)
        return _make(pixels.Band, content)
    if isinstance(content, list):
        return tuple(_content(item, allowed) for item in content)
    return content


def _attribute(text: str) -> Attribute:
    anchor, _, rest = text.partition(" / ")
    if anchor == "here":
        selector = parse_selector(rest)
    else:
        selector = parse_selector(text)
        anchor = "top" if selector.anchored else "any"
    if not isinstance(selector.leaf, TagLeaf | PrivateLeaf):
        raise ValueError("not an attribute")
    return Attribute(selector.leaf, selector.steps, anchor)
