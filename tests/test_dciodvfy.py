"""What the harness around dciodvfy makes of the program's words, and of files that the program cannot read."""

from __future__ import annotations

import io
from pathlib import Path

import dciodvfy
from dciodvfy import Finding
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset

SAID = """\
Warning - </StudyDate(0008,0020)> - Missing attribute or value that would be needed to build DICOMDIR
Error - </SOPInstanceUID(0008,0018)> - SOPInstanceUID has same value as StudyInstanceUID = <9.99.999.9999>
Error - </A(0008,1110)[1]/B(0008,1115)[12]/ReferencedSOPInstanceUID(0008,1155)> - Missing attribute for Type 1C Conditional - Module=<Some>
Error - </A(0008,1110)[2]/B(0008,1115)[1]/ReferencedSOPInstanceUID(0008,1155)> - Missing attribute for Type 1C Conditional - Module=<Some>
Error - </BodyPartExamined(0018,0015)[1]> - Value invalid for this VR [CS] = <Head> - Character invalid for this VR = 'e' (0x65)
Error - </ReasonForStudy(0032,1030)[1]> - Value invalid for this VR [LO] = <one
two> - Length invalid for this VR = <122> - expected <= 64
Error - Information Object Not found
CTImage
"""


def test_errors_are_counted_by_attribute_and_kind_without_values_and_item_numbers() -> None:
    assert dict(dciodvfy.findings(SAID)) == {
        Finding("SOPInstanceUID(0008,0018)", "SOPInstanceUID has same value as StudyInstanceUID ="): 1,
        Finding(
            "A(0008,1110)/B(0008,1115)/ReferencedSOPInstanceUID(0008,1155)",
            "Missing attribute for Type 1C Conditional - Module=Some",
        ): 2,
        Finding("BodyPartExamined(0018,0015)", "Value invalid for this VR [CS] = - Character invalid for this VR ="): 1,
        Finding("ReasonForStudy(0032,1030)", "Value invalid for this VR [LO] = - expected <= n"): 1,
        Finding("", "Information Object Not found"): 1,
    }


def test_another_value_of_the_same_kind_is_no_new_error() -> None:
    other = SAID.replace("9.99.999.9999", "2.25.77").replace("Head", "Neck").replace("'e' (0x65)", "'c' (0x63)")
    assert not dciodvfy.findings(other) - dciodvfy.findings(SAID)


def written(syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.7", syntax
    dataset = Dataset()
    dataset.PatientName = "A^B"
    file = io.BytesIO()
    dataset.file_meta = meta
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def test_a_deflated_file_is_handed_on_inflated(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(written(dciodvfy.DEFLATED))
    copy = dciodvfy.readable(tmp_path / "in", tmp_path / "copy")
    read = dcmread(copy)
    assert read.file_meta.TransferSyntaxUID == dciodvfy.EXPLICIT
    assert read.PatientName == "A^B"


def test_a_file_that_the_program_can_read_is_handed_on_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(written(dciodvfy.EXPLICIT))
    assert dciodvfy.readable(tmp_path / "in", tmp_path / "copy") == tmp_path / "in"
    (tmp_path / "bare").write_bytes(b"\x08\x00\x05\x00CS\x00\x00")
    assert dciodvfy.readable(tmp_path / "bare", tmp_path / "copy") == tmp_path / "bare"
