"""The public face of the package."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import deidrules

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def test_every_name_of_the_face_is_there() -> None:
    assert [name for name in deidrules.__all__ if not hasattr(deidrules, name)] == []
    assert set(deidrules.__all__) <= set(dir(deidrules))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        deidrules.nothing  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))
    source = project["tool"]["hatch"]["version"]["path"]
    assert f'__version__ = "{deidrules.__version__}"\n' in (PROJECT.parent / source).read_text("utf-8")
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", deidrules.__version__)


@pytest.mark.parametrize("names", ["", "Plan, Policies, Refusal, Diagnostic", "parse, format_recipe, compile_text, lint"])
def test_words_import_neither_pydicom_nor_numpy(names: str) -> None:
    line = f"from deidrules import {names}" if names else "import deidrules"
    code = f"{line}\nimport sys\nassert not {{'pydicom', 'numpy'}} & set(sys.modules), sorted(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
