"""The face for pydicom data sets."""

from __future__ import annotations

import copy
import io

import plans
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from deidrules.actions.registry import functions
from deidrules.engine.keys import KeyRing
from deidrules.engine.memory import deidentify
from deidrules.plan.expression import Apply, Own
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

KEY = bytes(range(32))
PLAN = plans.plan(plans.rule("X", "(0010,0010)"), plans.rule("U", "vr UI"), plans.rule("Z", "(0008,1030)"))


def bare() -> Dataset:
    dataset = Dataset()
    dataset.PatientName = "DOE^JANE"
    dataset.StudyDescription = "HEAD"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.ReferencedStudySequence = [Dataset()]
    dataset.ReferencedStudySequence[0].PatientName = "DOE^JANE"
    dataset.ReferencedStudySequence[0].Rows = 3
    dataset.SmallestImagePixelValue = 5
    return dataset


def whole(transfer_syntax: str = ImplicitVRLittleEndian) -> Dataset:
    dataset = bare()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID = "1.2.4"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.4"
    dataset.file_meta.SourceApplicationEntityTitle = "SECRET"
    return dataset


def test_a_bare_set_of_tags_comes_back_bare() -> None:
    dataset = bare()
    before = copy.deepcopy(dataset)
    found = deidentify(dataset, PLAN, KEY)
    assert dataset == before
    assert "PatientName" not in found
    assert "PatientName" not in found.ReferencedStudySequence[0]
    assert found.ReferencedStudySequence[0].Rows == 3
    assert found.StudyDescription == ""
    assert found.StudyInstanceUID.startswith("2.25.")
    assert not hasattr(found, "file_meta")


@pytest.mark.parametrize("transfer_syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_whole_object_keeps_its_transfer_syntax_and_gets_new_meta_information(transfer_syntax: str) -> None:
    dataset = whole(transfer_syntax)
    before, meta = copy.deepcopy(dataset), copy.deepcopy(dataset.file_meta)
    found = deidentify(dataset, PLAN, KEY)
    assert (dataset, dataset.file_meta) == (before, meta)
    assert found.file_meta.TransferSyntaxUID == transfer_syntax
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID != "1.2.4"
    assert "SourceApplicationEntityTitle" not in found.file_meta
    out = io.BytesIO()
    found.save_as(out)
    out.seek(0)
    assert pydicom.dcmread(out).SmallestImagePixelValue == 5


def test_equal_keys_link_and_fresh_ones_do_not() -> None:
    one, other = deidentify(bare(), PLAN, KEY), deidentify(bare(), PLAN, KeyRing(KEY))
    assert one.StudyInstanceUID == other.StudyInstanceUID
    assert deidentify(bare(), PLAN).StudyInstanceUID != deidentify(bare(), PLAN).StudyInstanceUID


def test_text_beyond_ascii_needs_no_character_set() -> None:
    dataset = bare()
    dataset.StationName = "Gerät 山"
    assert deidentify(dataset, PLAN, KEY).StationName == "Gerät 山"


def test_a_python_function_is_a_word_of_the_language() -> None:
    plan = plans.plan(plans.rule("C", "(0008,1030)", value=Apply("shout", (("subject", Own()),))))
    given = {"shout": lambda value: str(value) + "!"}
    assert "shout" in functions(given)
    assert deidentify(bare(), plan, KEY, functions=given).StudyDescription == "HEAD!"
    with pytest.raises(ValueError, match="unknown functions: shout"):
        deidentify(bare(), plan, KEY)


def test_a_function_that_fails_refuses_without_its_words() -> None:
    def failing(value: str) -> str:
        raise KeyError(value)

    plan = plans.plan(plans.rule("C", "(0008,1030)", value=Apply("failing", (("subject", Own()),))))
    with pytest.raises(Refusal) as refused:
        deidentify(bare(), plan, KEY, functions={"failing": failing})
    assert refused.value.code == "function-failed"
    assert refused.value.__cause__ is None
    assert "HEAD" not in repr(refused.value)


def test_an_unknown_sop_class_is_taken_whatever_the_policy() -> None:
    dataset = whole()
    dataset.SOPClassUID = "1.2.3.4"
    plan = plans.plan(policies=Policies("K", unmatched_pixels="accept"))
    assert deidentify(dataset, plan, KEY).SOPClassUID == "1.2.3.4"


def test_a_plan_of_another_dictionary_is_an_error() -> None:
    plan = Plan("p", "1", "PS3.6 1993", PLAN.policies)
    with pytest.raises(ValueError, match="another dictionary"):
        deidentify(bare(), plan, KEY)


def test_a_key_of_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        deidentify(bare(), PLAN, b"short")


def test_a_data_set_that_cannot_be_written_is_refused() -> None:
    dataset = bare()
    dataset.add_new(0x00280010, "US", "not a number at all")
    with pytest.raises(Refusal, match="unwritable-dataset") as refused:
        deidentify(dataset, PLAN, KEY)
    assert refused.value.__suppress_context__
