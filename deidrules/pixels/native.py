"""Native pixel data: the samples of the blanked areas are overwritten, every other byte is handed through untouched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from deidrules.dicom.buffer import FileBuffer, View, copied, viewed
from deidrules.dicom.element import DicomObject
from deidrules.dicom.part import Part, Piece, Pieces
from deidrules.dicom.transfer_syntax import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from deidrules.pixels.area import intersection
from deidrules.pixels.bits import set_bits, swap_pairs
from deidrules.pixels.extremes import native_extreme
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.fill import Fill, encode, fill_of
from deidrules.pixels.high_bits import Change, clear_bit, clear_high_bits
from deidrules.pixels.label import marks
from deidrules.pixels.layout import Layout, layout_of
from deidrules.pixels.painting import at_frame
from deidrules.pixels.work import PixelWork
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

TRANSFER_SYNTAXES = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,  # the buffer of the object is the inflated data set
    EXPLICIT_VR_BIG_ENDIAN,
)

# Rows nearer than this are changed in one copy of about CHUNK bytes; a frame is gone through in bands of about as many.
NEAR = 1 << 12
CHUNK = 1 << 20
# Pixel data from here on is painted while it is written rather than before, where the object allows it.
HELD = 1 << 22

Paint = bytes | int | Change


class Rows(NamedTuple):
    """`number` rows of `length` units of the layout, the first at `start`, get `paint`: a pattern of bytes that fills them, a bit (0 or 1),
    or a change of samples. Where rows overlap, a later `phase` comes after an earlier."""

    start: int
    length: int
    number: int
    phase: int
    paint: Paint


def redact(instance: DicomObject, facts: PixelFacts, work: PixelWork) -> tuple[Part, ...]:
    """The new value of the pixel element, in parts: of even length, and without bytes beyond the geometry, in which anything may hide.
    Parts without a change are views of the object's buffer; what is copied at a time is about `CHUNK` bytes. The value of a large file,
    or a large one of a deflated object, is one part that is painted while it is written."""
    layout = layout_of(facts)
    length = min(facts.length, facts.native_length + facts.native_length % 2)
    if layout.swap and length % 2:
        raise Refusal("pixel-data-short", tag=facts.element, vr=facts.vr, length=length, expected=length + 1)
    value = viewed(instance.buffer)[facts.offset : facts.offset + facts.length]
    painter = _Painter(instance, facts, work, layout, value)

    def made() -> Iterator[Piece]:
        yield from filter(len, _parts(value[:length], painter, layout))
        if length % 2:
            yield b"\0"

    if isinstance(instance.buffer, FileBuffer) or (instance.deflated and length >= HELD):
        return (Pieces(length + length % 2, made),)
    return tuple(made())


def _parts(value: View, painter: _Painter, layout: Layout) -> Iterator[Piece]:
    position = 0
    held = memoryview(b"")  # a chunk that is painted; the next may begin in its last word
    for start, stop, gathered in _chunks(painter, layout, len(value)):
        shared = held[start - position :]
        yield held[: start - position]
        position += len(held)
        if start > position:
            yield value[position:start]
        held = _painted(value[start : max(stop, position)], shared, start, gathered, layout)
        position = start
    yield held
    if (position := position + len(held)) < len(value):
        yield value[position:]


def _chunks(painter: _Painter, layout: Layout, length: int) -> Iterator[tuple[int, int, list[Rows]]]:
    """(start, stop, rows) of ranges of bytes that are changed in one copy, ascending. Two share no more than a word, where bits or
    exchanged bytes make the end of one band of rows the beginning of the next."""
    start = stop = 0
    gathered: list[Rows] = []
    for band in painter.bands():
        for rows in band:
            first, end = _bytes(rows, layout, length)
            if gathered and first >= stop and (first - stop > NEAR or stop - start > CHUNK):
                yield start, stop, gathered
                gathered = []
            if not gathered:
                start, stop = first, end
            gathered.append(rows)
            stop = max(stop, end)
        if gathered and stop - start > CHUNK:
            yield start, stop, gathered
            gathered = []
    if gathered:
        yield start, stop, gathered


def _bytes(rows: Rows, layout: Layout, length: int) -> tuple[int, int]:
    first, end = rows.start, rows.start + (rows.number - 1) * layout.row_units + rows.length
    if layout.bits:
        first, end = first >> 3, end + 7 >> 3
    return (first & ~1, min(end + 1 & ~1, length)) if layout.swap else (first, end)


class _Painter:
    """The rows of one frame after another, with the constants of the object settled once."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, work: PixelWork, layout: Layout, value: View) -> None:
        self._facts, self._work, self._layout, self._value = facts, work, layout, value
        self._fill: Fill | None = None
        self._extend = False
        self._black: tuple[bytes | int, ...] = ()
        self._white: tuple[bytes | int, ...] = ()
        if work.label and facts.float_samples:
            raise Refusal("label-unavailable")  # no value is known to be the brightest
        if work.frames:
            fill = fill_of(instance, facts)
            if layout.bits:
                self._black, self._white = (int(fill.black[0]) & 1,), (int(fill.white[0]) & 1,)
            else:
                # the sign goes on above HighBit only where no plane that stays has its bits there
                taken = {plane.group for plane in work.cleared}
                self._extend = work.strip_high_bits or all(not plane.embedded or plane.group in taken for plane in facts.planes)
                self._fill = fill if fill.extreme and not layout.swap else None
                self._black = encode(fill.black, facts, extend_sign=self._extend)
                self._white = encode(fill.white, facts, extend_sign=self._extend)
        # what a label refuses is known before anything is written
        self._marks = {span.rectangles: marks(work.label, span.rectangles, layout.step) for span in work.frames} if work.label else {}
        changes = [clear_bit(facts, plane.bit) for plane in work.cleared]
        if work.strip_high_bits:
            changes.append(clear_high_bits(facts))
        self._changes = tuple(changes)
        self._planes = tuple((blanks.frames, clear_bit(facts, blanks.plane.bit)) for blanks in work.planes if blanks.plane.embedded)

    def bands(self) -> Iterator[list[Rows]]:
        """All rows in lists, each of about `CHUNK` bytes of one plane of one frame, ascending within each and from one to the next."""
        layout = self._layout
        high = max(1, (CHUNK << 3 if layout.bits else CHUNK) // layout.row_units)
        for frame in self._frames():
            areas = self._areas(frame)
            if not areas:
                continue
            top, bottom = min(area.top for area, _, _ in areas), max(area.bottom for area, _, _ in areas)
            for plane in range(layout.planes):
                for row in range(top, bottom, high):
                    band = Rectangle(0, row, layout.columns, min(row + high, bottom))
                    if rows := [found for area, paints, phase in areas for found in self._rows(frame, plane, band, area, paints, phase)]:
                        rows.sort(key=_start)
                        yield rows

    def _frames(self) -> Iterator[int]:
        """The frames that change, ascending."""
        work = self._work
        if self._changes:
            yield from range(self._facts.frames)
            return
        spans = [span for blanks in work.planes if blanks.plane.embedded for span in blanks.frames] + list(work.frames)
        reached = 0
        for first, stop in sorted((span.first, span.stop) for span in spans):
            yield from range(max(first, reached), stop)
            reached = max(reached, stop)

    def _areas(self, frame: int) -> list[tuple[Rectangle, tuple[Paint, ...], int]]:
        """(rectangle, paint for each plane, phase) of what is changed in one frame."""
        every = self._layout.planes
        held = at_frame(self._work.frames, frame)
        found: list[tuple[Rectangle, tuple[Paint, ...], int]] = []
        if held:
            black = self._black_of(frame, held)
            found += [(area, black, 0) for area in held]
            found += [(area, self._white, 1) for area in self._marks.get(held, ())]
        for spans, change in self._planes:
            found += [(area, (change,) * every, 2) for area in at_frame(spans, frame)]
        found += [(self._facts.image, (change,) * every, 3) for change in self._changes]
        return [(self._layout.covered(area), paints, phase) for area, paints, phase in found]

    def _black_of(self, frame: int, held: tuple[Rectangle, ...]) -> tuple[bytes | int, ...]:
        """The fill of one frame: of the frame's own range where nothing else settles it."""
        fill = self._fill
        if fill is None or not fill.extreme:
            return self._black
        value = native_extreme(self._value, self._facts, frame, held, fill.extreme)
        return self._black if value is None else encode((value,), self._facts, extend_sign=self._extend)

    def _rows(self, frame: int, plane: int, band: Rectangle, area: Rectangle, paints: tuple[Paint, ...], phase: int) -> Iterator[Rows]:
        within = intersection(area, band)
        if within.top >= within.bottom or within.left >= within.right:
            return
        layout = self._layout
        start, length, count = layout.rows_of(frame, plane, within)
        if (layout.row_units - length >> (3 if layout.bits else 0)) <= NEAR:
            yield Rows(start, length, count, phase, paints[plane])
            return
        for row in range(count):
            yield Rows(start + row * layout.row_units, length, 1, phase, paints[plane])


def _painted(view: View, shared: memoryview, start: int, gathered: list[Rows], layout: Layout) -> memoryview:
    """A copy of `view`, which begins at byte `start`, with its rows painted; `shared`: its first bytes, painted already."""
    gathered.sort(key=_phase)
    only = gathered[0]
    if len(gathered) == 1 and isinstance(only.paint, bytes) and only.number == 1 and not layout.swap:
        return memoryview(_filled(only.paint, only.length))
    chunk = copied(view)
    chunk[: len(shared)] = shared
    if layout.swap == "either":
        _paint(chunk, start, gathered, layout)
    if layout.swap:
        swap_pairs(chunk)
    _paint(chunk, start, gathered, layout)
    if layout.swap:
        swap_pairs(chunk)
    return memoryview(chunk)


def _start(rows: Rows) -> int:
    return rows.start


def _phase(rows: Rows) -> int:
    return rows.phase


@lru_cache(maxsize=2)
def _filled(pattern: bytes, length: int) -> bytes:
    """The same for every frame, mostly."""
    return pattern * (length // len(pattern))


def _paint(chunk: bytearray, start: int, gathered: list[Rows], layout: Layout) -> None:
    apart = layout.row_units
    for first, length, count, _, paint in gathered:
        match paint:
            case int():
                first -= 8 * start
                for at in range(first, first + count * apart, apart):
                    set_bits(chunk, at, at + length, paint)
            case bytes():
                first -= start
                row = paint * (length // len(paint))
                for at in range(first, first + count * apart, apart):
                    chunk[at : at + length] = row
            case change:
                first -= start
                with memoryview(chunk) as whole:
                    for at in range(first, first + count * apart, apart):
                        with whole[at : at + length] as samples:
                            change(samples)
