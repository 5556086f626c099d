"""Banners blanked in JPEG frames against decoding the same frame with the C library, and whole files against DicomCleaner of deid. Not
a test.

    python tests/benchmarks/jpeg.py [--rounds 15] [--frames 60] [--peer PYTHON]

PYTHON is the interpreter of an environment that has deid and pydicom; without it that comparison is left out. Ratios only. Both sides run
in turn, in one process where they can, and each ratio is of the quickest round of each. "proof" is what the proof of a written frame
(pixels/jpeg/proof.py) costs, against the same decoding. The contents: an ultrasound sector with text, mostly black, as frames of such
banners are; noise of two strengths, which no image is, but which takes the most bits; and the real JPEG frames of the reference corpus
where it lies beside the checkout.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames

from deidrules.pixels.jpeg.edit import blank
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.plan.pixels import Rectangle

COLUMNS, ROWS, BANNER = 640, 480, 40
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
SYNTAXES = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")

RECIPE = f"""deidrules 1

K  Modality

pixels "banner" when Modality = "US" {{ blank 0,0,{COLUMNS},{BANNER} }}
"""
PROFILE = """profile: banner
version: 1.0.0
language: 1
recipes: [banner.recipe]
policies: {unlisted: K, unknown-sop-class: strictest}
"""
PEER_RECIPE = f"""FORMAT dicom

%filter graylist

LABEL Banner
contains Modality US
  coordinates 0,0,{COLUMNS},{BANNER}
"""
PEER = """
import os, sys, time, pathlib, warnings
warnings.simplefilter("ignore")
told, sys.stdout = sys.stdout, open(os.devnull, "w")
from deid.dicom import DicomCleaner
source, recipe, out = sys.argv[1:4]
for line in sys.stdin:
    begin = time.perf_counter()
    cleaner = DicomCleaner(output_folder=out, deid=recipe)
    found = cleaner.detect(source)
    assert found["flagged"], found
    assert cleaner.clean()[..., :40, :, :].max() == 0
    written = cleaner.save_dicom()
    print(time.perf_counter() - begin, file=told, flush=True)
    pathlib.Path(written).unlink()
