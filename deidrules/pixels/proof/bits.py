"""Bit maps before and after: images of one bit a pixel, and overlay planes. Lowest bit first, frames without padding (PS3.5 8.1)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from deidrules.dicom.buffer import View, loaded
from deidrules.pixels.proof.wanted import Wanted
from deidrules.plan.pixels import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 1 << 14  # bytes taken apart at a time


def bit_maps_hold(
    before: View,
    after: View,
    rows: int,
    columns: int,
    touched: Sequence[int],
    wanted: Callable[[int], Wanted],
    *,
    black: int,
    white: int,
    words: bool,
) -> bool:
    """True when each pixel that is to be blanked has the bit `black` (or `white`, in marks), and every other bit is as before. Both values
    are equally long; `touched` are the frames that something is asked of, ascending, from 0.

    `words`: readers of big endian words disagree about the order of the bytes, so a pixel is blanked in both places that it may stand in;
    where a mark of one reading meets a blank of the other, either bit is right."""
    import numpy

    for start in range(0, len(after), CHUNK):
        stop = min(start + CHUNK, len(after))
        one, other = (numpy.frombuffer(loaded(value[start:stop]), "u1") for value in (before, after))
        painted = _painted(8 * start, 8 * stop, rows, columns, touched, wanted, black, white)
        if painted is None:
            if not numpy.array_equal(one, other):
                return False
            continue
        found, expected = numpy.unpackbits(other, bitorder="little"), numpy.unpackbits(one, bitorder="little")
        readings = [painted, painted.reshape(-1, 2, 8)[:, ::-1].reshape(-1)] if words else [painted]
        asked = numpy.logical_or.reduce([reading >= 0 for reading in readings])
        right = numpy.logical_or.reduce([reading == found for reading in readings])
        if not numpy.where(asked, right, found == expected).all():
            return False
    return True


def _painted(
    start: int,
    stop: int,
    rows: int,
    columns: int,
    touched: Sequence[int],
    wanted: Callable[[int], Wanted],
    black: int,
    white: int,
) -> NDArray[Any] | None:
    """For the bits `start` .. `stop` - 1: 0 or 1 where one is asked for, -1 elsewhere; None where nothing is asked for."""
    import numpy

    size = rows * columns
    first = bisect_left(touched, start // size)
    found = None
    for frame in touched[first:]:
        if frame * size >= stop:
            break
        asked = wanted(frame)
        if found is None:
            found = numpy.full(stop - start, -1, "i1")
        for rectangles, bit in ((asked.blanks, black), (asked.marks, white)):
            for rectangle in rectangles:
                _paint(found, frame * size - start, columns, rectangle, bit)
    return found


def _paint(bits: NDArray[Any], base: int, columns: int, rectangle: Rectangle, bit: int) -> None:
    """`base`: where the frame begins."""
    top = max(rectangle.top, -base // columns)
    bottom = min(rectangle.bottom, (len(bits) - base) // columns + 1)
    for row in range(top, bottom):
        left = max(base + row * columns + rectangle.left, 0)
        right = max(base + row * columns + rectangle.right, 0)
        bits[left:right] = bit
