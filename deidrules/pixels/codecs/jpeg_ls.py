"""JPEG-LS, PS3.5 A.4.3: near-lossless frames too are coded again without loss, for a second near-lossless pass would change the image."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, three_axes, without_ones
from deidrules.pixels.codecs.frame_header import frame_header
from deidrules.pixels.facts import PixelFacts

_SOF55 = 0xF7


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    precision, _ = frame_header(frame, _SOF55)
    return Decoded(three_axes(imagecodecs.jpegls_decode(frame)), precision, facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegls_encode(without_ones(wanted.samples), level=0))


JPEG_LS = Codec(_decode, _encode)
