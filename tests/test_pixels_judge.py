"""Rule 19: which objects have to be judged, what judges them, and what the policy does with the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidrules.pixels.burned_in import PixelHeader
from deidrules.pixels.facts import PIXEL_DATA, PixelFacts, read_facts
from deidrules.pixels.planes import OverlayPlane
from deidrules.pixels.work import FrameBlanks, PixelWork, judge
from deidrules.plan.model import PixelRule
from deidrules.plan.pixels import Blank, Clean, Everything, Label, Operation, ReadText, Rectangle, Strip, UltrasoundRegions
from deidrules.text.refusal import Refusal

FRAMES = 10
FACTS = PixelFacts(
    "1.2.840.10008.1.2.1", element=PIXEL_DATA, rows=20, columns=30, frames=FRAMES, bits_allocated=8, bits_stored=8, high_bit=7
)
PLANE = OverlayPlane(0x6000, 20, 30, length=75, vr="OW")
ULTRASOUND = PixelHeader("1.2.840.10008.5.1.4.1.1.3.1", "US", ("ORIGINAL", "PRIMARY"))
CT = PixelHeader("1.2.840.10008.5.1.4.1.1.2", "CT", ("ORIGINAL", "PRIMARY", "AXIAL"))
CT_FACTS = replace(FACTS, frames=1, bits_allocated=16, bits_stored=12, high_bit=11)
BOX = Rectangle(2, 3, 9, 8)


def judged(
    *operations: Operation, facts: PixelFacts = FACTS, header: PixelHeader = ULTRASOUND, policy: str = "quarantine", **options: Any
) -> PixelWork:
    rules = (PixelRule("r", 0, operations),) if operations else ()
    return judge(rules, facts, header, policy=policy, **options)


def refused(code: str, *operations: Operation, **options: Any) -> None:
    with pytest.raises(Refusal) as caught:
        judged(*operations, **options)
    assert caught.value.code == code


def test_an_object_that_may_carry_text_follows_the_policy_when_nothing_judges_it() -> None:
    refused("unmatched-pixels")
    refused("read-text-unavailable", policy="read-text")
    with pytest.raises(Refusal) as caught:
        judged()
    assert caught.value.record() == {"code": "unmatched-pixels", "reason": "ultrasound"}
    assert judged(policy="accept").unjudged == "ultrasound"
    assert judged(accepted=True).unjudged == "ultrasound"


def test_an_object_that_cannot_carry_text_needs_no_rule() -> None:
    assert judged(facts=CT_FACTS, header=CT) == PixelWork()
    assert judged(facts=PixelFacts("1.2.840.10008.1.2.1")) == PixelWork()


@pytest.mark.parametrize("operation", [Blank(BOX), Clean(), Blank(Everything(), outside=True)])
def test_blank_and_clean_judge(operation: Operation) -> None:
    work = judged(operation)
    assert work.unjudged == "" and work.rules == ("r",)


@pytest.mark.parametrize("what", ["overlays", "high-bit-overlays"])
def test_strip_judges_nothing(what: str) -> None:
    refused("unmatched-pixels", Strip(what))


def test_reading_text_is_refused_until_there_is_a_reader() -> None:
    refused("read-text-unavailable", ReadText(Everything()), policy="accept")


def test_every_frame_has_to_be_judged() -> None:
    refused("unmatched-pixels", Blank(BOX, frames=((1, 4), (6, 10))))
    refused("unmatched-pixels", Blank(BOX, frames=((1, 9),)))
    refused("unmatched-pixels", Blank(BOX, frames=((2, 10),)))
    work = judged(Blank(BOX, frames=((1, 5),)), Blank(Rectangle(0, 0, 1, 1), frames=((6, 10),)))
    assert work.frames == (FrameBlanks(0, 5, (BOX,)), FrameBlanks(5, 10, (Rectangle(0, 0, 1, 1),)))


def test_overlay_planes_that_stay_have_to_be_judged_whatever_the_modality() -> None:
    for facts, header in ((replace(FACTS, planes=(PLANE,)), ULTRASOUND), (replace(CT_FACTS, planes=(PLANE,)), CT)):
        refused("unmatched-pixels", Blank(BOX), facts=facts, header=header)
        assert judged(Blank(BOX), facts=facts, header=header, policy="accept").unjudged == "overlay-plane"
        assert not judged(Blank(BOX), Blank(BOX, overlay="6000"), facts=facts, header=header).unjudged
        assert not judged(Clean(), facts=facts, header=header).unjudged
        assert not judged(Blank(BOX), facts=facts, header=header, removed_overlays=frozenset({0x6000})).unjudged
        refused("unmatched-pixels", Blank(BOX), Blank(BOX, overlay="6002"), facts=facts, header=header)
    only_plane = PixelFacts("1.2.840.10008.1.2.1", planes=(PLANE,))
    refused("unmatched-pixels", facts=only_plane)
    assert judged(Blank(BOX, overlay="*"), facts=only_plane).changes_overlays


def test_frames_of_a_plane_have_to_be_judged() -> None:
    plane = replace(PLANE, frames=3, first_frame=4, every_frame=False, length=225)
    facts = replace(FACTS, planes=(plane,))
    refused("unmatched-pixels", Blank(BOX), Blank(BOX, overlay="*", frames=((5, 6),)), facts=facts)
    work = judged(Blank(BOX), Blank(BOX, overlay="*", frames=((5, 7),)), facts=facts)
    assert [(span.first, span.stop) for span in work.planes[0].frames] == [(0, 3)]


def test_removed_pixel_data_asks_for_nothing() -> None:
    assert judged(Blank(BOX), keeps_pixels=False).frames == ()
    assert judged(keeps_pixels=False).unjudged == ""


def test_a_frame_beyond_the_last_counts_as_outside() -> None:
    for span in ((11, 11), (5, 11)):
        refused("rectangle-outside-image", Blank(BOX, frames=(span,)), policy="accept")
    work = judged(Blank(BOX, frames=((5, 11), (20, 30)), clipped=True), policy="accept")
    assert work.frames == (FrameBlanks(4, 10, (BOX,)),)
    refused("rectangle-outside-image", Blank(Rectangle(0, 0, 31, 1)), policy="accept")


def test_a_refusal_names_the_rule_and_no_value() -> None:
    with pytest.raises(Refusal) as caught:
        judged(Blank(Rectangle(0, 0, 31, 1)))
    assert caught.value.record() == {"code": "rectangle-outside-image", "rule": "r"}


def test_two_outsides_keep_the_intersection() -> None:
    rules = (
        PixelRule("a", 0, (Blank(Rectangle(0, 0, 20, 20), outside=True),)),
        PixelRule("b", 0, (Blank(Rectangle(10, 10, 30, 20), outside=True),)),
    )
    work = judge(rules, FACTS, ULTRASOUND, policy="quarantine")
    blanked = {(x, y) for r in work.frames[0].rectangles for x in range(r.left, r.right) for y in range(r.top, r.bottom)}
    assert {(x, y) for x in range(30) for y in range(20)} - blanked == {(x, y) for x in range(10, 20) for y in range(10, 20)}
    assert work.rules == ("a", "b")


def test_ultrasound_regions_are_the_objects_own_and_combine_with_rectangles() -> None:
    refused("no-ultrasound-regions", Blank(UltrasoundRegions(), outside=True), policy="accept")
    region = Rectangle(5, 5, 25, 20)
    work = judged(Blank(UltrasoundRegions(), outside=True), Blank(BOX), facts=replace(FACTS, regions=(region,)))
    blanked = {(x, y) for r in work.frames[0].rectangles for x in range(r.left, r.right) for y in range(r.top, r.bottom)}
    kept = {(x, y) for x in range(5, 25) for y in range(5, 20)} - {(x, y) for x in range(2, 9) for y in range(3, 8)}
    assert {(x, y) for x in range(30) for y in range(20)} - blanked == kept


@given(st.lists(st.tuples(st.integers(1, FRAMES), st.integers(0, 5), st.booleans()), max_size=6))
def test_frames_of_all_rules_add_up(spans: list[tuple[int, int, bool]]) -> None:
    boxes = {False: BOX, True: Rectangle(0, 0, 4, 4)}
    operations = [Blank(boxes[which], frames=((first, min(FRAMES, first + more)),)) for first, more, which in spans]
    rules = tuple(PixelRule(f"r{number}", 0, (operation,)) for number, operation in enumerate(operations))
    work = judge(rules, FACTS, ULTRASOUND, policy="accept")
    for frame in range(FRAMES):
        expected = {
            (x, y)
            for first, more, which in spans
            if first - 1 <= frame < first + more
            for x in range(boxes[which].left, boxes[which].right)
            for y in range(boxes[which].top, boxes[which].bottom)
        }
        held = [span for span in work.frames if span.first <= frame < span.stop]
        assert len(held) == bool(expected)
        got = {(x, y) for r in (held[0].rectangles if held else ()) for x in range(r.left, r.right) for y in range(r.top, r.bottom)}
        assert got == expected
    assert all(one.stop <= other.first for one, other in zip(work.frames, work.frames[1:], strict=False))


def test_a_label_belongs_to_blanked_frames() -> None:
    assert judged(Blank(BOX), Label("A"), Label("B"), Label("A")).label == "A B"
    assert judged(Clean(), Label("A")).label == ""


def test_regions_are_read_inclusive_and_all_or_none() -> None:
    from pixel_objects import dataset, instance
    from pydicom.dataset import Dataset

    def region(*corners: int) -> Dataset:
        item = Dataset()
        item.RegionLocationMinX0, item.RegionLocationMinY0, item.RegionLocationMaxX1, item.RegionLocationMaxY1 = corners
        return item

    made = dataset(SequenceOfUltrasoundRegions=[region(1, 1, 3, 4), region(0, 0, 7, 5)])
    assert read_facts(instance(made)).regions == (Rectangle(1, 1, 4, 5), Rectangle(0, 0, 8, 6))
    made.SequenceOfUltrasoundRegions[1].RegionLocationMaxX1 = 9  # beyond the image: the regions speak of another one
    assert read_facts(instance(made)).regions == ()
    made.SequenceOfUltrasoundRegions[1].RegionLocationMaxX1 = 8
    assert len(read_facts(instance(made)).regions) == 2
    del made.SequenceOfUltrasoundRegions[1].RegionLocationMaxX1
    assert read_facts(instance(made)).regions == ()
