"""The compiler: STAGES from a profile to its plan, all findings of all stages in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deidrules.actions import registry
from deidrules.actions.base import Function
from deidrules.compile import cache
from deidrules.compile.claims import claims
from deidrules.compile.flow import check_flow
from deidrules.compile.headers import check_headers
from deidrules.compile.layers import find_recipe, link
from deidrules.compile.lower import in_order, longitudinal, lower, overrides_of
from deidrules.compile.model import Compilation, Layer, Profile
from deidrules.compile.named import settle
from deidrules.compile.precedence import diagnostics, distinct, judge
from deidrules.compile.private_list import list_source
from deidrules.compile.profile import load_profile
from deidrules.compile.resolve import resolve
from deidrules.compile.tables import load_tables, plan_tables, table_digest
from deidrules.compile.tests import check_tests
from deidrules.language.ast import Param
from deidrules.language.parse import parse
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Override, Plan, Policies
from deidrules.text.diagnostic import Diagnostic, has_errors
from deidrules.text.source import NOWHERE, Source, Span

STRICT = Policies("X")  # what a recipe on its own is compiled with
CLEAN_PIXEL_DATA = 113101  # CID 7050


def compile_profile(
    place: str | Path, parameters: Mapping[str, str] | None = None, functions: Mapping[str, object] | None = None
) -> Compilation:
    """Compile a profile folder, a profile.yaml or a shipped profile. `parameters` win over those of profile.yaml; `functions` are added
    to the built-in and installed ones."""
    profile, said = load_profile(place)
    if profile is None:
        return Compilation(None, said)
    layers, tests, linked = link(profile)
    tables, table_problems = load_tables(profile)
    given = {**profile.parameters, **(parameters or {})}
    problems = [*said, *linked, *table_problems, *_unknown_parameters(profile, layers, given)]
    compilation = _compile(
        layers,
        profile.policies,
        given,
        registry.functions(functions or {}),
        tables,
        problems,
        name=profile.name,
        version=profile.version,
        title=profile.title,
        tests=tests,
        keep_private=profile.keep_private_because,
    )
    released = () if parameters else _released(profile, compilation.plan)
    said = _in_order((*compilation.diagnostics, *released))
    plan = None if has_errors(said) else compilation.plan
    return replace(compilation, plan=plan, diagnostics=said, profile=profile, tests=tests)


def compile_text(
    text: str,
    *,
    policies: Policies = STRICT,
    name: str = "recipe",
    parameters: Mapping[str, str] | None = None,
    functions: Mapping[str, object] | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
    dummies: bool = False,
) -> Compilation:
    """Compile one recipe as the only layer. An `override` or `without` that meets nothing is no finding here; with `dummies`, parameters
    without a value take one of their type (rule 21)."""
    return compile_layers(
        [(name, text)], policies, parameters=parameters, functions=functions, tables=tables, whole_profile=False, dummies=dummies
    )


def compile_layers(
    recipes: Sequence[tuple[str, str]],
    policies: Policies = STRICT,
    *,
    parameters: Mapping[str, str] | None = None,
    functions: Mapping[str, object] | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
    whole_profile: bool = True,
    dummies: bool = False,
) -> Compilation:
    """Compile (name, text) pairs as layers, the lowest first, without a profile.yaml."""
    layers: list[Layer] = []
    problems: list[Diagnostic] = []
    for index, (name, text) in enumerate(recipes):
        source = Source(name, text)
        recipe, said = parse(source)
        problems.extend(said)
        if recipe is not None:
            layers.append(Layer(index, name, source, recipe))
    return _compile(
        layers,
        policies,
        parameters or {},
        registry.functions(functions or {}),
        tables or {},
        problems,
        name=recipes[0][0] if len(recipes) == 1 else "layers",
        whole_profile=whole_profile,
        dummies=dummies,
    )


def _compile(
    layers: Sequence[Layer],
    policies: Policies,
    given: Mapping[str, str],
    functions: Mapping[str, Function],
    tables: Mapping[str, Mapping[str, str]],
    problems: list[Diagnostic],
    *,
    name: str,
    version: str = "0.0.0",
    title: str = "",
    tests: tuple[Layer, ...] = (),
    keep_private: str = "",
    whole_profile: bool = True,
    dummies: bool = False,
) -> Compilation:
    problems.extend(check_headers(layers, whole_profile=whole_profile))
    resolved = []
    for layer in layers:
        recipe, said = resolve(layer, given, functions, dummies=dummies)
        resolved.append(recipe)
        problems.extend(said)
        problems.extend(check_tests(layer))
    for layer in tests:
        problems.extend(check_tests(layer))
    used = {table: span for recipe in resolved for table, span in recipe.tables.items()}
    planned, missing = plan_tables(used, tables)
    problems.extend(missing)
    verdicts, blocks, off, complaints = settle(resolved, whole_profile=whole_profile)
    problems.extend((*complaints, *_accepted(layers, policies)))
    rules, repeated = distinct(in_order(resolved))
    judgement, classes = judge(rules, keep_private=policies.keep_private)
    flow = check_flow(rules, policies.unlisted, judgement.needed)
    settled = [*repeated, *diagnostics(rules, judgement, whole_profile=whole_profile), *flow]
    broken = has_errors(problems)
    problems.extend(diagnostic for diagnostic in settled if not broken or has_errors((diagnostic,)))  # a broken rule may be the missing one
    said = _in_order(problems)
    kept = [Override("private elements that no rule reaches stay", "K", keep_private, "profile.yaml")] if policies.keep_private else []
    kept.extend(override for layer in layers for override in layer.because)
    plan = None
    if not has_errors(said):
        claimed, unclaimed = claims(resolved, rules, classes, judgement, policies)
        plan = lower(
            rules,
            verdicts,
            blocks,
            name=name,
            version=version,
            title=title,
            policies=policies,
            tables=planned,
            layers=tuple(layer.name for layer in layers),
            overrides=(*overrides_of(rules, judgement.needed), *off, *kept),
            longitudinal=longitudinal(rules, classes),
            claims=claimed,
            unclaimed=unclaimed,
        )
    return Compilation(plan, said, layers=tuple(layers), tables=tables, clashes=tuple(judgement.clashes))


def _in_order(problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file and place, each once."""
    files = list(dict.fromkeys(problem.span.source.name for problem in problems))
    return tuple(
        sorted(dict.fromkeys(problems), key=lambda problem: (files.index(problem.span.source.name), problem.span.start, problem.code))
    )


