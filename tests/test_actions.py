"""Every example of every code and function, run the whole way: recipe text, plan, engine, bytes. And the reference page made of them."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset

from deidrules.actions.base import Example, Level
from deidrules.actions.reference import reference
from deidrules.actions.registry import ACTIONS, FUNCTIONS
from deidrules.compile.compiler import compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Policies

ROOT = Path(__file__).resolve().parents[1]
KEYS = KeyRing(bytes(range(32)))
TABLES = {"patients": {"4711": "TRIAL7-001"}}
POLICIES = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


def examples() -> Iterator[tuple[str, Example]]:
    for words in (ACTIONS, FUNCTIONS):
        for name, word in words.items():
            for number, example in enumerate(word.examples, start=1):
                yield f"{name}-{number}", example


def file_with(values: dict[str, str]) -> bytes:
    dataset = Dataset()
    dataset.SOPClassUID = CT_IMAGE
    dataset.SOPInstanceUID = "1.2.3.4.5"
    for keyword, value in values.items():
        setattr(dataset, keyword, value.split("\\") if "\\" in value else value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def value_in(dataset: Dataset, keyword: str) -> str | None:
    if keyword not in dataset:
        return None
    value = dataset[keyword].value
    if value is None:
        return ""
    return "\\".join(str(part) for part in value) if dataset[keyword].VM > 1 else str(value)


@pytest.mark.parametrize("example", [pytest.param(example, id=name) for name, example in examples()])
def test_an_example_does_what_it_says(example: Example) -> None:
    compilation = compile_text(f"deidrules 1\n\n{example.recipe}\n", policies=POLICIES, tables=TABLES)
    assert compilation.plan is not None, compilation.diagnostics
    done = Engine(compilation.plan, KEYS, tables=TABLES).apply(file_with(dict(example.before)))
    dataset = pydicom.dcmread(io.BytesIO(b"".join(bytes(part) for part in done.parts)))
    for keyword, expected in example.after.items():
        assert value_in(dataset, keyword) == expected
    for keyword, pattern in example.pattern.items():
        value = value_in(dataset, keyword)
        assert value is not None and re.fullmatch(pattern, value)
        assert value != example.before.get(keyword)


def test_every_word_has_a_text_and_an_example_that_expects_something() -> None:
    for word in (*ACTIONS.values(), *FUNCTIONS.values()):
        assert word.doc and word.examples
        assert all(example.after or example.pattern for example in word.examples)


def test_the_codes_are_those_of_the_standard() -> None:
    assert sorted(ACTIONS) == sorted("KXZDUC")
    assert {code for code, action in ACTIONS.items() if action.takes_value} == {"C", "D"}


def test_what_a_word_leaves_is_declared_as_the_language_defines_it() -> None:
    assert {code: action.leaves for code, action in ACTIONS.items()} == {
        "K": Level.ALL,
        "X": Level.NOTHING,
        "Z": Level.NOTHING,
        "D": Level.NOTHING,
        "U": Level.TOKEN,
        "C": Level.PART,
    }
    tokens = {name for name, function in FUNCTIONS.items() if function.leaves is Level.TOKEN}
    assert tokens == {"hash", "lookup", "pseudonym"}
    assert not [name for name, function in FUNCTIONS.items() if function.leaves is Level.NOTHING]


def test_an_argument_that_becomes_part_of_the_result_is_declared_to_leave_all() -> None:
    for name, argument in (
        ("pseudonym", "prefix"),
        ("pseudonym", "missing"),
        ("replace", "by"),
        ("lookup", "missing"),
        ("shift", "missing"),
    ):
        parameter = FUNCTIONS[name].parameter(argument)
        assert parameter is not None and parameter.leaves is Level.ALL
    per = FUNCTIONS["shift"].parameter("per")
    assert per is not None and per.leaves is Level.NOTHING  # rule 6


def test_a_keyed_function_can_be_told_what_to_do_without_a_key() -> None:
    for function in FUNCTIONS.values():
        if function.keyed:
            assert function.parameter("missing") is not None
            assert function.keyed == "subject" or function.parameter(function.keyed) is not None


def test_the_reference_page_says_what_the_registry_says() -> None:
    page = ROOT / "grammar" / "functions.md"
    if os.environ.get("DEIDRULES_ACCEPT") == "1":
        page.write_text(reference(), "utf-8")
    assert page.read_text("utf-8") == reference(), "run the tests with DEIDRULES_ACCEPT=1 to write it anew"
