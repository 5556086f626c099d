"""Planes of bits as pictures: overlay planes, stored or among the bits of samples, and bits of samples of which nothing is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deidrules.dicom.element import DicomObject
from deidrules.pixels.codecs.codec import Decoded
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.planes import OverlayPlane
from deidrules.pixels.samples import FrameReader
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray


def overlay_bits(instance: DicomObject, facts: PixelFacts, plane: OverlayPlane, frame: int, reader: FrameReader) -> NDArray[Any]:
    """rows x columns of True and False: a frame of an overlay plane, counted from 0 among the plane's own. Bits in words of
    big endian data, where readers disagree, as PS3.5 8.1.2 has it. IndexError for a frame that the plane does not have.

    Refusal `overlay-attributes` when the attributes do not describe the bits; those of `FrameReader.words` for bits of samples."""
    import numpy

    if not plane.readable:
        raise Refusal("overlay-attributes", tag=plane.tag, vr=plane.vr, length=plane.length)
    if not 0 <= frame < plane.frames:
        raise IndexError("the plane has no such frame")
    if plane.embedded:
        return flat(sample_bit(reader.words(frame), plane.bit))
    bits = plane.rows * plane.columns
    start, stop = frame * bits, (frame + 1) * bits
    first, end = start >> 3, stop + 7 >> 3
    words = facts.big_endian and plane.vr == "OW" and plane.length % 2 == 0
    if words:
        first, end = first & ~1, end + 1 & ~1
    packed = numpy.frombuffer(instance.buffer[plane.offset + first : plane.offset + end], numpy.uint8)
    if words:
        packed = packed.reshape(-1, 2)[:, ::-1].reshape(-1)
    ones = numpy.unpackbits(packed, bitorder="little")[start - 8 * first : stop - 8 * first]
    return ones.reshape(plane.rows, plane.columns).astype(numpy.bool_)


def hidden_bits(words: Decoded, facts: PixelFacts) -> dict[int, NDArray[Any]]:
    """By number of the bit, from 0: rows x columns x samples of True and False for each bit beside BitsStored of which something is set
    that is not the sign, planes that (60xx,0102) names left out. None in codings that do not hold such bits."""
    if facts.float_samples:
        return {}
    named = {plane.bit for plane in facts.planes if plane.embedded}
    found = {}
    for bit in range(min(facts.bits_allocated, words.precision)):
        if bit in facts.stored_bits or bit in named:
            continue
        plane = sample_bit(words, bit)
        sign = sample_bit(words, facts.high_bit) if facts.signed and bit > facts.high_bit else None
        if plane.any() if sign is None else (plane != sign).any():
            found[bit] = plane
    return found


def sample_bit(words: Decoded, bit: int) -> NDArray[Any]:
    """One bit of every sample, counted from 0: rows x columns x samples of True and False."""
    import numpy

    samples = words.samples.view(words.samples.dtype.str.replace("i", "u"))
    plane: NDArray[Any] = samples & numpy.array(1 << bit, samples.dtype) != 0
    return plane


def flat(plane: NDArray[Any]) -> NDArray[Any]:
    """rows x columns of a plane of bits: set where any sample of the pixel is."""
    import numpy

    bits: NDArray[Any] = numpy.logical_or.reduce(plane, axis=2)
    return bits
