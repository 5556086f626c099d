"""Throughput of the full profile against a plain copy and against dicom-anonymizer, alternating in one run. Not a test.

    python tests/benchmarks/throughput.py [--files 200] [--rounds 9] [--peer PYTHON]

PYTHON is the interpreter of an environment that has dicom-anonymizer and pydicom; without it that column is left out. Ratios only: a
machine's speed is its own affair. Three traps are avoided: outputs are unlinked before the next variant, so freed pages are used again
and not handed back; every round runs every variant, in turn; everything lies on tmpfs, in fresh folders, where nothing is flushed.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

PEER = """
import sys, time, pathlib, warnings
warnings.simplefilter("ignore")
from dicomanonymizer import anonymize_dicom_file
source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
files = sorted(source.iterdir())[: int(sys.argv[3])]
for line in sys.stdin:
    begin = time.perf_counter()
    for path in files:
        anonymize_dicom_file(str(path), str(out / path.name))
    print(time.perf_counter() - begin, flush=True)
    for path in out.iterdir():
        path.unlink()
"""


def slice_of_ct(number: int) -> bytes:
    """A CT file of 525 KB: 512 x 512 pixels of 16 bits and about 290 elements, three levels of sequences, two private blocks."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID = f"2.25.900{number:06d}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "2.25.901", "2.25.902", "2.25.903"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20240310"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = f"10{number // 60 % 60:02d}{number % 60:02d}"
    dataset.AccessionNumber, dataset.Modality, dataset.Manufacturer = "EX-2024", "CT", "EXAMPLE IMAGING"
    dataset.InstitutionName, dataset.StationName = "EXAMPLE HOSPITAL", "EXAMPLE-STAT-3"
    dataset.ReferringPhysicianName, dataset.PatientName, dataset.PatientID = "EXAMPLE^DOCTOR", "EXAMPLE^PATIENT^ONE", "EX-0001"
    dataset.StudyDescription, dataset.SeriesDescription = "FOLLOW UP OF EXAMPLE PATIENT", "AXIAL 5 MM"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge, dataset.PatientWeight = "19330704", "O", "090Y", "70"
    dataset.KVP, dataset.SliceThickness, dataset.ConvolutionKernel, dataset.GantryDetectorTilt = "120", "5", "STANDARD", "0"
    dataset.ExposureTime, dataset.XRayTubeCurrent, dataset.TableHeight, dataset.RotationDirection = "1000", "200", "140.5", "CW"
    dataset.StudyID, dataset.SeriesNumber, dataset.InstanceNumber = "1", "2", str(number)
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = ["-250", "-250", str(-5 * number)], ["1", "0", "0", "0", "1", "0"]
    dataset.PixelSpacing, dataset.RescaleIntercept, dataset.RescaleSlope = ["0.9", "0.9"], "-1024", "1"
    dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    before = Dataset()
    before.PatientName, before.PatientID = "EXAMPLE^FORMER^ONE", "EX-OLD-1"
    attributes = Dataset()
    attributes.SourceOfPreviousValues, attributes.AttributeModificationDateTime = "EXAMPLE ARCHIVE", "20240312080000"
    attributes.ModifyingSystem, attributes.ReasonForTheAttributeModification = "EXAMPLE ROUTER", "CORRECT"
    attributes.ModifiedAttributesSequence = Sequence([before])
    dataset.OriginalAttributesSequence = Sequence([attributes])
    references = []
    for other in range(10):
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = dataset.SOPClassUID, f"2.25.904{other}"
        references.append(reference)
    dataset.ReferencedImageSequence = Sequence(references)
    for group, creator in ((0x0019, "EXAMPLE CT 1"), (0x0043, "EXAMPLE SHARED 2")):
        block = dataset.private_block(group, creator, create=True)
        for low in range(95):
            block.add_new(low, ("DS", "LO", "SL")[low % 3], (f"{low}.5", f"EXAMPLE {low}", low)[low % 3])
    dataset.Rows = dataset.Columns = 512
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
    y, x = numpy.mgrid[0:512, 0:512]
    dataset.PixelData = ((x * 7 + y * 13 + number) % 3000 - 1000).astype("<i2").tobytes()
    dataset["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = BytesIO()
    FileDataset(file, dataset, preamble=b"\x00" * 128, file_meta=meta).save_as(file, enforce_file_format=True)
    return file.getvalue()


def copy(source: Path, out: Path) -> None:
    """Read, write under a temporary name, rename: the least a Python program does that never leaves half a file."""
    out.mkdir()
    for path in sorted(source.iterdir()):
        partial = out / f".{path.name}.part"
        partial.write_bytes(path.read_bytes())
        partial.rename(out / path.name)


def ours(source: Path, out: Path) -> None:
    """`apply-profile ps315-basic` with its audit, in this process, one worker."""
    from click.testing import CliRunner

    from deidrules.cli.main import main

    arguments = ["apply-profile", "ps315-basic", str(source), "--output", str(out), "--run", f"{out}.run", "--workers", "1", "--json"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    if result.exit_code:
        raise SystemExit(result.output)


def clear(out: Path) -> None:
    """Unlink at once, so that the next variant finds the pages warm."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(f"{out}.run", ignore_errors=True)


def timed(work: Callable[[Path, Path], None], source: Path, out: Path) -> float:
    """Seconds of one pass over the folder."""
    clear(out)
    begin = time.perf_counter()
    work(source, out)
    seconds = time.perf_counter() - begin
    clear(out)
    return seconds


def main() -> None:
    """Measure and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--peer", help="interpreter of an environment with dicom-anonymizer")
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="a folder on tmpfs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, contextlib.ExitStack() as stack:
        top = Path(name)
        source = top / "in"
        source.mkdir()
        for number in range(options.files):
            (source / f"{number:05d}").write_bytes(slice_of_ct(number))
        few = max(1, options.files // 10)  # the peer is slow: a tenth of the files, scaled
        peer = None
        if options.peer:
            (top / "peer").mkdir()
            command = [options.peer, "-c", PEER, str(source), str(top / "peer"), str(few)]
            peer = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        rows = []
        for number in range(options.rounds + 1):
            row = [timed(copy, source, top / "copy"), timed(ours, source, top / "ours")]
            if peer is not None and peer.stdin is not None and peer.stdout is not None:
                print("go", file=peer.stdin, flush=True)
                row.append(float(peer.stdout.readline()) * options.files / few)
            if number:  # the first round warms everybody up
                rows.append(row)
        size = (source / "00000").stat().st_size
        print(f"{options.files} files of {size:,} bytes, {len(rows)} rounds, medians of paired ratios", file=sys.stderr)
        print(f"deidrules, full profile with audit : copy = {statistics.median(row[1] / row[0] for row in rows):.2f}")
        if peer is not None:
            print(f"dicom-anonymizer : deidrules            = {statistics.median(row[2] / row[1] for row in rows):.1f}")


if __name__ == "__main__":
    main()
