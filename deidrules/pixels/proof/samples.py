"""Samples of a frame before and after, held against what is wanted of it: slow and plain, some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.proof.wanted import Colour, Wanted, shift_of
from deidrules.plan.pixels import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """How the samples of a row lie: `samples` words for each `step` pixels side by side."""

    samples: int = 1
    step: int = 1

    def across(self, rectangle: Rectangle) -> slice:
        """The words of a row that a rectangle holds, with those it shares."""
        return slice(rectangle.left // self.step * self.samples, -(-rectangle.right // self.step) * self.samples)


def rows_hold(before: Words, after: Words, top: int, wanted: Wanted, colour: Colour | None, grid: Grid, facts: PixelFacts) -> bool:
    """True when these rows of a frame, from row `top` on, are what is wanted: the fill in the blanks, nothing in cleared bits, every other
    bit as before. `before`, `after`: rows x words, unsigned. `colour` is None where nothing is blanked."""
    import numpy

    differs = before ^ after
    painted = [(blank, colour.black) for blank in wanted.blanks] + [(mark, colour.white) for mark in wanted.marks] if colour else []
    for rectangle, pixel in painted:
        rows, words = _rows(rectangle, top, len(after)), grid.across(rectangle)
        held = after[rows, words]
        if held.size:
            differs[rows, words] = held ^ numpy.tile(numpy.array(pixel, held.dtype), held.shape[1] // len(pixel))
    for bits, rectangle in wanted.cleared:
        place = _rows(rectangle, top, len(after)), grid.across(rectangle)
        if not _clear(after[place], bits, facts):
            return False
        differs[place] &= numpy.array(~bits & (1 << 8 * after.itemsize) - 1, after.dtype)
    return not differs.any()


def _rows(rectangle: Rectangle, top: int, count: int) -> slice:
    return slice(min(max(rectangle.top - top, 0), count), min(max(rectangle.bottom - top, 0), count))


def _clear(words: Words, bits: int, facts: PixelFacts) -> bool:
    """True when these bits are 0 in all words, or, above the image of signed samples, all the sign (`pixels.high_bits`)."""
    import numpy

    signs = sum(1 << bit for bit in range(facts.high_bit + 1, facts.bits_allocated) if bits >> bit & 1) if facts.signed else 0
    held = words & numpy.array(bits, words.dtype)
    negative = words >> numpy.array(facts.high_bit, words.dtype) & numpy.array(1, words.dtype)
    return bool((held == negative * numpy.array(signs, words.dtype)).all())


def extremes(words: Words, top: int, wanted: Wanted, facts: PixelFacts, width: int) -> tuple[int | float, int | float] | None:
    """The smallest and largest value outside the blanks of these rows, from row `top` on; None where there is none. `words`: rows x
    columns as the decoder or the file gives them, one sample a pixel: floating point, signed, or words of `width` bits of an image that
    the object describes."""
    import numpy

    rest = words
    places = [(_rows(blank, top, len(words)), slice(blank.left, blank.right)) for blank in wanted.blanks]
    if any(words[place].size for place in places):
        outside = numpy.ones(words.shape, bool)
        for place in places:
            outside[place] = False
        rest = words[outside]
    if rest.dtype.kind == "f":
        rest = rest[numpy.isfinite(rest)]
    if not rest.size:
        return None
    if rest.dtype.kind != "u":
        return rest.min().item(), rest.max().item()
    return _numbers(rest, facts, width)


def _numbers(words: Words, facts: PixelFacts, width: int) -> tuple[int, int]:
    """The smallest and largest number that stored words mean, PS3.5 8.1.1. With the sign turned over, two's complement ascends."""
    import numpy

    stored = min(facts.bits_stored, width)
    half = 1 << stored - 1 if facts.signed else 0
    kind = words.dtype.type
    plain = words if words.dtype.isnative else words.astype(words.dtype.newbyteorder("="))
    if stored < 8 * words.dtype.itemsize:
        plain = plain >> kind(shift_of(facts, width)) & kind((1 << stored) - 1)
    if half:
        plain = plain ^ kind(half)
    return int(numpy.min(plain)) - half, int(numpy.max(plain)) - half
