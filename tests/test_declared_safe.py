"""`declared-safe`: what an object may say of its own private elements, and when it is not believed (PS3.3 C.12.1.1.7)."""

from __future__ import annotations

from struct import pack
from typing import Any

import build
import pytest
from build import EXPLICIT, IMPLICIT, Coding
from safe_private import BASIC, KEYS, POLICIES, SAFE_PRIVATE, applied, block, engine_of, file_with

from deidrules.compile.compiler import compile_text
from deidrules.engine.instance import Engine
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Policies

CHARACTERISTICS = "PrivateDataElementCharacteristicsSequence"


def us(tag: int, *values: int, coding: Coding = EXPLICIT) -> bytes:
    return build.element(tag, "US", pack(f"{coding.order}{len(values)}H", *values), coding)


def saying(
    status: str,
    *safe: int,
    group: tuple[int, ...] = (0x0019,),
    creator: str = "ACME 1.1",
    actions: tuple[tuple[str, tuple[int, ...]], ...] = (),
    definitions: tuple[tuple[int, str], ...] = (),
    coding: Coding = EXPLICIT,
) -> bytes:
    """An item of (0008,0300)."""
    content = us(0x00080301, *group, coding=coding) + build.element(0x00080302, "LO", creator, coding)
    content += build.element(0x00080303, "CS", status, coding)
    if safe:
        content += us(0x00080304, *safe, coding=coding)
    if actions:
        items = [us(0x00080306, *low, coding=coding) + build.element(0x00080307, "CS", code, coding) for code, low in actions]
        content += build.sequence(0x00080305, *(build.item(item, coding) for item in items), coding=coding)
    if definitions:
        items = [us(0x00080308, low, coding=coding) + build.element(0x0008030A, "CS", vr, coding) for low, vr in definitions]
        content += build.sequence(0x00080310, *(build.item(item, coding) for item in items), coding=coding)
    return build.item(content, coding)


def declaring(*items: bytes, coding: Coding = EXPLICIT, number: int = 0x10, creators: tuple[str, ...] = ("ACME 1.1",)) -> bytes:
    """A file with these items, and elements 01 (IS), 02 (LO), 03 (UI), 04 (DA) in the block of each creator."""
    sequence = build.sequence(0x00080300, *items, coding=coding) if items else b""
    elements = b"".join(build.element(0x00190000 | number + at, "LO", creator, coding) for at, creator in enumerate(creators))
    for at in range(len(creators)):
        start = 0x00190000 | number + at << 8
        elements += build.element(start | 1, "IS", "12", coding) + build.element(start | 2, "LO", "HEAD by DOE", coding)
        elements += build.element(start | 3, "UI", "1.2.3.4.5", coding) + build.element(start | 4, "DA", "20200131", coding)
    return file_with(coding, elements, characteristics=sequence)


def low_bytes(out: dict[str, Any], group: str = "(0019,10") -> set[int]:
    return {int(key[8:10], 16) for key in out if key.startswith(group)}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(BASIC, SAFE_PRIVATE)


SAFE = {1, 2, 3}  # a date without a value to clean it by goes


@pytest.mark.parametrize(
    ("items", "stay"),
    [
        ((), set()),
        ((saying("SAFE"),), SAFE),
        ((saying("UNSAFE"),), set()),
        ((saying("MIXED", 1, 3),), {1, 3}),
        ((saying("MIXED", 4),), set()),
        ((saying("MIXED", 1, 2, actions=(("X", (3,)), ("U", (4,)))),), {1, 2}),
        ((saying("SAFE", creator="acme 1.1 "),), SAFE),
        ((saying("SAFE"), saying("SAFE")), SAFE),
        ((saying("SAFE"), saying("UNSAFE", creator="OTHER")), SAFE),
        # what contradicts itself, or is not written as the standard has it, declares nothing
        ((saying("SAFE"), saying("UNSAFE")), set()),
        ((saying("SAFE"), saying("MIXED", 1)), set()),
        ((saying("MIXED", 1), saying("MIXED", 1, 2)), set()),
        ((saying("SAFE", 1),), set()),
        ((saying("SAFE", actions=(("X", (2,)),)),), set()),
        ((saying("MIXED"),), set()),
        ((saying("MIXED", 1, 2, actions=(("X", (2,)),)),), set()),
        ((saying("MIXED", 1, actions=(("C", (2,)),)),), set()),
        ((saying("MIXED", 1, actions=(("X", ()),)),), set()),
        ((saying("MIXED", 2, 1),), set()),
        ((saying("MIXED", 1, 1),), set()),
        ((saying("MIXED", 1, 0x100),), set()),
        ((saying("MIXED", 1, 0x1002),), set()),
        ((saying("safe"),), set()),
        ((saying("SAFE\\SAFE"),), set()),
        ((saying("SAFE", group=(0x0021,)),), set()),
        ((saying("SAFE", group=(0x0019, 0x0021)),), set()),
        ((saying("SAFE", group=()),), set()),
        ((saying("SAFE", creator=""),), set()),
        ((saying("SAFE", creator="NOBODY"),), set()),
        ((build.item(build.element(0x00080303, "CS", "SAFE")),), set()),
        ((build.item(),), set()),
    ],
)
@pytest.mark.parametrize("number", [0x10, 0x80])
def test_a_private_element_stays_exactly_where_the_object_says_one_thing(
    engine: Engine, items: tuple[bytes, ...], stay: set[int], number: int
) -> None:
    out = applied(engine, declaring(*items, number=number))
    assert low_bytes(out, f"(0019,{number:02X}") == stay
    assert (f"(0019,00{number:02X}) LO" in out) is bool(stay)


