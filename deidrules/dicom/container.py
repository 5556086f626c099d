"""The outside of an output file, PS3.10 7.1: built from nothing, so that nothing of the input's can stay in it."""

from __future__ import annotations

from functools import lru_cache
from struct import pack

from deidrules.dicom.element import EXPLICIT_LITTLE
from deidrules.dicom.meta import MAGIC, PREAMBLE
from deidrules.dicom.writer import element

IMPLEMENTATION_CLASS_UID = "2.25.297120517326108928653834477955923245657"


@lru_cache(maxsize=1)
def implementation_version_name() -> str:
    """(0002,0013): SH, at most 16 characters."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("deidrules")
    except PackageNotFoundError:
        installed = "0"
    return f"DEIDRULES_{installed}"[:16]


def _uid(text: str) -> bytes:
    coded = text.encode("ascii")
    return coded + b"\0" * (len(coded) & 1)


@lru_cache(maxsize=512)
def _around(sop_class: str, transfer_syntax: str) -> tuple[bytes, bytes]:
    """What stands before and behind Media Storage SOP Instance UID, the one part that differs within a series."""
    before = element(0x00020001, "OB", b"\0\1", EXPLICIT_LITTLE)
    if sop_class:
        before += element(0x00020002, "UI", _uid(sop_class), EXPLICIT_LITTLE)
    behind = (
        element(0x00020010, "UI", _uid(transfer_syntax), EXPLICIT_LITTLE)
        + element(0x00020012, "UI", _uid(IMPLEMENTATION_CLASS_UID), EXPLICIT_LITTLE)
        + element(0x00020013, "SH", _padded(implementation_version_name()), EXPLICIT_LITTLE)
    )
    return before, behind


def _padded(text: str) -> bytes:
    coded = text.encode("ascii")
    return coded + b" " * (len(coded) & 1)


def file_meta(sop_class: str, sop_instance: str, transfer_syntax: str) -> bytes:
    """Preamble of zeros, DICM and file meta information with correct group length; the three UIDs without padding. Of an object without
    SOP class or instance UID it names none: an empty one would say that the two differ."""
    before, behind = _around(sop_class, transfer_syntax)
    named = element(0x00020003, "UI", _uid(sop_instance), EXPLICIT_LITTLE) if sop_instance else b""
    group = before + named + behind
    return bytes(PREAMBLE) + MAGIC + element(0x00020000, "UL", pack("<I", len(group)), EXPLICIT_LITTLE) + group
