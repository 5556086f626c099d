"""Resolve: each statement of a layer with its names bound, its expressions typed, its rules spread to one selector each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deidrules.actions.base import Function, Level
from deidrules.compile import codes
from deidrules.compile.conditions import Conditions
from deidrules.compile.exclusive import contradicts
from deidrules.compile.expressions import Expressions
from deidrules.compile.kinds import kind_of_vr, kinds_of, spoken, vrs_of
from deidrules.compile.model import Layer
from deidrules.compile.parameters import parameter_values
from deidrules.compile.pixel_rules import operations
from deidrules.compile.resolved import LayerInfo, ResolvedPixels, ResolvedRecipe, ResolvedRule, ResolvedVerdict, ResolvedWithout
from deidrules.compile.rule_checks import check_leaf
from deidrules.compile.selectors import Reached, Selectors
from deidrules.language import ast
from deidrules.plan.expression import Condition
from deidrules.plan.own import engine_own
from deidrules.plan.selector import PrivateLeaf, Selector, TagLeaf
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean


def resolve(
    layer: Layer, given: Mapping[str, str], functions: Mapping[str, Function], *, dummies: bool = False
) -> tuple[ResolvedRecipe, tuple[Diagnostic, ...]]:
    """The layer resolved as far as it is right, with everything that is wrong in it."""
    resolver = _Resolver(layer, given, functions, dummies)
    return resolver.recipe(), tuple(dict.fromkeys(resolver.problems))


class _Resolver:
    def __init__(self, layer: Layer, given: Mapping[str, str], functions: Mapping[str, Function], dummies: bool) -> None:
        self.problems: list[Diagnostic] = []
        statements = layer.recipe.statements
        header = layer.recipe.layer
        self.layer = LayerInfo(layer.index, layer.name, header.option if header else 0, header.may_weaken if header else ())
        self.statements = statements
        self.params = tuple(statement for statement in statements if isinstance(statement, ast.Param))
        self.sets = self._sets()
        self.selectors = Selectors(self.sets, self.problems)
        bare = Expressions(self.selectors, {}, functions, self.problems)
        parameters = parameter_values(self.params, given, bare, self.problems, dummies=dummies)
        self.expressions = Expressions(self.selectors, parameters, functions, self.problems)
        self.conditions = Conditions(self.expressions, self.problems)
        self.rules: list[ResolvedRule] = []

    def recipe(self) -> ResolvedRecipe:
        verdicts, blocks, withouts = [], [], []
        for statement in self.statements:
            match statement:
                case ast.Rule() | ast.Add():
                    self._statement(statement, None)
                case ast.When():
                    condition = self._condition(statement.condition)
                    for inner in statement.body:
                        self._statement(inner, condition)
                case ast.Verdict():
                    condition = self._condition(statement.condition)
                    if condition is not None:
                        verdicts.append(ResolvedVerdict(statement.kind, statement.name, condition, self.layer, statement.span))
                case ast.Pixels():
                    condition = self._condition(statement.condition)
                    made = operations(statement, condition, self.problems)
                    if condition is not None:
                        blocks.append(ResolvedPixels(statement.name, condition, made, self.layer, statement.span))
                case ast.Without():
                    withouts.append(ResolvedWithout(statement.name, statement.because, self.layer, statement.span))
        self._unused()
        return ResolvedRecipe(self.layer, tuple(self.rules), tuple(verdicts), tuple(blocks), tuple(withouts), dict(self.expressions.tables))

    def _condition(self, node: ast.Condition) -> Condition | None:
        condition = self.conditions.condition(node)
        if condition is not None and contradicts(condition):
            self._say("DR307", "this condition never holds", node.span, "two of its parts exclude each other")
        return condition

    # ---- names

    def _sets(self) -> dict[str, ast.SetDefinition]:
        sets: dict[str, ast.SetDefinition] = {}
        taken = {param.name for param in self.params}
        for statement in self.statements:
            if isinstance(statement, ast.SetDefinition):
                if statement.name in sets or statement.name in taken:
                    self._say(
                        "DR118",
                        f"the name `{statement.name}` is taken already",
                        statement.span,
                        "two definitions of one name: give one another name",
                    )
                sets.setdefault(statement.name, statement)
        return sets

    def _unused(self) -> None:
        if len(self.problems) and any(diagnostic.code != "DR131" for diagnostic in self.problems):
            return  # what is broken elsewhere may be the use
        for name, definition in self.sets.items():
            if name not in self.selectors.used:
                self._say("DR130", f"the set `{name}` is never used", definition.span)
        for param in self.params:
            if param.name not in self.expressions.used:
                self._say("DR130", f"the parameter `{param.name}` is never used", param.span)

    def _say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self.problems.append(Diagnostic(code, message, span, help_))

    # ---- rules

    def _statement(self, statement: ast.Rule | ast.Add, condition: Condition | None) -> None:
        stance = statement.stance
        override, because = None, ""
        if isinstance(stance, ast.Override):
            override, because = stance.code, stance.because
            if override and not codes.valid(override):
                self._say(
                    "DR104", f"unknown code `{override}`", stance.span, "name the strictest code that is overridden, such as `override X`"
                )
            elif override and not because:
                self._say("DR210", "a weakening needs its reason", stance.span, f'write `override {override} because "…"`')
        otherwise = isinstance(stance, ast.Otherwise)
        if isinstance(statement, ast.Add):
            self._add(statement, condition, otherwise, override, because)
        else:
            self._rule(statement, condition, otherwise, override, because)

    def _rule(self, rule: ast.Rule, condition: Condition | None, otherwise: bool, override: str | None, because: str) -> None:
        reached = self.selectors.all(rule.selectors)
        excluded = self.selectors.excluded(rule.excluded)
        if not codes.valid(rule.code):
            near = did_you_mean(rule.code, codes.SINGLE) or "codes are K X Z D U C, and compounds such as X/Z/D in this order"
            self._say("DR104", f"unknown code `{rule.code}`", _code_span(rule), near)
            return
        if rule.value is not None and rule.code not in codes.TAKES_VALUE:
            self._say("DR114", f"`{rule.code}` takes no value", rule.value.span, "C, D and `add` do")
            return
        for one in reached:
            typed = None
            if rule.value is not None:
                typed = self.expressions.expression(rule.value, self._own_kind(one))
                if typed is None:
                    continue
                if rule.code == "D" and typed.leaves > Level.TOKEN:
                    self._say(
                        "DR205", "`D` leaves nothing of the original, or a token", rule.value.span, "write C where something of it stays"
                    )
                    continue
            leaves = codes.leaves(rule.code, typed.leaves if typed else None)
            said = check_leaf(one.selector.leaf, rule.code, typed, leaves, one.span, rule.reading)
            self.problems.extend(said)
            if any(diagnostic.code != "DR131" for diagnostic in said) or _is_own(one.selector):
                continue
            self.rules.append(
                ResolvedRule(
                    selector=one.selector,
                    code=rule.code,
                    value=typed.expression if typed else None,
                    condition=condition,
                    excluded=tuple(dict.fromkeys((*one.excluded, *excluded))),
                    layer=self.layer,
                    otherwise=otherwise,
                    override=override,
                    because=because,
                    leaves=leaves,
                    reads=typed.reads if typed else {},
                    span=one.span,
                    statement=rule.span,
                    reading=rule.reading,
                )
            )

    def _add(self, add: ast.Add, condition: Condition | None, otherwise: bool, override: str | None, because: str) -> None:
        targets = self.selectors.one(add.target)
        for one in targets:
            leaf = one.selector.leaf
            vrs = vrs_of(leaf)
            if not isinstance(leaf, TagLeaf) or not leaf.exact or not vrs:
                self._say("DR107", "`add` names one attribute of the dictionary", one.span)
                continue
            if engine_own(leaf.value) or kind_of_vr(vrs[0]) in {"sequence", "binary"}:
                self._say(
                    "DR206",
                    f"`{spoken(leaf)}` cannot be added",
                    one.span,
                    "the engine's own elements, sequences and bytes are not added by rules",
                )
                continue
            typed = self.expressions.expression(add.value, "any")
            if typed is None:
                continue
            said = check_leaf(leaf, "D", typed, typed.leaves, one.span)
            self.problems.extend(said)
            if said:
                continue
            selector = one.selector
            if not selector.steps:  # `add` without a path means the object itself, not every item
                selector = replace(selector, anchored=True)
            self.rules.append(
                ResolvedRule(
                    selector,
                    "add",
                    typed.expression,
                    condition,
                    (),
                    self.layer,
                    otherwise,
                    override,
                    because,
                    typed.leaves,
                    typed.reads,
                    one.span,
                    add.span,
                )
            )

    def _own_kind(self, one: Reached) -> str:
        """The kind of value that an expression without a subject works on."""
        leaf = one.selector.leaf
        if isinstance(leaf, PrivateLeaf):
            return "any"
        kinds = kinds_of(leaf)
        return next(iter(kinds)) if len(kinds) == 1 else "any"


def _is_own(selector: Selector) -> bool:
    """K on the engine's own: allowed, and without effect."""
    return isinstance(selector.leaf, TagLeaf) and selector.leaf.exact and engine_own(selector.leaf.value)


def _code_span(rule: ast.Rule) -> Span:
    return Span(rule.span.source, rule.span.start, rule.span.start + len(rule.code)) if rule.span.source.name else rule.span
