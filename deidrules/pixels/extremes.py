"""The smallest and largest value of a frame outside what is blanked in it: what a fill may be without stretching the range of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from deidrules.pixels.area import area_of, complement
from deidrules.pixels.facts import PixelFacts
from deidrules.plan.pixels import Rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray


def native_values(value: memoryview, facts: PixelFacts, frame: int) -> NDArray[Any]:
    """rows x columns of one frame of native pixel data with one sample a pixel of whole bytes: the values without the bits beside
    BitsStored. `value` is the whole pixel data, `frame` counts from 0."""
    import numpy

    size = facts.bits_allocated // 8
    kind = "f" if facts.float_samples else "u"
    order = ">" if facts.big_endian else "<"
    length = facts.rows * facts.columns * size
    words = numpy.frombuffer(value[frame * length : (frame + 1) * length], f"{order}{kind}{size}").reshape(facts.rows, facts.columns)
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
