"""RLE (PS3.5 Annex G): the header is proven, and what of it is not used becomes zero.

How long a segment is follows from the pixels decoded of it. Bytes behind the end of a segment are not looked for: that takes decoding."""

from __future__ import annotations

from itertools import pairwise
from struct import unpack

from deidrules.pixels.codestream.edits import EXCESS, Edit, broken

_HEADER = 64


def edits(data: memoryview) -> list[Edit]:
    """What of the header is not used goes. Refusal `bad-codestream` when the segments do not follow each other from its end on."""
    if len(data) < _HEADER:
        raise broken()
    count, *offsets = unpack("<16I", data[:_HEADER])
    used = offsets[:count]
    if not 1 <= count <= 15 or used[0] != _HEADER or any(one >= other for one, other in pairwise([*used, len(data)])):
        raise broken()
    if any(offsets[count:]):
        first = 4 + 4 * count
        return [Edit(first, _HEADER, bytes(_HEADER - first), EXCESS)]
    return []
