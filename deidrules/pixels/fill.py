"""What a blanked pixel holds: the darkest value as displayed that does not stretch the frame's range; and its opposite, for labels.

An extreme value would wreck the contrast of viewers that window by the range of values they find, so where the image description does
not settle it, the frame does:

    MONOCHROME2, unsigned   PixelPaddingValue where it is set, else 0
    MONOCHROME2, signed     PixelPaddingValue where it is set, else the smallest value of the frame outside what is blanked
    MONOCHROME1             the largest value of the frame outside what is blanked
    RGB, HSV, ARGB          0 in every sample
    CMYK                    the largest value in every sample
    YBR_FULL, YBR_FULL_422  Y 0, Cb and Cr 2^(BitsStored-1)
    YBR_PARTIAL_422         Y 2^(BitsStored-4), Cb and Cr 2^(BitsStored-1)  (PS3.3 C.7.6.3.1.2: 16 and 128 of 8 bits)
    PALETTE COLOR           the index of the darkest entry; 0 when the palette is segmented or does not fit its descriptor
    float, double float     FloatPixelPaddingValue where it is set, else the smallest value of the frame outside what is blanked

Where nothing of the frame is left, and in frames that are not decoded (JPEG), it is the smallest or largest value of BitsStored; 0.0 for
floating point.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from deidrules.dicom.element import DicomObject
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.pixels.facts import SHARED_CHROMA, PixelFacts
from deidrules.text.refusal import Refusal

ByteOrder = Literal["big", "little"]

PADDING = 0x0028_0120
FLOAT_PADDING = {0x7FE0_0008: (0x0028_0122, "f"), 0x7FE0_0009: (0x0028_0123, "d")}

PALETTE_DESCRIPTORS = (0x0028_1101, 0x0028_1102, 0x0028_1103)
PALETTE_DATA = (0x0028_1201, 0x0028_1202, 0x0028_1203)


@dataclass(frozen=True, slots=True)
class Fill:
    """Sample values of one pixel, as displayed `black` and `white`. `extreme`: `black` is what stands there only where nothing of the frame
    is left; else it is the smallest or largest value of it."""

    black: tuple[int | float, ...]
    white: tuple[int | float, ...]
    extreme: Literal["", "smallest", "largest"] = ""


def fill_of(instance: DicomObject, facts: PixelFacts) -> Fill:
    """The two values; Refusal `unsupported-pixel-layout` when the photometric interpretation is not one of native pixel data or does not
    fit SamplesPerPixel."""
    samples, stored = facts.samples_per_pixel, facts.bits_stored
    if facts.float_samples:
        padding = _float_padding(instance, facts)
        return Fill((0.0,), (0.0,), "smallest") if padding is None else Fill((padding,), (padding,))
    low, high = (-(1 << stored - 1), (1 << stored - 1) - 1) if facts.signed else (0, (1 << stored) - 1)
    middle = 1 << stored - 1
    match facts.photometric, samples:
        case "MONOCHROME2", 1:
            padding = _padding(instance, facts)
            if padding is not None and low <= padding <= high:
                return Fill((padding,), (high if padding != high else low,))
            return Fill((low,), (high,), "smallest" if facts.signed else "")
        case "MONOCHROME1", 1:
            return Fill((high,), (low,), "largest" if stored > 1 else "")
        case "PALETTE COLOR", 1:
            darkest, brightest = _palette(of_object(instance), facts)
            return Fill((darkest,), (brightest,))
        case ("RGB", 3) | ("ARGB", 4):
            return Fill((0,) * samples, (high,) * samples)
        case "HSV", 3:
            return Fill((0, 0, 0), (0, 0, high))
        case "CMYK", 4:
            return Fill((high,) * 4, (0,) * 4)
        case (("YBR_FULL" | "YBR_FULL_422"), 3):
            return Fill((0, middle, middle), (high, middle, middle))
        case "YBR_PARTIAL_422", 3 if stored >= 4:
            return Fill((1 << stored - 4, middle, middle), (235 << stored >> 8, middle, middle))
    raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)


def _padding(instance: DicomObject, facts: PixelFacts) -> int | None:
    """PixelPaddingValue, its bits read as the samples are signed or not (its VR is often coded as the other one)."""
    element = instance.index.get(PADDING)
    if element is None or element.length != 2:
        return None
    order: ByteOrder = "big" if instance.encoding.big_endian else "little"
    return int.from_bytes(instance.buffer[element.value : element.stop], order, signed=facts.signed)


def _float_padding(instance: DicomObject, facts: PixelFacts) -> float | None:
    tag, form = FLOAT_PADDING[facts.element or 0]
    element = instance.index.get(tag)
    if element is None or element.length != struct.calcsize(form):
        return None
    (value,) = struct.unpack(instance.encoding.order + form, instance.buffer[element.value : element.stop])
    return float(value) if value == value else None


def encode(colour: tuple[int | float, ...], facts: PixelFacts, *, extend_sign: bool) -> tuple[bytes, ...]:
    """The stored bytes of a pixel, for each plane of its layout (for YBR_FULL_422: of two pixels, Y Y Cb Cr). The value lies at HighBit;
    above it are zeros, or the sign where `extend_sign` and the value is negative."""
    size = facts.bits_allocated // 8
    mask = (1 << facts.bits_stored) - 1
    order: ByteOrder = "big" if facts.big_endian else "little"
    if facts.float_samples:
        return (struct.pack(f"{'>' if facts.big_endian else '<'}{'f' if size == 4 else 'd'}", colour[0]),)
    samples = []
    for value in map(int, colour):
        word = (value & mask) << facts.stored_bits.start
        if extend_sign and value < 0:
            word |= (1 << facts.bits_allocated) - (1 << facts.high_bit + 1)
        samples.append(word.to_bytes(size, order))
    if facts.photometric in SHARED_CHROMA:
        luma, blue, red = samples
        return (luma + luma + blue + red,)
    return tuple(samples) if facts.planar_configuration else (b"".join(samples),)


def _palette(attributes: Attributes, facts: PixelFacts) -> tuple[int, int]:
    """(index of the darkest entry, of the brightest). Indices below the first mapped value show its entry, PS3.3 C.7.6.3.1.5."""
    tables = []
    first = 0
    for descriptor_tag, data_tag in zip(PALETTE_DESCRIPTORS, PALETTE_DATA, strict=True):
        table = _table(attributes, descriptor_tag, data_tag, facts.big_endian)
        if table is None:
            return 0, (1 << facts.bits_stored) - 1
        first, values = table
        tables.append(values)
    if len({len(values) for values in tables}) != 1:
        return 0, (1 << facts.bits_stored) - 1
    # luminance of ITU-R BT.601 in thousandths
    brightness = [299 * red + 587 * green + 114 * blue for red, green, blue in zip(*tables, strict=True)]
    reachable = brightness[: max(0, (1 << facts.bits_stored) - first)]
    if first < 0 or not reachable:
        return 0, (1 << facts.bits_stored) - 1
    return first + reachable.index(min(reachable)), first + reachable.index(max(reachable))


def _table(attributes: Attributes, descriptor_tag: int, data_tag: int, big_endian: bool) -> tuple[int, tuple[int, ...]] | None:
    """(first mapped value, entries), or None when there is no plain table."""
    try:
        # the first mapped value is SS where pixels are signed; palette indices never are, so the bits are read as US
        descriptor = attributes.numbers(descriptor_tag, "US")
    except Refusal:
        return None
    data = attributes.raw(data_tag)
    if len(descriptor) != 3:
        return None
    count = descriptor[0] or 1 << 16
    if len(data) in (count, count + count % 2) and descriptor[2] == 8:
        entries = data[:count]
        if big_endian:  # two entries in a word
            swapped = bytearray(data + data[-1:] * (len(data) % 2))
            swapped[0::2], swapped[1::2] = swapped[1::2], swapped[0::2]
            entries = bytes(swapped[:count])
        return descriptor[1], tuple(entries)
    if len(data) == 2 * count:
        order: ByteOrder = "big" if big_endian else "little"
        return descriptor[1], tuple(int.from_bytes(data[2 * i : 2 * i + 2], order) for i in range(count))
    return None
