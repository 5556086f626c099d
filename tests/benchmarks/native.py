"""Rectangles in native pixels, and large files, against reading and writing the whole file and against sendfile. Not a test.

    python tests/benchmarks/native.py [--folder /dev/shm] [--rounds 9] [--policy "verify: off"]… [--only NAME] [--peak]

Every case is one file through the engine into a waiting file, in this process, in turn with what it is compared to; each writes to the
same place, which is unlinked before the next, so that freed pages are used again. Ratios only. The proof is off, unless `--policy` says
something else of the profile; `--peak` prints the peak resident memory of `deidrules apply-profile` up to a sparse
file of 1 GB, each in a process of its own, with the proof.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import large_objects
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from deidrules import KeyRing, compile_profile
from deidrules.run.process import Processor, Settings
from deidrules.run.result import Job, Prepared

BANNER, BOX, NOTHING = ("blank top 60",), ("blank 300,10,+200,+100",), ()


@dataclass(frozen=True)
class Case:
    """An object, the statements of its rule, what it is compared with, and the goal."""

    name: str
    layout: dict[str, Any]
    statements: tuple[str, ...]
    floor: str
    goal: float


RGB_100 = {"rows": 480, "columns": 640, "samples": 3, "frames": 114}
RGB_500 = {"rows": 480, "columns": 640, "samples": 3, "frames": 569}
ENHANCED = {"rows": 512, "columns": 512, "allocated": 16, "stored": 12, "frames": 1000}

CASES = (
    Case("rgb-100-banner", RGB_100, BANNER, "whole", 0.55),
    Case("rgb-100-box", RGB_100, BOX, "whole", 0.55),
    Case("rgb-500-banner", RGB_500, BANNER, "whole", 0.55),
    Case("rgb-500-box", RGB_500, BOX, "whole", 0.55),
    Case("enhanced-500", ENHANCED, NOTHING, "sendfile", 1.10),
    Case("enhanced-500-box", ENHANCED, BOX, "sendfile", 0.0),
)


def per_frame_groups(frames: int) -> Dataset:
    """What an enhanced object says of each frame: position and content, 8 elements in 3 sequences."""
    made = Dataset()
    items = []
    for number in range(frames):
        position, content, item = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = ["-250", "-250", str(number)]
        content.FrameAcquisitionNumber, content.StackID, content.InStackPositionNumber = number + 1, "1", number + 1
        item.PlanePositionSequence, item.FrameContentSequence = Sequence([position]), Sequence([content])
        items.append(item)
    made.PerFrameFunctionalGroupsSequence = Sequence(items)
    return made


def whole(source: Path, target: Path) -> None:
    """What a Python program does that reads the file and writes it."""
    with open(source, "rb") as file:  # noqa: PTH123
        data = file.read()
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(data)


def sendfile(source: Path, target: Path) -> None:
    """The kernel's own copy."""
    with source.open("rb") as file, target.open("wb") as out:
        at, size = 0, source.stat().st_size
        while at < size:
            at += os.sendfile(out.fileno(), file.fileno(), at, size - at)


FLOORS: dict[str, Callable[[Path, Path], None]] = {"whole": whole, "sendfile": sendfile}


def processor(folder: Path, waiting: Path, statements: tuple[str, ...], policies: tuple[str, ...]) -> Processor:
    """A worker with the profile of a case."""
    compilation = compile_profile(large_objects.profile(folder, *statements, policies=policies))
    if compilation.plan is None:
        raise SystemExit("\n".join(str(found) for found in compilation.diagnostics))
    return Processor(Settings(compilation.plan, KeyRing(bytes(range(32)))).for_sink(str(waiting), crosswalk=False))


def timed(work: Callable[[], object], target: Path) -> float:
    """Seconds; what it wrote is gone afterwards."""
    begin = time.perf_counter()
    work()
    seconds = time.perf_counter() - begin
    target.unlink()
    return seconds


def measure(case: Case, top: Path, rounds: int, policies: tuple[str, ...]) -> None:
    """Print the ratios of one case."""
    source, waiting = top / "in.dcm", top / "waiting"
    waiting.mkdir()
    target = waiting / "0.partial"
    worker = processor(top / "profile", waiting, case.statements, policies)
    job = Job(0, str(source), "", "out.dcm")

    def ours() -> None:
        result = worker(job)
        if not isinstance(result, Prepared):
            raise SystemExit(f"{case.name}: {result}")

    rows = []
    for number in range(rounds + 1):
        row = timed(ours, target), timed(lambda: FLOORS[case.floor](source, target), target)
        if number:  # the first warms up
            rows.append(row)
    size = source.stat().st_size
    paired = statistics.median(one / other for one, other in rows)
    least = min(one for one, _ in rows) / min(other for _, other in rows)
    goal = f"goal {case.goal:.2f}" if case.goal else "no goal"
    print(f"{case.name:18s} {size / 1e6:6.0f} MB  ours : {case.floor:8s} = {paired:.2f} (of the fastest {least:.2f}), {goal}", flush=True)


def write_source(case: Case, path: Path) -> None:
    """The file of a case."""
    more = dict(case.layout)
    if case.name.startswith("enhanced"):
        groups = per_frame_groups(more["frames"])
        more["PerFrameFunctionalGroupsSequence"] = groups.PerFrameFunctionalGroupsSequence
    large_objects.native(path, **more)


def peaks(top: Path, policies: tuple[str, ...]) -> None:
    """Print peak resident memory, the command line's whole process."""
    source, out = top / "in.dcm", top / "out"
    shapes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("2 frames RGB", {"rows": 480, "columns": 640, "samples": 3, "frames": 2}),
        ("1100 frames RGB, 1 GB", {"rows": 480, "columns": 640, "samples": 3, "frames": 1100}),
        ("1 frame of 16 bits, 1 GB", {"rows": 22000, "columns": 24000, "allocated": 16, "stored": 12, "signed": True, "frames": 1}),
    )
    for what, layout in shapes:
        large_objects.native(source, sparse=True, **layout)
        for name, statements in (("no pixel rule", NOTHING), ("box", BOX), ("everything", ("blank everything",))):
            profile = large_objects.profile(top / "peak", *statements, policies=policies)
            held, _ = large_objects.peak("apply-profile", str(profile), str(source), "--output", str(out))
            print(f"{what:26s} {name:14s} peak {held / 1e6:5.1f} MB", flush=True)
            for made in (profile, out, Path(f"{out}.run")):
                large_objects.drop(made)
    large_objects.drop(source)


def main() -> None:
    """Measure and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs, with room for twice the largest file")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--policy", action="append", default=[], help='a line for the policies, instead of "verify: off"')
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--peak", action="store_true", help="memory instead of time")
    options = parser.parse_args()
    policies = tuple(options.policy) or (() if options.peak else ("verify: off",))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if options.peak:
            peaks(Path(name), policies)
            return
        for number, case in enumerate(CASES):
            if options.only in case.name:
                top = Path(name) / str(number)
                top.mkdir()
                write_source(case, top / "in.dcm")
                measure(case, top, options.rounds, policies)
                large_objects.drop(top)


if __name__ == "__main__":
    main()
