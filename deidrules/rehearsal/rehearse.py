"""Run the tests of a recipe or of a profile (rule 21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deidrules.compile.compiler import compile_profile, compile_text
from deidrules.compile.model import Layer
from deidrules.compile.selectors import Selectors
from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.plan.model import Plan, Rule
from deidrules.plan.own import PIXEL_DATA
from deidrules.plan.selector import Selector, TagLeaf
from deidrules.rehearsal.expectations import judge
from deidrules.rehearsal.given import make
from deidrules.rehearsal.model import Rehearsal, Rehearsed, together
from deidrules.rehearsal.performance import Stage
from deidrules.text.diagnostic import Diagnostic, Severity, has_errors
from deidrules.text.source import Source

Tables = Mapping[str, Mapping[str, str]]


def rehearse_recipe(source: Source, tables: Tables | None = None) -> Rehearsal:
    """The tests of a recipe, against this recipe alone with `unlisted: X`. `tables`: lookup tables it may name."""
    recipe, said = parse(source)
    if recipe is None or has_errors(said):
        return Rehearsal(errors=_errors(said), not_run=0 if recipe is None else len(tests_of(recipe)))
    if not tests_of(recipe):
        return Rehearsal()
    compilation = compile_text(source.text, name=source.name, tables=tables, dummies=True)
    if compilation.plan is None:
        return Rehearsal(errors=_errors(compilation.diagnostics), not_run=len(tests_of(recipe)))
    (layer,) = compilation.layers
    return _run(Stage(_with_pixels(compilation.plan, recipe), tables or {}), layer, "")


def rehearse_profile(place: str | Path) -> Rehearsal:
    """The tests of a profile: those of each of its recipes against that recipe alone, and those under `tests:` against the whole plan."""
    compilation = compile_profile(place)
    alone = tuple(rehearse_recipe(layer.source, compilation.tables) for layer in compilation.layers if not layer.generated)
    if compilation.plan is None:
        not_run = sum(len(tests_of(layer.recipe)) for layer in compilation.tests)
        return together((*alone, Rehearsal(errors=_errors(compilation.diagnostics), not_run=not_run)))
    stage = Stage(compilation.plan, compilation.tables)
    return together((*alone, *(_run(stage, layer, compilation.plan.profile) for layer in compilation.tests)))


def tests_of(recipe: ast.Recipe) -> tuple[ast.Test, ...]:
    """The tests that stand in a recipe."""
    return tuple(statement for statement in recipe.statements if isinstance(statement, ast.Test))


def _run(stage: Stage, layer: Layer, against: str) -> Rehearsal:
    sets = {statement.name: statement for statement in layer.recipe.statements if isinstance(statement, ast.SetDefinition)}
    selectors = Selectors(sets, [])  # the compiler has said what is wrong with them
    return Rehearsal(
        tuple(
            Rehearsed(test.name, layer.source.name, against, test.span, _findings(test, stage, selectors))
            for test in tests_of(layer.recipe)
        )
    )


def _findings(test: ast.Test, stage: Stage, selectors: Selectors) -> tuple[Diagnostic, ...]:
    instance, problems = make(test, selectors)
    if instance is None:
        return problems
    return judge(test, stage.perform(instance), stage.plan, selectors)


def _with_pixels(plan: Plan, recipe: ast.Recipe) -> Plan:
    """A recipe of `pixels` blocks says nothing about Pixel Data as an element: that is for a layer below it. On its own, under
    `unlisted: X`, nothing would be left to look at; so there Pixel Data stays when no rule of the recipe reaches it."""
    if not any(isinstance(statement, ast.Pixels) for statement in recipe.statements):
        return plan
    return replace(plan, rules=(*plan.rules, Rule(Selector(TagLeaf(PIXEL_DATA)), "K", otherwise=True)))


def _errors(said: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(diagnostic for diagnostic in said if diagnostic.severity is Severity.ERROR)
