"""Make `examples/incoming`: small synthetic DICOM files with made-up people in them. Run: python examples/make_examples.py [FOLDER]

The same bytes every time: no clock, no random numbers, no installed fonts. Everybody in these files is invented.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy
from letters import draw
from parts import NUMBERS, ROOT, SOP_CLASSES, code, content, disc, item, person, picture, stored
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless


def ct(instance: int) -> Dataset:
    """An axial CT slice with two private blocks, one of them with a sequence, and nested sequences."""
    dataset = person("ONE", "CT", "CT", series=2, instance=instance)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.FrameOfReferenceUID = f"{ROOT}.1.99"
    dataset.AcquisitionDate, dataset.AcquisitionTime, dataset.AcquisitionNumber = "20240310", "101800", 1
    dataset.KVP, dataset.SliceThickness, dataset.ConvolutionKernel = "120", "5.0", "STANDARD"
    dataset.PixelSpacing = ["1.5", "1.5"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient = ["-48", "-48", str(-5 * instance)]
    dataset.RescaleIntercept, dataset.RescaleSlope = "-1024", "1"
    dataset.WindowCenter, dataset.WindowWidth = ["40", "300"], ["400", "1500"]
    before = item(PatientName="EXAMPLE^FORMER NAME^ONE", PatientID="EX-OLD-0001")
    dataset.OriginalAttributesSequence = Sequence(
        [
            item(
                SourceOfPreviousValues="EXAMPLE ARCHIVE",
                AttributeModificationDateTime="20240312080000",
                ModifyingSystem="EXAMPLE ROUTER",
                ReasonForTheAttributeModification="CORRECT",
                ModifiedAttributesSequence=Sequence([before]),
            )
        ]
    )
    dataset.ReferencedImageSequence = Sequence(
        [item(ReferencedSOPClassUID=SOP_CLASSES["CT"], ReferencedSOPInstanceUID=f"{ROOT}.1.2.2.{3 - instance}")]
    )
    block = dataset.private_block(0x0019, "EXAMPLE CT 1", create=True)
    block.add_new(0x01, "DS", "0.984")
    block.add_new(0x02, "LO", "PROTOCOL FOR EXAMPLE PATIENT ONE")
    block.add_new(0x03, "SQ", [item(PatientName="EXAMPLE^PATIENT^ONE", Rows=64)])
    other = dataset.private_block(0x0029, "EXAMPLE SHARED 2", create=True)
    other.add_new(0x10, "OB", b"dump EXAMPLE^PATIENT^ONE EX-0001")
    other.add_new(0x11, "IS", "42")
    picture(dataset, disc(64, 64, inside=1060 + 4 * instance, outside=24), stored=16, signed=True)
    return dataset


def region(x0: int, y0: int, x1: int, y1: int) -> Dataset:
    """One calibrated ultrasound region; its corners are inclusive (PS3.3 C.8.5.5)."""
    return item(
        RegionSpatialFormat=1,
        RegionDataType=1,
        RegionFlags=0,
        RegionLocationMinX0=x0,
        RegionLocationMinY0=y0,
        RegionLocationMaxX1=x1,
        RegionLocationMaxY1=y1,
        PhysicalUnitsXDirection=3,
        PhysicalUnitsYDirection=3,
        PhysicalDeltaX=0.05,
        PhysicalDeltaY=0.05,
    )


def ultrasound_frame(number: str, *, rows: int, columns: int, banner: int, noise: int = 0) -> Any:
    """A sector on black below a banner with the patient's name and date."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    down, across = y - banner, x - columns / 2
    sector = (down > 4) & (numpy.abs(across) < down * 0.6) & (down**2 + across**2 < (rows - banner - 8) ** 2)
    frame = numpy.where(sector, 60 + (x * 7 + y * 13 + noise * 5) % 64, 0).astype(numpy.uint8)
    draw(frame, f"EXAMPLE^PATIENT^{number}", left=4, top=3, value=255)
    draw(frame, f"EX-000{NUMBERS[number]}  10 MAR 2024", left=4, top=12, value=255)
    return frame


