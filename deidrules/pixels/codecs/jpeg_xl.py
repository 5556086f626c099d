"""JPEG XL, PS3.5 A.4.12: coded again without loss; a frame made from JPEG keeps its coefficients."""

from __future__ import annotations

from collections.abc import Callable

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes, without_ones
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal


def through_jpeg(frame: bytes, change: Callable[[bytes], bytes]) -> bytes | None:
    """The frame with the JPEG that it was made from changed; None when it holds nothing to restore one from. Refusal whatever `change`
    refuses, and `compressed-frame-inexact` when the new frame does not give the changed JPEG back."""
    import imagecodecs

    try:
        jpeg = bytes(imagecodecs.jpegxl_decode_jpeg(frame, numthreads=1))
    except Exception:  # whatever the library raises: there is none, or it cannot be read
        return None
    new = change(jpeg)
    try:
        coded = bytes(imagecodecs.jpegxl_encode_jpeg(new, numthreads=1))
        again = bytes(imagecodecs.jpegxl_decode_jpeg(coded, numthreads=1))
    except Exception:
        raise Refusal("compressed-frame-inexact") from None
    if again != new:
        raise Refusal("compressed-frame-inexact")
    return coded


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    samples = three_axes(imagecodecs.jpegxl_decode(frame, keeporientation=True))
    if samples.dtype.kind not in "ui":
        raise broken()
    photometric = "RGB" if facts.samples_per_pixel == 3 else facts.photometric
    return Decoded(samples, 8 * samples.dtype.itemsize, photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegxl_encode(without_ones(wanted.samples), lossless=True, effort=3, usecontainer=False))


JPEG_XL = Codec(_decode, _encode)
