"""Decoded frames painted: blanked areas, labels, bits that are no part of the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deidrules.dicom.element import DicomObject
from deidrules.pixels.codecs.codec import Decoded
from deidrules.pixels.extremes import extreme, stored_values
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.fill import fill_of
from deidrules.pixels.high_bits import Change, clear_bit, clear_high_bits
from deidrules.pixels.label import marks
from deidrules.pixels.work import FrameBlanks, PixelWork
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from deidrules.pixels.codecs.codec import Samples


@dataclass(frozen=True, slots=True)
class FramePaint:
    """What is done to one frame: `blanks` get the fill, `planes` are bits cleared in rectangles, `everywhere` says that bits of all samples
    are cleared."""

    blanks: tuple[Rectangle, ...] = ()
    planes: tuple[tuple[int, tuple[Rectangle, ...]], ...] = ()
    everywhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.blanks or self.planes or self.everywhere)


def paint_of(work: PixelWork, frame: int) -> FramePaint:
    """What the work asks of one frame, counted from 0."""
    planes = tuple((blanks.plane.bit, held) for blanks in work.planes if blanks.plane.embedded and (held := at_frame(blanks.frames, frame)))
    return FramePaint(at_frame(work.frames, frame), planes, work.strip_high_bits or bool(work.cleared))


def at_frame(spans: tuple[FrameBlanks, ...], frame: int) -> tuple[Rectangle, ...]:
    """The rectangles for a frame, counted from 0."""
    return next((span.rectangles for span in spans if span.first <= frame < span.stop), ())


def painted(frame: Decoded, paint: FramePaint, instance: DicomObject, facts: PixelFacts, work: PixelWork) -> Decoded:
    """The frame with everything done. Refusal `unsupported-pixel-layout`, `label-unavailable`, `compressed-frame-unsupported`."""
    samples = frame.samples.copy()
    if paint.blanks:
        # some streams hold fewer bits than the object says
        fill = fill_of(instance, replace(facts, photometric=frame.photometric, bits_stored=min(facts.bits_stored, frame.precision)))
        black = fill.black
        if fill.extreme:
            found = extreme(_values(samples, facts, frame.precision), paint.blanks, fill.extreme)
            black = black if found is None else (found,)
        _fill(samples, paint.blanks, _words(black, samples, frame.precision, facts, work))
        if work.label:
            _fill(samples, marks(work.label, paint.blanks, 1), _words(fill.white, samples, frame.precision, facts, work))
    # a stream of fewer bits than the object allocates has nothing above them, and nothing below its image
    whole = not facts.stored_bits.start or frame.precision > facts.high_bit
    for bit, held in paint.planes:
        for rectangle in held if bit < frame.precision and whole else ():
            _change(samples, rectangle, clear_bit(facts, bit), facts, frame.precision)
    if paint.everywhere:
        for plane in work.cleared:
            if plane.bit < frame.precision and whole:
                _change(samples, facts.image, clear_bit(facts, plane.bit), facts, frame.precision)
        if work.strip_high_bits and whole and (facts.stored_bits.start > 0 or frame.precision > facts.stored_bits.stop):
            _change(samples, facts.image, clear_high_bits(facts), facts, frame.precision)
    return replace(frame, samples=samples)


def _values(samples: Samples, facts: PixelFacts, precision: int) -> Samples:
    """The one sample of each pixel as a number: in a stream of its own signs as it stands, else as the object says."""
    words = samples[..., 0]
    if words.dtype.kind == "i":
        return words
    bits = min(facts.bits_stored, precision)
    return stored_values(words, replace(facts, bits_stored=bits, high_bit=_shift(facts, precision) + bits - 1))


def _shift(facts: PixelFacts, precision: int) -> int:
    """How far up the image lies in the samples of a stream; one that does not reach to HighBit holds the image alone."""
    return facts.stored_bits.start if precision > facts.high_bit else 0


def _words(colour: tuple[int | float, ...], samples: Samples, precision: int, facts: PixelFacts, work: PixelWork) -> list[int | float]:
    """A colour as the stream holds it. An unsigned one holds the bits of a negative value: up to its precision, or of the image alone
    where an overlay plane that stays has its bits beside it."""
    if samples.dtype.kind != "u":
        return list(colour)
    gone = {plane.group for plane in work.cleared}
    alone = not work.strip_high_bits and any(plane.embedded and plane.group not in gone for plane in facts.planes)
    shift, bits = _shift(facts, precision), min(facts.bits_stored, precision)
    there = (1 << bits) - 1 << shift if alone else (1 << precision) - 1
    return [int(value) << shift & there for value in colour]


def _fill(samples: Samples, rectangles: tuple[Rectangle, ...], values: list[int | float]) -> None:
    for rectangle in rectangles:
        samples[rectangle.top : rectangle.bottom, rectangle.left : rectangle.right] = values


def _change(samples: Samples, rectangle: Rectangle, change: Change, facts: PixelFacts, precision: int) -> None:
    """Bits of the stored samples, up to the precision of the stream; they are changed in words as wide as the object allocates."""
    import numpy

    if 8 * samples.dtype.itemsize != facts.bits_allocated:
        raise Refusal("compressed-frame-unsupported")
    area = numpy.ascontiguousarray(samples[rectangle.top : rectangle.bottom, rectangle.left : rectangle.right])
    change(area.data.cast("B"))
    if area.dtype.kind == "u":  # a sign that goes on above the image goes on as far as the stream does
        area &= area.dtype.type((1 << precision) - 1)
    samples[rectangle.top : rectangle.bottom, rectangle.left : rectangle.right] = area
