"""X: the element goes."""

from __future__ import annotations

from deidrules.actions.base import Change, Context, Example, Level, Remove, Subject, action


@action("X", leaves=Level.NOTHING, examples=(Example("X PatientAddress", {"PatientAddress": "1 Main Street"}, {"PatientAddress": None}),))
def remove(subject: Subject, context: Context) -> Change:
    """Remove the element, a sequence with everything in it."""
    return Remove()
