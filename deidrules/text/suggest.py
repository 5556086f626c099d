"""Did you mean: the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "did you mean `nearest`?", or "" when nothing is near. Case counts for less than spelling."""
    words = {candidate.lower(): candidate for candidate in known}
    near = get_close_matches(word.lower(), words, n=1, cutoff=0.7)
    return f"did you mean `{words[near[0]]}`?" if near else ""
