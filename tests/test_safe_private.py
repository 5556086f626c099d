"""The Retain Safe Private Option (PS3.15 E.3.10): Table E.3.10-1 row by row, and what goes with it."""

from __future__ import annotations

import build
import make_ps315_private
import pytest
from build import BIG, EXPLICIT, IMPLICIT, Coding
from safe_private import BASIC, KEYS, SAFE_PRIVATE, VALUES, applied, block, engine_of, file_with, plan_of, rows, text_of

from deidrules.language import ast
from deidrules.language.parse import parse
from deidrules.text.source import Source

needs_table = pytest.mark.skipif(not make_ps315_private.TABLE.is_file(), reason="needs ../shared/data/e3_10_1_safe_private.csv")
# an element of no list, a name and a date, as they lie in an item of a private sequence
INNER = "(0009,0010) LO", "(0009,1001) LO"


def leaf_of(rule: ast.Rule) -> ast.PrivateTag:
    leaf = rule.selectors[0].leaf
    assert isinstance(leaf, ast.PrivateTag)
    return leaf


def inner_item(coding: Coding) -> bytes:
    """What a private sequence may hide: a private element of no list, a name, a date, a UID, and something harmless."""
    content = (
        build.element(0x00080020, "DA", "20200131", coding)
        + block(0x0009, 0x10, "UNKNOWN", 1, "LO", b"SECRET", coding)
        + build.element(0x00100010, "PN", "ROE^RICHARD", coding)
        + build.element(0x00180050, "DS", "2.5 ", coding)
        + build.element(0x0020000D, "UI", "1.2.9", coding)
    )
    return build.item(content, coding)


# ---- the table


@needs_table
def test_the_recipe_is_what_the_script_makes_of_the_table() -> None:
    assert text_of(SAFE_PRIVATE) == make_ps315_private.recipe(make_ps315_private.rows(make_ps315_private.TABLE))


def test_every_row_of_the_table_is_one_rule() -> None:
    assert len(rows()) == 479 == len({leaf_of(rule) for rule in rows()})
    assert {rule.code for rule in rows()} == {"C"} and all(rule.value is None and rule.stance is None for rule in rows())


@needs_table
def test_each_rule_reads_with_the_vr_of_its_row() -> None:
    stated = {row.selector: row.stated_vr.partition("/")[0] for row in make_ps315_private.rows(make_ps315_private.TABLE)}
    assert len(stated) == 479
    for rule in rows():
        vr = stated.pop(rule.selectors[0].span.text)
        assert rule.reading == ("" if vr == "SQ" else vr)
    assert not stated


def test_the_layer_says_where_the_table_comes_from_and_what_it_may_weaken() -> None:
    text = text_of(SAFE_PRIVATE)
    assert "DICOM PS3.15 2026d, (c) NEMA" in text
    recipe, _ = parse(Source("recipe", text))
    assert recipe is not None and recipe.layer is not None
    assert (recipe.layer.option, recipe.layer.may_weaken) == (113111, ("ps315/2026d/basic", "ps315/2026d/supplement"))


