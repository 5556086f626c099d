"""JPEG and JPEG-LS (ISO 10918-1, 14495-1): application data and comments go, between the scans too; what decoders need stays."""

from __future__ import annotations

import re
from collections.abc import Callable

from deidrules.pixels.codestream.edits import EXCESS, JPEG, Edit, broken, number, trailing
from deidrules.pixels.codestream.stamps import JPEG_APPLICATIONS, JPEG_COMMENTS, JPEG_LS_APPLICATIONS, matching

START = b"\xff\xd8\xff"

EOI, SOS, DHP, APP, COM, SOF_LS = 0xD9, 0xDA, 0xDE, 0xE0, 0xFE, 0xF7
_FRAMES = frozenset({*range(0xC0, 0xD0), SOF_LS}) - {0xC4, 0xC8, 0xCC}

_START = re.compile(START)
# In entropy-coded data 0xFF is followed by zero (JPEG) or by a byte whose first bit is zero (JPEG-LS), or begins a marker; restart
# markers belong to the data.
_ENDS_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
_ENDS_SCAN_LS = re.compile(rb"\xff[\x80-\xcf\xd8-\xff]", re.DOTALL)

_STAMPS = {COM: matching(JPEG_COMMENTS), APP: matching(JPEG_APPLICATIONS), APP + 8: matching(JPEG_LS_APPLICATIONS)}


def edits(data: memoryview) -> list[Edit]:
    """What of a frame goes: APPn and COM segments wherever markers stand, bytes before SOI and behind EOI. Refusal `bad-codestream` when a
    marker does not belong there, a segment is not as long as what it says, or the image has no end."""
    begun = _START.search(data)
    if begun is None:
        raise broken()
    at = begun.start()
    found = [Edit(0, at, what=EXCESS)] if at else []
    at += 2
    seen: dict[str, bytes] = {}
    ends_scan = _ENDS_SCAN
    frame = scan = False
    while True:
        begin = at
        if number(data, at, 1) != 0xFF:
            raise broken()
        while (marker := number(data, at, 1)) == 0xFF:
            at += 1  # fill bytes, B.1.1.2
        at += 1
        if marker == EOI:
            break
        stop = at + number(data, at, 2)
        if not at + 2 <= stop <= len(data):
            raise broken()
        body = bytes(data[at + 2 : stop]) if marker != SOS else bytes(data[at + 2 : min(stop, at + 16)])
        if marker & 0xF0 == APP or marker == COM:
            found += _beside(marker, body, begin, at, stop, seen)
        elif not _sound(marker, body, stop - at - 2):
            raise broken()
        if marker in _FRAMES:
            frame = True
            ends_scan = _ENDS_SCAN_LS if marker == SOF_LS else _ENDS_SCAN
        at = stop
        if marker == SOS:
            scan = True
            end = ends_scan.search(data, at)
            if end is None:
                raise broken()
            at = end.start()
    if not frame or not scan:
        raise broken()
    return found + trailing(data, at)


def _beside(marker: int, body: bytes, begin: int, at: int, stop: int, seen: dict[str, bytes]) -> list[Edit]:
    """What becomes of a segment beside the image: of one that stays at most its meaningful bytes, and of those only the first."""
    stamps = _STAMPS.get(marker)
    if stamps is not None and stamps.fullmatch(body):
        return []
    name, kept = _needed(marker, body)
    if name in seen and seen[name][-1] != kept[-1]:
        raise broken()  # two that contradict each other: which one a decoder follows is not known
    if not name or name in seen:
        return [Edit(begin, stop, what=JPEG)]
    seen[name] = kept
    return [] if kept == body else [Edit(at, stop, (len(kept) + 2).to_bytes(2, "big") + kept, JPEG)]


def _needed(marker: int, body: bytes) -> tuple[str, bytes]:
    """(what it is, its meaningful bytes) of a segment that decoders rest the colours on; ("", b"") of every other."""
    if marker == APP and body.startswith(b"JFIF\0") and len(body) >= 14:
        return "JFIF", body[:12] + b"\0\0"  # without the thumbnail
    if marker == APP + 14 and body.startswith(b"Adobe") and len(body) >= 12:
        return "Adobe", body[:12]  # the last of them is the colour transform
    if marker == APP + 8 and body.startswith(b"mrfx") and len(body) == 5:
        return "mrfx", body  # HP's colour transform in JPEG-LS
    return "", b""


def _sound(marker: int, body: bytes, length: int) -> bool:
    """True when a segment of the image is of a kind that may stand here and as long as what it says, so that nothing fits in behind."""
    if marker in _FRAMES or marker == DHP:
        return length >= 6 and length == 6 + 3 * body[5]
    match marker:
        case 0xDA:  # SOS
            return length >= 1 and length == 4 + 2 * body[0]
        case 0xDB:  # DQT
            return _filled(body, lambda at: 129 if body[at] >> 4 else 65)
        case 0xC4:  # DHT
            return _filled(body, lambda at: 17 + sum(body[at + 1 : at + 17]))
        case 0xCC:  # DAC
            return length > 0 and length % 2 == 0
        case 0xDC:  # DNL
            return length == 2
        case 0xDD:  # DRI, longer than two bytes in JPEG-LS alone
            return 2 <= length <= 4
        case 0xDF:  # EXP
            return length == 1
        case 0xF8:  # LSE: parameters, two kinds of mapping tables (colours), a size
            return length >= 1 and (length == 11 if body[0] == 1 else body[0] in (2, 3, 4))
    return False


def _filled(body: bytes, size: Callable[[int], int]) -> bool:
    """True when tables fill the segment exactly."""
    at = 0
    while at < len(body):
        at += size(at)
    return at == len(body) > 0
