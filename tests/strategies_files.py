"""Random data sets and files over the universe of `strategies`: nested, private, unknown, wrong, in every uncompressed transfer syntax."""

from __future__ import annotations

import io
import struct

from hypothesis import strategies as st
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from strategies import SOP_CLASSES, UNKNOWN, sequences
from strategies_content import SEQUENCES as CONTENT
from strategies_content import items as content_items

from deidrules import __version__

VALUES: dict[str, tuple[object, ...]] = {
    "PatientName": ("DOE^JANE", "Doe^Jane", "", "X^Y"),
    "PatientID": ("4711", "4711", "A 12", ""),
    "PatientComments": ("seen by Dr. Miller on 20200131", "", "x"),
    "StudyDescription": ("HEAD CT", "for Jane Doe 4711", ""),
    "AccessionNumber": ("ACC4711", "ACC4712", ""),
    "CodeMeaning": ("HEAD", "x", ""),
    "OtherPatientNames": (["A^B", "C^D"], "E^F", ""),
    "PatientBirthDate": ("19700101", "19991231", ""),
    "StudyDate": ("20200131", "20191231", ""),
    "AcquisitionDateTime": ("20200131101112", "20200131101112.123+0100", "202001", ""),
    "ContentDate": ("20200131", ""),
    "InstanceCreationDate": ("20200131", ""),
    "InstitutionName": ("HOSPITAL", ""),
    "StationName": ("CT 1", ""),
    "StudyInstanceUID": ("1.2.3.4.5", "1.2.840.10008.1.2", ""),
    "ReferencedSOPInstanceUID": ("1.2.3.4.6", "1.2.3.4.5", ""),
    "Modality": ("CT", "MR", "OT", ""),
    "ImageType": (["ORIGINAL", "PRIMARY"], ["DERIVED", "SECONDARY"], "ORIGINAL", ""),
    "PatientAge": ("045Y", "091Y", ""),
    "PatientWeight": ("70", "71.5", "1e2", ""),
    "SeriesNumber": ("7", "1", ""),
    "StudyTime": ("101112", "101112.5", ""),
    "PixelSpacing": (["0.5", "0.5"], ""),
    "SmallestImagePixelValue": (0, 12),
}


PLANE = (
    *((0x0010, "US", 4), (0x0011, "US", 4), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1])),
    *((0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", b"\x01\x02")),
)


def code(value: str, meaning: str) -> Dataset:
    """An item of a code sequence."""
    dataset = Dataset()
    dataset.CodeValue, dataset.CodingSchemeDesignator, dataset.CodeMeaning = value, "DCM", meaning
    return dataset


codes = st.builds(code, st.sampled_from(("113100", "113105", "113110")), st.sampled_from(("HEAD", "by Miller")))


@st.composite
def equipment(draw: st.DrawFn) -> Dataset:
    """An item of the Contributing Equipment Sequence: the program's own, or one that differs in a word or an element."""
    dataset = Dataset()
    dataset.Manufacturer = draw(st.sampled_from(("deidrules", "deidrules", "deidrulez")))
    dataset.ManufacturerModelName, dataset.SoftwareVersions = "deidrules", __version__
    dataset.PurposeOfReferenceCodeSequence = Sequence([code("109104", "De-identifying Equipment")])
    if draw(st.integers(0, 2)) == 0:
        dataset.InstitutionName = "ST. ELSEWHERE"
    return dataset


def un_items(item: Dataset) -> bytes:
    """One item, implicit little endian, as the value of a UN element (PS3.5 6.2.2)."""
    buffer = io.BytesIO()
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = True, True
    write_dataset(file, item)
    content = file.getvalue()
    buffer.write(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(content)) + content)
    return buffer.getvalue()


@st.composite
def items(draw: st.DrawFn, depth: int, *, un: bool = False) -> Dataset:
    """A data set with sequences to `depth`, private blocks, orphans, unknown tags."""
    dataset = Dataset()
    for keyword in draw(
        st.lists(st.sampled_from(tuple(VALUES)), min_size=4 if depth == 3 else 1, max_size=12 if depth == 3 else 5, unique=True)
    ):
        setattr(dataset, keyword, draw(st.sampled_from(VALUES[keyword])))
    if draw(st.integers(0, 3)) == 0:
        dataset.add(DataElement(int(UNKNOWN[0] + UNKNOWN[1], 16), "LO", "UNKNOWN"))
    if draw(st.integers(0, 2)) == 0:
        private(draw, dataset, depth)
    if draw(st.integers(0, 2 if depth == 3 else 15)) == 0:
        dataset.PrivateDataElementCharacteristicsSequence = Sequence(draw(st.lists(declarations(), min_size=1, max_size=3)))
    odd_ends(draw, dataset)
    if draw(st.integers(0, 5)) == 0:
        dataset.add(DataElement(0x60004000, "LT", "OVERLAY"))
        dataset.add(DataElement(0x60000022, "LO", "DESCRIPTION"))
        if draw(st.booleans()):
            for element, vr, value in PLANE:
                dataset.add(DataElement(0x60000000 | element, vr, value))
    if draw(st.integers(0, 2 if depth == 3 else 5)) == 0:
        setattr(dataset, draw(st.sampled_from(CONTENT)), Sequence(draw(st.lists(content_items(2), max_size=4))))
    if depth:
        for keyword in draw(st.lists(sequences, min_size=int(depth == 3), max_size=2, unique=True)):
            content = draw(st.lists(items(depth - 1), max_size=2))
            if un and content and draw(st.integers(0, 3)) == 0:
                value = un_items(content[0])
                dataset[_tag(keyword)] = RawDataElement(Tag(_tag(keyword)), "UN", len(value), value, 0, False, True)
                continue
            sequence = Sequence(content)
            setattr(dataset, keyword, sequence)
            dataset[keyword].is_undefined_length = draw(st.booleans())
            for inner in content:
                inner.is_undefined_length_sequence_item = draw(st.booleans())
    return dataset


