"""What an output says of its own de-identification."""

from __future__ import annotations

from typing import Any

import case_data
import plans
import pytest

import deidrules
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.memory import deidentify
from deidrules.plan.expression import Compare
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Claim, PixelRule, Plan, Policies, Verdict
from deidrules.plan.pixels import Blank, Clean, Operation, Rectangle, Strip
from deidrules.text.refusal import Refusal

KEYS = KeyRing(bytes(range(32)))
FILE = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "PatientName": "DOE^JANE", "StudyID": "1"}
STRICT = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest")


def after(plan: Plan, **more: Any) -> dict[str, Any]:
    return case_data.file_data(b"".join(Engine(plan, KEYS).apply(case_data.file_bytes({**FILE, **more})).parts))


def method(plan: Plan) -> list[str]:
    return ["test@1.0.0", fingerprint(plan), f"deidrules@{deidrules.__version__}"]


def test_the_markers_are_written_in_tag_order() -> None:
    plan = plans.plan(longitudinal="REMOVED")
    found = after(plan)
    assert found["PatientIdentityRemoved"] == "YES"
    assert found["DeidentificationMethod"] == method(plan)
    assert found["LongitudinalTemporalInformationModified"] == "REMOVED"
    names = [name for name in found if name != "_meta"]
    assert names.index("PatientName") < names.index("PatientIdentityRemoved") < names.index("StudyID") < len(names) - 1


def test_a_received_method_stays_in_front_where_the_policy_keeps_what_no_rule_names() -> None:
    plan = plans.plan()
    assert after(plan, DeidentificationMethod=["by hand", "twice"])["DeidentificationMethod"] == ["by hand", "twice", *method(plan)]


def test_a_received_method_is_free_text_and_goes_under_a_keep_list() -> None:
    plan = plans.plan(policies=STRICT)
    assert after(plan, DeidentificationMethod="by DOE")["DeidentificationMethod"] == method(plan)
    naming = plans.plan(plans.rule("K", "(0012,0063)"), policies=STRICT)
    assert after(naming, DeidentificationMethod="by DOE")["DeidentificationMethod"] == method(naming)
    broad = plans.plan(plans.rule("K", "vr LO"), policies=STRICT)
    assert after(broad, DeidentificationMethod="by DOE")["DeidentificationMethod"] == method(broad)


def test_a_received_claim_about_dates_never_stays() -> None:
    assert "LongitudinalTemporalInformationModified" not in after(plans.plan(), LongitudinalTemporalInformationModified="UNMODIFIED")
    found = after(plans.plan(longitudinal="REMOVED"), LongitudinalTemporalInformationModified="UNMODIFIED")
    assert found["LongitudinalTemporalInformationModified"] == "REMOVED"


def test_nothing_is_claimed_about_pixels() -> None:
    found = after(plans.plan(longitudinal="REMOVED"))
    assert "BurnedInAnnotation" not in found
    assert "RecognizableVisualFeatures" not in found
    assert after(plans.plan(), BurnedInAnnotation="YES")["BurnedInAnnotation"] == "YES"
    assert "BurnedInAnnotation" not in after(plans.plan(), BurnedInAnnotation="DOE")
    assert "BurnedInAnnotation" not in after(plans.plan(policies=STRICT), BurnedInAnnotation="NO")


def test_a_marker_that_would_not_fit_is_refused() -> None:
    with pytest.raises(Refusal, match="value-too-long"):
        after(plans.plan(), DeidentificationMethod=["x" * 60] * 1073)


def test_implicit_vr_gets_implicit_markers() -> None:
    plan = plans.plan(longitudinal="REMOVED")
    found = after(plan, _coding="implicit")
    assert (found["PatientIdentityRemoved"], found["DeidentificationMethod"]) == ("YES", method(plan))


def test_a_name_of_a_profile_that_no_lo_can_hold_is_made_to_fit() -> None:
    plan = plans.plan()
    odd = Plan("näme\\" + "x" * 80, "1", plan.dictionary, plan.policies)
    assert after(odd)["DeidentificationMethod"][0] == "n_me_" + "x" * 59


