"""Typing expressions: what kind of value comes out, and how much of which attribute it lets through (rules 6, 7, 20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from deidrules.actions.base import Function, Level, Parameter
from deidrules.compile.kinds import kind_of_attribute
from deidrules.compile.selectors import Selectors
from deidrules.language import ast
from deidrules.plan.expression import Apply, Attribute, Constant, Expression, Join, Own, Read
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean

DAYS = {"days": 1, "weeks": 7, "years": 365}

# What a place of one type takes besides its own
_ALSO = {
    "text": {"number", "date", "time", "uid", "list"},
    "any": {"text", "number", "date", "time", "uid", "list", "tag", "days"},
    "list": {"text", "number", "date", "time", "uid"},
    "date": set[str](),
    "number": set[str](),
    "days": set[str](),
    "tag": set[str](),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression of the plan with its kind. `own` is what it leaves of the element it stands on, `reads` of other attributes."""

    expression: Expression
    kind: str
    own: Level = Level.NOTHING
    reads: Mapping[Attribute, Level] = field(default_factory=dict)

    @property
    def leaves(self) -> Level:
        """The most it lets through of anything."""
        return max((self.own, *self.reads.values()))


class Expressions:
    """Types the expressions of one recipe; complaints go to `problems`."""

    def __init__(
        self, selectors: Selectors, parameters: Mapping[str, Typed | None], functions: Mapping[str, Function], problems: list[Diagnostic]
    ) -> None:
        self.selectors = selectors
        self.parameters = parameters
        self.functions = functions
        self.problems = problems
        self.used: set[str] = set()
        self.tables: dict[str, Span] = {}

    def expression(self, node: ast.Expression, own_kind: str) -> Typed | None:
        """The typed expression, None when something in it is wrong. `own_kind` is the kind of the element it stands on."""
        match node:
            case ast.Text():
                return Typed(Constant("text", node.value), "text")
            case ast.Number():
                return self.number(node)
            case ast.Reference():
                return self._reference(node)
            case ast.List():
                return self._list(node, own_kind)
            case ast.Concat():
                return self._concat(node, own_kind)
            case ast.Call():
                return self._call(node, own_kind)

    def constant(self, node: ast.Expression) -> Constant | None:
        """A constant or a parameter; anything else is an error."""
        typed = self.expression(node, "any")
        if typed is None:
            return None
        if not isinstance(typed.expression, Constant):
            self._say("DR121", "a condition compares with a constant or a parameter", node.span)
            return None
        return typed.expression

    def number(self, node: ast.Number) -> Typed:
        """A number in its canonical text, or days."""
        value = Decimal(node.digits)
        if node.unit:
            return Typed(Constant("days", str(int(value * DAYS[node.unit]))), "days")
        text = format(value.normalize(), "f") if value else "0"
        return Typed(Constant("number", text), "number")

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self.problems.append(Diagnostic(code, message, span, help_))

    def _reference(self, node: ast.Reference) -> Typed | None:
        leaf = node.path.leaf
        if isinstance(leaf, ast.Name) and not node.path.steps and not node.path.anchor:
            self.used.add(leaf.name)
            if leaf.name in self.parameters:
                return self.parameters[leaf.name]
            near = did_you_mean(leaf.name, self.parameters)
            self._say("DR106", f"unknown parameter `{leaf.name}`", leaf.span, near or f"declare it: `param {leaf.name}: text`")
            return None
        attribute = self.selectors.attribute(node.path)
        if attribute is None:
            return None
        kind = kind_of_attribute(attribute.leaf)
        if kind == "sequence":
            self._say("DR123", "a sequence has no value to read", node.span)
            return None
        return Typed(Read(attribute), kind, reads={attribute: Level.ALL})

    def _list(self, node: ast.List, own_kind: str) -> Typed | None:
        items = [self.expression(item, own_kind) for item in node.items]
        texts: list[str] = []
        for item, written in zip(items, node.items, strict=True):
            if item is None:
                return None
            if not isinstance(item.expression, Constant) or isinstance(item.expression.value, tuple):
                self._say("DR113", "a list holds constants", written.span)
                return None
            texts.append(item.expression.value)
        return Typed(Constant("list", tuple(texts)), "list")

    def _concat(self, node: ast.Concat, own_kind: str) -> Typed | None:
        parts = [self.expression(part, own_kind) for part in node.parts]
        good = [part for part in parts if part is not None]
        for part, written in zip(parts, node.parts, strict=True):
            if part is not None and part.kind in {"list", "days", "binary", "tag"}:
                self._say("DR113", f"`+` joins texts, and this is {_article(part.kind)}", written.span)
                return None
        if len(good) < len(parts):
            return None
        folded: list[Expression] = []
        for item in good:
            last = folded[-1] if folded else None
            if isinstance(item.expression, Constant) and isinstance(last, Constant):
                folded[-1] = Constant("text", f"{last.value}{item.expression.value}")
            elif isinstance(item.expression, Constant):
                folded.append(Constant("text", str(item.expression.value)))
            else:
                folded.append(item.expression)
        expression = folded[0] if len(folded) == 1 else Join(tuple(folded))
        return Typed(expression, "text", max(item.own for item in good), _together(item.reads for item in good))

    def _call(self, node: ast.Call, own_kind: str) -> Typed | None:
        function = self.functions.get(node.function)
        if function is None:
            self._say("DR105", f"unknown function `{node.function}`", node.span, did_you_mean(node.function, self.functions))
            return None
        before = len(self.problems)
        subject: Typed | None = None
        subject_span = node.span
        given: dict[str, tuple[Typed, Span]] = {}
        for argument in node.arguments:
            typed = self.expression(argument.value, own_kind)
            if typed is None:
                continue
            if not argument.name:
                if subject is not None:
                    names = ", ".join(f"`{parameter.name}:`" for parameter in function.parameters) or "no others"
                    self._say("DR112", f"`{node.function}` takes one value, then named arguments", argument.span, f"it knows {names}")
                subject, subject_span = typed, argument.span
                continue
            parameter = function.parameter(argument.name)
            if parameter is None:
                near = did_you_mean(argument.name, (known.name for known in function.parameters))
                self._say("DR112", f"`{node.function}` has no argument `{argument.name}`", argument.span, near)
            elif argument.name in given:
                self._say("DR112", f"the argument `{argument.name}` stands here twice", argument.span)
            else:
                given[argument.name] = (self._fit(typed, parameter, argument.span), argument.span)
        for parameter in function.parameters:
            if parameter.required and parameter.name not in given and not any(a.name == parameter.name for a in node.arguments):
                self._say("DR112", f"`{node.function}` needs the argument `{parameter.name}`", node.span, f"write `{parameter.name}: …`")
        own_subject = subject is None
        if own_subject:
            subject = Typed(Own(), own_kind, Level.ALL)
        assert subject is not None
        if not accepts(function.subject_type, subject.kind):
            what = f"`{node.function}` works on {_article(function.subject_type)}, and "
            what += f"the element it stands on holds {_article(own_kind)}" if own_subject else f"this is {_article(subject.kind)}"
            self._say("DR113", what, subject_span)
        if len(self.problems) > before:
            return None
        self._checked(function, given, node.span)
        return _applied(function, subject, {name: typed for name, (typed, _) in given.items()})

    def _fit(self, typed: Typed, parameter: Parameter, span: Span) -> Typed:
        """The argument as the parameter wants it."""
        if not accepts(parameter.type, typed.kind):
            help_ = "write a unit: `365 days`" if parameter.type == "days" else ""
            self._say("DR113", f"`{parameter.name}` is {_article(parameter.type)}, and this is {_article(typed.kind)}", span, help_)
        return typed

    def _checked(self, function: Function, given: Mapping[str, tuple[Typed, Span]], span: Span) -> None:
        """The function's own judgement of its constant arguments, and the lookup tables it names."""
        constants = {name: plain(typed.expression) for name, (typed, _) in given.items() if isinstance(typed.expression, Constant)}
        check = getattr(function, "check", None)
        complaint = check(constants) if check is not None else None
        if complaint:
            self._say("DR112", complaint, span)
        if function.name == "lookup" and isinstance(constants.get("table"), str):
            self.tables.setdefault(str(constants["table"]), given["table"][1])


