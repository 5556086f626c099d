"""The conformance statement: of a small profile as it stands in conformance/statement.md, of the Basic Profile by its parts.

DEIDRULES_ACCEPT=1 writes the statement into the file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deidrules import __version__
from deidrules.cli.conformance import statement
from deidrules.cli.main import main
from deidrules.cli.markdown import code, plain, table
from deidrules.compile.compiler import compile_layers, compile_profile
from deidrules.lint.table import rows
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Policies

PLACE = Path(__file__).parent / "conformance"
GOLDEN = PLACE / "statement.md"
SECTIONS = (
    *("Profile and options", "Attributes removed", "Attributes emptied", "Attributes removed, emptied or replaced by their Type"),
    *("Attributes replaced by dummies", "UIDs replaced", "Attributes cleaned", "How values are computed", "Attributes kept"),
    *(
        "Masks, VRs and classes",
        "Structured content",
        "Dates and times",
        "Patient characteristics",
        "Private attributes kept",
        "Weakenings",
    ),
    *("Attributes inserted", "Pixel data", "What is refused or quarantined", "Transfer syntaxes", "Encrypted attributes", "Restrictions"),
)


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["conformance", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def of(*recipes: str, unlisted: str = "X") -> str:
    named = [(f"layer{number}", f"deidrules 1\n{text}\n") for number, text in enumerate(recipes)]
    compilation = compile_layers(named, Policies(unlisted))
    assert compilation.plan is not None, compilation.diagnostics
    return statement(compilation.plan)


def sections(text: str) -> dict[str, str]:
    found = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def cells(section: str) -> list[list[str]]:
    """The rows of the tables of a section, without heads."""
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [
        row for number, row in enumerate(rows) if set(row[0]) != {"-"} and (number + 1 == len(rows) or set(rows[number + 1][0]) != {"-"})
    ]


def test_the_statement_of_a_small_profile_is_this_page() -> None:
    result = run(PLACE)
    assert result.exit_code == 0, result.output
    plan = compile_profile(PLACE).plan
    assert plan is not None and result.stdout.count(fingerprint(plan)) == 2
    said = result.stdout.replace(fingerprint(plan), "FINGERPRINT").replace(f"deidrules@{__version__}", "deidrules@VERSION")
    if os.environ.get("DEIDRULES_ACCEPT") == "1":
        GOLDEN.write_text(said, "utf-8")
    assert said == GOLDEN.read_text("utf-8")


def test_the_statement_of_the_basic_profile_has_every_row_of_the_table_in_its_section() -> None:
    text = run("ps315-basic").stdout
    found = sections(text)
    assert tuple(found) == SECTIONS
    places: dict[str, set[str]] = {}
    for name, section in found.items():
        for row in cells(section):
            places.setdefault(row[0].strip("`"), set()).add(name)
    wanted = {"X": "Attributes removed", "Z": "Attributes emptied", "D": "Attributes replaced by dummies", "U": "UIDs replaced"}
    own = {"(0000,1001)": "X", "(0004,1511)": "X", "(0008,0201)": "X/D", "(0070,0082)": "X/D", "(0070,0083)": "X/D"}  # stronger; Type 1
    for row in rows():
        if row.leaf is None:
            assert found["Private attributes kept"].startswith("\nNone")
            continue
        basic = own.get(row.tag, row.basic)
        assert wanted.get(basic, "Attributes removed, emptied or replaced by their Type") in places[row.tag], row
    assert "Nothing that the table lists is kept." in found["Attributes kept"]


def test_the_same_plan_gives_the_same_statement_and_a_plan_json_too(tmp_path: Path) -> None:
    text = run("us-example").stdout
    assert text == run("us-example").stdout
    plan = CliRunner().invoke(main, ["plan", "us-example", "--json"]).stdout
    (tmp_path / "plan.json").write_text(plan, "utf-8")
    # title, layers and reasons travel with the plan, so nothing is missing
    assert run(tmp_path / "plan.json").stdout == text


def test_it_holds_no_date_and_no_path(tmp_path: Path) -> None:
    text = run(PLACE).stdout
    assert not re.search(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b", text)
    assert str(PLACE) not in text and str(Path.home()) not in text


def test_a_file_is_written_once_and_never_over(tmp_path: Path) -> None:
    target = tmp_path / "statement.md"
    assert run(PLACE, "-o", target).exit_code == 0
    assert target.read_text("utf-8") == run(PLACE).stdout
    assert run(PLACE, "-o", target).exit_code == 2
    assert run(PLACE, "-o", tmp_path / "nowhere" / "statement.md").exit_code == 2


def test_a_broken_profile_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "a.recipe").write_text("deidrules 1\nX PatientNmae\n", "utf-8")
    (tmp_path / "profile.yaml").write_text(
        "profile: a\nversion: 1.0.0\nlanguage: 1\nrecipes: [a.recipe]\npolicies:\n  unlisted: X\n", "utf-8"
    )
    result = run(tmp_path)
    assert result.exit_code == 2 and "DR101" in result.stderr and not result.stdout


def test_what_is_kept_says_why_or_that_nobody_said() -> None:
    kept = sections(of("K PatientSex, Modality", unlisted="K"))["Attributes kept"]
    by_tag = {row[0].strip("`"): row for row in cells(kept)}
    assert "**not covered**: the rule gives no reason" in by_tag["(0010,0040)"]
    assert "**not covered**: no rule reaches it" in by_tag["(0010,0010)"]
    assert "Modality `(0008,0060)`" in kept


def test_an_attribute_with_two_ends_stands_in_both_sections() -> None:
    found = sections(of('Z PatientID\nwhen Modality = "CT" { X PatientID }'))
    assert [
        cell.removeprefix("when ") for cell in next(row for row in cells(found["Attributes removed"]) if row[1] == "Patient ID")[:4]
    ] == ["`(0010,0020)`", "Patient ID", "`Z/D`", '`Modality = "CT"`']
    assert any(row[1] == "Patient ID" for row in cells(found["Attributes emptied"]))


def test_markdown_holds_whatever_stands_in_it() -> None:
    assert code("a `b` c") == "``a `b` c``"
    assert code("`") == "`` ` ``"
    assert plain("*a* <b> [c] `d`") == r"\*a\* \<b\> \[c\] \`d\`"
    assert list(table(("a", "b", "c"), [("1|2", "", "x\ny")])) == ["| a | c |", "| --- | --- |", "| 1\\|2 | x y |"]
    assert list(table(("a",), [])) == []


@pytest.mark.parametrize("name", ["keep-list", "ps315-basic", "us-example"])
def test_every_shipped_profile_has_a_statement(name: str) -> None:
    plan = compile_profile(name).plan
    assert plan is not None
    assert tuple(sections(statement(plan))) == SECTIONS