def test_what_is_declared_safe_is_cleaned(engine: Engine) -> None:
    out = applied(engine, declaring(saying("SAFE")))
    assert (out["(0019,1001) IS"], out["(0019,1002) LO"], out["(0019,1003) UI"]) == ("12", "HEAD", KEYS.uid("1.2.3.4.5"))


def test_in_implicit_vr_it_is_read_with_the_vr_that_the_object_defines(engine: Engine) -> None:
    said = saying("SAFE", definitions=((1, "IS"), (2, "LO"), (3, "IS"), (4, "DA")), coding=IMPLICIT)
    out = applied(engine, declaring(said, coding=IMPLICIT))
    assert low_bytes(out) == {1, 2}  # 03 is no IS, and of a date nothing is clean
    assert bytes.fromhex(out["(0019,1002) UN"]["hex"]) == b"HEAD"
    assert low_bytes(applied(engine, declaring(saying("SAFE", coding=IMPLICIT), coding=IMPLICIT))) == set()


def test_a_creator_that_reserves_two_blocks_is_declared_nothing_of(engine: Engine) -> None:
    assert low_bytes(applied(engine, declaring(saying("SAFE"), creators=("ACME 1.1", "ACME 1.1"))), "(0019,1") == set()


def test_only_the_objects_own_sequence_declares_and_it_does_so_at_every_depth(engine: Engine) -> None:
    inside = block(0x0019, 0x20, "ACME 1.1", 1, "IS", b"12")
    nested = build.sequence(0x00082218, build.item(build.sequence(0x00080300, saying("SAFE")) + inside))
    items = applied(engine, file_with(EXPLICIT, nested))["AnatomicRegionSequence"]
    assert items == [{}]
    own = build.sequence(0x00080300, saying("SAFE"))
    items = applied(engine, file_with(EXPLICIT, nested, characteristics=own))["AnatomicRegionSequence"]
    assert items[0]["(0019,2001) IS"] == "12" and CHARACTERISTICS in items[0]


@pytest.mark.parametrize(
    ("creator", "believed"),
    [("SIEMENS MR HEADER", True), ("Work of Doe", False), ("JANE_1", False), ("X 4711", False), ("JANET 47110", True), ("DR DOCTOR", True)],
)
def test_a_block_whose_creator_names_the_patient_is_not_believed(engine: Engine, creator: str, believed: bool) -> None:
    data = declaring(saying("SAFE", creator=creator), creators=(creator,))
    out = applied(engine, data)
    assert (low_bytes(out) == SAFE) is believed and (CHARACTERISTICS in out) is believed
    renamed = data.replace(b"DOE^JANE", b"SIEMENS1").replace(b"4711", b"4712") if creator in ("Work of Doe", "JANE_1") else data
    assert (low_bytes(applied(engine, renamed)) == SAFE) is (believed or renamed != data)


def test_a_declared_private_sequence_is_walked(engine: Engine) -> None:
    inner = build.element(0x00100010, "PN", "ROE^RICHARD") + block(0x0019, 0x10, "ACME 1.1", 2, "LO", b"by Dr. Miller CHEST ")
    inner += block(0x0021, 0x10, "UNKNOWN", 1, "LO", b"SECRET")
    outer = block(0x0019, 0x10, "ACME 1.1", 9, "SQ", build.item(inner))
    data = file_with(EXPLICIT, outer, characteristics=build.sequence(0x00080300, saying("SAFE")))
    (item,) = applied(engine, data)["(0019,1009) SQ"]
    assert item["(0019,1002) LO"] == "CHEST" and item["PatientName"] != "ROE^RICHARD"
    assert not [key for key in item if key.startswith("(0021,")]


