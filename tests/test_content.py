"""Content items: what a rule on one does to its value, to the item, and to what stands around it."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pydicom
import pytest
from case_data import file_bytes
from pydicom.dataset import Dataset

from deidrules.actions.registry import ACTIONS, FUNCTIONS
from deidrules.cli.explaining import Explainer
from deidrules.compile.compiler import compile_layers, compile_text
from deidrules.dicom.reader import read
from deidrules.engine.content import ITEM
from deidrules.engine.decide import Decider
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Policies
from deidrules.plan.selector import ContentLeaf, leaf_rank, parse_selector
from deidrules.rehearsal.rehearse import rehearse_recipe
from deidrules.text.refusal import Refusal
from deidrules.text.source import Source

Json = dict[str, object]
POLICIES = Policies("K", "accept", "strictest")
KEYS = KeyRing(bytes(range(32)))


def code(scheme: str, value: str, meaning: str = "meaning") -> Json:
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}


def item(kind: str, concept: str = "DCM:121071", **value: object) -> Json:
    """A content item: its value and whatever else by keyword."""
    scheme, _, code_value = concept.partition(":")
    named: Json = {"ConceptNameCodeSequence": [code(scheme, code_value)]} if concept else {}
    return {"ValueType": kind, **named, **value}


def report(*items: Json, sequence: str = "ContentSequence", **more: object) -> bytes:
    return file_bytes({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33", "SOPInstanceUID": "1.2.3", sequence: list(items), **more})


def applied(recipe: str, data: bytes, policies: Policies = POLICIES) -> Deidentified:
    """The same whether a program was learned or not."""
    compiled = compile_text(f"deidrules 1\n{recipe}\n", policies=policies)
    assert compiled.plan is not None, compiled.diagnostics
    engine = Engine(from_json(to_json(compiled.plan)), KEYS)
    found = [engine.apply(data) for _ in range(3)]
    assert len({b"".join(one.parts) for one in found}) == 1
    return found[-1]


def out(recipe: str, data: bytes, policies: Policies = POLICIES) -> Dataset:
    return pydicom.dcmread(io.BytesIO(b"".join(applied(recipe, data, policies).parts)))


def texts(items: Iterable[Dataset]) -> list[str]:
    return [str(one.get("TextValue", "-")) for one in items]


# ---- selectors


@pytest.mark.parametrize(
    "leaf",
    [ContentLeaf(), ContentLeaf("", "TEXT"), ContentLeaf("DCM:1"), ContentLeaf("DCM:1", "NUM"), ContentLeaf('A/B:"X" / Y', "SCOORD3D")],
)
def test_a_content_selector_is_read_as_it_is_written(leaf: ContentLeaf) -> None:
    for text in (str(leaf), f"(0040,0555) / {leaf}", f"* / {leaf}"):
        assert str(parse_selector(text)) == text
        assert parse_selector(text).leaf == leaf


@pytest.mark.parametrize(
    "text", ['content "dcm:1"', "content Text", "content TXT", 'content ""', "content  TEXT", 'content "A:1" TEXT / (0010,0010)']
)
def test_what_no_content_selector_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plan"):
        parse_selector(text)


def test_concept_and_type_are_more_specific_than_concept_than_type_than_neither_than_a_tag() -> None:
    texts = ('content "A:1" TEXT', 'content "A:1"', "content TEXT", "content", "(0040,A160)")
    ranks = [leaf_rank(parse_selector(text).leaf) for text in texts]
    assert ranks == sorted(set(ranks), reverse=True)


# ---- which items a rule means


@pytest.mark.parametrize(
    "sequence", ["ContentSequence", "AcquisitionContextSequence", "ProtocolContextSequence", "ContentItemModifierSequence"]
)
def test_a_rule_means_the_items_of_each_sequence_of_content_items(sequence: str) -> None:
    items = (item("TEXT", "DCM:1", TextValue="a"), item("TEXT", "DCM:2", TextValue="b"))
    assert texts(out('X content "DCM:1" TEXT', report(*items, sequence=sequence))[sequence]) == ["b"]


def test_a_rule_means_items_at_every_depth_and_below_its_path_alone() -> None:
    inner = item("CONTAINER", "DCM:9", ContinuityOfContent="SEPARATE", ContentSequence=[item("TEXT", "DCM:1", TextValue="deep")])
    data = report(inner, item("TEXT", "DCM:1", TextValue="top"), AcquisitionContextSequence=[item("TEXT", "DCM:1", TextValue="context")])
    everywhere = out('X content "DCM:1" TEXT', data)
    assert [len(everywhere.ContentSequence), len(everywhere.AcquisitionContextSequence)] == [1, 0]
    assert "ContentSequence" not in everywhere.ContentSequence[0]
    below = out('X AcquisitionContextSequence / content "DCM:1" TEXT', data)
    assert [len(below.ContentSequence), len(below.AcquisitionContextSequence)] == [2, 0]
    nested = out('X ContentSequence / ContentSequence / content "DCM:1" TEXT', data)
    assert texts(nested.ContentSequence) == ["-", "top"]
    assert "ContentSequence" not in nested.ContentSequence[0]


@pytest.mark.parametrize("written", ["dcm:a1", "DCM:A1", "DCM :a1", " dcm: A1"])
@pytest.mark.parametrize("scheme", ["DCM", "dcm", "Dcm "])
def test_concepts_compare_without_case_and_blanks(written: str, scheme: str) -> None:
    data = report(item("TEXT", f"{scheme}:a1 ", TextValue="a"), item("TEXT", TextValue="b"))
    assert texts(out(f'X content "{written}" TEXT', data).ContentSequence) == ["b"]


def test_long_codes_and_urns_are_codes() -> None:
    long = {"LongCodeValue": "12345678901234567890", "CodingSchemeDesignator": "LN", "CodeMeaning": "x"}
    urn = {"URNCodeValue": "urn:oid:1.2.3", "CodeMeaning": "x"}
    items = [{"ValueType": "TEXT", "ConceptNameCodeSequence": [one], "TextValue": text} for one, text in ((long, "a"), (urn, "b"))]
    assert texts(out('X content "LN:12345678901234567890" TEXT', report(*items)).ContentSequence) == ["b"]
    assert texts(out('X content "urn:OID:1.2.3"', report(*items)).ContentSequence) == ["a"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"ConceptNameCodeSequence": []},
        {"ConceptNameCodeSequence": [{"CodeValue": "121071", "CodeMeaning": "x"}]},
        {"ConceptNameCodeSequence": [{"CodingSchemeDesignator": "DCM", "CodeMeaning": "x"}]},
    ],
)
def test_an_item_without_a_concept_meets_only_rules_without_one(broken: Json) -> None:
    data = report({"ValueType": "TEXT", "TextValue": "a", **broken})
    assert texts(out('X content "DCM:121071" TEXT', data).ContentSequence) == ["a"]
    assert "ContentSequence" not in out("X content TEXT", data)


@pytest.mark.parametrize(
    "broken",
    [
        {"ConceptNameCodeSequence": [code("DCM", "1"), code("DCM", "2")]},
        {"ConceptNameCodeSequence": [{**code("DCM", "1"), "LongCodeValue": "2"}]},
        {"ConceptNameCodeSequence": [{**code("DCM", "1"), "URNCodeValue": "urn:x:y"}]},
        {"ConceptNameCodeSequence": [code("DCM", "1\\2")]},
        {"ConceptNameCodeSequence": [code("DCM\\LN", "1")]},
        {"ValueType": "TEXT\\PNAME"},
        {"(0040,A043) LO": "DCM 1"},
        {"(0040,A040) SQ": [{}]},
    ],
)
def test_an_item_with_two_concepts_or_types_is_refused_where_rules_ask_for_items(broken: Json) -> None:
    data = report({"ValueType": "TEXT", "TextValue": "a", **broken} if "(0040,A040) SQ" not in broken else {"TextValue": "a", **broken})
    with pytest.raises(Refusal) as refused:
        applied("X content TEXT", data)
    assert refused.value.code in ("ambiguous-content-item", "wrong-vr")
    applied("X PatientName", report({"ValueType": "TEXT\\PNAME", "TextValue": "a"}))


def test_the_code_value_belongs_to_its_scheme() -> None:
    data = report(item("TEXT", "99X:1", TextValue="a"), item("TEXT", "DCM:1", TextValue="b"))
    assert texts(out('X content "DCM:1" TEXT', data).ContentSequence) == ["a"]


# ---- what happens


def test_x_takes_the_item_with_everything_in_it() -> None:
    child = item("PNAME", "DCM:121008", PersonName="SECRET")
    data = report(
        item("TEXT", "DCM:1", TextValue="a", ObservationDateTime="20200101", ContentSequence=[child]), item("TEXT", TextValue="b")
    )
    result = applied('X content "DCM:1" TEXT', data)
    assert b"SECRET" not in b"".join(result.parts)
    gone = [one for one in result.outcomes if one.tag == ITEM]
    assert [(one.path, one.change, one.code, one.origin) for one in gone] == [(((0x0040A730, 1),), "removed", "X", "recipe:2")]


def test_x_takes_an_item_that_has_no_value_too() -> None:
    assert texts(out("X content TEXT", report(item("TEXT"), item("NUM"))).ContentSequence) == ["-"]


def test_a_tag_rule_takes_the_value_and_leaves_the_item() -> None:
    assert texts(out("X TextValue", report(item("TEXT", TextValue="a"))).ContentSequence) == ["-"]


@pytest.mark.parametrize(
    ("sequence", "left"),
    [
        ("ContentSequence", None),
        ("ProtocolContextSequence", None),
        ("ContentItemModifierSequence", None),
        ("AcquisitionContextSequence", 0),
        ("SpecimenPreparationStepContentItemSequence", 1),
    ],
)
def test_a_sequence_that_lost_all_its_items_becomes_what_its_type_allows(sequence: str, left: int | None) -> None:
    after = out("X content", report(item("TEXT", TextValue="SECRET"), item("NUM"), sequence=sequence))
    assert (len(after[sequence].value) if sequence in after else None) == left
    assert "SECRET" not in str(after)


@pytest.mark.parametrize("rule", ["D", "Z", "X/D", "X/Z", "X/Z/D"])
@pytest.mark.parametrize(
    ("kind", "keyword", "value", "dummy"),
    [
        ("TEXT", "TextValue", "a", "ANONYMIZED"),
        ("PNAME", "PersonName", "A^B", "ANONYMIZED"),
        ("DATE", "Date", "20200101", "19000101"),
        ("TIME", "Time", "101112", "000000"),
        ("DATETIME", "DateTime", "20200101", "19000101000000"),
    ],
)
def test_a_value_is_never_emptied(rule: str, kind: str, keyword: str, value: str, dummy: str) -> None:
    (after,) = out(f"{rule} content {kind}", report(item(kind, **{keyword: value}))).ContentSequence
    assert str(after[keyword].value) == dummy


def test_a_code_and_a_number_get_dummies_that_are_valid() -> None:
    data = report(
        item("CODE", ConceptCodeSequence=[code("99X", "SECRET")]),
        item("NUM", MeasuredValueSequence=[{"NumericValue": "77", "MeasurementUnitsCodeSequence": [code("UCUM", "a")]}]),
    )
    one, other = out("D content CODE, content NUM", data).ContentSequence
    assert (one.ConceptCodeSequence[0].CodingSchemeDesignator, one.ConceptCodeSequence[0].CodeMeaning) == ("SCT", "Unknown")
    assert (other.MeasuredValueSequence[0].NumericValue, other.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue) == (
        0,
        "1",
    )
    assert len(out("Z content NUM", data).ContentSequence[1].MeasuredValueSequence) == 0


def test_u_replaces_the_uids_of_references_and_k_leaves_them_to_their_own_rules() -> None:
    reference = {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "ReferencedSOPInstanceUID": "1.2.9"}
    data = report(item("IMAGE", ReferencedSOPSequence=[reference]), item("UIDREF", UID="1.2.9"))
    image, uid = out("U content IMAGE, content UIDREF", data).ContentSequence
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uid.UID
    assert uid.UID.startswith("2.25.")
    assert image.ReferencedSOPSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    image, _ = out("K content IMAGE\nU ReferencedSOPInstanceUID", data).ContentSequence
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID.startswith("2.25.")


def test_c_cleans_and_what_comes_out_empty_is_a_dummy() -> None:
    data = report(item("TEXT", TextValue="nodule of Jane"), item("TEXT", TextValue="Jane"), PatientName="DOE^JANE")
    assert texts(out("C content TEXT", data).ContentSequence) == ["nodule", "ANONYMIZED"]


def test_a_value_of_a_rule_works_on_the_value_of_the_item() -> None:
    data = report(item("DATE", Date="20200131"), item("TEXT", "DCM:2", TextValue="abc"))
    one, other = out('C content DATE = year()\nC content "DCM:2" TEXT = upper()', data).ContentSequence
    assert (one.Date, other.TextValue) == ("20200101", "ABC")


def test_the_value_of_the_content_item_macro_is_meant_by_num() -> None:
    data = report(item("NUMERIC", "DCM:1", NumericValue="5", MeasurementUnitsCodeSequence=[]), sequence="AcquisitionContextSequence")
    assert out('D content "DCM:1" NUM', data).AcquisitionContextSequence[0].NumericValue == 0
    assert len(out('X content "DCM:1" NUM', data).AcquisitionContextSequence) == 0


def test_what_is_no_value_of_the_items_type_is_judged_by_its_own_rules() -> None:
    data = report(item("TEXT", TextValue="a", PersonName="A^B"))
    (after,) = out("K content TEXT\nX PersonName", data).ContentSequence
    assert "PersonName" not in after
    kept = 'K content PNAME override X because "tried"\nX PersonName'
    (after,) = out(kept, data).ContentSequence
    assert "PersonName" not in after
    (after,) = out(kept, report(item("PNAME", PersonName="A^B"))).ContentSequence
    assert after.PersonName == "A^B"


def test_uids_and_dates_of_coordinates_are_never_their_value() -> None:
    data = report(item("SCOORD3D", GraphicType="POINT", ReferencedFrameOfReferenceUID="1.2.9"))
    (after,) = out("K content SCOORD3D\nU ReferencedFrameOfReferenceUID", data).ContentSequence
    assert after.ReferencedFrameOfReferenceUID.startswith("2.25.")


def test_a_rule_under_here_looks_at_the_item() -> None:
    data = report(item("CODE", ConceptCodeSequence=[code("99X", "1")]), item("CODE", ConceptCodeSequence=[code("SCT", "1")]), item("CODE"))
    recipe = 'K content CODE\nwhen not all here / ConceptCodeSequence / CodingSchemeDesignator in ["SCT"] {\n    X content CODE\n}'
    after = out(recipe, data).ContentSequence
    assert [one.ConceptCodeSequence[0].CodingSchemeDesignator for one in after] == ["SCT"]


def test_the_policy_quarantine_asks_for_no_value_that_is_not_there() -> None:
    policies = Policies("quarantine", "accept", "strictest")
    rest = "K ValueType, ContentSequence, SOPInstanceUID, ConceptNameCodeSequence, vr SH, vr LO, ConceptNameCodeSequence / *"
    rest += ", Modality, vr PN, vr UI"
    assert len(out(f'{rest}\nX content "DCM:9"', report(item("TEXT")), policies).ContentSequence) == 1


# ---- items that refer to others by their place


def by_place(*way: int) -> Json:
    return {"RelationshipType": "SELECTED FROM", "ReferencedContentItemIdentifier": list(way)}


def test_a_reference_to_another_item_follows_it() -> None:
    data = report(
        item("TEXT", "DCM:1", TextValue="a"),
        item("TEXT", "DCM:2", TextValue="b"),
        item(
            "CONTAINER",
            "DCM:3",
            ContinuityOfContent="SEPARATE",
            ContentSequence=[by_place(1, 2), by_place(1, 1), by_place(1, 3, 4), item("NUM")],
        ),
    )
    after = out('X content "DCM:1" TEXT', data)
    inner = after.ContentSequence[1].ContentSequence
    # the first item went, and so did the reference to it: two became one, and four became three
    assert [list(one.get("ReferencedContentItemIdentifier", ())) for one in inner] == [[1, 1], [1, 2, 3], []]
    unchanged = out('X content "DCM:7" TEXT', data).ContentSequence[2].ContentSequence
    assert [list(one.get("ReferencedContentItemIdentifier", ())) for one in unchanged] == [[1, 2], [1, 1], [1, 3, 4], []]


def test_a_reference_that_points_nowhere_goes() -> None:
    data = report(item("TEXT", "DCM:1", TextValue="a"), by_place(1, 9), by_place(2, 1), by_place(1))
    after = out('X content "DCM:2"', data).ContentSequence
    assert [one.get("ReferencedContentItemIdentifier") for one in after] == [None, 1]


def test_a_reference_that_holds_something_else_is_an_item_of_no_known_type() -> None:
    data = report({**by_place(1, 1), "TextValue": "SECRET"}, item("TEXT", TextValue="a"))
    assert texts(out("X content except content TEXT", data).ContentSequence) == ["a"]


# ---- what the compiler says


def codes(*layers: str) -> set[str]:
    named = [(f"layer{number}", f"deidrules 1\n{text}\n") for number, text in enumerate(layers)]
    return {finding.code for finding in compile_layers(named, POLICIES).diagnostics}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (("X TextValue", "C content TEXT"), {"DR201"}),
        (("X vr PN", "K content PNAME"), {"DR201"}),
        (("X (0040,Axxx)", 'K content "DCM:1" NUM'), {"DR201"}),
        (('X content "DCM:1" TEXT', "C content TEXT"), {"DR201"}),
        (('X content "DCM:1" TEXT', "D content TEXT"), {"DR202"}),
        (('X content "DCM:1" TEXT', "D TextValue"), {"DR202"}),
        (('X content "DCM:1" TEXT', "D TextValue otherwise"), set()),
        (('X content "DCM:1" TEXT\nC content TEXT',), set()),
        (('C content "DCM:1" TEXT\nX content TEXT',), {"DR201"}),
        (('C content "DCM:1"\nX content TEXT',), {"DR209"}),
        (('K content "DCM:1"\nX content TEXT',), {"DR201"}),
        (("X content PNAME\nD PersonName",), set()),
        (("X content PNAME\nD ReferencedStudySequence / PersonName",), set()),
        (("X content PNAME\nD ContentSequence / PersonName",), {"DR301"}),
        (("X content PNAME\nX content PNAME",), {"DR304"}),
        (("X content TEXT", 'X content "DCM:1" TEXT\nX content TEXT'), set()),
        (("X content except content TEXT\nC content TEXT",), set()),
        (("X content TEXT\nC PatientComments = ContentSequence / TextValue",), {"DR203"}),
        (('X content "DCM:1" TEXT\nC PatientComments = * / TextValue',), {"DR203"}),
        (("X content TEXT\nC PatientComments = TextValue",), set()),  # at the top level it is the value of no item
        (('X content "NUM:1" NUM\nK content NUMERIC',), set()),
    ],
)
def test_rules_on_items_are_ordered_with_all_others(layers: tuple[str, ...], expected: set[str]) -> None:
    assert codes(*layers) - {"DR304"} == expected - {"DR304"}


def test_a_plan_with_content_rules_survives_json_and_an_unknown_type_does_not() -> None:
    compiled = compile_text('deidrules 1\nX content "DCM:1" TEXT except AcquisitionContextSequence / content "DCM:1"\n')
    assert compiled.plan is not None
    text = to_json(compiled.plan)
    assert from_json(text) == compiled.plan
    with pytest.raises(ValueError, match="plan"):
        from_json(text.replace("TEXT", "TXET"))


# ---- tests of recipes, and what is explained


def rehearsed(rules: str, test: str) -> list[tuple[str, str]]:
    """(code, message) of what a test of a recipe finds."""
    rehearsal = rehearse_recipe(Source("a.recipe", f'deidrules 1\n\n{KEEP}\n{rules}\n\ntest "it" {{\n{test}\n}}\n'), {})
    assert not rehearsal.errors, rehearsal.errors
    (one,) = rehearsal.tests
    return [(finding.code, finding.message) for finding in one.findings]


KEEP = "K ContentSequence, AcquisitionContextSequence, ValueType, ConceptNameCodeSequence, ConceptNameCodeSequence / *"
GIVEN = 'given content "DCM:1" TEXT = "one", content "dcm:2" TEXT = "two", content "DCM:3" NUM = 3, content "DCM:4" IMAGE = "1.2.3"'


@pytest.mark.parametrize(
    ("rules", "expected", "found"),
    [
        ('X content "DCM:1" TEXT\nK content "DCM:2" TEXT', 'removed content "DCM:1"\nexpect kept content "DCM:2" TEXT', []),
        ('X content "DCM:1" TEXT\nK content "DCM:2" TEXT', 'kept content "DCM:1" TEXT', ["DR520"]),
        ('X content "DCM:1" TEXT\nK content "DCM:2" TEXT', 'content "DCM:2" TEXT = "two"', []),
        ("D content TEXT", 'replaced content TEXT\nexpect content "DCM:2" TEXT = "ANONYMIZED"', []),
        ("K content NUM", 'kept content "DCM:3" NUM', []),
        ("U content IMAGE", 'kept content "DCM:4" IMAGE', []),
        ("X content NUM", 'removed content "DCM:9" NUM', ["DR522"]),
        ("C content TEXT", 'content "DCM:1" TEXT keeps "one"', []),
    ],
)
def test_a_test_of_a_recipe_gives_items_and_expects_of_them(rules: str, expected: str, found: list[str]) -> None:
    assert [code for code, _ in rehearsed(rules, f"{GIVEN}\nexpect {expected}")] == found


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("content TEXT", "a content item has a concept and a value type"),
        ('content "DCM:1" SCOORD', "a test gives no `SCOORD`"),
        ('content "DCM:1" CODE', "a code is written `SCHEME:CODE`"),
        ('ReferencedStudySequence / content "DCM:1" TEXT', "content items stand in ContentSequence"),
        ('content "DCM:1" DATE', "this is no value of"),
    ],
)
def test_an_item_that_cannot_be_given_is_said(given: str, message: str) -> None:
    ((code, said),) = rehearsed("X content TEXT", f'given {given} = "x"\nexpect removed content TEXT')
    assert code == "DR523"
    assert message in said


def test_an_item_may_be_given_in_another_sequence() -> None:
    test = 'given AcquisitionContextSequence / content "DCM:1" CODE = "99X:1"\nexpect removed AcquisitionContextSequence / content CODE'
    assert not rehearsed("X content CODE", test)


def test_explain_tells_of_an_item_that_goes_and_of_the_rules_behind_it() -> None:
    recipe = 'X content "DCM:1" TEXT\nC content TEXT override X because "findings"\nX TextValue otherwise'
    compiled = compile_text(f"deidrules 1\n{recipe}\n", policies=POLICIES)
    assert compiled.plan is not None, compiled.diagnostics
    data = report(item("TEXT", "DCM:1", TextValue="a"), item("TEXT", TextValue="b"))
    outcomes = Engine(compiled.plan, KEYS).apply(data).outcomes
    explainer = Explainer(compiled.plan, Decider(compiled.plan, ACTIONS, FUNCTIONS), read(data), outcomes, show_values=False)
    found = {(one.path, one.tag): one for one in explainer.elements()}
    path = ((0x0040A730, 1),)
    assert (found[path, ITEM].change, found[path, ITEM].rule) == ("removed", 'X content "DCM:1" TEXT')
    assert found[path, 0x0040A160].change == "gone with Item"
    other = found[((0x0040A730, 2),), 0x0040A160]
    assert other.rule == "C content TEXT"
    assert [loser.rule for loser in other.losers] == ["X TextValue otherwise"]
    assert len(found) == len(list(explainer.elements()))
