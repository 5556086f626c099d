"""ICC colour profiles (ICC.1, ISO 15076-1): a profile with what it says of colours, and none of its texts, dates and serial numbers."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack, unpack_from

TAG = 0x00282000  # ICC Profile

_HEADER = 128
_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"link", b"spac", b"abst", b"nmcl"})
_CONNECTION = frozenset({b"XYZ ", b"Lab "})
_SPACES = frozenset(
    {b"XYZ ", b"Lab ", b"Luv ", b"YCbr", b"Yxy ", b"RGB ", b"GRAY", b"HSV ", b"HLS ", b"CMYK", b"CMY "}
    | {b"%XCLR" % channels for channels in range(2, 16)}
)
_D50 = bytes.fromhex("0000f6d6000100000000d32d")
# The elements that a conversion of colours reads; what else a profile may hold describes the device, or is text
_CURVES = frozenset({b"rTRC", b"gTRC", b"bTRC", b"kTRC"})
_TABLES = frozenset({b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt", b"pre0", b"pre1", b"pre2"})
_COLOURS = _CURVES | _TABLES | {b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"chad", b"chrm"}
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}  # of a `para` curve, by kind

# What the two texts say that every profile has to have
_DESCRIPTION, _COPYRIGHT = "colour profile", "none"


def colours_only(profile: bytes) -> bytes | None:
    """The profile made anew: the header without date, maker, model, creator and platform, and the elements that hold numbers a conversion
    of colours reads, each as long as its own figures say. None when it cannot be read as a profile, or converts nothing."""
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp" or profile[8] not in (2, 4):
        return None
    kind, space, connection = profile[12:16], profile[16:20], profile[20:24]
    if kind not in _CLASSES or space not in _SPACES or connection not in (_SPACES if kind == b"link" else _CONNECTION):
        return None
    (count,) = unpack_from(">I", profile, _HEADER)
    if count > 100 or len(profile) < _HEADER + 4 + 12 * count:
        return None
    kept: dict[bytes, bytes] = {}
    for index in range(count):
        signature, start, size = unpack_from(">4sII", profile, _HEADER + 4 + 12 * index)
        if signature in _COLOURS and signature not in kept:
            element = _element(profile[start : start + size])
            if element is None:
                return None
            kept[signature] = element
    if not kept.keys() & (_CURVES | {b"A2B0", b"A2B1"}):
        return None
    (intent,) = unpack_from(">I", profile, 64)
    version = profile[8]
    texts = {b"desc": _described(_DESCRIPTION, version), b"cprt": _text(_COPYRIGHT, version)}
    return _written(version, kind + space + connection, intent & 3, {**texts, **kept})


def _element(data: bytes) -> bytes | None:
    """An element without what lies behind its numbers; None for a kind that is not known, or that is too short."""
    measure = _LENGTHS.get(data[:4])
    if measure is None or len(data) < 12:
        return None
    length = measure(data)
    if length is None or length > len(data):
        return None
    return data[:4] + bytes(4) + data[8:length]


def _parametric(data: bytes) -> int | None:
    known = _PARAMETERS.get(unpack_from(">H", data, 8)[0])
    return None if known is None else 12 + 4 * known


def _table(data: bytes) -> int | None:
    """`mft1` and `mft2`: curves in, a grid, curves out."""
    wide = data[:4] == b"mft2"
    if len(data) < 52:
        return None
    inputs, outputs, points = data[8], data[9], data[10]
    if not (1 <= inputs <= 15 and 1 <= outputs <= 15):
        return None
    before, after = unpack_from(">HH", data, 48) if wide else (256, 256)
    numbers = int(before * inputs + points**inputs * outputs + after * outputs)
    return 52 + 2 * numbers if wide else 48 + numbers


_LENGTHS: dict[bytes, Callable[[bytes], int | None]] = {
    b"XYZ ": lambda data: 20,
    b"curv": lambda data: 12 + 2 * int(unpack_from(">I", data, 8)[0]),
    b"para": _parametric,
    b"sf32": lambda data: 44,  # a matrix of three by three
    b"chrm": lambda data: 12 + 8 * int(unpack_from(">H", data, 8)[0]),
    b"mft1": _table,
    b"mft2": _table,
    b"mAB ": len,  # curves and grids by offsets within it
    b"mBA ": len,
}


def _described(text: str, version: int) -> bytes:
    if version == 4:
        return _text(text, version)
    content = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + pack(">I", len(content)) + content + bytes(4 + 4 + 2 + 1 + 67)


def _text(text: str, version: int) -> bytes:
    if version != 4:
        return b"text" + bytes(4) + text.encode("ascii") + b"\0"
    content = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + pack(">II2s2sII", 1, 12, b"en", b"US", len(content), 28) + content


def _written(version: int, spaces: bytes, intent: int, elements: dict[bytes, bytes]) -> bytes:
    places: dict[bytes, int] = {}
    body, start = b"", _HEADER + 4 + 12 * len(elements)
    for content in elements.values():
        if content not in places:  # the three curves of a grey scale are often one
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
    table = b"".join(pack(">4sII", signature, places[content], len(content)) for signature, content in elements.items())
    header = pack(">I4s4s12s", start + len(body), bytes(4), bytes((version, 0, 0, 0)), spaces)
    header += pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(24) + pack(">I", intent) + _D50 + bytes(48)
    return header + pack(">I", len(elements)) + table + body
