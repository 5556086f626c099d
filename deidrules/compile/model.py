"""What the stages of the compiler hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deidrules.language.ast import Recipe
from deidrules.plan.model import Override, Plan, Policies
from deidrules.text.diagnostic import Diagnostic, has_errors
from deidrules.text.source import Source, Span


@dataclass(frozen=True, slots=True)
class Profile:
    """profile.yaml as typed data. `folder` is where it lies; `recipes` and `tests` are the names as written,
    `tables` the lookup tables' names and files, `private_lists` the files of private elements."""

    name: str
    version: str
    title: str
    language: int
    recipes: tuple[str, ...]
    tests: tuple[str, ...]
    parameters: Mapping[str, str]
    policies: Policies
    keep_private_because: str
    released: Mapping[str, str]
    tables: Mapping[str, str]
    folder: Path
    source: Source
    private_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """One recipe in its place in the stack: `index` 0 is the lowest layer. `name` is the recipe as the profile names it. A `generated`
    one was made of a file that is no recipe; `because` are the weakenings its header allows and its file gives reasons for."""

    index: int
    name: str
    source: Source
    recipe: Recipe
    generated: bool = False
    because: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Compilation:
    """The outcome of compiling a profile: the plan, or None when a diagnostic is an error. `tables` are the lookup tables by name, with
    their content, for the run; `layers` and `tests` the parsed recipes, for lint and explain. `clashes`: where each two rules of options
    stand that ask for different things, the one that is asked first before the other; DR303 is said once for each two layers."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]
    profile: Profile | None = None
    layers: tuple[Layer, ...] = ()
    tests: tuple[Layer, ...] = ()
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clashes: tuple[tuple[Span, Span], ...] = ()

    @property
    def failed(self) -> bool:
        """True when there is no plan to run."""
        return self.plan is None or has_errors(self.diagnostics)
