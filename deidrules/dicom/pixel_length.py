"""How long native pixel data has to be, PS3.3 C.7.6.3 and PS3.5 8.1.1: missing bytes are refused, excess bytes are nobody's pixels."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.header import PIXEL_DATA, PIXELS
from deidrules.dicom.transfer_syntax import transfer_syntax
from deidrules.text.refusal import Refusal

ROWS = 0x00280010
COLUMNS = 0x00280011
SAMPLES_PER_PIXEL = 0x00280002
PHOTOMETRIC_INTERPRETATION = 0x00280004
NUMBER_OF_FRAMES = 0x00280008
BITS_ALLOCATED = 0x00280100

# (0028,xxxx) of the top level that the length of native pixel data follows from
GEOMETRY: tuple[int, ...] = (SAMPLES_PER_PIXEL, PHOTOMETRIC_INTERPRETATION, NUMBER_OF_FRAMES, ROWS, COLUMNS, BITS_ALLOCATED)

# samples a pixel takes on average where chrominance is subsampled, as halves: C.7.6.3.1.2
_SUBSAMPLED = {"YBR_FULL_422": 4, "YBR_PARTIAL_422": 4, "YBR_PARTIAL_420": 3}


@dataclass(frozen=True, slots=True)
class PixelLength:
    """What the geometry asks of a pixel element. `keep`: the bytes that are pixels, and one byte of padding when they are odd and the
    element has it; `excess`: the bytes behind."""

    element: Element
    keep: int
    excess: int


def native_length(found: DicomObject) -> PixelLength | None:
    """The proof for the top level's native pixel data (7FE0,0008-0010); None when there is none or it is encapsulated.

    Raises Refusal: `several-pixel-elements` when there are two, since no geometry could prove both (PS3.3 C.7.6.24), `pixel-coding` when
    it is encapsulated under a transfer syntax that has no such pixels, `no-pixel-geometry` when an attribute it follows from is absent,
    empty or no positive number, `pixel-data-short` when bytes are missing."""
    there = [element for tag, element in found.index.items() if tag in PIXELS]
    if not there:
        return None
    element = there[0]
    if len(there) > 1:
        raise Refusal("several-pixel-elements", tag=there[1].tag, vr=there[1].vr, length=there[1].length)
    if element.fragments:
        if not transfer_syntax(found.transfer_syntax).encapsulated:
            raise Refusal("pixel-coding", tag=element.tag, vr=element.vr)
        return None
    if element.items is not None:
        raise Refusal("wrong-vr", tag=element.tag, vr=element.vr)
    # PS3.3 C.7.6.24: floating point pixels have one sample
    samples = _number(found, SAMPLES_PER_PIXEL, 1 if element.tag != PIXEL_DATA else None)
    pixels = _number(found, ROWS) * _number(found, COLUMNS) * _frames(found)
    bits = {0x7FE00008: 32, 0x7FE00009: 64}.get(element.tag) or _number(found, BITS_ALLOCATED)
    # bits are packed across rows and frames
    wanted = (pixels * samples * bits + 7) // 8
    halves = _SUBSAMPLED.get(_text(found, PHOTOMETRIC_INTERPRETATION))
    if halves is not None and samples == 3:
        subsampled = (pixels * halves * bits + 15) // 16
        # some files say 422 and hold every sample: then those are the pixels
        if element.length < wanted:
            wanted = subsampled
        elif element.length > wanted + (wanted & 1):
            raise Refusal("pixel-length-unclear", tag=element.tag, length=element.length, expected=wanted)
    if element.length < wanted:
        raise Refusal("pixel-data-short", tag=element.tag, length=element.length, expected=wanted)
    keep = min(wanted + (wanted & 1), element.length)
    return PixelLength(element, keep, element.length - keep)


def _text(found: DicomObject, tag: int) -> str:
    element = found.index.get(tag)
    return "" if element is None else found.raw(element).decode("latin-1").strip(" \0")


def _number(found: DicomObject, tag: int, default: int | None = None) -> int:
    """A US of the image pixel module."""
    element = found.index.get(tag)
    value = 0
    if element is not None and element.length == 2 and element.vr in ("US", "SS"):
        value = int.from_bytes(found.raw(element), "big" if found.encoding.big_endian else "little")
    elif element is None and default is not None:
        value = default
    if value <= 0:
        raise Refusal("no-pixel-geometry", tag=tag)
    return value


def _frames(found: DicomObject) -> int:
    """Number of Frames, 1 when absent or empty."""
    text = _text(found, NUMBER_OF_FRAMES)
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 12 and int(text) > 0):
        raise Refusal("no-pixel-geometry", tag=NUMBER_OF_FRAMES)
    return int(text)
