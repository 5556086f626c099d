"""year: only the year of a date."""

from __future__ import annotations

from deidrules.actions.base import Context, Date, Example, Level, function
from deidrules.actions.dates import mapped


@function(
    leaves=Level.PART,
    examples=(
        Example("C StudyDate = year()", {"StudyDate": "20240229"}, {"StudyDate": "20240101"}),
        Example("C AcquisitionDateTime = year()", {"AcquisitionDateTime": "20240229101530+0100"}, {"AcquisitionDateTime": "2024"}),
    ),
)
def year(context: Context, subject: Date) -> Date:
    """Keep the year of a date: its 1 January in DA, the year alone in DT and in texts. A range keeps both years. What is not a date
    quarantines the instance."""
    rest = "0101" if context.vr == "DA" else ""
    return Date(mapped(subject, lambda moment: f"{moment.year:04d}{rest}"))
