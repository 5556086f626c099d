"""The icon of an object made anew from a frame of its output: a picture of at most the size it had, of no pixel that the frame lacks.

PS3.3 C.7.6.1.1.6: one item, one frame of 8 bits; grey icons stay grey, coloured ones keep a palette or RGB where the frame has colours.
Its pixels are native whatever the transfer syntax: PS3.5 A.4 leaves that open for the pixel data of an icon."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from struct import pack
from typing import TYPE_CHECKING, Any

from deidrules.dicom import writer
from deidrules.dicom.element import DicomObject, Encoding, Item
from deidrules.dicom.header import PIXELS
from deidrules.dicom.part import Part, pieces
from deidrules.pixels.apply import PixelResult
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.pixels.codecs.codec import Decoded, decoded
from deidrules.pixels.facts import COLUMNS, PHOTOMETRIC, ROWS, PixelFacts
from deidrules.pixels.layout import layout_of
from deidrules.pixels.picture import Pictures
from deidrules.pixels.samples import SHOWN, FrameReader, native_words, samples_of
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

ICON_IMAGE_SEQUENCE, REPRESENTATIVE_FRAME = 0x0088_0200, 0x0028_6010

_USUAL, _LARGEST = 64, 256  # pixels of a side: where the icon does not say, and where it says too much
_LEVELS = (6, 7, 6)  # red, green and blue of the palette that coloured icons get


def icon_item(instance: DicomObject) -> Item | None:
    """The one item of the object's Icon Image Sequence when it holds pixel data; None for everything else."""
    sequence = instance.index.get(ICON_IMAGE_SEQUENCE)
    items = () if sequence is None or sequence.fragments else sequence.items or ()
    return items[0] if len(items) == 1 and any(element.tag in PIXELS for element in items[0].elements) else None


def rebuilt_icon(instance: DicomObject, facts: PixelFacts, result: PixelResult) -> bytes:
    """The whole Icon Image Sequence with a picture of the representative frame (0028,6010), else of the first, as `result` leaves it; b""
    when there is no icon, or the frame cannot be shown."""
    item = icon_item(instance)
    if item is None or facts.element is None:
        return b""
    try:
        frame = representative_frame(instance, facts)
        shown = Pictures(instance, facts).shown(samples_of(_words(instance, facts, result, frame), facts), frame)
        attributes = Attributes(instance, item.elements, item.encoding)
        photometric = attributes.texts(PHOTOMETRIC)
        size = icon_size(facts.rows, facts.columns, _side(attributes, ROWS), _side(attributes, COLUMNS))
    except Refusal:
        return b""
    body = icon_elements(reduced(shown, *size), "".join(photometric).upper(), instance.encoding)
    content = writer.item_header(len(body), instance.encoding) + body
    return writer.element(ICON_IMAGE_SEQUENCE, "SQ", content, instance.encoding)


def representative_frame(instance: DicomObject, facts: PixelFacts) -> int:
    """The frame, counted from 0, that stands for the object: (0028,6010) where it names one that there is, else the first."""
    try:
        number = of_object(instance).number(REPRESENTATIVE_FRAME)
    except Refusal:
        number = None
    return number - 1 if number is not None and 1 <= number <= facts.frames else 0


def icon_size(rows: int, columns: int, icon_rows: int, icon_columns: int) -> tuple[int, int]:
    """(rows, columns) of an icon of a frame: as the icon was where it had the frame's shape, else the largest of that shape within it;
    never larger than the frame."""
    box_rows, box_columns = min(icon_rows, _LARGEST), min(icon_columns, _LARGEST)
    scale = min(box_rows / rows, box_columns / columns, 1)
    fit = max(1, round(rows * scale)), max(1, round(columns * scale))
    if abs(fit[0] - box_rows) <= 1 and abs(fit[1] - box_columns) <= 1 and box_rows <= rows and box_columns <= columns:
        return box_rows, box_columns
    return fit


