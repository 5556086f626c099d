"""The tests of recipes: every kind of expectation both ways, what can be given, and the command."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deidrules.cli.main import main
from deidrules.compile.selectors import Selectors
from deidrules.dicom.reader import read
from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.pixels.facts import read_facts
from deidrules.pixels.fill import encode, fill_of
from deidrules.rehearsal.given import make
from deidrules.rehearsal.image import INTERPRETATIONS, PIXEL_DATA
from deidrules.rehearsal.model import Rehearsal
from deidrules.rehearsal.rehearse import rehearse_profile, rehearse_recipe
from deidrules.text.codes import CODES
from deidrules.text.excerpt import excerpt
from deidrules.text.source import Source

ROOT = Path(__file__).resolve().parents[1]
US = 'Modality = "US", Rows = 20, Columns = 30'
BANNER = 'pixels "banner" when Modality = "US" { blank 0,0,+30,+5 }'
TWO = 'pixels "second frame" when Modality = "US" { blank 0,0,+30,+5 frames 2\nclean }'
DATES = "C vr DA, vr DT = shift(per: PatientID, within: 365 days)"
STUDY = 'PatientID = "4711", StudyDate = "20240310"'


def rehearse(rules: str, test: str) -> Rehearsal:
    """A recipe of some rules and one test, run alone."""
    return rehearse_recipe(Source("a.recipe", f'deidrules 1\n\n{rules}\n\ntest "it" {{\n{test}\n}}\n'))


def outcome(rules: str, test: str) -> list[tuple[str, str]]:
    """(code, the words under the caret) of each finding."""
    rehearsal = rehearse(rules, test)
    assert not rehearsal.errors, "\n\n".join(map(excerpt, rehearsal.errors))
    (one,) = rehearsal.tests
    assert one.passed is not bool(one.findings)
    return [(finding.code, finding.span.text) for finding in one.findings]


# rules, what is given, what is expected and holds, what is expected and does not (with the code, and the words the caret stands under)
BOTH_WAYS = [
    ("K Modality", 'Modality = "CT", PatientName = "DOE^JANE"', "removed PatientName", "removed Modality", "DR520", "Modality"),
    ("Z PatientName", 'PatientName = "DOE^JANE", PatientID = "1"', "emptied PatientName", "emptied PatientID", "DR520", "PatientID"),
    ('D PatientName = "ANONYMOUS"', 'PatientName = "DOE^JANE"', "replaced PatientName", "kept PatientName", "DR520", "PatientName"),
    ("Z PatientID", 'PatientName = "DOE^JANE", PatientID = "1"', "emptied PatientID", "replaced PatientID", "DR520", "PatientID"),
    ('D PatientName = "XJANES"', 'PatientName = "DOE^JANE"', 'PatientName loses "DOE"', "replaced PatientName", "DR520", "PatientName"),
    (
        "U StudyInstanceUID",
        'StudyInstanceUID = "1.2.25.3"',
        "replaced StudyInstanceUID",
        "kept StudyInstanceUID",
        "DR520",
        "StudyInstanceUID",
    ),
    ("K StudyDate", STUDY, "kept StudyDate", "replaced StudyDate", "DR520", "StudyDate"),
    ("K StudyDate", STUDY, "kept StudyDate", "emptied StudyDate", "DR520", "StudyDate"),
    ("K PatientName", 'PatientName = "DOE^JANE", PatientID = "1"', "kept PatientName", "kept PatientID", "DR520", "PatientID"),
    (
        "C StudyDescription\nK SeriesDescription",
        'PatientName = "DOE^JANE", StudyDescription = "HEAD of Jane Doe", SeriesDescription = "HEAD"',
        "cleaned StudyDescription",
        "cleaned SeriesDescription",
        "DR520",
        "SeriesDescription",
    ),
    (
        "C StudyDescription",
        'PatientName = "DOE^JANE", StudyDescription = "HEAD of Jane Doe", StudyDate = "20240310"',
        "cleaned StudyDescription",
        "cleaned StudyDate",
        "DR520",
        "StudyDate",
    ),
    (DATES, STUDY, "shifted StudyDate", "kept StudyDate", "DR520", "StudyDate"),
    (DATES, STUDY, "replaced StudyDate", "shifted PatientID", "DR520", "PatientID"),
    ("K StudyDate", STUDY, "kept StudyDate", "shifted StudyDate", "DR520", "StudyDate"),
    (
        DATES,
        'PatientID = "4711", AcquisitionDateTime = "20240310101530.5+0100"',
        "shifted AcquisitionDateTime",
        "emptied AcquisitionDateTime",
        "DR520",
        "AcquisitionDateTime",
    ),
    ('D PatientName = "A"', 'PatientName = "DOE"', 'PatientName = "A"', 'PatientName = "B"', "DR520", "PatientName"),
    ("K SliceThickness, Rows", 'SliceThickness = "5.0", Rows = 3', "SliceThickness = 5", "Rows = 4", "DR520", "Rows"),
    (
        "K ImageType",
        'ImageType = ["ORIGINAL", "PRIMARY"]',
        'ImageType = ["ORIGINAL", "PRIMARY"]',
        'ImageType = "ORIGINAL"',
        "DR520",
        "ImageType",
    ),
    ('add PatientComments = "none"', 'PatientID = "1"', 'PatientComments = "none"', "PatientID = 1", "DR520", "PatientID"),
    ("Z PatientName", 'PatientName = "DOE"', 'PatientName = ""', 'PatientName = "DOE"', "DR520", "PatientName"),
    (
        "C StudyDescription",
        'PatientName = "DOE^JANE", StudyDescription = "HEAD of Jane Doe"',
        'StudyDescription keeps "head" loses "Jane"',
        'StudyDescription keeps "Jane"',
        "DR520",
        'expect StudyDescription keeps "Jane"',
    ),
    (
        "K StudyDescription",
        'StudyDescription = "HEAD of Jane Doe"',
        'StudyDescription keeps "of Jane"',
        'StudyDescription keeps "HEAD" loses "Doe"',
        "DR520",
        'expect StudyDescription keeps "HEAD" loses "Doe"',
    ),
    (BANNER, US, "blanked 0,0,+30,+5", "blanked 0,0,+30,+6", "DR520", "0,0,+30,+6"),
    (BANNER, US, "untouched 0,5,30,20", "untouched 0,4,30,20", "DR520", "0,4,30,20"),
    (BANNER, US, "untouched 29,19,30,20", "untouched 29,4,30,5", "DR520", "29,4,30,5"),
    (TWO, f"{US}, NumberOfFrames = 3", "blanked 0,0,30,5 frames 2", "blanked 0,0,30,5", "DR520", "0,0,30,5"),
    (TWO, f"{US}, NumberOfFrames = 3", "untouched 0,0,30,20 frames 1, 3..3", "untouched 0,0,30,5 frames 1..2", "DR520", "0,0,30,5"),
    (f"{BANNER}\nX PixelData", US, "removed PixelData", "blanked 0,0,+30,+5", "DR520", "0,0,+30,+5"),
    (
        'reject "a, b" when Modality = "SR"',
        'Modality = "SR"',
        'reject "a, b"',
        'quarantine "quarantined"',
        "DR521",
        'expect quarantine "quarantined"',
    ),
    ('reject "a" when Modality = "SR"', 'Modality = "SR"', 'reject "a"', "removed Modality", "DR521", "expect removed Modality"),
    (
        'quarantine "a" when Modality = "SR"\nquarantine "b" when Modality = "CT"',
        'Modality = "SR"',
        'quarantine "a"',
        'quarantine "b"',
        "DR520",
        'expect quarantine "b"',
    ),
    ('accept "a" when Modality = "OT"', 'Modality = "OT"', 'accept "a"', 'accept "b"', "DR525", 'expect accept "b"'),
    ('accept "a" when Modality = "OT"', 'Modality = "CT"', "removed Modality", 'accept "a"', "DR520", 'expect accept "a"'),
    ('quarantine "a" when Modality = "OT"', 'Modality = "OT"', 'quarantine "a"', 'reject "a"', "DR525", 'expect reject "a"'),
    ("K PixelData", f"{US}", 'quarantine "unmatched-pixels"', 'quarantine "missing-key"', "DR521", 'expect quarantine "missing-key"'),
    (DATES, 'StudyDate = "20240310"', 'quarantine "missing-key"', "shifted StudyDate", "DR521", "expect shifted StudyDate"),
    ("K Modality", 'Modality = "CT"', "kept Modality", 'quarantine "missing-key"', "DR520", 'expect quarantine "missing-key"'),
    ("K Modality", 'Modality = "CT"', "kept Modality", "removed PatientName", "DR522", "PatientName"),
    ("K Modality", 'Modality = "CT"', "kept Modality", "removed private", "DR522", "private"),
    ("K Modality", 'Modality = "CT"', "kept Modality", 'PatientName loses "x"', "DR522", "PatientName"),
    (
        "C StudyDescription",
        'StudyDescription = "HEAD"',
        'StudyDescription keeps "HEAD"',
        'StudyDescription loses "Doe"',
        "DR522",
        'expect StudyDescription loses "Doe"',
    ),
    ("K Modality", 'Modality = "CT"', "kept Modality", "untouched 0,0,+1,+1", "DR522", "0,0,+1,+1"),
    (BANNER, US, "blanked 0,0,30,5", "untouched 0,5,31,20", "DR522", "0,5,31,20"),
    (BANNER, US, "blanked 0,0,30,5", "untouched 0,5,30,20 frames 1..2", "DR522", "1..2"),
    # places
    (
        "K PatientID, OtherPatientIDsSequence\nX top / PatientID",
        'PatientID = "1", OtherPatientIDsSequence / PatientID = "1"',
        "kept OtherPatientIDsSequence / PatientID",
        "kept PatientID",
        "DR520",
        "PatientID",
    ),
    (
        "K Modality",
        'Modality = "CT", OtherPatientIDsSequence / PatientID = "1"',
        "removed OtherPatientIDsSequence, PatientID",
        "kept OtherPatientIDsSequence",
        "DR520",
        "OtherPatientIDsSequence",
    ),
    (
        "Z OtherPatientIDsSequence",
        'OtherPatientIDsSequence / PatientID = "1"',
        "emptied OtherPatientIDsSequence",
        "replaced OtherPatientIDsSequence",
        "DR520",
        "OtherPatientIDsSequence",
    ),
    (
        "K OtherPatientIDsSequence",
        'OtherPatientIDsSequence / PatientID = "1"',
        "kept OtherPatientIDsSequence",
        "emptied OtherPatientIDsSequence",
        "DR520",
        "OtherPatientIDsSequence",
    ),
    (
        'K (0019,"ACME 1",0C)',
        '(0019,"ACME 1",0C) = 3, (0019,"ACME 1",0D) = "DOE", (0019,"Other",0C) = "ROE"',
        'removed (0019,"OTHER",0C), (0019,"ACME 1",0D)',
        "removed private",
        "DR520",
        "private",
    ),
    (
        'K (0019,"ACME 1",01), CodeValue',
        '(0019,"ACME 1",01) / CodeValue = "A", (0019,"ACME 1",01) / CodeMeaning = "B"',
        'kept (0019,"ACME 1",01) / CodeValue',
        'kept (0019,"ACME 1",01) / CodeMeaning',
        "DR520",
        '(0019,"ACME 1",01) / CodeMeaning',
    ),
    ("set dates = StudyDate, SeriesDate\nX dates\nK PatientID", STUDY, "removed dates", "kept dates", "DR520", "dates"),
]


@pytest.mark.parametrize(
    ("rules", "given", "holds", "fails", "code", "under"), BOTH_WAYS, ids=[f"{number} {row[3]}" for number, row in enumerate(BOTH_WAYS)]
)
def test_an_expectation_holds_or_is_found_wanting(rules: str, given: str, holds: str, fails: str, code: str, under: str) -> None:
    assert outcome(rules, f"given {given}\nexpect {holds}") == []
    assert outcome(rules, f"given {given}\nexpect {fails}") == [(code, under)]


def test_every_kind_of_outcome_is_in_the_table_both_ways() -> None:
    held = {row[2].split()[0] for row in BOTH_WAYS}
    failed = {row[3].split()[0] for row in BOTH_WAYS}
    words = {"removed", "emptied", "replaced", "kept", "cleaned", "shifted", "blanked", "untouched", "reject", "quarantine", "accept"}
    assert words <= held
    assert words <= failed


def test_the_codes_of_tests_are_all_met() -> None:
    met = {row[4] for row in BOTH_WAYS} | {"DR523", "DR524"}  # the last two below
    assert met == {code for code in CODES if code.startswith("DR52")}


def test_a_mask_passes_over_what_is_the_engines_own() -> None:
    rules, given = "K Modality", 'Modality = "CT", SOPClassUID = "1.2.840.10008.5.1.4.1.1.2", StudyDate = "20240310", StudyTime = "10"'
    assert outcome(rules, f"given {given}\nexpect removed (0008,002x), (0008,003x)\nexpect kept SOPClassUID") == []
    assert outcome(rules, f"given {given}\nexpect removed (0008,001x)") == [("DR522", "(0008,001x)")]


def test_every_finding_of_a_test_is_said_and_a_refusal_once() -> None:
    given = 'given PatientName = "DOE^JANE", StudyID = "1", StudyDate = "20240310"'
    assert len(outcome("K Modality", f"{given}\nexpect kept PatientName, StudyID\nexpect shifted StudyDate")) == 3
    assert len(outcome(DATES, f"{given}\nexpect kept PatientName, StudyID\nexpect shifted StudyDate")) == 1


def test_the_message_says_what_became_of_the_value() -> None:
    (test,) = rehearse('D PatientName = "JANE DOE"', 'given PatientName = "DOE^JANE"\nexpect replaced PatientName').tests
    assert "\n\n".join(map(excerpt, test.findings)) == (
        "error[DR520]: expected to be replaced, `PatientName` still has `doe` of the old value: `JANE DOE`\n"
        " --> a.recipe:7:17\n"
        "  |\n"
        "7 | expect replaced PatientName\n"
        "  |                 ^^^^^^^^^^^"
    )


def test_a_refusal_is_said_with_its_code_and_meaning() -> None:
    (test,) = rehearse(DATES, 'given StudyDate = "20240310"\nexpect shifted StudyDate').tests
    (finding,) = test.findings
    assert finding.message.startswith("nothing comes out, the object is refused: `missing-key` at `StudyDate`: what keys a function")


def test_a_test_that_expects_nothing_fails() -> None:
    assert [code for code, _ in outcome("K Modality", 'given Modality = "CT"')] == ["DR524"]


# ---- what is given


def instance(given: str) -> bytes:
    recipe, said = parse(Source("a.recipe", f'deidrules 1\n\ntest "it" {{\ngiven {given}\nexpect kept Modality\n}}\n'))
    assert recipe is not None, said
    (test,) = recipe.statements
    assert isinstance(test, ast.Test)
    made, problems = make(test, Selectors({}, []))
    assert made is not None, problems
    return made.data


@pytest.mark.parametrize(
    ("given", "under"),
    [
        ('Rows = "many"', '"many"'),
        ('StudyDate = "yesterday"', '"yesterday"'),
        ("SliceThickness = 5 days", "5 days"),
        (f'AccessionNumber = "{"A" * 17}"', f'"{"A" * 17}"'),
        ('OtherPatientIDsSequence = "1"', "OtherPatientIDsSequence"),
        ('* / PatientID = "1"', "* / PatientID"),
        (f'(0019,"{"A" * 65}",01) = "1"', '"1"'),
        ('TransferSyntaxUID = "1.2.3"', '"1.2.3"'),
        ('TransferSyntaxUID = "1.2.840.10008.1.2.4.50", Rows = 3, Columns = 3', '"1.2.840.10008.1.2.4.50"'),
        ('Rows = 3, Columns = 3, PhotometricInterpretation = "YBR_FULL_422"', '"YBR_FULL_422"'),
        ('Rows = 3, Columns = 3, PhotometricInterpretation = "RGB", SamplesPerPixel = 1', "1"),
        ("Rows = 3, Columns = 3, BitsAllocated = 12", "12"),
        ("Rows = 3, Columns = 3, BitsStored = 17", "17"),
        ("Rows = 3, Columns = 3, HighBit = 16", "16"),
        ("Rows = 3, Columns = 0", "0"),
        ("Rows = 60000, Columns = 60000", "60000"),
        ('SpecificCharacterSet = "ISO_IR 100", PatientName = "山田"', '"山田"'),
        ('OtherPatientIDsSequence / SpecificCharacterSet = "ISO_IR 100"', "OtherPatientIDsSequence / SpecificCharacterSet"),
    ],
)
def test_what_cannot_stand_in_an_object_is_found(given: str, under: str) -> None:
    assert outcome("K Modality", f'given Modality = "CT", {given}\nexpect kept Modality') == [("DR523", under)]


@pytest.mark.parametrize(
    "given",
    [
        'PatientName = "Müller^山田"',
        'SpecificCharacterSet = "ISO_IR 100", PatientName = "Müller"',
        'FrameIncrementPointer = "FrameTime"',
        'FrameIncrementPointer = "(0018,1063)"',
        'EncapsulatedDocument = "a document"',
        'PixelRepresentation = 1, SmallestImagePixelValue = "-5"',
        "PixelSpacing = [0.5, 0.25]",
        "SelectorFDValue = [0.5, -2]",
        'PatientName = ""',
        '(0012,3456) = "no tag of the dictionary"',
        'TransferSyntaxUID = "1.2.840.10008.1.2.4.50"',
    ],
)
def test_what_is_given_stands_in_the_object(given: str) -> None:
    found = read(instance(f'Modality = "CT", {given}'))
    assert not found.dropped
    assert not found.odd_lengths
    assert outcome("K Modality", f'given Modality = "CT", {given}\nexpect kept Modality') == []


def test_what_the_reader_refuses_is_no_object_of_a_test() -> None:
    given = 'Modality = "CT", MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"'
    ((code, _),) = outcome("K Modality", f"given {given}\nexpect kept Modality")
    assert code == "DR523"


def test_what_is_not_given_is_absent() -> None:
    assert [element.tag for element in read(instance('PatientName = "DOE", Modality = "CT"')).elements] == [0x00080060, 0x00100010]
    assert {element.tag for element in read(instance('Modality = "CT", Rows = 2')).elements} == {0x00080060, 0x00280010}


def test_several_lines_fill_one_item_and_one_private_block() -> None:
    found = read(
        instance(
            'OtherPatientIDsSequence / PatientID = "1", OtherPatientIDsSequence / TypeOfPatientID = "TEXT", '
            '(0019,"A",01) = 1, (0019,"A",02) = 2'
        )
    )
    assert [len(element.items or ()) for element in found.elements] == [1, 0, 0, 0]
    assert [element.creator for element in found.elements] == [None, None, "A", "A"]


SYNTAXES = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    "layout",
    [
        "NumberOfFrames = 3",
        "BitsAllocated = 16, BitsStored = 12, PixelRepresentation = 1",
        "BitsAllocated = 16, BitsStored = 12, HighBit = 15",
        'PhotometricInterpretation = "MONOCHROME1"',
        'PhotometricInterpretation = "MONOCHROME1", BitsAllocated = 1, NumberOfFrames = 2',
        "BitsAllocated = 1",
        "SamplesPerPixel = 3, PlanarConfiguration = 1, NumberOfFrames = 2",
        'PhotometricInterpretation = "YBR_FULL", Columns = 31',
        'PhotometricInterpretation = "PALETTE COLOR"',
        "BitsAllocated = 32",
    ],
)
def test_blanked_and_untouched_are_told_apart_in_every_layout(syntax: str, layout: str) -> None:
    size = "Rows = 20" if "Columns" in layout else "Rows = 20, Columns = 30"
    given = f'given TransferSyntaxUID = "{syntax}", Modality = "US", {size}, {layout}'
    good = "expect blanked 3,0,+20,+5\nexpect untouched 0,5,30,20\nexpect untouched 0,0,3,5\nexpect untouched 23,0,30,5"
    bad = [
        f"expect {what}"
        for what in ("blanked 2,0,23,5", "blanked 3,0,24,5", "untouched 0,0,4,1", "untouched 0,4,30,20", "untouched 3,0,23,5")
    ]
    rules = 'pixels "a" when Modality = "US" { blank 3,0,+20,+5 }'
    assert outcome(rules, f"{given}\n{good}") == []
    assert [code for code, _ in outcome(rules, "\n".join([given, *bad]))] == ["DR520"] * len(bad)


def test_a_label_in_a_blanked_area_leaves_it_blanked() -> None:
    rules = 'pixels "a" when Modality = "US" { blank 0,0,60,20\nlabel "X" }'
    given = 'given Modality = "US", Rows = 40, Columns = 60'
    assert outcome(rules, f"{given}\nexpect blanked 0,0,60,20\nexpect untouched 0,20,60,40") == []
    assert outcome(rules, f"{given}\nexpect blanked 0,0,60,21") == [("DR520", "0,0,60,21")]


@pytest.mark.parametrize(
    ("photometric", "signed", "bits"), list(product(INTERPRETATIONS, (0, 1), ((8, 8), (16, 12), (16, 16), (8, 4), (32, 32))))
)
def test_no_sample_of_the_pattern_is_that_of_a_blanked_pixel(photometric: str, signed: int, bits: tuple[int, int]) -> None:
    allocated, stored = bits
    found = read(
        instance(
            f'Rows = 9, Columns = 11, PhotometricInterpretation = "{photometric}", PixelRepresentation = {signed}, '
            f"SamplesPerPixel = {INTERPRETATIONS[photometric]}, BitsAllocated = {allocated}, BitsStored = {stored}"
        )
    )
    facts = read_facts(found)
    fill = fill_of(found, facts)
    raw, size = found.raw(found.index[PIXEL_DATA]), allocated // 8
    samples = {raw[at : at + size] for at in range(0, len(raw) - len(raw) % size, size)} - ({b"\0"} if facts.native_length % 2 else set())
    assert len(samples) > 1
    for colour in (fill.black, fill.white):
        (pixel,) = encode(colour, facts, extend_sign=True)
        assert not samples & {pixel[at : at + size] for at in range(0, len(pixel), size)}


# ---- what a test runs against


def test_a_recipe_of_pixel_rules_alone_has_pixels_to_look_at() -> None:
    assert outcome(BANNER, f"given {US}\nexpect untouched 0,5,30,20") == []
    assert outcome("K Modality", f"given {US}\nexpect removed PixelData") == []


def test_an_override_that_meets_nothing_and_a_parameter_without_value_are_no_hindrance() -> None:
    rules = 'param study: text\nD PatientID = study + "-1" override Z because "protocol 1"\nwithout "other" because "old"'
    assert outcome(rules, 'given PatientID = "4711"\nexpect PatientID = "PARAMETER-1"') == []


def test_an_object_without_sop_class_is_judged_and_one_of_an_unknown_class_follows_the_policy() -> None:
    assert outcome("K Modality", 'given Modality = "CT"\nexpect kept Modality') == []
    assert outcome("K Modality", 'given Modality = "CT", SOPClassUID = ""\nexpect kept Modality') == []
    assert outcome("K Modality", 'given Modality = "CT", SOPClassUID = "1.2.3"\nexpect quarantine "unknown-sop-class"') == []


def test_a_condition_on_the_file_meta_information_can_be_met() -> None:
    rules = 'when MediaStorageSOPClassUID = "1.2.3" { K Modality }'
    assert outcome(rules, 'given Modality = "CT", MediaStorageSOPClassUID = "1.2.3"\nexpect kept Modality') == []
    assert outcome(rules, 'given Modality = "CT"\nexpect removed Modality') == []


def test_a_recipe_that_does_not_compile_runs_no_test() -> None:
    rehearsal = rehearse("X PatientNmae", 'given PatientName = "D"\nexpect removed PatientName')
    assert [error.code for error in rehearsal.errors] == ["DR101"]
    assert (rehearsal.tests, rehearsal.not_run, rehearsal.passed) == ((), 1, False)


def test_the_same_test_comes_out_the_same() -> None:
    test = 'given PatientID = "4711"\nexpect PatientID = "x"'
    one, two = (rehearse("D PatientID = pseudonym(PatientID)", test).tests[0].findings[0].message for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    "place", ["us-example", "keep-list", *sorted(str(path) for path in (ROOT / "examples").glob("[0-9]*"))], ids=lambda p: Path(p).name
)
def test_the_tests_of_shipped_profiles_and_examples_pass(place: str) -> None:
    rehearsal = rehearse_profile(place)
    assert rehearsal.passed, "\n\n".join(excerpt(finding) for test in rehearsal.tests for finding in test.findings)
    assert rehearsal.tests or "04" in place


# ---- the command

PROFILE = "profile: one\nversion: 1.0.0\nlanguage: 1\nrecipes: [main.recipe]\ntests: [tests/all.recipe]\npolicies:\n  unlisted: K\n"
MAIN = """\
deidrules 1