def _unknown_parameters(profile: Profile, layers: Sequence[Layer], given: Mapping[str, str]) -> list[Diagnostic]:
    from deidrules.text.suggest import did_you_mean

    declared = {statement.name for layer in layers for statement in layer.recipe.statements if isinstance(statement, Param)}
    out = []
    for name in given:
        if name not in declared:
            start = profile.source.text.find(f"{name}:")
            span = Span(profile.source, start, start + len(name)) if start >= 0 else NOWHERE
            out.append(Diagnostic("DR508", f"no recipe of the profile declares the parameter `{name}`", span, did_you_mean(name, declared)))
    return out


def _released(profile: Profile, plan: Plan | None) -> tuple[Diagnostic, ...]:
    """A released version means what its fingerprint says."""
    stated = profile.released.get(profile.version)
    if plan is None or stated is None or stated == fingerprint(plan):
        return ()
    start = profile.source.text.find(stated)
    help_ = "give the profile a new version, or take the change back"
    span = Span(profile.source, start, start + len(stated))
    return (Diagnostic("DR511", f"version `{profile.version}` was released with another meaning", span, help_),)


def _accepted(layers: Sequence[Layer], policies: Policies) -> list[Diagnostic]:
    """The Clean Pixel Data Option under a policy that lets images leave unseen."""
    headers = [header for layer in layers if (header := layer.recipe.layer) is not None and header.option == CLEAN_PIXEL_DATA]
    if policies.unmatched_pixels != "accept":
        return []
    help_ = "write `unmatched-pixels: quarantine`, or leave the option out"
    message = "the Clean Pixel Data Option does not go with `unmatched-pixels: accept`"
    return [Diagnostic("DR410", message, header.span, help_) for header in headers]


def planned_profile(
    place: str | Path, parameters: Mapping[str, str] | None = None, functions: Mapping[str, object] | None = None
) -> Compilation:
    """Like `compile_profile`, for callers that need only the plan: it is taken from the cache when nothing it was made of has changed.
    Only compilations without any finding are kept, so a warning is said every time."""
    profile, _ = load_profile(place)
    if profile is None:
        return compile_profile(place, parameters, functions)
    found = [find_recipe(profile, name)[0] for name in (*profile.recipes, *profile.tests)]
    found += [list_source(profile, name)[0] for name in profile.private_lists]
    tables, problems = load_tables(profile)
    if problems or None in found:
        return compile_profile(place, parameters, functions)
    sources = [source for source in (profile.source, *found) if source is not None]
    given = {**profile.parameters, **(parameters or {})}
    digests = (f"{name}={table_digest(table)}" for name, table in tables.items())
    key = cache.digest(sources, given, digests, registry.functions(functions or {}).values())
    plan = cache.read(key)
    if plan is not None:
        return Compilation(plan, (), profile, tables=tables)
    compilation = compile_profile(place, parameters, functions)
    if compilation.plan is not None and not compilation.diagnostics:
        cache.write(key, compilation.plan)
    return compilation
