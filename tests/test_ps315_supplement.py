"""The supplement to Table E.1-1: every attribute judged once and with a reason, never weaker than the table, nets for the rest."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import make_ps315
import pytest
from click.testing import CliRunner
from pydicom.dataset import Dataset

from deidrules import deidentify, resources
from deidrules.cli.main import main
from deidrules.compile.compiler import compile_layers, compile_profile
from deidrules.dicom import dictionary, icc
from deidrules.plan.model import Plan, Policies
from deidrules.plan.own import engine_own
from deidrules.plan.selector import TagLeaf, VrLeaf

PROFILES = resources.folder("profiles")
BASIC = (PROFILES / "ps315" / "2026d" / "basic.recipe").read_text("utf-8")
TEXT = (PROFILES / "ps315" / "2026d" / "supplement.recipe").read_text("utf-8")
RISKY = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "risky_vr_not_in_e1_1.csv"
IDENTIFYING = frozenset({"PN", "DA", "DT", "TM", "UR", "UI", "LO", "SH", "ST", "LT", "UT", "UC"})
ENGINE_OWN = {"(0008,0016)", "(0012,0063)"}
KEY = bytes(range(32))

_RULE = re.compile(r"^(?P<code>[XZDUCK/]+) (?P<selector>\([0-9A-Fx]{4},[0-9A-Fx]{4}\)) +# (?P<name>.+)$")


@dataclass(frozen=True)
class Row:
    """One rule: code, selector, and the name behind it."""

    code: str
    selector: str
    name: str

    @property
    def vr(self) -> str:
        entry = dictionary.entry(int(self.selector[1:5] + self.selector[6:10], 16))
        assert entry is not None, self.selector
        return entry.vrs[0]


@dataclass(frozen=True)
class Group:
    """Rules with the comment above them."""

    reason: str
    rows: tuple[Row, ...]


@cache
def groups() -> tuple[Group, ...]:
    """The groups of plain rules, in the order of the recipe."""
    out = []
    for block in TEXT.split("\n\n"):
        lines = block.splitlines()
        rows = tuple(Row(**match.groupdict()) for line in lines if (match := _RULE.match(line)))
        if rows:
            comments = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
            assert len(comments) + len(rows) == len(lines), block
            assert len(comments) in (1, 2), block
            out.append(Group(" ".join(comments), rows))
    return tuple(out)


def judged() -> list[Row]:
    """The rows for attributes of an identifying VR."""
    return [row for group in groups() for row in group.rows if "x" not in row.selector and row.vr in IDENTIFYING]


@cache
def plan(supplement: str = TEXT) -> Plan:
    """The table, and a supplement above it."""
    layers = [("ps315/2026d/basic", BASIC), ("ps315/2026d/supplement", supplement)]
    compilation = compile_layers(layers, Policies("K", "accept", "strictest", "quarantine"))
    assert compilation.plan is not None
    assert compilation.diagnostics == ()
    return compilation.plan


@pytest.mark.skipif(not RISKY.is_file(), reason="needs ../shared/data/risky_vr_not_in_e1_1.csv")
def test_each_attribute_that_the_table_forgot_is_judged_exactly_once() -> None:
    with RISKY.open(encoding="utf-8", newline="") as file:
        rows = {row["tag"] for row in csv.DictReader(file)}
    assert len(rows) == 518
    assert Counter(row.selector for row in judged()) == Counter(rows - ENGINE_OWN)


def test_518_attributes_are_judged() -> None:
    counts = Counter(row.code for row in judged())
    assert counts == {"K": 186, "C": 174, "X/Z/D": 134, "U": 22}
    assert sum(counts.values()) + len(ENGINE_OWN) == 518
    assert max(Counter(row.selector for row in judged()).values()) == 1


def test_what_the_engine_owns_is_named_with_a_reason() -> None:
    assert set(re.findall(r"^#   (\([0-9A-F]{4},[0-9A-F]{4}\)) .+: .+$", TEXT, re.MULTILINE)) == ENGINE_OWN
    assert all(engine_own(int(tag[1:5] + tag[6:10], 16)) for tag in ENGINE_OWN)


def test_no_attribute_of_the_dictionary_with_an_identifying_vr_is_left_unjudged() -> None:
    # A new edition of the dictionary fails here until somebody has looked at what it brings.
    table = set(re.findall(r"^[XZDU/]+ +(\(\S+\)) +#", BASIC, re.MULTILINE))
    known = {
        f"({entry.tag >> 16:04X},{entry.tag & 0xFFFF:04X})"
        for entry in dictionary.entries()
        if IDENTIFYING & set(entry.vrs) and not engine_own(entry.tag)
    }
    assert known - table == {row.selector for row in judged()}


def test_one_reason_serves_at_most_ten_attributes_and_no_other_group() -> None:
    assert len(groups()) > 150
    assert max(len(group.rows) for group in groups()) <= 10
    assert max(Counter(group.reason for group in groups()).values()) == 1
    assert min(len(group.reason.split()) for group in groups()) >= 4
    assert all(len({row.code for row in group.rows}) == 1 for group in groups())


def test_the_names_behind_the_rules_are_those_of_the_dictionary() -> None:
    for group in groups():
        for row in group.rows:
            entry = dictionary.entry(int(row.selector[1:10].replace(",", "").replace("x", "0"), 16))
            assert entry is not None and entry.name == row.name, row


@pytest.mark.skipif(not make_ps315.TABLE.is_file(), reason="needs ../shared/data/e1_1.csv, the table of the standard")
def test_no_attribute_of_the_table_is_named() -> None:
    table = {row.selector for row in make_ps315.rows(make_ps315.TABLE)}
    assert not {row.selector for group in groups() for row in group.rows} & table


def test_no_rule_but_the_nets_reaches_what_the_table_lists() -> None:
    compiled = plan()
    named = [rule.selector for rule in compiled.rules if rule.layer == 0 and isinstance(rule.selector.leaf, TagLeaf)]
    own = [rule.selector.leaf for rule in compiled.rules if rule.layer == 1 and not rule.otherwise]
    assert len(named) > 600 and len(own) > 500
    for leaf in own:
        assert isinstance(leaf, TagLeaf)
        for other in named:
            assert isinstance(other.leaf, TagLeaf)
            assert (leaf.value ^ other.leaf.value) & leaf.mask & other.leaf.mask, (leaf, other.leaf)


def test_nothing_has_to_be_overridden_to_stand_on_the_table() -> None:
    assert " override " not in TEXT
    assert plan().overrides == ()


def test_every_action_fits_its_vr() -> None:
    for row in judged():
        if row.code == "C":
            assert row.vr in {"LO", "SH", "ST", "LT", "UT", "UC"}, row
        if row.code == "U":
            assert row.vr == "UI", row
        if row.vr in {"PN", "DA", "DT", "TM"}:
            assert row.code == "X/Z/D", row


def test_the_exceptions_of_the_nets_are_the_attributes_that_stay() -> None:
    for rule in plan().rules:
        if rule.layer == 1 and rule.otherwise:
            assert isinstance(rule.selector.leaf, VrLeaf)
            vr = rule.selector.leaf.vr
            excepted = {leaf.value for selector in rule.excluded if isinstance(leaf := selector.leaf, TagLeaf)}
            assert excepted == {int(row.selector[1:10].replace(",", ""), 16) for row in judged() if row.code == "K" and row.vr == vr}


def test_there_is_a_net_for_every_identifying_vr() -> None:
    nets = {rule.selector.leaf.vr for rule in plan().rules if rule.otherwise and isinstance(rule.selector.leaf, VrLeaf)}
    assert nets == IDENTIFYING | {"AE"}


VALUES = {
    "PN": "ROE^RICHARD",
    "DA": "20240131",
    "DT": "20240131101500",
    "TM": "101500",
    "UR": "https://pacs.example/4711",
    "UI": "1.2.3.4.5.6",
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC"), "ZZ 4711-22"),
}


def object_with(rows: list[Row]) -> Dataset:
    out = Dataset()
    out.SOPClassUID, out.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.3"
    out.PatientName, out.PatientID = "DOE^JANE", "4711-22"
    for row in rows:
        out.add_new(int(row.selector[1:10].replace(",", ""), 16), row.vr, VALUES[row.vr])
    return out


def left(rows: list[Row], compiled: Plan) -> list[str]:
    """The selectors whose value came through unchanged."""
    after = deidentify(object_with(rows), compiled, KEY)
    tags = {row.selector: int(row.selector[1:10].replace(",", ""), 16) for row in rows}
    return [selector for selector, tag in tags.items() if tag in after and after[tag].value == VALUES[after[tag].VR]]


def test_a_value_that_identifies_comes_through_no_rule_but_keep() -> None:
    goes = [row for row in judged() if row.code != "K"]
    stays = [row for row in judged() if row.code == "K"]
    assert left(goes, plan()) == []
    assert left(stays, plan()) == [row.selector for row in stays]


def test_the_nets_decide_what_no_rule_names() -> None:
    # As an attribute of the next edition would come: the rules that name tags are taken away.
    bare = "\n".join(line for line in TEXT.splitlines() if not _RULE.match(line))
    bare = bare[: bare.index("\ntest ")]
    goes = [row for row in judged() if row.code != "K"]
    assert len(goes) > 300
    assert left(goes, plan(bare)) == []


def test_the_shipped_profile_stacks_the_supplement_on_the_table() -> None:
    compilation = compile_profile("ps315-basic")
    assert [layer.name for layer in compilation.layers] == ["ps315/2026d/basic", "ps315/2026d/supplement"]


def test_the_tests_in_recipe_and_profile_pass() -> None:
    result = CliRunner().invoke(main, ["test", str(PROFILES / "ps315" / "2026d" / "supplement.recipe"), str(PROFILES / "ps315-basic")])
    assert result.exit_code == 0, result.output


def test_the_recipe_says_where_the_table_comes_from() -> None:
    assert "DICOM PS3.15 2026d, (c) NEMA" in TEXT


def test_a_colour_profile_loses_its_texts_where_it_is_unlisted_otherwise() -> None:
    assert [rule.code for rule in plan().rules if rule.selector.leaf == TagLeaf(icc.TAG)] == ["C"]


OVERLAY = 'deidrules 1\nK (60xx,3000) override X because "planes were looked at"\n'


def test_the_words_beside_an_overlay_that_stays_are_cleaned() -> None:
    layers = [("ps315/2026d/basic", BASIC), ("ps315/2026d/supplement", TEXT), ("site", OVERLAY)]
    compiled = compile_layers(layers, Policies("K", "accept", "strictest", "quarantine")).plan
    assert compiled is not None
    given = object_with([])
    given.Rows = given.Columns = 8
    given.add_new(0x60020010, "US", 8)
    given.add_new(0x60020011, "US", 8)
    given.add_new(0x60020022, "LO", "arrow, Doe")
    given.add_new(0x60020040, "CS", "G")
    given.add_new(0x60020050, "SS", [1, 1])
    given.add_new(0x60020100, "US", 1)
    given.add_new(0x60020102, "US", 0)
    given.add_new(0x60021500, "LO", "Jane Doe: mass")
    given.add_new(0x60023000, "OW", bytes(8))
    after = deidentify(given, compiled, KEY)
    assert (after[0x60020022].value, after[0x60021500].value) == ("arrow", "mass")
