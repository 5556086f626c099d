"""How much burned-in text the engines find on pictures of the generator: `python tests/benchmarks/text_finders.py SEED COUNT ENGINE...`.

A string is found when at least 90 % of its box is covered. False area is what is covered of everything farther from a string than its
font's size, as a mean over the pictures. One thread. The seed of a figure that is shown is the first eight hexadecimal digits of the commit
that added the generator."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2  # noqa: E402
import numpy  # noqa: E402
from ocr_images import Sample, images  # noqa: E402

from deidrules.ocr.engine import text_finder  # noqa: E402
from deidrules.pixels.text_finder import TextFinder  # noqa: E402

SIZES = ((8, 10), (11, 16), (17, 24), (25, 48))


def judge(finder: TextFinder, sample: Sample, found: Counter[str], there: Counter[str]) -> tuple[float, float]:
    """Count the strings of a picture by size and kind; the false area, and the milliseconds it took."""
    began = time.perf_counter()
    boxes = finder.find(sample.picture)
    taken = 1000 * (time.perf_counter() - began)
    covered = numpy.zeros(sample.picture.shape[:2], bool)
    for box in boxes:
        covered[box.rectangle.top : box.rectangle.bottom, box.rectangle.left : box.rectangle.right] = True
    near = numpy.zeros_like(covered)
    for text in sample.texts:
        left, top, right, bottom = text.box
        near[max(0, top - text.size) : bottom + text.size, max(0, left - text.size) : right + text.size] = True
        hit = covered[top:bottom, left:right].mean() >= 0.9
        (size,) = (f"{least}-{most} px" for least, most in SIZES if least <= text.size <= most)
        for name in ("all", "identifying" if text.identifying else "harmless", size):
            there[name] += 1
            found[name] += bool(hit)
    return float((covered & ~near).sum() / (~near).sum()), taken


def main() -> None:
    cv2.setNumThreads(1)
    seed, count = sys.argv[1], int(sys.argv[2])
    columns = ("all", "identifying", "harmless", *(f"{least}-{most} px" for least, most in SIZES))
    print(f"seed {seed}, {count} pictures")
    print(f"| engine | {' | '.join(columns)} | false area | ms median | ms mean |")
    print("|---" * (len(columns) + 4) + "|")
    for wanted in sys.argv[3:]:
        finder = text_finder(wanted)
        found: Counter[str] = Counter()
        there: Counter[str] = Counter()
        judged = [judge(finder, sample, found, there) for sample in images(seed, count)]
        areas, times = zip(*judged, strict=True)
        shares = " | ".join(f"{found[name] / there[name]:.3f} ({there[name]})" for name in columns)
        speed = f"{numpy.median(times):.0f} | {numpy.mean(times):.0f}"
        print(f"| {wanted}: {finder.version} | {shares} | {100 * numpy.mean(areas):.2f} % | {speed} |")


if __name__ == "__main__":
    main()
