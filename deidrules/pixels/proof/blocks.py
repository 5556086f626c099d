"""JPEG frames changed in their blocks: coefficients beside the rectangles, and the decoded pixels inside."""

from __future__ import annotations

from typing import Any

from deidrules.pixels.jpeg.proof import same_beside
from deidrules.pixels.jpeg.stream import JpegStream, parse
from deidrules.plan.pixels import Rectangle

_RECOMPRESSED = "1.2.840.10008.1.2.4.111"
# Chroma of blanked blocks is exactly neutral; decoders that interpolate it mix in a neighbour's at the edge, and round.
_NEAR = 4


def blocks_hold(before: bytes, after: bytes, rectangles: tuple[Rectangle, ...], *, white: bool) -> bool:
    """True when `after` is `before` with blanked blocks: every other coefficient is the same (`jpeg.proof`), and a decoder sees nothing in
    the rectangles. Refusal when a stream cannot be read."""
    if not same_beside(before, after, rectangles, white=white):
        return False
    stream = parse(after)
    seen = _decoded(after, len(stream.components))
    if seen is None:
        return _decoded(before, len(stream.components)) is None  # no library reads it: the coefficients have to do
    if seen.shape != (stream.rows, stream.columns, len(stream.components)):
        return False
    return all(_blank(seen[r.top : r.bottom, r.left : r.right], stream, white=white) for r in rectangles)


def jpeg_inside(frame: bytes, transfer_syntax: str) -> bytes | None:
    """The JPEG that a JPEG XL frame was made from; None where there is none."""
    import imagecodecs

    if transfer_syntax != _RECOMPRESSED:
        return None
    try:
        return bytes(imagecodecs.jpegxl_decode_jpeg(frame, numthreads=1))
    except Exception:  # whatever the library raises: there is none, or it cannot be read
        return None


def _decoded(frame: bytes, components: int) -> Any:
    """rows x columns x components as the stream holds them, without a conversion of colours; None where the library does not read it."""
    import imagecodecs

    # both spaces the same: no conversion
    space = "rgb" if components == 3 else None
    try:
        samples = imagecodecs.jpeg8_decode(frame, colorspace=space, outcolorspace=space)
    except Exception:
        return None
    return samples[..., None] if samples.ndim == 2 else samples


def _blank(pixels: Any, stream: JpegStream, *, white: bool) -> bool:
    top = (1 << stream.precision) - 1
    dark = top if white else 0
    for component in range(pixels.shape[2]):
        held = pixels[..., component]
        if component and not stream.is_rgb:
            middle = top + 1 >> 1
            if held.size and (int(held.max()) > middle + _NEAR or int(held.min()) < middle - _NEAR):
                return False
        elif (held != dark).any():
            return False
    return True
