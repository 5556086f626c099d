"""The grammar file: strict, and about shape only."""

from __future__ import annotations

import re

import lark
import pytest

from deidrules.language.parse import ENTRIES, grammar
from deidrules.language.words import _SPELLED, PIXEL_STATEMENTS, STATEMENTS, TEST_STATEMENTS
from deidrules.resources import folder

TEXT = (folder("grammar") / "recipe.lark").read_text(encoding="utf-8")


def test_the_grammar_builds_strictly_without_conflicts_or_colliding_tokens() -> None:
    pytest.importorskip("interegular", reason="lark's strict mode needs the package interegular")
    lark.Lark(TEXT, parser="lalr", lexer="contextual", strict=True)
    lark.Lark(TEXT, parser="lalr", lexer="contextual", strict=True, start=list(ENTRIES))


def test_every_word_ends_where_it_ends() -> None:
    words = re.findall(r"^[A-Z_]+(?:\.[0-9])?: /(\(?[a-z].*)/$", TEXT, re.MULTILINE)
    assert len(words) > 40
    assert all(pattern.endswith(r"(?![\w-])") for pattern in words)


def test_no_action_function_or_keyword_is_a_word_of_the_grammar() -> None:
    from deidrules.actions.registry import FUNCTIONS

    assert not set(FUNCTIONS) & grammar().reserved


def test_every_statement_that_messages_speak_of_is_a_word_of_the_grammar() -> None:
    assert set(STATEMENTS + PIXEL_STATEMENTS + TEST_STATEMENTS) <= grammar().reserved


def test_every_terminal_has_a_name_for_people() -> None:
    named = set(_SPELLED) | set(grammar().spelled)
    terminals = {terminal.name for terminal in grammar().lark.terminals if not terminal.name.startswith("__")}
    assert terminals <= named
