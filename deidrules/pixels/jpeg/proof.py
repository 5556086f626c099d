"""Two JPEG streams compared block by block: what was blanked holds nothing, every other block holds the very same coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deidrules.pixels.jpeg.edit import blank_coefficient, cells_of, grid_of, held_of
from deidrules.pixels.jpeg.huffman import EOB, ZRL, ac_table, codes_of, dc_table
from deidrules.pixels.jpeg.scan import Interval, Slot
from deidrules.pixels.jpeg.stream import JpegStream, Scan, intervals, parse
from deidrules.plan.pixels import Rectangle

# Of a block: its DC coefficient and the bits of its AC coefficients as coded.
Block = tuple[int, tuple[int, int]]


def same_beside(before: bytes, after: bytes, rectangles: Iterable[Rectangle], *, white: bool = False) -> bool:
    """True when `after` is `before` with exactly the blocks of these rectangles blanked (see `edit.blank`): same frame header, same
    quantisation, same component order, the same scans; the Huffman tables may have grown. Refusal when one of them cannot be read."""
    one, other = parse(before), parse(after)
    shape = (one.precision, one.rows, one.columns, one.components, one.transform, one.jfif, len(one.scans))
    if shape != (other.precision, other.rows, other.columns, other.components, other.transform, other.jfif, len(other.scans)):
        return False
    held = held_of(one, rectangles)
    return all(_same_scan(one, first, other, second, held, white) for first, second in zip(one.scans, other.scans, strict=True))


def _same_scan(one: JpegStream, first: Scan, other: JpegStream, second: Scan, held: tuple[Rectangle, ...], white: bool) -> bool:
    if first.interval != second.interval or [(p.index, p.step) for p in first.components] != [(p.index, p.step) for p in second.components]:
        return False
    grid = grid_of(one, first)
    touched: set[int] = set()
    for cell in cells_of(held, grid):
        for row in range(cell.top, cell.bottom):
            touched.update(range(row * grid.columns + cell.left, row * grid.columns + cell.right))
    blanks = [blank_coefficient(one, part, white=white) for part in first.components]
    nothing = [_nothing(codes_of(part.ac)) for part in second.components]
    pairs = zip(_blocks(one, first), _blocks(other, second), strict=True)
    for number, (mcu, again) in enumerate(pairs):
        if number not in touched:
            if mcu != again:
                return False
        elif any(block[0] != blanks[slot] or block[1] not in nothing[slot] for slot, block in again):
            return False
    return True


def _nothing(codes: dict[int, tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """How a block without AC coefficients may be coded: an end of block, behind up to three runs of sixteen zeros."""
    end = codes.get(EOB)
    if end is None:
        return frozenset()
    forms = [end]
    if ZRL in codes:
        zeros = codes[ZRL]
        for _ in range(3):
            value, length = forms[-1]
            # the runs stand in front
            forms.append((zeros[0] << length | value, zeros[1] + length))
    return frozenset(forms)


def _blocks(stream: JpegStream, scan: Scan) -> Iterator[tuple[tuple[int, Block], ...]]:
    """MCU after MCU: (component of the scan, block) of each of its blocks."""
    grid = grid_of(stream, scan)
    slots = tuple(
        Slot(dc_table(part.dc), ac_table(part.ac), {}, {}, 0, blocks) for part, blocks in zip(scan.components, grid.blocks, strict=True)
    )
    length = scan.interval or grid.mcus
    for number, (data, _) in enumerate(intervals(stream, scan, grid.mcus)):
        yield from Interval(data, slots).blocks(min(length, grid.mcus - number * length))
