"""What an output says of its own de-identification."""

from __future__ import annotations

from typing import Any

import case_data
import plans
import pytest

import deidrules
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Plan, Policies
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
