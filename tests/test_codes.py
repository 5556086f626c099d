"""Every code of the table shows itself: its bad example has the finding, its good one has not."""

from __future__ import annotations

import pytest

from deidrules.compile.private_list import list_layer
from deidrules.compile.profile import parse_profile
from deidrules.lint import lint_recipe
from deidrules.text.codes import CODES
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source

SHOWN = [code for code in CODES.values() if code.bad]


def findings(code: str, text: str) -> set[str]:
    if code.startswith("DR53"):
        return {diagnostic.code for diagnostic in list_layer(Source("list.csv", text), "list.csv")[1]}
    if code.startswith("DR5"):
        from pathlib import Path

        head = "profile: a\nversion: 1.0.0\nlanguage: 1\nrecipes:\n  - a.recipe\n"
        head = (
            "".join(line + "\n" for line in head.splitlines() if not text.startswith(line.split(":")[0]))
            if text[:8] != "recipes:"
            else head[:40]
        )
        tail = "" if "policies" in text else "policies:\n  unlisted: X\n"
        _, said = parse_profile(
            Source("profile.yaml", head.replace("recipes:\n  - a.recipe\n", "recipes: [a.recipe]\n") + text + "\n" + tail), Path()
        )
        return {diagnostic.code for diagnostic in said}
    body = text if text.startswith(("deidrules", "\ufeff")) or CODES[code].code.startswith("DR0") else f"deidrules 1\n{text}\n"
    return {diagnostic.code for diagnostic in lint_recipe("example.recipe", body)}


@pytest.mark.parametrize("code", [code.code for code in SHOWN if not code.code.startswith("DR506")])
def test_the_bad_example_of_a_code_has_the_finding(code: str) -> None:
    assert code in findings(code, CODES[code].bad)


@pytest.mark.parametrize("code", [code.code for code in SHOWN if code.good and not code.code.startswith("DR506")])
def test_the_good_example_of_a_code_has_no_finding_of_that_code(code: str) -> None:
    assert code not in findings(code, CODES[code].good)


def test_every_code_says_why_it_matters_and_has_a_name_of_its_own() -> None:
    assert all(code.why and code.name for code in CODES.values())
    assert len({code.name for code in CODES.values()}) == len(CODES)


def test_the_severity_of_a_diagnostic_is_that_of_its_code() -> None:
    assert {Diagnostic(code, "").severity for code in CODES} == {code.severity for code in CODES.values()}
