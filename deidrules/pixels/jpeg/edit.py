"""Rectangles of a JPEG frame blanked block by block: no coefficient outside the touched blocks changes (ITU-T T.81)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from deidrules.pixels.area import area_of, intersection, union
from deidrules.pixels.jpeg.huffman import codes_of, extended, walk_table
from deidrules.pixels.jpeg.scan import MissingSymbol, Run, blanked
from deidrules.pixels.jpeg.stream import DHT, EOI, SOS, Huffman, JpegStream, Scan, ScanComponent, broken, intervals, parse, unsupported
from deidrules.pixels.jpeg.walk import Slot
from deidrules.plan.pixels import Rectangle

_MOST_BLOCKS = 10  # of an interleaved MCU, T.81 B.2.3


@dataclass(frozen=True, slots=True)
class Grid:
    """How the blocks of a scan lie. `cell` is the size in pixels, columns and rows, of what is blanked as a whole: an MCU of the frame.
    `columns`, `rows`: MCUs of the scan, of `wide` x `high` in a cell. `blocks`: of each component in an MCU."""

    cell: tuple[int, int]
    columns: int
    rows: int
    wide: int
    high: int
    blocks: tuple[int, ...]

    @property
    def mcus(self) -> int:
        """MCUs of the scan."""
        return self.columns * self.rows


def blank(frame: bytes | JpegStream, rectangles: Iterable[Rectangle], *, white: bool = False) -> bytes:
    """The stream, taken apart already or not, with these rectangles (half-open, in pixels of the frame) blanked: black, or white where
    `white` (a MONOCHROME1 image shows it black). Blocks that a rectangle touches are blanked whole, up to one MCU (8 x 8 to 32 x 32
    pixels) beyond it; every other coefficient stays what it was, and so do all segments but Huffman tables that lack a code. Bytes behind
    the end of the image are left out, the stream is padded to even length.

    Refusal `compressed-frame-unsupported` (another process than sequential Huffman, T.81 F.1), `compressed-frame-broken`."""
    stream = frame if isinstance(frame, JpegStream) else parse(frame)
    held = held_of(stream, rectangles)
    tables: dict[tuple[int, int], Huffman] = {}
    coded = tuple(_scan(stream, scan, held, white, tables) for scan in stream.scans)
    out: list[bytes] = []
    number = 0
    for index, segment in enumerate(stream.segments):
        body = stream.data[segment.start : segment.stop]
        if segment.marker == DHT and any(place[0] == index for place in tables):
            body = _huffman_segment(body, index, tables)
        out.append(body)
        if segment.marker == SOS:
            out.append(coded[number])
            number += 1
        if segment.marker == EOI:
            break
    whole = b"".join(out)
    return whole + b"\0" * (len(whole) & 1)


def held_of(stream: JpegStream, rectangles: Iterable[Rectangle]) -> tuple[Rectangle, ...]:
    """The rectangles within the frame, with the pixels that share chroma with their edges."""
    image = Rectangle(0, 0, stream.columns, stream.rows)
    across, down = _shared(stream)
    return tuple(
        intersection(Rectangle(cut.left - across, cut.top - down, cut.right + across, cut.bottom + down), image)
        for rectangle in rectangles
        if area_of(cut := intersection(rectangle, image))
    )


def grid_of(stream: JpegStream, scan: Scan) -> Grid:
    """How the blocks of a scan lie, T.81 A.2."""
    components = stream.components
    if len(components) == 1:  # one component is never interleaved, whatever sampling it states
        return Grid((8, 8), -(-stream.columns // 8), -(-stream.rows // 8), 1, 1, (1,))
    across, down = max(c.horizontal for c in components), max(c.vertical for c in components)
    cell = (8 * across, 8 * down)
    if len(scan.components) == 1:
        component = components[scan.components[0].index]
        wide, high = -(-stream.columns * component.horizontal // across), -(-stream.rows * component.vertical // down)
        columns, rows = -(-wide // 8), -(-high // 8)
        return Grid(cell, columns, rows, component.horizontal, component.vertical, (1,))
    blocks = tuple(components[part.index].horizontal * components[part.index].vertical for part in scan.components)
    if sum(blocks) > _MOST_BLOCKS:
        raise broken()
    return Grid(cell, -(-stream.columns // cell[0]), -(-stream.rows // cell[1]), 1, 1, blocks)


def cells_of(rectangles: Iterable[Rectangle], grid: Grid) -> tuple[Rectangle, ...]:
    """The rectangles in MCUs of the scan, grown to whole cells; disjoint, in the form of `area.union`."""
    wide, high = grid.cell
    grown = (
        Rectangle(
            r.left // wide * grid.wide,
            r.top // high * grid.high,
            min(-(-r.right // wide) * grid.wide, grid.columns),
            min(-(-r.bottom // high) * grid.high, grid.rows),
        )
        for r in rectangles
    )
    return union(grown)


def blank_coefficient(stream: JpegStream, part: ScanComponent, *, white: bool) -> int:
    """The quantised DC coefficient of a blanked block of a component: as dark (or light) as samples go, and chroma neutral."""
    if len(stream.components) == 3 and part.index and not stream.is_rgb:
        return 0
    far = 1 << stream.precision + 2  # eight times half the range of the samples: what decoders clamp at
    if part.step > 2 * far:
        raise unsupported()
    steps = -(-far // part.step)
    return min(steps, far - 1) if white else -steps


def runs_of(cells: tuple[Rectangle, ...], columns: int) -> tuple[Run, ...]:
    """Disjoint rectangles of MCUs as runs of MCU numbers, ascending; those that touch are one."""
    found: list[list[int]] = []
    rows: dict[int, list[tuple[int, int]]] = {}
    for cell in cells:
        for row in range(cell.top, cell.bottom):
            rows.setdefault(row, []).append((cell.left, cell.right))
    for row in sorted(rows):
        for left, right in sorted(rows[row]):
            first, stop = row * columns + left, row * columns + right
            if found and found[-1][1] == first:
                found[-1][1] = stop
            else:
                found.append([first, stop])
    return tuple((first, stop) for first, stop in found)


def _shared(stream: JpegStream) -> tuple[int, int]:
    """Pixels (across, down) by which the chroma of a neighbouring block reaches into a rectangle: decoders interpolate what was
    subsampled."""
    components = stream.components
    return (
        int(len({component.horizontal for component in components}) > 1),
        int(len({component.vertical for component in components}) > 1),
    )


def _scan(stream: JpegStream, scan: Scan, rectangles: tuple[Rectangle, ...], white: bool, tables: dict[tuple[int, int], Huffman]) -> bytes:
    """The entropy-coded data of a scan, blanked. Tables that had to be extended are added to `tables`."""
    grid = grid_of(stream, scan)
    runs = runs_of(cells_of(rectangles, grid), grid.columns)
    parts = intervals(stream, scan, grid.mcus)
    if not runs:
        return stream.data[scan.start : scan.stop]
    coded: dict[int, bytes] = {}
    length = scan.interval or grid.mcus
    while True:
        slots = _slots(stream, scan, grid, white, tables)
        try:
            for number, (data, _) in enumerate(parts):
                first = number * length
                inside = within(runs, first, min(first + length, grid.mcus))
                if inside:
                    coded[number] = blanked(data, slots, inside, min(length, grid.mcus - first))
            break
        except MissingSymbol as missing:
            part = scan.components[missing.slot]
            table = part.dc if missing.dc else part.ac
            known = tables.get(table.place, table)
            # what one block lacks, others will lack too: all categories of a DC difference at once where there is room
            symbols = frozenset({missing.symbol, *(range(missing.symbol) if missing.dc else ())})
            if missing.symbol in known.symbols or missing.symbol > 16:
                raise unsupported() from None
            tables[table.place] = extended(known, symbols)
    out: list[bytes] = []
    for number, (data, marker) in enumerate(parts):
        out += (coded.get(number) or data, marker)
    return b"".join(out)


def _slots(stream: JpegStream, scan: Scan, grid: Grid, white: bool, tables: dict[tuple[int, int], Huffman]) -> tuple[Slot, ...]:
    slots = []
    for part, blocks in zip(scan.components, grid.blocks, strict=True):
        written = replace(part, dc=tables.get(part.dc.place, part.dc), ac=tables.get(part.ac.place, part.ac))
        value = blank_coefficient(stream, part, white=white)
        slots.append(Slot(walk_table(part.dc, part.ac), codes_of(written.dc), codes_of(written.ac), value, blocks))
    return tuple(slots)


def within(runs: tuple[Run, ...], first: int, stop: int) -> tuple[Run, ...]:
    """The parts of runs that lie in MCUs `first` .. `stop` - 1, counted from `first`."""
    return tuple((max(a, first) - first, min(b, stop) - first) for a, b in runs if a < stop and b > first)


def _huffman_segment(body: bytes, index: int, tables: dict[tuple[int, int], Huffman]) -> bytes:
    """A DHT segment with its extended tables in place of the old ones."""
    out = bytearray()
    number, position = 0, body.index(b"\xc4") + 3
    while position < len(body):
        length = 17 + sum(body[position + 1 : position + 17])
        table = tables.get((index, number))
        if table is None:
            out += body[position : position + length]
        else:
            out += body[position : position + 1] + bytes(table.counts) + bytes(table.symbols)
        position += length
        number += 1
    return b"\xff\xc4" + (len(out) + 2).to_bytes(2) + bytes(out)