def reduced(picture: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """A picture (rows x columns, or x 3, bytes) reduced: each pixel is the mean of those it stands for, one at least."""
    import numpy

    down = numpy.arange(rows + 1) * picture.shape[0] // rows
    across = numpy.arange(columns) * picture.shape[1] // columns
    # a row of the icon after the other: sums of a whole frame would take eight times its memory
    bands = [picture[start:stop].sum(axis=0, dtype=numpy.uint64) for start, stop in pairwise(down)]
    sums = numpy.add.reduceat(numpy.stack(bands), across, axis=1)
    counts = numpy.outer(numpy.diff(down), numpy.diff(across, append=picture.shape[1])).astype(numpy.uint64)
    if picture.ndim == 3:
        counts = counts[..., None]
    mean: NDArray[Any] = ((sums + counts // 2) // counts).astype(numpy.uint8)
    return mean


def icon_elements(picture: NDArray[Any], photometric: str, encoding: Encoding) -> bytes:
    """The elements of an icon's item. `photometric`: what the icon was before; it stays so where the picture has it."""
    import numpy

    rows, columns = picture.shape[:2]
    palette: list[tuple[int, str, bytes]] = []
    colours = picture.ndim == 3 and photometric not in ("MONOCHROME1", "MONOCHROME2")
    if not colours:
        grey = picture if picture.ndim == 2 else numpy.rint(picture @ numpy.array([0.299, 0.587, 0.114])).astype(numpy.uint8)
        samples, photometric = (255 - grey, photometric) if photometric == "MONOCHROME1" else (grey, "MONOCHROME2")
    elif photometric == "PALETTE COLOR":
        samples, palette = _indices(picture, encoding)
    else:
        samples, photometric = picture, "RGB"
    value = samples.tobytes()

    def number(tag: int, of: int) -> tuple[int, str, bytes]:
        return tag, "US", pack(encoding.order + "H", of)

    elements = [
        number(0x0028_0002, samples.size // (rows * columns)),
        (PHOTOMETRIC, "CS", photometric.encode("ascii") + b" " * (len(photometric) & 1)),
        *([number(0x0028_0006, 0)] if samples.ndim == 3 else []),
        number(ROWS, rows),
        number(COLUMNS, columns),
        number(0x0028_0100, 8),
        number(0x0028_0101, 8),
        number(0x0028_0102, 7),
        number(0x0028_0103, 0),
        *palette,
        (0x7FE0_0010, "OB", value + b"\0" * (len(value) & 1)),
    ]
    return b"".join(writer.element(tag, vr, coded, encoding) for tag, vr, coded in elements)


def _indices(picture: NDArray[Any], encoding: Encoding) -> tuple[NDArray[Any], list[tuple[int, str, bytes]]]:
    """A coloured picture as places in a palette of evenly spread colours, and that palette (PS3.3 C.7.6.3.1.5, entries of 16 bits)."""
    import numpy

    entries = numpy.indices(_LEVELS).reshape(3, -1)
    steps = numpy.array(_LEVELS) - 1
    nearest = numpy.rint(picture / 255 * steps).astype(numpy.intp)
    indices: NDArray[Any] = numpy.ravel_multi_index(tuple(numpy.moveaxis(nearest, -1, 0)), _LEVELS).astype(numpy.uint8)
    descriptor = pack(encoding.order + "3H", entries.shape[1], 0, 16)
    tables = [(entries[sample] * 0xFFFF // steps[sample]).astype(encoding.order + "u2").tobytes() for sample in range(3)]
    described = [(0x0028_1101 + sample, "US", descriptor) for sample in range(3)]
    return indices, described + [(0x0028_1201 + sample, "OW", table) for sample, table in enumerate(tables)]


def _side(attributes: Attributes, tag: int) -> int:
    try:
        return attributes.number(tag) or _USUAL
    except Refusal:
        return _USUAL


def _words(instance: DicomObject, facts: PixelFacts, result: PixelResult, frame: int) -> Decoded:
    """The samples of a frame of the output as stored."""
    changed = result.frames.get(frame)
    if changed is not None:
        return decoded(SHOWN[facts.transfer_syntax], changed, facts)
    if result.parts is None:
        return FrameReader(instance, facts).words(frame)
    layout = layout_of(facts)
    first, stop = frame * layout.frame_units, (frame + 1) * layout.frame_units
    if layout.bits or (layout.swap and (first | stop) & 1):
        if facts.frames > 1:
            raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)
        first, stop = 0, facts.length
    return native_words(_between(result.parts, first, stop), facts, 0)


def _between(parts: Iterable[Part], first: int, stop: int) -> memoryview:
    """The bytes `first` .. `stop` - 1 of what the parts are together; nothing behind them is made or read."""
    found: list[bytes] = []
    at = 0
    for piece in pieces(parts):
        start, end = max(first - at, 0), min(stop - at, len(piece))
        if start < end:
            found.append(bytes(piece[start:end]))
        at += len(piece)
        if at >= stop:
            break
    return memoryview(b"".join(found))
