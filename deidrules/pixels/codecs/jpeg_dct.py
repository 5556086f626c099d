"""JPEG by discrete cosine transform (ITU-T T.81 F, G), decoded to be looked at: rules change such frames in their blocks, never decoded.

Every process that the library reads is taken: baseline, extended, progressive, arithmetic. Colours follow the stream's own markers (JFIF,
Adobe, component identifiers), whatever the object says of them."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes
from deidrules.pixels.codestream.jpeg import edits
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

_PRECISION = {1: 8, 2: 12}  # bits of a sample by the bytes that the library gives it


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    if facts.samples_per_pixel not in (1, 3):
        raise Refusal("compressed-frame-unsupported")
    try:
        edits(memoryview(frame))
    except Refusal:
        raise broken() from None  # the library makes up whatever is missing of a stream that ends too early
    samples = three_axes(imagecodecs.jpeg8_decode(frame))
    return Decoded(samples, _PRECISION[samples.dtype.itemsize], "RGB" if samples.shape[2] == 3 else facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    raise Refusal("compressed-frame-unsupported")  # it would lose again


JPEG_DCT = Codec(_decode, _encode)
