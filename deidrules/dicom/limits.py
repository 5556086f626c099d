"""What the reader takes at most: settings against files made to exhaust a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`depth`: sequences within sequences. `elements`: elements, items and fragments of one object together. `inflated`: bytes a deflated
    data set may grow to; above `inflated_freely` bytes also at most `inflated_ratio` times its size."""

    depth: int = 64
    elements: int = 2_000_000
    inflated: int = 512 * 1024 * 1024
    inflated_freely: int = 16 * 1024 * 1024
    inflated_ratio: int = 200


LIMITS = Limits()