def accepts(wanted: str, kind: str) -> bool:
    """True when a place of type `wanted` takes a value of this kind. "any" as a kind is known only in the file."""
    return kind == wanted or kind == "any" or kind in _ALSO.get(wanted, set())


def plain(expression: Constant) -> object:
    """A constant as a Python value: str, Decimal, int (days) or tuple of str."""
    match expression.kind, expression.value:
        case "number", str() as text:
            return Decimal(text)
        case "days", str() as text:
            return int(text)
    return expression.value


def _applied(function: Function, subject: Typed, given: Mapping[str, Typed]) -> Typed:
    """A call: each source is let through no further than the function lets the argument it came by."""
    own = min(subject.own, function.leaves)
    reads = {attribute: min(level, function.leaves) for attribute, level in subject.reads.items()}
    arguments: list[tuple[str, Expression]] = [("subject", subject.expression)]
    for parameter in function.parameters:
        if (typed := given.get(parameter.name)) is None:
            continue
        arguments.append((parameter.name, typed.expression))
        own = max(own, min(typed.own, parameter.leaves))
        for attribute, level in typed.reads.items():
            reads[attribute] = max(reads.get(attribute, Level.NOTHING), min(level, parameter.leaves))
    return Typed(Apply(function.name, tuple(arguments)), function.result, own, reads)


def _together(many: Iterable[Mapping[Attribute, Level]]) -> dict[Attribute, Level]:
    out: dict[Attribute, Level] = {}
    for reads in many:
        for attribute, level in reads.items():
            out[attribute] = max(out.get(attribute, Level.NOTHING), level)
    return out


def _article(kind: str) -> str:
    """ "a text", "an element of any kind", …"""
    return {"uid": "a UID", "any": "a value", "tag": "a tag", "days": "a number of days", "binary": "bytes", "sequence": "a sequence"}.get(
        kind, f"a {kind}"
    )
