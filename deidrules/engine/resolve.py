"""Compound codes: which letter of `X/Z/D` holds for an attribute of a given Type (rule 12 of the language)."""

from __future__ import annotations

import functools

# From the least to the most that stays in place of the value: X < Z < D/U (PS3.15 table E.1-1a).
_ORDER = ("X", "Z", "D", "U")
_WANTED = {1: ("D", "U"), 2: ("Z",), 3: ("X",)}


@functools.cache
def resolve(code: str, type_: int) -> str:
    """The letter of `code` for an attribute of Type 1, 2 or 3 (1C counts as 1, 2C as 2, absent as 3).

    A single letter is itself. Of a compound, Type 1 takes D or U, 2 takes Z, 3 takes X; where the code lacks that letter it is the next
    one it has in X < Z < D/U, and where there is none above, the highest below. ValueError for any other code or Type."""
    letters = code.split("/")
    if len(letters) == 1:
        if code not in ("K", "C", "add", *_ORDER):
            raise ValueError("not a code of a plan")
        return code
    if type_ not in _WANTED or len(set(letters)) != len(letters) or not set(letters) <= set(_ORDER):
        raise ValueError("not a compound code of a plan")
    for wanted in _WANTED[type_]:
        if wanted in letters:
            return wanted
    start = _ORDER.index(_WANTED[type_][0])
    above = [letter for letter in _ORDER[start:] if letter in letters]
    below = [letter for letter in _ORDER[:start] if letter in letters]
    return above[0] if above else below[-1]
