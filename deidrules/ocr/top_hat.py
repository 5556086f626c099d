"""A cheap detector without a model: thin strokes that stand in rows, found with morphology. Options: contrast, tallest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deidrules.ocr.engine import Options
from deidrules.ocr.lines import clipped, lines
from deidrules.pixels.text_finder import Picture, TextBox

# strokes thicker than this, in pixels, are no text
_STROKE = 9
_LEAST_HEIGHT, _LEAST_WIDTH = 5, 8


class TopHat:
    """See TextFinder. It finds and does not read, light text and dark text alike."""

    name = "top-hat"

    def __init__(self, options: Options) -> None:
        self._contrast = options.number("contrast", 60, 1, 255)
        self._tallest = options.number("tallest", 60, 8, 512)
        options.done()
        import cv2

        self.version = " ".join((f"1, OpenCV {cv2.__version__}", *options.said))

    def find(self, picture: Picture) -> tuple[TextBox, ...]:
        """See TextFinder."""
        import cv2

        rows, columns = picture.shape[:2]
        grey = picture if picture.ndim == 2 else picture.max(axis=2)
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE, _STROKE))
        found: list[TextBox] = []
        for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            strokes = (cv2.morphologyEx(grey, operation, kernel) >= self._contrast).astype("u1")
            joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (13, 3)))
            found += self._boxes(joined, strokes, rows, columns)
        return lines(found)

    def _boxes(self, joined: Any, strokes: Any, rows: int, columns: int) -> Iterator[TextBox]:
        import cv2
        import numpy

        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        inked = numpy.bincount(labels.ravel(), strokes.ravel(), count)
        for left, top, width, height, _, ink in zip(*stats.T.tolist(), inked.tolist(), strict=True):
            if not (_LEAST_HEIGHT <= height <= self._tallest and width >= _LEAST_WIDTH and width >= 0.6 * height):
                continue
            # strokes cover a part of a word's box: less is a line or a speck, more a bar
            share = ink / (width * height)
            if 0.12 <= share <= 0.8:
                box = clipped(left - 2, top - 2, left + width + 2, top + height + 2, rows=rows, columns=columns)
                if box is not None:
                    yield TextBox(box, "", min(1.0, 2 * share))


def make(options: Mapping[str, str]) -> TopHat:
    """The factory."""
    return TopHat(Options("top-hat", options))
