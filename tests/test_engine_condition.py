"""Conditions on an object as it arrived: rule 11."""

from __future__ import annotations

from typing import Any

import case_data
import pytest

from deidrules.dicom.reader import read
from deidrules.engine.condition import Conditions
from deidrules.engine.reading import Reading
from deidrules.plan.expression import And, Attribute, Compare, Condition, Contains, Empty, Exists, Matches, Member, Not, Or
from deidrules.plan.selector import PrivateLeaf, TagLeaf
from deidrules.text.refusal import Refusal

FILE = {
    "SpecificCharacterSet": "ISO_IR 100",
    "_meta": {"(0002,0016) AE": "STORE"},
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "ImageType": ["ORIGINAL", "PRIMARY", ""],
    "Modality": "CT ",
    "StudyDate": "20200315",
    "AcquisitionDateTime": "20200315101530.25+0100",
    "SeriesDate": ["2020.03.16", "20200401"],
    "ContentDate": "20200230",
    "Manufacturer": " Straße Médical",
    "AccessionNumber": None,
    "ReferencedStudySequence": [{"StudyID": "8", "ReferencedSeriesSequence": [{"StudyID": "9"}]}, {}],
    "RequestAttributesSequence": [],
    "(0019,0010) LO": "ACME",
    "(0019,1001) US": 7,
    "PatientName": "DOE^JANE",
    "SliceThickness": "1.50",
    "PatientAge": "old",
    "Rows": 480,
    "PixelSpacing": ["0.5", "0.75"],
    "(0042,0011) OB": {"hex": "0102"},
}
TAGS = {
    "type": 0x00080008,
    "modality": 0x00080060,
    "date": 0x00080020,
    "datetime": 0x0008002A,
    "dates": 0x00080021,
    "nodate": 0x00080023,
    "maker": 0x00080070,
    "accession": 0x00080050,
    "name": 0x00100010,
    "thickness": 0x00180050,
    "age": 0x00101010,
    "rows": 0x00280010,
    "spacing": 0x00280030,
    "document": 0x00420011,
    "comments": 0x00204000,
    "aet": 0x00020016,
    "study": 0x00200010,
    "requests": 0x00400275,
}
SEQUENCE, SERIES = TagLeaf(0x00081110), TagLeaf(0x00081115)


def at(name: str, *steps: TagLeaf, anchor: str = "top") -> Attribute:
    return Attribute(TagLeaf(TAGS[name]), steps, anchor)