def ultrasound() -> Dataset:
    """A single ultrasound image with a banner burned into the pixels and one region that leaves the banner out."""
    dataset = person("TWO", "US", "US", series=3, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"]
    dataset.SeriesDescription = "ABDOMEN"
    dataset.BurnedInAnnotation = "YES"
    dataset.SequenceOfUltrasoundRegions = Sequence([region(20, 24, 299, 231)])
    picture(dataset, ultrasound_frame("TWO", rows=240, columns=320, banner=22), stored=8)
    return dataset


def cine() -> Dataset:
    """A multi-frame ultrasound, banner in every frame."""
    dataset = person("TWO", "USMulti", "US", series=4, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SeriesDescription = "LOOP"
    dataset.FrameTime = "40"
    dataset.FrameIncrementPointer = 0x00181063
    dataset.SequenceOfUltrasoundRegions = Sequence([region(10, 24, 149, 119)])
    frames = [ultrasound_frame("TWO", rows=120, columns=160, banner=22, noise=number) for number in range(4)]
    picture(dataset, numpy.stack(frames), stored=8)
    return dataset


def ultrasound_jpeg() -> bytes:
    """An ultrasound image in baseline JPEG."""
    dataset = person("THREE", "US", "US", series=5, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "8"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.SequenceOfUltrasoundRegions = Sequence([region(10, 24, 149, 119)])
    frame = ultrasound_frame("THREE", rows=120, columns=160, banner=22)
    picture(dataset, frame, stored=8)
    dataset.PixelData = encapsulate([imagecodecs.jpeg8_encode(frame, level=90)])
    dataset["PixelData"].is_undefined_length = True
    return stored(dataset, JPEGBaseline8Bit)


def radiograph() -> Dataset:
    """A computed radiograph with a side marker and a name on it."""
    dataset = person("THREE", "CR", "CR", series=1, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.BodyPartExamined, dataset.ViewPosition, dataset.PlateID = "CHEST", "PA", "EX-PLATE-9"
    dataset.PatientOrientation = ["L", "F"]
    frame = disc(128, 160, inside=2400, outside=300, kind=numpy.uint16)
    draw(frame, "EXAMPLE^PATIENT^THREE", left=6, top=116, value=4000)
    picture(dataset, frame, stored=12, photometric="MONOCHROME1")
    return dataset


def report() -> Dataset:
    """A comprehensive structured report, three levels deep, with names, dates, texts and references in its tree."""
    dataset = person("ONE", "ComprehensiveSR", "SR", series=6, instance=1)
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = code("18748-4", "LN", "Diagnostic imaging report")
    dataset.VerifyingObserverSequence = Sequence(
        [
            item(
                VerifyingObserverName="EXAMPLE^DOCTOR",
                VerifyingOrganization="EXAMPLE HOSPITAL",
                VerificationDateTime="20240311120000",
                VerifyingObserverIdentificationCodeSequence=Sequence([]),
            )
        ]
    )
    image = item(ReferencedSOPClassUID=SOP_CLASSES["CT"], ReferencedSOPInstanceUID=f"{ROOT}.1.2.2.1")
    finding = content("TEXT", "CONTAINS", ("121071", "DCM", "Finding"), TextValue="EXAMPLE PATIENT ONE IS WELL SINCE 10 MARCH 2024")
    finding.ContentSequence = Sequence(
        [content("IMAGE", "INFERRED FROM", ("121112", "DCM", "Source"), ReferencedSOPSequence=Sequence([image]))]
    )
    section = content("CONTAINER", "CONTAINS", ("121070", "DCM", "Findings"), ContinuityOfContent="SEPARATE")
    section.ContentSequence = Sequence([finding])
    dataset.ContentSequence = Sequence(
        [
            content("PNAME", "HAS OBS CONTEXT", ("121008", "DCM", "Person Observer Name"), PersonName="EXAMPLE^DOCTOR"),
            content("DATE", "HAS OBS CONTEXT", ("121401", "DCM", "Derivation"), Date="20240311"),
            section,
        ]
    )
    return dataset


def note() -> Dataset:
    """A basic text report, stored deflated."""
    dataset = person("THREE", "BasicTextSR", "SR", series=7, instance=1)
    dataset.CompletionFlag, dataset.VerificationFlag = "PARTIAL", "UNVERIFIED"
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = code("11528-7", "LN", "Radiology report")
    text = content("TEXT", "CONTAINS", ("121071", "DCM", "Finding"), TextValue="NO CHANGE. SEEN BY DR EXAMPLE.")
    dataset.ContentSequence = Sequence([text])
    return dataset


def enhanced() -> Dataset:
    """An enhanced CT: three frames whose geometry stands in functional groups."""
    dataset = person("ONE", "EnhancedCT", "CT", series=8, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.FrameOfReferenceUID = f"{ROOT}.1.99"
    dataset.AcquisitionDateTime = "20240310101800.5"
    organization = f"{ROOT}.1.8.77"
    dataset.DimensionOrganizationSequence = Sequence([item(DimensionOrganizationUID=organization)])
    dataset.DimensionIndexSequence = Sequence(
        [item(DimensionOrganizationUID=organization, DimensionIndexPointer=0x00200032, FunctionalGroupPointer=0x00209113)]
    )
    shared = item(
        PixelMeasuresSequence=Sequence([item(PixelSpacing=["2", "2"], SliceThickness="4")]),
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=["1", "0", "0", "0", "1", "0"])]),
        PixelValueTransformationSequence=Sequence([item(RescaleIntercept="-1024", RescaleSlope="1", RescaleType="HU")]),
        PatientName="EXAMPLE^PATIENT^ONE",  # it has no business here, and real files do it
    )
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(
                FrameContentSequence=Sequence(
                    [item(FrameReferenceDateTime="20240310101800", FrameAcquisitionNumber=1, DimensionIndexValues=number + 1)]
                ),
                PlanePositionSequence=Sequence([item(ImagePositionPatient=["-48", "-48", str(-4 * number)])]),
            )
            for number in range(3)
        ]
    )
    frames = numpy.stack([disc(48, 48, inside=1050 + 3 * number, outside=24) for number in range(3)])
    picture(dataset, frames, stored=16, signed=True)
    return dataset


