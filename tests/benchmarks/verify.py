"""What the proof on the way out costs: the time of a run with `verify: on` over one with `verify: off`, per coding. Not a test.

    python tests/benchmarks/verify.py [--folder /dev/shm] [--rounds 9] [--only NAME]

Every case is one file through the engine into a waiting file, in this process; both policies take turns in every round, and what was
written is unlinked before the next. Printed is the median of the rounds' ratios and the smallest, and with `of reading` the time of the
proof alone over one reading of input and output (1.00 would be a proof that does nothing but read). Ratios only.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import imagecodecs
import numpy as np
import plans
from compressed_objects import RGB, STORED_12, Coded, image, rle_encode
from pixel_objects import EXPLICIT, dataset, file

from deidrules.engine.keys import KeyRing
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Policies
from deidrules.plan.pixels import Band, Bands, Blank, Operation, Rectangle, Strip
from deidrules.run.process import Processor, Settings
from deidrules.run.result import Job, Prepared

BANNER: Operation = Blank(Bands((Band("top", 60),)))
BOX: Operation = Blank(Rectangle(300, 10, 500, 110))
ONE: Operation = Blank(Rectangle(300, 10, 500, 110), frames=((3, 3),))
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")


def colour(number: int) -> np.ndarray:
    return image(480, 640, 3, seed=number)


def grey(bits: int) -> Callable[[int], np.ndarray]:
    return lambda number: image(512, 512, bits=bits, seed=number)


def coded(
    syntax: str, encode: Callable[[np.ndarray], bytes], make: Callable[[int], np.ndarray], count: int, layout: dict[str, Any]
) -> bytes:
    form = Coded(syntax, encode, np.asarray, make, 0, layout)
    return file(form.object(form.frames(count)), form.uid)


def native(frames: int, **layout: Any) -> bytes:
    return file(dataset(rows=480, columns=640, frames=frames, **layout), EXPLICIT)


def jpeg(**options: Any) -> Callable[[np.ndarray], bytes]:
    return lambda frame: bytes(imagecodecs.jpeg8_encode(frame, level=85, **options))


YBR: dict[str, Any] = {"samples": 3, "photometric": "YBR_FULL_422"}


def lossless(frame: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpegls_encode(frame))


def reversible(frame: np.ndarray) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(frame, level=0, codecformat="j2k", reversible=True))


CASES: dict[str, tuple[Callable[[], bytes], tuple[Operation, ...]]] = {
    "native RGB, 60 frames, banner": (lambda: native(60, **RGB), (BANNER,)),
    "native RGB, 60 frames, box": (lambda: native(60, **RGB), (BOX,)),
    "native RGB, 60 frames, box in one": (lambda: native(60, **RGB), (ONE,)),
    "native 16 bits signed, 60 frames, box": (lambda: native(60, allocated=16, stored=12, signed=True), (BOX,)),
    "native 16 bits, one frame, box": (lambda: native(1, allocated=16, stored=12), (BOX,)),
    "native 16 bits, 60 frames, high bits": (lambda: native(60, allocated=16, stored=12), (Strip("high-bit-overlays"),)),
    "RLE RGB, 6 frames, banner": (lambda: coded("5", rle_encode, colour, 6, {**RGB, "planar": 1}), (BANNER,)),
    "JPEG 4:2:2, 4 frames, banner": (lambda: coded("4.50", jpeg(subsampling="422"), colour, 4, YBR), (BANNER,)),
    "JPEG 4:2:2, 4 frames, box": (lambda: coded("4.50", jpeg(subsampling="422"), colour, 4, YBR), (BOX,)),
    "JPEG 4:2:2, 40 frames, box in one": (lambda: coded("4.50", jpeg(subsampling="422"), colour, 40, YBR), (ONE,)),
    "JPEG grey, 4 frames, banner": (lambda: coded("4.50", jpeg(), grey(8), 4, {}), (BANNER,)),
    "JPEG-LS 12 bits, 6 frames, box": (lambda: coded("4.80", lossless, grey(12), 6, STORED_12), (BOX,)),
    "JPEG 2000 12 bits, 6 frames, box": (lambda: coded("4.90", reversible, grey(12), 6, STORED_12), (BOX,)),
    "JPEG 2000 12 bits, 20 frames, box in one": (lambda: coded("4.90", reversible, grey(12), 20, STORED_12), (ONE,)),
}


def processor(folder: Path, operations: tuple[Operation, ...], verify: str) -> Processor:
    """A worker with a plan of these operations."""
    conditions = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
    policies = replace(LOOSE, verify=verify)
    plan = plans.plan(policies=policies, conditions=conditions, pixels=(PixelRule("r", 0, operations),))
    return Processor(Settings(plan, KeyRing(bytes(range(32)))).for_sink(str(folder), crosswalk=False))


def seconds(work: Processor, source: Path, waiting: Path) -> float:
    begin = time.perf_counter()
    done = work(Job(0, str(source), "", "out.dcm"))
    taken = time.perf_counter() - begin
    if not isinstance(done, Prepared):
        raise SystemExit(f"not written: {done}")
    (waiting / "0.partial").unlink()
    return taken


def reading(source: Path) -> float:
    """Seconds for one reading of the file, a megabyte at a time; input and output are about as large."""
    begin = time.perf_counter()
    with source.open("rb", buffering=0) as opened:
        while opened.read(1 << 20):
            pass
    return time.perf_counter() - begin


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", default="/dev/shm")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    print(f"{'':<42} {'on/off':>7} {'least':>7} {'of reading':>11}")
    for name, (make, operations) in CASES.items():
        if chosen.only not in name:
            continue
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            source, waiting = Path(folder, "in.dcm"), Path(folder, "waiting")
            source.write_bytes(make())
            waiting.mkdir()
            on, off = (processor(waiting, operations, verify) for verify in ("on", "off"))
            for work in (on, off):
                seconds(work, source, waiting)  # imports, tables, layouts
            ratios, alone = [], []
            for _ in range(chosen.rounds):
                without, proven = seconds(off, source, waiting), seconds(on, source, waiting)
                ratios.append(proven / without)
                alone.append((proven - without) / (2 * reading(source)))
        print(f"{name:<42} {statistics.median(ratios):>6.2f}x {min(ratios):>6.2f}x {statistics.median(alone):>10.1f}x", flush=True)


if __name__ == "__main__":
    main()
