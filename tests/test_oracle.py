"""Compile and engine against the oracle, on random stacks of layers and random files."""

from __future__ import annotations

import oracle_run
import pytest


def test_compile_and_engine_agree_with_the_oracle_on_random_pairs():
    words = oracle_run.run(150)
    assert sum(words.values()) == 150
    assert words["written"] >= 75


@pytest.mark.long
def test_compile_and_engine_agree_with_the_oracle_on_two_thousand_random_pairs():
    words = oracle_run.run(2000, 1)
    assert sum(words.values()) == 2000
    assert words["written"] >= 1000
