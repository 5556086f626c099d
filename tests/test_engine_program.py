"""What an engine remembers changes its speed and never its output."""

from __future__ import annotations

from typing import Any

import case_data
import plans
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.expression import Apply, Compare, Contains, Own, Read
from deidrules.plan.model import Plan
from deidrules.text.refusal import Refusal

KEYS = KeyRing(bytes(range(32)))
CONDITIONS = (
    Compare(plans.attribute(0x00080060), "=", "CT", "text"),
    Contains(plans.attribute(0x00081030), "HE"),
    Compare(plans.attribute(0x00200010, "here"), "=", "AA", "text"),
    Compare(plans.attribute(0x00180050), ">", "3", "number"),
)
PATIENT_ID = Read(plans.attribute(0x00100020))
PSEUDONYM = Apply("pseudonym", (("subject", PATIENT_ID), ("missing", plans.text("NONE"))))
SHIFT = Apply("shift", (("subject", Own()), ("per", PATIENT_ID), ("within", plans.text("30"))))
PLAN = plans.plan(
    plans.rule("C", "(0008,1030)"),
    plans.rule("Z", "(0008,103E)", condition=0),
    plans.rule("X", "(0008,103E)", condition=1, layer=1),
    plans.rule("Z", "(0008,1010)", condition=2),
    plans.rule("X", "(0008,0080)", condition=3),
    plans.rule("D", "(0010,0010)", value=PSEUDONYM),
    plans.rule("C", "(0008,0020)", value=SHIFT),
    plans.rule("U", "vr UI"),
    plans.rule("K", '(0019,"ACME",01)'),
    plans.rule("K", "(0008,1110)"),
    plans.rule("add", "(0010,4000)", value=Read(plans.attribute(0x00200010)), condition=0),
    conditions=CONDITIONS,
)


def four(*values: str) -> st.SearchStrategy[str]:
    assert {len(value) for value in values} == {4}
    return st.sampled_from(values)


FILES = st.fixed_dictionaries(
    {
        "SOPClassUID": st.just("1.2.840.10008.5.1.4.1.1.2"),
        "SOPInstanceUID": four("1.23", "1.24"),
        "Modality": st.sampled_from(["CT", "MR"]),
        "StudyDate": st.sampled_from(["20200101", "20200230", "20191231"]),
        "InstitutionName": four("HERE"),
        "StationName": four("ST01"),
        "StudyDescription": four("HEAD", "HELP", "JANE", "DOE "),
        "SeriesDescription": four("T1 A", "JANE"),
        "ReferencedStudySequence": st.lists(
            st.fixed_dictionaries({"StudyID": st.sampled_from(["AA", "BB"]), "StationName": four("ST02", "ST03")}), min_size=1, max_size=1
        ),
        "PatientName": st.sampled_from(["DOE^JANE", "ROE^RICH"]),
        "PatientID": four("4711", "0815"),
        "SliceThickness": st.sampled_from(["10", "2 ", "no"]),
        "(0019,0010) LO": st.sampled_from(["ACME", "ELSE"]),
        "(0019,1001) LO": four("VALU"),
        "StudyID": four("ID 1", "ID 2"),
    }
)


def result(engine: Engine, data: bytes) -> tuple[Any, ...]:
    try:
        found: Deidentified = engine.apply(data)
    except Refusal as refusal:
        return ("refused", str(refusal))
    return (
        b"".join(found.parts),
        found.outcomes,
        found.outcomes_id,
        found.replaced_uids,
        found.patient_ids,
        found.study_uid,
        found.series_uid,
        found.instance_uid,
        found.dropped,
    )


def fresh(plan: Plan) -> Engine:
    return Engine(plan, KEYS)


@settings(max_examples=40, deadline=None)
@given(st.lists(FILES, min_size=3, max_size=10))
def test_files_of_one_layout_come_out_as_from_a_fresh_engine(files: list[dict[str, Any]]) -> None:
    written = [case_data.file_bytes(file) for file in files]
    assert len({len(data) for data in written}) == 1
    engine = fresh(PLAN)
    for data in written + written[::-1]:
        assert result(engine, data) == result(fresh(PLAN), data)


def test_the_layout_is_remembered() -> None:
    file = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.23", "StudyDescription": "HEAD", "PatientName": "DOE"}
    engine = fresh(PLAN)
    programs = []
    for number in range(5):
        data = case_data.file_bytes({**file, "SOPInstanceUID": f"1.2{number}"})
        programs.append(engine.apply(data).outcomes)
    assert programs[2] is programs[3] is programs[4]


def test_copies_of_the_input_are_views_and_nothing_is_changed() -> None:
    pixels = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "Rows": 512, "Columns": 512, "BitsAllocated": 8}
    file = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "PatientName": "DOE^JANE",
        **pixels,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "(7FE0,0010) OB": {"hex": "17" * 512 * 512},
    }
    data = case_data.file_bytes(file)
    before = bytes(bytearray(data))
    found = fresh(plans.plan(plans.rule("X", "(0010,0010)"))).apply(data)
    assert data == before
    large = [part for part in found.parts if len(part) >= 512 * 512]
    assert len(large) == 1
    assert isinstance(large[0], memoryview)
    assert large[0].obj is data


@pytest.mark.parametrize("coding", ["explicit", "implicit", "big", "deflated"])
def test_what_no_rule_touches_is_the_same_byte_for_byte(coding: str) -> None:
    item = {"StudyID": "8", "(0008,1115) SQ": [{"StudyID": "9"}]}
    file = {
        "_coding": coding,
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "ReferencedStudySequence": [item, {}],
        "StudyID": "7",
        "PatientAge": None,
    }
    data = case_data.file_bytes(file)
    after = b"".join(fresh(plans.plan()).apply(data).parts)
    back, there = case_data.file_data(data), case_data.file_data(after)
    for name in ("PatientIdentityRemoved", "DeidentificationMethod", "ContributingEquipmentSequence", "_meta"):
        there.pop(name)
    back.pop("_meta")
    assert there == back
