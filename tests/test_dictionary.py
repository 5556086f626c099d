"""The dictionary, the UIDs and the VR table against pydicom's, and how fast they come."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._uid_dict import UID_dictionary
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from deidrules.dicom import dictionary, sop_class, uid
from deidrules.dicom.tools import generate
from deidrules.dicom.vr import LONG_HEADER, VRS, compatible

SUPPLEMENT = {
    *(0x00080000 | element for element in (0x1301, 0x1302, 0x1303, 0x1304)),
    *(0x00100000 | element for element in (0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x2162)),
    *(0x00400000 | element for element in (0xA034, 0xA035, 0xB034, 0xB036, 0xB03B, 0xB03F, 0xE012)),
    0x3004007F,
}


def test_the_dictionary_is_pydicoms_and_our_supplement() -> None:
    ours = {entry.tag: entry for entry in dictionary.entries()}
    for tag, (vr, vm, name, retired, keyword) in DicomDictionary.items():
        expected = dictionary.Entry(tag, keyword, tuple(vr.split(" or ")), vm, bool(retired), name)
        assert ours.pop(tag) == expected == dictionary.entry(tag)
    assert set(ours) == SUPPLEMENT - set(DicomDictionary)
    assert {entry.tag for entry in map(dictionary.entry, SUPPLEMENT) if entry is not None} == SUPPLEMENT


def test_the_supplement_names_what_table_e_1_1_names() -> None:
    table = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
    if not table.is_file():
        pytest.skip("../shared is not there")
    rows = table.read_text(encoding="utf-8").splitlines()
    names = {row.split(',"')[1][:11]: row.split(',"')[0] for row in rows[1:] if ',"(' in row}
    for tag in SUPPLEMENT:
        entry = dictionary.entry(tag)
        assert entry is not None
        place = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        assert names[place] == entry.name


def test_keywords_lead_to_tags_and_back() -> None:
    assert dictionary.tag_of("PatientName") == 0x00100010
    assert dictionary.tag_of("patientname") is None
    for keyword, tag in dictionary.KEYWORDS.items():
        entry = dictionary.entry(tag)
        assert entry is not None and entry.keyword == keyword
    assert len(dictionary.KEYWORDS) == len({entry.keyword for entry in dictionary.entries() if entry.keyword})


def test_keywords_of_repeating_groups_lead_to_masks() -> None:
    assert dictionary.mask_of("OverlayData") == "(60xx,3000)"
    assert dictionary.mask_of("SourceImageIDs") == "(0020,31xx)"
    assert dictionary.mask_of("PatientName") is None
    assert dictionary.tag_of("OverlayData") is None
    masks = {f"({mask[:4]},{mask[4:]})": keyword for mask, (_, _, _, _, keyword) in RepeatersDictionary.items()}
    assert {dictionary.mask_of(keyword): keyword for keyword in dictionary.repeating_keywords()} == masks


@pytest.mark.parametrize("group", [0x6000, 0x6002, 0x601E, 0x5000, 0x501E])
def test_the_sixteen_even_groups_repeat(group: int) -> None:
    entry = dictionary.entry(group << 16 | 0x3000)
    assert entry is not None and entry.keyword == ("OverlayData" if group >> 8 == 0x60 else "CurveData")
    assert entry.tag == group << 16 | 0x3000


@pytest.mark.parametrize("tag", [0x60203000, 0x60013000, 0x60FE3000, 0x00090010, 0x00080000, 0x00080003])
def test_other_tags_are_unknown(tag: int) -> None:
    assert dictionary.entry(tag) is None


def test_the_edition_is_pydicoms() -> None:
    assert pydicom.__dicom_version__ in dictionary.EDITION


def test_the_data_files_are_what_the_generator_writes() -> None:
    for name, lines in (("dictionary.txt", generate.dictionary_lines()), ("uids.txt", generate.uid_lines())):
        assert (generate.DATA / name).read_text(encoding="utf-8").splitlines() == lines


def test_registered_uids_are_those_of_pydicom_and_newer_transfer_syntaxes() -> None:
    assert set(UID_dictionary) <= uid.REGISTERED
    assert {row[0] for row in generate.UID_SUPPLEMENT} >= uid.REGISTERED - set(UID_dictionary)
    assert set(uid.registry()) == uid.REGISTERED


@pytest.mark.parametrize("text", ["1.2.3", "0.1", "2.25." + "1" * 39, "1." + "2" * 62])
def test_well_formed_uids(text: str) -> None:
    assert uid.is_uid(text)


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1..2", "1.02", "1.2 ", "1.2\n", "1.a", "1." + "2" * 63, "1.٣"])
def test_malformed_uids(text: str) -> None:
    assert not uid.is_uid(text)


def test_sop_classes_have_names_and_storage_ones_are_known() -> None:
    assert sop_class.name_of("1.2.840.10008.5.1.4.1.1.2") == "CT Image Storage"
    assert sop_class.name_of("1.2.3") == ""
    assert "1.2.840.10008.5.1.4.1.1.2" in sop_class.storage()
    assert sop_class.MEDIA_STORAGE_DIRECTORY not in sop_class.storage()
    assert "1.2.840.10008.1.20.1" not in sop_class.storage()  # Storage Commitment


def test_vrs_are_those_of_the_standard() -> None:
    assert set(VRS) == {vr.value for vr in VR if len(vr.value) == 2}
    assert {vr.value for vr in EXPLICIT_VR_LENGTH_32} == LONG_HEADER


@pytest.mark.parametrize(
    ("coded", "expected", "answer"),
    [
        ("LO", ("LO",), True),
        ("SH", ("LO",), True),
        ("CS", ("LO",), True),
        ("OB", ("OB", "OW"), True),
        ("OB", ("OW",), True),
        ("US", ("SS",), True),
        ("UL", ("FL",), False),
        ("US", ("UL",), False),
        ("OB", ("SQ",), False),
        ("SQ", ("LO",), False),
        ("LO", ("US",), False),
        ("??", ("LO",), False),
    ],
)
def test_vrs_that_may_stand_for_another(coded: str, expected: tuple[str, ...], answer: bool) -> None:
    assert compatible(coded, expected) is answer


def test_looking_up_a_tag_imports_neither_pydicom_nor_numpy() -> None:
    code = (
        "import sys\nfrom deidrules.dicom import charset, container, dictionary, layout, pixel_length\n"
        "from deidrules.dicom import reader, sop_class, uid, values, writer\n"
        "dictionary.entry(0x00100010); dictionary.tag_of('PatientName');"
        "sys.exit(any(name in sys.modules for name in ('pydicom', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
