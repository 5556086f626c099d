"""JPEG XL, PS3.5 A.4.12: coded again without loss."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, three_axes, without_ones
from deidrules.pixels.facts import PixelFacts


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    samples = three_axes(imagecodecs.jpegxl_decode(frame, keeporientation=True))
    photometric = "RGB" if facts.samples_per_pixel == 3 else facts.photometric
    return Decoded(samples, 8 * samples.dtype.itemsize, photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegxl_encode(without_ones(wanted.samples), lossless=True, effort=3, usecontainer=False))


JPEG_XL = Codec(_decode, _encode)
