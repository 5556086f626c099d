"""Deflated image frames (PS3.5 A.4.13, RFC 1951): bytes behind the end of the stream go."""

from __future__ import annotations

import zlib

from deidrules.pixels.codestream.edits import Edit, broken, trailing

_PIECE = 1 << 20  # bytes inflated at a time, and forgotten


def edits(data: memoryview) -> list[Edit]:
    """What of a frame goes. Refusal `bad-codestream` when the stream does not come to its end."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = data
    try:
        while rest and not machine.eof:
            machine.decompress(rest, _PIECE)
            rest = machine.unconsumed_tail
    except zlib.error:
        raise broken() from None
    if not machine.eof:
        raise broken()
    return trailing(data, len(data) - len(machine.unused_data))
