"""The benchmarks are no tests, but they have to keep up with the program: everything they take from it is there."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_exists(script: Path) -> None:
    wanted = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(script.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "deidrules"
        for alias in node.names
    ]
    missing = []
    for module, name in wanted:
        home = importlib.import_module(module)
        if not hasattr(home, name):
            missing.append(f"{module}.{name}")
    assert wanted and not missing


def test_every_benchmark_stands_in_their_readme() -> None:
    text = (Path(__file__).parent / "benchmarks" / "README.md").read_text("utf-8")
    assert [path.name for path in SCRIPTS if f"`{path.name}" not in text] == []
