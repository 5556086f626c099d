"""Lint: what compiles and is still doubtful."""

from deidrules.lint.linter import lint_profile, lint_recipe

__all__ = ["lint_profile", "lint_recipe"]
