"""Boxes of words made boxes of lines, and boxes made larger, within the picture."""

from __future__ import annotations

import math
from collections.abc import Iterable

from deidrules.pixels.text_finder import TextBox
from deidrules.plan.pixels import Rectangle


def clipped(left: float, top: float, right: float, bottom: float, *, rows: int, columns: int) -> Rectangle | None:
    """Rounded outward and cut to a picture; None when nothing of it lies there."""
    found = Rectangle(max(0, math.floor(left)), max(0, math.floor(top)), min(columns, math.ceil(right)), min(rows, math.ceil(bottom)))
    return found if found.left < found.right and found.top < found.bottom else None


def around(one: Rectangle, other: Rectangle) -> Rectangle:
    """The smallest rectangle that holds both."""
    return Rectangle(min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom))


def lines(words: Iterable[TextBox], *, gap: float = 1.5) -> tuple[TextBox, ...]:
    """Words that stand side by side as one box: at least half of the lower one's height in common, heights that differ by less than half,
    and no more than `gap` heights between them. The text is joined by blanks, the confidence is that of the worst word. In the order of
    top and left."""
    rest = sorted(words, key=lambda word: (word.rectangle.left, word.rectangle.top))
    found: list[TextBox] = []
    for word in rest:
        at = next((index for index, line in enumerate(found) if _continues(line.rectangle, word.rectangle, gap)), None)
        if at is None:
            found.append(word)
            continue
        line = found[at]
        text = " ".join(part for part in (line.text, word.text) if part)
        found[at] = TextBox(around(line.rectangle, word.rectangle), text, min(line.confidence, word.confidence))
    return tuple(sorted(found, key=lambda line: (line.rectangle.top, line.rectangle.left, line.rectangle.right)))


def _continues(line: Rectangle, word: Rectangle, gap: float) -> bool:
    heights = line.bottom - line.top, word.bottom - word.top
    common = min(line.bottom, word.bottom) - max(line.top, word.top)
    return (
        common >= 0.5 * min(heights)
        and min(heights) >= 0.5 * max(heights)
        and word.left - line.right <= gap * max(heights)
        and word.right > line.left
    )