@pytest.mark.parametrize("coding", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("number", [0x10, 0x42, 0xFF])
def test_each_row_of_the_table_stays_as_its_vr_says_in_any_block_and_goes_without_the_layer(coding: Coding, number: int) -> None:
    with_layer, without = engine_of(BASIC, SAFE_PRIVATE), engine_of(BASIC)
    for rule in rows():
        leaf = leaf_of(rule)
        group, low, vr = int(leaf.group, 16), int(leaf.element, 16), rule.reading or "SQ"
        before, after = VALUES.get(vr, (inner_item(coding), b""))
        data = file_with(coding, block(group, number, leaf.creator, low, vr, before, coding))
        creator = f"({group:04X},{number:04X}) LO"
        shown = f"({group:04X},{number:02X}{low:02X}) {vr if coding.explicit or vr == 'SQ' else 'UN'}"
        assert not [key for key in applied(without, data) if key.startswith(f"({group:04X},")], shown
        written = b"".join(with_layer.apply(data).parts)
        out = applied(with_layer, data)
        key = next(key for key in out if key.startswith(shown[:11]))
        assert creator in out and out[creator] == leaf.creator, shown
        if vr == "SQ":
            assert walked(out[key]), shown
        else:
            value = KEYS.uid("1.2.3.4.5.6").encode() if after is None else after
            coded = build.element(group << 16 | number << 8 | low, vr, value, coding)
            assert key == shown and coded in written, shown


def walked(items: object) -> bool:
    """True when a sequence kept its item, with what the Basic Profile leaves of it."""
    assert isinstance(items, list) and len(items) == 1
    (item,) = items
    return (
        item["SliceThickness"] == "2.5"
        and item["StudyInstanceUID"] == KEYS.uid("1.2.9")
        and item["PatientName"] != "ROE^RICHARD"
        and item["StudyDate"] != "20200131"
        and not any(key.startswith("(0009,") for key in item)
    )


def test_a_row_in_big_endian_stays_too() -> None:
    data = file_with(BIG, block(0x0019, 0x10, "SIEMENS MR HEADER", 0x0C, "IS", b"750 ", BIG))
    assert applied(engine_of(BASIC, SAFE_PRIVATE), data)["(0019,100C) IS"] == "750"


# ---- what the file says counts


@pytest.mark.parametrize(
    ("vr", "value", "stays"),
    [
        ("IS", b"750 ", "750"),
        ("LO", b"750 DOE ", "750"),  # the table says IS
        ("UI", b"1.2.3\0", KEYS.uid("1.2.3")),
        ("PN", b"DOE^JANE", None),
        ("DA", b"20200131", ""),
        ("AE", b"STATION1", ""),
        ("UN", b"750 ", {"hex": b"750 ".hex()}),  # read with the VR of the table
        ("UN", b"DOE^JANE", ""),  # no number
    ],
)
def test_the_vr_in_the_file_decides_what_clean_means(vr: str, value: bytes, stays: object) -> None:
    data = file_with(EXPLICIT, block(0x0019, 0x10, "SIEMENS MR HEADER", 0x0C, vr, value))
    out = applied(engine_of(BASIC, SAFE_PRIVATE), data)
    key = f"(0019,100C) {vr}"
    if stays == "":
        assert key not in out and "(0019,0010) LO" not in out
    else:
        assert out[key] == stays and out["(0019,0010) LO"] == "SIEMENS MR HEADER"


def test_text_does_not_pass_for_a_number_where_the_file_has_no_vr() -> None:
    engine = engine_of(BASIC, SAFE_PRIVATE)
    for value, stays in ((b"750 ", True), (b"4711JANE", False), (b"750 ", True), (b"1.5 ", False), (b"", True)):
        data = file_with(IMPLICIT, block(0x0019, 0x10, "SIEMENS MR HEADER", 0x0C, "IS", value, IMPLICIT))
        assert ("(0019,100C) UN" in applied(engine, data)) is stays, value


def test_a_creator_is_compared_without_case_and_padding() -> None:
    data = file_with(EXPLICIT, block(0x0019, 0x10, " Siemens MR header", 0x0C, "IS", b"750 "))
    assert applied(engine_of(BASIC, SAFE_PRIVATE), data)["(0019,100C) IS"] == "750"


# ---- orphans, twice-reserved blocks, private sequences


def test_orphans_and_elements_of_other_creators_go_beside_a_safe_one() -> None:
    safe = block(0x0019, 0x10, "SIEMENS MR HEADER", 0x0C, "IS", b"750 ")
    beside = build.element(0x0019100F, "LO", "UNLISTED")
    orphan = build.element(0x0019110C, "IS", "750 ")
    out = applied(engine_of(BASIC, SAFE_PRIVATE), file_with(EXPLICIT, safe + beside + orphan))
    assert [key for key in out if key.startswith("(0019,")] == ["(0019,0010) LO", "(0019,100C) IS"]


@pytest.mark.parametrize("second", ["SIEMENS MR HEADER", "siemens mr header "])
@pytest.mark.parametrize("times", [2, 3])
def test_a_creator_that_reserves_two_blocks_owns_neither(second: str, times: int) -> None:
    creators = build.element(0x00190010, "LO", "SIEMENS MR HEADER")
    creators += b"".join(build.element(0x00190010 + number, "LO", second) for number in range(1, times))
    elements = b"".join(build.element(0x0019100C + (number << 8), "IS", "750 ") for number in range(times))
    out = applied(engine_of(BASIC, SAFE_PRIVATE), file_with(EXPLICIT, creators + elements))
    assert not [key for key in out if key.startswith("(0019,")]


def test_the_same_creator_in_two_groups_and_in_an_item_is_no_second_reservation() -> None:
    item = build.item(block(0x2001, 0x10, "Philips Imaging DD 001", 0x03, "FL", VALUES["FL"][0]))
    outer = block(0x2001, 0x10, "Philips Imaging DD 001", 0x5F, "SQ", item)
    out = applied(engine_of(BASIC, SAFE_PRIVATE), file_with(EXPLICIT, outer, block(0x0019, 0x10, "Philips Imaging DD 001", 1, "LO", b"X ")))
    assert out["(2001,105F) SQ"] == [{"(2001,0010) LO": "Philips Imaging DD 001", "(2001,1003) FL": [3.0, 4.0]}]
    assert not [key for key in out if key.startswith("(0019,")]


@pytest.mark.parametrize("coding", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
@pytest.mark.parametrize("undefined", [False, True])
def test_a_private_sequence_that_stays_is_walked_at_every_depth(coding: Coding, undefined: bool) -> None:
    def level(depth: int) -> bytes:
        content = build.element(0x00080020, "DA", "20200131", coding) + block(0x0009, 0x10, "UNKNOWN", 1, "LO", b"SECRET", coding)
        content += build.element(0x00100010, "PN", "ROE^RICHARD", coding) + build.element(0x0020000D, "UI", "1.2.9", coding)
        if depth:
            content += build.element(0x20010010, "LO", "Philips Imaging DD 001", coding)
            content += build.element(0x20011003, "FL", VALUES["FL"][0], coding)
            content += build.sequence(0x2001105F, level(depth - 1), coding=coding, undefined=undefined)
            content += build.element(0x200110FE, "LO", "UNLISTED", coding)
        return build.item(content, coding, undefined=undefined)

    top = build.element(0x20010010, "LO", "Philips Imaging DD 001", coding)
    top += build.sequence(0x2001105F, level(4), coding=coding, undefined=undefined)
    engine = engine_of(BASIC, SAFE_PRIVATE)
    data = file_with(coding, top)
    written = b"".join(engine.apply(data).parts)
    for secret in (b"20200131", b"UNKNOWN", b"SECRET", b"ROE", b"1.2.9", b"UNLISTED"):
        assert secret not in written, secret
    place = applied(engine, data)
    for _ in range(4):
        (place,) = next(value for key, value in place.items() if key.startswith("(2001,105F)"))
        assert place["(2001,0010) LO"] == "Philips Imaging DD 001" and place["StudyInstanceUID"] == KEYS.uid("1.2.9")


def test_a_second_pass_over_an_output_removes_nothing_more() -> None:
    engine = engine_of(BASIC, SAFE_PRIVATE)
    for coding in (EXPLICIT, IMPLICIT):
        first = file_with(
            coding,
            block(0x0019, 0x11, "SIEMENS MR HEADER", 0x0C, "IS", b"750 ", coding),
            block(0x7E01, 0x10, "HOLOGIC, Inc.", 0x01, "LO", b"by DOE 2", coding),
            block(0x2001, 0x10, "Philips Imaging DD 001", 0x5F, "SQ", inner_item(coding), coding),
        )
        once = b"".join(engine.apply(first).parts)
        assert list(applied(engine, once)) == list(applied(engine, first))


def test_dates_are_still_called_removed() -> None:
    assert plan_of(BASIC, SAFE_PRIVATE).longitudinal == "REMOVED"
