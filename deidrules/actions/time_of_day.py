"""time_of_day: a time that is a time and nothing else."""

from __future__ import annotations

import re

from deidrules.actions.arguments import text_of
from deidrules.actions.base import Context, Example, Level, Time, function
from deidrules.text.refusal import Refusal

# PS3.5 6.2: HH[MM[SS[.F]]], the second 60 for leap seconds; with colons as ACR-NEMA wrote it, which PS3.5 keeps for reading
_TIME = re.compile(
    r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?|:[0-5][0-9](?::(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?"
)


@function(
    leaves=Level.ALL,
    examples=(
        Example("C StudyTime = time_of_day()", {"StudyTime": "101530.25"}, {"StudyTime": "101530.25"}),
        Example("C SeriesTime = time_of_day()", {"SeriesTime": "1015"}, {"SeriesTime": "1015"}),
    ),
)
def time_of_day(context: Context, subject: Time) -> Time:
    """Keep a time of day as it is written, once it is known to be one: it goes with dates that `shift` moves by whole days, which leaves
    the time of day of a DT, too. What is not written as PS3.5 writes a time quarantines the instance."""
    text = text_of(subject)
    if not _TIME.fullmatch(text):
        raise Refusal("unparsable-time")
    return Time(text)
