"""RLE Lossless, PS3.5 Annex G: byte planes of run lengths, most significant byte first; of one-bit pixels a single plane of packed bits."""

from __future__ import annotations

import struct
from itertools import pairwise

from deidrules.pixels.codecs.codec import Codec, Decoded, broken
from deidrules.pixels.facts import PixelFacts

_HEADER = 64  # bytes: the number of segments and fifteen offsets
_MOST = 15


def _segments(frame: bytes) -> list[bytes]:
    """The coded segments of a frame, G.5."""
    count, *offsets = struct.unpack("<16I", frame[:_HEADER])
    if not 1 <= count <= _MOST:
        raise broken()
    edges = list(pairwise([*offsets[:count], len(frame)]))
    if offsets[0] != _HEADER or any(start >= stop for start, stop in edges):
        raise broken()
    return [frame[start:stop] for start, stop in edges]


def _decode(frame: bytes, facts: PixelFacts) -> Decoded:
    import numpy
    from numpy.typing import NDArray
    from rle.rle import decode_segment

    bits, pixels, samples = facts.bits_allocated, facts.rows * facts.columns, facts.samples_per_pixel
    size = -(-pixels // 8) if bits == 1 else pixels
    planes: list[NDArray[numpy.uint8]] = []
    for segment in _segments(frame):
        plane = bytes(decode_segment(segment))
        if not size <= len(plane) <= size + size % 2 + 1:  # a pad byte may have been coded too
            raise broken()
        planes.append(numpy.frombuffer(plane[:size], numpy.uint8))
    if len(planes) != samples * max(1, bits // 8):
        raise broken()
    if bits == 1:
        ones = numpy.unpackbits(planes[0], bitorder="little")[:pixels]
        return Decoded(ones.reshape(facts.rows, facts.columns, 1).copy(), 1, facts.photometric)
    if bits not in (8, 16, 32):
        raise broken()
    width = bits // 8
    values = numpy.empty((pixels, samples, width), numpy.uint8)
    for number, bytes_of_plane in enumerate(planes):
        values[:, number // width, width - 1 - number % width] = bytes_of_plane
    words = values.reshape(-1).view(f"<u{width}").reshape(facts.rows, facts.columns, samples)
    return Decoded(words, bits, facts.photometric)


def _encode(wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    import numpy
    from rle.rle import encode_segment

    plain: list[bytes] = []
    row = facts.columns
    if facts.bits_allocated == 1:
        plain.append(numpy.packbits(wanted.samples.reshape(-1).astype(numpy.uint8), bitorder="little").tobytes())
        row = len(plain[0])
    else:
        width = facts.bits_allocated // 8
        values = numpy.ascontiguousarray(wanted.samples).view(numpy.uint8).reshape(-1, facts.samples_per_pixel, width)
        plain += [values[:, sample, byte].tobytes() for sample in range(facts.samples_per_pixel) for byte in reversed(range(width))]
    # rows are coded one by one, G.3.1
    coded = [bytes(encode_segment(plane, row)) for plane in plain]
    offsets = [_HEADER]
    for segment in coded[:-1]:
        offsets.append(offsets[-1] + len(segment))
    return struct.pack("<16I", len(coded), *offsets, *[0] * (_MOST - len(coded))) + b"".join(coded)


RLE = Codec(_decode, _encode)
