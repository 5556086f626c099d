"""Two JPEG streams compared block by block: what was blanked holds nothing, every other block holds the very same coefficients."""

from __future__ import annotations

from collections.abc import Iterable

from deidrules.pixels.jpeg.edit import blank_coefficient, cells_of, grid_of, held_of, runs_of, within
from deidrules.pixels.jpeg.huffman import codes_of, walk_table
from deidrules.pixels.jpeg.scan import Run
from deidrules.pixels.jpeg.stream import DQT, JpegStream, Scan, ScanComponent, intervals, parse
from deidrules.pixels.jpeg.walk import Slot, Walk
from deidrules.plan.pixels import Rectangle

# Of a block: its DC coefficient, and its AC coefficients that are not 0 with their places in zigzag order.
Block = tuple[int, tuple[tuple[int, int], ...]]

_PADDING = 16  # bits behind the last block are fewer: ones to the next byte, and a byte more from some encoders


def same_beside(before: bytes, after: bytes, rectangles: Iterable[Rectangle], *, white: bool = False) -> bool:
    """True when `after` is `before` with exactly the blocks of these rectangles blanked (see `edit.blank`): same frame header, same
    quantisation, same component order, the same scans; the Huffman tables may have grown. Refusal when one of them cannot be read.

    Nothing is known but the two streams. Where both stand before the same block with the same predictions, the same codes and the same
    bits mean the same coefficients (T.81 F.2.2 leaves a decoder no choice), so bits are compared and blocks are not; decoded is what was
    blanked, with one MCU behind it, where the predictions of both meet again. When the bits do not agree, or codes changed their meaning,
    every coefficient of the interval is decoded on both sides and compared. Of the editor's, only the walk is used again, which the tests
    hold against a slow decoder."""
    one, other = parse(before), parse(after)
    if _frame(one) != _frame(other) or len(one.scans) != len(other.scans):
        return False
    held = held_of(one, rectangles)
    return all(_same_scan(one, first, other, second, held, white) for first, second in zip(one.scans, other.scans, strict=True))


def _frame(stream: JpegStream) -> tuple[object, ...]:
    quantisation = tuple(stream.data[segment.start : segment.stop] for segment in stream.segments if segment.marker == DQT)
    return stream.precision, stream.rows, stream.columns, stream.components, stream.transform, stream.jfif, quantisation


def _same_scan(one: JpegStream, first: Scan, other: JpegStream, second: Scan, held: tuple[Rectangle, ...], white: bool) -> bool:
    if first.interval != second.interval or [(p.index, p.step) for p in first.components] != [(p.index, p.step) for p in second.components]:
        return False
    grid = grid_of(one, first)
    runs = runs_of(cells_of(held, grid), grid.columns)
    grown = all(_grown(part, larger) for part, larger in zip(first.components, second.components, strict=True))
    slots: tuple[Slot, ...] = ()
    again: tuple[Slot, ...] = ()
    length = first.interval or grid.mcus
    pairs = zip(intervals(one, first, grid.mcus), intervals(other, second, grid.mcus), strict=True)
    for number, ((coded, _), (recoded, _)) in enumerate(pairs):
        count = min(length, grid.mcus - number * length)
        inside = within(runs, number * length, number * length + count)
        if grown and not inside and coded == recoded:
            continue
        if not slots:
            slots, again = _slots(one, first, grid.blocks, white), _slots(one, second, grid.blocks, white)
        if grown and inside and _same_bits(Walk(coded, slots), Walk(recoded, again), inside, count):
            continue
        if not _same_coefficients(Walk(coded, slots), Walk(recoded, again), inside, count):
            return False
    return True


def _slots(stream: JpegStream, scan: Scan, blocks: tuple[int, ...], white: bool) -> tuple[Slot, ...]:
    return tuple(
        Slot(walk_table(part.dc, part.ac), codes_of(part.dc), codes_of(part.ac), blank_coefficient(stream, part, white=white), count)
        for part, count in zip(scan.components, blocks, strict=True)
    )


def _grown(part: ScanComponent, larger: ScanComponent) -> bool:
    """True when every code of the component's tables still means what it meant."""
    return codes_of(part.dc).items() <= codes_of(larger.dc).items() and codes_of(part.ac).items() <= codes_of(larger.ac).items()


def _same_bits(one: Walk, other: Walk, runs: tuple[Run, ...], mcus: int) -> bool:
    """True when the intervals are seen to be the same but for blanked runs by comparing their bits. False says nothing."""
    reached = 0
    for first, stop in runs:
        if not _same_stretch(one, other, first - reached):
            return False
        one.skip(stop - first)
        if not _is_blank(other, stop - first):
            return False
        reached = stop
        if reached < mcus:
            if _mcu(one) != _mcu(other):
                return False
            reached += 1
    # both stand before the same MCU: the bits that are left may tell without a walk, else where the last block ends
    return _same_end(one, other) or (
        _same_stretch(one, other, mcus - reached) and one.bits.end - one.position < _PADDING and other.bits.end - other.position < _PADDING
    )


def _same_end(one: Walk, other: Walk) -> bool:
    """True when the other side holds the same bits to the end, and less than a byte of ones behind them at most."""
    if one.rest == other.rest:
        return True
    left = one.bits.end - one.position
    more = other.bits.end - other.position - left
    if not 0 < more < 8:
        return False
    bits = one.bits.copy(one.position, one.bits.end)
    return other.bits.copy(other.position, other.bits.end) == bits << more | (1 << more) - 1


def _same_stretch(one: Walk, other: Walk, mcus: int) -> bool:
    """Walk over MCUs that have to be the same; the other side holds the same bits or nothing is known."""
    start = one.position
    one.skip(mcus)
    length = one.position - start
    if not other.bits.holds(other.position + length):
        return False
    if one.bits.copy(start, one.position) != other.bits.copy(other.position, other.position + length):
        return False
    other.position += length
    other.predictions[:] = one.predictions
    return True


def _is_blank(walk: Walk, mcus: int) -> bool:
    """Walk over MCUs; True when each block holds the DC coefficient of a blank, and nothing else."""
    blank = tuple((number, (walk.slots[number].blank, ())) for number in walk.order)
    while mcus > 0:
        if _mcu(walk) != blank:
            return False
        mcus -= 1
        mcus -= walk.quiet(mcus)  # differences of 0 behind a blank
    return True


def _mcu(walk: Walk) -> tuple[tuple[int, Block], ...]:
    """Walk over an MCU; of each block the slot and its coefficients."""
    out: list[tuple[int, Block]] = []
    for number in walk.order:
        walk.predictions[number] += walk.difference(number)
        out.append((number, (walk.predictions[number], walk.block(number))))
    return tuple(out)


def _same_coefficients(one: Walk, other: Walk, runs: tuple[Run, ...], mcus: int) -> bool:
    """The same answer the long way: every block of both is decoded, as if nothing were known of how one became the other."""
    reached = 0
    for first, stop in (*runs, (mcus, mcus)):
        for _ in range(reached, first):
            if _mcu(one) != _mcu(other):
                return False
        for _ in range(first, stop):
            _mcu(one)
            if not _is_blank(other, 1):
                return False
        reached = stop
    return other.bits.end - other.position < _PADDING
