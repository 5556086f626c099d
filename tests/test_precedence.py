"""The rules of meaning that the compiler decides: what clashes, what weakens, what has to be said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from deidrules.compile.compiler import compile_layers
from deidrules.dicom import dictionary
from deidrules.plan.model import Policies
from deidrules.text.diagnostic import Severity


def codes(*layers: str, unlisted: str = "X") -> set[str]:
    """Codes of the findings of a stack; each text is a layer called l0, l1, … without its first line."""
    stack = [(f"l{index}", f"deidrules 1\n{text}\n") for index, text in enumerate(layers)]
    return {diagnostic.code for diagnostic in compile_layers(stack, Policies(unlisted)).diagnostics}


def errors(*layers: str, unlisted: str = "X") -> set[str]:
    stack = [(f"l{index}", f"deidrules 1\n{text}\n") for index, text in enumerate(layers)]
    found = compile_layers(stack, Policies(unlisted)).diagnostics
    return {diagnostic.code for diagnostic in found if diagnostic.severity is Severity.ERROR}


OPTION = 'layer option 113110 may weaken "l0"\n'
OTHER = 'layer option 113109 may weaken "l0"\n'

CASES = {
    "one rule": (("X PatientName",), set()),
    "a rule said twice is no clash": (("X PatientName\nX PatientName",), set()),
    "two rules of one layer for one tag": (("X PatientName\nZ PatientName",), {"DR301"}),
    "the same through a set and a mask of equal width": (("X (0010,00xx)\nZ (0010,xx10)",), {"DR301"}),
    "masks of different width are ordered": (("Z (0010,xxxx)\nX (0010,00xx)",), set()),
    "a tag beats a mask": (("X (0010,xxxx)\nZ PatientName",), set()),
    "a tag beats a vr": (("X vr PN\nZ PatientName",), set()),
    "two classes of one rank": (("X private\nZ (0011,xxxx)",), set()),
    "leaf and path pull in different directions": (
        ("X PatientName\nZ RequestAttributesSequence / vr PN",),
        {"DR301"},
    ),
    "a longer path beats none": (("X PatientName\nZ RequestAttributesSequence / PatientName",), set()),
    "top beats none": (("X PatientName\nZ top / PatientName",), set()),
    "paths that never meet": (("X RequestAttributesSequence / PatientName\nZ ReferencedStudySequence / PatientName",), set()),
    "a condition beats none": (('X PatientName\nwhen Modality = "CT" { Z PatientName }',), set()),
    "except takes the clash away": (("X (0010,00xx) except PatientName\nZ (0010,xx10)",), set()),
    "a weakening within a layer": (("X (0010,xxxx)\nK PatientSex",), {"DR201"}),
    "a marked weakening": (('X (0010,xxxx)\nK PatientSex override X because "a"',), set()),
    "a weakening of a later layer": (("X PatientSex", "K PatientSex"), {"DR201"}),
    "marked with a code that leaves too much": (("X PatientSex", 'K PatientSex override U because "a"'), {"DR201"}),
    "X, Z and D count alike": (("X PatientSex", 'K PatientSex override Z because "a"'), set()),
    "X, Z, D over each other are changes": (("X PatientName", "Z PatientName", 'D PatientName = "A"'), set()),
    "a token over nothing is a weakening": (("D PatientName", "D PatientName = pseudonym(PatientID) "), {"DR201", "DR203"}),
    "a compound counts as the most it can leave": (("Z ReferencedImageSequence", "X/Z/U ReferencedImageSequence"), {"DR201"}),
    "strengthening needs no word": (("K Modality", "X Modality"), set()),
    "what an earlier override settled is not asked again": (
        ("X PatientSex", 'K PatientSex override X because "a"', "C PatientSex = truncate(length: 1)"),
        set(),
    ),
    "a weakening under a condition counts": (("X ImageComments", 'when Modality = "CT" { K ImageComments }'), {"DR201"}),
    "a conditional rule may be weakened too": (
        ('when Modality = "CT" { X ImageComments }', "K ImageComments"),
        {"DR201"},
    ),
    "broad over narrow": (("Z PatientName", "X (0010,xxxx)"), {"DR202"}),
    "broad over narrow with override": (("Z PatientName", "X (0010,xxxx) override"), set()),
    "broad over narrow with otherwise": (("Z PatientName", "X (0010,xxxx) otherwise"), set()),
    "broad over narrow of the same action": (("X PatientName", "X (0010,xxxx)"), set()),
    "otherwise stands behind": (("X PatientName", "K (0010,xxxx) otherwise"), set()),
    "otherwise of two layers": (("X (0010,xxxx) otherwise", "K (0010,00xx) otherwise"), {"DR201"}),
    "an option may weaken its layer": (("U StudyInstanceUID", OPTION + "K StudyInstanceUID"), set()),
    "an option may weaken no other layer": (("X PatientSex", "U StudyInstanceUID", OPTION + "K StudyInstanceUID"), {"DR201"}),
    "two options clash": (("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID"), {"DR303"}),
    "two options clash in the other order": (("X DeviceUID", OTHER + "U DeviceUID", OPTION + "K DeviceUID"), {"DR303"}),
    "a later layer settles a clash": (("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", "X DeviceUID"), set()),
    "an option may weaken the option that it names": (
        ("X DeviceUID", OPTION + "K DeviceUID", 'layer option 113109 may weaken "l0", "l1"\nU DeviceUID'),
        set(),
    ),
    "naming the later one is no leave for the later one": (
        ("X DeviceUID", 'layer option 113110 may weaken "l0", "l2"\nK DeviceUID', OTHER + "U DeviceUID"),
        {"DR303"},
    ),
    "options clash with the profile that is one itself": (
        ("layer option 113100\nX DeviceUID", "layer option 113109\nK DeviceUID"),
        {"DR303"},
    ),
    "a stronger option clashes too": (("X DeviceUID", OPTION + "K DeviceUID", OTHER + "X DeviceUID"), {"DR303"}),
    "options that ask for the same do not clash": (("X DeviceUID", OPTION + "K DeviceUID", OTHER + "K DeviceUID"), set()),
    "what a layer between them decides is no clash": (
        ("X DeviceUID", OPTION + "K DeviceUID", "X DeviceUID", 'layer option 113109 may weaken "l0", "l2"\nU DeviceUID'),
        set(),
    ),
    "a layer below them settles nothing": (
        (
            "X DeviceUID",
            "X DeviceUID",
            'layer option 113110 may weaken "l1"\nK DeviceUID',
            'layer option 113109 may weaken "l1"\nU DeviceUID',
        ),
        {"DR303"},
    ),
    "a later option settles nothing": (
        (
            "X DeviceUID",
            OPTION + "K DeviceUID",
            OTHER + "U DeviceUID",
            'layer option 113112 may weaken "l0", "l1", "l2"\nX DeviceUID',
        ),
        {"DR303"},
    ),
    "a clash is settled by a broader rule": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", "X vr UI override"),
        set(),
    ),
    "a clash is not settled under a condition": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", 'when Modality = "CT" { X DeviceUID }'),
        {"DR303"},
    ),
    "a clash is not settled at one place": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", "X top / DeviceUID"),
        {"DR303"},
    ),
    "a clash is not settled behind an exception": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", "X DeviceUID except top / DeviceUID"),
        {"DR303"},
    ),
    "a clash at one place is settled there": (
        ("X DeviceUID", OPTION + "K top / DeviceUID", OTHER + "U DeviceUID", "X top / DeviceUID"),
        set(),
    ),
    "options that never meet": (
        ("X DeviceUID", OPTION + "K top / DeviceUID", OTHER + "U RequestAttributesSequence / DeviceUID"),
        set(),
    ),
    "options under conditions that exclude each other": (
        (
            "X DeviceUID",
            OPTION + 'when Modality = "CT" { K DeviceUID }',
            OTHER + 'when Modality = "MR" { U DeviceUID }',
        ),
        set(),
    ),
    "an option under a condition clashes": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + 'when Modality = "MR" { U DeviceUID }\nK DeviceUID'),
        {"DR303"},
    ),
    "`otherwise` of an option asks for nothing where another has spoken": (
        ("X DeviceUID", OPTION + "K DeviceUID", OTHER + "K vr UI otherwise"),
        set(),
    ),
    "`otherwise` of two options": (
        ("X DeviceUID", OPTION + "K vr UI otherwise", OTHER + "X vr UI otherwise"),
        {"DR303"},
    ),
    "an option that the standard does not have": (("layer option 113113\nX PatientName",), {"DR140"}),
    "an option 0": (("layer option 0\nX PatientName",), {"DR140"}),
    "a layer that nobody has": (("X DeviceUID", 'layer option 113110 may weaken "l9"\nX DeviceUID'), {"DR141"}),
    "a shipped layer that is not in the stack": (
        ("X DeviceUID", 'layer option 113110 may weaken "l0", "ps315/2026d/basic"\nK DeviceUID'),
        set(),
    ),
    "a layer that names itself": (('layer option 113110 may weaken "l0"\nK DeviceUID',), {"DR141"}),
    "reading past a rule": (("X PatientID\nD PatientName = pseudonym(PatientID)",), {"DR203"}),
    "reading past `unlisted`": (("C PatientName = lower(PatientComments)",), {"DR203"}),
    "reading what stays": (('K Modality\nD PatientName = Modality + "-1"',), {"DR205"}),
    "a token of a token": (("D PatientID = pseudonym(PatientID)\nD PatientName = pseudonym(PatientID)",), set()),
    "a key leaves nothing": (("X PatientID\nC StudyDate = shift(per: PatientID, within: 365 days)",), set()),
    "add is bound by flow": (("X PatientID\nadd PatientComments = PatientID",), {"DR203"}),
    "add clashes like a rule": (('X top / PatientComments\nadd PatientComments = "a"',), {"DR301"}),
    "the engine's own": (("X Rows",), {"DR206"}),
    "the engine's own may be kept": (("K Rows, SOPClassUID",), set()),
    "pixel data takes K or X": (("Z PixelData",), {"DR206"}),
    "a private tag without creator cannot stay": (("K (0019,100C)",), {"DR108"}),
    "a private tag without creator may go": (("X (0019,100C)",), set()),
    "a spelled private element over private": (("X private", 'K (0019,"A",0C) override X because "b"'), set()),
    "a spelled private element over private, unmarked": (("X private", 'K (0019,"A",0C)'), {"DR201"}),
    "private masks of one creator": (('X (0019,"A",1x)\nK (0019,"A",x1)',), {"DR301"}),
    "private masks of two creators": (('X (0019,"A",1x)\nK (0019,"B",x1)',), set()),
    "a vr reaches private elements": (("X vr PN", 'K (0019,"A",10) override X because "b"'), set()),
    "a third rule does not hide a clash": (("Z PatientName\nZ PatientName\nX PatientName",), {"DR301"}),
    "crossing masks of an odd group": (("X (0019,1xx1)\nZ (0019,x0x1)",), {"DR301"}),
    "a broad rule leaves nothing of a private element it does not spell": (
        ("C RequestAttributesSequence / * = lower()", 'C (0019,"A",01)'),
        {"DR201"},
    ),
    "so a broad K is no weakening there": (("X private\nK vr SQ",), set()),
    "names are unique": (('reject "a" when Modality = "SR"', 'accept "a" when Modality = "CT"'), {"DR305"}),
    "without switches off": (('reject "a" when Modality = "SR"', 'without "a" because "b"\naccept "a" when Modality = "CT"'), set()),
    "without meets nothing": (('without "a" because "b"',), {"DR306"}),
    "the icon may stay when pixels change": (('K IconImageSequence\npixels "a" when Modality = "US" { blank top 10 }',), set()),
}


@pytest.mark.parametrize("name", CASES)
def test_the_compiler_finds_what_is_wrong_and_nothing_else(name: str) -> None:
    layers, expected = CASES[name]
    assert errors(*layers) == expected


def clashes(*layers: str) -> list[tuple[str, int, int]]:
    """(message, line of the rule, line of the other rule) of each clash of options, the lines counted without the first."""
    stack = [(f"l{index}", f"deidrules 1\n{text}\n") for index, text in enumerate(layers)]
    found = compile_layers(stack, Policies("X")).diagnostics
    return [(one.message, one.span.line - 1, one.notes[0].span.line - 1) for one in found if one.code == "DR303"]


def test_a_clash_is_one_finding_for_two_options_and_counts_the_elements() -> None:
    names = "StudyDate, SeriesDate, AcquisitionDate, ContentDate, StudyTime, SeriesTime, AcquisitionTime"
    one_by_one = "".join(f"K {name}\n" for name in names.split(", "))
    (only,) = clashes(f"X {names}", OPTION + one_by_one, OTHER + f"X DeviceUID\nZ {names}")
    assert only == (
        "the options 113110 and 113109 ask for different things: 7 elements, among them "
        "`StudyDate`, `SeriesDate`, `AcquisitionDate`, `ContentDate`, `StudyTime`, `SeriesTime`",
        3,
        2,
    )


@pytest.mark.parametrize(("column", "option", "rows"), [("rtn_dev_id", 113109, 11), ("rtn_long_full_dates", 113106, 169)])
def test_the_options_of_the_table_that_clash_with_modified_dates(column: str, option: int, rows: int) -> None:
    place = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
    if not place.is_file():
        pytest.skip("the table of the standard is not beside the checkout")
    with place.open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    kept = [row["tag"] for row in table if row[column] == "K"]
    modified = [row["tag"] for row in table if row["rtn_long_modif_dates"] == "C"]
    basic = "layer option 113100\n" + "".join(f"X {tag}\n" for tag in dict.fromkeys((*kept, *modified)))
    keeping = f'layer option {option} may weaken "l0"\n' + "".join(f"K {tag}\n" for tag in kept)
    modifying = 'layer option 113107 may weaken "l0"\n' + "".join(f"X {tag}\n" for tag in modified)
    for layers in ((basic, keeping, modifying), (basic, modifying, keeping)):
        ((message, _, _),) = clashes(*layers)
        assert f" ask for different things: {rows} elements, among them " in message
    settled = "".join(f"X {tag}\n" for tag in modified)
    assert errors(basic, keeping, modifying, settled) == set()


def test_each_rule_of_a_clash_can_be_found() -> None:
    stack = [("l0", "deidrules 1\nX StudyDate, SeriesDate"), ("l1", "deidrules 1\n" + OPTION + "K StudyDate\nK SeriesDate")]
    found = compile_layers([*stack, ("l2", "deidrules 1\n" + OTHER + "Z StudyDate, SeriesDate")], Policies("X")).clashes
    assert [(first.text, first.line, other.text, other.line) for first, other in found] == [
        ("StudyDate", 3, "StudyDate", 3),
        ("SeriesDate", 3, "SeriesDate", 4),
    ]


def test_each_two_of_three_options_that_clash_are_said() -> None:
    third = 'layer option 113112 may weaken "l0"\n'
    found = clashes("X DeviceUID", OPTION + "K DeviceUID", OTHER + "U DeviceUID", third + "Z DeviceUID")
    assert sorted(message[:30] for message, _, _ in found) == [
        "the options 113109 and 113112 ",
        "the options 113110 and 113109 ",
        "the options 113110 and 113112 ",
    ]


def test_two_conditional_rules_that_may_both_hold_are_a_warning() -> None:
    both = 'when Modality = "CT" { X ImageComments }\nwhen BodyPartExamined = "HEAD" { Z ImageComments }'
    assert codes(both) == {"DR302"}


def test_conditions_that_exclude_each_other_do_not_clash() -> None:
    assert codes('when Modality = "CT" { X ImageComments }\nwhen Modality = "MR" { Z ImageComments }') == set()
    assert codes("when exists PatientAge { X ImageComments }\nwhen not exists PatientAge { Z ImageComments }") == set()


def test_an_override_that_meets_nothing_is_a_finding_in_a_profile() -> None:
    assert codes('K Modality override X because "a"') == {"DR212"}


def test_a_rule_that_another_of_its_layer_decides_is_never_reached() -> None:
    assert "DR304" in codes("X PatientName, StudyDate\nX PatientName")


def test_a_net_by_vr_is_no_finding_though_every_attribute_of_today_has_its_rule() -> None:
    every = ", ".join(f"({e.tag >> 16:04X},{e.tag & 0xFFFF:04X})" for e in dictionary.entries() if "UC" in e.vrs)
    assert codes(f"X {every}, private\nD vr UC otherwise") == set()
    assert codes(f"X {every}\nX vr UC\nD vr UC otherwise") >= {"DR304"}


def test_a_rule_of_an_earlier_layer_may_be_decided_by_a_later_one() -> None:
    assert codes("Z PatientName", "X PatientName") == set()


def test_errors_of_several_layers_are_all_said() -> None:
    assert errors("X PatientNmae", "Q PatientName", "X vr PM") == {"DR101", "DR104", "DR103"}


def test_a_cyclic_set_is_an_error_and_ends() -> None:
    assert errors("set a = b, StudyDate\nset b = c\nset c = a\nX a") == {"DR115"}


@pytest.mark.parametrize(
    ("later", "claim"),
    [
        ("X ImageComments", "REMOVED"),
        ('C StudyDate = year() override X because "a"', ""),
        ('when Modality = "CT" { K StudyTime override X because "a" }', ""),
        ('K (0019,"A",10) override X because "a"', ""),
        ('D PatientComments = pseudonym(StudyDate) override X because "a"', ""),
    ],
)
def test_dates_are_called_removed_only_where_nothing_of_them_can_stay(later: str, claim: str) -> None:
    basic = "deidrules 1\nX StudyDate, StudyTime, PatientComments, private\n"
    plan = compile_layers([("ps315/2026d/basic", basic), ("site", f"deidrules 1\n{later}\n")], Policies("X")).plan
    assert plan is not None and plan.longitudinal == claim


def options(named: str, *, turned: bool = False) -> set[str]:
    """The codes for two options over a third, the later one of which may weaken `named`."""
    layers = [
        ("basic", "deidrules 1\nlayer option 113100\nX PatientAge\n"),
        ("clean", 'deidrules 1\nlayer option 113105 may weaken "basic"\nC PatientAge = cap()\n'),
        ("retain", f"deidrules 1\nlayer option 113108 may weaken {named}\nK PatientAge\n"),
    ]
    if turned:
        layers[1:] = layers[:0:-1]
    return {diagnostic.code for diagnostic in compile_layers(layers, Policies("X")).diagnostics}


def test_an_option_may_weaken_the_options_it_names_and_clashes_with_all_others() -> None:
    assert options('"basic", "clean"') == set()
    assert options('"basic"') == {"DR303"}
    assert options('"basic", "clean"', turned=True) == {"DR303"}


def test_sets_that_double_are_spread_once() -> None:
    sets = "".join(f"set s{n} = s{n + 1}, s{n + 1}\n" for n in range(60))
    assert errors(f"{sets}set s60 = StudyDate\nX s0") == set()


def test_sets_deeper_than_any_recipe_are_refused() -> None:
    sets = "".join(f"set s{n} = s{n + 1}\n" for n in range(5000))
    assert errors(f"{sets}set s5000 = StudyDate\nX s0") == {"DR124"}


def test_sets_that_spread_too_far_are_refused() -> None:
    many = ", ".join(f"(0010,{n:04X})" for n in range(1, 2002))
    assert errors(f"set many = {many}\n" + "X many\n" * 120) == {"DR124"}


def test_more_rules_for_one_element_than_can_be_judged_are_refused() -> None:
    conditions = "".join(f"when Rows = {n} {{ X PatientName }}\n" for n in range(4000))
    assert errors(conditions) == {"DR308"}


def test_twenty_thousand_rules_are_judged_in_seconds() -> None:
    import time

    text = "deidrules 1\n" + "".join(f"X (0{n % 8 * 2:03X},{n // 8 + 1:04X})\n" for n in range(8, 20_000))
    text += "Z vr PN otherwise\n"
    started = time.perf_counter()
    compilation = compile_layers([("many", text)], Policies("X"))
    assert compilation.layers and time.perf_counter() - started < 60