# ---- the options of PS3.15

CT = Compare(plans.attribute(0x00080060), "=", "CT", "text")
WEIGHT = Compare(plans.attribute(0x00101030), ">", "70", "number")
CODES = {
    113100: "Basic Application Confidentiality Profile",
    113105: "Clean Descriptors Option",
    113106: "Retain Longitudinal Temporal Information Full Dates Option",
    113107: "Retain Longitudinal Temporal Information Modified Dates Option",
}
CODINGS = ("explicit", "implicit", "big", "deflated")


def code(value: int | str, meaning: str = "", scheme: str = "DCM") -> dict[str, Any]:
    """An item of a code sequence."""
    text = meaning or CODES.get(int(value), "x")
    return {"CodeValue": str(value), "CodingSchemeDesignator": scheme, "CodeMeaning": text}


def equipment(version: str = deidrules.__version__) -> dict[str, Any]:
    """Our item of the Contributing Equipment Sequence."""
    return {
        "Manufacturer": "deidrules",
        "ManufacturerModelName": "deidrules",
        "SoftwareVersions": version,
        "PurposeOfReferenceCodeSequence": [code("109104", "De-identifying Equipment")],
    }


def claiming(*claims: int | Claim, **more: Any) -> Plan:
    found = tuple(claim if isinstance(claim, Claim) else Claim(claim) for claim in claims)
    return plans.plan(*more.pop("rules", ()), claims=found, **more)


