"""Private lists of a profile: three forms of CSV, each row a rule of a generated layer, each mistake at its line."""

from __future__ import annotations

import time
from pathlib import Path

import build
import pytest
from build import EXPLICIT, IMPLICIT
from click.testing import CliRunner
from safe_private import KEYS, applied, block, file_with

from deidrules.cli.main import main
from deidrules.compile.compiler import compile_profile, planned_profile
from deidrules.compile.model import Compilation
from deidrules.compile.private_list import list_layer
from deidrules.engine.instance import Engine
from deidrules.language.spell import path as spell_path
from deidrules.plan.fingerprint import fingerprint
from deidrules.rehearsal.rehearse import rehearse_profile
from deidrules.text.source import Source

KB = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "tcia_private_tag_kb.csv"
needs_kb = pytest.mark.skipif(not KB.is_file(), reason="needs ../shared/data/tcia_private_tag_kb.csv, which is not ours to ship")

PROFILE = """\
profile: site
version: 1.0.0
language: 1
recipes:
  - ps315/2026d/basic
  - ps315/2026d/retain-safe-private
  - site.recipe
private-list: lists/site.csv
policies:
  unlisted: K
  unmatched-pixels: accept
  unknown-sop-class: strictest
"""
SITE = "deidrules 1\nX PatientComments\n"
OWN = """\
tag,private_creator,vr,action,reason
"(0019,xx01)",ACME 1.1,IS,,
"(0019,xx02)",ACME 1.1,LO,C,
"(0019,""ACME 1.1"",03)",,UI,U,
"(0019,xx04)",ACME 1.1,DA,C,
"(0019,xx05)",ACME 1.1,LO,K,"device sheet 12, no free text"
"(0019,xx06)",ACME 1.1,LO,X,
"(0019,xx07)",ACME 1.1,LO,Z,
"(0019,xx08)",ACME 1.1,LO,D,
"(0021,xx1x)",ACME 1.1,,,
"""


def folder(tmp_path: Path, text: str = OWN, profile: str = PROFILE, **recipes: str) -> Path:
    (tmp_path / "lists").mkdir(exist_ok=True)
    (tmp_path / "profile.yaml").write_text(profile, "utf-8")
    (tmp_path / "lists" / "site.csv").write_text(text, "utf-8")
    for name, recipe in {"site": SITE, **recipes}.items():
        (tmp_path / f"{name}.recipe").write_text(recipe, "utf-8")
    return tmp_path


def said(compilation: Compilation) -> list[tuple[str, str, int]]:
    return [(d.code, Path(d.span.source.name).name, d.span.line) for d in compilation.diagnostics]


def rules_of(text: str) -> list[str]:
    """The rules of a list, with their lines, and what is said of it."""
    layer, problems = list_layer(Source("list.csv", text), "list.csv")
    rules = [s for s in layer.recipe.statements if hasattr(s, "code")]
    out = [f"{r.span.line}: {r.code} {spell_path(r.selectors[0])}{f' as {r.reading}' if r.reading else ''}" for r in rules]
    return out + [f"{d.code}:{d.span.line}" for d in problems]


# ---- a site's own list


def test_a_list_says_what_becomes_of_each_element(tmp_path: Path) -> None:
    compilation = compile_profile(folder(tmp_path))
    assert compilation.plan is not None and not compilation.diagnostics, said(compilation)
    values = (b"12", b"HEAD by DOE ", b"1.2.3.4.5\0", b"20200131", b"by DOE", b"AB", b"CD", b"EF")
    vrs = ("IS", "LO", "UI", "DA", "LO", "LO", "LO", "LO")
    elements = build.element(0x00190010, "LO", "ACME 1.1")
    elements += b"".join(build.element(0x00191000 | low, vr, value) for low, (vr, value) in enumerate(zip(vrs, values, strict=True), 1))
    data = file_with(EXPLICIT, elements + build.element(0x00191009, "LO", "NOT LISTED"), block(0x0021, 0x55, "Acme 1.1", 0x1F, "LO", b"X1"))
    out = applied(Engine(compilation.plan, KEYS), data)
    private = {key: value for key, value in out.items() if key.startswith(("(0019", "(0021"))}
    assert private == {
        "(0019,0010) LO": "ACME 1.1",
        "(0019,1001) IS": "12",
        "(0019,1002) LO": "HEAD",
        "(0019,1003) UI": KEYS.uid("1.2.3.4.5"),
        "(0019,1005) LO": "by DOE",
        "(0019,1007) LO": None,
        "(0019,1008) LO": "ANONYMIZED",
        "(0021,0055) LO": "Acme 1.1",
        "(0021,551F) LO": "X1",
    }