def odd_ends(draw: st.DrawFn, dataset: Dataset) -> None:
    """Character sets, markers of an earlier de-identification, group lengths, values that are none of their VR."""
    if draw(st.integers(0, 5)) == 0:
        dataset.SpecificCharacterSet = draw(st.sampled_from(("ISO_IR 100", "ISO_IR 192")))
        dataset.PatientName, dataset.StudyDescription = "M\u00fcller^J\u00fcrgen", "f\u00fcr M\u00fcller, HEAD"
    if draw(st.integers(0, 5)) == 0:
        dataset.PatientIdentityRemoved = draw(st.sampled_from(("YES", "NO")))
        dataset.DeidentificationMethod = "by hand"
        dataset.BurnedInAnnotation = "NO"
    if draw(st.integers(0, 5)) == 0:
        dataset.DeidentificationMethodCodeSequence = Sequence(draw(st.lists(codes, max_size=3)))
    if draw(st.integers(0, 5)) == 0:
        dataset.ContributingEquipmentSequence = Sequence(draw(st.lists(equipment(), max_size=2)))
    if draw(st.integers(0, 7)) == 0:
        dataset.add(DataElement(0x00100000, "UL", 12))
    if draw(st.integers(0, 15)) == 0:
        tag, vr, value = draw(
            st.sampled_from(((0x00101030, "DS", b"heavy "), (0x00080020, "DA", b"unknown "), (0x00200011, "IS", b"1.5 ")))
        )
        dataset[tag] = RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None
    return int(tag)


def private(draw: st.DrawFn, dataset: Dataset, depth: int) -> None:
    """One or two blocks of group 0019, and orphans now and then."""
    creators = draw(
        st.lists(st.sampled_from(("ACME", "ACME ", "Other 1.0", "by Doe")), min_size=1, max_size=2, unique_by=lambda name: name.strip())
    )
    for number, creator in enumerate(creators, draw(st.sampled_from((0x10, 0x10, 0x42)))):
        if draw(st.integers(0, 7)):
            dataset.add(DataElement(0x00190000 | number, "LO", creator))
        if not draw(st.integers(0, 15)):
            dataset.add(DataElement(0x00190080 | number & 0xF, "LO", creator))  # it reserves two blocks, and owns neither
        block = 0x00190000 | number << 8
        for element in draw(st.lists(st.sampled_from((1, 2, 3, 4, 5)), max_size=3, unique=True)):
            if element == 1:
                dataset.add(DataElement(block | 1, "LO", draw(st.sampled_from(("HEAD", "PRIVATE 4711", "")))))
            elif element == 2:
                dataset.add(DataElement(block | 2, "DA", draw(st.sampled_from(("20200131", "")))))
            elif element == 3 and depth:
                dataset.add(DataElement(block | 3, "SQ", Sequence(draw(st.lists(items(depth - 1), max_size=1)))))
            elif element == 5:
                dataset.add(DataElement(block | 5, "UI", "1.2.3.4.8"))
            elif element == 4:
                content = draw(st.sampled_from((b"\x01\x02\x03\x04", b"HEAD", b"1.25", b"1.2.3.4.8\0", b"by 4711 ")))
                dataset.add(DataElement(block | 4, "UN", content))


@st.composite
def declarations(draw: st.DrawFn) -> Dataset:
    """What an object says of a private block, at times what the standard does not allow."""
    item = Dataset()
    item.PrivateGroupReference = draw(st.sampled_from((0x0019, 0x0019, 0x0019, 0x0021, 0x0018)))
    item.PrivateCreatorReference = draw(st.sampled_from(("ACME", "ACME", "acme ", "Other 1.0", "BY DOE", "")))
    item.BlockIdentifyingInformationStatus = draw(st.sampled_from(("SAFE", "SAFE", "MIXED", "MIXED", "UNSAFE", "UNKNOWN")))
    if item.BlockIdentifyingInformationStatus == "MIXED" or draw(st.integers(0, 7)) == 0:
        item.NonidentifyingPrivateElements = draw(st.sampled_from(([1, 3], [1, 2, 4, 5], 3, [3, 1], [1, 256], 4)))
    if draw(st.integers(0, 3)) == 0:
        action = Dataset()
        action.IdentifyingPrivateElements = draw(st.sampled_from(([1, 2], 5)))
        action.DeidentificationAction = draw(st.sampled_from(("X", "U", "C")))
        item.DeidentificationActionSequence = Sequence([action])
    if draw(st.integers(0, 2)) == 0:
        definition = Dataset()
        definition.PrivateDataElement = 4
        definition.PrivateDataElementValueRepresentation = draw(st.sampled_from(("US", "LO", "SQ", "XX")))
        item.PrivateDataElementDefinitionSequence = Sequence([definition])
    return item


SYNTAXES = (
    *(ExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian),
    *(ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian),
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A whole DICOM file."""
    syntax = draw(st.sampled_from(SYNTAXES))
    dataset = draw(items(3, un=syntax == ExplicitVRLittleEndian))
    sop_class = draw(st.sampled_from(SOP_CLASSES))
    if sop_class:
        dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = "1.2.3.4.7"
    if draw(st.integers(0, 2)) == 0:
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.Rows, dataset.Columns, dataset.PixelRepresentation = 4, 4, 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.add(DataElement(0x7FE00010, "OW", bytes(range(16))))
    return written(dataset, syntax)


def written(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a file."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "")
    dataset.file_meta = meta
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
