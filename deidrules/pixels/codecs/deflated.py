"""Deflated Image Frame Compression, PS3.5 A.4.13 and 8.2.16: each frame a raw deflate stream of native samples."""

from __future__ import annotations

import zlib

from deidrules.pixels.codecs.codec import Codec, Decoded, broken
from deidrules.pixels.facts import PixelFacts


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import numpy

    bits, samples = facts.bits_allocated, facts.samples_per_pixel
    wanted = -(-facts.frame_bits // 8)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = inflater.decompress(frame, wanted + 2)
    if len(plain) not in (wanted, wanted + wanted % 2) or not inflater.eof or inflater.unused_data not in (b"", b"\0"):
        raise broken()
    if bits == 1 and samples == 1:
        ones = numpy.unpackbits(numpy.frombuffer(plain[:wanted], numpy.uint8), bitorder="little")
        return Decoded(ones[: facts.rows * facts.columns].reshape(facts.rows, facts.columns, 1).copy(), 1, facts.photometric)
    if bits not in (8, 16, 32) or facts.frame_bits != facts.rows * facts.columns * samples * bits:
        raise broken()
    values = numpy.frombuffer(plain[:wanted], f"<u{bits // 8}")
    if facts.planar_configuration and samples > 1:
        values = values.reshape(samples, facts.rows, facts.columns).transpose(1, 2, 0)
    return Decoded(values.reshape(facts.rows, facts.columns, samples).copy(), bits, facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import numpy

    samples = wanted.samples
    if facts.bits_allocated == 1:
        plain = numpy.packbits(samples.reshape(-1), bitorder="little").tobytes()
    elif facts.planar_configuration and facts.samples_per_pixel > 1:
        plain = numpy.ascontiguousarray(samples.transpose(2, 0, 1)).tobytes()
    else:
        plain = numpy.ascontiguousarray(samples).tobytes()
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezer.compress(plain) + squeezer.flush()


DEFLATED_FRAME = Codec(_decode, _encode)