def test_its_layer_stands_behind_the_standards_and_before_the_profiles_own(tmp_path: Path) -> None:
    compilation = compile_profile(folder(tmp_path))
    assert compilation.plan is not None
    assert compilation.plan.layers == ("ps315/2026d/basic", "ps315/2026d/retain-safe-private", "lists/site.csv", "site")
    assert [layer.index for layer in compilation.layers] == [0, 1, 2, 3]
    origins = {rule.origin for rule in compilation.plan.rules if rule.origin.startswith("lists/")}
    assert origins == {f"lists/site.csv:{line}" for line in range(2, 11)}


def test_several_lists_stand_in_their_order_and_a_stack_without_the_standard_begins_with_them(tmp_path: Path) -> None:
    profile = PROFILE.replace("  - ps315/2026d/basic\n  - ps315/2026d/retain-safe-private\n", "")
    profile = profile.replace("private-list: lists/site.csv", "private-list:\n  - lists/site.csv\n  - lists/more.csv")
    place = folder(tmp_path, profile=profile)
    (place / "lists" / "more.csv").write_text('tag,private_creator\n"(0019,xx06)",ACME 1.1\n', "utf-8")
    compilation = compile_profile(place)
    assert [layer.name for layer in compilation.layers] == ["lists/site.csv", "lists/more.csv", "site"]
    # an option may refine the one it names, and no other: two lists that differ on an element are two that clash
    assert said(compilation) == [("DR303", "more.csv", 2)]


def test_a_reason_for_keeping_is_listed_as_an_override(tmp_path: Path) -> None:
    compilation = compile_profile(folder(tmp_path))
    assert compilation.plan is not None
    (override,) = compilation.plan.overrides
    assert (override.code, override.because, override.origin) == ("X", "device sheet 12, no free text", "lists/site.csv:6")


def test_a_rule_of_the_profile_beats_the_list(tmp_path: Path) -> None:
    compilation = compile_profile(folder(tmp_path, site='deidrules 1\nX (0019,"ACME 1.1",01)\n'))
    assert compilation.plan is not None and not compilation.diagnostics
    data = file_with(EXPLICIT, block(0x0019, 0x10, "ACME 1.1", 1, "IS", b"12"))
    assert "(0019,1001) IS" not in applied(Engine(compilation.plan, KEYS), data)


def test_a_list_may_weaken_the_standard_and_nothing_else(tmp_path: Path) -> None:
    profile = PROFILE.replace("  - ps315/2026d/basic\n", "  - ps315/2026d/basic\n  - first.recipe\n")
    compilation = compile_profile(folder(tmp_path, profile=profile, first='deidrules 1\nX (0019,"ACME 1.1",01)\n'))
    assert set(said(compilation)) == {("DR201", "site.csv", 2), ("DR201", "retain-safe-private", 13)}  # what declares may not either


def test_in_implicit_vr_an_element_is_read_with_the_vr_of_its_row(tmp_path: Path) -> None:
    plan = compile_profile(folder(tmp_path)).plan
    assert plan is not None
    engine = Engine(plan, KEYS)
    for low, value, left in (
        (1, b"12", b"12"),
        (1, b"JANE", None),
        (2, b"HEAD by DOE ", b"HEAD"),
        (3, b"1.2.3.4.5\0", b"2.25."),
        (3, b"JANE", None),
    ):
        out = applied(engine, file_with(IMPLICIT, block(0x0019, 0x10, "ACME 1.1", low, "LO", value, IMPLICIT)))
        written = out.get(f"(0019,10{low:02X}) UN")
        assert (written is None) == (left is None)
        assert left is None or bytes.fromhex(written["hex"]).startswith(left)  # type: ignore[index]


