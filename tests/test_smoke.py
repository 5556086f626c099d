"""A handful of tests that use nothing but the installed package: they also run against the built wheel, away from the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from deidrules import resources
from deidrules.cli.main import main

pytestmark = pytest.mark.smoke


def make(path: Path) -> None:
    """One small CT slice of somebody who does not exist."""
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.31", "2.25.11", "2.25.21"
    dataset.PatientName, dataset.PatientID, dataset.StudyDate = "EXAMPLE^PATIENT", "4711", "20240310"
    dataset.Modality, dataset.ImageType, dataset.InstitutionAddress = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], "1 EXAMPLE ROAD"
    dataset.Rows = dataset.Columns = 4
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.PixelData = bytes(range(32))
    dataset["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    FileDataset(str(path), dataset, preamble=b"\x00" * 128, file_meta=meta).save_as(path, enforce_file_format=True)


@pytest.mark.parametrize("profile", ["ps315-basic", "ps315-research", "keep-list", "us-example"])
def test_a_shipped_profile_is_found_by_name_and_applied(tmp_path: Path, profile: str) -> None:
    (tmp_path / "in").mkdir()
    make(tmp_path / "in" / "slice")
    key = tmp_path / "key"
    assert CliRunner().invoke(main, ["keygen", str(key)]).exit_code == 0
    arguments = ["apply-profile", profile, str(tmp_path / "in"), "--output", str(tmp_path / "out"), "--key-file", str(key), "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    (path,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    out = pydicom.dcmread(path)
    assert out.PixelData == bytes(range(32))
    assert out.PatientIdentityRemoved == "YES"
    assert out.SOPInstanceUID == out.file_meta.MediaStorageSOPInstanceUID != "2.25.31"
    assert "InstitutionAddress" not in out
    data = path.read_bytes()
    assert not [word for word in (b"EXAMPLE", b"4711", b"20240310") if word in data]
    summary = json.loads((tmp_path / "out.run" / "summary.json").read_text("utf-8"))
    assert (summary["found"], summary["written"]) == (1, 1)


def test_the_shipped_profiles_have_no_errors() -> None:
    result = CliRunner().invoke(main, ["lint", str(resources.folder("profiles"))])
    assert result.exit_code == 0, result.output


def test_the_plan_of_a_shipped_profile_can_be_run_without_the_profile(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    make(tmp_path / "in" / "slice")
    described = CliRunner().invoke(main, ["plan", "keep-list", "--json"])
    assert described.exit_code == 0, described.output
    (tmp_path / "plan.json").write_text(described.stdout, encoding="utf-8")
    result = CliRunner().invoke(
        main, ["apply-profile", str(tmp_path / "plan.json"), str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    assert all(command in text for command in ("apply-profile", "lint", "fmt", "plan", "explain", "show", "keygen"))
