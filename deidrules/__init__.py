"""De-identify DICOM by rules: recipes compile to a plan, the plan is applied or the instance is refused.

    from pathlib import Path
    import deidrules

    compilation = deidrules.compile_profile("ps315-basic")
    dataset = deidrules.deidentify(dataset, compilation.plan, key)

`import deidrules` alone imports neither pydicom nor numpy; each name below is imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from deidrules import lint
    from deidrules.compile.compiler import compile_layers, compile_profile, compile_text
    from deidrules.compile.model import Compilation
    from deidrules.engine.instance import Engine
    from deidrules.engine.keys import KeyRing
    from deidrules.engine.memory import deidentify
    from deidrules.engine.outcome import Deidentified, Outcome
    from deidrules.language.format import format_recipe
    from deidrules.language.parse import parse
    from deidrules.lint import lint_profile, lint_recipe
    from deidrules.plan.model import Plan, Policies
    from deidrules.run.directory import apply_directory
    from deidrules.text.diagnostic import Diagnostic
    from deidrules.text.refusal import Refusal
    from deidrules.text.source import Source

_PLACES = {
    "Compilation": "deidrules.compile.model",
    "Deidentified": "deidrules.engine.outcome",
    "Diagnostic": "deidrules.text.diagnostic",
    "Engine": "deidrules.engine.instance",
    "KeyRing": "deidrules.engine.keys",
    "Outcome": "deidrules.engine.outcome",
    "Plan": "deidrules.plan.model",
    "Policies": "deidrules.plan.model",
    "Refusal": "deidrules.text.refusal",
    "Source": "deidrules.text.source",
    "apply_directory": "deidrules.run.directory",
    "compile_layers": "deidrules.compile.compiler",
    "compile_profile": "deidrules.compile.compiler",
    "compile_text": "deidrules.compile.compiler",
    "deidentify": "deidrules.engine.memory",
    "format_recipe": "deidrules.language.format",
    "lint_profile": "deidrules.lint",
    "lint_recipe": "deidrules.lint",
    "parse": "deidrules.language.parse",
}

__all__ = [
    "Compilation",
    "Deidentified",
    "Diagnostic",
    "Engine",
    "KeyRing",
    "Outcome",
    "Plan",
    "Policies",
    "Refusal",
    "Source",
    "__version__",
    "apply_directory",
    "compile_layers",
    "compile_profile",
    "compile_text",
    "deidentify",
    "format_recipe",
    "lint",
    "lint_profile",
    "lint_recipe",
    "parse",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "lint":
        return importlib.import_module("deidrules.lint")
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'deidrules' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(place), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