def test_a_row_of_a_uid_that_is_none_in_the_file_goes_alone(tmp_path: Path) -> None:
    plan = compile_profile(folder(tmp_path)).plan
    assert plan is not None
    out = applied(Engine(plan, KEYS), file_with(EXPLICIT, block(0x0019, 0x10, "ACME 1.1", 3, "LO", b"1.2.3.4.5 ")))
    assert not [key for key in out if key.startswith("(0019,")]


def test_the_forms_of_the_table_of_the_standard_and_of_a_creator_alone() -> None:
    table = 'tag,private_creator,vr,vm,meaning\n"(7053,xx00)",Philips PET Private Group,DS,1,"SUV, factor"\n'
    table += '"(2001,xx5f)",Philips Imaging DD 001,SQ,1-n,Stack Sequence\n'
    assert rules_of(table) == [
        '2: C (7053,"Philips PET Private Group",00) as DS',
        '3: C (2001,"Philips Imaging DD 001",5F)',
    ]
    assert rules_of('tag\n"(0019,""A """"B"""" C"",0x)"\n') == ['2: C (0019,"A ""B"" C",0x)']


@pytest.mark.parametrize(
    ("vr", "action", "rule"),
    [
        ("OW/OB", "", 'C (0019,"A",01) as OW'),
        ("OB or OW", "C", 'C (0019,"A",01) as OB'),
        ("UN", "C", 'C (0019,"A",01)'),
        ("", "C", 'C (0019,"A",01)'),
        ("UR", "C", 'C (0019,"A",01)'),  # goes where the file says so
        ("DA", "C", 'X (0019,"A",01)'),  # nothing of a date is clean by itself
        ("TM", "", 'X (0019,"A",01)'),
        ("DA", "X", 'X (0019,"A",01)'),
        ("LO", "U", 'U (0019,"A",01)'),
        ("UI", "U", 'U (0019,"A",01) as UI'),
    ],
)
def test_what_a_row_of_a_vr_becomes(vr: str, action: str, rule: str) -> None:
    assert rules_of(f'tag,private_creator,vr,action\n"(0019,xx01)",A,{vr},{action}\n') == [f"2: {rule}"]


# ---- the form of the TCIA knowledge base, its damaged quotes included

TCIA = """\
element_sig_pattern,tag_name,vr,private_disposition
"(0019,ACME 1.1"",01)",Kept,IS,k
"(0019,""ACME 1.1"",02)",Whole quotes,LO,k
"(0019,ACME 1.1,03)",No quotes,UI,h
"(0019,ACME 1.1"",04)",Date,DA,o
"(0019,ACME 1.1"",05)",Date as number,SL,oi
"(0019,ACME 1.1"",06)",Unknown,UN,u
"(0019,ACME 1.1"",07)",Deleted,LO,d
"(0019,ACME 1.1"",08)",Two VRs,OB,k
"(0019,ACME 1.1"",08)",Two VRs,SH,k
"(0019,ACME 1.1"",08)",Two VRs,UN,k
"(0019,,09)",Nobody's,UN,d
"(0019,"",0a)",Nobody's,LO,k
"(0019,0010)",A creator,LO,d
"(0019,ACME 1.1"",10)",Thumbnails,SQ,k
"(0019,ACME 1.1"",10)[<0>](0021,""OTHER"",11)",In an item,FL,k
"(0019,ACME 1.1"",10)[<0>](0021,""OTHER"",12)[<1>](0021,""OTHER"",13)",Deeper,CS,na
"(0019,ACME 1.1"",10)[<0>](0010,0010)",A standard attribute,PN,k
"(0019,ACME 1.1"",10)[<0>](0008,0070)",Manufacturer,LO,d
"(0019,ACME 1.1"",10)[<0>](0028,0010)",Rows,US,d
"(0008,1140)[<0>](0019,ACME 1.1"",01)",In a standard sequence,IS,d
"""
TCIA_RULES = [
    '2: C top / (0019,"ACME 1.1",01) as IS',
    '3: C top / (0019,"ACME 1.1",02) as LO',
    '4: U top / (0019,"ACME 1.1",03) as UI',
    '5: X top / (0019,"ACME 1.1",04)',
    '6: X top / (0019,"ACME 1.1",05)',
    '7: X top / (0019,"ACME 1.1",06)',
    '8: X top / (0019,"ACME 1.1",07)',
    '9: C top / (0019,"ACME 1.1",08) as SH',
    '15: C top / (0019,"ACME 1.1",10)',
    '16: C top / (0019,"ACME 1.1",10) / (0021,"OTHER",11) as FL',
    '17: X top / (0019,"ACME 1.1",10) / (0021,"OTHER",12) / (0021,"OTHER",13)',
    '19: X top / (0019,"ACME 1.1",10) / (0008,0070)',
    '21: X top / (0008,1140) / (0019,"ACME 1.1",01)',
]


