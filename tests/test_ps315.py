"""The shipped recipes and profiles against the tables of the standard."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import make_ps315
import pytest

from deidrules import resources
from deidrules.compile.compiler import compile_profile
from deidrules.dicom import dictionary
from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.text.source import Source

PROFILES = resources.folder("profiles")
BASIC = PROFILES / "ps315" / "2026d" / "basic.recipe"
needs_table = pytest.mark.skipif(not make_ps315.TABLE.is_file(), reason="needs ../shared/data/e1_1.csv, the table of the standard")


def recipe(path: Path) -> ast.Recipe:
    parsed, problems = parse(Source(path.name, path.read_text("utf-8")))
    assert parsed is not None, problems
    return parsed


def spelled(leaf: ast.Leaf) -> str:
    match leaf:
        case ast.TagMask(group=group, element=element):
            return f"({group},{element})"
        case ast.PrivateClass():
            return "private"
        case ast.Keyword(name=name):
            tag = dictionary.tag_of(name)
            assert tag is not None
            return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    raise AssertionError(leaf)


def rules(path: Path) -> list[tuple[str, str]]:
    """(selector, code) of every plain rule, in order."""
    out = []
    for statement in recipe(path).statements:
        if isinstance(statement, ast.Rule):
            out += [(spelled(selector.leaf), statement.code) for selector in statement.selectors if not isinstance(selector.leaf, ast.Name)]
        if isinstance(statement, ast.SetDefinition):
            out += [(spelled(selector.leaf), "set") for selector in statement.selectors]
    return out


@needs_table
def test_the_basic_recipe_is_what_the_script_makes_of_the_table() -> None:
    made, problems = parse(Source("made", make_ps315.recipe(make_ps315.rows(make_ps315.TABLE))))
    assert made is not None, problems
    assert recipe(BASIC) == made


@needs_table
def test_every_row_of_the_table_is_a_rule_or_the_engines() -> None:
    table = {row.selector: row.code for row in make_ps315.rows(make_ps315.TABLE)}
    assert len(table) == 657
    have = dict(rules(BASIC))
    assert have == {selector: code for selector, code in table.items() if selector not in make_ps315.ENGINE_OWN}


@needs_table
def test_the_names_behind_the_rules_are_those_of_the_table() -> None:
    said = dict(re.findall(r"^[XZDU/]+\s+(\S+)\s+# (.+)$", BASIC.read_text("utf-8"), re.MULTILINE))
    assert said == {row.selector: row.name for row in make_ps315.rows(make_ps315.TABLE) if row.selector not in make_ps315.ENGINE_OWN}


def test_the_basic_recipe_has_as_many_rules_of_each_code_as_the_edition() -> None:
    # PS3.15 2026d: X 417, D 93, U 55, Z 42, X/D 23, X/Z 11, X/Z/D 8, Z/D 6, X/Z/U* 2. Two X and three U rows are the engine's, and
    # three X rows are X/D (see the head of the recipe).
    expected = {"X": 417 - 2 - 3, "D": 93, "U": 55 - 3, "Z": 42, "X/D": 23 + 3, "X/Z": 11, "X/Z/D": 8, "Z/D": 6, "X/Z/U": 2}
    assert Counter(code for _, code in rules(BASIC)) == expected
    assert sum(expected.values()) + len(make_ps315.ENGINE_OWN) == 657


def test_no_selector_stands_in_the_basic_recipe_twice() -> None:
    assert max(Counter(selector for selector, _ in rules(BASIC)).values()) == 1


def test_every_u_of_the_basic_recipe_is_a_uid() -> None:
    for selector, code in rules(BASIC):
        if code == "U":
            entry = dictionary.entry(int(selector[1:5] + selector[6:10], 16))
            assert entry is not None and entry.vrs == ("UI",), selector


def test_the_recipe_says_where_the_table_comes_from() -> None:
    assert "DICOM PS3.15 2026d, (c) NEMA" in BASIC.read_text("utf-8")


def test_the_keep_list_keeps_nothing_that_the_standard_lists() -> None:
    listed = {selector for selector, _ in rules(BASIC)}
    kept = [selector for selector, code in rules(PROFILES / "keep-list" / "keep-list.recipe") if code in {"K", "set"}]
    assert len(kept) > 200
    assert not [selector for selector in kept if selector in listed]


@pytest.mark.parametrize("name", ["ps315-basic", "ps315-research", "keep-list", "us-example"])
def test_a_shipped_profile_compiles_without_any_finding(name: str) -> None:
    compilation = compile_profile(name)
    assert compilation.plan is not None
    assert compilation.diagnostics == ()


def test_the_research_profile_does_not_let_images_leave_that_nobody_looked_at() -> None:
    plan = compile_profile("ps315-research").plan
    assert plan is not None
    assert (plan.policies.unlisted, plan.policies.unmatched_pixels) == ("K", "quarantine")
    assert plan.longitudinal != "REMOVED"


def test_the_basic_profile_has_the_policies_it_promises() -> None:
    plan = compile_profile("ps315-basic").plan
    assert plan is not None
    policies = plan.policies
    assert (policies.unlisted, policies.unmatched_pixels, policies.unknown_sop_class, policies.malformed) == (
        "K",
        "accept",
        "strictest",
        "quarantine",
    )
    assert plan.pixels == ()
    assert plan.longitudinal == "REMOVED"
