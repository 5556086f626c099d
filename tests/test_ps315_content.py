"""Table E.3.4-1 of PS3.15, row by row: a report with that content item through the layer of the Clean Structured Content Option, alone and
with each option that has a cell. The option layers of the table's other columns stand here as stubs: their rows and the attributes' that
belong to them, whatever the shipped layers hold beside."""

from __future__ import annotations

import io
from functools import cache

import make_ps315_content as table
import pydicom
import pytest
from case_data import file_bytes
from pydicom.dataset import Dataset
from test_content import Json, code

from deidrules.compile.compiler import compile_layers
from deidrules.dicom import content_item
from deidrules.dicom.dictionary import entry
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Plan, Policies

BASIC = (table.FOLDER / "basic.recipe").read_text("utf-8")
CLEAN = (table.FOLDER / f"{table.CLEAN}.recipe").read_text("utf-8")
EXPRESSIONS = {
    "DATE": "shift(per: PatientID, within: 365 days)",
    "DATETIME": "shift(per: PatientID, within: 365 days)",
    "TIME": "truncate(length: 4)",
}
KEYS = KeyRing(bytes(range(32)))
INSTANCE = "1.2.840.99999.7"
CONTEXT = "EXAMPLE HOSPITAL"  # what stays of a text

needs_table = pytest.mark.skipif(not table.TABLE.is_file(), reason="needs ../shared/data/e3_4_1_sr_content_items.csv")
ROWS = table.rows() if table.TABLE.is_file() else []
OPTIONS = tuple(option for option in table.COLUMNS if option != table.CLEAN)


def stub(option: str) -> str:
    """A layer with the rows of the table alone, and those attributes of Table E.1-1 that the rows share with it."""
    head = 'deidrules 1\nlayer option 113106 may weaken "ps315/2026d/basic", "ps315/2026d/clean-structured-content"\n\n'
    if option == "retain-uids":
        head += "K ReferencedSOPInstanceUID\n"
    if option == table.DATES[0]:
        head += "K (0040,A120), (0040,A121), (0040,A122)\n"
    if option == table.DATES[1]:
        head += "".join(f"C ({group},{element}) = {EXPRESSIONS[kind]}\n" for kind, (group, element) in table.ATTRIBUTES.items())
    return head + table.content_rows(option, EXPRESSIONS)


@cache
def plan(option: str = "") -> Plan:
    layers = [("ps315/2026d/basic", BASIC), (f"ps315/2026d/{table.CLEAN}", CLEAN)]
    layers += [(f"ps315/2026d/{option}", stub(option))] if option else []
    compilation = compile_layers(layers, Policies("K", "accept", "strictest"))
    assert compilation.plan is not None, [str(d) for d in compilation.diagnostics][:5]
    assert compilation.diagnostics == ()
    return compilation.plan


