"""Private lists: CSV files of a profile that say which private elements are safe, made into layers with one rule per element.

Each layer has the rights of the Retain Safe Private Option (113111) and stands behind the last shipped layer of the standard and before
the profile's own recipes. Its rules lie at the rows they were made of, so diagnostics, `explain` and the plan point there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from deidrules.actions.clean import VOUCHED
from deidrules.compile.kinds import CLEANED
from deidrules.compile.model import Layer, Profile
from deidrules.compile.private_elements import LEAST_FIRST, SHIFT, Listed, own_row, tcia_row
from deidrules.compile.private_rows import read_rows
from deidrules.language import ast
from deidrules.plan.model import Override
from deidrules.text.diagnostic import Diagnostic, Note
from deidrules.text.source import Source, Span

OPTION = 113111
MODIFIED_DATES = 113107
STANDARD = "ps315/"
MAY_WEAKEN = ("ps315/2026d/basic", "ps315/2026d/supplement", "ps315/2026d/retain-safe-private")
_SHOWN = 5  # other rows in a warning


def with_lists(profile: Profile, layers: Sequence[Layer], shipped: frozenset[str]) -> tuple[list[Layer], list[Diagnostic]]:
    """The layers of a profile with those of its private lists in their place, numbered anew. `shipped` are the names of the layers that
    travel with the program."""
    problems: list[Diagnostic] = []
    made: list[Layer] = []
    for number, name in enumerate(profile.private_lists):
        place = _place(profile, name)
        if name in profile.private_lists[:number]:
            problems.append(Diagnostic("DR507", f"the private list `{name}` is named twice", place))
            continue
        source, problem = list_source(profile, name)
        if source is None:
            problems.append(problem)
            continue
        layer, said = list_layer(source, name, layers)
        problems.extend(said)
        made.append(layer)
    last = max((at for at, layer in enumerate(layers, 1) if layer.name in shipped and layer.name.startswith(STANDARD)), default=0)
    stack = [*layers[:last], *made, *layers[last:]]
    return [replace(layer, index=index) for index, layer in enumerate(stack)], problems


def list_source(profile: Profile, name: str) -> tuple[Source | None, Diagnostic]:
    """The text of a list, from the profile's own folder."""
    folder, place = profile.folder.resolve(), _place(profile, name)
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        help_ = "copy it into the profile's folder, so that it is reviewed and versioned with it"
        return None, Diagnostic("DR530", f"the private list `{name}` lies outside the profile's folder", place, help_)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None, Diagnostic("DR530", f"the private list `{name}` cannot be read as UTF-8 text", place)
    return Source(str(Path(profile.source.name).parent / name), text), Diagnostic("DR530", "")


def list_layer(source: Source, name: str, layers: Iterable[Layer] = ()) -> tuple[Layer, list[Diagnostic]]:
    """The layer that a list makes, and what is wrong with its rows. `layers` are those of the profile: where one of them modifies dates,
    the dates of the list are moved as that one moves them."""
    form, rows, problems = read_rows(source)
    listed: dict[object, list[Listed]] = {}
    for row in rows:
        one = own_row(row) if form == "own" else tcia_row(row)
        if isinstance(one, Diagnostic):
            problems.append(one)
        elif one is not None:
            listed.setdefault(one.key, []).append(one)
    problems.extend(_conflicts(listed.values()))
    problems.sort(key=lambda problem: problem.span.start)
    shift, params = _shift(layers)
    rules = [_rule(together, shift) for together in listed.values()]
    used: list[ast.TopStatement] = list(params) if any(rule.value is not None for rule in rules) else []
    header = ast.LayerHeader(OPTION, MAY_WEAKEN, span=Span(source, 0, 1))
    because = tuple(_kept(name, listed, rule) for listed, rule in zip(listed.values(), rules, strict=True) if rule.code == "K")
    recipe = ast.Recipe(1, header, (*used, *rules), span=Span(source, 0, len(source.text)))
    return Layer(0, name, source, recipe, generated=True, because=because), problems


def _rule(together: list[Listed], shift: ast.Expression | None) -> ast.Rule:
    """The rule of an element: of rows that differ, the one that leaves least."""
    first = together[0]
    code = min((one.code for one in together), key=LEAST_FIRST.index)
    vrs = {one.vr for one in together if one.vr}
    # files that went through a program that did not know the element carry it as OB; what the others say is what it is
    vrs = vrs - {"OB", "OW"} if vrs - {"OB", "OW"} else vrs
    vr = next(iter(vrs)) if len(vrs) == 1 else ""
    value: ast.Expression | None = None
    if code == SHIFT or (code == "C" and vrs and vrs <= {"DA", "DT", "TM"}):
        # a date is moved where every row calls it one and the profile moves dates; else it goes, as C without a value says (rule 13)
        value = shift if vrs and vrs <= {"DA", "DT"} else None
        code = "X" if value is None else "C"
    readable = CLEANED | VOUCHED | {"UI"} if code == "C" and value is None else {"UI"} if code == "U" else {"DA", "DT"} if value else set()
    return ast.Rule(code, (first.path,), value, (), None, vr if vr in readable else "", span=first.row)


def _conflicts(listed: Iterable[list[Listed]]) -> Iterator[Diagnostic]:
    """One warning for all elements whose rows ask for different things."""
    apart = [together for together in listed if len({one.code for one in together}) > 1]
    if not apart:
        return
    first, *others = apart
    notes = tuple(Note(together[0].path.span, "so here") for together in others[:_SHOWN])
    more = f", as do those of {len(others)} {'others' if len(others) > 1 else 'other'}" if others else ""
    message = f"rows of one element ask for different things{more}"
    yield Diagnostic("DR532", message, first[0].path.span, "what leaves less counts; take the other rows out", notes)


def _shift(layers: Iterable[Layer]) -> tuple[ast.Expression | None, tuple[ast.Param, ...]]:
    """How the layer that modifies dates moves them, with the parameters it takes for it; None when no layer does."""
    for layer in layers:
        statements = layer.recipe.statements
        if layer.recipe.layer is None or layer.recipe.layer.option != MODIFIED_DATES:
            continue
        for statement in statements:
            if isinstance(statement, ast.Rule) and isinstance(statement.value, ast.Call) and statement.value.function == "shift":
                named = {
                    argument.value.path.leaf.name
                    for argument in statement.value.arguments
                    if isinstance(argument.value, ast.Reference) and isinstance(argument.value.path.leaf, ast.Name)
                }
                return statement.value, tuple(one for one in statements if isinstance(one, ast.Param) and one.name in named)
    return None, ()


def _kept(name: str, listed: list[Listed], rule: ast.Rule) -> Override:
    reason = next(one.reason for one in listed if one.code == "K")
    return Override(f"K {rule.selectors[0].span.text}", "X", reason, f"{name}:{rule.span.line}")


def _place(profile: Profile, name: str) -> Span:
    start = profile.source.text.find(name)
    return Span(profile.source, start, start + len(name))
