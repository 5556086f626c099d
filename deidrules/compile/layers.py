"""Link: from the names of recipes to parsed layers, in order, never outside the profile's folder."""

from __future__ import annotations

from pathlib import Path

from deidrules import resources
from deidrules.compile.model import Layer, Profile
from deidrules.compile.private_list import with_lists
from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import NOWHERE, Source, Span
from deidrules.text.suggest import did_you_mean

SUFFIX = ".recipe"


def shipped_recipes() -> tuple[str, ...]:
    """Names of the recipes that travel with the program, such as `ps315/2026d/basic`."""
    root = resources.folder("profiles")
    found = (path.relative_to(root).with_suffix("").as_posix() for path in root.rglob(f"*{SUFFIX}"))
    return tuple(sorted(name for name in found))


def link(profile: Profile) -> tuple[tuple[Layer, ...], tuple[Layer, ...], tuple[Diagnostic, ...]]:
    """(layers, test recipes, diagnostics). A layer that cannot be read is left out, with an error, so the others are still judged."""
    problems: list[Diagnostic] = []
    layers: list[Layer] = []
    tests: list[Layer] = []
    for names, into in ((profile.recipes, layers), (profile.tests, tests)):
        for position, name in enumerate(names):
            if name in names[:position]:
                problems.append(Diagnostic("DR507", f"the recipe `{name}` stands in the stack twice", _place(profile, name)))
                continue
            source, problem = find_recipe(profile, name)
            if source is None:
                problems.append(problem)
                continue
            recipe, said = parse(source)
            problems.extend(said)
            if recipe is not None:
                into.append(Layer(position, name.removesuffix(SUFFIX), source, recipe))
    for layer in tests:
        problems.extend(_only_tests(layer))
    if profile.private_lists:
        shipped = frozenset(name for name in profile.recipes if not name.endswith(SUFFIX))
        layers, said_of_lists = with_lists(profile, layers, shipped)
        problems.extend(said_of_lists)
    return tuple(layers), tuple(tests), tuple(problems)


def find_recipe(profile: Profile, name: str) -> tuple[Source | None, Diagnostic]:
    """The text of a recipe by the name a profile gives it: a file of the profile's folder, or a shipped name."""
    place = _place(profile, name)
    folder = profile.folder.resolve()
    path = (folder / name).resolve()
    shipped = resources.folder("profiles").resolve()
    if name.endswith(SUFFIX):
        if not path.is_relative_to(folder):
            help_ = "copy it into the profile's folder, so that it is reviewed and versioned with it"
            return None, Diagnostic("DR506", f"the recipe `{name}` lies outside the profile's folder", place, help=help_)
        if not path.is_file():
            near = did_you_mean(name, (p.relative_to(folder).as_posix() for p in folder.rglob(f"*{SUFFIX}")))
            return None, Diagnostic("DR505", f"no recipe `{name}` in the profile's folder", place, help=near)
    else:
        path = (shipped / f"{name}{SUFFIX}").resolve()
        if not path.is_relative_to(shipped) or not path.is_file():
            near = did_you_mean(name, shipped_recipes()) or f"a recipe of the profile's own folder is written with `{SUFFIX}`"
            return None, Diagnostic("DR505", f"no shipped recipe `{name}`", place, help=near)
    shown = name if not name.endswith(SUFFIX) else str(Path(profile.source.name).parent / name)
    return read_source(path, shown, place)


def read_source(path: Path, name: str, place: Span = NOWHERE) -> tuple[Source | None, Diagnostic]:
    """A recipe's text, or why it cannot be had."""
    try:
        return Source(name, path.read_text("utf-8")), Diagnostic("DR513", "")
    except (OSError, UnicodeDecodeError):
        return None, Diagnostic("DR513", f"the recipe `{name}` cannot be read as UTF-8 text", place)


def _only_tests(layer: Layer) -> list[Diagnostic]:
    return [
        Diagnostic(
            "DR514", f"the test recipe `{layer.name}` holds more than tests", statement.span, help="move it to a recipe under `recipes:`"
        )
        for statement in layer.recipe.statements
        if not isinstance(statement, ast.Test)
    ]


def _place(profile: Profile, name: str) -> Span:
    """Where a name stands in profile.yaml."""
    start = profile.source.text.find(name)
    return Span(profile.source, start, start + len(name)) if start >= 0 else NOWHERE
