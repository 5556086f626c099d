"""A label: a short text drawn into the blanked areas of a frame."""

from __future__ import annotations

from functools import lru_cache

from deidrules.pixels.area import moved, union
from deidrules.pixels.font import GLYPHS, HEIGHT, WIDTH
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

MARGIN = 2  # pixels between the text and the edge of its area
LARGEST = 4  # times the size of the font


def drawable(text: str) -> bool:
    """True when every character can be drawn; small letters are drawn as capitals."""
    return all(character in GLYPHS for character in text.upper())


@lru_cache(maxsize=64)
def marks(text: str, areas: tuple[Rectangle, ...], step: int) -> tuple[Rectangle, ...]:
    """The pixels of the text, once in each of the disjoint areas that holds it, at the top left and as large as fits up to `LARGEST`.
    `step`: pixels that share samples are drawn together. Refusal `label-unavailable` for a character the font does not have, and when
    the text fits no area."""
    if not drawable(text):
        raise Refusal("label-unavailable")
    drawn: list[Rectangle] = []
    glyphs = _pixels(text.upper())
    wide = len(text) * (WIDTH + 1) - 1
    for area in areas:
        left = -(-(area.left + MARGIN) // step) * step
        room = min((area.right - MARGIN - left) // wide if wide > 0 else 0, (area.bottom - area.top - 2 * MARGIN) // HEIGHT, LARGEST)
        scale = room // step * step
        if scale > 0:
            scaled = (Rectangle(*(scale * edge for edge in (dot.left, dot.top, dot.right, dot.bottom))) for dot in glyphs)
            drawn.extend(moved(dot, left, area.top + MARGIN) for dot in scaled)
    if areas and not drawn and text.strip():
        raise Refusal("label-unavailable")
    return tuple(drawn)


def _pixels(text: str) -> tuple[Rectangle, ...]:
    """The text at size one, at the origin, as disjoint rectangles."""
    dots = []
    for place, character in enumerate(text):
        for row, line in enumerate(GLYPHS[character]):
            for column, dot in enumerate(line):
                if dot == "#":
                    left = place * (WIDTH + 1) + column
                    dots.append(Rectangle(left, row, left + 1, row + 1))
    return union(dots)
