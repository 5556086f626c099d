"""Pictures as PNG: pixels and nothing else, no text, no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def png(picture: NDArray[Any]) -> bytes:
    """A picture of bytes, rows x columns or rows x columns x 3, or of True and False, as the bytes of a file. The same picture gives the
    same bytes."""
    import imagecodecs
    import numpy

    pixels = picture.astype(numpy.uint8) * 255 if picture.dtype == numpy.bool_ else picture
    # fast, and of medical images hardly larger: differences along the row, runs, the lowest level
    filters, strategies = imagecodecs.PNG.FILTER, imagecodecs.PNG.STRATEGY
    return bytes(imagecodecs.png_encode(numpy.ascontiguousarray(pixels), level=1, strategy=strategies.RLE, filter=filters.SUB))
