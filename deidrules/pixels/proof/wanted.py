"""What one frame has to hold: where the fill, where the marks of a label, where cleared bits."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.fill import Fill
from deidrules.pixels.label import marks
from deidrules.pixels.work import FrameBlanks, PixelWork
from deidrules.plan.pixels import Rectangle


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of one frame, in its pixels: `blanks` hold the fill, but for `marks` in them, which are white. `cleared`: bits of a sample, as a
    number, that are clear in a rectangle (or the sign, above signed samples)."""

    blanks: tuple[Rectangle, ...] = ()
    marks: tuple[Rectangle, ...] = ()
    cleared: tuple[tuple[int, Rectangle], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.blanks or self.cleared)


@dataclass(frozen=True, slots=True)
class Colour:
    """The stored samples of a blanked pixel (or of pixels that share samples), and of one of a mark, as unsigned words."""

    black: tuple[int, ...]
    white: tuple[int, ...]


def wanted_of(work: PixelWork, frame: int, facts: PixelFacts, step: int = 1) -> Wanted:
    """What the work asks of a frame, counted from 0. `step`: pixels that share samples."""
    blanks = at_frame(work.frames, frame)
    image = facts.image
    cleared = [
        (1 << plane.plane.bit, rectangle) for plane in work.planes if plane.plane.embedded for rectangle in at_frame(plane.frames, frame)
    ]
    cleared += [(1 << plane.bit, image) for plane in work.cleared]
    if work.strip_high_bits:
        cleared.append((beside(facts), image))
    drawn = marks(work.label, blanks, step) if work.label else ()
    return Wanted(blanks, drawn, tuple(cleared))


def at_frame(spans: tuple[FrameBlanks, ...], frame: int) -> tuple[Rectangle, ...]:
    """All rectangles of the spans that hold a frame."""
    return tuple(rectangle for span in spans if span.first <= frame < span.stop for rectangle in span.rectangles)


def beside(facts: PixelFacts) -> int:
    """The bits of a stored sample that are not the image."""
    return sum(1 << bit for bit in range(facts.bits_allocated) if bit not in facts.stored_bits)


def colours(fill: Fill, black: tuple[int | float, ...], facts: PixelFacts, width: int) -> tuple[Colour, ...]:
    """The words that may stand for `black` and the fill's white in samples of `width` bits: of a negative value with the bits above the
    image clear, or with its sign; of 0.0 with either sign."""
    if facts.float_samples:
        return tuple(Colour((word,), (word,)) for word in _float_words(float(black[0]), facts.bits_allocated))
    found = [
        Colour(
            tuple(_word(int(value), facts, width, signed=signed) for value in black),
            tuple(_word(int(value), facts, width, signed=signed) for value in fill.white),
        )
        for signed in (False, True)
    ]
    return tuple(dict.fromkeys(found))


def shift_of(facts: PixelFacts, width: int) -> int:
    """How far up the image lies in samples of so many bits: a stream of fewer bits than HighBit asks for holds the image alone."""
    return facts.stored_bits.start if width > facts.high_bit else 0


def _word(value: int, facts: PixelFacts, width: int, *, signed: bool) -> int:
    shift = shift_of(facts, width)
    stored = min(facts.bits_stored, width)
    if signed:
        return value << shift & (1 << width) - 1
    return (value & (1 << stored) - 1) << shift


def _float_words(value: float, bits: int) -> tuple[int, ...]:
    form, size = ("<f", 4) if bits == 32 else ("<d", 8)
    word = int.from_bytes(struct.pack(form, value), "little")
    return (word,) if value else (0, 1 << 8 * size - 1)
