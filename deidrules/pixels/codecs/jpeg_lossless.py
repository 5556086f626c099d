"""JPEG lossless, processes 14 and 14 selection value 1 (PS3.5 A.4.1, ITU-T T.81 H): decoded, and coded again with predictor 1."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes, without_ones
from deidrules.pixels.codestream.jpeg import edits
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

_LOSSLESS = 0xC3


def _frame_header(frame: bytes) -> tuple[int, int]:
    """(precision, number of components) of a lossless Huffman stream."""
    position = 2
    while frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _LOSSLESS:
            return frame[position + 4], frame[position + 9]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xCC):
            raise broken()
        position += 2 + int.from_bytes(frame[position + 2 : position + 4])
    raise broken()


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    precision, components = _frame_header(frame)
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
