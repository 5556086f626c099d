"""Parameters: what a recipe declares, what a profile or a command line gives, typed (rule 20)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deidrules.actions.base import Level
from deidrules.compile.expressions import DAYS, Expressions, Typed, accepts
from deidrules.dicom import dictionary
from deidrules.language import ast
from deidrules.plan.expression import Attribute, Constant, Read
from deidrules.plan.selector import TagLeaf
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.suggest import did_you_mean

TYPES = ("text", "number", "date", "days", "tag", "list")
_DUMMIES = {"text": "PARAMETER", "number": "1", "date": "20000101", "days": "365 days", "tag": "PatientID", "list": "A, B"}


def parameter_values(
    declared: tuple[ast.Param, ...],
    given: Mapping[str, str],
    expressions: Expressions,
    problems: list[Diagnostic],
    *,
    dummies: bool = False,
) -> dict[str, Typed | None]:
    """Each declared parameter with its value: given, else its default, else (in tests) a dummy of its type. None stands for a value that
    was wrong, so that one mistake is said once."""
    out: dict[str, Typed | None] = {}
    for param in declared:
        if param.name in out:
            problems.append(Diagnostic("DR118", f"the parameter `{param.name}` is declared twice", param.span))
            continue
        out[param.name] = None
        if param.type not in TYPES:
            help_ = did_you_mean(param.type, TYPES) or f"types are {', '.join(TYPES)}"
            problems.append(Diagnostic("DR113", f"unknown type `{param.type}`", param.span, help_))
        elif param.name in given:
            typed = read_value(param.type, given[param.name])
            if typed is None:
                problems.append(
                    Diagnostic("DR113", f"the value given for `{param.name}` is no {param.type}", param.span, _form(param.type))
                )
            out[param.name] = typed
        elif param.default is not None:
            out[param.name] = _default(param, expressions, problems)
        elif dummies:
            out[param.name] = read_value(param.type, _DUMMIES[param.type])
        else:
            help_ = f"give it under `parameters:` in profile.yaml, or with --param {param.name}=…"
            problems.append(Diagnostic("DR509", f"the parameter `{param.name}` has no value", param.span, help_))
    return out


def read_value(kind: str, text: str) -> Typed | None:
    """A parameter's value from the text of a profile or command line; None when it is not of the type."""
    text = text.strip()
    match kind:
        case "text":
            return Typed(Constant("text", text), "text")
        case "number" if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
            return Typed(Constant("number", text.lstrip("+")), "number")
        case "date" if re.fullmatch(r"[0-9]{8}", text):
            return Typed(Constant("date", text), "date")
        case "days" if match := re.fullmatch(r"([+-]?[0-9]{1,7}) *(days|weeks|years)?", text):
            return Typed(Constant("days", str(int(match[1]) * DAYS[match[2] or "days"])), "days")
        case "list":
            return Typed(Constant("list", tuple(item.strip() for item in text.split(",") if item.strip())), "list")
        case "tag":
            tag = dictionary.tag_of(text)
            if tag is None and (match := re.fullmatch(r"\(?([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)?", text)):
                tag = int(match[1] + match[2], 16)
            if tag is not None and not tag >> 16 & 1:
                attribute = Attribute(TagLeaf(tag))
                return Typed(Read(attribute), "any", reads={attribute: Level.ALL})
    return None


def _default(param: ast.Param, expressions: Expressions, problems: list[Diagnostic]) -> Typed | None:
    assert param.default is not None
    typed = expressions.expression(param.default, "any")
    if typed is None:
        return None
    constant = typed.expression
    if param.type == "tag" and isinstance(constant, Read):
        return typed
    if param.type == "date" and isinstance(constant, Constant) and re.fullmatch(r"[0-9]{8}", str(constant.value)):
        return Typed(Constant("date", constant.value), "date")
    exact = isinstance(constant, Constant) and (typed.kind == param.type or (param.type == "list" and accepts("list", typed.kind)))
    if not exact:
        problems.append(Diagnostic("DR113", f"the default of `{param.name}` is no {param.type}", param.default.span, _form(param.type)))
        return None
    return typed


def _form(kind: str) -> str:
    return {
        "number": "such as 12 or 0.5",
        "date": "such as 20260131",
        "days": "such as `365 days`",
        "tag": "a keyword or (gggg,eeee)",
        "list": 'such as ["A", "B"]',
    }.get(kind, "")
