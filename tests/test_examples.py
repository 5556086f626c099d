"""The examples: made again to the same bytes, and every numbered one compiled and run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy
import pydicom
import pytest
from click.testing import CliRunner

from deidrules.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
INCOMING = EXAMPLES / "incoming"
NUMBERED = sorted(path.name for path in EXAMPLES.glob("[0-9][0-9]-*"))
BY_LIBRARY = {"us/jpeg.dcm": "PixelData", "note-deflated.dcm": ""}  # bytes that depend on the version of a JPEG library, of zlib


def apply(profile: str | Path, out: Path, *more: str) -> dict[str, int]:
    arguments = ["apply-profile", str(profile), str(INCOMING), "--output", str(out), "--layout", "mirror-names", "--json", *more]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.output  # truncated.dcm
    summary: dict[str, int] = json.loads((Path(f"{out}.run") / "summary.json").read_text("utf-8"))
    return summary


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_script_makes_the_committed_files_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", str(EXAMPLES / "make_examples.py"), str(tmp_path)], check=True)
    assert names(tmp_path) == names(INCOMING)
    for name in names(tmp_path):
        made, committed = tmp_path / name, INCOMING / name
        if name not in BY_LIBRARY:
            assert made.read_bytes() == committed.read_bytes(), name
            continue
        one, other = pydicom.dcmread(made), pydicom.dcmread(committed)
        if BY_LIBRARY[name]:
            assert numpy.abs(one.pixel_array.astype(int) - other.pixel_array.astype(int)).max() <= 8
            del one.PixelData, other.PixelData
        assert one == other, name


def test_the_committed_files_are_few_and_small() -> None:
    sizes = [path.stat().st_size for path in INCOMING.rglob("*") if path.is_file()]
    assert len(sizes) == 13
    assert sum(sizes) < 600_000


def test_there_are_five_numbered_examples() -> None:
    assert [name[:2] for name in NUMBERED] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("name", NUMBERED)
def test_a_numbered_example_has_no_findings_and_its_tests_hold(name: str) -> None:
    result = CliRunner().invoke(main, ["lint", "--output-format", "json", str(EXAMPLES / name)])
    assert result.exit_code == 0, result.output
    assert "DR" not in result.output, result.output


def test_example_1_leaves_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    summary = apply(EXAMPLES / "01-keep-list", tmp_path / "out")
    assert summary["found"] == 13
    out = pydicom.dcmread(tmp_path / "out" / "ct" / "slice-1.dcm")
    assert out.PixelData == pydicom.dcmread(INCOMING / "ct" / "slice-1.dcm").PixelData
    assert {element.keyword for element in out if element.tag.group not in (0x0012, 0x0028)} == {
        "SpecificCharacterSet",
        "ImageType",
        "SOPClassUID",
        "SOPInstanceUID",
        "Modality",
        "SliceThickness",
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PatientID",
        "ContributingEquipmentSequence",
        "PixelData",
    }


def test_example_2_shifts_the_dates_of_a_patient_together(tmp_path: Path) -> None:
    apply(EXAMPLES / "02-pseudonyms-and-dates", tmp_path / "out", "--param", "study=TRIAL8")
    one, two = (pydicom.dcmread(tmp_path / "out" / "ct" / name) for name in ("slice-1.dcm", "slice-2.dcm"))
    assert one.PatientID == two.PatientID == str(one.PatientName)
    assert one.PatientID.startswith("TRIAL8-")
    assert one.StudyDate == two.StudyDate not in ("", "20240310")
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.PatientAge == "090Y"


def test_example_3_blanks_the_banner_and_quarantines_what_nobody_judged(tmp_path: Path) -> None:
    apply(EXAMPLES / "03-ultrasound-pixels", tmp_path / "out")
    out = pydicom.dcmread(tmp_path / "out" / "us" / "banner.dcm").pixel_array
    before = pydicom.dcmread(INCOMING / "us" / "banner.dcm").pixel_array
    assert not out[:24].any()
    assert (out[24:232, 20:300] == before[24:232, 20:300]).all()
    assert "radiograph.dcm" not in names(tmp_path / "out")


def test_example_4_keeps_one_creator_and_cleans_it(tmp_path: Path) -> None:
    apply(EXAMPLES / "04-private-elements", tmp_path / "out")
    out = pydicom.dcmread(tmp_path / "out" / "ct" / "slice-1.dcm")
    block = out.private_block(0x0019, "EXAMPLE CT 1")
    assert str(block[0x01].value) == "0.984"
    assert "PROTOCOL" in block[0x02].value
    assert "EXAMPLE" not in block[0x02].value
    assert not block[0x03].value[0].get("PatientName")
    assert not [element for element in out if element.tag.group == 0x0029]


def test_example_5_treats_objects_differently(tmp_path: Path) -> None:
    summary = apply(EXAMPLES / "05-conditions-and-verdicts", tmp_path / "out")
    assert summary["rejected"] == 2
    assert pydicom.dcmread(tmp_path / "out" / "PT0001").PatientWeight == 70
    assert "us/banner.dcm" not in names(tmp_path / "out")


@pytest.mark.parametrize("profile", ["ps315-basic", "ps315-research", "keep-list", "us-example"])
def test_a_shipped_profile_leaves_no_made_up_identity_in_the_attributes(tmp_path: Path, profile: str) -> None:
    summary = apply(profile, tmp_path / "out")
    assert summary["found"] == sum(summary[key] for key in ("written", "duplicate", "rejected", "quarantined", "failed", "other"))
    assert summary["other"] == 1
    assert summary["written"] >= 5
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file() and path.name != "note-deflated.dcm":
            data = path.read_bytes()
            # `EXAMPLE IMAGING`, `EXAMPLE SONICS`: makers, which the Basic Profile keeps
            assert not [word for word in (b"PATIENT^", b"EX-000", b"EXAMPLE HOSPITAL", b"EXAMPLE^", b"20240310") if word in data], path.name