VALUES: dict[str, tuple[str, object]] = {
    "TEXT": ("TextValue", f"{CONTEXT} Dr. Miller"),
    "PNAME": ("PersonName", "MILLER^JOHN"),
    "DATE": ("Date", "20200131"),
    "TIME": ("Time", "101112"),
    "DATETIME": ("DateTime", "20200131101112"),
    "UIDREF": ("UID", INSTANCE),
    "CODE": ("ConceptCodeSequence", [code("DCM", "M", "Male")]),
    "NUM": ("MeasuredValueSequence", [{"NumericValue": "77", "MeasurementUnitsCodeSequence": [code("UCUM", "a")]}]),
    "CONTAINER": ("ContinuityOfContent", "SEPARATE"),
    **dict.fromkeys(
        sorted(content_item.REFERENCES),
        (
            "ReferencedSOPSequence",
            [{"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "ReferencedSOPInstanceUID": INSTANCE}],
        ),
    ),
}
DUMMIES = {"TEXT": "ANONYMIZED", "PNAME": "ANONYMIZED", "DATE": "19000101", "TIME": "000000", "DATETIME": "19000101000000"}
assert set(VALUES) >= {row.value_type for row in ROWS}


def after(concept: str, value_type: str, option: str = "", **more: object) -> Dataset | None:
    """The item after de-identification, None when it is gone; a neighbour shows that the sequence stayed."""
    scheme, _, value = concept.partition(":")
    keyword, given = VALUES[value_type]
    item: Json = {"ValueType": value_type, "ConceptNameCodeSequence": [code(scheme, value, "Concept")], keyword: given, **more}
    neighbour: Json = {
        "ValueType": "CODE",
        "ConceptNameCodeSequence": [code("DCM", "121071")],
        "ConceptCodeSequence": [code("SCT", "1", "Neighbour")],
    }
    data = file_bytes(
        {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
            "SOPInstanceUID": "1.2.3",
            "PatientID": "4711",
            "PatientName": "DOE^JANE",
            "ContentSequence": [item, neighbour],
        }
    )
    out = pydicom.dcmread(io.BytesIO(b"".join(Engine(plan(option), KEYS).apply(data).parts)))
    assert out.ContentSequence[-1].ConceptCodeSequence[0].CodeMeaning == "Neighbour"
    return out.ContentSequence[0] if len(out.ContentSequence) == 2 else None


def became(item: Dataset | None, value_type: str) -> str:
    """What happened to the value, as a code of the standard."""
    if item is None:
        return "X"
    keyword, given = VALUES[value_type]
    if value_type in content_item.REFERENCES or value_type == "UIDREF":
        uid = item.UID if value_type == "UIDREF" else item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        return "K" if uid == INSTANCE else "U" if uid == KEYS.uid(INSTANCE) else "?"
    if value_type in ("CODE", "NUM", "CONTAINER"):
        return "K"
    value = str(item[keyword].value)
    if value == str(given):
        return "K"
    if value == DUMMIES[value_type]:
        return "D"
    if value_type == "TEXT":
        return "C" if value == CONTEXT else "?"
    return "C" if value and value[-4:] != "0101" else "?"


@needs_table
def test_the_table_has_its_214_rows() -> None:
    assert len(ROWS) == 214
    assert {option: sum(bool(table.code_of(row, option)) for row in ROWS) for option in table.COLUMNS} == {
        "clean-structured-content": 214,
        "clean-descriptors": 45,
        "retain-uids": 62,
        "retain-device-identity": 14,
        "retain-institution-identity": 7,
        "retain-patient-characteristics": 2,
        "retain-longitudinal-full-dates": 44,
        "retain-longitudinal-modified-dates": 44,
    }


@needs_table
def test_every_layer_that_is_shipped_holds_its_rows_of_the_table() -> None:
    for option in table.COLUMNS:
        layer = table.FOLDER / f"{option}.recipe"
        if layer.is_file():
            text = layer.read_text("utf-8")
            assert table.with_block(text, option) == text, f"run tests/make_ps315_content.py: {option}"


@needs_table
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.concepts[0]}-{row.value_type}")
def test_a_row_of_the_table_is_done_as_its_cells_say(row: table.Row) -> None:
    cell = row.cells["basic"]
    # a dummy of what refers is the UID that takes its place everywhere; X/D is D (see the head of the rows)
    expected = "X" if cell == "X" else "U" if row.value_type in table.REFERENCES else "D"
    for concept in row.concepts:
        assert became(after(concept, row.value_type), row.value_type) == expected
        assert became(after(concept.lower(), row.value_type), row.value_type) == expected
    for option in OPTIONS:
        wanted = row.cells[table.COLUMNS[option]]
        for concept in row.concepts:
            found = became(after(concept, row.value_type, option), row.value_type)
            assert found == (wanted or expected), (option, concept)


@needs_table
def test_the_retired_codes_of_snomed_are_recognised() -> None:
    retired = {concept for row in ROWS for concept in row.concepts if concept.startswith(("SRT:", "SNM3:", "99SDM:"))}
    assert len(retired) == 3 * len({row.concepts[0] for row in ROWS if row.concepts[0].startswith("SCT:")}) == 30
    assert "SRT:G-C0E3" in retired  # Finding Site


@needs_table
@pytest.mark.parametrize(
    ("value_type", "expected"),
    [
        ("TEXT", "C"),
        ("PNAME", "D"),
        ("DATE", "D"),
        ("TIME", "D"),
        ("DATETIME", "D"),
        ("UIDREF", "U"),
        ("IMAGE", "U"),
        ("COMPOSITE", "U"),
        ("WAVEFORM", "U"),
        ("CODE", "K"),
        ("NUM", "K"),
        ("CONTAINER", "K"),
    ],
)
def test_what_no_row_names_is_judged_by_its_type(value_type: str, expected: str) -> None:
    assert became(after("99LOCAL:1", value_type), value_type) == expected
    assert became(after("DCM:999999", value_type), value_type) == expected


@needs_table
def test_a_code_of_a_local_scheme_goes_and_so_does_one_without() -> None:
    for coded in (code("99LOCAL", "1"), code("NPI", "1"), {"CodeValue": "1", "CodeMeaning": "x"}):
        assert after("DCM:999999", "CODE", ConceptCodeSequence=[coded]) is None
        both = after("DCM:999999", "CODE", ConceptCodeSequence=[code("SCT", "1"), {**coded, "CodeMeaning": "SECRET"}])
        assert "SECRET" not in str(both)
    assert after("DCM:999999", "CODE", ConceptCodeSequence=[]) is None
    assert after("DCM:999999", "CODE", ConceptCodeSequence=[code("sct ", "1")]) is not None


@needs_table
def test_an_item_of_an_unknown_type_goes() -> None:
    assert after("DCM:999999", "TEXT", ValueType="SPEECH") is None
    assert after("DCM:999999", "TEXT", ValueType="") is None
    assert after("DCM:121022", "TEXT", ValueType="TEXT") is None


@needs_table
def test_texts_of_the_observation_context_leave_nothing_but_the_name_of_a_finding() -> None:
    context = {"RelationshipType": "HAS OBS CONTEXT"}
    assert became(after("99LOCAL:1", "TEXT", **context), "TEXT") == "D"
    assert became(after("DCM:112039", "TEXT", **context), "TEXT") == "C"
    assert became(after("DCM:121009", "TEXT", "retain-institution-identity", **context), "TEXT") == "K"


@needs_table
def test_no_option_on_dates_keeps_the_date_of_birth() -> None:
    for option in ("", *table.DATES):
        assert after("DCM:121031", "DATE", option) is None


@needs_table
def test_every_scheme_that_codes_may_have_is_spelled_once_and_none_that_names_people() -> None:
    assert len(set(table.SCHEMES)) == len(table.SCHEMES) > 60
    assert not {"NPI", "ISO_OID", "ISO3166_1"} & set(table.SCHEMES)


@needs_table
def test_without_the_option_the_content_is_one_item_that_holds_nothing() -> None:
    compilation = compile_layers([("ps315/2026d/basic", BASIC)], Policies("K", "accept", "strictest"))
    assert compilation.plan is not None
    data = file_bytes(
        {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
            "SOPInstanceUID": "1.2.3",
            "ContentSequence": [{"ValueType": "TEXT", "TextValue": "SECRET"}] * 2,
        }
    )
    written = b"".join(Engine(compilation.plan, KEYS).apply(data).parts)
    assert b"SECRET" not in written
    assert len(pydicom.dcmread(io.BytesIO(written)).ContentSequence) == 1


def test_every_element_that_can_be_a_value_is_in_the_dictionary() -> None:
    assert all(entry(tag) is not None for tag in (*content_item.VALUE_ELEMENTS, *content_item.SEQUENCES))


def test_the_script_says_the_same_twice_and_finds_its_place() -> None:
    if not table.TABLE.is_file():
        pytest.skip("needs ../shared/data/e3_4_1_sr_content_items.csv")
    layer = "deidrules 1\n\nK (0010,0010)\n"
    once = table.with_block(layer, "retain-uids")
    assert table.with_block(once, "retain-uids") == once
    assert table.with_block(f"{once}\nK (0010,0020)\n", "retain-uids") == f"{once}K (0010,0020)\n"
    with pytest.raises(ValueError, match="no rule for DATE, DATETIME, TIME"):
        table.with_block(layer, table.DATES[1])
    with pytest.raises(ValueError, match="no end"):
        table.with_block(once.replace(table.END, ""), "retain-uids")
