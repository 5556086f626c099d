"""first: the first of several values."""

from __future__ import annotations

from deidrules.actions.base import Context, Example, Level, function


@function(
    leaves=Level.ALL,
    examples=(
        Example("C SoftwareVersions = first()", {"SoftwareVersions": "7.1\\Jane 42"}, {"SoftwareVersions": "7.1"}),
        Example("C OtherPatientNames = first()", {"OtherPatientNames": "DOE^JANE"}, {"OtherPatientNames": "DOE^JANE"}),
    ),
)
def first(context: Context, subject: tuple[object, ...]) -> object:
    """The first value of an element. Where there is but one it stays, so it leaves all."""
    return subject[0] if subject else ""
