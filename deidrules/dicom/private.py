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


class Blocks(dict[int, str | None]):
    """The private blocks of one data set, as `block_of` numbers them, each with its creator. A creator is unique in a group (PS3.3
    C.12.1.1.7): of one that reserves two blocks nobody can tell which elements are meant, so it owns neither."""

    __slots__ = ("_first",)
    _first: dict[tuple[int, str | None], int]  # made with the first creator: most data sets have none, and there are many

    def reserve(self, block: int, creator: str | None) -> None:
        """Note a creator element."""
        if not self:
            self._first = {}
        first = self._first.setdefault((block >> 16, creator), block)
        self[block] = creator if first == block else None
        if first != block:
            self[first] = None


def block_of(tag: int) -> int | None:
    """The block a creator element (gggg,0010-00FF) reserves, as its elements' tags without their low byte; None for other elements."""
    element = tag & 0xFFFF
    return (tag & 0xFFFF0000) | (element << 8) if tag >> 16 & 1 and 0x10 <= element <= 0xFF else None
