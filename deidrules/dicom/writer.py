"""Headers and delimiters as bytes, PS3.5 7.1 and 7.5."""

from __future__ import annotations

from struct import pack

from deidrules.dicom.element import Encoding
from deidrules.dicom.header import ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, UNDEFINED
from deidrules.dicom.vr import LONG_HEADER
from deidrules.text.refusal import Refusal


def _tag(tag: int, encoding: Encoding) -> bytes:
    return pack(encoding.order + "HH", tag >> 16, tag & 0xFFFF)


def element_header(tag: int, vr: str, length: int | None, encoding: Encoding) -> bytes:
    """The header of an element; `length` None is the undefined length. Raises Refusal `value-too-long` where a VR's 16-bit length field
    cannot hold it."""
    size = UNDEFINED if length is None else length
    if not encoding.explicit:
        return _tag(tag, encoding) + pack(encoding.order + "I", size)
    if vr in LONG_HEADER:
        return _tag(tag, encoding) + vr.encode("ascii") + pack(encoding.order + "HI", 0, size)
    if size > 0xFFFF:
        raise Refusal("value-too-long", tag=tag, vr=vr, length=size, expected=0xFFFF)
    return _tag(tag, encoding) + vr.encode("ascii") + pack(encoding.order + "H", size)


def element(tag: int, vr: str, value: bytes, encoding: Encoding) -> bytes:
    """A whole element of a value that is already encoded and padded."""
    return element_header(tag, vr, len(value), encoding) + value


def item_header(length: int | None, encoding: Encoding) -> bytes:
    """Begins an item or a fragment; `length` None is the undefined length."""
    return _tag(ITEM, encoding) + pack(encoding.order + "I", UNDEFINED if length is None else length)


def item_delimiter(encoding: Encoding) -> bytes:
    """Ends an item of undefined length."""
    return _tag(ITEM_DELIMITER, encoding) + bytes(4)


def sequence_delimiter(encoding: Encoding) -> bytes:
    """Ends a sequence of undefined length, and encapsulated pixel data."""
    return _tag(SEQUENCE_DELIMITER, encoding) + bytes(4)
