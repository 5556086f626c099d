"""Native pixel data before and after, frame by frame, a few rows at a time: the values may be as large as they like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deidrules.dicom.buffer import View, loaded, viewed
from deidrules.dicom.element import DicomObject
from deidrules.pixels.facts import SHARED_CHROMA, PixelFacts
from deidrules.pixels.fill import Fill, fill_of
from deidrules.pixels.proof.bits import bit_maps_hold
from deidrules.pixels.proof.equal import CHUNK, equal
from deidrules.pixels.proof.samples import Grid, extremes, rows_hold
from deidrules.pixels.proof.wanted import Colour, Wanted, at_frame, colours, wanted_of
from deidrules.pixels.work import PixelWork

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Value:
    """The bytes of native pixel data in the order of the samples: as they lie, or, `swapped`, with the bytes of each word exchanged (8-bit
    samples of big endian data coded OW, PS3.5 A.3)."""

    raw: View
    swapped: bool = False

    def bytes(self, start: int, stop: int) -> NDArray[Any]:
        """Bytes `start` .. `stop` - 1; a view where nothing is exchanged."""
        import numpy

        if not self.swapped:
            return numpy.frombuffer(loaded(self.raw[start:stop]), "u1")
        first = start & ~1
        words = numpy.frombuffer(loaded(self.raw[first : stop + 1 & ~1]), "u1").reshape(-1, 2)
        return words[:, ::-1].reshape(-1)[start - first : stop - first]


def holds(instance: DicomObject, before: PixelFacts, found: DicomObject, after: PixelFacts, work: PixelWork) -> bool:
    """True when the native pixel data of `found` is that of `instance` with the work done."""
    one, other = _value(instance, before), _value(found, after)
    needed = before.native_length
    length = len(other)
    padded = needed + needed % 2
    if not needed <= length <= len(one) + len(one) % 2 or (work.changes_pixels and length != padded):
        return False
    if len(one) < length:  # the byte that makes the length even
        if any(bytes(other[length - 1 :])):
            return False
        length -= 1
    words = before.big_endian and before.vr == "OW"
    if not work.changes_pixels:
        return same(Value(one), Value(other), 0, length)
    if before.bits_allocated == 1:
        return _bit_map(instance, before, one[:length], other[:length], work, words=words)
    swapped = words and before.bits_allocated == 8
    if swapped and length % 2:
        return False
    return _Frames(instance, before, Value(one, swapped), Value(other, swapped), work).hold(length)


def same(one: Value, other: Value, start: int, stop: int) -> bool:
    """True when these bytes are equal."""
    import numpy

    if not (one.swapped or other.swapped):
        return equal(one.raw[start:stop], other.raw[start:stop])
    return all(
        numpy.array_equal(one.bytes(at, min(at + CHUNK, stop)), other.bytes(at, min(at + CHUNK, stop))) for at in range(start, stop, CHUNK)
    )


def _value(instance: DicomObject, facts: PixelFacts) -> View:
    return viewed(instance.buffer)[facts.offset : facts.offset + facts.length]


def _bit_map(instance: DicomObject, facts: PixelFacts, one: View, other: View, work: PixelWork, *, words: bool) -> bool:
    fill = fill_of(instance, facts) if work.frames else Fill((0,), (0,))

    def painted(frame: int) -> Wanted:
        return wanted_of(work, frame, facts)

    black, white = int(fill.black[0]) & 1, int(fill.white[0]) & 1
    touched = [frame for frame in range(facts.frames) if at_frame(work.frames, frame)]
    return bit_maps_hold(one, other, facts.rows, facts.columns, touched, painted, black=black, white=white, words=words)


class _Frames:
    """Frames of samples of whole bytes."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, one: Value, other: Value, work: PixelWork) -> None:
        self._facts, self._one, self._other, self._work = facts, one, other, work
        self._fill = fill_of(instance, facts) if work.frames else Fill((), ())
        self._size = facts.bits_allocated // 8
        shared = facts.photometric in SHARED_CHROMA
        self._planes = facts.samples_per_pixel if facts.planar_configuration and facts.samples_per_pixel > 1 else 1
        # two pixels that share chroma: Y Y Cb Cr
        self._grid = Grid(4, 2) if shared else Grid(facts.samples_per_pixel // self._planes)
        self._row = facts.columns // self._grid.step * self._grid.samples * self._size
        self._constant = self._colours(self._fill.black) if work.frames else ()

    def hold(self, length: int) -> bool:
        """True when all frames are what they have to be, and what is behind them, up to `length`, is as before."""
        frame_length = self._facts.frame_bits // 8
        equal = 0  # bytes known to be right
        for frame in range(self._facts.frames):
            wanted = wanted_of(self._work, frame, self._facts, self._grid.step)
            if not wanted:
                continue
            start = frame * frame_length
            if not same(self._one, self._other, equal, start) or not self._frame(start, wanted):
                return False
            equal = start + frame_length
        return same(self._one, self._other, equal, length)

    def _frame(self, start: int, wanted: Wanted) -> bool:
        colours_of_frame = self._colours_of(start, wanted) if wanted.blanks else ((),)
        for plane in range(self._planes):
            base = start + plane * self._facts.rows * self._row
            left = colours_of_frame
            for top, bottom in self._rows():
                first, stop = base + top * self._row, base + bottom * self._row
                if self._nothing(wanted, top, bottom):
                    if not same(self._one, self._other, first, stop):
                        return False
                    continue
                before, after = self._words(self._one, first, stop), self._words(self._other, first, stop)
                left = tuple(
                    colour
                    for colour in left
                    if rows_hold(before, after, top, wanted, colour[plane] if colour else None, self._grid, self._facts)
                )
                if not left:
                    return False
            colours_of_frame = left
        return True

    def _rows(self) -> list[tuple[int, int]]:
        count = max(1, CHUNK // self._row)
        return [(top, min(top + count, self._facts.rows)) for top in range(0, self._facts.rows, count)]

    def _nothing(self, wanted: Wanted, top: int, bottom: int) -> bool:
        """True where nothing is asked of these rows."""
        rectangles = [*wanted.blanks, *(rectangle for _, rectangle in wanted.cleared)]
        return all(rectangle.bottom <= top or rectangle.top >= bottom for rectangle in rectangles)

    def _words(self, value: Value, start: int, stop: int) -> NDArray[Any]:
        order = ">" if self._facts.big_endian else "<"
        return value.bytes(start, stop).view(f"{order}u{self._size}").reshape(-1, self._row // self._size)

    def _colours(self, black: tuple[int | float, ...]) -> tuple[tuple[Colour, ...], ...]:
        """What may stand in the blanks, for each plane of the frame."""
        facts = self._facts
        found: list[tuple[Colour, ...]] = []
        for colour in colours(self._fill, black, facts, facts.bits_allocated):
            whole = (colour.black, colour.white)
            if self._planes > 1:
                found.append(tuple(Colour((dark,), (light,)) for dark, light in zip(*whole, strict=True)))
                continue
            if self._grid.step > 1:
                whole = tuple((luma, luma, blue, red) for luma, blue, red in whole)  # type: ignore[assignment]
            found.append((Colour(*whole),))
        return tuple(found)

    def _colours_of(self, start: int, wanted: Wanted) -> tuple[tuple[Colour, ...], ...]:
        """Of one frame: its own smallest or largest value outside the blanks, where the fill is that."""
        facts = self._facts
        if not self._fill.extreme or self._one.swapped:
            return self._constant
        found = []
        for top, bottom in self._rows():
            words = self._words(self._one, start + top * self._row, start + bottom * self._row)
            if facts.float_samples:
                words = words.view(words.dtype.str.replace("u", "f"))
            if pair := extremes(words, top, wanted, facts, facts.bits_allocated):
                found.append(pair)
        if not found:
            return self._constant
        return self._colours((min(one for one, _ in found) if self._fill.extreme == "smallest" else max(one for _, one in found),))
