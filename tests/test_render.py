"""Diagnostics as people and programs get them."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from deidrules.text.codes import CODES
from deidrules.text.diagnostic import Diagnostic, Note, Severity
from deidrules.text.render import RENDERERS, colours, render_concise, render_github, render_json, render_sarif, render_text
from deidrules.text.source import Source, Span

SOURCE = Source("recipes/a, b:100%.recipe", "deidrules 1\n\nX PatientNmae\nZ PatientName\n")
ERROR = next(code for code, entry in CODES.items() if entry.severity is Severity.ERROR)
WARNING = next(code for code, entry in CODES.items() if entry.severity is Severity.WARNING)
PLACE = Span(SOURCE, 15, 26)
FOUND = (
    Diagnostic(
        ERROR, "unknown keyword `PatientNmae`", PLACE, "did you mean `PatientName`?", (Note(Span(SOURCE, 29, 40), "the other rule"),)
    ),
    Diagnostic(WARNING, "two\nlines, 100% sure", Span(SOURCE, 13, 40)),
    Diagnostic(ERROR, "no place at all"),
)


def test_text_has_the_line_a_caret_the_help_and_the_second_place() -> None:
    text = render_text(FOUND[:1])
    assert f"error[{ERROR}]" in text
    assert "unknown keyword `PatientNmae`" in text
    assert "X PatientNmae" in text
    assert "^" in text
    assert "did you mean `PatientName`?" in text
    assert "the other rule" in text
    assert f"{SOURCE.name}:3" in text


def test_colour_adds_nothing_but_colour() -> None:
    plain, coloured = render_text(FOUND), render_text(FOUND, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured) == plain


def test_colours_need_a_terminal_and_respect_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours(Terminal())
    assert not colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(Terminal())


def test_concise_is_one_line_for_each() -> None:
    assert render_concise(FOUND).split("\n") == [
        f"{SOURCE.name}:3:3: error[{ERROR}] unknown keyword `PatientNmae`",
        f"{SOURCE.name}:3:1: warning[{WARNING}] two lines, 100% sure",
        f"error[{ERROR}] no place at all",
    ]


def test_json_has_stable_keys() -> None:
    first, second, third = json.loads(render_json(FOUND))
    assert first == {
        "code": ERROR,
        "name": CODES[ERROR].name,
        "severity": "error",
        "message": "unknown keyword `PatientNmae`",
        "help": "did you mean `PatientName`?",
        "path": SOURCE.name,
        "line": 3,
        "column": 3,
        "end_line": 3,
        "end_column": 14,
        "notes": [{"message": "the other rule", "path": SOURCE.name, "line": 4, "column": 3, "end_line": 4, "end_column": 14}],
    }
    assert (second["severity"], second["line"], second["end_line"]) == ("warning", 3, 4)
    assert (third["path"], third["line"], third["column"]) == ("", 0, 0)
    assert first.keys() == second.keys() == third.keys()


def test_github_commands_are_escaped() -> None:
    first, second, third = render_github(FOUND).split("\n")
    assert first.startswith("::error file=recipes/a%2C b%3A100%25.recipe,line=3,endLine=3,")
    assert "col=3,endColumn=14" in first
    assert first.endswith("::unknown keyword `PatientNmae` (did you mean `PatientName`?)")
    assert second.endswith("::two%0Alines, 100%25 sure")
    assert "col=" not in second
    assert third.startswith("::error title=")


def test_sarif_has_what_its_schema_asks_for() -> None:
    data: dict[str, Any] = json.loads(render_sarif(FOUND))
    assert data["version"] == "2.1.0"
    (run,) = data["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "deidrules"
    assert [rule["id"] for rule in rules] == sorted({ERROR, WARNING})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
        assert result["message"]["text"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "recipes/a%2C%20b%3A100%25.recipe"
    assert place["region"] == {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 14}
    assert run["results"][0]["relatedLocations"][0]["message"]["text"] == "the other rule"
    assert run["results"][2]["locations"] == []


@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_nothing_to_say_is_said_in_every_form(form: str) -> None:
    text = RENDERERS[form](())
    assert text == "" or json.loads(text) == [] or json.loads(text)["runs"][0]["results"] == []
