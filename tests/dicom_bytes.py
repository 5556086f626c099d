"""DICOM files put together byte by byte, for tests that need what no library would write."""

from __future__ import annotations

import struct
import zlib

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
CT = "1.2.840.10008.5.1.4.1.1.2"
_LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})


def element(tag: int, vr: str, value: bytes | str, *, length: int | None = None) -> bytes:
    """One element, explicit VR little endian. `length` overrules the truth."""
    data = value.encode("ascii") if isinstance(value, str) else value
    if len(data) % 2:
        data += b"\x00" if vr in {"UI", "OB", "UN"} else b" "
    size = len(data) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode("ascii"))
    return head + (struct.pack("<HI", 0, size) if vr in _LONG else struct.pack("<H", size)) + data


def nested(depth: int, innermost: bytes = b"") -> bytes:
    """A sequence within a sequence within …, all of undefined length."""
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    closing = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return opening * depth + innermost + closing * depth


def file(dataset: bytes, *, transfer_syntax: str = EXPLICIT_LITTLE) -> bytes:
    """Preamble, file meta information and a data set."""
    meta = (
        element(0x00020001, "OB", b"\x00\x01")
        + element(0x00020002, "UI", CT)
        + element(0x00020003, "UI", "2.25.1")
        + element(0x00020010, "UI", transfer_syntax)
    )
    return b"\x00" * 128 + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + dataset


def identity(name: str = "EXAMPLE^SECRET") -> list[bytes]:
    """The elements every test object has, in tag order."""
    return [
        element(0x00080016, "UI", CT),
        element(0x00080018, "UI", "2.25.1"),
        element(0x00080060, "CS", "CT"),
        element(0x00100010, "PN", name),
        element(0x00100020, "LO", "SECRET-4711"),
        element(0x0020000D, "UI", "2.25.2"),
        element(0x0020000E, "UI", "2.25.3"),
    ]


def deflated(dataset: bytes) -> bytes:
    """The data set as the deflated transfer syntax stores it."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return file(squeeze.compress(dataset) + squeeze.flush(), transfer_syntax=DEFLATED)
