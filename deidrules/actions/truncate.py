"""truncate: only the beginning of a text."""

from __future__ import annotations

from collections.abc import Mapping

from deidrules.actions.arguments import out_of_range, text_of, whole
from deidrules.actions.base import Context, Example, Level, function

LONGEST = 10_000


def _check(constants: Mapping[str, object]) -> str | None:
    return out_of_range(constants, "length", 1, LONGEST)


@function(
    leaves=Level.PART,
    arguments={"length": Level.PART},
    examples=(
        Example(
            "C PatientTelephoneNumbers = truncate(length: 3)", {"PatientTelephoneNumbers": "555-0100"}, {"PatientTelephoneNumbers": "555"}
        ),
        Example("C StudyDescription = truncate(length: 2)", {"StudyDescription": "MR"}, {"StudyDescription": "MR"}),
    ),
    check=_check,
)
def truncate(context: Context, subject: str, *, length: int) -> str:
    """Keep the first `length` characters of each value, without blanks at the end. A shorter value stays as it is."""
    return text_of(subject)[: whole(length, 1, LONGEST)].rstrip()
