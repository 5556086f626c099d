"""The PP-OCR models in the wheel of rapidocr, run without it: a network that marks text, and one that reads a line of it.
Options: read, threshold, score, grow, tallest, runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from deidrules.ocr.engine import EngineMissing, Options
from deidrules.ocr.lines import clipped
from deidrules.ocr.network import Network
from deidrules.pixels.text_finder import Picture, TextBox
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

_DETECTION, _RECOGNITION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
# the longer side that pictures are brought near, and how far they are scaled for it
_LONG_SIDE, _SMALLEST_SCALE, _LARGEST_SCALE = 1280, 0.65, 2.0
_STRIDE = 32  # sides are multiples of it
_TILE, _OVERLAP = 1600, 192
_AGAIN = (0.4, 0.7)
# what is thicker than a line is text if it can be read as surely as this
_CERTAIN = 0.6
_CLOSER = 2.0
_LARGE = 0.03  # of the picture: a box that takes more has to be readable, or it is looked at again
# a line is read at this height, in pieces of about the same width
_LINE_HEIGHT, _LONGEST_LINE, _BATCH = 48, 3200, 8


class PPOCR:
    """See TextFinder."""

    name = "ppocr"

    def __init__(self, options: Options) -> None:
        self._read = options.choice("read", "yes", "no") == "yes"
        self._threshold = options.number("threshold", 0.15, 0.01, 0.9)
        self._score = options.number("score", 0.3, 0, 1)
        self._grow = options.number("grow", 0.6, 0, 3)
        self._tallest = options.number("tallest", 36, 8, 4096)
        runtime = options.choice("runtime", "any", "opencv")
        options.done()
        folder, version = _models()
        try:
            self._detection = Network(folder / _DETECTION, runtime=runtime)
            self._runtime = runtime
        except Exception:  # neither library can run it; what it says names our files only, but is not ours
            raise EngineMissing("the models of the extra `ocr` cannot be run: install onnxruntime") from None
        self._folder = folder
        self.version = " ".join((f"PP-OCRv6 small, rapidocr {version}, {self._detection.runtime}", *options.said))

    def find(self, picture: Picture) -> tuple[TextBox, ...]:
        """See TextFinder."""
        import cv2

        if picture.min() == picture.max():
            return ()  # on one shade the network sees specks
        try:
            colours = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR)
            boxes = self._found(colours)
            read = self._reader.read(colours, boxes) if self._read and boxes else boxes
            return tuple(sorted(read, key=_place))
        except (cv2.error, RuntimeError, ValueError):
            raise Refusal("text-finder-failed") from None

    def _found(self, colours: Any) -> list[TextBox]:
        """The boxes of a picture. What is doubtful counts where it can be read as large letters; else it is looked at once more, enlarged:
        there may be small text in what the network took for one large thing."""
        scale = min(_LARGEST_SCALE, max(_SMALLEST_SCALE, _LONG_SIDE / max(colours.shape[:2])))
        rows, columns = colours.shape[:2]
        largest = _LARGE * rows * columns
        boxes, doubtful = self._boxes(self._probability(colours, scale), rows, columns, largest)
        for box in self._reader.read(colours, doubtful) if doubtful else ():
            if len(box.text) > 1 and box.confidence >= _CERTAIN:
                boxes.append(TextBox(box.rectangle, "", box.confidence))
                continue
            piece = _cut(colours, box.rectangle)
            inner, _ = self._boxes(self._probability(piece, _CLOSER * scale), piece.shape[0], piece.shape[1], largest)
            left, top = box.rectangle.left, box.rectangle.top
            boxes += [TextBox(_moved(one.rectangle, left, top), "", one.confidence) for one in inner]
        return boxes

    def _probability(self, colours: Any, scale: float) -> Any:
        """How likely each pixel of the picture, scaled, is text, float32. Large pictures go through in tiles that overlap."""
        import cv2
        import numpy

        rows, columns = colours.shape[:2]
        height, width = (max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (rows, columns))
        scaled = cv2.resize(colours, (width, height), interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
        found = numpy.zeros((height, width), numpy.float32)
        for top in _tiles(height):
            for left in _tiles(width):
                tile = scaled[top : top + _TILE, left : left + _TILE]
                marked = self._detection(_planes(tile))[0, 0]
                place = found[top : top + _TILE, left : left + _TILE]
                numpy.maximum(place, marked, out=place)
        return found

    def _boxes(self, probability: Any, rows: int, columns: int, largest: float) -> tuple[list[TextBox], list[TextBox]]:
        """The boxes of connected pixels above the threshold, and doubtful ones. What is too thick to be a line may be several lines that
        touch: it is looked at again under higher thresholds. Doubtful is what stays too thick, or covers more than `largest` pixels: large
        letters, or a band of curves."""
        import numpy

        across, down = columns / probability.shape[1], rows / probability.shape[0]
        thickest = max(self._tallest, self._tallest / 1000 * max(rows, columns))
        found: list[TextBox] = []
        doubtful: list[TextBox] = []
        sizeable: list[TextBox] = []
        rest = probability
        for threshold in (self._threshold, *_AGAIN):
            labels, parts = _parts(rest, threshold)
            thick = numpy.zeros(len(parts) + 1, bool)
            doubtful = []
            for number, ((left, top, width, height), score) in enumerate(parts, 1):
                thick[number] = min(width * across, height * down) > thickest
                if min(width, height) < 2 or score < self._score:
                    continue
                # the network marks the middle of a line only
                more = self._grow * min(width, height) + 1
                corners = ((left - more) * across, (top - more) * down, (left + width + more) * across, (top + height + more) * down)
                box = clipped(*corners, rows=rows, columns=columns)
                if box is None:
                    continue
                large = (box.right - box.left) * (box.bottom - box.top) > largest
                (doubtful if thick[number] else sizeable if large else found).append(TextBox(box, "", min(1.0, score)))
            if not thick.any():
                break
            rest = numpy.where(thick[labels], rest, 0)
        return found, doubtful + sizeable

    @cached_property
    def _reader(self) -> _Reader:
        return _Reader(Network(self._folder / _RECOGNITION, runtime=self._runtime))


class _Reader:
    """Reads lines: a network that says for each place along the line which letter it is."""

    def __init__(self, network: Network) -> None:
        self._network = network
        # the first answer means no letter, the last one a blank
        self._letters = ("", *network.metadata()["character"].split("\n"), " ")

    def read(self, colours: Any, boxes: Sequence[TextBox]) -> list[TextBox]:
        """The boxes with their text. Lines that stand upright are turned, and read in the direction that reads better."""
        pieces: list[tuple[int, Any]] = []
        for number, box in enumerate(boxes):
            line = _cut(colours, box.rectangle)
            if line.shape[0] > 1.5 * line.shape[1]:
                pieces += [(number, _line(line.transpose(1, 0, 2)[::-1])), (number, _line(line.transpose(1, 0, 2)[:, ::-1]))]
            else:
                pieces.append((number, _line(line)))
        best: dict[int, tuple[str, float]] = {}
        pieces.sort(key=lambda piece: piece[1].shape[1])
        for at in range(0, len(pieces), _BATCH):
            batch = pieces[at : at + _BATCH]
            for (number, _), said in zip(batch, self._texts([line for _, line in batch]), strict=True):
                if number not in best or said[1] > best[number][1]:
                    best[number] = said
        return [TextBox(box.rectangle, *best[number]) for number, box in enumerate(boxes)]

    def _texts(self, lines: list[Any]) -> list[tuple[str, float]]:
        import numpy

        widest = max(line.shape[1] for line in lines)
        planes = numpy.zeros((len(lines), 3, _LINE_HEIGHT, widest), numpy.float32)
        for number, line in enumerate(lines):
            planes[number, :, :, : line.shape[1]] = _planes(line)[0]
        answers = self._network(planes)
        return [self._said(answer) for answer in answers]

    def _said(self, answer: Any) -> tuple[str, float]:
        """Text and mean confidence of its letters: places that say the same one after the other are one letter."""
        import numpy

        letters = answer.argmax(axis=1)
        chosen = (letters != 0) & (letters != numpy.concatenate(([0], letters[:-1])))
        if not chosen.any():
            return "", 0.0
        text = "".join(self._letters[letter] for letter in letters[chosen])
        return text.strip(), float(answer.max(axis=1)[chosen].mean())


def make(options: Mapping[str, str]) -> PPOCR:
    """The factory. EngineMissing when the models are not there."""
    return PPOCR(Options("ppocr", options))


def _place(box: TextBox) -> tuple[int, int, int, int]:
    """Top to bottom, left to right."""
    return box.rectangle.top, box.rectangle.left, box.rectangle.bottom, box.rectangle.right


def _moved(one: Rectangle, across: int, down: int) -> Rectangle:
    return Rectangle(one.left + across, one.top + down, one.right + across, one.bottom + down)


def _tiles(side: int) -> range:
    """Where the tiles of a side begin; all but the last are _TILE long."""
    return range(1) if side <= _TILE else range(0, side - _OVERLAP, _TILE - _OVERLAP)


def _parts(probability: Any, threshold: float) -> tuple[Any, list[tuple[tuple[int, int, int, int], float]]]:
    """Connected pixels above a threshold: their numbers from 1, and of each part left, top, width, height and mean probability."""
    import cv2
    import numpy

    count, labels, stats, _ = cv2.connectedComponentsWithStats((probability > threshold).astype("u1"), connectivity=8)
    scores = (numpy.bincount(labels.ravel(), probability.ravel(), count) / stats[:, cv2.CC_STAT_AREA]).tolist()
    parts = [((left, top, width, height), score) for (left, top, width, height, _), score in zip(stats.tolist(), scores, strict=True)]
    return labels, parts[1:]


def _planes(picture: Any) -> Any:
    """Rows x columns x 3 of bytes to 1 x 3 x rows x columns from -1 to 1."""
    import numpy

    return numpy.ascontiguousarray(picture.transpose(2, 0, 1)[None], numpy.float32) / 127.5 - 1


def _cut(colours: Any, box: Rectangle) -> Any:
    return colours[box.top : box.bottom, box.left : box.right]


def _line(piece: Any) -> Any:
    """A line at the height that is read, no longer than can be."""
    import cv2
    import numpy

    rows, columns = piece.shape[:2]
    width = min(_LONGEST_LINE, max(8, round(columns * _LINE_HEIGHT / rows)))
    return cv2.resize(numpy.ascontiguousarray(piece), (width, _LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)


def _models() -> tuple[Path, str]:
    """The folder of the models and the version of the wheel, which is not imported: it would bring its own pipeline."""
    from importlib.metadata import PackageNotFoundError, version
    from importlib.util import find_spec

    spec = find_spec("rapidocr")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        folder = Path(place) / "models"
        if (folder / _DETECTION).is_file() and (folder / _RECOGNITION).is_file():
            try:
                return folder, version("rapidocr")
            except PackageNotFoundError:
                return folder, "of unknown version"
    raise EngineMissing("the models of PP-OCRv6 are not installed: install the extra `ocr`")
