"""Bits of samples that are no part of the image: retired overlay planes, and whatever else lies beside BitsStored."""

from __future__ import annotations

from collections.abc import Callable

from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

Change = Callable[[memoryview], None]


def clear_high_bits(facts: PixelFacts) -> Change:
    """A change of stored samples: every bit outside `stored_bits` is cleared; above the image of signed samples the sign stands again,
    as it does where nothing was hidden, so that readers that ignore BitsStored see the same values."""
    return _restore(facts, tuple(bit for bit in range(facts.bits_allocated) if bit not in facts.stored_bits))


def clear_bit(facts: PixelFacts, bit: int) -> Change:
    """A change of stored samples: one bit that is not the image's is cleared, or made the sign."""
    return _restore(facts, (bit,))


def _restore(facts: PixelFacts, bits: tuple[int, ...]) -> Change:
    size = facts.bits_allocated // 8
    if facts.float_samples or facts.bits_allocated % 8 or size not in (1, 2, 4, 8):
        raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)
    cleared = sum(1 << bit for bit in bits)
    signs = sum(1 << bit for bit in bits if bit > facts.high_bit) if facts.signed else 0

    def change(samples: memoryview) -> None:
        import numpy

        words = numpy.frombuffer(samples, dtype=f"{'>' if facts.big_endian else '<'}u{size}")
        if signs:
            negative = (words >> numpy.array(facts.high_bit, words.dtype)) & numpy.array(1, words.dtype) != 0
        words &= numpy.array(~cleared & (1 << facts.bits_allocated) - 1, words.dtype)
        if signs:
            words[negative] |= numpy.array(signs, words.dtype)

    return change
