"""The engine's own elements (rule 16 of the language): which go, which stay and how their values are checked.

Always removed: groups 0000, 0002, 0004 in a data set, group lengths, trailing padding. Always kept, so that what is kept beside them can be
read: Specific Character Set, SOP Class UID, the image description; as no rule guards them, their values are proven to be what they must
be. The markers of earlier de-identification stay as they came only where the policy for unlisted elements is K: De-identification Method is
free text, and a K rule on one of the engine's own elements changes nothing."""

from __future__ import annotations

import re

from deidrules.dicom import dictionary
from deidrules.dicom.element import Element
from deidrules.dicom.uid import is_uid
from deidrules.dicom.vr import VRS, Kind
from deidrules.engine.reading import DataSet, Reading
from deidrules.text.refusal import Refusal

IDENTITY_REMOVED, METHOD, METHOD_CODES = 0x00120062, 0x00120063, 0x00120064
BURNED_IN, VISUAL_FEATURES, LONGITUDINAL = 0x00280301, 0x00280302, 0x00280303
MARKERS = frozenset({IDENTITY_REMOVED, METHOD, METHOD_CODES, BURNED_IN, VISUAL_FEATURES, LONGITUDINAL})

CHARACTER_SET, SOP_CLASS, PHOTOMETRIC = 0x00080005, 0x00080016, 0x00280004

_TERMS = {
    IDENTITY_REMOVED: frozenset({"YES", "NO"}),
    BURNED_IN: frozenset({"YES", "NO"}),
    VISUAL_FEATURES: frozenset({"YES", "NO"}),
    LONGITUDINAL: frozenset({"UNMODIFIED", "MODIFIED", "REMOVED"}),
    # PS3.3 C.7.6.3.1.2, the retired ones included
    PHOTOMETRIC: frozenset(
        {
            *("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "HSV", "ARGB", "CMYK", "XYB"),
            *("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"),
        }
    ),
}
# Defined terms of PS3.3 C.12.1.1.2 and the spellings that occur
_CHARACTER_SET = re.compile(
    r"(ISO[ _-]?(2022[ _-])?IR[ _-]?(6|13|58|87|100|101|109|110|126|127|138|144|148|149|159|166|192|203)|GB18030|GBK)?", re.IGNORECASE
)
_GONE_GROUPS = frozenset({0x0000, 0x0002, 0x0004})
_TRAILING_PADDING = 0xFFFCFFFC


def always_goes(tag: int) -> bool:
    """True for what no data set of an output holds, and for a tag of the image description that the dictionary does not know."""
    if tag >> 16 in _GONE_GROUPS or not tag & 0xFFFF or tag == _TRAILING_PADDING:
        return True
    return tag not in MARKERS and dictionary.entry(tag) is None


def prove(element: Element, place: DataSet, reading: Reading) -> bool:
    """Prove that a kept element holds what it must, and nothing else could be hidden in it; True when that depended on its value.
    Refusal `wrong-vr`, `unknown-character-set`, `bad-sop-class` or `pixel-attribute`."""
    entry = dictionary.entry(element.tag)
    if element.coded_vr not in ("", "UN") and entry is not None and element.coded_vr not in entry.vrs:
        raise Refusal("wrong-vr", tag=element.tag, vr=element.coded_vr, length=element.length)
    if element.tag == CHARACTER_SET:
        if not all(_CHARACTER_SET.fullmatch(value) for value in _texts(element, place, reading)):
            raise Refusal("unknown-character-set", tag=element.tag, length=element.length)
        return True
    if element.tag == SOP_CLASS:
        values = _texts(element, place, reading)
        if len(values) != 1 or not all(is_uid(value) for value in values if value):
            raise Refusal("bad-sop-class", tag=element.tag, length=element.length)
        return True
    if not _describes(element, place, reading):
        raise Refusal("pixel-attribute", tag=element.tag, vr=element.vr, length=element.length)
    return VRS[element.vr].kind is not Kind.NUMBER


def is_term(element: Element, place: DataSet, reading: Reading) -> bool:
    """True when a marker holds one of its defined terms and nothing else."""
    values = _texts(element, place, reading)
    return len(values) == 1 and values[0] in _TERMS[element.tag]


def _describes(element: Element, place: DataSet, reading: Reading) -> bool:
    """An element of the image description: a term, a whole number, tags that exist, or one binary number of its size."""
    if not element.length:
        return True
    if element.tag == PHOTOMETRIC:
        return is_term(element, place, reading)
    match element.vr:
        case "IS":
            values = _texts(element, place, reading)
            return len(values) == 1 and re.fullmatch(r"\+?[0-9]{0,10}", values[0], re.ASCII) is not None
        case "AT":
            return all(isinstance(tag, int) and dictionary.entry(tag) is not None for tag in reading.values(element, place))
        case "US":
            return element.length == 2
    return False


def _texts(element: Element, place: DataSet, reading: Reading) -> tuple[str, ...]:
    return tuple(part.strip(" \0") for part in reading.raw(element, place).decode("latin-1").split("\\"))
