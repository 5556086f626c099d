"""Huffman tables made ready for walking over coded blocks, and for writing a few symbols (ITU-T T.81 C, F.1.2 and F.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from deidrules.pixels.jpeg.stream import Huffman, broken, unsupported

if TYPE_CHECKING:
    from numpy import int32
    from numpy.typing import NDArray

EOB, ZRL = 0x00, 0xF0

# A place in a page of bits and the coefficients of the block so far are one number, `position | coefficients << SHIFT`, and so is what a
# table says of a window: `bits | coefficients << SHIFT`. One addition moves both. An end of block counts END coefficients, no code at all
# INVALID: with these a block that ends early or is broken ends the same loop as one of 64 coefficients. All stays below 2**30, where
# numbers of Python are quickest.
SHIFT = 18
BITS = (1 << SHIFT) - 1
END, INVALID = 512, 2048
FULL = 64 << SHIFT  # a block is over
ENDED, OVER = END + 1 << SHIFT, END + 64 << SHIFT  # and ended by its end of block, with 1 .. 63 coefficients before
LONG = -1  # in `WalkTable.first`: no code, or a difference of more than 16 bits with its code

_PEEK = 16
_FEW = 48  # coefficients to which one symbol more, sixteen at most, may be added within a block

Content = tuple[tuple[int, ...], tuple[int, ...]]  # codes of each length, symbols


@dataclass(frozen=True, slots=True, eq=False)
class WalkTable:
    """What the next 16 bits say where a block begins, and within it. `first`: the DC coefficient and as many AC symbols as lie whole in the
    window, or LONG. `difference`: the value of the DC difference. `many`: as many AC symbols as lie whole in the window. `one`: the next
    AC symbol with its magnitude. `dc`, `ac`: length of the code and symbol as `length << 8 | symbol`, 0 for none."""

    first: list[int]
    difference: list[int]
    many: list[int]
    one: list[int]
    dc: list[int]
    ac: list[int]


@lru_cache(maxsize=64)
def codes(table: Content) -> dict[int, tuple[int, int]]:
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


def walk_table(dc: Huffman, ac: Huffman) -> WalkTable:
    """For walking over blocks of a component; remembered by content. Refusal `compressed-frame-broken` for a DC difference of more than
    16 bits."""
    return _walk_table((dc.counts, dc.symbols), (ac.counts, ac.symbols))


@lru_cache(maxsize=32)
def _walk_table(dc: Content, ac: Content) -> WalkTable:
    import numpy

    window = numpy.arange(1 << _PEEK, dtype=numpy.int32)
    one = numpy.full(1 << _PEEK, INVALID << SHIFT, numpy.int32)
    for symbol, (code, length) in codes(ac).items():
        run, size = symbol >> 4, symbol & 15
        coefficients = END if symbol == EOB else run + 1 if size or symbol == ZRL else INVALID
        one[code << _PEEK - length : code + 1 << _PEEK - length] = (length + size) | coefficients << SHIFT
    first = numpy.full(1 << _PEEK, LONG, numpy.int32)
    difference = numpy.zeros(1 << _PEEK, numpy.int32)
    for category, (code, length) in codes(dc).items():
        if category > 16:
            raise broken()
        if length + category > _PEEK:
            continue
        start, stop = code << _PEEK - length, code + 1 << _PEEK - length
        rest = window[: stop - start] >> _PEEK - length - category
        first[start:stop] = (length + category) | 1 << SHIFT
        difference[start:stop] = numpy.where(rest >> max(category - 1, 0), rest, rest - (1 << category) + 1) if category else 0
    return WalkTable(
        _chained(first, one, _FEW).tolist(),
        difference.tolist(),
        _chained(one, one, END - 1).tolist(),
        one.tolist(),
        _symbols(dc),
        _symbols(ac),
    )


def _chained(table: NDArray[int32], one: NDArray[int32], most: int) -> NDArray[int32]:
    """Entries with further symbols added as long as they lie whole in the window, behind `most` coefficients none."""
    import numpy

    window = numpy.arange(1 << _PEEK, dtype=numpy.int32)
    for _ in range(_PEEK // 2):
        bits = table & 63
        # what is left of the window behind the symbols so far, zeros behind it
        following = one[(window << numpy.minimum(bits, _PEEK)) & 0xFFFF]
        fits = (table >= 0) & (table >> SHIFT <= most) & (bits + (following & BITS) <= _PEEK) & (following >> SHIFT < INVALID)
        if not fits.any():
            break
        table = numpy.where(fits, table + following, table)
    return table


def _symbols(table: Content) -> list[int]:
    out = [0] * (1 << _PEEK)
    for symbol, (code, length) in codes(table).items():
        first, stop = code << _PEEK - length, code + 1 << _PEEK - length
        out[first:stop] = [length << 8 | symbol] * (stop - first)
    return out


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
