"""Findings as people see them: diagnostics/DRxxx-*.md, prose with recipes and the text that is said about them.

A file holds cases. A case is one or more blocks and the ```output block behind them: ```recipe (```recipe escaped: `\\uXXXX` stands for a
character that has no place in a Markdown file), several of them ```recipe NAME for layers in order, and ```yaml with `policies:` for the
layers or with `profile:` for a whole profile.yaml; ```csv is a private list. Codes DR0xx are what
the parser says, all others what the compiler and lint say.
DEIDRULES_ACCEPT=1 writes what is said now into the files.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from deidrules.compile.private_list import list_layer
from deidrules.language.parse import parse
from deidrules.text.codes import CODES
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.excerpt import excerpt
from deidrules.text.source import Source

FOLDER = Path(__file__).parent / "diagnostics"
FILES = sorted(FOLDER.glob("DR*.md"))
ACCEPT = os.environ.get("DEIDRULES_ACCEPT") == "1"
BLOCK = re.compile(r"^```(?P<kind>[a-z]+)(?: (?P<name>[^\n]+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

# no file can show it: it would have to be larger than the recipe it refuses (test_parse.py does)
UNSHOWN = {"DR016"}


@dataclass
class Case:
    recipes: list[tuple[str, str]] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    yaml: str = ""
    expected: str = ""
    place: tuple[int, int] = (0, 0)


def cases(text: str) -> list[Case]:
    found = [Case()]
    for block in BLOCK.finditer(text):
        kind, name, body = block["kind"], block["name"] or "", block["text"]
        if kind == "recipe":
            if name == "escaped":
                name, body = "", re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), body)
            found[-1].recipes.append((name or "example.recipe", body))
        elif kind == "csv":
            found[-1].lists.append(body)
        elif kind == "yaml":
            found[-1].yaml = body
        elif kind == "output":
            found[-1].expected, found[-1].place = body, block.span("text")
            found.append(Case())
    return found[:-1]


def findings(code: str, case: Case) -> tuple[Diagnostic, ...]:
    if case.lists:
        return tuple(finding for text in case.lists for finding in list_layer(Source("list.csv", text), "list.csv")[1])
    if code.startswith("DR0"):
        return tuple(finding for name, text in case.recipes for finding in parse(Source(name, text))[1])
    from deidrules.compile.compiler import compile_layers
    from deidrules.compile.profile import parse_profile
    from deidrules.lint import lint_recipe
    from deidrules.plan.model import Policies

    settings = yaml.safe_load(case.yaml) or {} if case.yaml else {}
    if "profile" in settings or not case.recipes:
        return parse_profile(Source("profile.yaml", case.yaml), FOLDER)[1]
    if len(case.recipes) == 1 and not settings:
        return lint_recipe(*case.recipes[0])
    policies = {name.replace("-", "_"): value for name, value in settings.get("policies", {"unlisted": "X"}).items()}
    return compile_layers(case.recipes, Policies(**policies)).diagnostics


@pytest.mark.parametrize("place", FILES, ids=lambda place: place.stem)
def test_what_is_said_stands_in_the_file(place: Path) -> None:
    code = place.name[:5]
    text = place.read_text(encoding="utf-8")
    shown = cases(text)
    assert shown, "the file holds no case"
    said = [findings(code, case) for case in shown]
    if ACCEPT:
        for case, found in reversed(list(zip(shown, said, strict=True))):
            start, end = case.place
            text = text[:start] + "\n\n".join(map(excerpt, found)) + "\n" + text[end:]
        place.write_text(text, encoding="utf-8")
        return
    for case, found in zip(shown, said, strict=True):
        assert "\n\n".join(map(excerpt, found)) + "\n" == case.expected
        assert code in {finding.code for finding in found}


def test_a_file_is_named_after_its_code() -> None:
    assert [place.stem for place in FILES] == [f"{place.name[:5]}-{CODES[place.name[:5]].name}" for place in FILES]


def test_every_syntax_code_is_shown() -> None:
    assert {place.name[:5] for place in FILES} >= {code for code in CODES if code.startswith("DR0")} - UNSHOWN
