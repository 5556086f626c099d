"""Bits and byte pairs in a buffer, without numpy."""

from __future__ import annotations


def set_bits(buffer: bytearray, start: int, stop: int, bit: int) -> None:
    """Set the bits `start` .. `stop` - 1 to `bit`. The first bit of a byte is its lowest (PS3.5 8.1.1)."""
    if start >= stop:
        return
    first, last = start >> 3, (stop - 1) >> 3
    head = 0xFF << (start & 7) & 0xFF
    tail = 0xFF >> (7 - ((stop - 1) & 7))
    if first == last:
        _set_byte(buffer, first, head & tail, bit)
        return
    _set_byte(buffer, first, head, bit)
    buffer[first + 1 : last] = (b"\xff" if bit else b"\0") * (last - first - 1)
    _set_byte(buffer, last, tail, bit)


def _set_byte(buffer: bytearray, index: int, mask: int, bit: int) -> None:
    buffer[index] = buffer[index] | mask if bit else buffer[index] & ~mask & 0xFF


def swap_pairs(buffer: bytearray) -> None:
    """Exchange the bytes of each 16-bit word, in place; the length is even."""
    buffer[0::2], buffer[1::2] = buffer[1::2], buffer[0::2]
