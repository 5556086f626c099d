"""D: the element gets a dummy value of its VR."""

from __future__ import annotations

from deidrules.actions.base import Atom, Change, Context, Example, Keys, Level, Reduce, Set, Subject, action
from deidrules.dicom.dictionary import entry
from deidrules.dicom.dummies import value_of

# One value per VR that says nothing and is valid by PS3.5 6.2. Texts fit the shortest VR; the date is one that no examination with a
# DICOM modality can have. SQ has no value (see Reduce), UI one per tag and key (below).
DUMMIES: dict[str, Atom] = {
    "AE": "ANONYMIZED",
    "AS": "000Y",
    "AT": 0,  # (0000,0000)
    "CS": "UNKNOWN",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "FD": 0.0,
    "FL": 0.0,
    "IS": "0",
    "LO": "ANONYMIZED",
    "LT": "ANONYMIZED",
    "OB": b"\0\0",
    "OD": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OV": bytes(8),
    "OW": b"\0\0",
    "PN": "ANONYMIZED",
    "SH": "ANONYMIZED",
    "SL": 0,
    "SS": 0,
    "ST": "ANONYMIZED",
    "SV": 0,
    "TM": "000000",
    "UC": "ANONYMIZED",
    "UL": 0,
    "UN": b"\0\0",
    "UR": "about:blank",
    "US": 0,
    "UT": "ANONYMIZED",
    "UV": 0,
}

_SINGLE = frozenset({"LT", "OB", "OD", "OF", "OL", "OV", "OW", "ST", "UN", "UR", "UT"})  # PS3.5 6.4: VM is always 1


_NUMBERS = {"AT": int, "FD": float, "FL": float, "SL": int, "SS": int, "SV": int, "UL": int, "US": int, "UV": int}


def dummy_values(tag: int, vr: str, keys: Keys, sequence: int | None = None) -> tuple[Atom, ...]:
    """The dummy of an element, in an item of `sequence` when it is given: what PS3.3 accepts where it enumerates values, else the dummy
    of the VR, as often as the dictionary's VM asks at least (once where it does not know the tag). A UID is derived from the key and the
    tag alone: it leaves nothing of the original, and differs from every other tag's."""
    accepted = value_of(tag, sequence)
    known = None if accepted is None else entry(tag)
    if accepted is not None and known is not None and vr in known.vrs:
        return tuple(_NUMBERS[vr](text) if vr in _NUMBERS else text for text in accepted)
    value = keys.uid(f"dummy of ({tag >> 16:04X},{tag & 0xFFFF:04X})") if vr == "UI" else DUMMIES[vr]
    return (value,) * (1 if vr in _SINGLE else _least(tag))


def _least(tag: int) -> int:
    # VM as PS3.6 writes it: 1, 3, 1-n, 2-2n, 1-n or 1
    known = None if tag >> 16 & 1 else entry(tag)
    digits = known.vm.split("-")[0].strip() if known is not None else ""
    return max(1, int(digits)) if digits.isdecimal() else 1


@action(
    "D",
    leaves=Level.NOTHING,
    takes_value=True,
    examples=(
        Example("D PatientName", {"PatientName": "DOE^JANE"}, {"PatientName": "ANONYMIZED"}),
        Example("D StudyDate", {"StudyDate": "20240131"}, {"StudyDate": "19000101"}),
        Example('D PatientID = "TRIAL7-" + pseudonym(length: 8)', {"PatientID": "4711"}, pattern={"PatientID": "TRIAL7-[A-HJ-NP-Z2-9]{8}"}),
    ),
)
def dummy(subject: Subject, context: Context) -> Change:
    """Replace the value. With `= expression` by its result, which may hold nothing of the original, or a token of it (rule 6). Without, by
    the dummy of its VR: `ANONYMIZED` in texts and names, `UNKNOWN` in CS, `000Y` in AS, `19000101`, `19000101000000` and `000000` in
    dates and times, `0` in numbers, zero bytes in binary values (but a document of its MIME type that says nothing in
    EncapsulatedDocument), `about:blank` in UR, (0000,0000) in AT, a UID made from key and tag in UI; repeated as often as the attribute's
    VM needs. Where PS3.3 enumerates terms or asks for more than 0, it is one that is valid. A sequence is left with one item, which holds
    what its IOD makes Type 1 there, with dummies, and Type 2, empty."""
    if subject.vr == "SQ":
        return Reduce()
    return Set(dummy_values(subject.tag, subject.vr, context.keys))
