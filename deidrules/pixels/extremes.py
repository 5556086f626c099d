"""The smallest and largest value of a frame outside what is blanked in it: what a fill may be without stretching the range of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from deidrules.dicom.buffer import View, loaded
from deidrules.pixels.area import area_of, complement, intersection, moved
from deidrules.pixels.facts import PixelFacts
from deidrules.plan.pixels import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray


# A frame is looked through in bands of rows of about so many bytes.
BAND = 1 << 20


def native_extreme(
    value: View, facts: PixelFacts, frame: int, held: tuple[Rectangle, ...], which: Literal["smallest", "largest"]
) -> int | float | None:
    """`extreme` of one frame of native pixel data with one sample a pixel of whole bytes, a band of rows at a time. `value` is the whole
    pixel data, `frame` counts from 0."""
    high = max(1, BAND * 8 // (facts.columns * facts.bits_allocated))
    found: list[int | float] = []
    for top in range(0, facts.rows, high):
        band = Rectangle(0, top, facts.columns, min(top + high, facts.rows))
        inside = tuple(moved(part, 0, -top) for area in held if area_of(part := intersection(area, band)))
        if area_of(band) == sum(map(area_of, inside)):
            continue
        one = extreme(_native_values(value, facts, frame, band), inside, which)
        if one is not None:
            found.append(one)
    if not found:
        return None
    return min(found) if which == "smallest" else max(found)


def _native_values(value: View, facts: PixelFacts, frame: int, band: Rectangle) -> NDArray[Any]:
    """The rows of a band, all columns: the values without the bits beside BitsStored."""
    import numpy

    size = facts.bits_allocated // 8
    kind = "f" if facts.float_samples else "u"
    order = ">" if facts.big_endian else "<"
    row = facts.columns * size
    start = (frame * facts.rows + band.top) * row
    data = loaded(value[start : start + (band.bottom - band.top) * row])
    words = numpy.frombuffer(data, f"{order}{kind}{size}").reshape(-1, facts.columns)
    return words if facts.float_samples else stored_values(words, facts)


def stored_values(words: NDArray[Any], facts: PixelFacts) -> NDArray[Any]:
    """The values of stored words: the bits of the image alone, the sign extended."""
    import numpy

    wide = words.dtype.itemsize * 8
    if facts.bits_stored == wide:
        return words.view(words.dtype.str.replace("u", "i")) if facts.signed else words
    unsigned = words.astype(f"u{words.dtype.itemsize}", copy=False)
    left = numpy.left_shift(unsigned, wide - 1 - facts.high_bit)
    if facts.signed:
        left = left.view(f"i{words.dtype.itemsize}")
    values: NDArray[Any] = numpy.right_shift(left, wide - facts.bits_stored)
    return values


def extreme(values: NDArray[Any], held: tuple[Rectangle, ...], which: Literal["smallest", "largest"]) -> int | float | None:
    """The smallest or largest value outside the rectangles, NaN left out; None when nothing is left."""
    import numpy

    image = Rectangle(0, 0, values.shape[1], values.shape[0])
    found: list[int | float] = []
    for rest in complement(held, image):
        if area_of(rest):
            part = values[rest.top : rest.bottom, rest.left : rest.right]
            if part.dtype.kind == "f":
                part = part[numpy.isfinite(part)]
            if part.size:
                found.append((part.min() if which == "smallest" else part.max()).item())
    if not found:
        return None
    return min(found) if which == "smallest" else max(found)
