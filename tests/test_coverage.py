"""Table E.1-1 as package data, and profiles held against it."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import corpus_run
import make_e1_1
import pytest
from click.testing import CliRunner, Result

from deidrules.actions.base import Level
from deidrules.cli.main import main
from deidrules.compile.compiler import compile_layers, compile_profile
from deidrules.dicom.method_codes import METHOD_CODES
from deidrules.lint import lint_profile
from deidrules.lint.claimed import LAYERS, options_of
from deidrules.lint.coverage import Covered, State, coverage, totals
from deidrules.lint.effective import Effects
from deidrules.lint.table import COLUMNS, listed_tags, rows
from deidrules.plan.model import Plan, Policies
from deidrules.plan.own import engine_own
from deidrules.plan.selector import TagLeaf

CSV = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
BASIC = 113100
UIDS, FULL, MODIFIED, DESCRIPTORS, DEVICE = 113110, 113106, 113107, 113105, 113109


def compiled(*recipes: str, unlisted: str = "X", keep_private: bool = False) -> Plan:
    named = [(f"layer{number}", f"deidrules 1\n{text}\n") for number, text in enumerate(recipes)]
    compilation = compile_layers(named, Policies(unlisted, keep_private=keep_private))
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def covered(plan: Plan, tag: str, options: Collection[int] = ()) -> Covered:
    (found,) = [one for one in coverage(plan, options) if one.row.tag == tag]
    return found


def lint(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["lint", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


# ---- the table


@pytest.mark.skipif(not CSV.is_file(), reason="needs ../shared/data/e1_1.csv, the table as published")
def test_the_package_holds_the_table_cell_by_cell() -> None:
    written = make_e1_1.DATA.read_text("utf-8")
    assert written == make_e1_1.HEADER + "".join(f"{line}\n" for line in make_e1_1.lines(CSV))
    with CSV.open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    assert len(published) == len(rows()) == 657
    columns = dict(zip(make_e1_1.OPTIONS, COLUMNS, strict=True))
    for line, row in zip(published, rows(), strict=True):
        assert (row.tag, row.basic) == (line["tag"], line["basic"].rstrip("*"))
        assert row.options == {code: line[column] for column, code in columns.items() if line[column]}
        assert (row.retired, row.standard) == (line["retired"] == "Y", line["in_std_comp_iod"] == "Y")
        assert line["name"].replace("\u200b", "").startswith(row.name)


def test_the_table_has_the_counts_of_its_edition() -> None:
    """The counts of 2026d; the columns by the codes of their options."""
    basic = {"X": 417, "D": 93, "U": 55, "Z": 42, "X/D": 23, "X/Z": 11, "X/Z/D": 8, "Z/D": 6, "X/Z/U": 2}
    assert Counter(row.basic for row in rows()) == basic
    options = Counter((code, letter) for row in rows() for code, letter in row.options.items())
    assert options == {
        (113111, "C"): 1,
        (113110, "K"): 60,
        (113109, "K"): 48,
        (113109, "C"): 11,
        (113112, "K"): 10,
        (113108, "K"): 14,
        (113108, "C"): 5,
        (113106, "K"): 169,
        (113107, "C"): 169,
        (113105, "C"): 141,
        (113104, "C"): 4,
        (113103, "C"): 4,
    }
    assert sum(row.retired for row in rows()) == 102 and sum(row.standard for row in rows()) == 473


def test_the_options_of_the_table_are_those_of_the_context_group() -> None:
    assert set(LAYERS) == set(METHOD_CODES)
    assert set(COLUMNS) <= set(METHOD_CODES)


def test_listed_tags_are_those_a_rule_can_speak_of() -> None:
    assert 0x00100010 in listed_tags() and 0x00020003 not in listed_tags() and 0x00080060 not in listed_tags()
    assert not any(engine_own(tag) for tag in listed_tags())


# ---- what is required


@pytest.mark.parametrize(
    ("tag", "options", "code", "by"),
    [
        ("(0010,0010)", {BASIC, UIDS, FULL}, "Z", BASIC),
        ("(0020,000D)", {BASIC}, "U", BASIC),
        ("(0020,000D)", {BASIC, UIDS}, "K", UIDS),
        ("(0008,0020)", {BASIC, MODIFIED}, "C", MODIFIED),
        ("(0008,0020)", {BASIC, MODIFIED, FULL}, "K", FULL),  # of two columns the one that leaves most
        ("(0018,1200)", {BASIC, DEVICE, MODIFIED}, "K", DEVICE),
        ("(0008,1030)", {DESCRIPTORS}, "C", DESCRIPTORS),
    ],
)
def test_the_weakest_column_of_a_claimed_option_is_what_is_required(tag: str, options: set[int], code: str, by: int) -> None:
    required = covered(compiled("X PatientName"), tag, options).required
    assert (required.code, required.option) == (code, by)


# ---- what is done


@pytest.mark.parametrize(
    ("recipe", "unlisted", "tag", "state"),
    [
        ("Z PatientName", "K", "(0010,0010)", State.REQUIRED),
        ("X PatientName", "K", "(0010,0010)", State.REQUIRED),
        ("X Modality", "K", "(0010,0010)", State.MISSING),  # no rule: the policy keeps it
        ("X Modality", "X", "(0010,0010)", State.REQUIRED),
        ("X Modality", "X/Z/D", "(0010,0010)", State.REQUIRED),
        ("X Modality", "quarantine", "(0010,0010)", State.REQUIRED),
        ("X Modality", "X", "(0020,000D)", State.STRONGER),  # U required, removed
        ("K PatientName", "X", "(0010,0010)", State.MISSING),
        ("D PatientName = pseudonym()", "X", "(0010,0010)", State.REQUIRED),  # a Z or D may link
        ("D OperatorIdentificationSequence", "X", "(0008,1072)", State.REQUIRED),
        ("D PatientAddress = pseudonym()", "X", "(0010,1040)", State.MISSING),  # an X may not
        ("C StudyDescription", "X", "(0008,1030)", State.MISSING),
        ("C StudyInstanceUID", "X", "(0020,000D)", State.REQUIRED),  # C of a UID replaces it
        ("K (0010,xxxx)\nZ PatientName", "X", "(0010,0010)", State.REQUIRED),
        ('X vr PN\nK (0010,00xx) override X because "no"', "X", "(0010,0010)", State.WEAKENED),
        ('Z PatientName\nK RequestAttributesSequence / PatientName override Z because "no"', "X", "(0010,0010)", State.WEAKENED),
        ('Z PatientName\nwhen Modality = "CT" { K PatientName override Z because "no" }', "X", "(0010,0010)", State.WEAKENED),
        ('when Modality = "CT" { K PatientName }', "X", "(0010,0010)", State.MISSING),
        ('when Modality = "CT" { Z PatientName }', "K", "(0010,0010)", State.MISSING),  # every other object keeps it
        ("Z top / PatientName", "K", "(0010,0010)", State.MISSING),  # deeper it stays
        ("Z top / PatientName\nX * / PatientName", "K", "(0010,0010)", State.REQUIRED),
        ("Z (0010,xxxx) except PatientName", "K", "(0010,0010)", State.MISSING),
        ('add PatientName = "A"', "X", "(0010,0010)", State.REQUIRED),
        ('add PatientName = "A"', "K", "(0010,0010)", State.MISSING),  # `add` means the object itself
        ("U SOPInstanceUID", "K", "(0002,0003)", State.REQUIRED),
        ("K SOPInstanceUID", "X", "(0002,0003)", State.MISSING),  # the file meta information follows
        ("X Modality", "K", "(0000,1000)", State.REQUIRED),
        ("X Modality", "K", "(FFFC,FFFC)", State.REQUIRED),
        ("X Modality", "K", "(60xx,3000)", State.MISSING),
        ("X (60xx,3000)", "K", "(60xx,3000)", State.REQUIRED),
        ("X (60xx,xxxx)", "K", "(60xx,4000)", State.REQUIRED),
        ('X (60xx,3000)\nK (6004,3000) override X because "no"', "K", "(60xx,3000)", State.WEAKENED),
        ("X (60xx,3000)\nK (6004,30xx) otherwise", "K", "(60xx,3000)", State.REQUIRED),
        ('X (50xx,xxxx)\nK (5002,3000) override X because "no"', "K", "(50xx,xxxx)", State.WEAKENED),
        ("X (50xx,xxxx)", "K", "(50xx,xxxx)", State.REQUIRED),
        ("X Modality", "K", "(gggg,eeee) where gggg is odd", State.REQUIRED),
        ('K (0019,"A",01) override X because "no"', "K", "(gggg,eeee) where gggg is odd", State.WEAKENED),
        ('K (0019,"A",01)', "X", "(gggg,eeee) where gggg is odd", State.MISSING),
    ],
)
def test_a_row_is_as_strong_as_the_weakest_that_can_happen_to_it(recipe: str, unlisted: str, tag: str, state: State) -> None:
    if "override" in recipe and tag.startswith("(gggg"):
        recipe = f"X private\n{recipe}"
    assert covered(compiled(recipe, unlisted=unlisted), tag).state is state


def test_kept_private_elements_are_a_row_that_is_weakened_or_missing() -> None:
    row = covered(compiled("X PatientName", keep_private=True), "(gggg,eeee) where gggg is odd")
    assert row.state is State.MISSING and row.effect.leaves is Level.ALL


def test_the_reason_of_a_weakening_is_listed() -> None:
    row = covered(compiled("X (0010,xxxx)", 'K PatientSex,\n  PatientAge override X because "ages, protocol 4"'), "(0010,1010)")
    assert row.reasons == ("ages, protocol 4",)
    assert row.effect.origin == "layer1:3"


def test_an_option_that_is_claimed_makes_weaker_what_would_be_missing() -> None:
    plan = compiled("K StudyInstanceUID")
    assert covered(plan, "(0020,000D)").state is State.MISSING
    assert covered(plan, "(0020,000D)", {UIDS}).state is State.REQUIRED


def test_the_manner_of_cleaning_is_the_option_s_own() -> None:
    plan = compiled("C StudyDescription = lower()\nK SeriesDescription")
    assert covered(plan, "(0008,1030)", {DESCRIPTORS}).state is State.REQUIRED
    assert covered(plan, "(0008,103E)", {DESCRIPTORS}).state is State.MISSING
    assert covered(plan, "(0008,1030)").state is State.MISSING  # without the option it has to go
    over = compiled("C StudyDescription", 'C StudyDescription = lower() override C because "no patient in it"')
    assert covered(over, "(0008,1030)", {DESCRIPTORS}).state is State.WEAKENED


def test_a_rule_behind_one_that_decides_everything_is_no_effect() -> None:
    plan = compiled("K PatientName", "X PatientName")
    assert [effect.code for effect in Effects(plan).of(TagLeaf(0x00100010))] == ["X"]


def test_no_row_is_missing_in_the_shipped_profiles() -> None:
    for name in ("ps315-basic", "us-example", "keep-list"):
        plan = compile_profile(name).plan
        assert plan is not None
        count = totals(coverage(plan, {BASIC}))
        assert count[State.MISSING] == count[State.WEAKENED] == 0 and sum(count.values()) == 657


@pytest.mark.parametrize("stack", corpus_run.STACKS)
def test_the_fullest_stacks_miss_no_row_and_claim_all_that_they_stack(stack: str, tmp_path: Path) -> None:
    if absent := corpus_run.missing(stack):
        pytest.skip(f"layers not shipped: {', '.join(absent)}")
    compilation = compile_profile(corpus_run.profile(stack, tmp_path))
    assert compilation.plan is not None, compilation.diagnostics
    stacked = options_of(compilation.layers)
    assert stacked == {code for code, (layer, _) in LAYERS.items() if layer in corpus_run.STACKS[stack]}
    count = totals(coverage(compilation.plan, stacked))
    pseudonym = corpus_run.MODIFIED_DATES in corpus_run.STACKS[stack]
    assert count[State.MISSING] == 0 and count[State.WEAKENED] == pseudonym
    # a pseudonym leaves a token of PatientID, where the Basic Profile leaves nothing
    assert {claim.code for claim in compilation.plan.claims} == stacked - ({BASIC} if pseudonym else set())


# ---- the finding


def profile(folder: Path, recipe: str, layers: str = "ps315/2026d/basic, a.recipe", unlisted: str = "K") -> Path:
    (folder / "a.recipe").write_text(f"deidrules 1\n{recipe}\n", "utf-8")
    (folder / "profile.yaml").write_text(
        f"profile: a\nversion: 1.0.0\nlanguage: 1\nrecipes: [{layers}]\npolicies:\n  unlisted: {unlisted}\n", "utf-8"
    )
    return folder


def test_an_option_that_keeps_more_than_its_column_is_an_error_at_its_rule(tmp_path: Path) -> None:
    place = profile(tmp_path, 'layer option 113110 may weaken "ps315/2026d/basic"\nK StudyInstanceUID, PatientID')
    (found,) = [diagnostic for diagnostic in lint_profile(place) if diagnostic.code == "DR230"]
    assert found.message == "Table E.1-1 requires `Z/D`, and this does `K`: `PatientID` (0010,0020)"
    assert found.span.text == "K StudyInstanceUID, PatientID" and found.span.source.name.endswith("a.recipe")


def test_a_weakening_with_its_reason_is_no_finding(tmp_path: Path) -> None:
    place = profile(tmp_path, 'K PatientAge override X because "ages, protocol 4"')
    assert not [diagnostic for diagnostic in lint_profile(place) if diagnostic.code == "DR230"]
    assert lint("--coverage", place).exit_code == 0


def test_rows_left_to_the_policy_are_one_finding_at_the_policy(tmp_path: Path) -> None:
    place = profile(tmp_path, "layer option 113100\nX vr PN", layers="a.recipe")
    found = [diagnostic for diagnostic in lint_profile(place) if diagnostic.code == "DR230"]
    assert {diagnostic.span.text for diagnostic in found} == {"unlisted"}
    assert all(diagnostic.message.endswith(" more") or diagnostic.message.count("`(") < 9 for diagnostic in found)


def test_a_profile_that_claims_nothing_is_judged_by_the_table_only_when_asked(tmp_path: Path) -> None:
    place = profile(tmp_path, "X vr PN", layers="a.recipe")
    assert "DR230" not in {diagnostic.code for diagnostic in lint_profile(place)}
    assert lint("--coverage", place).exit_code == 1


# ---- the command


def test_coverage_prints_every_row_and_the_totals() -> None:
    result = lint("--coverage", "us-example")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["tag", "name", "required", "effective", "state", "place"]
    assert len(lines) == 1 + 657 + 3
    assert lines[-2:] == ["options claimed: 113100", "657 rows: 2 stronger, 655 as required, 0 weakened, 0 missing"]
    assert next(line for line in lines if line.startswith("(0010,0010)")).split()[:6] == [
        "(0010,0010)",
        "Patient's",
        "Name",
        "Z",
        "Z",
        "as",
    ]


def test_coverage_as_csv_and_json_says_the_same(tmp_path: Path) -> None:
    place = profile(
        tmp_path,
        'K PatientAge override X because "ages, protocol 4"\nwhen Modality = "US" { C PatientComments override X because "words" }\n'
        'K PatientSex override Z because "a; b"',
    )
    as_csv = lint("--coverage", "--csv", place)
    as_json = lint("--coverage", "--json", place)
    assert as_csv.exit_code == as_json.exit_code == 0
    lines = {line["tag"]: line for line in csv.DictReader(io.StringIO(as_csv.stdout))}
    record = json.loads(as_json.stdout)
    found = {row["tag"]: row for row in record["rows"]}
    assert len(lines) == len(found) == 657
    assert sum(record["totals"].values()) == 657 and record["totals"]["weakened"] == 3
    assert {tag: line["state"] for tag, line in lines.items()} == {tag: row["state"] for tag, row in found.items()}
    assert lines["(0010,1010)"] | {"place": ""} == {
        "tag": "(0010,1010)",
        "name": "Patient's Age",
        "required": "X",
        "effective": "K",
        "state": "weakened",
        "reason": "ages, protocol 4",
        "place": "",
    }
    assert [effect["does"] for effect in found["(0010,4000)"]["effects"]] == ["C under a condition", "X"]


def test_coverage_is_drawn_as_a_table_where_somebody_looks(tmp_path: Path) -> None:
    from deidrules.cli.coverage import show

    plan = compiled("Z PatientName")
    assert show(plan, set(), form="table", terminal=True) == 0


def test_a_broken_profile_has_no_coverage(tmp_path: Path) -> None:
    result = lint("--coverage", profile(tmp_path, "X PatientNmae"))
    assert result.exit_code == 1 and "DR101" in result.stderr and not result.stdout


@pytest.mark.parametrize("arguments", [["--coverage"], ["--coverage", "keep-list", "us-example"], ["--csv", "keep-list"], ["--json", "x"]])
def test_wrong_usage_of_coverage(arguments: list[str]) -> None:
    assert lint(*arguments).exit_code == 2


def test_lint_itself_knows_the_table_without_pydicom_and_numpy() -> None:
    import subprocess

    program = (
        "import sys\nfrom deidrules.lint import lint_profile\nlint_profile('us-example')\n"
        "print([name for name in ('pydicom', 'numpy', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
