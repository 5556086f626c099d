"""JPEG-LS, PS3.5 A.4.3: near-lossless frames too are coded again without loss, for a second near-lossless pass would change the image."""

from __future__ import annotations

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes, without_ones
from deidrules.pixels.facts import PixelFacts

_SOF55 = 0xF7


def _precision(frame: bytes) -> int:
    position = 2
    while frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _SOF55:
            return frame[position + 4]
        position += 2 + int.from_bytes(frame[position + 2 : position + 4])
    raise broken()


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    precision = _precision(frame)
    return Decoded(three_axes(imagecodecs.jpegls_decode(frame)), precision, facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpegls_encode(without_ones(wanted.samples), level=0))


JPEG_LS = Codec(_decode, _encode)
