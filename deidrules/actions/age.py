"""age: how old somebody was on a day."""

from __future__ import annotations

from deidrules.actions.base import Context, Date, Example, Level, function
from deidrules.actions.dates import Moment, moment
from deidrules.text.refusal import Refusal


def _months(birth: Moment, day: Moment) -> int:
    # Completed months: somebody born on the 31st completes a month on the first day behind a shorter one.
    return (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)


@function(
    leaves=Level.PART,
    arguments={"at": Level.PART},
    examples=(
        Example(
            "add PatientAge = age(PatientBirthDate, at: StudyDate)",
            {"PatientBirthDate": "19610213", "StudyDate": "20240131"},
            {"PatientAge": "062Y"},
        ),
        Example(
            "add PatientAge = cap(age(PatientBirthDate, at: StudyDate))",
            {"PatientBirthDate": "19310213", "StudyDate": "20240131"},
            {"PatientAge": "090Y"},
        ),
    ),
)
def age(context: Context, subject: Date, *, at: Date) -> str:
    """The age that somebody born on the subject had on the day `at`, as PS3.5 writes ages (AS): completed years from two years on,
    completed months from two months on, else days. Both dates need a day, and the birth comes first; else the instance is
    quarantined."""
    birth, day = moment(subject), moment(at)
    if not birth.day or not day.day:
        raise Refusal("unparsable-date")
    days = (day.first_day - birth.first_day).days
    months = _months(birth, day)
    if days < 0 or months >= 12_000:
        raise Refusal("date-out-of-range")
    if months >= 24:
        return f"{months // 12:03d}Y"
    return f"{months:03d}M" if months >= 2 else f"{days:03d}D"
