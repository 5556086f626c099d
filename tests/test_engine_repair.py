"""The second chance for malformed files."""

from __future__ import annotations

import logging

import build
import case_data
import plans
import pytest

from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal

KEYS = KeyRing(bytes(range(32)))
REPAIRING = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest", malformed="repair")
# tags out of order: readers take it, and PS3.5 7.1 forbids it
DISORDERED = build.file(build.identity() + build.element(0x00080070, "LO", "MAKER"))


def test_a_malformed_file_is_refused_unless_the_profile_repairs() -> None:
    rule = plans.rule("X", "(0010,0010)")
    with pytest.raises(Refusal, match="out-of-order"):
        Engine(plans.plan(rule), KEYS).apply(DISORDERED)
    found = Engine(plans.plan(rule, policies=REPAIRING), KEYS).apply(DISORDERED)
    assert found.repaired
    after = case_data.file_data(b"".join(found.parts))
    assert after["Manufacturer"] == "MAKER"
    assert "PatientName" not in after


@pytest.mark.parametrize(
    "data",
    [
        b"nothing of the kind",
        build.file(build.identity() + build.element(0x00204000, "LT", "cut off")[:-2]),
        build.file(build.identity() + build.element(0x00204000, "QQ", "?")),
    ],
    ids=["no DICOM", "cut off", "no VR"],
)
def test_what_cannot_be_repaired_keeps_its_refusal_and_nothing_is_said(
    data: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(Refusal) as strict:
        Engine(plans.plan(), KEYS).apply(data)
    caplog.set_level(logging.DEBUG)
    try:
        Engine(plans.plan(policies=REPAIRING), KEYS).apply(data)
    except Refusal as refusal:
        assert refusal.code == strict.value.code
        assert refusal.__cause__ is None
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
    assert not [record for record in caplog.records if record.name.startswith("pydicom")]


def test_a_repaired_file_still_has_to_have_its_pixels() -> None:
    short = build.image(pixels=bytes(4)) + build.element(0x00080070, "LO", "MAKER")
    with pytest.raises(Refusal, match="pixel-data-short"):
        Engine(plans.plan(policies=REPAIRING), KEYS).apply(build.file(short))
