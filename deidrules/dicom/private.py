"""Private creators, PS3.5 7.8: who a private block belongs to."""

from __future__ import annotations

from functools import lru_cache


def normal_creator(creator: str) -> str:
    """A private creator as it is compared: trimmed, without case."""
    return creator.strip(" \0").upper()


@lru_cache(maxsize=4096)
def creator_of(raw: bytes) -> str | None:
    """The normal form of a creator element's value; None when it is empty. Creators are compared, never shown: bytes outside ASCII are
    taken one by one, so that no character set can make two creators equal."""
    return normal_creator(raw.decode("latin-1")) or None


def block_of(tag: int) -> int | None:
    """The block a creator element (gggg,0010-00FF) reserves, as its elements' tags without their low byte; None for other elements."""
    element = tag & 0xFFFF
    return (tag & 0xFFFF0000) | (element << 8) if tag >> 16 & 1 and 0x10 <= element <= 0xFF else None
