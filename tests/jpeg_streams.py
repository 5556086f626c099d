"""Sequential JPEG streams of any shape written from coefficients, and a slow decoder of coefficients; independent of the package."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import pack

Coefficients = tuple[int, ...]  # of a block: 64, in zigzag order, the first is DC
Place = tuple[int, int, int]  # component, row and column of a block
Box = tuple[int, int, int, int]  # left, top, right, bottom; right and bottom are the first column and row left alone
Table = tuple[tuple[int, ...], tuple[int, ...]]  # codes of each length, symbols

EOB, ZRL = 0x00, 0xF0


@dataclass(frozen=True)
class Shape:
    """What a stream looks like. `sampling`: (horizontal, vertical) of each component. `scans`: components of each. `dense`: the share of AC
    coefficients that are not 0. `complete`: tables hold codes beyond those that the image needs; `full`: those of AC
    coefficients have a code of each length, and none for an end of block. `fill`: FF bytes before restart markers.
    `transform`: what an Adobe marker says, None without one. `quiet`: how much of the image is flat: MCUs that say nothing, in runs."""

    columns: int
    rows: int
    sampling: tuple[tuple[int, int], ...] = ((1, 1),)
    scans: tuple[tuple[int, ...], ...] = ((0,),)
    interval: int = 0
    precision: int = 8
    dense: float = 0.1
    complete: bool = True
    full: bool = False
    shared_tables: bool = False
    fill: int = 0
    transform: int | None = None
    steps: tuple[int, ...] = (3, 5, 5)
    quiet: float = 0.0
    behind: bytes = b""
    seed: int = 0

    @property
    def largest(self) -> tuple[int, int]:
        return max(h for h, _ in self.sampling), max(v for _, v in self.sampling)

    @property
    def cell(self) -> tuple[int, int]:
        """Columns and rows of pixels of an MCU of the frame."""
        across, down = self.largest if len(self.sampling) > 1 else (1, 1)
        return 8 * across, 8 * down


@dataclass
class Stream:
    """A stream read back: `blocks` by place, `segments` other than tables of codes and scans as (marker, body) in order."""

    blocks: dict[Place, Coefficients] = field(default_factory=dict)
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    length: int = 0


def layout(columns: int, rows: int, sampling: tuple[tuple[int, int], ...], scan: tuple[int, ...]) -> list[list[Place]]:
    """The blocks of each MCU of a scan in order, T.81 A.2.2 and A.2.3."""
    across, down = max(h for h, _ in sampling), max(v for _, v in sampling)
    if len(scan) == 1:
        (one,) = scan
        horizontal, vertical = sampling[one]
        wide, high = -(-columns * horizontal // across), -(-rows * vertical // down)
        return [[(one, row, column)] for row in range(-(-high // 8)) for column in range(-(-wide // 8))]
    return [
        [
            (one, row * sampling[one][1] + y, column * sampling[one][0] + x)
            for one in scan
            for y in range(sampling[one][1])
            for x in range(sampling[one][0])
        ]
        for row in range(-(-rows // (8 * down)))
        for column in range(-(-columns // (8 * across)))
    ]


# ---- writing


def coefficients(shape: Shape) -> dict[Place, Coefficients]:
    """Random ones: DC all over its range, runs of zeros longer than sixteen, blocks that end without an end of block."""
    chance = random.Random(shape.seed)
    largest_ac = (1 << (10 if shape.precision == 8 else 14)) - 1
    out: dict[Place, Coefficients] = {}
    for scan in shape.scans:
        flat, before = False, dict.fromkeys(scan, 0)
        for mcu in layout(shape.columns, shape.rows, shape.sampling, scan):
            if shape.quiet and chance.random() < 0.1:
                flat = chance.random() < shape.quiet
            for place in mcu:
                if flat:
                    out[place] = (before[place[0]], *[0] * 63)
                    continue
                reach = (1 << shape.precision + 2) // shape.steps[place[0]]
                block = [chance.choice((chance.randint(-reach, reach), chance.randint(-9, 9), 0))]
                for _ in range(63):
                    size = chance.choice((1, 2, 3, largest_ac)) if chance.random() < 0.2 else 1
                    block.append(chance.choice((-1, 1)) * chance.randint(1, size) if chance.random() < shape.dense else 0)
                if chance.random() < 0.1:
                    block[63] = chance.choice((-1, 1))
                out[place] = tuple(block)
                before[place[0]] = block[0]
    return out


def symbols_of(block: Coefficients, before: int) -> list[tuple[bool, int, int, int]]:
    """(DC, symbol, magnitude bits, their number) of a block behind a DC coefficient."""
    difference = block[0] - before
    out = [(True, abs(difference).bit_length(), *_magnitude(difference))]
    zeros = 0
    for value in block[1:]:
        if not value:
            zeros += 1
            continue
        while zeros > 15:
            out.append((False, ZRL, 0, 0))
            zeros -= 16
        out.append((False, zeros << 4 | abs(value).bit_length(), *_magnitude(value)))
        zeros = 0
    if zeros:
        out.append((False, EOB, 0, 0))
    return out


def _magnitude(value: int) -> tuple[int, int]:
    size = abs(value).bit_length()
    return (value if value > 0 else value + (1 << size) - 1), size


def table_for(symbols: Iterable[int], chance: random.Random) -> Table:
    """Some table with these symbols: any lengths that leave the code of all ones free."""
    left = list(symbols)
    chance.shuffle(left)
    counts, free, placed = [], 1, 0
    for length in range(1, 17):
        free *= 2
        rest = len(left) - placed
        # as many as leave room for the others in 16 bits
        most = max(k for k in range(min(rest, free - 1) + 1) if ((free - k) << 16 - length) - 1 >= rest - k)
        taken = most if length == 16 else chance.randint(0, most)
        counts.append(taken)
        free -= taken
        placed += taken
    assert placed == len(left)
    return tuple(counts), tuple(left)


def codes(table: Table) -> dict[int, str]:
    """Symbol to its code as ones and zeros, T.81 Annex C."""
    counts, symbols = table
    out: dict[int, str] = {}
    code, taken = 0, iter(symbols)
    for length, count in enumerate(counts, start=1):
        for _ in range(count):
            out[next(taken)] = f"{code:0{length}b}"
            code += 1
        code *= 2
    return out


def segment(marker: int, body: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(body) + 2) + body


def written(shape: Shape, blocks: dict[Place, Coefficients] | None = None) -> bytes:
    """The stream of a shape, with random coefficients unless given."""
    chance = random.Random(shape.seed + 1)
    blocks = coefficients(shape) if blocks is None else blocks
    out = bytearray(b"\xff\xd8")
    if shape.transform is not None:
        out += segment(0xEE, b"Adobe" + pack(">HHHB", 100, 0, 0, shape.transform))
    for number, step in enumerate(shape.steps[: len(shape.sampling)]):
        out += segment(0xDB, bytes([number, step]) + bytes([1 + number] * 63))
    parts = b"".join(bytes([number + 1, h << 4 | v, number]) for number, (h, v) in enumerate(shape.sampling))
    head = pack(">BHHB", shape.precision, shape.rows, shape.columns, len(shape.sampling))
    out += segment(0xC0 if shape.precision == 8 else 0xC1, head + parts)
    out += segment(0xFE, b"a comment, \xff\xda and all")
    if shape.interval:
        out += segment(0xDD, pack(">H", shape.interval))
    for scan in shape.scans:
        out += _scan(shape, scan, blocks, chance)
    return bytes(out + b"\xff\xd9" + shape.behind)


def _scan(shape: Shape, scan: tuple[int, ...], blocks: dict[Place, Coefficients], chance: random.Random) -> bytes:
    mcus = layout(shape.columns, shape.rows, shape.sampling, scan)
    length = shape.interval or len(mcus)
    intervals = [mcus[first : first + length] for first in range(0, len(mcus), length)]
    found: dict[tuple[bool, int], set[int]] = {}
    numbers = {one: int(index > 0 and not shape.shared_tables) for index, one in enumerate(scan)}
    coded: list[list[tuple[bool, int, int, int, int]]] = []
    for interval in intervals:
        before = dict.fromkeys(scan, 0)
        symbols = []
        for mcu in interval:
            for place in mcu:
                one = place[0]
                symbols += [(dc, numbers[one], *rest) for dc, *rest in symbols_of(blocks[place], before[one])]
                before[one] = blocks[place][0]
        for dc, number, symbol, _, _ in symbols:
            found.setdefault((dc, number), set()).add(symbol)
        coded.append(symbols)
    tables = {}
    for key in sorted({(dc, number) for dc in (True, False) for number in numbers.values()}):
        needed = found.get(key, set()) or {0}
        if shape.complete:
            most = 11 if shape.precision == 8 else 15
            needed |= set(range(most + 1)) if key[0] else {EOB, ZRL} | {run << 4 | size for run in range(16) for size in range(1, 11)}
        tables[key] = table_for(sorted(needed), chance)
        if shape.full and not key[0]:
            tables[key] = (1,) * 16, tuple(range(1, 17))
    out = bytearray()
    body = b"".join(bytes([(0 if dc else 16) | number, *counts, *symbols]) for (dc, number), (counts, symbols) in tables.items())
    out += segment(0xC4, body)
    parts = b"".join(bytes([one + 1, numbers[one] << 4 | numbers[one]]) for one in scan)
    out += segment(0xDA, bytes([len(scan)]) + parts + b"\0\x3f\0")
    codings = {key: codes(table) for key, table in tables.items()}
    for number, symbols in enumerate(coded):
        if number:
            out += b"\xff" * shape.fill + bytes([0xFF, 0xD0 + (number - 1) % 8])
        bits = "".join(codings[dc, table][symbol] + (f"{value:0{size}b}" if size else "") for dc, table, symbol, value, size in symbols)
        bits += "1" * (-len(bits) % 8)
        out += int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return bytes(out)


# ---- reading


class _Bits:
    """The bits of one restart interval, stuffing left out."""

    def __init__(self, data: bytes) -> None:
        plain = data.replace(b"\xff\0", b"\xff")
        self._bits = "".join(f"{byte:08b}" for byte in plain)
        self._at = 0

    def symbol(self, coding: dict[str, int]) -> int:
        code = ""
        while code not in coding:
            assert len(code) < 16, "no such code"
            code += self._bits[self._at]
            self._at += 1
        return coding[code]

    def value(self, size: int) -> int:
        if not size:
            return 0
        raw = self._bits[self._at : self._at + size]
        assert len(raw) == size, "the data end too early"
        self._at += size
        return int(raw, 2) if raw[0] == "1" else int(raw, 2) - (1 << size) + 1

    def done(self) -> None:
        rest = self._bits[self._at :]
        assert len(rest) < 8, "data behind the last block"
        assert set(rest) <= {"1"}, "padding that is not ones"


def read(data: bytes) -> Stream:
    """Every coefficient of a stream. AssertionError, IndexError or KeyError where it is not as T.81 says."""
    out = Stream()
    assert data[:2] == b"\xff\xd8"
    at, interval = 2, 0
    huffman: dict[int, dict[str, int]] = {}
    columns = rows = 0
    components: list[int] = []
    sampling: list[tuple[int, int]] = []
    while True:
        assert data[at] == 0xFF
        marker = data[at + 1]
        at += 2
        if marker == 0xD9:
            break
        stop = at + int.from_bytes(data[at : at + 2], "big")
        body, at = data[at + 2 : stop], stop
        if marker == 0xC4:
            while body:
                counts = body[1:17]
                symbols = body[17 : 17 + sum(counts)]
                assert len(set(symbols)) == len(symbols) == sum(counts)
                coding = codes((tuple(counts), tuple(symbols)))
                assert all("0" in code for code in coding.values()), "a code of all ones"
                huffman[body[0]] = {code: symbol for symbol, code in coding.items()}
                body = body[17 + len(symbols) :]
            continue
        out.segments.append((marker, body))
        if marker in (0xC0, 0xC1):
            rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            components = list(body[6::3])
            sampling = [(size >> 4, size & 15) for size in body[7::3]]
        elif marker == 0xDD:
            interval = int.from_bytes(body, "big")
        elif marker == 0xDA:
            scan = tuple(components.index(body[1 + 2 * number]) for number in range(body[0]))
            tables = {one: body[2 + 2 * number] for number, one in enumerate(scan)}
            end = at
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7 or data[end + 1] == 0xFF:
                end += 1
            parts = _intervals(data[at:end].rstrip(b"\xff"))  # fill bytes before the marker
            mcus = layout(columns, rows, tuple(sampling), scan)
            length = interval or len(mcus)
            assert len(parts) == -(-len(mcus) // length)
            for number, part in enumerate(parts):
                bits = _Bits(part)
                before = dict.fromkeys(scan, 0)
                for mcu in mcus[number * length : (number + 1) * length]:
                    for place in mcu:
                        one = place[0]
                        block = _block(bits, huffman[tables[one] >> 4], huffman[16 | tables[one] & 15], before[one])
                        assert place not in out.blocks
                        out.blocks[place], before[one] = block, block[0]
                bits.done()
            at = end
    out.length = at
    return out


def _intervals(coded: bytes) -> list[bytes]:
    parts, start, at = [], 0, 0
    while at < len(coded):
        if coded[at] == 0xFF and coded[at + 1] != 0:
            begin = at
            while coded[at] == 0xFF:
                at += 1
            assert coded[at] == 0xD0 + len(parts) % 8
            parts.append(coded[start:begin])
            start = at + 1
        at += 1
    return [*parts, coded[start:]]


def _block(bits: _Bits, dc: dict[str, int], ac: dict[str, int], before: int) -> Coefficients:
    block = [before + bits.value(bits.symbol(dc))]
    while len(block) < 64:
        symbol = bits.symbol(ac)
        if symbol == EOB:
            block += [0] * (64 - len(block))
        elif symbol == ZRL:
            block += [0] * 16
        else:
            block += [0] * (symbol >> 4)
            block.append(bits.value(symbol & 15))
    assert len(block) == 64
    return tuple(block)


# ---- what a rectangle touches


def touched(shape: Shape, boxes: Iterable[Box]) -> set[tuple[int, int]]:
    """Row and column of the MCUs of the frame that the pixels of the boxes touch, with the pixels beside them where chroma is shared."""
    wide, high = shape.cell
    across = int(len({h for h, _ in shape.sampling}) > 1)
    down = int(len({v for _, v in shape.sampling}) > 1)
    out = set()
    for left, top, right, bottom in boxes:
        for y in range(max(0, top), min(bottom, shape.rows)):
            for x in range(max(0, left), min(right, shape.columns)):
                for beside_y in range(max(0, y - down), min(y + down, shape.rows - 1) + 1):
                    for beside_x in range(max(0, x - across), min(x + across, shape.columns - 1) + 1):
                        out.add((beside_y // high, beside_x // wide))
    return out


def cell_of(shape: Shape, place: Place) -> tuple[int, int]:
    """Row and column of the MCU of the frame in which a block lies."""
    component, row, column = place
    horizontal, vertical = shape.sampling[component] if len(shape.sampling) > 1 else (1, 1)
    return row // vertical, column // horizontal