def conditions(*some: Condition, file: dict[str, Any] = FILE) -> Conditions:
    return Conditions(some, Reading(read(case_data.file_bytes(file))))


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (Compare(at("modality"), "=", "ct", "text"), True),
        (Compare(at("modality"), "=", " CT", "text"), True),
        (Compare(at("modality"), "=", "C", "text"), False),
        (Compare(at("maker"), "=", "STRASSE médical", "text"), True),
        (Compare(at("comments"), "=", "", "text"), False),
        (Compare(at("accession"), "=", "", "text"), False),
        (Not(Compare(at("accession"), "=", "A", "text")), True),
        (Compare(at("type"), "=", "PRIMARY", "text"), True),
        (Compare(at("type"), "=", "PRIMARY", "text", every=True), False),
        (Contains(at("type"), "r", every=True), True),
        (Contains(at("comments"), "r", every=True), False),
        (Contains(at("maker"), "ASSE"), True),
        (Matches(at("maker"), "^Str"), True),
        (Matches(at("maker"), "^str"), False),
        (Matches(at("maker"), "^str", ignore_case=True), True),
        (Member(at("modality"), ("MR", "CT"), "text"), True),
        (Member(at("type"), ("MR", "CT"), "text"), False),
        (Compare(at("rows"), "=", "480", "number"), True),
        (Compare(at("rows"), "<", "480", "number"), False),
        (Compare(at("rows"), "<=", "480", "number"), True),
        (Compare(at("thickness"), "=", "1.5", "number"), True),
        (Compare(at("thickness"), ">", "1.49", "number"), True),
        (Compare(at("spacing"), ">", "0.6", "number"), True),
        (Compare(at("spacing"), ">=", "0.6", "number", every=True), False),
        (Member(at("spacing"), ("0.75", "3"), "number"), True),
        (Compare(at("date"), "=", "2020", "date"), True),
        (Compare(at("date"), "<", "2020", "date"), False),
        (Compare(at("date"), ">=", "202003", "date"), True),
        (Compare(at("date"), "<", "20200316", "date"), True),
        (Compare(at("date"), "<", "20200315235959", "date"), False),
        (Compare(at("datetime"), "=", "20200315", "date"), True),
        (Compare(at("datetime"), ">", "2020031510", "date"), False),
        (Compare(at("datetime"), ">", "20200315101529", "date"), True),
        (Compare(at("dates"), "=", "20200316", "date"), True),
        (Compare(at("dates"), ">", "20200315", "date", every=True), True),
        (Exists(at("accession")), True),
        (Exists(at("comments")), False),
        (Exists(at("requests")), True),
        (Empty(at("accession")), True),
        (Empty(at("comments")), False),
        (Empty(at("requests")), True),
        (Empty(at("modality")), False),
        (And((Exists(at("accession")), Exists(at("comments")))), False),
        (Or((Exists(at("accession")), Exists(at("comments")))), True),
        (Compare(at("aet"), "=", "store", "text"), True),
        (Exists(at("study")), False),
        (Exists(at("study", anchor="any")), True),
        (Compare(at("study", SEQUENCE), "=", "8", "text"), True),
        (Compare(at("study", SEQUENCE), "=", "9", "text"), False),
        (Compare(at("study", SERIES), "=", "9", "text"), False),
        (Compare(at("study", SERIES, anchor="any"), "=", "9", "text"), True),
        (Compare(at("study", SEQUENCE, SERIES), "=", "9", "text"), True),
        (Compare(Attribute(PrivateLeaf(0x19, "ACME", 1)), "=", "7", "number"), True),
        (Exists(Attribute(PrivateLeaf(0x19, "OTHER", 1))), False),
    ],
    ids=lambda value: None if isinstance(value, bool) else "",
)
def test_a_condition(condition: Condition, truth: bool) -> None:
    assert conditions(condition).holds(0) is truth


@pytest.mark.parametrize(
    "condition",
    [
        Compare(at("age"), ">", "3", "number"),
        Compare(at("nodate"), ">", "2000", "date"),
        Compare(at("age"), "=", "2000", "date"),
        Contains(at("document"), "x"),
        # what stands before it does not hide it
        And((Exists(at("comments")), Compare(at("age"), ">", "3", "number"))),
        Or((Exists(at("modality")), Compare(at("age"), ">", "3", "number"))),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_decoded_is_refused(condition: Condition) -> None:
    with pytest.raises(Refusal) as refused:
        conditions(condition).holds(0)
    assert refused.value.code == "undecodable-condition"
    assert refused.value.tag is not None


def test_bytes_without_a_character_are_refused() -> None:
    file = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "(0008,0070) LO": {"hex": "C3A9"}}
    with pytest.raises(Refusal, match="undecodable-text"):
        conditions(Compare(at("maker"), "=", "x", "text"), file=file).holds(0)


def test_here_is_the_item_the_element_stands_in() -> None:
    reading = Reading(read(case_data.file_bytes(FILE)))
    one = Conditions((Compare(at("study", anchor="here"), "=", "8", "text"), Exists(at("modality"))), reading)
    sequence = reading.top.element(0x00081110)
    assert sequence is not None
    first, second = (reading.top.below(item) for item in sequence.items or ())
    assert [one.holds(0, reading.top), one.holds(0, first), one.holds(0, second)] == [False, True, False]
    assert one.holds(1, second)


def test_a_hostile_pattern_ends(capfd: pytest.CaptureFixture[str]) -> None:
    file = {**FILE, "PatientName": "a" * 60}
    assert not conditions(Matches(at("name"), "(a+)+$b"), file=file).holds(0)
    assert capfd.readouterr() == ("", "")
