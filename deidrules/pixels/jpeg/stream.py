"""A sequential Huffman-coded JPEG stream taken apart: segments, frame header, tables, scans (ITU-T T.81 Annex B)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.text.refusal import Refusal

SOI, EOI, SOS, DQT, DHT, DRI, DNL = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xDC
APP0, APP14 = 0xE0, 0xEE
SEQUENTIAL = (0xC0, 0xC1)  # baseline and extended, Huffman coded
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {DHT, 0xC8, 0xCC})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})

# An FF in entropy-coded data is followed by 00 (it is data), or by RSTn or another marker, with more FF before it perhaps; without
# a group, what was found is none of these. An expression that begins with a plain byte is searched many times faster than a repeat.
_MARKER = re.compile(rb"\xff(?:\xff*+([^\x00\xff])|\xff++\x00|\xff*+\Z)")
_RESTARTS = range(0xD0, 0xD8)


@dataclass(frozen=True, slots=True)
class Component:
    """Of the frame header: its identifier, its blocks in an MCU, and which quantisation table it names."""

    identifier: int
    horizontal: int
    vertical: int
    quantisation: int


@dataclass(frozen=True, slots=True)
class Huffman:
    """A table as a DHT segment writes it. `place` tells one definition from a later one of the same class and number: (number of the
    segment, number within the segment)."""

    counts: tuple[int, ...]
    symbols: tuple[int, ...]
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ScanComponent:
    """A component of a scan with the tables that hold while it is read; `step` is the quantisation of its DC coefficients."""

    index: int
    dc: Huffman
    ac: Huffman
    step: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with its parameters: bytes `start` .. `stop` of the stream, the FF included."""

    marker: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Entropy-coded bytes `start` .. `stop` of the stream; `interval` is the number of MCUs between restarts, 0 without; `restarts` are
    the markers that stand there, in order."""

    components: tuple[ScanComponent, ...]
    interval: int
    start: int
    stop: int
    restarts: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class JpegStream:
    """`segments` in order (a SOS without its entropy-coded data), the scans in order. `transform` is the colour transform an Adobe marker
    states, None without one; `jfif` whether a JFIF marker stands there."""

    data: bytes
    precision: int
    rows: int
    columns: int
    components: tuple[Component, ...]
    segments: tuple[Segment, ...]
    scans: tuple[Scan, ...]
    transform: int | None
    jfif: bool

    @property
    def is_rgb(self) -> bool:
        """True when the three components are red, green and blue by the stream's own markers, read as every decoder reads them."""
        if self.transform is not None:
            return self.transform == 0
        return not self.jfif and bytes(component.identifier for component in self.components) == b"RGB"


def broken() -> Refusal:
    """What is said of a stream that contradicts T.81 or itself."""
    return Refusal("compressed-frame-broken")


def unsupported() -> Refusal:
    """What is said of a stream of another process (progressive, arithmetic, hierarchical, lossless) or with unusual numbers."""
    return Refusal("compressed-frame-unsupported")


def parse(data: bytes) -> JpegStream:
    """Take a stream apart. Refusal `compressed-frame-broken` or `compressed-frame-unsupported`."""
    try:
        return _Parser(data).parse()
    except IndexError:
        raise broken() from None


