"""The frame header of a JPEG or JPEG-LS stream: where it stands among the markers (ITU-T T.81 B.2.2, ISO 14495-1 C.2.2)."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import broken

_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}


def frame_header(frame: bytes, process: int) -> tuple[int, int]:
    """(precision, number of components) of a stream of this process, the second byte of its SOF marker. Refusal
    `compressed-frame-broken` for one of another process, IndexError for one that ends before."""
    position = 2
    while frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == process:
            return frame[position + 4], frame[position + 9]
        if marker in _FRAMES:
            raise broken()
        position += 2 + int.from_bytes(frame[position + 2 : position + 4])
    raise broken()