"""


# ---- contents


def ultrasound(number: int = 0) -> np.ndarray:
    """A sector of speckle, a grey wedge, a banner of text and a line of it below, on black."""
    chance = np.random.default_rng(number)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    depth, angle = np.hypot(x - COLUMNS / 2, y - 20), np.arctan2(x - COLUMNS / 2, y - 20)
    speckle = cv2.GaussianBlur(chance.rayleigh(1.0, (ROWS, COLUMNS)), (0, 0), 1.2)
    tissue = 60 * speckle * (1 + 0.6 * np.sin(depth / 35) + 0.4 * np.cos(angle * 5))
    grey = np.clip(tissue, 0, 255) * ((depth > 40) & (depth < 0.9 * ROWS) & (np.abs(angle) < 0.75))
    grey[100:300, 600:615] = np.linspace(255, 0, 200)[:, None]
    image = np.ascontiguousarray(np.dstack([grey] * 3).astype("u1"))
    for place, text in (((10, 18), "EXAMPLE^PATIENT 4711"), ((10, 34), "EXAMPLE HOSPITAL"), ((10, 460), "Fr 56Hz  D 12cm  MI 1.1")):
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 200), 1)
    return image


def noise(deviation: float) -> np.ndarray:
    return np.random.default_rng(2).normal(128, deviation, (ROWS, COLUMNS, 3)).clip(0, 255).astype("u1")


def coded(image: np.ndarray, quality: int, sampling: str, optimise: bool = False) -> bytes:
    if sampling == "grey":
        return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(image[..., 0]), level=quality))
    return bytes(imagecodecs.jpeg8_encode(image, level=quality, subsampling=sampling.replace(":", ""), optimize=optimise))


def real_frames() -> Iterator[tuple[str, bytes]]:
    """The first frame of each JPEG object of the corpus, of 200 x 200 pixels at least; each content once."""
    seen: set[bytes] = set()
    with (CORPUS / "index.csv").open() as index:
        rows = [row for row in csv.DictReader(index) if row["TransferSyntaxUID"] in SYNTAXES and row["decodes"] == "yes"]
    for row in rows:
        found = pydicom.dcmread(CORPUS / row["path"], force=True)
        frame = next(generate_frames(found.PixelData, number_of_frames=int(found.get("NumberOfFrames") or 1)))
        if min(found.Rows, found.Columns) >= 200 and frame not in seen:
            seen.add(frame)
            yield f"{row['Modality'] or '-'} {found.Columns} x {found.Rows}, {found.BitsStored} bits, {len(frame) // 1024} KB", frame


# ---- frames


def frame_ratios(frame: bytes, rounds: int) -> tuple[float, ...]:
    """Milliseconds of the C library; then, as multiples: top, top and bottom, the proof of each."""
    before = imagecodecs.jpeg8_decode(frame)
    rows, columns = before.shape[:2]
    banner = rows * BANNER // ROWS
    top = [Rectangle(0, 0, columns, banner)]
    both = [*top, Rectangle(0, rows - banner, columns, rows)]
    after, later = blank(frame, top), blank(frame, both)
    calls: list[Callable[[], object]] = [
        lambda: imagecodecs.jpeg8_decode(frame),
        lambda: blank(frame, top),
        lambda: blank(frame, both),
        lambda: same_beside(frame, after, top),
        lambda: same_beside(frame, later, both),
    ]
    best = [math.inf] * len(calls)
    for _ in range(rounds):
        for number, call in enumerate(calls):
            begin = time.perf_counter()
            found = call()
            best[number] = min(best[number], time.perf_counter() - begin)
            assert found is not False
    return (1000 * best[0], *(seconds / best[0] for seconds in best[1:]))


def print_frames(rounds: int) -> None:
    print("| content | C library, ms | top | top and bottom | proof, top | proof, top and bottom |")
    print("|---|---|---|---|---|---|")
    contents = {"ultrasound": ultrasound(), "noise, 12": noise(12), "noise, 40": noise(40), "noise, 200": noise(200)}
    for name, image in contents.items():
        for quality in (75, 90):
            for sampling in ("4:4:4", "4:2:2", "4:2:0", "grey"):
                print_row(f"{name}, quality {quality}, {sampling}", coded(image, quality, sampling), rounds)
    if not CORPUS.is_dir():
        print("the reference corpus is not beside the checkout: real frames are left out", file=sys.stderr)
        return
    for name, frame in real_frames():
        print_row(f"real, {name}", frame, rounds)


def print_row(name: str, frame: bytes, rounds: int) -> None:
    milliseconds, *ratios = frame_ratios(frame, rounds)
    print(f"| {name} | {milliseconds:.2f} | {' | '.join(f'{ratio:.1f}' for ratio in ratios)} |", flush=True)


# ---- whole files


def clip(frames: int, optimise: bool) -> bytes:
    """A multi-frame ultrasound object, 4:2:2, quality 90; optimised, each frame has Huffman tables of its own."""
    pictures = [coded(ultrasound(number), 90, "4:2:2", optimise) for number in range(frames)]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = SYNTAXES[0]
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.4711"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.4712", "2.25.4713"
    dataset.Modality, dataset.PatientName, dataset.PatientID = "US", "EXAMPLE^PATIENT", "4711"
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = ROWS, COLUMNS, frames
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "YBR_FULL_422", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.LossyImageCompression, dataset.FrameTime = "01", "33"
    dataset.PixelData = encapsulate(pictures)
    path = pydicom.filebase.DicomBytesIO()
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)
    return path.getvalue()


def ours(folder: Path) -> Callable[[Path, Path], None]:
    """Read, apply, write, as a run with `verify: off` does it for one file."""
    from deidrules import compile_profile
    from deidrules.engine.instance import Engine
    from deidrules.engine.keys import KeyRing
    from deidrules.run.reading import open_buffer
    from deidrules.run.sink import write_partial

    folder.mkdir()
    (folder / "profile.yaml").write_text(PROFILE)
    (folder / "banner.recipe").write_text(RECIPE)
    compiled = compile_profile(folder)
    if compiled.plan is None:
        raise SystemExit("\n".join(map(str, compiled.diagnostics)))
    engine = Engine(compiled.plan, KeyRing(bytes(range(32))))

    def run(source: Path, out: Path) -> None:
        with open_buffer(str(source), 1 << 32) as buffer:
            write_partial(str(out.parent), out.name, engine.apply(buffer).parts)

    return run


def print_files(rounds: int, frames: int, optimise: bool, peer: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as name, contextlib.ExitStack() as stack:
        top = Path(name)
        source, out = top / "clip.dcm", top / "out.dcm"
        source.write_bytes(clip(frames, optimise))
        (top / "peer").mkdir()
        (top / "deid.banner").write_text(PEER_RECIPE)
        run = ours(top / "banner")
        command = [peer, "-c", PEER, str(source), str(top / "deid.banner"), str(top / "peer")]
        process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert process.stdin is not None and process.stdout is not None
        pairs: list[tuple[float, float]] = []
        for number in range(rounds + 1):
            begin = time.perf_counter()
            run(source, out)
            seconds = time.perf_counter() - begin
            size = out.stat().st_size
            out.unlink()
            print("go", file=process.stdin, flush=True)
            theirs = process.stdout.readline()
            if not theirs:
                raise SystemExit("DicomCleaner failed")
            if number:  # the first round warms both up
                pairs.append((seconds, float(theirs)))
        ratios = [theirs / seconds for seconds, theirs in pairs]
        tables = "optimised tables" if optimise else "standard tables"
        print(f"\n{tables}: {frames} frames of {COLUMNS} x {ROWS}, {source.stat().st_size:,} bytes, written as {size:,}, {rounds} rounds")
        print(f"DicomCleaner : deidrules, median of paired ratios {statistics.median(ratios):.1f}, least {min(ratios):.1f}")
        quickest = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
        print(f"frames per second: deidrules {frames / quickest[0]:.0f}, DicomCleaner {frames / quickest[1]:.0f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--peer", help="interpreter of an environment with deid")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")
    parser.add_argument("--only", choices=("frames", "files"))
    options = parser.parse_args()
    if options.only != "files":
        print_frames(options.rounds)
    if options.only == "frames":
        return
    known = options.peer and not subprocess.run([options.peer, "-c", "import deid"], capture_output=True, env=os.environ).returncode
    if known:
        for optimise in (False, True):
            print_files(options.rounds, options.frames, optimise, options.peer, options.folder)
    else:
        print("no interpreter with deid (--peer): the comparison of whole files is left out", file=sys.stderr)


if __name__ == "__main__":
    main()
