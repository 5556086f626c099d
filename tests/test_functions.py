"""The functions one by one: what they give, what they refuse, what they find wrong when a recipe is compiled."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from action_context import FakeContext
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.actions.pseudonym import ALPHABET
from deidrules.actions.registry import FUNCTIONS
from deidrules.engine.keys import KeyRing
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS


def call(name: str, subject: object, vr: str = "LO", **arguments: object) -> object:
    return FUNCTIONS[name].call(FakeContext(vr, tables={"patients": {"4711": "T-1", "DOE^JANE": "T-2"}}), subject, **arguments)


def refusal(name: str, subject: object, vr: str = "LO", **arguments: object) -> str:
    with pytest.raises(Refusal) as caught:
        call(name, subject, vr, **arguments)
    assert caught.value.code in REFUSALS
    assert str(subject) == "" or str(subject) not in str(caught.value)
    return caught.value.code


def complaint(name: str, **constants: object) -> str:
    check = FUNCTIONS[name].check
    assert check is not None
    return check(constants) or ""


# ---- pseudonym and hash


def test_a_pseudonym_is_stable_and_of_its_alphabet() -> None:
    one = str(call("pseudonym", "4711"))
    assert one == call("pseudonym", " 4711 ") == call("pseudonym", 4711)
    assert len(one) == 16
    assert set(one) <= set(ALPHABET)
    assert not set(ALPHABET) & set("IO01")


def test_pseudonyms_differ_by_subject_purpose_and_key() -> None:
    other_key = FUNCTIONS["pseudonym"].call(FakeContext(keys=KeyRing(bytes(32))), "4711")
    pseudonyms = {call("pseudonym", "4711"), call("pseudonym", "4712"), call("pseudonym", "4711", purpose="name"), other_key}
    assert len(pseudonyms) == 4


@settings(max_examples=60, deadline=None)
@given(
    st.integers(4, 64), st.text("abcXYZ0189", min_size=2).map(lambda text: "".join(sorted(set(text)))).filter(lambda text: len(text) > 1)
)
def test_a_pseudonym_has_the_length_and_alphabet_asked_for(length: int, alphabet: str) -> None:
    pseudonym = str(call("pseudonym", "4711", length=Decimal(length), alphabet=alphabet, prefix="P "))
    assert pseudonym.startswith("P ")
    assert len(pseudonym) == length + 2
    assert set(pseudonym[2:]) <= set(alphabet)


def test_every_character_of_the_alphabet_occurs_at_every_place() -> None:
    for place in range(4):
        assert len({str(call("pseudonym", str(number), length=4))[place] for number in range(600)}) == len(ALPHABET)


def test_short_pseudonyms_of_many_patients_are_spread() -> None:
    assert len({call("pseudonym", str(number), length=8) for number in range(5_000)}) == 5_000


@pytest.mark.parametrize(
    ("constants", "fault"),
    [
        ({"length": Decimal(3)}, "`length`"),
        ({"length": Decimal(65)}, "`length`"),
        ({"length": Decimal("8.5")}, "`length`"),
        ({"length": Decimal("1E+80")}, "`length`"),
        ({"length": Decimal("NaN")}, "`length`"),
        ({"alphabet": "A"}, "two characters"),
        ({"alphabet": "AAB"}, "twice"),
        ({"alphabet": "AB\\"}, "`alphabet`"),
        ({"alphabet": "AB "}, "`alphabet`"),
        ({"alphabet": "AB\n"}, "`alphabet`"),
        ({"alphabet": "01"}, "million"),
        ({"alphabet": "0123456789", "length": Decimal(4)}, "million"),
    ],
)
def test_pseudonyms_that_cannot_be_are_found_when_compiling(constants: dict[str, object], fault: str) -> None:
    assert fault in complaint("pseudonym", **constants)


def test_good_pseudonyms_compile() -> None:
    assert complaint("pseudonym") == ""
    assert complaint("pseudonym", length=Decimal(4)) == ""
    assert complaint("pseudonym", alphabet="0123456789", length=Decimal(6)) == ""
    assert complaint("hash", length=Decimal(8)) == ""
    assert "`length`" in complaint("hash", length=Decimal(7))


def test_what_the_object_gives_as_an_argument_is_judged_while_running() -> None:
    assert refusal("pseudonym", "4711", length="many") == "bad-argument"
    assert refusal("pseudonym", "4711", alphabet="AA") == "bad-argument"
    assert refusal("pseudonym", " ") == "bad-argument"
    assert refusal("hash", "") == "bad-argument"
    assert refusal("truncate", "text", length=0) == "bad-argument"


def test_a_hash_is_keyed() -> None:
    one = str(call("hash", "4711", length=64))
    assert len(bytes.fromhex(one)) == 32
    assert call("hash", "4711") == one[:16]
    assert FUNCTIONS["hash"].call(FakeContext(keys=KeyRing(bytes(32))), "4711", length=64) != one
    assert call("hash", "4711", length=64, purpose="x") != one


# ---- times, dates and ages


@pytest.mark.parametrize("time_", ["10", "1015", "101530", "101530.1", "235960.123456", "10:15:30.25", "10:15", "101530 "])
def test_a_time_of_day_stays_as_it_is_written(time_: str) -> None:
    assert call("time_of_day", time_, "TM") == time_.strip()


@pytest.mark.parametrize(
    "text", ["24", "1060", "101561", "1", "101", "10:1530", "1015.5", "101530.1234567", "DOE", "101530DOE", "20240310", "101530-102000"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    assert refusal("time_of_day", text, "TM") == "unparsable-time"


def test_a_year_stays_of_every_date() -> None:
    assert call("year", "20240229", "DA") == "20240101"
    assert call("year", "20240229101530.1+0100", "DT") == "2024"
    assert call("year", "202402", "DT") == "2024"
    assert call("year", "20240229", "LO") == "2024"
    assert call("year", "20190301-20210401", "DA") == "20190101-20210101"
    assert refusal("year", "20230229", "DA") == "unparsable-date"


@pytest.mark.parametrize(
    ("birth", "at", "age"),
    [
        ("19610213", "20240131", "062Y"),
        ("19610213", "20240213", "063Y"),
        ("20200229", "20240228", "003Y"),
        ("20200229", "20240229", "004Y"),
        ("20220131", "20240130", "023M"),
        ("20220131", "20240131", "002Y"),
        ("20231130", "20240130", "002M"),
        ("20231201", "20240131", "061D"),
        ("20231201", "20240201", "002M"),
        ("20240131", "20240131", "000D"),
        ("10000101", "19991231", "999Y"),
        ("19610213", "20240131101530", "062Y"),
    ],
)
def test_an_age_is_completed_years_months_or_days(birth: str, at: str, age: str) -> None:
    assert call("age", birth, "AS", at=at) == age


def test_ages_that_cannot_be_are_refused() -> None:
    assert refusal("age", "20240201", "AS", at="20240131") == "date-out-of-range"
    assert refusal("age", "09991231", "AS", at="20240131") == "date-out-of-range"
    assert refusal("age", "1961", "AS", at="20240131") == "unparsable-date"
    assert refusal("age", "19610213", "AS", at="") == "unparsable-date"


@pytest.mark.parametrize(
    ("age", "capped"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("091Y", "090Y"), ("120Y", "090Y"), ("999M", "999M"), ("999W", "999W"), ("006M", "006M")],
)
def test_ages_over_89_become_090y(age: str, capped: str) -> None:
    assert call("cap", age, "AS") == capped


def test_caps_work_in_other_units_and_on_numbers() -> None:
    assert call("cap", "130M", "AS", at=10) == "130M"
    assert call("cap", "132M", "AS", at=10) == "011Y"
    assert call("cap", "95", "LO") == "90"
    assert call("cap", "89.5", "DS") == "90"
    assert call("cap", "12", "IS") == "12"
    assert call("cap", 95, "US") == 90
    assert call("cap", 12.5, "FD") == 12.5
    assert refusal("cap", "95", "AS") == "unparsable-age"
    assert refusal("cap", "95 years", "LO") == "not-a-number"
    assert refusal("cap", "NaN", "DS") == "not-a-number"
    assert refusal("cap", "1E999999999", "DS") == "number-out-of-range"
    assert "`at`" in complaint("cap", at=Decimal(999))


def test_numbers_are_rounded_to_the_step() -> None:
    assert call("round", "71.2", "DS", step=Decimal(5)) == "70"
    assert call("round", "-0.04", "DS", step=Decimal("0.1")) == "0"
    assert call("round", "12.5", "DS", step=Decimal(5)) == "10"
    assert call("round", "17.5", "DS", step=Decimal(5)) == "20"
    assert call("round", "1234567", "IS", step=Decimal(1000)) == "1235000"
    assert call("round", 1237, "US", step=Decimal(10)) == 1240
    assert call("round", 0.34, "FD", step=Decimal("0.1")) == 0.3
    assert call("round", "1E200", "DS", step=Decimal(1)) == "1E+200"
    assert call("round", "047Y", "AS", step=Decimal(10)) == "050Y"
    assert refusal("round", "999Y", "AS", step=Decimal(10)) == "number-out-of-range"
    assert refusal("round", "47", "AS", step=Decimal(10)) == "unparsable-age"
    assert refusal("round", "heavy", "DS", step=Decimal(10)) == "not-a-number"
    assert refusal("round", "1", "DS", step=Decimal(0)) == "bad-argument"
    for step in (Decimal(0), Decimal(-1), Decimal("1E-9"), Decimal("1E9"), "much"):
        assert "`step`" in complaint("round", step=step)


# ---- texts


def test_a_text_is_cut_in_case_and_in_length() -> None:
    assert call("truncate", "ab cd", length=Decimal(3)) == "ab"
    assert call("truncate", "ab", length=3) == "ab"
    assert call("lower", "ÄB") == "äb"
    assert call("upper", "äb") == "ÄB"
    assert call("first", ("a", "b")) == "a"
    assert call("first", ()) == ""
    assert "`length`" in complaint("truncate", length=Decimal(0))


def test_a_lookup_compares_trimmed_and_never_guesses() -> None:
    assert call("lookup", " 4711 ", table="patients") == "T-1"
    assert call("lookup", 4711, table="patients") == "T-1"
    assert call("lookup", "DOE^JANE", table="patients") == "T-2"
    assert call("lookup", "doe^jane", table="patients", missing="?") == "?"
    assert refusal("lookup", "471", table="patients") == "lookup-miss"
    assert refusal("lookup", "4711", table="others") == "unknown-table"
    assert "constant" in complaint("lookup")
    assert complaint("lookup", table="patients") == ""


def test_replace_knows_groups_and_leaves_the_rest() -> None:
    assert call("replace", "S12-DOE", pattern="^S([0-9]+)-.*$", by="\\1") == "12"
    assert call("replace", "abab", pattern="b", by="[\\0]") == "a[b]a[b]"
    assert call("replace", "knee", pattern="x", by="y") == "knee"
    assert call("replace", "ab-b", pattern="(a)?(b)", by="<\\1\\2>") == "<ab>-<b>"
    assert call("replace", "knee 12", pattern=" [0-9]+") == "knee"


@pytest.mark.parametrize("pattern", ["a(", "(?=a)", "(a)\\1", "[", "a{2000}", "(a{1000}){1000}", "x" * 1_001, "\ud800"])
def test_a_hostile_or_broken_expression_is_found_when_compiling_and_refused_while_running(pattern: str) -> None:
    assert "`pattern`" in complaint("replace", pattern=pattern)
    assert refusal("replace", "text", pattern=pattern) == "bad-argument"


@pytest.mark.parametrize("by", ["\\2", "\\x", "\\", "y" * 1_001])
def test_a_replacement_that_cannot_be_is_found_when_compiling(by: str) -> None:
    assert "`by`" in complaint("replace", pattern="(a)", by=by)
    assert refusal("replace", "text", pattern="(a)", by=by) == "bad-argument"
    assert "constant" in complaint("replace", by="x")


def test_an_expression_that_hangs_backtracking_engines_does_not_hang() -> None:
    start = time.process_time()
    assert call("replace", "a" * 30_000 + "!", pattern="(a+)+$", by="x") == "a" * 30_000 + "!"
    assert time.process_time() - start < 5
    assert refusal("replace", "a" * 70_000, pattern="a", by="b") == "text-too-long"
