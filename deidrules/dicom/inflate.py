"""Deflated data sets, PS3.5 A.5, inflated within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from deidrules.dicom.buffer import Buffer
from deidrules.dicom.limits import Limits
from deidrules.text.refusal import Refusal


def inflate(data: Buffer, start: int, limits: Limits) -> tuple[bytes, int]:
    """(the inflated data set, how many bytes lie behind the deflated one). Raises Refusal `deflate-bomb` or `deflate-broken`."""
    deflated = len(data) - start
    most = min(limits.inflated, max(limits.inflated_freely, deflated * limits.inflated_ratio))
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated: list[bytes] = []
    taken = size = 0
    for piece in _pieces(data, start):
        try:
            inflated.append(machine.decompress(piece, most + 1 - size))
        except zlib.error:
            raise Refusal("deflate-broken", length=deflated) from None
        size += len(inflated[-1])
        taken += len(piece)
        if size > most:
            raise Refusal("deflate-bomb", length=deflated, expected=most)
        if machine.eof:
            break
    if not machine.eof:
        raise Refusal("deflate-broken", length=deflated)
    return inflated[0] if len(inflated) == 1 else b"".join(inflated), len(machine.unused_data) + deflated - taken


def _pieces(data: Buffer, start: int) -> Iterator[bytes | memoryview]:
    if isinstance(data, bytes):
        yield memoryview(data)[start:]
    else:
        yield from data.pieces(start, len(data))