X PatientName

test "alone" {
    given PatientName = "A", PatientID = "1"
    expect removed PatientName, PatientID
}
"""
ALL = """\
deidrules 1

test "whole" {
    given PatientName = "A", PatientID = "1"
    expect removed PatientName
    expect kept PatientID
}
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    place = tmp_path / "one"
    (place / "tests").mkdir(parents=True)
    for name, text in (("profile.yaml", PROFILE), ("main.recipe", MAIN), ("tests/all.recipe", ALL)):
        (place / name).write_text(text, encoding="utf-8")
    return place


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["test", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_recipe_of_a_profile_is_tested_alone_and_its_tests_against_the_whole(profile: Path) -> None:
    result = run("--output-format", "json", profile)
    assert result.exit_code == 0
    out = json.loads(result.stdout)
    assert [(test["name"], test["against"], test["line"], test["passed"]) for test in out["tests"]] == [
        ("alone", "", 5, True),
        ("whole", "one", 3, True),
    ]
    assert (out["passed"], out["failed"], out["not_run"], out["errors"]) == (2, 0, 0, [])


def test_a_recipe_that_is_named_runs_as_its_profile_uses_it_and_once(profile: Path) -> None:
    assert run(profile / "tests" / "all.recipe").stdout == "1 passed, 0 failed\n"
    assert run(profile / "main.recipe").stdout == "1 passed, 0 failed\n"
    assert (
        run(profile, profile / "tests" / "all.recipe", profile / "main.recipe", profile / "profile.yaml").stdout == "2 passed, 0 failed\n"
    )


def test_a_recipe_no_profile_stands_on_is_tested_alone(tmp_path: Path) -> None:
    (tmp_path / "lone.recipe").write_text(MAIN, encoding="utf-8")
    assert run(tmp_path).stdout == run(tmp_path / "lone.recipe").stdout == "1 passed, 0 failed\n"


def test_a_test_that_fails_is_shown_with_its_name_place_and_reason(profile: Path) -> None:
    (profile / "tests" / "all.recipe").write_text(ALL.replace("kept", "emptied"), encoding="utf-8")
    result = run(profile)
    assert result.exit_code == 1
    assert 'all.recipe:3 "whole", against one:' in result.stdout
    assert "error[DR520]: expected to be emptied, `PatientID` has still a value: `1`" in result.stdout
    assert result.stdout.endswith("\n\n1 passed, 1 failed\n")
    out = json.loads(run("--output-format", "json", profile).stdout)
    assert [finding["code"] for test in out["tests"] for finding in test["findings"]] == ["DR520"]


def test_what_does_not_compile_is_said_once_and_its_tests_are_counted(profile: Path) -> None:
    (profile / "main.recipe").write_text(MAIN.replace("X PatientName", "X PatientNmae"), encoding="utf-8")
    result = run(profile)
    assert result.exit_code == 1
    assert result.stdout.count("PatientNmae`") == 1
    assert result.stdout.endswith("0 passed, 0 failed, 2 not run\n")


def test_lookup_tables_of_the_profile_are_there_for_its_recipes(profile: Path) -> None:
    (profile / "sites.csv").write_text("old,new\nA,SITE1\n", encoding="utf-8")
    (profile / "profile.yaml").write_text(PROFILE + "tables:\n  sites: sites.csv\n", encoding="utf-8")
    test = 'test "site" {\n    given PatientName = "A"\n    expect PatientName = "SITE1"\n}'
    rule = f'deidrules 1\n\nD PatientName = lookup(table: "sites")\n\n{test}\n'
    (profile / "main.recipe").write_text(rule, encoding="utf-8")
    (profile / "tests" / "all.recipe").write_text(ALL.replace("removed", "replaced"), encoding="utf-8")
    assert run(profile).stdout == "2 passed, 0 failed\n"
    assert run(profile / "main.recipe").stdout == "1 passed, 0 failed\n"


def test_wrong_usage_is_told_from_failed_tests(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(tmp_path / "nothing").exit_code == 2
    assert run(tmp_path).exit_code == 2
