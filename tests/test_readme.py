"""The README says what is there: its commands, its tables, its blocks."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
import test_architecture
from click.testing import CliRunner

import deidrules
from deidrules.cli.main import COMMANDS, main
from deidrules.compile.profile import shipped_profiles
from deidrules.text.codes import CODES

TOP = Path(__file__).resolve().parents[1]
README = (TOP / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for word, text in BLOCKS if word == language]


def test_the_first_block_applies_a_profile_and_the_second_runs_the_tests() -> None:
    assert [word for word, _ in BLOCKS[:2]] == ["sh", "sh"]
    first, second = blocks("sh")[:2]
    assert "apply-profile" in first and "examples/incoming" in first
    assert "pytest" in second
    for block in (first, second):
        assert block.splitlines()[0] == "python3 -m venv .venv"
        for line in block.splitlines():
            shlex.split(line)


def test_the_first_block_does_what_the_readme_says_it_does(tmp_path: Path) -> None:
    words = shlex.split(blocks("sh")[0].splitlines()[-1].partition("||")[0])[1:]
    words[words.index("examples/incoming")] = str(TOP / "examples" / "incoming")
    words[words.index("out")] = str(tmp_path / "out")
    result = CliRunner().invoke(main, [*words, "--json"])
    assert result.exit_code == 1, result.output
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) == 10
    summary = json.loads((tmp_path / "out.run" / "summary.json").read_text("utf-8"))
    assert (summary["quarantined"], summary["other"]) == (2, 1)
    assert set(summary["codes"]) == {"truncated", "unmatched-pixels", "not-dicom"}


def test_the_recipe_and_the_profile_of_the_tour_compile(tmp_path: Path) -> None:
    (recipe,) = [text for text in blocks("") if text.startswith("deidrules 1")]
    (profile,) = blocks("yaml")
    (tmp_path / "my.recipe").write_text(recipe, encoding="utf-8")
    (tmp_path / "profile.yaml").write_text(profile, encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(tmp_path)])
    assert result.exit_code == 0, result.output


def test_a_mistyped_keyword_is_answered_as_the_tour_shows(tmp_path: Path) -> None:
    (tmp_path / "my.recipe").write_text("deidrules 1\n\nK Modality\nX  PatientNmae\n", encoding="utf-8")
    said = CliRunner().invoke(main, ["lint", str(tmp_path / "my.recipe")]).output
    shown = re.search(r"(?:^    .*\n)*^    error\[DR\d+\].*\n(?:^    .*\n)+", README, re.MULTILINE)
    assert shown is not None
    lines = [line[4:] for line in shown[0].splitlines()]
    assert lines[1].endswith("my-study/my.recipe:4:4")
    for line in lines[:1] + lines[2:]:
        assert line in said.splitlines()


def test_every_code_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"DR\d{3}", README))
    assert named
    assert named <= set(CODES)


def test_the_python_of_the_readme_imports_what_there_is() -> None:
    (block,) = blocks("python")
    tree = ast.parse(block)
    names = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "deidrules" for alias in node.names]
    assert names
    for name in names:
        assert hasattr(deidrules, name)
        assert getattr(deidrules, name).__doc__


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_there_with_the_flags_it_names(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    lines = [line for line in README.splitlines() if line.startswith(f"| `{command} ")]
    if command == "apply-profile":
        lines = [
            block
            for block in re.findall(r"(?:^    .*\n)+", README, re.MULTILINE)
            if block.startswith("    deidrules apply-profile PROFILE SRC")
        ]
    assert lines
    for flag in re.findall(r"--[a-z-]+", lines[0]):
        assert flag in result.output, flag


def test_the_table_of_profiles_is_the_table_of_shipped_profiles() -> None:
    section = README.partition("## Profiles")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \|", section, re.MULTILINE)) == sorted(shipped_profiles())


def test_the_table_of_rooms_is_the_one_the_tests_hold() -> None:
    section = README.partition("## Architecture")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE)) == set(test_architecture.ROOMS)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/parity.md", "examples/README.md"])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    path = TOP / document
    text = path.read_text("utf-8")
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        if file:
            assert (path.parent / file).exists(), target
        else:
            assert anchor in headings, target


PARITY = (TOP / "docs" / "parity.md").read_text("utf-8")
# What the pages say is written, as they say it, in a recipe that compiles
PARITY_RULES = """\
K PatientAge override X because "reason"
C StudyDescription = replace(pattern: "[0-9]+", by: "") override X because "reason"
X (0008,10xx) override
reject "form" when Modality = "OT"
pixels "all of it" when Rows = 480 and Columns = 640 {
    blank 10,20,110,60 frames 1..3, 7
    blank 10,20,+100,+40 overlay 6002
    blank 0,0,10,10 overlay *
    blank outside ultrasound-regions
    strip high-bit-overlays
    strip overlays
    read-text in top 25%
}
"""
PARITY_SPELLINGS = (
    "blank 10,20,110,60",
    "blank 10,20,+100,+40",
    "frames 1..3, 7",
    "overlay 6002",
    "overlay *",
    "blank outside ultrasound-regions",
    "strip high-bit-overlays",
    "strip overlays",
    "read-text in top 25%",
    "(0008,10xx)",
)


def test_what_the_parity_pages_spell_compiles(tmp_path: Path) -> None:
    for spelling in PARITY_SPELLINGS:
        assert spelling in PARITY
        assert spelling in PARITY_RULES
    (tmp_path / "main.recipe").write_text(f"deidrules 1\n\n{PARITY_RULES}", encoding="utf-8")
    policies = 'policies:\n  unlisted: X\n  keep-private: "reason"\n'
    text = f"profile: parity\nversion: 1.0.0\nlanguage: 1\nrecipes: [ps315/2026d/basic, main.recipe]\n{policies}"
    (tmp_path / "profile.yaml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(tmp_path)])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/parity.md", "examples/README.md"])
def test_the_commands_and_flags_that_documents_name_exist(document: str) -> None:
    text = (TOP / document).read_text("utf-8")
    for command, rest in re.findall(r"deidrules (?!1\b)([a-z][a-z-]+)([^`\n]*)", text):
        if command not in COMMANDS:
            continue
        known = CliRunner().invoke(main, [command, "--help"]).output
        for flag in re.findall(r"(?<!\S)--[a-z-]+", rest.partition("#")[0]):
            assert flag in known, (command, flag)
