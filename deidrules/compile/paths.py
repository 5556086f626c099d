"""Which paths two selectors share, and whether one path lies within another."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.plan.selector import Anything, Selector, Step


@dataclass(frozen=True, slots=True)
class PathRegion:
    """The places below which both of two selectors reach: the last steps, or, anchored, all of them."""

    steps: tuple[Step, ...]
    anchored: bool


def of(selector: Selector) -> PathRegion:
    """The region of a selector's own path."""
    return PathRegion(selector.steps, selector.anchored)


def shared(one: PathRegion, other: PathRegion) -> PathRegion | None:
    """The places that lie in both; None when there are none. Exact, since a path is a suffix pattern or a whole path."""
    if one.anchored and other.anchored and len(one.steps) != len(other.steps):
        return None
    longer, shorter = (one, other) if len(one.steps) >= len(other.steps) else (other, one)
    if shorter.anchored and len(shorter.steps) < len(longer.steps):
        return None
    merged = list(longer.steps)
    offset = len(longer.steps) - len(shorter.steps)
    for position, step in enumerate(shorter.steps, start=offset):
        if isinstance(merged[position], Anything):
            merged[position] = step
        elif not isinstance(step, Anything) and step != merged[position]:
            return None
    return PathRegion(tuple(merged), one.anchored or other.anchored)


def covers(region: PathRegion, inner: PathRegion) -> bool:
    """True when every place of `inner` lies in `region`."""
    if len(region.steps) > len(inner.steps):
        return False
    if region.anchored and (not inner.anchored or len(region.steps) != len(inner.steps)):
        return False
    offset = len(inner.steps) - len(region.steps)
    return all(isinstance(step, Anything) or step == inner.steps[offset + position] for position, step in enumerate(region.steps))
