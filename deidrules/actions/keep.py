"""K: the element stays as it is."""

from __future__ import annotations

from deidrules.actions.base import Change, Context, Enter, Example, Keep, Level, Subject, action


@action("K", leaves=Level.ALL, examples=(Example("K Modality", {"Modality": "CT"}, {"Modality": "CT"}),))
def keep(subject: Subject, context: Context) -> Change:
    """Keep the element as it is, byte for byte. A sequence stays, and every element in it is judged by the same rules: keeping a sequence
    protects nothing that is in it (rule 14)."""
    return Enter() if subject.vr == "SQ" else Keep()
