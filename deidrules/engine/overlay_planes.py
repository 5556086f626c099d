"""Which overlay planes of a data set go as a whole (rule 16 of the language)."""

from __future__ import annotations

from collections.abc import Callable

from deidrules.engine.decide import Candidate, Scope
from deidrules.engine.reading import DataSet

OVERLAY_DATA = 0x3000

Holds = Callable[[int, DataSet], bool]  # whether a condition of the plan holds at a place


def plane_that_goes(group: int, place: DataSet, scope: Scope, holds: Holds, removes: Candidate) -> Candidate | None:
    """The candidate that takes the plane of an overlay group: X on (60xx,3000) takes every element of the group in the same item, and where
    the plane lies in the high bits of the pixel data, those bits. None when the plane stays. `removes` is the engine's own."""
    tag = group << 16 | OVERLAY_DATA
    candidate = scope.decide(tag).choose(lambda number: holds(number, place))
    if candidate.code == "quarantine":
        return None  # of an element that is not there
    if place.element(tag) is None and candidate.code in ("Z", "D", "C", "U"):
        # there is no element to empty: a plane in the high bits of the pixel data goes or stays
        return removes
    return candidate if candidate.code == "X" else None