def test_the_form_of_the_knowledge_base_is_read_whatever_its_quotes() -> None:
    assert rules_of(TCIA) == TCIA_RULES


def test_dispositions_may_be_spelled_out() -> None:
    words = {
        "k": "keep",
        "d": "delete",
        "h": "hash-uid",
        "o": "offset-date",
        "oi": "offset-date-integer",
        "na": "not-applicable",
        "u": "unknown",
    }
    lines = TCIA.splitlines()
    spelled = ["pattern,name,vr,disposition"] + [f"{line.rpartition(',')[0]},{words[line.rpartition(',')[2]]}" for line in lines[1:]]
    assert rules_of("\n".join(spelled)) == TCIA_RULES


def test_a_signature_speaks_of_its_own_place_alone(tmp_path: Path) -> None:
    compilation = compile_profile(folder(tmp_path, TCIA))
    assert compilation.plan is not None and not compilation.diagnostics, said(compilation)
    engine = Engine(compilation.plan, KEYS)
    inner = block(0x0021, 0x10, "OTHER", 0x11, "FL", bytes(4)) + build.element(0x00211012, "LO", "NOT LISTED")
    inner = build.element(0x00080070, "LO", "MAKER ") + build.element(0x00100010, "PN", "ROE^R ") + inner
    top = (
        build.element(0x00190010, "LO", "ACME 1.1") + build.element(0x00191001, "IS", "12") + build.sequence(0x00191010, build.item(inner))
    )
    elsewhere = build.sequence(0x00082218, build.item(block(0x0019, 0x10, "ACME 1.1", 1, "IS", b"12")))
    out = applied(engine, file_with(EXPLICIT, top, characteristics=elsewhere))
    assert out["(0019,1001) IS"] == "12" and out["AnatomicRegionSequence"] == [{}]
    (item,) = out["(0019,1010) SQ"]
    assert {key for key in item if key != "PatientName"} == {"(0021,0010) LO", "(0021,1011) FL"} and item["PatientName"] != "ROE^R"


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (("LO,k", "UN,d"), "X"),
        (("LO,d", "UN,k"), "X"),
        (("UI,k", "UI,h"), "U"),
        (("DA,o", "DA,k"), "X"),  # a date that nothing moves
        (("LO,k", "UN,"), "X"),
    ],
)
def test_of_rows_that_differ_the_one_that_leaves_least_counts_and_it_is_said(rows: tuple[str, ...], rule: str) -> None:
    text = "element_sig_pattern,tag_name,vr,private_disposition\n"
    text += "".join(f'"(0019,A"",01)",Name,{row}\n' for row in rows)
    made, finding = rules_of(text)
    assert made.startswith(f"2: {rule} ") and finding == "DR532:2"


