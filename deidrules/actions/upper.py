"""upper: a text in upper case."""

from __future__ import annotations

from deidrules.actions.arguments import text_of
from deidrules.actions.base import Context, Example, Level, function


@function(
    leaves=Level.ALL,
    examples=(Example("C StudyDescription = upper()", {"StudyDescription": "Chest AP"}, {"StudyDescription": "CHEST AP"}),),
)
def upper(context: Context, subject: str) -> str:
    """The text in upper case. It stays readable, so it leaves all."""
    return text_of(subject).upper()