def both(plan: Plan, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What one engine makes of a file, and of what it made of it."""
    engine = Engine(plan, KEYS)
    first = b"".join(engine.apply(case_data.file_bytes({**FILE, **more})).parts)
    return case_data.file_data(first), case_data.file_data(b"".join(engine.apply(first).parts))


@pytest.mark.parametrize("coding", CODINGS)
def test_each_claim_is_an_item_of_the_method_code_sequence(coding: str) -> None:
    found, again = both(claiming(113100, 113105), _coding=coding)
    assert found["DeidentificationMethodCodeSequence"] == [code(113100), code(113105)]
    assert again["DeidentificationMethodCodeSequence"] == found["DeidentificationMethodCodeSequence"]


def test_where_nothing_may_be_claimed_there_is_no_code() -> None:
    assert "DeidentificationMethodCodeSequence" not in after(claiming())
    assert "DeidentificationMethodCodeSequence" not in after(claiming(policies=STRICT), DeidentificationMethodCodeSequence=[code(113100)])


def test_received_codes_stay_in_front_on_the_terms_of_the_method() -> None:
    received = [code(113110, "Retain UIDs Option"), code(1, "by hand", "99LOCAL")]
    both_kinds = {"DeidentificationMethodCodeSequence": received}
    assert after(claiming(113100), **both_kinds)["DeidentificationMethodCodeSequence"] == [*received, code(113100)]
    assert after(claiming(113100, policies=STRICT), **both_kinds)["DeidentificationMethodCodeSequence"] == [code(113100)]
    assert after(claiming(), **both_kinds)["DeidentificationMethodCodeSequence"] == received


def test_received_codes_are_judged_inside() -> None:
    plan = claiming(113100, rules=(plans.rule("X", "(0008,0104)"),))
    found = after(plan, DeidentificationMethodCodeSequence=[code(113110, "by DOE"), code(113100, "by DOE")])
    assert found["DeidentificationMethodCodeSequence"] == [{"CodeValue": "113110", "CodingSchemeDesignator": "DCM"}, code(113100)]


@pytest.mark.parametrize("how", [{}, {"_undefined": True}, {"_coding": "implicit"}, {"_coding": "big", "_undefined": True}])
def test_a_code_that_is_there_already_is_written_anew_and_not_twice(how: dict[str, Any]) -> None:
    received = [{**code(113105, "JANE DOE"), "LongCodeValue": "DOE"}, code(5, "x", "99LOCAL")]
    found, again = both(claiming(113100, 113105), DeidentificationMethodCodeSequence=received, **how)
    assert found["DeidentificationMethodCodeSequence"] == [code(113105), received[1], code(113100)]
    assert again["DeidentificationMethodCodeSequence"] == found["DeidentificationMethodCodeSequence"]


def test_a_code_sequence_coded_un_gets_items_as_it_has_them() -> None:
    found, again = both(claiming(113100), **{"(0012,0064) UN": [code(113110, "Retain UIDs Option")]})
    assert found["(0012,0064) UN"] == [code(113110, "Retain UIDs Option"), code(113100)]
    assert again["(0012,0064) UN"] == found["(0012,0064) UN"]


def test_an_empty_code_sequence_is_filled() -> None:
    assert after(claiming(113100), DeidentificationMethodCodeSequence=[])["DeidentificationMethodCodeSequence"] == [code(113100)]


def test_a_code_sequence_that_is_none_is_refused() -> None:
    with pytest.raises(Refusal, match="wrong-vr"):
        after(claiming(113100), **{"(0012,0064) LO": "113100"})


def test_a_claim_is_made_for_the_instances_for_which_its_conditions_do_not_hold() -> None:
    plan = claiming(Claim(113100, (0,)), 113105, conditions=(CT,))
    engine = Engine(plan, KEYS)
    said = []
    for modality in ("CT", "MR", "CT", "MR"):  # of one layout: what is remembered of one must not show in the other
        result = engine.apply(case_data.file_bytes({**FILE, "Modality": modality}))
        found = case_data.file_data(b"".join(result.parts))
        assert [item["CodeValue"] for item in found["DeidentificationMethodCodeSequence"]] == [str(one) for one in result.claims]
        said.append(result.claims)
    assert said == [(113105,), (113100, 113105), (113105,), (113100, 113105)]


def test_a_condition_that_cannot_be_judged_takes_the_claim_away_and_refuses_nothing() -> None:
    plan = claiming(Claim(113100, (0,)), conditions=(WEIGHT,))
    assert "DeidentificationMethodCodeSequence" not in after(plan, **{"(0010,1030) DS": {"hex": "686561767920"}})
    assert after(plan, PatientWeight="70")["DeidentificationMethodCodeSequence"] == [code(113100)]


@pytest.mark.parametrize(
    ("claims", "expected"), [((113106,), "UNMODIFIED"), ((113107,), "MODIFIED"), ((113106, 113107), "MODIFIED"), ((113105,), "REMOVED")]
)
def test_what_is_said_of_dates_follows_the_option(claims: tuple[int, ...], expected: str) -> None:
    found = after(claiming(*claims, longitudinal="REMOVED"), LongitudinalTemporalInformationModified="REMOVED")
    assert found["LongitudinalTemporalInformationModified"] == expected


def test_nothing_is_said_of_dates_where_the_option_is_not_claimed() -> None:
    plan = claiming(Claim(113106, (0,)), conditions=(CT,))
    assert after(plan, Modality="MR")["LongitudinalTemporalInformationModified"] == "UNMODIFIED"
    assert "LongitudinalTemporalInformationModified" not in after(plan, Modality="CT", LongitudinalTemporalInformationModified="UNMODIFIED")


# ---- clean pixel data

IMAGE = {
    "Modality": "CT",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "NumberOfFrames": "2",
    "Rows": 2,
    "Columns": 2,
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelRepresentation": 0,
    "(7FE0,0010) OB": {"hex": "0102030405060708"},
}
PLANE = {
    "(6000,0010) US": 2,
    "(6000,0011) US": 2,
    "(6000,0040) CS": "G",
    "(6000,0050) SS": [1, 1],
    "(6000,0100) US": 1,
    "(6000,0102) US": 0,
    "(6000,3000) OB": {"hex": "0f00"},
}
LOOSE = plans.LOOSE


def cleaning(*operations: Operation, policies: Policies = LOOSE, **more: Any) -> Plan:
    found = (PixelRule("p", 0, operations),) if operations else ()
    return claiming(113100, 113101, conditions=(CT,), pixels=found, policies=policies, **more)


CLEANED = {
    "clean judges all": (cleaning(Clean()), {}, True),
    "one frame of two": (cleaning(Blank(Rectangle(0, 0, 1, 1), frames=((1, 1),))), {}, False),
    "frame by frame": (cleaning(Blank(Rectangle(0, 0, 1, 1), frames=((1, 1),)), Blank(Rectangle(0, 0, 2, 1), frames=((2, 2),))), {}, True),
    "a rule that does not match": (cleaning(Clean()), {"Modality": "MR"}, False),
    "stripping judges nothing": (cleaning(Strip("overlays")), {}, False),
    "no rule, and the policy accepts": (cleaning(), {}, False),
    "an accept verdict is no work": (
        cleaning(policies=Policies("K", unknown_sop_class="strictest"), verdicts=(Verdict("accept", "fine", 0),)),
        {},
        False,
    ),
    "an accept verdict takes no work away": (cleaning(Clean(), verdicts=(Verdict("accept", "fine", 0),)), {}, True),
    "an overlay plane that nobody judged": (cleaning(Blank(Rectangle(0, 0, 1, 1))), PLANE, False),
    "an overlay plane that was judged": (cleaning(Clean()), PLANE, True),
    "an overlay plane that goes": (cleaning(Blank(Rectangle(0, 0, 1, 1)), rules=(plans.rule("X", "(60xx,3000)"),)), PLANE, True),
    "pixel data that goes": (cleaning(Clean(), rules=(plans.rule("X", "(7FE0,0010)"),)), {}, False),
}


@pytest.mark.parametrize("name", CLEANED)
@pytest.mark.parametrize("received", [None, "YES", "NO"])
def test_clean_pixel_data_is_claimed_where_every_frame_was_judged(name: str, received: str | None) -> None:
    plan, more, judged = CLEANED[name]
    given = {} if received is None else {"BurnedInAnnotation": received}
    found, again = both(plan, **{**IMAGE, **more, **given})
    codes = [item["CodeValue"] for item in found["DeidentificationMethodCodeSequence"]]
    assert codes == (["113100", "113101"] if judged else ["113100"])
    assert found.get("BurnedInAnnotation") == ("NO" if judged else received)
    assert "RecognizableVisualFeatures" not in found
    assert again["DeidentificationMethodCodeSequence"] == found["DeidentificationMethodCodeSequence"]


def test_without_pixel_data_no_clean_pixel_data() -> None:
    found = after(cleaning(Clean()), Modality="CT", BurnedInAnnotation="YES")
    assert found["DeidentificationMethodCodeSequence"] == [code(113100)]
    assert found["BurnedInAnnotation"] == "YES"


def test_judged_frames_without_the_option_are_no_claim() -> None:
    plan = claiming(113100, conditions=(CT,), pixels=(PixelRule("p", 0, (Clean(),)),))
    assert "BurnedInAnnotation" not in after(plan, **IMAGE)


# ---- the equipment

OTHER = {"Manufacturer": "ACME", "PurposeOfReferenceCodeSequence": [code("109101", "Acquisition Equipment")]}


@pytest.mark.parametrize("coding", CODINGS)
def test_every_output_names_the_program_that_made_it(coding: str) -> None:
    found, again = both(claiming(), _coding=coding)
    assert found["ContributingEquipmentSequence"] == [equipment()]
    assert again["ContributingEquipmentSequence"] == [equipment()]


@pytest.mark.parametrize("how", [{}, {"_undefined": True}, {"_coding": "implicit"}, {"_coding": "big", "_undefined": True}])
@pytest.mark.parametrize("policies", [LOOSE, STRICT])
def test_equipment_that_stays_stands_before_ours(how: dict[str, Any], policies: Policies) -> None:
    rules = tuple(plans.rule("K", text) for text in ("(0018,A001)", "(0040,A170)", "(0008,0100)", "(0008,0102)", "(0008,0104)"))
    found, again = both(claiming(policies=policies, rules=rules), ContributingEquipmentSequence=[OTHER], **how)
    kept = OTHER if policies is LOOSE else {"PurposeOfReferenceCodeSequence": OTHER["PurposeOfReferenceCodeSequence"]}
    assert found["ContributingEquipmentSequence"] == [kept, equipment()]
    assert again["ContributingEquipmentSequence"] == [kept, equipment()]


@pytest.mark.parametrize("verb", ["X", "Z", "D"])
def test_where_a_rule_leaves_no_equipment_ours_is_alone(verb: str) -> None:
    found, again = both(claiming(rules=(plans.rule(verb, "(0018,A001)"),)), ContributingEquipmentSequence=[OTHER])
    assert found["ContributingEquipmentSequence"] == [equipment()]
    assert again["ContributingEquipmentSequence"] == [equipment()]


def test_under_a_keep_list_ours_is_alone() -> None:
    assert after(claiming(policies=STRICT), ContributingEquipmentSequence=[OTHER])["ContributingEquipmentSequence"] == [equipment()]


def test_a_conditional_rule_on_the_equipment_is_asked_for_every_file() -> None:
    plan = claiming(rules=(plans.rule("X", "(0018,A001)", condition=0),), conditions=(CT,))
    engine = Engine(plan, KEYS)
    for modality, expected in [("CT", [equipment()]), ("MR", [OTHER, equipment()])] * 2:
        data = case_data.file_bytes({**FILE, "Modality": modality, "ContributingEquipmentSequence": [OTHER]})
        assert case_data.file_data(b"".join(engine.apply(data).parts))["ContributingEquipmentSequence"] == expected


def test_an_item_that_only_looks_like_ours_is_judged() -> None:
    """Of the same layout, so the same program must not be taken for both."""
    plan = claiming(rules=(plans.rule("X", "(0008,0070)"),))
    engine = Engine(plan, KEYS)
    other = {**equipment(), "Manufacturer": "JANE DOE1"}
    for _ in range(2):
        for item, expected in (
            (equipment(), [equipment()]),
            (other, [{k: v for k, v in other.items() if k != "Manufacturer"}, equipment()]),
        ):
            data = case_data.file_bytes({**FILE, "ContributingEquipmentSequence": [item]})
            assert case_data.file_data(b"".join(engine.apply(data).parts))["ContributingEquipmentSequence"] == expected


def test_rules_do_not_reach_our_own_items() -> None:
    rules = (plans.rule("X", "vr LO"), plans.rule("D", "vr SH"), plans.rule("X", "(0040,A170)"), plans.rule("X", "vr SQ"))
    found, again = both(claiming(113100, rules=rules))
    assert found["ContributingEquipmentSequence"] == again["ContributingEquipmentSequence"] == [equipment()]
    assert found["DeidentificationMethodCodeSequence"] == again["DeidentificationMethodCodeSequence"] == [code(113100)]


def test_equipment_inside_a_sequence_is_left_to_the_rules() -> None:
    inner = {"ContributingEquipmentSequence": [OTHER], "DeidentificationMethodCodeSequence": [code(113110, "x")]}
    found = after(claiming(113100), ReferencedStudySequence=[inner])
    assert found["ReferencedStudySequence"] == [inner]


def test_each_claimed_element_has_one_outcome() -> None:
    data = case_data.file_bytes({**FILE, "ContributingEquipmentSequence": [OTHER], "DeidentificationMethodCodeSequence": [code(113100)]})
    for plan in (claiming(113100), claiming(113100, rules=(plans.rule("X", "(0018,A001)"),))):
        outcomes = Engine(plan, KEYS).apply(data).outcomes
        said = [(one.tag, one.change) for one in outcomes if not one.path and one.change == "claimed"]
        assert said == [(0x00120062, "claimed"), (0x00120063, "claimed"), (0x00120064, "claimed"), (0x0018A001, "claimed")]
        assert len({(one.path, one.tag) for one in outcomes}) == len(outcomes)


def test_a_data_set_says_the_same_as_a_file() -> None:
    from pydicom.dataset import Dataset

    dataset = Dataset()
    dataset.PatientName, dataset.Modality = "DOE^JANE", "CT"
    found = deidentify(dataset, claiming(113100, Claim(113105, (0,)), conditions=(CT,)), bytes(range(32)))
    assert [item.CodeValue for item in found.DeidentificationMethodCodeSequence] == ["113100"]
    assert found.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == "109104"
