"""Pixel rules, overlay planes and icons through the whole engine."""

from __future__ import annotations

from typing import Any

import case_data
import plans
import pytest

from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Plan, Policies, Verdict
from deidrules.plan.pixels import Blank, Clean, Operation, Rectangle, Strip
from deidrules.text.refusal import Refusal

ULTRASOUND = (Compare(plans.attribute(0x00080060), "=", "US", "text"),)
ASKING = Policies("K", unknown_sop_class="strictest")
IMAGE = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1",
    "Modality": "US",
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "Rows": 2,
    "Columns": 4,
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
}
SAMPLES = ["0110", "0220", "0330", "0440", "0550", "0660", "0770", "0880"]


def pixels(*samples: str) -> dict[str, Any]:
    return {"(7FE0,0010) OW": {"hex": "".join(sample[2:] + sample[:2] for sample in samples)}}


def with_pixels(*operations: Operation, policies: Policies = ASKING, rules: tuple[Any, ...] = ()) -> Plan:
    return plans.plan(*rules, policies=policies, conditions=ULTRASOUND, pixels=(PixelRule("banner", 0, operations),))


def run(plan: Plan, **more: Any) -> tuple[dict[str, Any], Deidentified]:
    engine = Engine(plan, KeyRing(bytes(range(32))))
    data = case_data.file_bytes({**IMAGE, **pixels(*SAMPLES), **more})
    found = [engine.apply(data) for _ in range(4)]
    written = {b"".join(one.parts) for one in found}
    assert len(written) == 1
    return case_data.file_data(written.pop()), found[-1]


def samples(after: dict[str, Any]) -> list[str]:
    raw = bytes.fromhex((after.get("PixelData") or after["(7FE0,0010) OW"])["hex"])
    return [raw[at + 1 : at + 2].hex() + raw[at : at + 1].hex() for at in range(0, len(raw), 2)]


def test_a_rectangle_is_blanked_and_nothing_else() -> None:
    after, found = run(with_pixels(Blank(Rectangle(1, 0, 3, 1))))
    assert samples(after) == ["0110", "0000", "0000", *SAMPLES[3:]]
    assert found.pixel_rules == ("banner",)


def test_bytes_beyond_the_geometry_go_with_a_change_and_without() -> None:
    more = pixels(*SAMPLES, "5345", "4352")
    after, found = run(with_pixels(Blank(Rectangle(0, 0, 1, 2))), **more)
    assert samples(after) == ["0000", *SAMPLES[1:4], "0000", *SAMPLES[5:]]
    assert ("excess-pixel-bytes", 4) in found.dropped
    after, found = run(with_pixels(Clean()), **more)
    assert samples(after) == SAMPLES
    assert ("excess-pixel-bytes", 4) in found.dropped


def test_an_object_no_rule_judges_follows_the_policy() -> None:
    with pytest.raises(Refusal, match="unmatched-pixels"):
        run(with_pixels(Clean()), Modality="OT")
    accepting = plans.plan(policies=ASKING, conditions=ULTRASOUND, verdicts=(Verdict("accept", "seen", 0),))
    after, found = run(accepting)
    assert samples(after) == SAMPLES
    assert found.verdicts == ("seen",)


def test_pixels_that_a_rule_removes_need_no_judgement() -> None:
    after, _ = run(plans.plan(plans.rule("X", "(7FE0,0010)"), policies=ASKING))
    assert not [name for name in after if "7FE0" in name or name == "PixelData"]


OVERLAY = {"(6000,0010) US": 2, "(6000,0011) US": 4, "(6000,0040) CS": "G", "(6000,0050) SS": [1, 1], "(6000,0100) US": 16}


def test_a_plane_in_the_high_bits_goes_with_its_group() -> None:
    hidden = ["1110", *SAMPLES[1:6], "1770", "0880"]
    more = {**OVERLAY, "(6000,0102) US": 12, **pixels(*hidden)}
    loose = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
    after, found = run(plans.plan(plans.rule("X", "(60xx,3000)"), policies=loose), **more)
    assert samples(after) == SAMPLES
    assert not [one for one in found.outcomes if one.tag >> 16 == 0x6000 and one.change != "removed"]
    after, _ = run(plans.plan(plans.rule("Z", "(60xx,3000)"), policies=loose), **more)
    assert samples(after) == SAMPLES
    after, _ = run(plans.plan(policies=loose), **more)
    assert samples(after) == hidden


def test_a_keep_list_that_does_not_name_overlays_leaves_none_in_the_high_bits() -> None:
    strict = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest")
    more = {**OVERLAY, "(6000,0102) US": 12, **pixels("1110", *SAMPLES[1:])}
    after, _ = run(plans.plan(plans.rule("K", "(7FE0,0010)"), plans.rule("K", "(6000,0010)"), policies=strict), **more)
    assert samples(after) == SAMPLES
    assert "OverlayRows" not in after


def test_strip_overlays_takes_whole_groups() -> None:
    more = {**OVERLAY, "(6000,0100) US": 1, "(6000,0102) US": 0, "(6000,3000) OW": {"hex": "ff00"}}
    after, found = run(with_pixels(Strip("overlays"), Clean()), **more)
    assert not [name for name in after if name.startswith("Overlay") or "6000" in name]
    assert not [one for one in found.outcomes if one.tag >> 16 == 0x6000 and one.change != "removed"]


def test_a_stored_plane_is_blanked_in_place() -> None:
    more = {**OVERLAY, "(6000,0100) US": 1, "(6000,0102) US": 0, "(6000,3000) OW": {"hex": "ff00"}}
    after, _ = run(with_pixels(Clean(), Blank(Rectangle(0, 0, 4, 1), overlay="6000")), **more)
    assert (after.get("OverlayData") or after["(6000,3000) OW"]) == {"hex": "f000"}


# ---- why pixels that nobody judged may carry text


def test_pixels_that_pass_unseen_are_told_with_their_reason() -> None:
    loose = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
    assert run(plans.plan(policies=loose))[1].unjudged == "ultrasound"
    assert run(plans.plan(policies=loose), BurnedInAnnotation="YES")[1].unjudged == "burned-in-annotation"
    assert run(plans.plan(policies=loose), SOPClassUID="1.2.3")[1].unjudged == "unknown-sop-class"
    assert run(plans.plan(policies=ASKING, conditions=ULTRASOUND, verdicts=(Verdict("accept", "seen", 0),)))[1].unjudged == "ultrasound"
    ct = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}
    assert run(plans.plan(policies=loose), **ct)[1].unjudged == ""
    assert run(plans.plan(policies=loose), **{**ct, "ImageType": ["DERIVED", "PRIMARY"]})[1].unjudged == "image-type"
    assert run(plans.plan(policies=loose), BitsStored=17, **ct)[1].unjudged == "sample-format"  # which nobody can read


def test_nothing_is_told_of_pixels_that_were_judged_or_do_not_stay() -> None:
    loose = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
    assert run(with_pixels(Clean(), policies=loose))[1].unjudged == ""
    assert run(plans.plan(plans.rule("X", "(7FE0,0010)"), policies=loose))[1].unjudged == ""


def test_a_refusal_of_unmatched_pixels_says_why() -> None:
    with pytest.raises(Refusal) as caught:
        run(with_pixels(Clean()), Modality="OT")
    assert caught.value.record() == {"code": "unmatched-pixels", "reason": "ultrasound"}
