"""JPEG 2000 and High-Throughput JPEG 2000, PS3.5 A.4.4 and A.4.10: coded again reversibly, so that nothing more is lost."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.pixels.codecs.codec import Codec, Decoded, broken, three_axes, without_ones
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

_SOC, _SIZ, _COD, _SOT = 0xFF4F, 0xFF51, 0xFF52, 0xFF90
_BOXES = b"\0\0\0\x0cjP  "


@dataclass(frozen=True, slots=True)
class Codestream:
    """Of the main header (ITU-T T.800 A.5.1, A.6.1): bits of a sample, whether it is signed, components, and whether the three components
    are transformed together, so that decoders give red, green and blue."""

    precision: int
    signed: bool
    components: int
    transformed: bool


def codestream_of(frame: bytes) -> Codestream:
    """What the main header says. Refusal `compressed-frame-broken`; `compressed-frame-unsupported` where components differ."""
    start = frame.find(b"\xff\x4f\xff\x51") if frame.startswith(_BOXES) else 0
    if start < 0 or frame[start : start + 4] != b"\xff\x4f\xff\x51":
        raise broken()
    position = start + 2
    depths: set[int] = set()
    transformed = False
    while (marker := int.from_bytes(frame[position : position + 2])) != _SOT:
        length = int.from_bytes(frame[position + 2 : position + 4])
        if marker >> 8 != 0xFF or length < 2 or position + 2 + length > len(frame):
            raise broken()
        if marker == _SIZ:
            components = int.from_bytes(frame[position + 38 : position + 40])
            parts = [frame[position + 40 + 3 * i : position + 43 + 3 * i] for i in range(components)]
            depths = {part[0] for part in parts}
            if any(part[1:] != b"\1\1" for part in parts):
                raise Refusal("compressed-frame-unsupported")
        elif marker == _COD:
            transformed = bool(frame[position + 8])
        position += 2 + length
    if len(depths) != 1:
        raise Refusal("compressed-frame-unsupported")
    depth = depths.pop()
    return Codestream((depth & 0x7F) + 1, bool(depth & 0x80), components, transformed and components == 3)


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import imagecodecs

    stream = codestream_of(frame)
    samples = three_axes(imagecodecs.jpeg2k_decode(frame))
    if (samples.dtype.kind == "i") != stream.signed:
        raise broken()
    photometric = "RGB" if stream.transformed or facts.photometric in ("YBR_RCT", "YBR_ICT") else facts.photometric
    return Decoded(samples, stream.precision, photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    stream = codestream_of(frame)
    return bytes(
        imagecodecs.jpeg2k_encode(
            without_ones(wanted.samples),
            level=0,
            codecformat="j2k",
            reversible=True,
            bitspersample=wanted.precision,
            mct=stream.transformed,
        )
    )


def _encode_high_throughput(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import imagecodecs

    stream = codestream_of(frame)
    return bytes(imagecodecs.htj2k_encode(without_ones(wanted.samples), reversible=True, tlm=True, rgb=stream.transformed))


JPEG_2000 = Codec(_decode, _encode)
HIGH_THROUGHPUT_JPEG_2000 = Codec(_decode, _encode_high_throughput)
