"""shift: dates moved by days that belong to one subject."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.arguments import out_of_range, text_of, whole, whole_number
from deidrules.actions.base import Context, Date, Days, Example, Level, function
from deidrules.actions.dates import mapped
from deidrules.text.refusal import Refusal

LONGEST = 36_525  # days: a hundred years
ONE_DAY = Days(1)


def _check(constants: Mapping[str, object]) -> str | None:
    complaint = out_of_range(constants, "within", 2, LONGEST) or out_of_range(constants, "step", 1, LONGEST)
    within, step = whole_number(constants.get("within")), whole_number(constants.get("step", 1))
    if complaint is None and within is not None and step is not None and within < 2 * step:
        return "`within` has to be twice `step` at least, or one offset fits everybody"
    return complaint


def offset(context: Context, per: str, within: int, step: int) -> int:
    """The days of one subject: a multiple of `step` from -`within` to +`within`, each equally likely, never zero."""
    steps = within // step
    # The bounds belong to the derivation: offsets of the same subject under other bounds tell nothing about these.
    number = context.keys.number("shift", per, str(steps), str(step), below=2 * steps)
    return step * (number - steps if number < steps else number - steps + 1)


@function(
    leaves=Level.PART,
    keyed="per",
    arguments={"missing": Level.ALL},
    examples=(
        Example(
            "C StudyDate = shift(per: PatientID, within: 365 days)",
            {"StudyDate": "20240229", "PatientID": "4711"},
            pattern={"StudyDate": "202[345](0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"},
        ),
        Example(
            "C AcquisitionDateTime = shift(per: PatientID, within: 10 weeks, step: 1 weeks)",
            {"AcquisitionDateTime": "20240615101530.25+0100", "PatientID": "4711"},
            pattern={"AcquisitionDateTime": r"2024(0[4-8])[0-9]{2}101530\.25\+0100"},
        ),
    ),
    check=_check,
)
def shift(context: Context, subject: Date, *, per: str, within: Days, step: Days = ONE_DAY, missing: object = None) -> Date:
    """Move a date by a number of days that the key draws for each value of `per`: at most `within` (2 days to a hundred years) back or
    forth, never zero, a multiple of `step` (`step: 7 days` keeps the weekday). All dates of a subject move together, so the time between
    them stays. The time of day and the offset from UTC stay as written; a range moves at both ends. A DT without a day moves by the
    nearest number of whole months or years, at least one. What is not a date quarantines the instance. When `per` is absent or empty it
    is quarantined too, or `missing` is the result."""
    most = whole(within, 2, LONGEST)
    each = whole(step, 1, most // 2)
    subject_of_shift = text_of(per)
    if not subject_of_shift:
        raise Refusal("bad-argument")
    days = offset(context, subject_of_shift, most, each)
    return Date(mapped(subject, lambda moment: str(moment.plus(days))))