def resonance() -> bytes:
    """An MR slice, compressed with RLE."""
    dataset = person("TWO", "MR", "MR", series=9, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
    dataset.EchoTime, dataset.RepetitionTime, dataset.MagneticFieldStrength = "15", "600", "1.5"
    dataset.FrameOfReferenceUID = f"{ROOT}.2.99"
    dataset.PixelSpacing = ["1", "1"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient = ["-40", "-40", "0"]
    picture(dataset, disc(80, 80, inside=900, outside=10, kind=numpy.uint16), stored=12)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    compress(dataset, RLELossless, generate_instance_uid=False, encoding_plugin="pydicom")
    return stored(dataset, RLELossless)


def emission() -> Dataset:
    """A PET slice, stored in implicit VR."""
    dataset = person("THREE", "PT", "PT", series=10, instance=1)
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.FrameOfReferenceUID = f"{ROOT}.3.99"
    dataset.Units, dataset.DecayCorrection = "BQML", "START"
    dataset.PatientWeight = "70"
    dataset.RadiopharmaceuticalInformationSequence = Sequence(
        [item(RadionuclideTotalDose="370000000", RadionuclideHalfLife="6586.2", RadiopharmaceuticalStartDateTime="20240310090000")]
    )
    dataset.PixelSpacing, dataset.SliceThickness = ["4", "4"], "4"
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.ImagePositionPatient = ["-96", "-96", "0"]
    dataset.RescaleIntercept, dataset.RescaleSlope = "0", "1.25"
    picture(dataset, disc(48, 48, inside=9000, outside=3), stored=16, signed=True)
    return dataset


def files() -> dict[str, bytes]:
    """Every file of the folder, by its path in it."""
    return {
        "ct/slice-1.dcm": stored(ct(1)),
        "ct/slice-2.dcm": stored(ct(2)),
        "ct/enhanced.dcm": stored(enhanced()),
        "ct/truncated.dcm": stored(ct(1))[:-3000],
        "us/banner.dcm": stored(ultrasound()),
        "us/loop.dcm": stored(cine()),
        "us/jpeg.dcm": ultrasound_jpeg(),
        "radiograph.dcm": stored(radiograph()),
        "mr-rle": resonance(),
        "PT0001": stored(emission(), ImplicitVRLittleEndian),
        "report.dcm": stored(report()),
        "note-deflated.dcm": stored(note(), DeflatedExplicitVRLittleEndian),
        "read-me.txt": b"No DICOM file: counted as other, neither read nor copied.\n",
    }


def main() -> None:
    """Write the files below the folder given, by default `incoming` beside this script."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "incoming"
    for name, data in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
