"""Huffman tables made ready for walking over coded blocks, and for writing a few symbols (ITU-T T.81 C, F.1.2 and F.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deidrules.pixels.jpeg.stream import Huffman, broken, unsupported

EOB, ZRL = 0x00, 0xF0

# An entry for AC coefficients is `bits | coefficients << SHIFT`. An end of block counts END coefficients, no code at all INVALID.
SHIFT, BITS, END, INVALID = 6, 63, 1024, 8192
WIDE = 64  # in `DcTable.advance`: more than 16 bits, so only the code was counted and `difference` holds the category

_PEEK = 16


@dataclass(frozen=True, slots=True, eq=False)
class DcTable:
    """For the next 16 bits: how many of them a DC difference takes, and the difference."""

    advance: list[int]
    difference: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class AcTable:
    """For the next 16 bits: `one` is the next symbol with its magnitude, `many` as many as lie whole within the 16 bits."""

    one: list[int]
    many: list[int]


@lru_cache(maxsize=64)
def codes(table: tuple[tuple[int, ...], tuple[int, ...]]) -> dict[int, tuple[int, int]]:
    """Symbol to (code, length in bits)."""
    counts, symbols = table
    out: dict[int, tuple[int, int]] = {}
    code = position = 0
    for length, count in enumerate(counts, start=1):
        for symbol in symbols[position : position + count]:
            out[symbol] = (code, length)
            code += 1
        position += count
        code <<= 1
    return out


def codes_of(table: Huffman) -> dict[int, tuple[int, int]]:
    """Symbol to (code, length in bits)."""
    return codes((table.counts, table.symbols))


def dc_table(table: Huffman) -> DcTable:
    """For walking; remembered by content."""
    return _dc_table((table.counts, table.symbols))


def ac_table(table: Huffman) -> AcTable:
    """For walking; remembered by content."""
    return _ac_table((table.counts, table.symbols))


@lru_cache(maxsize=32)
def _dc_table(table: tuple[tuple[int, ...], tuple[int, ...]]) -> DcTable:
    import numpy

    advance = numpy.full(1 << _PEEK, -1, numpy.int32)
    difference = numpy.zeros(1 << _PEEK, numpy.int32)
    for category, (code, length) in codes(table).items():
        if category > 16:
            raise broken()
        first, stop = code << _PEEK - length, code + 1 << _PEEK - length
        if length + category > _PEEK:
            advance[first:stop], difference[first:stop] = length | WIDE, category
            continue
        rest = numpy.arange(stop - first, dtype=numpy.int32) >> _PEEK - length - category
        advance[first:stop] = length + category
        difference[first:stop] = numpy.where(rest >> max(category - 1, 0), rest, rest - (1 << category) + 1) if category else 0
    return DcTable(advance.tolist(), difference.tolist())


@lru_cache(maxsize=32)
def _ac_table(table: tuple[tuple[int, ...], tuple[int, ...]]) -> AcTable:
    import numpy

    one = numpy.full(1 << _PEEK, INVALID << SHIFT, numpy.int32)
    for symbol, (code, length) in codes(table).items():
        run, size = symbol >> 4, symbol & 15
        coefficients = END if symbol == EOB else run + 1 if size or symbol == ZRL else INVALID
        one[code << _PEEK - length : code + 1 << _PEEK - length] = (length + size) | coefficients << SHIFT
    many = one.copy()
    window = numpy.arange(1 << _PEEK, dtype=numpy.int64)
    for _ in range(_PEEK // 2):
        bits = many & BITS
        # what is left of the window behind the symbols so far, zeros behind it
        following = one[(window << bits) & 0xFFFF]
        fits = (bits + (following & BITS) <= _PEEK) & (many >> SHIFT < END) & (following >> SHIFT < INVALID)
        if not fits.any():
            break
        many = numpy.where(fits, many + following, many)
    return AcTable(one.tolist(), many.tolist())


def extended(table: Huffman, symbols: frozenset[int]) -> Huffman:
    """The table with more symbols, every code it had unchanged: the new ones are longer than all of them (T.81 keeps the code of all ones
    free, so there is room). Refusal `compressed-frame-unsupported` when there is no room in 16 bits."""
    missing = sorted(symbols.difference(table.symbols))
    longest = max((length for length, count in enumerate(table.counts, start=1) if count), default=1)
    for length in range(longest, 17):
        free = (1 << length) - sum(count << length - at for at, count in enumerate(table.counts[:length], start=1))
        if free > len(missing):
            counts = list(table.counts)
            counts[length - 1] += len(missing)
            return Huffman(tuple(counts), (*table.symbols, *missing), table.place)
    raise unsupported()
