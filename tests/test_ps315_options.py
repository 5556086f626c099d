"""What the options do to an object: from the shipped layers to the values that come out."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from deidrules import Refusal, deidentify
from deidrules.compile.compiler import compile_profile
from deidrules.plan.model import Plan

KEY = bytes(range(32))
MODIFIED = "retain-longitudinal-modified-dates"


@cache
def plan(*options: str) -> Plan:
    """The plan of the Basic Profile with these options, or of a shipped profile."""
    if options[0].startswith("ps315-"):
        compiled = compile_profile(options[0]).plan
    else:
        with TemporaryDirectory() as folder:
            stack = "".join(f"  - ps315/2026d/{name}\n" for name in ("basic", *options))
            text = f"profile: t\nversion: 1.0.0\nlanguage: 1\nrecipes:\n{stack}policies:\n  unlisted: K\n"
            (Path(folder) / "profile.yaml").write_text(text, encoding="utf-8")
            compiled = compile_profile(folder).plan
    assert compiled is not None
    return compiled


def patient(**attributes: object) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "2.25.31"
    dataset.PatientID = "4711"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
    return dataset


def code(dataset: Dataset, *options: str) -> str:
    with pytest.raises(Refusal) as caught:
        deidentify(dataset, plan(*options), KEY)
    return caught.value.code


def test_an_ae_title_is_one_pseudonym_wherever_it_stands_and_an_empty_one_stays_empty() -> None:
    step = patient(ScheduledStationAETitle="CT_WARD3")
    out = deidentify(
        patient(
            StationAETitle="CT_WARD3", PerformedStationAETitle="", RetrieveAETitle=["CT_WARD3", "PACS"], PerformedSeriesSequence=[step]
        ),
        plan("retain-device-identity"),
        KEY,
    )
    title = out.StationAETitle
    assert len(title) == 12 and "WARD" not in title
    first, second = out.RetrieveAETitle
    assert first == title != second
    assert out.PerformedSeriesSequence[0].ScheduledStationAETitle == title
    assert out.PerformedStationAETitle in ("", None)


def test_dates_move_together_and_times_stay() -> None:
    before = patient(StudyDate="20240310", SeriesDate="20240312", StudyTime="101530.5", AcquisitionDateTime="20240310101530.5+0100")
    out = deidentify(before, plan(MODIFIED), KEY)
    assert out.StudyDate != "20240310"
    assert out.AcquisitionDateTime[:8] == out.StudyDate
    assert out.AcquisitionDateTime[8:] == "101530.5+0100"
    assert out.StudyTime == "101530.5"
    again = deidentify(before, plan(MODIFIED), KEY)
    assert again.SeriesDate == out.SeriesDate


def test_nobodys_dates_do_not_move() -> None:
    dataset = patient(StudyDate="20240310")
    dataset.PatientID = ""
    assert code(dataset, MODIFIED) == "missing-key"
    del dataset.PatientID
    assert code(dataset, MODIFIED) == "missing-key"


def test_the_date_of_a_code_does_not_show_by_how_much_the_dates_moved() -> None:
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "T-D4000", "SRT", "Abdomen"
    concept.ContextGroupVersion = "20020904000000"
    out = deidentify(patient(AnatomicRegionSequence=[concept]), plan(MODIFIED), KEY)
    assert out.AnatomicRegionSequence[0].ContextGroupVersion == "19000101000000"


def test_a_time_stamp_in_bytes_does_not_stay_when_dates_are_modified() -> None:
    dataset = patient()
    dataset.add(DataElement(0x00340007, "OB", b"EXAMPLE1"))
    dataset.add(DataElement(0x04000310, "OB", b"EXAMPLE1"))
    out = deidentify(dataset, plan(MODIFIED), KEY)
    assert out[0x00340007].value == b"\0\0"
    assert 0x04000310 not in out
    kept = deidentify(dataset, plan("retain-longitudinal-full-dates"), KEY)
    assert kept[0x00340007].value == kept[0x04000310].value == b"EXAMPLE1"


def test_a_kept_sequence_is_walked() -> None:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", "2.25.99"
    reference.PatientName = "EXAMPLE^PATIENT"
    out = deidentify(patient(ReferencedStudySequence=[reference]), plan("retain-uids"), KEY)
    (item,) = out.ReferencedStudySequence
    assert item.ReferencedSOPInstanceUID == "2.25.99"
    assert "EXAMPLE" not in str(item.get("PatientName", ""))
    assert out.SOPInstanceUID == "2.25.31"


def test_a_uid_that_the_option_does_not_name_changes_all_the_same() -> None:
    dataset = patient()
    dataset.add_new(0x0040A124, "UI", "2.25.77")
    assert deidentify(dataset, plan("retain-uids"), KEY)[0x0040A124].value != "2.25.77"


def test_an_annotation_stays_and_its_text_is_judged() -> None:
    text = Dataset()
    text.UnformattedTextValue, text.AnchorPoint = "LESION of Patient Example", [1.0, 2.0]
    annotation = Dataset()
    annotation.GraphicLayer, annotation.TextObjectSequence = "LAYER", Sequence([text])
    dataset = patient(PatientName="EXAMPLE^PATIENT", GraphicAnnotationSequence=[annotation])
    alone = deidentify(dataset, plan("clean-graphics"), KEY).GraphicAnnotationSequence[0].TextObjectSequence[0]
    assert alone.UnformattedTextValue == "ANONYMIZED" and list(alone.AnchorPoint) == [1.0, 2.0]
    both = deidentify(dataset, plan("clean-descriptors", "clean-graphics"), KEY).GraphicAnnotationSequence[0].TextObjectSequence[0]
    assert "LESION" in both.UnformattedTextValue and "Example" not in both.UnformattedTextValue


def test_an_overlay_goes_with_everything_that_describes_it() -> None:
    dataset = patient()
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60000011, "US", 8)
    dataset.add_new(0x60003000, "OW", bytes(8))
    dataset.add_new(0x60004000, "LT", "EXAMPLE")
    out = deidentify(dataset, plan("clean-graphics"), KEY)
    assert not [element for element in out if element.tag.group == 0x6000]


@pytest.mark.parametrize(
    ("age", "after"),
    [("047Y", "047Y"), ("089Y", "089Y"), ("090Y", "090Y"), ("093Y", "090Y"), ("113Y", "090Y"), ("45Y", "45Y"), ("006M", "006M"), ("", "")],
)
def test_the_research_profile_tells_no_ages_over_89_apart(age: str, after: str) -> None:
    out = deidentify(patient(PatientAge=age), plan("ps315-research"), KEY)
    assert (out.PatientAge or "") == after


def test_what_is_no_age_does_not_leave_by_the_research_profile() -> None:
    assert code(patient(PatientAge="NINE"), "ps315-research") == "unparsable-age"


def test_the_dates_of_a_device_say_nothing_of_the_shift_in_the_research_profile() -> None:
    before = patient(DateOfLastCalibration="20240101", TimeOfLastCalibration="120000", DeviceSerialNumber="EX-1", StudyDate="20240310")
    out = deidentify(before, plan("ps315-research"), KEY)
    assert "2024" not in str(out.get("DateOfLastCalibration", ""))
    assert str(out.get("TimeOfLastCalibration", "")) != "120000"
    assert out.DeviceSerialNumber == "EX-1"
