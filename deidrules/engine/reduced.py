"""The one item that D leaves of a sequence: what its IOD makes Type 1 there, with dummies, and Type 2, empty (rule 14 of the language)."""

from __future__ import annotations

from deidrules.actions.base import Keys
from deidrules.actions.dummy import dummy_values
from deidrules.dicom import dictionary, dummies, values, writer
from deidrules.dicom.element import Encoding
from deidrules.dicom.iod import IodNode

# A dummy of several VRs takes the one that always fits: OB and US before OW and SS.
_ORDER = ("OB", "US")


def reduced(sequence: int, items: IodNode | None, encoding: Encoding, keys: Keys) -> bytes:
    """An item with its header, of defined length; empty where the IOD knows nothing of the sequence. All texts in it are ASCII."""
    parts = (
        [] if items is None else [_element(sequence, tag, type_, items, encoding, keys) for tag, type_ in dummies.members(sequence, items)]
    )
    body = b"".join(parts)
    return writer.item_header(len(body), encoding) + body


def _element(sequence: int, tag: int, type_: int, items: IodNode, encoding: Encoding, keys: Keys) -> bytes:
    entry = dictionary.entry(tag)
    vrs = ("UN",) if entry is None else entry.vrs
    vr = next((vr for vr in _ORDER if vr in vrs), vrs[0])
    if type_ == 2:
        return writer.element(tag, vr, b"", encoding)
    if vr == "SQ":
        return writer.element(tag, vr, reduced(tag, items.below(tag), encoding, keys), encoding)
    return writer.element(tag, vr, values.encode(dummy_values(tag, vr, keys, sequence), vr, encoding, ()), encoding)
