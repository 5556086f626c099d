"""Two stretches of bytes compared, a piece at a time."""

from __future__ import annotations

from deidrules.dicom.buffer import View, loaded

CHUNK = 1 << 18  # bytes: what fits into a processor's cache is fastest


def equal(one: View, other: View) -> bool:
    """True for the same bytes. Memoryviews compare themselves item by item, which takes ten times as long."""
    import numpy

    if len(one) != len(other):
        return False
    return all(
        numpy.array_equal(numpy.frombuffer(loaded(one[at : at + CHUNK]), "u1"), numpy.frombuffer(loaded(other[at : at + CHUNK]), "u1"))
        for at in range(0, len(one), CHUNK)
    )
