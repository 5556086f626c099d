"""The data dictionary, PS3.6: which attributes there are, their VRs, keywords and names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

# pydicom 3.0.2 carries PS3.6 2024c; the 26 attributes it lacks of PS3.15 Table E.1-1 are those of 2026d. The Types (iod.py) belong to it:
# a plan means something else with others.
EDITION = "PS3.6 2024c + 26 attributes of 2026d, Types of PS3.3 2026b"

_FILE = Path(__file__).parent / "data" / "dictionary.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """One attribute. `vrs` has several members where PS3.6 says "US or SS" and the like; ("NONE",) for item tags and delimiters.
    `keyword` is empty for a few retired attributes. `tag` is the tag that was asked for, of a repeating group too."""

    tag: int
    keyword: str
    vrs: tuple[str, ...]
    vm: str
    retired: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Mask:
    """An attribute of a repeating group or element: fixed digits and where they stand."""

    value: int
    mask: int
    line: str

    def covers(self, tag: int) -> bool:
        if tag & self.mask != self.value:
            return False
        # 50xx and 60xx are the sixteen even groups 00 to 1E only, PS3.5 7.6
        return self.mask >> 16 != 0xFF00 or not (tag >> 16 & 1 or (tag >> 16 & 0xFF) > 0x1E)


@cache
def _tables() -> tuple[dict[int, str], tuple[_Mask, ...]]:
    """Lines by tag, and the masks. Entries are made of lines when asked for: a linter that names ten attributes pays for ten."""
    tags: dict[int, str] = {}
    masks: list[_Mask] = []
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        place = line[:8]
        if "x" in place:
            fixed = int("".join("0" if digit == "x" else "F" for digit in place), 16)
            masks.append(_Mask(int(place.replace("x", "0"), 16), fixed, line))
        else:
            tags[int(place, 16)] = line
    return tags, tuple(masks)


def _entry_of(tag: int, line: str) -> Entry:
    _, vrs, vm, keyword, retired, name = line.split("\t")
    return Entry(tag, keyword, tuple(vrs.split("/")), vm, bool(retired), name)


@cache
def _known(tag: int) -> Entry:
    return _entry_of(tag, _tables()[0][tag])


@lru_cache(maxsize=16_384)  # a file may hold any tag; the compiler asks for all of them several times
def _repeated(tag: int) -> Entry | None:
    return next((_entry_of(tag, mask.line) for mask in _tables()[1] if mask.covers(tag)), None)


def entry(tag: int) -> Entry | None:
    """The attribute of a tag, of a repeating group too; None for private tags, group lengths and whatever PS3.6 does not list."""
    tags, _ = _tables()
    if tag in tags:
        return _known(tag)
    return None if tag >> 16 & 1 else _repeated(tag)


class _Keywords(Mapping[str, int]):
    """Keyword to tag, read when first asked."""

    def __init__(self, *, masks: bool) -> None:
        self._masks = masks
        self._table: dict[str, int] | None = None

    def _load(self) -> dict[str, int]:
        if self._table is None:
            tags, masks = _tables()
            if self._masks:
                self._table = {mask.line.split("\t", 4)[3]: index for index, mask in enumerate(masks)}
            else:
                self._table = {keyword: tag for tag, line in tags.items() if (keyword := line.split("\t", 4)[3])}
        return self._table

    def __getitem__(self, keyword: str) -> int:
        return self._load()[keyword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())


# keyword -> tag; attributes of repeating groups are not in it, see `mask_of`
KEYWORDS: Mapping[str, int] = _Keywords(masks=False)
_MASKED = _Keywords(masks=True)


def tag_of(keyword: str) -> int | None:
    """The tag of a keyword; None for unknown keywords and for those of repeating groups."""
    return KEYWORDS.get(keyword)


def mask_of(keyword: str) -> str | None:
    """The mask of a repeating attribute as the language writes it: `OverlayData` is "(60xx,3000)"; None for everything else."""
    index = _MASKED.get(keyword)
    if index is None:
        return None
    place = _tables()[1][index].line[:8]
    return f"({place[:4]},{place[4:]})"


def repeating_keywords() -> tuple[str, ...]:
    """The keywords that `mask_of` knows."""
    return tuple(_MASKED)


def entries() -> Iterator[Entry]:
    """Every attribute that has a tag of its own, in ascending order."""
    return (_known(tag) for tag in _tables()[0])