class _Parser:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._segments: list[Segment] = []
        self._scans: list[Scan] = []
        self._quantisation: dict[int, int] = {}
        self._huffman: dict[tuple[int, int], Huffman] = {}
        self._interval = 0
        self._frame: tuple[int, int, int] | None = None
        self._components: tuple[Component, ...] = ()
        self._transform: int | None = None
        self._jfif = False

    def parse(self) -> JpegStream:
        data = self._data
        if data[:2] != b"\xff\xd8":
            raise broken()
        self._segments.append(Segment(SOI, 0, 2))
        position = 2
        while True:
            start = position
            if data[position] != 0xFF:
                raise broken()
            while data[position] == 0xFF:
                position += 1
            marker = data[position]
            position += 1
            if marker == EOI:
                self._segments.append(Segment(marker, start, position))
                break
            if marker in _STANDALONE or marker in (0x00, SOI, DNL):
                raise broken()
            stop = position + (data[position] << 8 | data[position + 1])
            if stop < position + 2 or stop > len(data):
                raise broken()
            self._segments.append(Segment(marker, start, stop))
            self._read(marker, data[position + 2 : stop])
            position = self._entropy_coded(data[position + 2 : stop], stop) if marker == SOS else stop
        if self._frame is None or not self._scans:
            raise broken()
        precision, rows, columns = self._frame
        return JpegStream(
            data,
            precision,
            rows,
            columns,
            self._components,
            tuple(self._segments),
            tuple(self._scans),
            self._transform,
            self._jfif,
        )

    def _read(self, marker: int, body: bytes) -> None:
        if marker in _FRAMES:
            self._frame_header(marker, body)
        elif marker == DQT:
            self._quantisation_tables(body)
        elif marker == DHT:
            self._huffman_tables(body)
        elif marker == DRI:
            self._interval = body[0] << 8 | body[1]
        elif marker == APP0 and body[:5] == b"JFIF\0":
            self._jfif = True
        elif marker == APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            self._transform = body[11]

    def _frame_header(self, marker: int, body: bytes) -> None:
        if marker not in SEQUENTIAL:
            raise unsupported()
        if self._frame is not None:
            raise broken()
        precision, rows, columns, count = body[0], body[1] << 8 | body[2], body[3] << 8 | body[4], body[5]
        if precision not in (8, 12) or count not in (1, 3) or not rows or not columns:
            raise unsupported()
        if len(body) != 6 + 3 * count:
            raise broken()
        parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(count)]
        components = tuple(Component(part[0], part[1] >> 4, part[1] & 15, part[2]) for part in parts)
        if any(not 1 <= size <= 4 for component in components for size in (component.horizontal, component.vertical)):
            raise broken()
        if len({component.identifier for component in components}) != count:
            raise broken()
        self._frame, self._components = (precision, rows, columns), components

    def _quantisation_tables(self, body: bytes) -> None:
        position = 0
        while position < len(body):
            wide, number = body[position] >> 4, body[position] & 15
            step = body[position + 1] << 8 | body[position + 2] if wide else body[position + 1]
            if wide > 1 or number > 3 or not step:
                raise broken()
            self._quantisation[number] = step
            position += 1 + 64 * (1 + wide)
        if position != len(body):
            raise broken()

    def _huffman_tables(self, body: bytes) -> None:
        position = number = 0
        while position < len(body):
            kind = body[position]
            counts = tuple(body[position + 1 : position + 17])
            if len(counts) != 16 or kind >> 4 > 1 or kind & 15 > 3:
                raise broken()
            symbols = tuple(body[position + 17 : position + 17 + sum(counts)])
            if len(symbols) != sum(counts) or len(set(symbols)) != len(symbols) or not _fits(counts):
                raise broken()
            self._huffman[kind >> 4, kind & 15] = Huffman(counts, symbols, (len(self._segments) - 1, number))
            position += 17 + len(symbols)
            number += 1

    def _entropy_coded(self, body: bytes, start: int) -> int:
        """The scan behind a SOS; where it ends."""
        count = body[0]
        if self._frame is None or len(body) != 4 + 2 * count or not 1 <= count <= 4:
            raise broken()
        if body[1 + 2 * count] or body[3 + 2 * count]:  # the spectral selection of a sequential scan begins at 0; its end has no meaning
            raise broken()
        parts: list[ScanComponent] = []
        for number in range(count):
            identifier, tables = body[1 + 2 * number], body[2 + 2 * number]
            index = next((i for i, component in enumerate(self._components) if component.identifier == identifier), None)
            if index is None or any(part.index >= index for part in parts):
                raise broken()
            dc, ac = self._huffman.get((0, tables >> 4)), self._huffman.get((1, tables & 15))
            step = self._quantisation.get(self._components[index].quantisation)
            if dc is None or ac is None or step is None:
                raise broken()
            parts.append(ScanComponent(index, dc, ac, step))
        restarts: list[Segment] = []
        for found in _MARKER.finditer(self._data, start):
            if found[1] is None:
                raise broken()
            marker, stop = found[1][0], found.start()
            if marker not in _RESTARTS:
                break
            restarts.append(Segment(marker, stop, found.end()))
        else:
            raise broken()
        if any(part.index == other.index for scan in self._scans for part in parts for other in scan.components):
            raise broken()
        self._scans.append(Scan(tuple(parts), self._interval, start, stop, tuple(restarts)))
        return stop


def _fits(counts: tuple[int, ...]) -> bool:
    """True when there are codes enough: none of all ones (T.81 C.2)."""
    code = 0
    for length, count in enumerate(counts, start=1):
        code += count
        if count and code >= 1 << length:
            return False
        code <<= 1
    return True


def intervals(stream: JpegStream, scan: Scan, mcus: int) -> tuple[tuple[bytes, bytes], ...]:
    """The restart intervals of a scan: each its bytes as coded, and the marker behind it as it stands (b"" behind the last). Every FF in
    the bytes is followed by 00. Refusal when their number or order does not fit."""
    if len(scan.restarts) + 1 != (-(-mcus // scan.interval) if scan.interval else 1):
        raise broken()
    out: list[tuple[bytes, bytes]] = []
    position = scan.start
    for number, restart in enumerate(scan.restarts):
        if restart.marker & 7 != number & 7:
            raise broken()
        out.append((stream.data[position : restart.start], stream.data[restart.start : restart.stop]))
        position = restart.stop
    out.append((stream.data[position : scan.stop], b""))
    return tuple(out)
