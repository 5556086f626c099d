"""DICOM written byte by byte for the tests: small, independent of the package, able to write what no library would."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
NO_END = 0xFFFFFFFF

IMPLICIT_UID = "1.2.840.10008.1.2"
EXPLICIT_UID = "1.2.840.10008.1.2.1"
DEFLATED_UID = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN_UID = "1.2.840.10008.1.2.2"
JPEG_UID = "1.2.840.10008.1.2.4.50"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


@dataclass(frozen=True)
class Coding:
    """How to write: explicit VR or not, and `struct`'s letter for the byte order."""

    explicit: bool = True
    order: str = "<"


EXPLICIT = Coding()
IMPLICIT = Coding(explicit=False)
BIG = Coding(order=">")
UIDS = {EXPLICIT: EXPLICIT_UID, IMPLICIT: IMPLICIT_UID, BIG: BIG_ENDIAN_UID}


def tag_bytes(tag: int, coding: Coding = EXPLICIT) -> bytes:
    return pack(coding.order + "HH", tag >> 16, tag & 0xFFFF)


def padded(value: bytes, vr: str) -> bytes:
    return value + (b"\0" if vr in LONG | {"UI"} - {"UC", "UR", "UT"} else b" ") * (len(value) & 1)


def element(
    tag: int, vr: str, value: bytes | str = b"", coding: Coding = EXPLICIT, *, length: int | None = None, reserved: int = 0
) -> bytes:
    """One element. Text is padded to even length, bytes are written as they are; `length` overrules the true one."""
    data = padded(value.encode("ascii"), vr) if isinstance(value, str) else value
    size = len(data) if length is None else length
    if not coding.explicit:
        return tag_bytes(tag, coding) + pack(coding.order + "I", size) + data
    if vr in LONG:
        return tag_bytes(tag, coding) + vr.encode("latin-1") + pack(coding.order + "HI", reserved, size) + data
    return tag_bytes(tag, coding) + vr.encode("latin-1") + pack(coding.order + "H", size) + data


def number(tag: int, value: int, coding: Coding = EXPLICIT) -> bytes:
    """A US element."""
    return element(tag, "US", pack(coding.order + "H", value), coding)


def item(content: bytes = b"", coding: Coding = EXPLICIT, *, undefined: bool = False) -> bytes:
    if undefined:
        return tag_bytes(0xFFFEE000, coding) + pack("<I", NO_END) + content + tag_bytes(0xFFFEE00D, coding) + bytes(4)
    return tag_bytes(0xFFFEE000, coding) + pack(coding.order + "I", len(content)) + content


def sequence(tag: int, *items: bytes, coding: Coding = EXPLICIT, undefined: bool = False, vr: str = "SQ") -> bytes:
    content = b"".join(items)
    if undefined:
        content += tag_bytes(0xFFFEE0DD, coding if vr == "SQ" else IMPLICIT) + bytes(4)
        return element(tag, vr, content, coding, length=NO_END)
    return element(tag, vr, content, coding)


def fragments(*contents: bytes, ended: bool = True, vr: str = "OB") -> bytes:
    """Encapsulated pixel data with an empty offset table before the given fragments."""
    body = b"".join(item(content) for content in (b"", *contents))
    return element(0x7FE00010, vr, body + (tag_bytes(0xFFFEE0DD) + bytes(4) if ended else b""), length=NO_END)


def meta(transfer_syntax: str | None = EXPLICIT_UID, *, sop_class: str = CT_IMAGE, group_length: int | None = None) -> bytes:
    """Group 0002; `group_length` overrules the true one, a negative one leaves the element out."""
    body = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", sop_class) + element(0x00020003, "UI", "1.2.3")
    if transfer_syntax is not None:
        body += element(0x00020010, "UI", transfer_syntax)
    if group_length is not None and group_length < 0:
        return body
    return element(0x00020000, "UL", pack("<I", len(body) if group_length is None else group_length)) + body


def file(
    data_set: bytes, transfer_syntax: str | None = EXPLICIT_UID, *, sop_class: str = CT_IMAGE, group_length: int | None = None
) -> bytes:
    """Preamble, DICM, file meta information, data set."""
    return bytes(128) + b"DICM" + meta(transfer_syntax, sop_class=sop_class, group_length=group_length) + data_set


def deflated(data_set: bytes) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return file(machine.compress(data_set) + machine.flush(), DEFLATED_UID)


def identity(coding: Coding = EXPLICIT) -> bytes:
    """What every object has, in groups 0008 to 0020."""
    return (
        element(0x00080016, "UI", CT_IMAGE, coding)
        + element(0x00080018, "UI", "1.2.3", coding)
        + element(0x00080060, "CS", "CT", coding)
        + element(0x00100010, "PN", "DOE^JANE", coding)
        + element(0x00100020, "LO", "4711", coding)
        + element(0x0020000D, "UI", "1.2.4", coding)
        + element(0x0020000E, "UI", "1.2.5", coding)
    )


def image(
    coding: Coding = EXPLICIT, *, rows: int = 4, columns: int = 6, frames: int = 1, bits: int = 8, samples: int = 1,
    photometric: str = "MONOCHROME2", pixels: bytes | None = None,
) -> bytes:  # fmt: skip
    """Identity, geometry and native pixel data of zeros."""
    size = rows * columns * frames * samples * bits // 8
    data = bytes(size + (size & 1)) if pixels is None else pixels
    return (
        identity(coding)
        + number(0x00280002, samples, coding)
        + element(0x00280004, "CS", photometric, coding)
        + element(0x00280008, "IS", str(frames), coding)
        + number(0x00280010, rows, coding)
        + number(0x00280011, columns, coding)
        + number(0x00280100, bits, coding)
        + number(0x00280101, bits, coding)
        + number(0x00280102, bits - 1, coding)
        + number(0x00280103, 0, coding)
        + element(0x7FE00010, "OW", data, coding)
    )


def rich(coding: Coding = EXPLICIT) -> bytes:
    """A small data set with everything the walker has to tell apart: nesting of both kinds of length, private blocks, UN, group length."""
    deep = sequence(0x00081140, item(element(0x00081155, "UI", "1.2.9", coding), coding, undefined=True), coding=coding, undefined=True)
    inner = deep + element(0x00091001, "LO", "ORPHAN", coding)
    return (
        element(0x00080005, "CS", "ISO_IR 100", coding)
        + element(0x00080016, "UI", CT_IMAGE, coding)
        + element(0x00080018, "UI", "1.2.3", coding)
        + sequence(0x00081110, item(inner, coding), item(b"", coding), coding=coding)
        + sequence(0x00081115, coding=coding, undefined=True)
        + element(0x00090010, "LO", "ACME 1.1", coding)
        + element(0x00090011, "LO", "Other Maker", coding)
        + element(0x00091001, "LO", "PRIVATE", coding)
        + element(0x00091102, "UN", item(element(0x00100010, "PN", "DOE^JOHN", IMPLICIT), IMPLICIT), coding)
        + element(0x00091103, "UN", b"\xfe\xff\x00\xe0broken item", coding)
        + element(0x00100010, "PN", "DOE^JANE", coding)
        + number(0x00280103, 1, coding)
        + element(0x00280106, "SS", pack(coding.order + "h", -5), coding)
        + element(0x7FE00010, "OW", bytes(24), coding)
    )


def changed(data: bytes, at: int, new: bytes) -> bytes:
    """The bytes with some of them overwritten."""
    return data[:at] + new + data[at + len(new) :]


def cuts(data: bytes) -> Iterator[bytes]:
    """Every beginning of the bytes."""
    return (data[:length] for length in range(len(data)))