def test_an_element_that_is_a_date_in_some_files_only_is_cleaned_by_what_each_file_says() -> None:
    text = 'tag,private_creator,vr\n"(0019,xx01)",A,DA\n"(0019,xx01)",A,LO\n'
    assert rules_of(text) == ['2: C (0019,"A",01)']


def test_rows_that_say_the_same_are_no_conflict() -> None:
    assert rules_of('tag,private_creator\n"(0019,xx01)",ACME\n"(0019,xx01)",acme \n') == ['2: C (0019,"ACME",01)']


# ---- dates


DATES = """\
deidrules 1
layer option 113107 may weaken "ps315/2026d/basic"
param window: days = 30 days
C StudyDate = shift(per: PatientID, within: window)
"""


@pytest.mark.parametrize("text", [TCIA, 'tag,private_creator,vr\n"(0019,xx04)",ACME 1.1,DA\n'], ids=["tcia", "own"])
def test_dates_move_with_the_others_where_the_profile_moves_dates(tmp_path: Path, text: str) -> None:
    profile = PROFILE.replace("  - site.recipe", "  - dates.recipe\n  - site.recipe").replace(
        "policies:", "parameters:\n  window: 9 days\npolicies:"
    )
    compilation = compile_profile(folder(tmp_path, text, profile, dates=DATES))
    assert compilation.plan is not None and not compilation.diagnostics, said(compilation)
    data = file_with(EXPLICIT, build.element(0x00080020, "DA", "20200131"), block(0x0019, 0x10, "ACME 1.1", 4, "DA", b"20200131"))
    out = applied(Engine(compilation.plan, KEYS), data)
    assert out["(0019,1004) DA"] == out["StudyDate"] != "20200131" and "20200122" <= out["StudyDate"] <= "20200209"
    assert compilation.plan.longitudinal == ""


# ---- mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["DR530:1"]),
        ("\n\n", ["DR530:1"]),
        ("tag,private_creator,acton\n", ["DR530:1"]),
        ("tag,tag\n", ["DR530:1"]),
        ("private_creator,vr\n", ["DR530:1"]),
        ("pattern,vr\n", ["DR530:1"]),
        ("name\nx\n", ["DR530:1"]),
        ('tag,private_creator\n"(0019,xx01),A\n', ["DR530:2"]),
        ('tag,private_creator\n"(0019,xx01)"\n', ["DR531:2"]),
        ('tag,private_creator\n"(0019,xx01)",A,B\n', ["DR531:2"]),
        ('tag,private_creator\n"(0019,xx01)",\n', ["DR531:2"]),
        ('tag,private_creator\n"(0018,xx01)",A\n', ["DR531:2"]),
        ('tag,private_creator\n"(0019,1001)",A\n', ["DR531:2"]),
        ("tag,private_creator\nPatientName,A\n", ["DR531:2"]),
        ('tag,private_creator\n"(0019,xx01)",A\\B\n', ["DR531:2"]),
        ('tag,private_creator\n"(0019,""A"",01)",B\n', ["DR531:2"]),
        ('tag,private_creator,vr\n"(0019,xx01)",A,XY\n', ["DR531:2"]),
        ('tag,private_creator,action\n"(0019,xx01)",A,Q\n', ["DR531:2"]),
        ('tag,private_creator,action\n"(0019,xx01)",A,k\n', ["DR531:2"]),
        ('tag,private_creator,action\n"(0019,xx01)",A,K\n', ["DR531:2"]),
        ('pattern,disposition\n"(0019,A"",01)",keeep\n', ["DR531:2"]),
        ('pattern,disposition\n"(0019,A"",01",keep\n', ["DR531:2"]),
        ('pattern,disposition\n"(0018,A"",01)",keep\n', ["DR531:2"]),
        ('pattern,disposition\n"(0019,A"",01)[0](0019,A"",02)",keep\n', ["DR531:2"]),
        ('tag,private_creator\n"(0018,xx01)",A\n\n"(0019,xx01)",\n"(0019,xx01)",A,B\n', ["DR531:2", "DR531:4", "DR531:5"]),
    ],
)
def test_a_mistake_is_said_with_its_line(text: str, expected: list[str]) -> None:
    assert [line for line in rules_of(text) if line.startswith("DR")] == expected