# ---- what becomes of the sequence itself


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("coding", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_items_that_name_blocks_that_went_go_with_them(engine: Engine, coding: Coding, undefined: bool) -> None:
    said = (
        saying("UNSAFE", creator="SECRET OF JANE", coding=coding),
        saying("SAFE", definitions=((1, "IS"),), coding=coding),
        saying("SAFE", creator="NOT THERE", coding=coding),
    )
    sequence = build.sequence(0x00080300, *said, coding=coding, undefined=undefined)
    data = file_with(
        coding,
        build.element(0x00190010, "LO", "ACME 1.1", coding)
        + build.element(0x00190011, "LO", "SECRET OF JANE", coding)
        + build.element(0x00191001, "IS", "12", coding)
        + build.element(0x00191101, "IS", "12", coding),
        characteristics=sequence,
    )
    result = engine.apply(data)
    out = applied(engine, data)
    (item,) = out[CHARACTERISTICS]
    assert item["PrivateCreatorReference"] == "ACME 1.1" and item["BlockIdentifyingInformationStatus"] == "SAFE"
    assert b"SECRET" not in b"".join(result.parts) and b"NOT THERE" not in b"".join(result.parts)
    gone = [one for one in result.outcomes if one.path[:1] in (((0x00080300, 1),), ((0x00080300, 3),))]
    assert {one.change for one in gone} == {"removed"} and len(gone) == 6
    again = applied(engine, b"".join(result.parts))
    assert again[CHARACTERISTICS] == out[CHARACTERISTICS] and low_bytes(again) == low_bytes(out)


def test_the_sequence_goes_with_its_last_item_under_every_profile() -> None:
    data = declaring(saying("UNSAFE"), saying("SAFE", creator="NOBODY"))
    for names in ((BASIC,), (BASIC, SAFE_PRIVATE)):
        engine = engine_of(*names)
        result = engine.apply(data)
        assert CHARACTERISTICS not in applied(engine, data)
        assert [one.change for one in result.outcomes if one.tag == 0x00080300] == ["removed"]
    kept = applied(engine_of(BASIC, more='deidrules 1\nK (0019,"ACME 1.1",01) override X because "needed"\n'), data)
    assert [item["PrivateCreatorReference"] for item in kept[CHARACTERISTICS]] == ["ACME 1.1"]


def test_it_goes_where_the_rules_say_so() -> None:
    engine = Engine(compile_text("deidrules 1\nC declared-safe\n", policies=Policies("X", "accept", "strictest")).plan, KEYS)  # type: ignore[arg-type]
    out = applied(engine, declaring(saying("SAFE")))
    assert CHARACTERISTICS not in out and low_bytes(out) == SAFE


# ---- a program made for one file is not taken for another that says something else


def test_files_of_one_layout_that_declare_different_things() -> None:
    engine = engine_of(BASIC, SAFE_PRIVATE)
    files = [
        (declaring(saying("MIXED", 1, 2)), {1, 2}),
        (declaring(saying("MIXED", 1, 3)), {1, 3}),
        (declaring(saying("MIXED", 3, 1)), set()),
        (declaring(saying("MIXED", 1, 2, creator="ACME 1.2")), set()),
    ]
    assert len({len(data) for data, _ in files}) == 1
    for data, stay in files * 4:
        assert low_bytes(applied(engine, data)) == stay


# ---- the language


def test_it_ranks_above_private_and_below_a_vr() -> None:
    recipe = 'deidrules 1\nX private\nK declared-safe override X because "r"\nX vr LO\nX (0019,"ACME 1.1",03)\n'
    compilation = compile_text(recipe, policies=POLICIES)
    assert compilation.plan is not None, compilation.diagnostics
    assert low_bytes(applied(Engine(compilation.plan, KEYS), declaring(saying("SAFE")))) == {1, 4}
    assert from_json(to_json(compilation.plan)) == compilation.plan


@pytest.mark.parametrize(
    ("recipe", "codes"),
    [
        ("X private\nK declared-safe", {"DR201"}),
        ("X private\nC declared-safe", {"DR201"}),
        ('X private\nC declared-safe override X because "r"', set()),
        ("X private except declared-safe\nC declared-safe", set()),
        ("K declared-safe\nX private otherwise", {"DR201"}),
        ("K declared-safe", set()),
        ('K (0019,"A",01)\nX declared-safe', {"DR201"}),
        ("X vr LO\nK declared-safe", set()),
        ("X declared-safe\nK RequestAttributesSequence / vr LO", set()),
        ("X RequestAttributesSequence / private\nK declared-safe", {"DR301"}),
        ("U declared-safe", {"DR208"}),
        ("X declared-safe / PatientName", {"DR020"}),
        ("when exists declared-safe { X PatientName }", {"DR020"}),
        ("X declared_safe", {"DR102"}),
    ],
)
def test_what_the_compiler_says_of_it(recipe: str, codes: set[str]) -> None:
    compilation = compile_text(f"deidrules 1\n{recipe}\n")
    assert {diagnostic.code for diagnostic in compilation.diagnostics} == codes, compilation.diagnostics


def test_reading_it_past_a_rule_counts_as_what_the_strictest_rule_leaves() -> None:
    read = 'C PatientComments = lower((0019,"A",01))'
    for rules, codes in (
        (f'K (0019,"A",01)\n{read}', set()),
        (f"C declared-safe\n{read}", {"DR203"}),
        (f'X private\nC declared-safe override X because "r"\n{read}', {"DR203"}),
    ):
        assert {d.code for d in compile_text(f"deidrules 1\n{rules}\n").diagnostics} == codes, rules


def test_it_is_part_of_the_meaning() -> None:
    one, other = (compile_text(f"deidrules 1\nC {leaf}\n").plan for leaf in ("declared-safe", '(0019,"A",01)'))
    assert one is not None and other is not None and fingerprint(one) != fingerprint(other)
