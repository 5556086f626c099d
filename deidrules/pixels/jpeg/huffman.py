"""Huffman tables made ready for walking over coded blocks, and for writing a few symbols (ITU-T T.81 C, F.1.2 and F.2.2)."""

from __future__ import annotations

from array import array
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

Content = tuple[tuple[int, ...], tuple[int, ...]]  # codes of each length, symbols


@dataclass(frozen=True, slots=True, eq=False)
class WalkTable:
    """What the next 16 bits say where a block begins, and within it. `first`: the DC coefficient and as many AC symbols as lie whole in the
    window, or LONG. `difference`: the value of the DC difference. `many`: as many AC symbols as lie whole in the window. `one`: the next
    AC symbol with its magnitude. `dc`, `ac`: length of the code and symbol as `length << 8 | symbol`, 0 for none."""

    first: array[int]
    difference: array[int]
    many: array[int]
    one: array[int]
    dc: array[int]
    ac: array[int]


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
    """Arrays, not lists: encoders that optimise their tables give each frame its own, and a list of 65,536 numbers takes long to make."""
    import numpy

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
        rest = numpy.arange(stop - start, dtype=numpy.int32) >> _PEEK - length - category
        first[start:stop] = (length + category) | 1 << SHIFT
        difference[start:stop] = numpy.where(rest >> max(category - 1, 0), rest, rest - (1 << category) + 1) if category else 0
    chain = _Chain()
    two = chain.added(one.copy(), one)
    four = chain.added(two.copy(), two)
    many = chain.added(chain.added(four.copy(), two), one)
    first = chain.added(chain.added(first, four), one)
    made = (array("i", table.tobytes()) for table in (first, difference, many, one, _symbols(dc), _symbols(ac)))
    return WalkTable(*made)


class _Chain:
    """Adds entries to entries. One set of arrays serves all steps: what takes the time otherwise is memory that the system gives and takes
    back for each."""

    def __init__(self) -> None:
        import numpy

        self._numpy = numpy
        self._window = numpy.arange(1 << _PEEK)
        self._place = numpy.empty_like(self._window)
        self._following = numpy.empty(1 << _PEEK, numpy.int32)
        self._other = numpy.empty(1 << _PEEK, numpy.int32)
        self._fits = numpy.empty(1 << _PEEK, bool)
        self._also = numpy.empty(1 << _PEEK, bool)

    def added(self, table: NDArray[int32], more: NDArray[int32]) -> NDArray[int32]:
        """`table`, in place: to each entry that of `more` is added which lies whole in the rest of the window, and in the block if it began
        with the window."""
        numpy, place, following, other, fits, also = self._numpy, self._place, self._following, self._other, self._fits, self._also
        # what is left of the window behind the symbols so far, zeros behind it
        numpy.bitwise_and(table, 63, out=place)
        numpy.left_shift(self._window, place, out=place)
        numpy.bitwise_and(place, 0xFFFF, out=place)
        numpy.take(more, place, out=following, mode="clip")
        numpy.less(following, INVALID << SHIFT, out=fits)
        numpy.bitwise_and(fits, numpy.less(table.view(numpy.uint32), END << SHIFT, out=also), out=fits)  # neither at an end nor LONG
        numpy.add(table, following, out=following)
        numpy.bitwise_and(following, BITS, out=other)
        numpy.bitwise_and(fits, numpy.less_equal(other, _PEEK, out=also), out=fits)
        numpy.right_shift(following, SHIFT, out=other)
        numpy.bitwise_and(other, END - 1, out=other)
        numpy.bitwise_and(fits, numpy.less(other, 64, out=also), out=fits)
        numpy.copyto(table, following, where=fits)
        return table


def _symbols(table: Content) -> NDArray[int32]:
    import numpy

    out = numpy.zeros(1 << _PEEK, numpy.int32)
    for symbol, (code, length) in codes(table).items():
        out[code << _PEEK - length : code + 1 << _PEEK - length] = length << 8 | symbol
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
