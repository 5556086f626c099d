"""JPEG lossless, processes 14 and 14 selection value 1 (PS3.5 A.4.1, ITU-T T.81 H): decoded, and coded again with predictor 1."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes, without_ones
from deidrules.pixels.codecs.frame_header import frame_header
from deidrules.pixels.codestream.jpeg import edits
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

_LOSSLESS = 0xC3


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    precision, components = frame_header(frame, _LOSSLESS)
    try:
        edits(memoryview(frame))
    except Refusal:
        raise broken() from None  # the library makes up whatever is missing of a stream that ends too early
    # both spaces the same: the samples as they stand, no conversion
    space = "rgb" if components == 3 else None
    try:
        samples = imagecodecs.jpeg8_decode(frame, colorspace=space, outcolorspace=space)
    except imagecodecs.Jpeg8Error:
        samples = imagecodecs.jpegsof3_decode(frame)
    return Decoded(three_axes(samples), precision, facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    space = "rgb" if facts.samples_per_pixel == 3 else None
    samples = without_ones(wanted.samples)
    coded = imagecodecs.jpeg8_encode(
        samples, lossless=True, predictor=1, bitspersample=wanted.precision, colorspace=space, outcolorspace=space
    )
    return bytes(coded)


JPEG_LOSSLESS = Codec(_decode, _encode)
