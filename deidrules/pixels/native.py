"""Native pixel data: the samples of the blanked areas are overwritten, every other byte is handed through untouched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.dicom.element import DicomObject
from deidrules.dicom.transfer_syntax import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from deidrules.pixels.bits import set_bits, swap_pairs
from deidrules.pixels.extremes import extreme, native_values
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.fill import Fill, encode, fill_of
from deidrules.pixels.high_bits import Change, clear_bit, clear_high_bits
from deidrules.pixels.label import marks
from deidrules.pixels.layout import Layout, layout_of
from deidrules.pixels.work import FrameBlanks, PixelWork
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

TRANSFER_SYNTAXES = (
    IMPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,  # the buffer of the object is the inflated data set
    EXPLICIT_VR_BIG_ENDIAN,
)

# Runs nearer than this are changed in one copy; a copy larger than CHUNK ends where no run crosses.
NEAR = 1 << 12
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Run:
    """Units `start` .. `stop` - 1 of the layout get `paint`: a pattern of bytes that fills them, a bit (0 or 1), or a change of samples.
    Where runs overlap, a later `phase` comes after an earlier."""

    start: int
    stop: int
    phase: int
    paint: bytes | int | Change


def redact(instance: DicomObject, facts: PixelFacts, work: PixelWork) -> Iterator[bytes | memoryview]:
    """The new value of the pixel element, in parts: of even length, and without bytes beyond the geometry, in which anything may hide.
    Parts without a change are views of the object's buffer; what is copied at a time is about `CHUNK` bytes."""
    layout = layout_of(facts)
    length = min(facts.length, facts.native_length + facts.native_length % 2)
    if layout.swap and length % 2:
        raise Refusal("pixel-data-short", tag=facts.element, vr=facts.vr, length=length, expected=length + 1)
    value = memoryview(instance.buffer)[facts.offset : facts.offset + length]
    position = 0
    for start, stop, runs in _chunks(_runs(instance, facts, work, layout), layout, length):
        if start > position:
            yield value[position:start]
        yield memoryview(_painted(bytearray(value[start:stop]), start, runs, layout))
        position = stop
    if position < length:
        yield value[position:]
    if length % 2:
        yield b"\0"


def _runs(instance: DicomObject, facts: PixelFacts, work: PixelWork, layout: Layout) -> Iterator[Run]:
    """All runs, frame after frame, ascending within each."""
    value = memoryview(instance.buffer)[facts.offset : facts.offset + facts.length]
    painter = _Painter(instance, facts, work, layout, value)
    everywhere = work.strip_high_bits or bool(work.cleared)
    touched = [span for blanks in work.planes if blanks.plane.embedded for span in blanks.frames] + list(work.frames)
    if everywhere:
        frames: Iterator[int] = iter(range(facts.frames))
    else:
        edges = sorted((span.first, span.stop) for span in touched)
        frames = _each(edges)
    for frame in frames:
        yield from sorted(painter.frame(frame), key=lambda run: (run.start, run.phase))


def _each(spans: list[tuple[int, int]]) -> Iterator[int]:
    reached = 0
    for first, stop in spans:
        yield from range(max(first, reached), stop)
        reached = max(reached, stop)


class _Painter:
    """The runs of one frame after another, with the constants of the object settled once."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, work: PixelWork, layout: Layout, value: memoryview) -> None:
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
        changes = [clear_bit(facts, plane.bit) for plane in work.cleared]
        if work.strip_high_bits:
            changes.append(clear_high_bits(facts))
        self._changes = tuple(changes)
        self._planes = tuple((blanks.frames, clear_bit(facts, blanks.plane.bit)) for blanks in work.planes if blanks.plane.embedded)

    def frame(self, frame: int) -> Iterator[Run]:
        """What is changed in one frame."""
        held = _at(self._work.frames, frame)
        yield from self._runs(frame, held, self._black_of(frame, held), 0)
        if self._work.label:
            yield from self._runs(frame, marks(self._work.label, held, self._layout.step), self._white, 1)
        for frames, change in self._planes:
            yield from self._runs(frame, _at(frames, frame), (change,) * self._layout.planes, 2)
        for change in self._changes:
            yield from self._runs(frame, (self._facts.image,), (change,) * self._layout.planes, 3)

    def _black_of(self, frame: int, held: tuple[Rectangle, ...]) -> tuple[bytes | int, ...]:
        """The fill of one frame: of the frame's own range where nothing else settles it."""
        fill = self._fill
        if fill is None or not fill.extreme or not held:
            return self._black
        value = extreme(native_values(self._value, self._facts, frame), held, fill.extreme)
        return self._black if value is None else encode((value,), self._facts, extend_sign=self._extend)

    def _runs(
        self, frame: int, rectangles: tuple[Rectangle, ...], paints: tuple[bytes | int, ...] | tuple[Change, ...], phase: int
    ) -> Iterator[Run]:
        for rectangle in rectangles:
            for plane, start, stop in self._layout.runs(frame, rectangle):
                yield Run(start, stop, phase, paints[plane])


def _at(spans: tuple[FrameBlanks, ...], frame: int) -> tuple[Rectangle, ...]:
    return next((span.rectangles for span in spans if span.first <= frame < span.stop), ())


def _chunks(runs: Iterator[Run], layout: Layout, length: int) -> Iterator[tuple[int, int, list[Run]]]:
    """(start, stop, runs) of ranges of bytes that are changed in one copy; no two share a byte, or a word where words are exchanged."""
    start = stop = 0
    gathered: list[Run] = []
    for run in runs:
        first, end = _bytes(run, layout, length)
        if gathered and first >= stop and (first - stop > NEAR or stop - start > CHUNK):
            yield start, stop, gathered
            gathered = []
        if not gathered:
            start, stop = first, end
        gathered.append(run)
        stop = max(stop, end)
    if gathered:
        yield start, stop, gathered


def _bytes(run: Run, layout: Layout, length: int) -> tuple[int, int]:
    first, end = (run.start >> 3, run.stop + 7 >> 3) if layout.bits else (run.start, run.stop)
    return (first & ~1, min(end + 1 & ~1, length)) if layout.swap else (first, end)


def _painted(chunk: bytearray, start: int, runs: list[Run], layout: Layout) -> bytearray:
    runs.sort(key=lambda run: run.phase)
    if layout.swap == "either":
        _paint(chunk, start, runs, layout)
    if layout.swap:
        swap_pairs(chunk)
    _paint(chunk, start, runs, layout)
    if layout.swap:
        swap_pairs(chunk)
    return chunk


def _paint(chunk: bytearray, start: int, runs: list[Run], layout: Layout) -> None:
    for run in runs:
        match run.paint:
            case int():
                set_bits(chunk, run.start - 8 * start, run.stop - 8 * start, run.paint)
            case bytes():
                length = run.stop - run.start
                chunk[run.start - start : run.stop - start] = run.paint * (length // len(run.paint))
            case change:
                with memoryview(chunk) as view, view[run.start - start : run.stop - start] as samples:
                    change(samples)
