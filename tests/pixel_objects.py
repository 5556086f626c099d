"""Objects with pixels for tests: pydicom Datasets of any native layout, as bytes and as our reader's objects."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite

from deidrules.dicom.element import DicomObject
from deidrules.dicom.reader import read
from deidrules.pixels.apply import PixelResult, redact
from deidrules.pixels.burned_in import read_header
from deidrules.pixels.facts import read_facts
from deidrules.pixels.work import PixelWork, judge
from deidrules.plan.model import PixelRule
from deidrules.plan.pixels import Operation

IMPLICIT, EXPLICIT, DEFLATED, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def dataset(
    *,
    rows: int = 6,
    columns: int = 8,
    frames: int = 1,
    samples: int = 1,
    planar: int = 0,
    allocated: int = 8,
    stored: int | None = None,
    high: int | None = None,
    signed: bool = False,
    photometric: str = "MONOCHROME2",
    value: bytes | None = None,
    vr: str = "OW",
    seed: int = 1,
    keyword: str = "PixelData",
    **attributes: Any,
) -> Dataset:
    """A Dataset whose pixel bytes are random over all bits allocated, sign and high bits included, unless given."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID, made.Modality = SECONDARY_CAPTURE, "2.25.1", "OT"
    made.SamplesPerPixel, made.PhotometricInterpretation = samples, photometric
    if samples > 1:
        made.PlanarConfiguration = planar
    if frames != 1:
        made.NumberOfFrames = frames
    made.Rows, made.Columns, made.BitsAllocated = rows, columns, allocated
    if keyword == "PixelData":
        made.BitsStored = allocated if stored is None else stored
        made.HighBit = made.BitsStored - 1 if high is None else high
        made.PixelRepresentation = int(signed)
    for name, attribute in attributes.items():
        setattr(made, name, attribute)
    stored_samples = 2 if photometric in ("YBR_FULL_422", "YBR_PARTIAL_422") else samples
    length = -(-rows * columns * frames * stored_samples * allocated // 8)
    if value is None:
        value = np.random.default_rng(seed).integers(0, 256, length, dtype="u1").tobytes()
    setattr(made, keyword, value + b"\0" * (len(value) % 2))
    if keyword == "PixelData":
        made["PixelData"].VR = vr
    return made


def file(made: Dataset, transfer_syntax: str = EXPLICIT) -> bytes:
    """The Dataset as a file; pixel bytes are written as given."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = transfer_syntax
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    out = io.BytesIO()
    dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def instance(made: Dataset, transfer_syntax: str = EXPLICIT) -> DicomObject:
    """The Dataset as the strict reader sees it."""
    return read(file(made, transfer_syntax))


def rule(*operations: Operation, name: str = "r") -> PixelRule:
    """A pixel rule whose condition held."""
    return PixelRule(name, 0, operations)


def work_of(given: DicomObject, *operations: Operation, policy: str = "accept", **options: Any) -> PixelWork:
    """What the operations of one rule ask of the object."""
    return judge((rule(*operations),), read_facts(given), read_header(given), policy=policy, **options)


def redacted(given: DicomObject, *operations: Operation, **options: Any) -> PixelResult:
    """The operations of one rule done on the object."""
    return redact(given, read_facts(given), work_of(given, *operations, **options))


def patched(given: DicomObject, result: PixelResult) -> bytes:
    """The object's whole buffer with the result in the places of the old values; the lengths have to be the same."""
    facts = read_facts(given)
    buffer = bytearray(given.buffer)
    if result.parts is not None:
        value = b"".join(result.parts)
        assert len(value) == facts.length
        buffer[facts.offset : facts.offset + facts.length] = value
    for tag, value in result.overlays.items():
        element = given.index[tag]
        assert len(value) == element.length
        buffer[element.value : element.stop] = value
    return bytes(buffer)