def test_a_row_behind_a_cell_of_two_lines_is_counted_right() -> None:
    assert rules_of('tag,private_creator,reason\r\n"(0019,xx01)",A,"one\r\ntwo"\r\n"(0019,xx02)",,\r\n') == [
        '2: C (0019,"A",01)',
        "DR531:4",
    ]


@pytest.mark.parametrize("name", ["../site.csv", "/etc/site.csv", "lists/absent.csv"])
def test_a_list_outside_the_folder_or_absent_is_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "profile"
    inside.mkdir()
    (tmp_path / "site.csv").write_text(OWN, "utf-8")
    compilation = compile_profile(folder(inside, profile=PROFILE.replace("lists/site.csv", name)))
    assert compilation.plan is None and said(compilation) == [("DR530", "profile.yaml", 8)]


def test_a_link_out_of_the_folder_is_outside_of_it(tmp_path: Path) -> None:
    inside = tmp_path / "profile"
    inside.mkdir()
    place = folder(inside)
    (tmp_path / "site.csv").write_text(OWN, "utf-8")
    (place / "lists" / "site.csv").unlink()
    (place / "lists" / "site.csv").symlink_to(tmp_path / "site.csv")
    assert said(compile_profile(place)) == [("DR530", "profile.yaml", 8)]


@pytest.mark.parametrize("value", ["private.txt", "[]", "[1.txt]", "{a: b}"])
def test_a_list_that_is_none_is_a_mistake_in_the_profile(tmp_path: Path, value: str) -> None:
    compilation = compile_profile(folder(tmp_path, profile=PROFILE.replace("lists/site.csv", value)))
    assert {code for code, _, _ in said(compilation)} == {"DR503"}


# ---- what goes with it


def test_a_list_is_part_of_the_cached_plan_and_of_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEIDRULES_CACHE", str(tmp_path / "cache"))
    place = folder(tmp_path)
    one, again = planned_profile(place).plan, planned_profile(place).plan
    (place / "lists" / "site.csv").write_text(OWN.replace("LO,X,", "LO,Z,"), "utf-8")
    other = planned_profile(place).plan
    assert one is not None and again is not None and other is not None
    assert fingerprint(one) == fingerprint(again) != fingerprint(other)
    assert len(list((tmp_path / "cache").glob("*.json"))) == 2


def test_explain_and_plan_point_at_the_line_of_the_list(tmp_path: Path) -> None:
    place = folder(tmp_path)
    data = tmp_path / "one.dcm"
    data.write_bytes(file_with(EXPLICIT, block(0x0019, 0x10, "ACME 1.1", 1, "IS", b"12")))
    shown = CliRunner().invoke(main, ["explain", str(place), str(data), "0019,1001"]).output
    assert f"{place}/lists/site.csv:2" in shown and 'C (0019,"ACME 1.1",01) as IS' in shown
    listed = CliRunner().invoke(main, ["plan", str(place)]).output
    assert "lists/site.csv:6" in listed and "device sheet 12" in listed


def test_a_list_is_not_taken_for_a_recipe_with_tests(tmp_path: Path) -> None:
    assert not rehearse_profile(folder(tmp_path)).errors


@needs_kb
def test_the_whole_knowledge_base_compiles_in_seconds(tmp_path: Path) -> None:
    catch_all = "deidrules 1\nX vr PN, vr UR, vr UC, vr ST otherwise\nZ vr DA, vr DT, vr TM otherwise\n"
    place = folder(tmp_path, KB.read_text("utf-8"), site=catch_all)
    compile_profile("ps315-basic")  # the grammar is built once
    started = time.process_time()
    compilation = compile_profile(place)
    spent = time.process_time() - started
    assert compilation.plan is not None and [code for code, _, _ in said(compilation)] == ["DR532"]
    assert len(compilation.plan.rules) > 6000 and spent < 10, spent
