"""What the example objects are put together from: items, codes, a person's header, pixels, a file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

ROOT = "2.25.1234567890"  # of these examples only
SOP_CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "EnhancedCT": "1.2.840.10008.5.1.4.1.1.2.1",
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "USMulti": "1.2.840.10008.5.1.4.1.1.3.1",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "ComprehensiveSR": "1.2.840.10008.5.1.4.1.1.88.33",
    "BasicTextSR": "1.2.840.10008.5.1.4.1.1.88.11",
}
NUMBERS = {"ONE": "1", "TWO": "2", "THREE": "3"}


def item(**elements: Any) -> Dataset:
    """A sequence item from keywords."""
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def code(value: str, scheme: str, meaning: str) -> Sequence:
    """A coded concept."""
    return Sequence([item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)])


def person(number: str, kind: str, modality: str, *, series: int, instance: int) -> Dataset:
    """The patient, study, series and equipment of one object, with much that should not leave a hospital."""
    study = f"{ROOT}.{NUMBERS[number]}.{series}"
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = SOP_CLASSES[kind]
    dataset.SOPInstanceUID = f"{study}.{series}.{instance}"
    dataset.StudyInstanceUID = study
    dataset.SeriesInstanceUID = f"{study}.{series}"
    dataset.StudyDate = "20240310"
    dataset.SeriesDate = dataset.ContentDate = "20240311"
    dataset.StudyTime, dataset.SeriesTime, dataset.ContentTime = "101500", "101730.25", "102000"
    dataset.AccessionNumber = f"EX-2024-000{NUMBERS[number]}"
    dataset.Modality = modality
    dataset.Manufacturer = "EXAMPLE SONICS" if modality == "US" else "EXAMPLE IMAGING"
    dataset.ManufacturerModelName = "CART 1" if modality == "US" else "SCANNER 7"
    dataset.InstitutionName = "EXAMPLE HOSPITAL"
    dataset.InstitutionAddress = "1 EXAMPLE ROAD, EXAMPLETOWN"
    dataset.StationName = "EXAMPLE-STAT-3"
    dataset.DeviceSerialNumber = "EXSN-4711"
    dataset.ReferringPhysicianName = "EXAMPLE^DOCTOR"
    dataset.OperatorsName = ["EXAMPLE^OPERATOR^A", "EXAMPLE^OPERATOR^B"]
    dataset.StudyDescription = f"FOLLOW UP OF EXAMPLE PATIENT {number}"
    dataset.SeriesDescription = "AXIAL 5 MM"
    dataset.PatientName = f"EXAMPLE^PATIENT^{number}"
    dataset.PatientID = f"EX-000{NUMBERS[number]}"
    dataset.PatientBirthDate = "19330704"
    dataset.PatientSex = "O"
    dataset.PatientAge = "090Y"
    dataset.PatientAddress = "2 EXAMPLE ROAD, EXAMPLETOWN"
    dataset.StudyID = "1"
    dataset.SeriesNumber = series
    dataset.InstanceNumber = instance
    dataset.RequestAttributesSequence = Sequence(
        [
            item(
                ScheduledProcedureStepID="EX-STEP-1",
                ScheduledProcedureStepDescription="CT OF EXAMPLE PATIENT",
                RequestedProcedureID="EX-PROC-1",
            )
        ]
    )
    return dataset


def picture(dataset: Dataset, array: Any, *, stored: int, signed: bool = False, photometric: str = "MONOCHROME2") -> None:
    """Pixels from an array of shape (rows, columns), (frames, rows, columns) or (rows, columns, 3)."""
    colour = array.ndim == 3 and array.shape[-1] == 3
    if array.ndim == 3 and not colour:
        dataset.NumberOfFrames = array.shape[0]
    dataset.Rows, dataset.Columns = array.shape[:2] if colour else array.shape[-2:]
    dataset.SamplesPerPixel = 3 if colour else 1
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = array.dtype.itemsize * 8
    dataset.BitsStored, dataset.HighBit = stored, stored - 1
    dataset.PixelRepresentation = int(signed)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = data + b"\x00" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"


def disc(rows: int, columns: int, *, inside: int, outside: int, kind: Any = numpy.int16) -> Any:
    """A round phantom with a gentle slope, so that neighbouring pixels differ."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    near = (y - rows / 2) ** 2 + (x - columns / 2) ** 2 < (min(rows, columns) * 0.4) ** 2
    return numpy.where(near, inside + (x + y) % 16, outside).astype(kind)


def content(kind: str, relation: str, name: tuple[str, str, str], **value: Any) -> Dataset:
    """One content item of a structured report."""
    return item(RelationshipType=relation, ValueType=kind, ConceptNameCodeSequence=code(*name), **value)


def stored(dataset: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The object as a file, with telling file meta information."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = f"{ROOT}.0"
    meta.ImplementationVersionName = "EXAMPLE_1"
    meta.SourceApplicationEntityTitle = "EXAMPLE_AE"
    file = BytesIO()
    whole = FileDataset(file, dataset, preamble=b"\x00" * 128, file_meta=meta)
    whole.save_as(file, implicit_vr=transfer_syntax == ImplicitVRLittleEndian, little_endian=True, enforce_file_format=True)
    return file.getvalue()
