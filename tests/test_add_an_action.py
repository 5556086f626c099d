"""The example of CONTRIBUTING.md: one new file in a copy of the package, and no other change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SCRIPT = """
from deidrules.actions.reference import reference
from deidrules.actions.registry import FUNCTIONS
from deidrules.compile.compiler import compile_text

function = FUNCTIONS["initials"]
assert function.call(None, "DOE^JANE") == "D^J"
assert "### initials" in reference() and function.doc in reference()
assert compile_text("deidrules 1\\nC PatientName = initials()\\n").plan is not None
assert compile_text("deidrules 1\\nC PatientName = initials(betwen: 1)\\n").plan is None
print(function.name)
"""


def example_file() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.search(r"<!-- example action -->\s*```python\n(.*?)```", text, re.DOTALL)
    assert found is not None, "CONTRIBUTING.md shows how to add an action"
    return found[1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("deidrules", "grammar"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    (copy / "profiles").mkdir()
    shutil.copy(ROOT / "tests" / "test_actions.py", copy / "tests")
    (copy / "deidrules" / "actions" / "initials.py").write_text(example_file(), "utf-8")
    return copy


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.run([sys.executable, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, timeout=120)


def test_the_example_is_found_checked_and_documented(checkout: Path) -> None:
    done = run(checkout, "-c", SCRIPT)
    assert (done.stdout.strip(), done.returncode) == ("initials", 0), done.stderr


def test_the_examples_examples_are_run_as_tests(checkout: Path) -> None:
    done = run(checkout, "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/test_actions.py", "-k", "initials")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_name_defined_twice_stops_the_program(checkout: Path) -> None:
    second = checkout / "deidrules" / "actions" / "initials_again.py"
    shutil.copy(checkout / "deidrules" / "actions" / "initials.py", second)
    try:
        done = run(checkout, "-c", "import deidrules.actions.registry")
    finally:
        second.unlink()
    assert done.returncode != 0
    assert "the function `initials` is defined twice" in done.stderr
