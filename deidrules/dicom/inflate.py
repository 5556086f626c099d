"""Deflated data sets, PS3.5 A.5, inflated within bounds."""

from __future__ import annotations

import zlib

from deidrules.dicom.limits import Limits
from deidrules.text.refusal import Refusal


def inflate(data: bytes, start: int, limits: Limits) -> tuple[bytes, int]:
    """(the inflated data set, how many bytes lie behind the deflated one). Raises Refusal `deflate-bomb` or `deflate-broken`."""
    deflated = len(data) - start
    most = min(limits.inflated, max(limits.inflated_freely, deflated * limits.inflated_ratio))
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = machine.decompress(memoryview(data)[start:], most + 1)
    except zlib.error:
        raise Refusal("deflate-broken", length=deflated) from None
    if len(inflated) > most:
        raise Refusal("deflate-bomb", length=deflated, expected=most)
    if not machine.eof:
        raise Refusal("deflate-broken", length=deflated)
    return inflated, len(machine.unused_data)
