"""Tesseract, the program, by pytesseract. Options: psm, lang, whitelist, scale, invert, confidence."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deidrules.ocr.engine import EngineError, EngineMissing, Options
from deidrules.ocr.lines import clipped, lines
from deidrules.pixels.text_finder import Picture, TextBox
from deidrules.text.refusal import Refusal

_SECONDS = 120
# sides longer than this are not enlarged
_LONG_SIDE = 1600
_LOCK = threading.Lock()


class Tesseract:
    """See TextFinder. Words are merged to lines; words of a confidence below the asked one are left out."""

    name = "tesseract"

    def __init__(self, options: Options) -> None:
        self._psm = int(options.number("psm", 11, 0, 13))  # 11: sparse text, in no particular order
        self._language = options.text("lang", "eng")
        self._whitelist = options.text("whitelist", "")
        self._scale = options.number("scale", 2, 0.25, 8)
        self._invert = options.choice("invert", "no", "yes", "both")
        self._confidence = options.number("confidence", 0, 0, 100)
        options.done()
        if not all(letter.isalnum() or letter in "_+" for letter in self._language):
            raise EngineError("`lang` of tesseract is a name such as eng, or several joined by +")
        if any(letter.isspace() or letter in "\"'\\" for letter in self._whitelist):
            raise EngineError("`whitelist` of tesseract holds neither blanks nor quotes")
        self.version = " ".join((_installed(), *options.said))

    def find(self, picture: Picture) -> tuple[TextBox, ...]:
        """See TextFinder."""
        import cv2

        rows, columns = picture.shape[:2]
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        scale = self._scale if max(rows, columns) <= _LONG_SIDE else min(self._scale, 1.0)
        if scale != 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
        words: list[TextBox] = []
        if self._invert != "yes":
            words += self._words(grey, scale, rows, columns)
        if self._invert != "no":
            words += self._words(255 - grey, scale, rows, columns)
        return lines(words)

    def _words(self, grey: Any, scale: float, rows: int, columns: int) -> Iterator[TextBox]:
        import pytesseract

        config = f"--psm {self._psm}" + (f" -c tessedit_char_whitelist={self._whitelist}" if self._whitelist else "")
        try:
            with _private_folder():
                found = pytesseract.image_to_data(
                    grey, lang=self._language, config=config, timeout=_SECONDS, output_type=pytesseract.Output.DICT
                )
        except (RuntimeError, OSError, ValueError, pytesseract.TesseractError):
            raise Refusal("text-finder-failed") from None
        keys = ("left", "top", "width", "height", "conf", "text")
        for left, top, width, height, confidence, text in zip(*(found[key] for key in keys), strict=True):
            if not str(text).strip() or float(confidence) < self._confidence:
                continue
            box = clipped(left / scale, top / scale, (left + width) / scale, (top + height) / scale, rows=rows, columns=columns)
            if box is not None:
                yield TextBox(box, str(text).strip(), min(1.0, max(0.0, float(confidence) / 100)))


def make(options: Mapping[str, str]) -> Tesseract:
    """The factory. EngineMissing when the program is not there."""
    return Tesseract(Options("tesseract", options))


@contextmanager
def _private_folder() -> Iterator[None]:
    """pytesseract hands pictures and what was read over in files that everybody on the machine could read: in a folder of ours, nobody
    can, and it is in memory where the system has such a place."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with _LOCK:
        folder, before = tempfile.mkdtemp(prefix="deidrules-", dir=place), tempfile.tempdir
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
            shutil.rmtree(folder, ignore_errors=True)


def _installed() -> str:
    try:
        import pytesseract

        return f"tesseract {pytesseract.get_tesseract_version()}"
    except (ImportError, OSError, SystemExit):
        raise EngineMissing("tesseract is not installed (Debian: tesseract-ocr)") from None
