"""The files of a new profile folder: profile.yaml, a recipe and a test of its own, a page about it. Texts only; nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deidrules.compile.model import Layer, Profile
from deidrules.compile.options import BASIC, FOLDER, OPTIONS, Option
from deidrules.compile.skeleton_tests import tests_for
from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.language.spell import expression, quoted
from deidrules.text.source import Source

OWN, SETTLED, TEST = "recipes/own.recipe", "recipes/settled.recipe", "tests/profile.recipe"
_NAME = re.compile(r"[^a-z0-9._-]+")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
_WRITTEN = frozenset({"text", "number", "days", "date"})  # types of parameters whose default fits on a line of profile.yaml

_NO_OPTIONS = "No option of the standard is in it: `deidrules init --list` shows them."
_OWN = """\
deidrules 1

# The rules of this profile, above all options. A rule that leaves more than the layers below says so and why:
#
#   K InstitutionName override X because "IRB 2026-14: sites are compared"
#
# What your devices write into images is blanked by `pixels` rules, one for each kind of device:
#
#   pixels "CART 1 banner" when Manufacturer = "EXAMPLE" and ManufacturerModelName = "CART 1" and Rows = 480 and Columns = 640 {
#       blank 0,0,+640,+58
#   }
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What a new profile begins with. `base` is a shipped profile and `own` the text of each recipe of its own by name; `options` are
    those chosen and those of the base; `layers` what the stack parsed to; `settled` the statements that settle clashes, or ""."""

    name: str
    base: Profile
    own: Mapping[str, str]
    options: tuple[Option, ...]
    layers: tuple[Layer, ...] = ()
    settled: str = ""

    @property
    def stack(self) -> tuple[str, ...]:
        """The layers in their order: what the base has below the options, the options, what it has above, this profile's own."""
        layered = {option.layer for option in OPTIONS}
        shipped = [name for name in self.base.recipes if name.startswith(f"{FOLDER}/") and name not in layered]
        above = [f"recipes/{name.rpartition('/')[2]}" if name in self.own else name for name in self.base.recipes if name not in shipped]
        chosen = [option.layer for option in OPTIONS if option in self.options]
        settled = [SETTLED] if self.settled else []
        return (*shipped, *chosen, *(name for name in above if name not in layered), *settled, OWN)


def profile_name(folder: str) -> str:
    """A name for profile.yaml from that of a folder."""
    return _NAME.sub("-", folder.lower()).strip("-._")[:41] or "my-profile"


def files(start: Start) -> dict[str, str]:
    """The text of each file by its place in the folder."""
    out = {"profile.yaml": _profile(start)}
    out |= {f"recipes/{name.rpartition('/')[2]}": text for name, text in start.own.items()}
    if start.settled:
        out[SETTLED] = _laid_out(f"deidrules 1\n\n{start.settled}")
    out[OWN] = _OWN
    out[TEST] = _laid_out(tests_for(frozenset(option.name for option in start.options), BASIC in start.base.recipes))
    out["README.md"] = _page(start)
    return out


def parameters(start: Start) -> dict[str, str]:
    """The parameters of the stack with the value each starts with: the base's, else the default where it is short."""
    out = dict(start.base.parameters)
    for layer in start.layers:
        for statement in layer.recipe.statements:
            if isinstance(statement, ast.Param) and statement.default is not None and statement.type in _WRITTEN:
                default = statement.default
                out.setdefault(statement.name, default.value if isinstance(default, ast.Text) else " ".join(expression(default)))
    return out


def _profile(start: Start) -> str:
    said = {option.layer: f"{option.code}: {option.says}" for option in OPTIONS}
    said |= {
        BASIC: "113100: every row of PS3.15 Table E.1-1",
        f"{FOLDER}/supplement": "identifying attributes that the table does not list",
        SETTLED: "which option decides where two ask for different things",
        OWN: "the rules of this profile",
    }
    width = max(len(name) for name in start.stack)
    stack = "".join(f"  - {name:{width}}  # {said[name]}\n" if name in said else f"  - {name}\n" for name in start.stack)
    given = "".join(f"  {name}: {value if _PLAIN.fullmatch(value) else quoted(value)}\n" for name, value in parameters(start).items())
    titles = [option.title.removesuffix(" Option") for option in start.options]
    return f"""\
# Made by `deidrules init`, from `{start.base.name}`. Whoever changes what this profile means gives it another version.
profile: {start.name}
version: 0.1.0
title: {"; ".join([start.base.title.split(" (")[0], *titles])[:400]}
language: 1
recipes: # layers: a later one refines the ones before it, and an option of the standard stands above the Basic Profile
{stack}tests:
  - {TEST} # runs against the whole profile: deidrules test
{f"parameters:{chr(10)}{given}" if given else ""}policies:
  # what happens to an element that no rule reaches: K keeps it (private and unknown ones go all the same), X removes it
  unlisted: {start.base.policies.unlisted}
  # images that may carry burned-in text and that no `pixels` rule judged: quarantine, accept (they leave as they are), read-text
  unmatched-pixels: quarantine
  # objects whose SOP class is not known: quarantine, strictest (every attribute is taken to be mandatory)
  unknown-sop-class: {start.base.policies.unknown_sop_class}
  # files that break the rules of the format: quarantine, repair (what can be repaired without a guess)
  malformed: {start.base.policies.malformed}
  # outputs whose pixels or overlay planes a rule changed are read back and proven before they get their names: on, off
  verify: {start.base.policies.verify}
# released: # version: fingerprint, as `deidrules plan` prints it; lint then fails when the meaning of that version moves
"""


def _page(start: Start) -> str:
    rows = "".join(f"| {option.code} | `{option.name}` | {option.says} |\n" for option in start.options)
    table = f"\n| code | option | |\n|---|---|---|\n{rows}" if rows else f"\n{_NO_OPTIONS}\n"
    settled = f"- `{SETTLED}`: which option decides where two ask for different things\n" if start.settled else ""
    return f"""\
# {start.name}

A profile for deidrules, made from `{start.base.name}`. An output claims an option only where the option's work was done.
{table}
- `profile.yaml`: the layers in their order, the parameters, the policies
- `{OWN}`: the rules of this profile
{settled}- `{TEST}`: what the whole profile is expected to do

Look it through, and try it; keep the key where patients' names may be kept, and outside this folder:

    deidrules lint .
    deidrules test .
    deidrules plan .
    deidrules keygen ../deidrules.key
    deidrules apply-profile . ../incoming --output ../outgoing --key-file ../deidrules.key

A line for whatever runs your checks:

    deidrules lint . && deidrules test . && deidrules fmt --check .

Contains references to tables of DICOM PS3.15 2026d, (c) NEMA.
"""


def _laid_out(text: str) -> str:
    """As `deidrules fmt` leaves it."""
    recipe, problems = parse(Source("recipe", text))
    if recipe is None or problems:
        raise ValueError("the skeleton of a recipe is no recipe")
    return format_recipe(recipe)


def chosen_options(base: Sequence[str], chosen: Sequence[Option]) -> tuple[Option, ...]:
    """The options of the base's stack and those chosen, in the order of the stack."""
    return tuple(option for option in OPTIONS if option in chosen or option.layer in base)
