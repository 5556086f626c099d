"""Typing conditions: what they read, and that both sides are of a kind (rule 11)."""

from __future__ import annotations

import re

from deidrules.compile.expressions import Expressions
from deidrules.compile.kinds import kind_of_attribute, spoken
from deidrules.language import ast
from deidrules.plan.expression import And, Attribute, Compare, Condition, Constant, Contains, Empty, Exists, Matches, Member, Not, Or
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span

LONGEST_PATTERN = 2000
_DATE = re.compile(r"[0-9]{4}([0-9]{2}([0-9]{2}([0-9]{2,6}(\.[0-9]{1,6})?)?)?)?")


class Conditions:
    """Resolves the conditions of one recipe; complaints go to `problems`."""

    def __init__(self, expressions: Expressions, problems: list[Diagnostic]) -> None:
        self.expressions = expressions
        self.problems = problems

    def condition(self, node: ast.Condition) -> Condition | None:
        """The condition of the plan; None when something in it is wrong (every part is looked at all the same)."""
        match node:
            case ast.And() | ast.Or():
                parts = [self.condition(part) for part in node.parts]
                good = tuple(part for part in parts if part is not None)
                if len(good) < len(parts):
                    return None
                return And(good) if isinstance(node, ast.And) else Or(good)
            case ast.Not():
                part = self.condition(node.part)
                return None if part is None else Not(part)
            case ast.Exists() | ast.Empty():
                attribute = self.expressions.selectors.attribute(node.operand)
                if attribute is None:
                    return None
                return Exists(attribute) if isinstance(node, ast.Exists) else Empty(attribute)
            case ast.Compare():
                return self._compare(node)
            case ast.Member():
                return self._member(node)
            case ast.Contains():
                return self._contains(node)
            case ast.Matches():
                return self._matches(node)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self.problems.append(Diagnostic(code, message, span, help_))

    def _operand(self, path: ast.Path) -> tuple[Attribute, str] | None:
        attribute = self.expressions.selectors.attribute(path)
        if attribute is None:
            return None
        kind = kind_of_attribute(attribute.leaf)
        if kind == "sequence":
            self._say(
                "DR123",
                f"`{spoken(attribute.leaf)}` is a sequence and has no value",
                path.span,
                "ask whether it `exists`, or for what is in it",
            )
            return None
        if kind == "binary":
            self._say("DR113", f"`{spoken(attribute.leaf)}` holds bytes and cannot be compared", path.span)
            return None
        return attribute, kind

    def _kind(self, attribute: Attribute, kind: str, constant: Constant, span: Span) -> str | None:
        """How the two sides compare: text, number or date."""
        name = spoken(attribute.leaf)
        if kind == "number" and constant.kind != "number":
            self._say("DR113", f"`{name}` is a number, and this is a {constant.kind}", span, "write the number without quotes")
            return None
        if kind in {"text", "time", "uid"} and constant.kind != "text":
            self._say("DR113", f"`{name}` is a text, and this is a {constant.kind}", span, "put it into quotes")
            return None
        if kind == "date":
            if constant.kind != "text" or not _DATE.fullmatch(str(constant.value)):
                self._say("DR113", f"`{name}` is a date", span, 'a date is written "20260131"')
                return None
            return "date"
        if kind == "tag":
            self._say("DR113", f"`{name}` holds tags and cannot be compared", span)
            return None
        if constant.kind not in {"text", "number"}:
            self._say("DR113", f"a {constant.kind} cannot be compared", span)
            return None
        return "number" if constant.kind == "number" else "text"

    def _compare(self, node: ast.Compare) -> Condition | None:
        operand, constant = self._operand(node.operand), self.expressions.constant(node.value)
        if operand is None or constant is None:
            return None
        attribute, attribute_kind = operand
        kind = self._kind(attribute, attribute_kind, constant, node.value.span)
        if kind is None or isinstance(constant.value, tuple):
            return None
        if node.operator not in {"=", "!="} and kind == "text":
            self._say("DR122", f"`{node.operator}` orders numbers and dates, and `{spoken(attribute.leaf)}` is neither", node.span)
            return None
        if node.operator == "!=" and not node.quantifier:  # `a != b` is `not a = b`; with a quantifier each value is asked
            return Not(Compare(attribute, "=", constant.value, kind))
        return Compare(attribute, node.operator, constant.value, kind, every=node.quantifier == "all")

    def _member(self, node: ast.Member) -> Condition | None:
        operand, constant = self._operand(node.operand), self.expressions.constant(node.value)
        if operand is None or constant is None:
            return None
        attribute, attribute_kind = operand
        if not isinstance(constant.value, tuple):
            self._say("DR113", "`in` asks for a list", node.value.span, 'write `in ["CT", "MR"]`')
            return None
        number = attribute_kind == "number"
        for text in constant.value:
            item = Constant("number" if number and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else "text", text)
            if self._kind(attribute, attribute_kind, item, node.value.span) is None:
                return None
        kind = "number" if number else "date" if attribute_kind == "date" else "text"
        return Member(attribute, constant.value, kind, every=node.quantifier == "all")

    def _contains(self, node: ast.Contains) -> Condition | None:
        operand, constant = self._operand(node.operand), self.expressions.constant(node.value)
        if operand is None or constant is None:
            return None
        if constant.kind != "text" or isinstance(constant.value, tuple) or not constant.value:
            self._say("DR113", "`contains` looks for a text", node.value.span)
            return None
        return Contains(operand[0], constant.value, every=node.quantifier == "all")

    def _matches(self, node: ast.Matches) -> Condition | None:
        operand = self._operand(node.operand)
        if not expression_compiles(node.pattern):
            self._say(
                "DR120",
                "this is no regular expression that RE2 takes",
                node.span,
                "look-around and back-references are not RE2; 2,000 characters at most",
            )
            return None
        if operand is None:
            return None
        return Matches(operand[0], node.pattern, node.ignore_case, every=node.quantifier == "all")


def expression_compiles(pattern: str) -> bool:
    """True when RE2 takes the pattern within its memory bound."""
    import re2

    if len(pattern) > LONGEST_PATTERN:
        return False
    options = re2.Options()
    options.log_errors = False  # it would echo the pattern to stderr
    options.max_mem = 4 << 20
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True
