"""What went wrong elsewhere: twelve failures of other tools, each as a test that their behaviour would fail.

The numbers are those of the table "What went wrong elsewhere" in the notes on the language's design; the peer is named in each test.
"""

from __future__ import annotations

import numpy
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from deidrules.compile.compiler import compile_layers, compile_text
from deidrules.compile.model import Compilation
from deidrules.engine.memory import deidentify
from deidrules.plan.model import Plan, Policies
from deidrules.plan.pixels import Blank
from deidrules.text.refusal import Refusal

X = Policies("X", unmatched_pixels="accept", unknown_sop_class="strictest")
K = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")


def plan(text: str, policies: Policies = X) -> Plan:
    compilation = compile_text("deidrules 1\n" + text + "\n", policies=policies)
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def refused(text: str, policies: Policies = X) -> Compilation:
    compilation = compile_text("deidrules 1\n" + text + "\n", policies=policies)
    assert compilation.plan is None
    assert compilation.failed
    return compilation


def stacked(*texts: str, policies: Policies = K) -> Compilation:
    return compile_layers([(f"layer-{number}", "deidrules 1\n" + text + "\n") for number, text in enumerate(texts)], policies)


def item(**elements: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def person(**elements: object) -> Dataset:
    return item(SOPClassUID="1.2.840.10008.5.1.4.1.1.2", SOPInstanceUID="2.25.1", PatientID="4711", PatientName="DOE^JANE", **elements)


def image(frames: int = 1, *, rows: int = 16, columns: int = 16, regions: list[tuple[int, int, int, int]] = ()) -> Dataset:  # type: ignore[assignment]
    dataset = person(Modality="US", Rows=rows, Columns=columns, SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2")
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.NumberOfFrames = frames
    if regions:
        dataset.SequenceOfUltrasoundRegions = Sequence(
            [
                item(
                    RegionSpatialFormat=1,
                    RegionDataType=1,
                    RegionFlags=0,
                    RegionLocationMinX0=left,
                    RegionLocationMinY0=top,
                    RegionLocationMaxX1=right,
                    RegionLocationMaxY1=bottom,
                )
                for left, top, right, bottom in regions
            ]
        )
    dataset.PixelData = b"\xc8" * (frames * rows * columns)
    dataset["PixelData"].VR = "OB"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def pixels(dataset: Dataset) -> numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]:
    return numpy.frombuffer(dataset.PixelData, dtype=numpy.uint8).reshape(-1, dataset.Rows, dataset.Columns)


# ---- 1, pydicom/deid: a line that is not understood is dropped and the name stays


@pytest.mark.parametrize("line", ["REMOV PatientName", "remove PatientName", "REMOVE PatientName", "x PatientName", "XX PatientName"])
def test_1_a_line_that_is_not_understood_is_an_error_in_its_place(line: str) -> None:
    found = refused("K Modality\n" + line).diagnostics
    assert any(diagnostic.span.line == 3 and diagnostic.code.startswith("DR") for diagnostic in found)


def test_1_a_mistyped_keyword_is_an_error_with_a_suggestion() -> None:
    found = refused("X PatientNmae").diagnostics
    assert [diagnostic.span.text for diagnostic in found] == ["PatientNmae"]
    assert "`PatientName`" in found[0].help


# ---- 2, pydicom/deid: an undefined variable or function leaves the value


@pytest.mark.parametrize("value", ["nobody", "mask(PatientID)", "pseudonym(PatientNmae)"])
def test_2_an_undefined_name_in_a_value_is_an_error(value: str) -> None:
    refused(f"D PatientID = {value}")


def test_2_a_step_that_cannot_be_applied_refuses_the_instance() -> None:
    shifting = plan("U SOPInstanceUID\nD PatientID = pseudonym(PatientID)\nC StudyDate = shift(per: PatientID, within: 30 days)")
    with pytest.raises(Refusal) as caught:
        deidentify(person(StudyDate="2024-03"), shifting)
    assert "2024" not in str(caught.value)


# ---- 3, pydicom/deid: KEEP is strongest, a kept sequence keeps every name in it


@pytest.mark.parametrize("order", [("K RequestAttributesSequence", "X OperatorsName"), ("X OperatorsName", "K RequestAttributesSequence")])
def test_3_keeping_a_sequence_never_protects_what_is_in_it(order: tuple[str, str]) -> None:
    nested = item(OperatorsName="ROE^RICHARD", PatientName="DOE^JANE", ScheduledProcedureStepID="S1")
    out = deidentify(
        person(RequestAttributesSequence=Sequence([nested])), plan("\n".join((*order, "Z vr PN", "K ScheduledProcedureStepID")))
    )
    (inside,) = out.RequestAttributesSequence
    assert "OperatorsName" not in inside
    assert not inside.PatientName
    assert inside.ScheduledProcedureStepID == "S1"


def test_3_unlisted_elements_of_a_kept_sequence_go() -> None:
    nested = item(PatientName="DOE^JANE")
    out = deidentify(person(RequestAttributesSequence=Sequence([nested])), plan("K RequestAttributesSequence"))
    assert all("PatientName" not in inside for inside in out.get("RequestAttributesSequence", []))


# ---- 4, pydicom/deid: operators read left to right, `contains` a regular expression, `#` cuts values


def test_4_and_and_or_need_brackets_to_mix() -> None:
    line = 'reject "r" when Modality = "CT" or Modality = "MR" and Manufacturer = "ACME"'
    refused(line)
    plan(line.replace('Modality = "MR" and Manufacturer = "ACME"', '(Modality = "MR" and Manufacturer = "ACME")'))


def test_4_contains_means_the_text_itself() -> None:
    rejecting = plan('reject "r" when Manufacturer contains "ACME (Model+)"')
    with pytest.raises(Refusal):
        deidentify(person(Manufacturer="The ACME (Model+) 7"), rejecting)
    deidentify(person(Manufacturer="ACME Modelll"), rejecting)


def test_4_equal_compares_the_whole_number() -> None:
    rejecting = plan('reject "r" when Rows = 10')
    deidentify(person(Rows=100), rejecting)
    with pytest.raises(Refusal):
        deidentify(person(Rows=10), rejecting)


def test_4_a_hash_in_a_quoted_value_is_part_of_it() -> None:
    assert deidentify(person(), plan('D PatientID = "a#b"  # a comment')).PatientID == "a#b"


# ---- 5, pydicom/deid: the first file's ultrasound regions are used for every later file


def test_5_every_file_is_blanked_by_its_own_ultrasound_regions() -> None:
    outside = plan('K vr US, vr UL, PixelData\npixels "r" when Modality = "US" { blank outside ultrasound-regions }', K)
    first = pixels(deidentify(image(regions=[(1, 1, 3, 3)]), outside))[0]
    second = pixels(deidentify(image(regions=[(8, 8, 12, 12)]), outside))[0]
    assert first[1:4, 1:4].all()
    assert first.astype(bool).sum() == 9
    assert second[8:13, 8:13].all()
    assert second.astype(bool).sum() == 25


# ---- 6, pydicom/deid: two recipes with a filter of the same name, the first one's rules are lost


def test_6_a_name_used_twice_is_an_error() -> None:
    rule = 'pixels "banner" when Modality = "US" {{ blank top {rows} }}'
    compilation = stacked(rule.format(rows=2), rule.format(rows=4))
    assert compilation.plan is None
    assert any("banner" in diagnostic.message for diagnostic in compilation.diagnostics)


def test_6_pixel_rules_of_all_layers_add_up() -> None:
    compilation = stacked('pixels "a" when Modality = "US" { blank top 2 }', 'pixels "b" when Modality = "US" { blank bottom 3 }')
    assert compilation.plan is not None, compilation.diagnostics
    frame = pixels(deidentify(image(), compilation.plan))[0]
    assert not frame[:2].any()
    assert not frame[13:].any()
    assert frame[2:13].all()


# ---- 7, CTP: a mistyped function is written into the element, images that cannot be decoded pass


def test_7_a_mistyped_function_is_never_a_value() -> None:
    found = refused("D PatientID = psuedonym(PatientID)").diagnostics
    assert any("pseudonym" in diagnostic.help for diagnostic in found)


def test_7_pixels_that_cannot_be_decoded_refuse_the_instance() -> None:
    blanking = plan('pixels "r" when Modality = "US" { blank top 2 }', K)
    dataset = image()
    dataset.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x06\x00\x00\x00broken\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = RLELossless
    with pytest.raises(Refusal):
        deidentify(dataset, blanking)


# ---- 8, Karnak: overlapping wildcards are resolved by the order of a hash map


def test_8_a_tie_that_disagrees_is_an_error_that_shows_both_rules() -> None:
    found = refused("Z (0008,10xx)\nX (0008,xx30)").diagnostics
    tie = next(diagnostic for diagnostic in found if diagnostic.code.startswith("DR3"))
    assert {tie.span.line, *(note.span.line for note in tie.notes)} == {2, 3}


def test_8_a_tie_that_agrees_is_none() -> None:
    plan("X (0008,10xx)\nX (0008,xx30)")


# ---- 9, idiscore: a later wildcard never beats an earlier single tag, Remove on a sequence does nothing


def test_9_broad_over_narrow_has_to_say_which() -> None:
    below = "Z StudyDescription"
    assert stacked(below, "X (0008,10xx)").plan is None
    wins = stacked(below, "X (0008,10xx) override")
    yields = stacked(below, "X (0008,10xx) otherwise")
    assert wins.plan is not None
    assert yields.plan is not None
    dataset = person(StudyDescription="HEAD", SeriesDescription="AXIAL", StationName="ROOM 1")
    assert "StudyDescription" not in deidentify(dataset, wins.plan)
    out = deidentify(dataset, yields.plan)
    assert out.StudyDescription == ""
    assert "StationName" not in out


def test_9_a_rule_on_a_sequence_acts_on_the_sequence() -> None:
    nested = Sequence([item(PatientName="DOE^JANE")])
    assert "RequestAttributesSequence" not in deidentify(person(RequestAttributesSequence=nested), plan("X RequestAttributesSequence", K))


# ---- 10, Kitware: rules act on the root only


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_10_every_rule_reaches_every_depth(depth: int) -> None:
    dataset = item(PatientName="DOE^JANE", InstitutionName="ST ELSEWHERE", StudyDate="20240310")
    for _ in range(depth):
        dataset = item(RequestAttributesSequence=Sequence([dataset]))
    whole = person(RequestAttributesSequence=dataset.RequestAttributesSequence)
    out = deidentify(whole, plan("Z PatientName\nX InstitutionName, vr DA", K))
    for _ in range(depth):
        (out,) = out.RequestAttributesSequence
    assert not out.PatientName
    assert "InstitutionName" not in out
    assert "StudyDate" not in out


# ---- 11, SMI: rectangles read by OCR lose frame and overlay when they become rules


def test_11_a_rectangle_keeps_its_frames() -> None:
    blanking = plan('pixels "generated" when Modality = "US" {\n blank 0,0,+4,+4 frames 2\n}', K)
    first, second, third = pixels(deidentify(image(3), blanking))
    assert first.all()
    assert third.all()
    assert not second[:4, :4].any()
    assert second[4:].all()


def test_11_a_rectangle_keeps_its_overlay() -> None:
    (rule,) = plan('pixels "generated" when Modality = "US" {\n blank 1,1,+2,+2 overlay 6002 frames 1..3, 7\n}', K).pixels
    (blank,) = rule.operations
    assert isinstance(blank, Blank)
    assert blank.overlay == "6002"
    assert blank.frames == ((1, 3), (7, 7))


# ---- 12, Google: removeTag empties, deleteTag removes


def test_12_the_letters_of_the_standard_do_what_the_standard_says() -> None:
    out = deidentify(person(StudyDescription="HEAD"), plan("X PatientName\nZ StudyDescription\nK PatientID", K))
    assert "PatientName" not in out
    assert out["StudyDescription"].value in ("", None)
    assert out.PatientID == "4711"


@pytest.mark.parametrize("verb", ["removeTag", "deleteTag", "DELETE", "BLANK", "R"])
def test_12_there_are_no_other_verbs(verb: str) -> None:
    refused(f"{verb} PatientName")
