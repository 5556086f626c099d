"""shift: properties of the offset, and what a date may look like."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from action_context import FakeContext
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deidrules.actions.base import Date, Days
from deidrules.actions.registry import FUNCTIONS
from deidrules.actions.shift import offset
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

CONTEXT = FakeContext("DA")
DATES = st.dates(date(1850, 1, 1), date(2150, 12, 31))
SUBJECTS = st.text(min_size=1, max_size=12).filter(lambda text: text.strip(" \0") != "")
FEW = settings(max_examples=150, deadline=None)


def shifted(value: str, per: str = "4711", within: int = 365, step: int = 1) -> str:
    return str(FUNCTIONS["shift"].call(CONTEXT, Date(value), per=per, within=Days(within), step=Days(step)))


def day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()


def written(value: date) -> str:
    return f"{value:%Y%m%d}"


@FEW
@given(SUBJECTS, st.integers(2, 2_000), st.integers(1, 40))
def test_an_offset_is_never_zero_within_bounds_and_a_multiple_of_the_step(per: str, within: int, step: int) -> None:
    assume(within >= 2 * step)
    days = offset(CONTEXT, per, within, step)
    assert days != 0
    assert abs(days) <= within
    assert days % step == 0


def test_every_offset_within_the_bounds_occurs() -> None:
    assert {offset(CONTEXT, str(number), 3, 1) for number in range(200)} == {-3, -2, -1, 1, 2, 3}
    assert {offset(CONTEXT, str(number), 20, 7) for number in range(200)} == {-14, -7, 7, 14}


@FEW
@given(SUBJECTS, DATES, DATES)
def test_the_time_between_two_dates_of_a_subject_stays(per: str, one: date, other: date) -> None:
    assert day(shifted(written(one), per)) - day(shifted(written(other), per)) == one - other


@FEW
@given(SUBJECTS, DATES)
def test_a_date_moves_and_stays_within_bounds(per: str, one: date) -> None:
    moved = day(shifted(written(one), per, within=30))
    assert timedelta(0) < abs(moved - one) <= timedelta(30)


@FEW
@given(SUBJECTS, DATES)
def test_whole_weeks_keep_the_weekday(per: str, one: date) -> None:
    assert day(shifted(written(one), per, within=100, step=7)).weekday() == one.weekday()


@FEW
@given(SUBJECTS, DATES, st.integers(0, 4_000))
def test_a_range_stays_a_range_of_the_same_length(per: str, first: date, length: int) -> None:
    last = first + timedelta(length)
    left, right = shifted(f"{written(first)}-{written(last)}", per).split("-")
    assert day(right) - day(left) == last - first
    assert left == shifted(written(first), per)


@FEW
@given(SUBJECTS, st.integers(1800, 2100), st.integers(1, 12), st.integers(2, 36_525))
def test_a_partial_date_moves_and_keeps_its_precision(per: str, year: int, month: int, within: int) -> None:
    for value in (f"{year:04d}", f"{year:04d}{month:02d}"):
        moved = shifted(value, per, within)
        assert len(moved) == len(value)
        assert moved != value


@FEW
@given(SUBJECTS, st.lists(st.tuples(st.integers(1800, 2100), st.integers(1, 12)), min_size=2, max_size=2))
def test_partial_dates_keep_their_distance(per: str, pair: list[tuple[int, int]]) -> None:
    months = [int(moved[:4]) * 12 + int(moved[4:]) for year, month in pair if (moved := shifted(f"{year:04d}{month:02d}", per))]
    assert months[1] - months[0] == (pair[1][0] - pair[0][0]) * 12 + pair[1][1] - pair[0][1]


def test_subjects_keys_and_bounds_have_their_own_offsets() -> None:
    assert len({offset(CONTEXT, str(number), 18_000, 1) for number in range(50)}) > 45
    assert len({offset(CONTEXT, "4711", within, 1) % 3_600 for within in range(18_000, 18_050)}) > 40


def test_a_subject_is_compared_trimmed() -> None:
    assert shifted("20240131", "4711 ") == shifted("20240131", "4711")


def test_leap_days_are_days() -> None:
    for per in map(str, range(40)):
        assert day(shifted("20240301", per)) - day(shifted("20240229", per)) == timedelta(1)


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        ("2024013112", "12"),
        ("202401311259", "1259"),
        ("20240131125960", "125960"),
        ("20240131125959.123456", "125959.123456"),
        ("20240131125959.1+0530", "125959.1+0530"),
        ("20240131-0800", "-0800"),
        ("20240131 ", ""),
        ("2024.01.31", ""),
    ],
)
def test_the_rest_of_a_date_time_stays_as_written(value: str, rest: str) -> None:
    moved = shifted(value)
    assert moved[:8] == shifted("20240131")
    assert moved[8:] == rest


def test_the_year_alone_keeps_its_offset_from_utc() -> None:
    assert re.fullmatch(r"20(19|21)-0500", shifted("2020-0500"))


@pytest.mark.parametrize(
    "value", ["20240131-", "-20240131", "20240131 - 20240201", "202401-202403", "2019-2021", "20240131101500-20240131120000"]
)
def test_ranges_in_every_form_move_at_both_ends(value: str) -> None:
    moved = shifted(value)
    ends = [end.strip() for end in value.split("-")]
    assert moved == "-".join(shifted(end) if end else "" for end in ends)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-",
        "20230229",
        "20240230",
        "20241301",
        "20240001",
        "20240100",
        "00000101",
        "00000000",
        "99999999",
        "2024-01-31",
        "31.01.2024",
        "01/31/2024",
        "240131",
        "2024013",
        "2024013124",
        "202401311260",
        "20240131125961",
        "20240131125959.",
        "20240131125959.1234567",
        "20240131+1530",
        "20240131+05",
        "20240131x",
        "JANE DOE",
        "２０２４０１３１",
        "20240131-20240201-20240203",
        "2024-20240201",
        "20240131" * 1000,
        "-" * 1000,
    ],
)
def test_what_is_no_date_is_refused(value: str) -> None:
    with pytest.raises(Refusal) as caught:
        shifted(value)
    assert caught.value.code == "unparsable-date"
    assert caught.value.code in REFUSALS


@pytest.mark.parametrize("value", ["00010101", "99991231", "0001", "999912"])
def test_a_date_at_the_edge_of_the_calendar_moves_or_is_refused(value: str) -> None:
    codes = set()
    for per in map(str, range(30)):
        try:
            assert len(shifted(value, per)) == len(value)
        except Refusal as refusal:
            codes.add(refusal.code)
    assert codes == {"date-out-of-range"}


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(Refusal, match="wrong-type"):
        FUNCTIONS["shift"].call(CONTEXT, 20240131, per="4711", within=Days(365))


def test_nobody_is_shifted_by_an_empty_subject() -> None:
    with pytest.raises(Refusal, match="bad-argument"):
        shifted("20240131", per=" ")


@pytest.mark.parametrize(
    ("constants", "fault"),
    [
        ({"within": 1}, "`within`"),
        ({"within": 0}, "`within`"),
        ({"within": -5}, "`within`"),
        ({"within": 36_526}, "`within`"),
        ({"within": 10, "step": 0}, "`step`"),
        ({"within": 10, "step": 7}, "twice `step`"),
        ({"within": "soon"}, "`within`"),
    ],
)
def test_bounds_that_protect_nobody_are_found_when_compiling(constants: dict[str, object], fault: str) -> None:
    check = FUNCTIONS["shift"].check
    assert check is not None
    assert fault in str(check(constants))
    assert check({"within": 365}) is None
    assert check({"within": 70, "step": 7}) is None
    assert check({}) is None
