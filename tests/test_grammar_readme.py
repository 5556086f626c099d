"""The reference of the language: every block in it does what the text says."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
import yaml

from deidrules.compile.compiler import compile_layers
from deidrules.compile.profile import parse_profile
from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import grammar, parse
from deidrules.lint import lint_recipe
from deidrules.plan.model import Policies
from deidrules.text.diagnostic import Severity
from deidrules.text.excerpt import excerpt
from deidrules.text.source import Source

PLACE = Path(__file__).resolve().parents[1] / "grammar" / "README.md"
TEXT = PLACE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(recipe|recipe-error|output|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(match[1], match[2], TEXT.count("\n", 0, match.start()) + 1) for match in BLOCK.finditer(TEXT)]
RECIPES = [pytest.param(text, id=f"line-{line}") for kind, text, line in BLOCKS if kind == "recipe"]
ERRORS = [
    pytest.param(text, said, id=f"line-{line}")
    for (kind, text, line), (after, said, _) in itertools.pairwise(BLOCKS)
    if kind == "recipe-error" and after == "output"
]

LAYERS = re.compile(r"((?:^```recipe [^\n]+\n.*?^```\n\n)+)```output\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STACKS = [
    pytest.param(re.findall(r"^```recipe ([^\n]+)\n(.*?)^```$", match[1], re.MULTILINE | re.DOTALL), match[2], id=f"line-{line}")
    for match in LAYERS.finditer(TEXT)
    if (line := TEXT.count("\n", 0, match.start()) + 1)
]


def said_about(text: str) -> str:
    return "\n\n".join(map(excerpt, lint_recipe("example.recipe", text))) + "\n"


@pytest.mark.parametrize("text", RECIPES)
def test_a_recipe_of_the_reference_compiles(text: str) -> None:
    errors = [finding for finding in lint_recipe("example.recipe", text) if finding.severity is Severity.ERROR]
    assert not errors, "\n\n".join(map(excerpt, errors))


@pytest.mark.parametrize("text", RECIPES)
def test_a_recipe_of_the_reference_is_written_back(text: str) -> None:
    recipe, _ = parse(Source("example.recipe", text))
    assert recipe is not None
    again, findings = parse(Source("again", format_recipe(recipe)))
    assert not findings
    assert again == recipe


@pytest.mark.parametrize(("text", "said"), ERRORS)
def test_a_mistake_of_the_reference_is_reported_as_it_says(text: str, said: str) -> None:
    assert said_about(text) == said
    assert "error[DR" in said


@pytest.mark.parametrize(("layers", "said"), STACKS)
def test_what_layers_of_the_reference_do_to_each_other_is_reported_as_it_says(layers: list[tuple[str, str]], said: str) -> None:
    assert "\n\n".join(map(excerpt, compile_layers(layers, Policies("X")).diagnostics)) + "\n" == said


def test_every_recipe_of_the_reference_is_looked_at() -> None:
    assert STACKS
    assert TEXT.count("\n```recipe") == len(RECIPES) + len(ERRORS) + sum(len(param.values[0]) for param in STACKS)


def test_every_mistake_is_followed_by_what_is_said() -> None:
    if os.environ.get("DEIDRULES_ACCEPT") == "1":
        accepted = re.compile(r"^```recipe-error\n(.*?)^```\n\n```output\n.*?^```$", re.MULTILINE | re.DOTALL).sub(
            lambda match: f"```recipe-error\n{match[1]}```\n\n```output\n{said_about(match[1])}```", TEXT
        )
        PLACE.write_text(accepted, encoding="utf-8")
    assert len(ERRORS) == sum(kind == "recipe-error" for kind, _, _ in BLOCKS)


@pytest.mark.parametrize("text", [text for kind, text, _ in BLOCKS if kind == "yaml"])
def test_a_profile_of_the_reference_is_a_profile(text: str) -> None:
    assert yaml.safe_load(text)["profile"]
    _, findings = parse_profile(Source("profile.yaml", text), PLACE.parent)
    assert not findings


def test_every_word_of_the_language_stands_in_a_recipe_of_the_reference() -> None:
    shown = "\n".join(text for kind, text, _ in BLOCKS if kind == "recipe") + TEXT[TEXT.index("## 12. Tests") :]
    words = set(re.findall(r"[a-z][a-z-]*", re.sub(r"#.*", "", shown))) | set(re.findall(r"`([a-z-]+)`", TEXT))
    assert not grammar().reserved - words


def test_every_kind_of_statement_stands_in_a_recipe_of_the_reference() -> None:
    shown: set[type] = set()
    for text in (text for kind, text, _ in BLOCKS if kind == "recipe"):
        recipe, _ = parse(Source("example.recipe", text))
        assert recipe is not None
        shown |= {type(statement) for statement in (recipe.layer, *recipe.statements)}
        shown |= {type(line) for statement in recipe.statements for line in getattr(statement, "body", ())}
    kinds = {
        kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.Statement) and kind is not ast.Statement
    }
    assert kinds - shown <= {ast.ExpectValue, ast.ExpectVerdict}


@pytest.mark.parametrize("text", [param for param in RECIPES if "\ntest " in str(param.values[0])])
def test_the_tests_of_the_reference_pass(text: str) -> None:
    from deidrules.rehearsal.rehearse import rehearse_recipe

    rehearsal = rehearse_recipe(Source("example.recipe", text), {})
    assert rehearsal.tests and not [finding for one in rehearsal.tests for finding in one.findings]
