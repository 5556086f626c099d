"""U: UIDs are replaced, the same by the same."""

from __future__ import annotations

from deidrules.actions.base import Change, Context, Enter, Example, Level, Refuse, Remove, Subject, action
from deidrules.actions.replacement import replaced_uids


@action(
    "U",
    leaves=Level.TOKEN,
    examples=(
        Example("U StudyInstanceUID", {"StudyInstanceUID": "1.2.840.99999.1"}, pattern={"StudyInstanceUID": r"2\.25\.[1-3][0-9]{38}"}),
        Example(
            "U ReferencedSOPClassUID",
            {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2"},
            {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2"},
        ),
    ),
)
def uid(subject: Subject, context: Context) -> Change:
    """Replace each UID by one derived from it and the key: `2.25.` and 39 digits, always 44 characters, the same for the same original in
    every file, so that references stay whole. UIDs that the standard registers (SOP classes, transfer syntaxes, coding schemes) are never
    replaced. On a sequence the items stay and the UIDs in them are replaced (rule 14). A private element that is spelled and turns out to
    be no UID goes."""
    if subject.vr == "SQ":
        return Enter(replace_uids=True)
    if subject.vr != "UI":
        return Remove() if subject.vouched else Refuse("wrong-vr")
    return replaced_uids(subject.values, context.keys)
