"""Encapsulated pixel data: the frames that a rule touches are changed in their own coding, all others stay byte for byte."""

from __future__ import annotations

from collections.abc import Iterable

from deidrules.dicom.element import DicomObject
from deidrules.pixels.codecs.codec import Codec, broken, decoded, encoded
from deidrules.pixels.codecs.deflated import DEFLATED_FRAME
from deidrules.pixels.codecs.jpeg_2000 import HIGH_THROUGHPUT_JPEG_2000, JPEG_2000
from deidrules.pixels.codecs.jpeg_lossless import JPEG_LOSSLESS
from deidrules.pixels.codecs.jpeg_ls import JPEG_LS
from deidrules.pixels.codecs.jpeg_xl import JPEG_XL, through_jpeg
from deidrules.pixels.codecs.rle import RLE
from deidrules.pixels.codestream.strip import frames_of
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.jpeg.edit import blank
from deidrules.pixels.jpeg.stream import parse
from deidrules.pixels.painting import FramePaint, paint_of, painted
from deidrules.pixels.work import PixelWork
from deidrules.text.refusal import Refusal

_PREFIX = "1.2.840.10008.1.2."

# Sequential Huffman JPEG: changed in the entropy-coded data, never decoded (PS3.5 A.4.1, processes 1, 2 and 4).
BLOCKS = frozenset({f"{_PREFIX}4.50", f"{_PREFIX}4.51"})
# JPEG XL made from JPEG: the JPEG inside is changed and wrapped again (PS3.5 A.4.12).
_RECOMPRESSED = f"{_PREFIX}4.111"

CODECS: dict[str, Codec] = {
    f"{_PREFIX}5": RLE,
    f"{_PREFIX}8.1": DEFLATED_FRAME,
    **dict.fromkeys((f"{_PREFIX}4.57", f"{_PREFIX}4.70"), JPEG_LOSSLESS),
    **dict.fromkeys((f"{_PREFIX}4.80", f"{_PREFIX}4.81"), JPEG_LS),
    **dict.fromkeys((f"{_PREFIX}4.90", f"{_PREFIX}4.91"), JPEG_2000),
    **dict.fromkeys((f"{_PREFIX}4.201", f"{_PREFIX}4.202", f"{_PREFIX}4.203"), HIGH_THROUGHPUT_JPEG_2000),
    **dict.fromkeys((f"{_PREFIX}4.110", _RECOMPRESSED, f"{_PREFIX}4.112"), JPEG_XL),
}

TRANSFER_SYNTAXES = BLOCKS | CODECS.keys()


def redact(instance: DicomObject, facts: PixelFacts, work: PixelWork) -> dict[int, bytes]:
    """The new bytes of the frames that change, counted from 0, in the transfer syntax of the object.

    Refusal `compressed-frame-broken`, `compressed-frame-unsupported`, `compressed-frame-inexact`, `frames-unclear`, `label-unavailable`,
    `unsupported-pixel-layout`."""
    assert facts.element is not None
    element = instance.index[facts.element]
    frames = frames_of(instance, instance.elements, instance.encoding, element)
    changed: dict[int, bytes] = {}
    try:
        if len(frames) != facts.frames:
            raise broken()
        for number in _touched(facts, work):
            paint = paint_of(work, number)
            if paint and (frame := _frame(bytes(frames.frame(number)), paint, instance, facts, work)):
                changed[number] = frame
    except Refusal as refusal:
        raise Refusal(refusal.code, tag=facts.element, vr=facts.vr, length=refusal.length, rule=refusal.rule) from None
    return changed


def _touched(facts: PixelFacts, work: PixelWork) -> Iterable[int]:
    if work.strip_high_bits or work.cleared:
        return range(facts.frames)
    spans = [span for blanks in work.planes if blanks.plane.embedded for span in blanks.frames]
    return sorted({number for span in (*work.frames, *spans) for number in range(span.first, span.stop)})


def _frame(frame: bytes, paint: FramePaint, instance: DicomObject, facts: PixelFacts, work: PixelWork) -> bytes:
    """The new bytes of a frame; none where every sample is what it should be already, so that the frame stays as it came."""
    import numpy

    if facts.transfer_syntax in BLOCKS:
        return _blocks(frame, paint, facts, work)
    if facts.transfer_syntax == _RECOMPRESSED and (inner := through_jpeg(frame, lambda jpeg: _blocks(jpeg, paint, facts, work))):
        return inner
    codec = CODECS[facts.transfer_syntax]
    before = decoded(codec, frame, facts)
    after = painted(before, paint, instance, facts, work)
    return b"" if numpy.array_equal(after.samples, before.samples) else encoded(codec, after, frame, facts)


def _blocks(frame: bytes, paint: FramePaint, facts: PixelFacts, work: PixelWork) -> bytes:
    """A JPEG frame with blocks blanked. Bits beside the image can neither be cleared nor blanked in it; where the stream has no more bits
    than the object calls the image, there are none to clear, since a decoder never gives more than the precision of the stream."""
    if work.label and paint.blanks:
        raise Refusal("label-unavailable")
    if paint.planes:
        raise Refusal("compressed-frame-unsupported")
    stream = parse(frame)
    if (stream.rows, stream.columns, len(stream.components)) != (facts.rows, facts.columns, facts.samples_per_pixel):
        raise broken()
    if paint.everywhere and (facts.stored_bits.start > 0 or stream.precision > facts.stored_bits.stop):
        raise Refusal("compressed-frame-unsupported")
    return blank(stream, paint.blanks, white=facts.photometric == "MONOCHROME1") if paint.blanks else frame
