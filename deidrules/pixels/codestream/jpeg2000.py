"""JPEG 2000 and HTJ2K codestreams (ISO 15444-1 Annex A, 15444-2, 15444-15): comments go from the main header and those of tile-parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.pixels.codestream.edits import JPEG_2000, Edit, broken, number, shrunk, trailing
from deidrules.pixels.codestream.stamps import JPEG_2000_COMMENTS, matching

START = b"\xff\x4f\xff\x51"

SIZ, TLM, CRG, COM, SOT, SOD, EOC = 0xFF51, 0xFF55, 0xFF63, 0xFF64, 0xFF90, 0xFF93, 0xFFD9
_BOTH = frozenset({0xFF52, 0xFF53, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, COM})  # COD COC QCD QCC RGN POC
_PART_2 = frozenset(range(0xFF70, 0xFF7A))  # DCO VMS DFS ADS MCT MCC NLT MCO CBD ATK
_MAIN = _BOTH | _PART_2 | {0xFF50, 0xFF56, SIZ, TLM, 0xFF57, 0xFF59, 0xFF60, CRG}  # CAP PRF … PLM CPF PPM
_TILE_PART = _BOTH | _PART_2 | {0xFF58, 0xFF61}  # PLT PPT

# In packets no byte above 0x8F follows 0xFF (B.10.1, T.814 7.1), but for the marks of packets, 0xFF91 and 0xFF92
_EOC = re.compile(rb"\xff\xd9")
_COMMENTS = matching(JPEG_2000_COMMENTS)


@dataclass(frozen=True, slots=True)
class _TilePart:
    """Begins at `start`; `length` with its header, `said` as its header says (0: up to the end). `edits` in its header."""

    start: int
    length: int
    said: int
    edits: tuple[Edit, ...]


def edits(data: memoryview) -> list[Edit]:
    """What of a bare codestream goes: COM segments but known stamps of encoders, and bytes behind EOC. Refusal `bad-codestream`."""
    found, end = codestream(data, 0)
    return found + trailing(data, end)


def codestream(data: memoryview, start: int) -> tuple[list[Edit], int]:
    """The edits of a codestream that begins at `start`, and where it ends. What says the length of a tile-part (Psot, TLM) follows the
    comments that are taken out of it; packet lengths and packed packet headers (PLM, PLT, PPM, PPT) do not count them."""
    if bytes(data[start : start + 4]) != START:
        raise broken()
    found: list[Edit] = []
    lengths: list[tuple[int, int]] = []
    at = _headers(data, start + 2, _MAIN, SOT, found, lengths)
    parts: list[_TilePart] = []
    while True:
        part, at = _tile_part(data, at)
        parts.append(part)
        marker = number(data, at, 2)
        if marker == EOC:
            break
        if marker != SOT:
            raise broken()
    if any(part.edits for part in parts):
        found += _told(data, parts, lengths)
        for part in parts:
            found += part.edits
    return sorted(found, key=lambda edit: edit.start), at + 2


def _headers(data: memoryview, at: int, allowed: frozenset[int], last: int, found: list[Edit], lengths: list[tuple[int, int]]) -> int:
    """Follow marker segments to the marker `last`; returns where that stands. `lengths` receives (place, size) of each length in TLM."""
    while (marker := number(data, at, 2)) != last:
        if marker not in allowed:
            raise broken()
        length = number(data, at + 2, 2)
        stop = at + 2 + length
        if length < 2 or stop > len(data):
            raise broken()
        if marker == COM:
            # Rcom 1 is Latin text
            if length < 4 or number(data, at + 4, 2) != 1 or not _COMMENTS.fullmatch(data[at + 6 : stop]):
                found.append(Edit(at, stop, what=JPEG_2000))
        elif marker == SIZ:
            if length < 41 or length != 38 + 3 * number(data, at + 38, 2):
                raise broken()
        elif marker == TLM:
            lengths += _lengths(data, at, stop)
        at = stop
    return at


def _lengths(data: memoryview, at: int, stop: int) -> list[tuple[int, int]]:
    style = number(data, at + 5, 1)
    index, size = style >> 4 & 3, 4 if style >> 6 & 1 else 2
    if index == 3 or (stop - at - 6) % (index + size):
        raise broken()
    return [(place + index, size) for place in range(at + 6, stop, index + size)]


def _tile_part(data: memoryview, at: int) -> tuple[_TilePart, int]:
    """The tile-part whose SOT stands at `at`, and where it ends."""
    if number(data, at + 2, 2) != 10:
        raise broken()
    said = number(data, at + 6, 4)
    found: list[Edit] = []
    data_at = _headers(data, at + 12, _TILE_PART, SOD, found, []) + 2
    if said:
        end = at + said
    else:
        eoc = _EOC.search(data, data_at)
        if eoc is None:
            raise broken()
        end = eoc.start()
    if not data_at <= end <= len(data):
        raise broken()
    return _TilePart(at, end - at, said, tuple(found)), end


def _told(data: memoryview, parts: list[_TilePart], lengths: list[tuple[int, int]]) -> list[Edit]:
    """The edits of what says how long tile-parts are. What was wrong before cannot be corrected: refusal `bad-codestream`."""
    found: list[Edit] = []
    if lengths and [number(data, place, size) for place, size in lengths] != [part.length for part in parts]:
        raise broken()
    for number_, part in enumerate(parts):
        less = shrunk(part.edits)
        if not less:
            continue
        if part.said:
            found.append(Edit(part.start + 6, part.start + 10, (part.said - less).to_bytes(4, "big")))
        if lengths:
            place, size = lengths[number_]
            found.append(Edit(place, place + size, (part.length - less).to_bytes(size, "big")))
    return found
