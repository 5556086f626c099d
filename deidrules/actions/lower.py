"""lower: a text in lower case."""

from __future__ import annotations

from deidrules.actions.arguments import text_of
from deidrules.actions.base import Context, Example, Level, function


@function(
    leaves=Level.ALL,
    examples=(Example("C StudyDescription = lower()", {"StudyDescription": "Chest AP"}, {"StudyDescription": "chest ap"}),),
)
def lower(context: Context, subject: str) -> str:
    """The text in lower case. It stays readable, so it leaves all."""
    return text_of(subject).lower()
