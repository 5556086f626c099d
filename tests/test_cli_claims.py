"""What the command line says of claims: the plan before, the audit and `show` behind a run."""

from __future__ import annotations

import json
from pathlib import Path

import case_data
import jsonschema
import pytest
from click.testing import CliRunner, Result

from deidrules.cli.main import main

GRAMMAR = Path(__file__).resolve().parents[1] / "grammar"
PROFILE = """profile: claims
version: 1.0.0
language: 1
recipes: [basic.recipe, words.recipe, pixels.recipe, site.recipe]
policies:
  unlisted: K
  unmatched-pixels: quarantine
  unknown-sop-class: strictest
"""
RECIPES = {
    "basic": "layer option 113100\nX PatientName, PatientAge, PatientSex, StudyDescription\n",
    "words": 'layer option 113105 may weaken "basic"\nC StudyDescription\n',
    "pixels": 'layer option 113101 may weaken "basic"\npixels "looked at" when Modality = "CT" { clean }\n',
    "site": 'K StudyDescription override X because "named"\nwhen Modality = "CT" { K PatientAge override X because "dose" }\n',
}
FILE = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.5"}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    folder = tmp_path / "profile"
    folder.mkdir()
    (folder / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    for name, text in RECIPES.items():
        (folder / f"{name}.recipe").write_text(f"deidrules 1\n{text}", encoding="utf-8")
    return folder


def test_plan_lists_the_claims_and_why_the_others_are_none(profile: Path) -> None:
    (profile / "site.recipe").write_text('deidrules 1\nwhen Modality = "CT" { K PatientAge override X because "dose" }\n', encoding="utf-8")
    (profile / "pixels.recipe").write_text(
        'deidrules 1\nlayer option 113101 may weaken "basic"\nreject "a" when Modality = "OT"\n', "utf-8"
    )
    section = run("plan", profile).stdout.split("\nclaims\n")[1].split("\n\n")[0]
    assert section.splitlines() == [
        "  113100 Basic Application Confidentiality Profile",
        '    unless Modality = "CT"',
        "  113105 Clean Descriptors Option",
        "  113101 Clean Pixel Data Option is not claimed: the profile has no pixel rule that could judge a frame",
    ]


def test_plan_says_where_what_undoes_an_option_stands(profile: Path) -> None:
    lines = [line.strip() for line in run("plan", profile).stdout.splitlines() if "is not claimed" in line]
    assert lines == [
        "113100 Basic Application Confidentiality Profile is not claimed: `K StudyDescription` may leave all where the option leaves less: "
        "`StudyDescription`  # site:2, basic:3",
        "113105 Clean Descriptors Option is not claimed: `K StudyDescription` may leave all where the option leaves less: "
        "`StudyDescription`  # site:2, words:3",
    ]


def test_the_json_of_a_plan_with_claims_follows_its_schema(profile: Path) -> None:
    data = json.loads(run("plan", profile, "--json").stdout)
    jsonschema.Draft202012Validator(json.loads((GRAMMAR / "plan.schema.json").read_text("utf-8"))).validate(data)
    assert data["claims"] == [{"code": 113101}]
    assert {one["code"] for one in data["unclaimed"]} == {113100, 113105}


def test_the_audit_and_the_outputs_say_what_each_object_claims(profile: Path, tmp_path: Path) -> None:
    (profile / "site.recipe").write_text('deidrules 1\nwhen Modality = "CT" { K PatientAge override X because "dose" }\n', encoding="utf-8")
    source = tmp_path / "in"
    source.mkdir()
    for modality in ("CT", "MR"):
        data = {
            **FILE,
            "Modality": modality,
            "SOPInstanceUID": f"1.2.3.{ord(modality[0])}",
            "PatientName": "DOE^JANE",
        }
        (source / modality).write_bytes(case_data.file_bytes(data))
    assert run("apply-profile", profile, source, "--output", tmp_path / "out", "--layout", "mirror-names").exit_code == 0
    audit = [json.loads(line) for line in (tmp_path / "out.run" / "audit.jsonl").read_text("utf-8").splitlines()]
    validator = jsonschema.Draft202012Validator(json.loads((GRAMMAR / "audit.schema.json").read_text("utf-8")))
    for line in audit:
        validator.validate(line)
    assert [line["claims"] for line in audit if line["kind"] == "instance"] == [[113105], [113100, 113105]]
    shown = [
        [line for line in run("show", path).stdout.splitlines() if line.startswith("claims ")]
        for path in sorted((tmp_path / "out").iterdir())
    ]
    assert shown == [
        ["claims 113105 Clean Descriptors Option"],
        ["claims 113100 Basic Application Confidentiality Profile", "claims 113105 Clean Descriptors Option"],
    ]


def test_show_says_no_word_of_codes_that_the_standard_does_not_have(tmp_path: Path) -> None:
    codes = [
        {"CodeValue": "113100", "CodingSchemeDesignator": "99DOE", "CodeMeaning": "DOE"},
        {"CodeValue": "DOE", "CodingSchemeDesignator": "DCM", "CodeMeaning": "DOE"},
        {"CodeMeaning": "DOE"},
    ]
    (tmp_path / "file").write_bytes(case_data.file_bytes({**FILE, "DeidentificationMethodCodeSequence": codes}))
    text = run("show", tmp_path / "file").stdout
    assert "claims" not in text
    assert "DOE" not in text
