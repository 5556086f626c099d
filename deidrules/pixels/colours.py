"""Samples of colours as red, green and blue of 8 bits (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deidrules.pixels.palette import Palette
from deidrules.pixels.samples import Samples
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FULL = ("YBR_FULL", "YBR_FULL_422")
_PARTIAL = ("YBR_PARTIAL_422", "YBR_PARTIAL_420")


def rgb(samples: Samples) -> NDArray[Any]:
    """rows x columns x 3, bytes. Refusal `unsupported-pixel-layout` for what is no colour of native or decoded pixel data (HSV and ARGB,
    retired, among it)."""
    import numpy

    largest = (1 << samples.bits) - 1
    match samples.photometric, samples.values.shape[2]:
        case (("RGB" | "YBR_RCT" | "YBR_ICT"), 3):  # the decoder has undone the transformation of JPEG 2000
            if samples.bits == 8 and samples.values.dtype == numpy.uint8:
                return samples.values
            return _eight_bits(samples.values / largest)
        case "CMYK", 4:
            inks = 1 - samples.values / largest
            return _eight_bits(inks[..., :3] * inks[..., 3:])
        case photometric, 3 if photometric in _FULL + _PARTIAL:
            return _eight_bits(_from_ybr(samples.values, samples.bits, partial=photometric in _PARTIAL))
    raise Refusal("unsupported-pixel-layout")


def _from_ybr(values: NDArray[Any], bits: int, *, partial: bool) -> NDArray[Any]:
    """ITU-R BT.601, over the whole range or, where `partial`, 16 .. 235 and 16 .. 240 of 8 bits. Red, green and blue, 1 is the largest."""
    import numpy

    wide = values.astype(numpy.float32)
    middle = 1 << bits - 1
    scale = (1 << bits) / 256
    luma: NDArray[Any] = wide[..., 0]
    chroma: NDArray[Any] = wide[..., 1:] - middle
    if partial:
        luma, chroma = (luma - 16 * scale) / (219 * scale), chroma / (224 * scale)
    else:
        luma, chroma = luma / ((1 << bits) - 1), chroma / ((1 << bits) - 1)
    blue, red = chroma[..., 0], chroma[..., 1]
    out = numpy.empty_like(wide)
    out[..., 0] = luma + 1.402 * red
    out[..., 1] = luma - (0.114 * 1.772 / 0.587) * blue - (0.299 * 1.402 / 0.587) * red
    out[..., 2] = luma + 1.772 * blue
    return out


def _eight_bits(shown: NDArray[Any]) -> NDArray[Any]:
    import numpy

    bytes_: NDArray[Any] = numpy.rint(numpy.clip(shown, 0, 1) * 255).astype(numpy.uint8)
    return bytes_


def mapped(samples: Samples, palette: Palette) -> NDArray[Any]:
    """The entries of a palette, rows x columns x 3, bytes."""
    import numpy

    table = numpy.stack([palette.red, palette.green, palette.blue], axis=-1).astype(numpy.uint16)
    if palette.bits > 8:
        table >>= palette.bits - 8
    places = numpy.clip(samples.values[..., 0].astype(numpy.int64) - palette.first, 0, len(table) - 1)
    found: NDArray[Any] = table.astype(numpy.uint8)[places]
    return found
