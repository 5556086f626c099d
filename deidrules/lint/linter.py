"""All findings about a profile or a recipe: the compiler's, those of CHECKS and of the table, less what is suppressed with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deidrules.actions import registry
from deidrules.compile.compiler import compile_profile, compile_text
from deidrules.compile.model import Compilation
from deidrules.lint.checks import CHECKS
from deidrules.lint.suppression import suppress
from deidrules.lint.uncovered import not_covered
from deidrules.text.diagnostic import Diagnostic


def lint_profile(place: str | Path, functions: Mapping[str, object] | None = None) -> tuple[Diagnostic, ...]:
    """Findings about a profile folder, a profile.yaml or a shipped profile."""
    return _findings(compile_profile(place, functions=functions), functions)


def lint_recipe(name: str, text: str, functions: Mapping[str, object] | None = None) -> tuple[Diagnostic, ...]:
    """Findings about a recipe on its own, its parameters without a default taken as given."""
    return _findings(compile_text(text, name=name, functions=functions, dummies=True), functions)


def _findings(compilation: Compilation, functions: Mapping[str, object] | None) -> tuple[Diagnostic, ...]:
    found = list(compilation.diagnostics)
    layers = (*compilation.layers, *compilation.tests)
    for layer in layers:
        for check in CHECKS:
            found.extend(check(layer))
    found.extend(not_covered(compilation, registry.functions(functions or {})))
    kept = suppress(dict.fromkeys(found), layers)
    files = list(dict.fromkeys(diagnostic.span.source.name for diagnostic in kept))
    return tuple(sorted(kept, key=lambda diagnostic: (files.index(diagnostic.span.source.name), diagnostic.span.start, diagnostic.code)))
