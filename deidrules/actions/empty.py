"""Z: the element stays without a value."""

from __future__ import annotations

from deidrules.actions.base import Change, Context, Example, Level, Set, Subject, action


@action("Z", leaves=Level.NOTHING, examples=(Example("Z AccessionNumber", {"AccessionNumber": "A4711"}, {"AccessionNumber": ""}),))
def empty(subject: Subject, context: Context) -> Change:
    """Empty the element: zero length, a sequence without items."""
    return Set(())
