"""Transfer syntaxes, PS3.5 Annex A and PS3.6 A: how each codes the data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding
from deidrules.dicom.uid import registry
from deidrules.text.refusal import Refusal

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """`encapsulated`: pixel data comes in fragments."""

    uid: str
    encoding: Encoding
    deflated: bool = False
    encapsulated: bool = False


# pixel data by reference or over a network: nothing that lies in a file as one of these codes
_NOT_IN_FILES = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.", "1.2.840.10008.1.20")
_DEFLATED = frozenset({DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
_NATIVE_EXPLICIT = frozenset({EXPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.204"}) | _DEFLATED


@cache
def _known() -> dict[str, TransferSyntax]:
    known: dict[str, TransferSyntax] = {}
    for uid, row in registry().items():
        if row.kind != "Transfer Syntax" or uid.startswith(_NOT_IN_FILES):
            continue
        encoding = {IMPLICIT_VR_LITTLE_ENDIAN: IMPLICIT_LITTLE, EXPLICIT_VR_BIG_ENDIAN: EXPLICIT_BIG}.get(uid, EXPLICIT_LITTLE)
        native = uid in _NATIVE_EXPLICIT or encoding is not EXPLICIT_LITTLE
        known[uid] = TransferSyntax(uid, encoding, deflated=uid in _DEFLATED, encapsulated=not native)
    return known


def transfer_syntax(uid: str) -> TransferSyntax:
    """The transfer syntax of a UID. Raises Refusal `unknown-transfer-syntax` for private ones (the GE one with byte-swapped pixels, too)
    and those that are not for files."""
    found = _known().get(uid)
    if found is None:
        raise Refusal("unknown-transfer-syntax")
    return found
