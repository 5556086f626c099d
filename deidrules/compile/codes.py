"""The codes of PS3.15 as a recipe writes them, and what each may leave (rules 6, 12)."""

from __future__ import annotations

from itertools import pairwise

from deidrules.actions.base import Level

SINGLE = ("K", "X", "Z", "D", "U", "C")
TAKES_VALUE = ("C", "D")
_ORDER = {"X": 0, "Z": 1, "D": 2, "U": 2}
_LEAVES = {"X": Level.NOTHING, "Z": Level.NOTHING, "D": Level.NOTHING, "U": Level.TOKEN, "C": Level.PART, "K": Level.ALL}


def valid(code: str) -> bool:
    """True for a code of the language: one letter, or a compound of X, Z and one of D and U, in this order."""
    letters = code.split("/")
    if len(letters) == 1:
        return code in SINGLE
    ranks = [_ORDER.get(letter, -1) for letter in letters]
    return -1 not in ranks and all(one < other for one, other in pairwise(ranks))


def leaves(code: str, value: Level | None = None) -> Level:
    """The most that a code may leave: of a compound, the most of its letters; with a value, what the value lets through."""
    if value is not None:
        return value
    return max(_LEAVES[letter] for letter in code.split("/"))
