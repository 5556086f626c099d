"""Table E.1-1 of PS3.15, edition 2026d: what the Basic Profile and its options do to each attribute. (c) NEMA"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deidrules.plan.own import engine_own
from deidrules.plan.selector import TagLeaf, parse_leaf

EDITION = "DICOM PS3.15 2026d, (c) NEMA"
PRIVATE = "(gggg,eeee) where gggg is odd"
# The columns of the table behind the Basic Profile's, in its order, by their codes (PS3.16 CID 7050)
COLUMNS = (113111, 113110, 113109, 113112, 113108, 113106, 113107, 113105, 113104, 113103)

_FILE = Path(__file__).parent / "data" / "e1_1.txt"


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute. `tag` as the table writes it: a tag, a mask or PRIVATE; `leaf` is the same as a selector, None for PRIVATE. `basic`:
    the code of the Basic Profile (what the table writes X/Z/U* is X/Z/U). `options`: K or C by the code of the option, where its column
    says something. `standard`: in a standard composite IOD."""

    tag: str
    basic: str
    options: Mapping[int, str]
    retired: bool
    standard: bool
    name: str
    leaf: TagLeaf | None


@cache
def rows() -> tuple[Row, ...]:
    """All 657, in the order of the table."""
    return tuple(_row(line) for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#"))


def _row(line: str) -> Row:
    tag, basic, options, marks, name = line.split("\t")
    given = {code: letter for code, letter in zip(COLUMNS, options, strict=True) if letter != "."}
    leaf = None if tag == PRIVATE else parse_leaf(tag)
    assert leaf is None or isinstance(leaf, TagLeaf)
    return Row(tag, basic.rstrip("*"), given, marks[0] == "Y", marks[1] == "Y", name, leaf)


@cache
def listed_tags() -> frozenset[int]:
    """The tags that the table lists and that a rule may speak of; masks and private attributes left out."""
    leaves = (row.leaf for row in rows())
    return frozenset(leaf.value for leaf in leaves if leaf is not None and leaf.exact and not engine_own(leaf.value))
