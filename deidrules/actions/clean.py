"""C: something of the original stays, nothing that identifies."""

from __future__ import annotations

import re

from deidrules.actions.base import Atom, Change, Context, Enter, Example, Keep, Level, Refuse, Remove, Set, Subject, action
from deidrules.actions.cleaner import clean_text
from deidrules.actions.replacement import replaced_uids
from deidrules.dicom import icc

TEXTS = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})

# What the author of a rule on a spelled private element vouches for (rule 13)
VOUCHED = frozenset({"AS", "AT", "CS", "DS", "FD", "FL", "IS", "OB", "OW", "SL", "SS", "SV", "UL", "US", "UV"})


@action(
    "C",
    leaves=Level.PART,
    takes_value=True,
    examples=(
        Example(
            "C StudyDescription",
            {"StudyDescription": "CARDIAC ECHO for Jane Doe", "PatientName": "DOE^JANE"},
            {"StudyDescription": "CARDIAC ECHO"},
        ),
        Example("C SeriesDescription", {"SeriesDescription": "T2 FLAIR AX 31.01.2024"}, {"SeriesDescription": "T2 FLAIR AX"}),
        Example("C StudyDate = year()", {"StudyDate": "20240131"}, {"StudyDate": "20240101"}),
    ),
)
def clean(subject: Subject, context: Context) -> Change:
    """Clean the value. With `= expression` it becomes its result. Without, by VR (rule 13): in texts (LO, LT, SH, ST, UC, UT) the words
    that identify go (the instance's own identifiers, titles with the name behind them, dates, numbers of six and more digits, e-mail
    addresses, URLs), and so do characters that nobody sees; the other words stay. A PN is emptied, for every word of a name is a name;
    UIDs are replaced as U does; a sequence stays and each element in it is judged; an ICC Profile keeps the numbers that convert colours,
    and loses its texts, its date and its device. Dates and times need a value. In a private element whose creator the rule spells,
    numbers, AS, AT, CS, OB and OW stay as they are, and dates and times go. Everything else goes."""
    vr = subject.vr
    if vr == "SQ":
        return Enter()
    if vr in TEXTS:
        return _clean_words(subject.values, context.identifiers)
    if vr == "PN":
        return Set(())
    if vr == "UI":
        return replaced_uids(subject.values, context.keys)
    if subject.tag == icc.TAG:
        return _clean_profile(subject.values)
    if vr in {"DA", "DT", "TM"}:
        return Remove() if subject.vouched else Refuse("needs-value")
    return Keep() if subject.vouched and vr in VOUCHED else Remove()


def _clean_profile(values: tuple[Atom, ...]) -> Change:
    if not values:
        return Keep()
    cleaned = icc.colours_only(values[0]) if isinstance(values[0], bytes) else None
    if cleaned is None:
        return Remove()
    return Keep() if cleaned == values[0] else Set((cleaned,))


# Characters that nobody sees: controls (tab, line feed, form feed and carriage return apart), soft hyphen, zero-width characters and marks
# of direction. Within a word they would hide it from whoever looks for it.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")


def _clean_words(values: tuple[Atom, ...], identifiers: frozenset[str]) -> Change:
    cleaned: list[Atom] = []
    for value in values:
        if not isinstance(value, str):
            return Refuse("wrong-type")
        cleaned.append(clean_text(_UNSEEN.sub("", value), identifiers))
    if tuple(cleaned) == values:
        return Keep()
    return Set(tuple(cleaned) if any(cleaned) else ())
