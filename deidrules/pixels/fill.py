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
    PALETTE COLOR           the index of the darkest entry; 0 when the palette cannot be read or does not fit its descriptor
    float, double float     FloatPixelPaddingValue where it is set, else the smallest value of the frame outside what is blanked

Where nothing of the frame is left, and in frames that are not decoded (JPEG), it is the smallest or largest value of BitsStored; 0.0 for
floating point.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from deidrules.dicom.element import DicomObject
from deidrules.pixels.facts import SHARED_CHROMA, PixelFacts
from deidrules.pixels.palette import read_palette
from deidrules.text.refusal import Refusal

ByteOrder = Literal["big", "little"]

PADDING = 0x0028_0120
FLOAT_PADDING = {0x7FE0_0008: (0x0028_0122, "f"), 0x7FE0_0009: (0x0028_0123, "d")}


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
            darkest, brightest = _palette(instance, facts)
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


def _palette(instance: DicomObject, facts: PixelFacts) -> tuple[int, int]:
    """(index of the darkest entry, of the brightest). Indices below the first mapped value show its entry, PS3.3 C.7.6.3.1.5."""
    try:
        palette = read_palette(instance)
    except Refusal:
        return 0, (1 << facts.bits_stored) - 1
    # luminance of ITU-R BT.601 in thousandths
    entries = zip(palette.red, palette.green, palette.blue, strict=True)
    brightness = [299 * red + 587 * green + 114 * blue for red, green, blue in entries]
    reachable = brightness[: max(0, (1 << facts.bits_stored) - palette.first)]
    if not reachable:
        return 0, (1 << facts.bits_stored) - 1
    return palette.first + reachable.index(min(reachable)), palette.first + reachable.index(max(reachable))
