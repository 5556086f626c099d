"""The commands, as somebody at a terminal or in a script meets them."""

from __future__ import annotations

import json
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import jsonschema
import pydicom
import pytest
from click.testing import CliRunner, Result
from dicom_bytes import element, file, identity
from fake_engine import tree

from deidrules.cli import main as cli
from deidrules.cli.main import COMMANDS, main
from deidrules.text.codes import CODES
from deidrules.text.refusals import REFUSALS

ROOT = Path(__file__).resolve().parents[1]
PROFILE = """\
profile: test
version: 1.0.0
language: 1
recipes: [main.recipe]
policies:
  unlisted: K
  unmatched-pixels: accept
  unknown-sop-class: strictest
"""
RECIPE = """\
deidrules 1

X PatientName
D PatientID = pseudonym(PatientID)
U StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
when Modality = "MR" {
    K ConvolutionKernel
}
"""


def run(*arguments: str | Path, text: str | None = None, env: Mapping[str, str] | None = None) -> Result:
    result = CliRunner(env=env).invoke(main, [str(argument) for argument in arguments], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return make_profile(tmp_path / "profile", RECIPE)


def make_profile(place: Path, recipe: str, text: str = PROFILE) -> Path:
    place.mkdir(parents=True)
    (place / "profile.yaml").write_text(text, encoding="utf-8")
    (place / "main.recipe").write_text(recipe, encoding="utf-8")
    return place


@pytest.fixture
def source(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    (place / "object").write_bytes(file(b"".join(identity())))
    return place


@pytest.fixture
def key(tmp_path: Path) -> Path:
    assert run("keygen", tmp_path / "key").exit_code == 0
    return tmp_path / "key"


# ---- the program


def test_every_command_has_help() -> None:
    listed = run("--help").output
    for command in COMMANDS:
        assert command in listed
        result = run(command, "--help")
        assert result.exit_code == 0
        assert "Usage: deidrules" in result.output


def test_help_says_of_each_command_what_the_command_says_of_itself() -> None:
    for name, said in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert (command.name, command.short_help) == (name, said)


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant() -> None:
    result = run("aply-profile", "keep-list")
    assert result.exit_code == 2
    assert "did you mean `apply-profile`?" in result.output


def test_a_recipe_in_place_of_a_profile_is_told_from_one(tmp_path: Path) -> None:
    place = make_profile(tmp_path / "p", "deidrules 1\n\nX PatientName\n")
    result = run("plan", place / "main.recipe")
    assert result.exit_code == 2
    assert "is a recipe" in result.output
    assert "recipes:" in result.output


def test_the_version_is_told() -> None:
    assert run("--version").output.startswith("deidrules ")


@pytest.mark.parametrize("arguments", [["nonsense"], ["lint", "--nonsense", "x"], ["apply-profile"], ["apply-profile", "a", "/"], ["fmt"]])
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_an_unexpected_exception_shows_its_type_and_our_line_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(path: object) -> None:
        raise KeyError("SECRET")

    monkeypatch.setattr("deidrules.engine.keys.generate", broken)
    result = run("keygen", tmp_path / "key")
    assert result.exit_code == cli.INTERNAL
    assert "internal error: KeyError at deidrules.cli.keygen:" in result.output
    assert "SECRET" not in result.output


def test_an_interruption_is_exit_130(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(path: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deidrules.engine.keys.generate", interrupted)
    assert run("keygen", tmp_path / "key").exit_code == 130


def test_warnings_of_libraries_reach_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import logging
    import warnings

    def noisy(path: object) -> None:
        warnings.warn("SECRET", UserWarning, stacklevel=1)
        logging.getLogger("pydicom").error("SECRET")

    monkeypatch.setattr("deidrules.engine.keys.generate", noisy)
    result = run("keygen", tmp_path / "key")
    assert "SECRET" not in result.output + "".join(capfd.readouterr())


def loaded(*arguments: str, folder: Path = ROOT) -> set[str]:
    """The modules that a command loads."""
    program = (
        "import sys\nfrom deidrules.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('\\nloaded', *sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("\nloaded ")[2].split())


def test_help_loads_neither_the_compiler_nor_the_engine() -> None:
    modules = loaded("--help")
    assert not modules & {"pydicom", "numpy", "rich", "lark", "yaml", "jsonschema"}
    assert not {name for name in modules if name.startswith(("deidrules.compile", "deidrules.engine", "deidrules.dicom"))}


def test_lint_and_fmt_load_neither_pydicom_nor_numpy(profile: Path) -> None:
    for arguments in (["lint", "profile"], ["lint", "--output-format", "sarif", "ps315-basic"], ["fmt", "profile"], ["plan", "keep-list"]):
        assert not loaded(*arguments, folder=profile.parent) & {"pydicom", "numpy", "rich", "imagecodecs", "cv2"}, arguments


# ---- keygen


def test_a_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    first = run("keygen", tmp_path / "key")
    assert first.exit_code == 0
    assert first.stdout == ""
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    before = (tmp_path / "key").read_bytes()
    assert run("keygen", tmp_path / "key").exit_code == 2
    assert (tmp_path / "key").read_bytes() == before
    assert before.split()[-1].decode() not in first.output


# ---- apply-profile


def test_apply_profile_writes_what_the_profile_says_and_counts(tmp_path: Path, profile: Path, source: Path, key: Path) -> None:
    (source / "notes.txt").write_text("no DICOM")
    (source / "cut").write_bytes(file(b"".join(identity()))[:-3])
    result = run("apply-profile", profile, source, "--output", tmp_path / "out", "--key-file", key)
    assert result.exit_code == 1
    assert "found 3 = written 1 + duplicate 0 + rejected 0 + quarantined 1 + failed 0 + other 1" in result.stdout
    for code in ("truncated", "not-dicom"):
        assert REFUSALS[code] in result.stdout
    (path,) = (tmp_path / "out").rglob("*.dcm")
    out = pydicom.dcmread(path)
    assert "PatientName" not in out
    assert path.relative_to(tmp_path / "out").parts == (out.StudyInstanceUID, out.SeriesInstanceUID, f"{out.SOPInstanceUID}.dcm")


def test_json_is_the_summary_and_stands_alone_on_stdout(tmp_path: Path, profile: Path, source: Path) -> None:
    result = run("apply-profile", profile, source, "--output", tmp_path / "out", "--json")
    summary = json.loads(result.stdout)
    assert summary == json.loads((tmp_path / "out.run" / "summary.json").read_text("utf-8"))
    assert (summary["found"], summary["written"], summary["profile"], summary["version"]) == (1, 1, "test", "1.0.0")
    assert {"duplicate", "rejected", "quarantined", "failed", "other", "plan", "key", "codes", "seconds", "bytes"} <= summary.keys()
    plan = run("plan", profile)
    assert summary["plan"] in plan.stdout


def test_without_a_key_a_fresh_one_is_made_told_of_and_not_stored(tmp_path: Path, profile: Path, source: Path) -> None:
    names = []
    for out in ("one", "two"):
        result = run("apply-profile", profile, source, "--output", tmp_path / out)
        assert "will link to another run" in result.stderr
        names += tree(tmp_path / out)
    assert names[0] != names[1]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"deidrules key" in path.read_bytes()]


def test_the_key_file_may_come_from_the_environment(tmp_path: Path, profile: Path, source: Path, key: Path) -> None:
    by_option = run("apply-profile", profile, source, "--output", tmp_path / "one", "--key-file", key)
    by_name = run("apply-profile", profile, source, "--output", tmp_path / "two", env={"DEIDRULES_KEY_FILE": str(key)})
    assert (by_option.exit_code, by_name.exit_code) == (0, 0)
    assert "link" not in by_name.stderr
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_plan_json_does_what_its_profile_does(tmp_path: Path, profile: Path, source: Path, key: Path) -> None:
    (tmp_path / "plan.json").write_text(run("plan", profile, "--json").stdout, encoding="utf-8")
    for which, out in ((profile, "one"), (profile / "profile.yaml", "two"), (tmp_path / "plan.json", "three")):
        assert run("apply-profile", which, source, "--output", tmp_path / out, "--key-file", key).exit_code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two") == tree(tmp_path / "three")


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 99}', "{" * 100_000, "\x00"])
def test_a_file_that_is_no_plan_is_wrong_usage(tmp_path: Path, source: Path, content: str) -> None:
    (tmp_path / "plan.json").write_text(content, encoding="utf-8")
    result = run("apply-profile", tmp_path / "plan.json", source, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_plan_of_another_dictionary_is_wrong_usage(tmp_path: Path, profile: Path, source: Path) -> None:
    plan = json.loads(run("plan", profile, "--json").stdout)
    plan["dictionary"] = "another"
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    result = run("apply-profile", tmp_path / "plan.json", source, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


LOOKUP = 'deidrules 1\n\nD PatientID = lookup(PatientID, table: "patients")\nU StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID\n'


def test_a_plan_json_takes_its_lookup_tables_by_option_and_checks_them(tmp_path: Path, source: Path) -> None:
    place = make_profile(tmp_path / "lookup", LOOKUP, PROFILE + "tables:\n  patients: patients.csv\n")
    (place / "patients.csv").write_text("old,new\nSECRET-4711,A1\n", encoding="utf-8")
    (tmp_path / "wrong.csv").write_text("old,new\nSECRET-4711,A2\n", encoding="utf-8")
    described = run("plan", place, "--json")
    assert described.exit_code == 0, described.output
    plan = tmp_path / "plan.json"
    plan.write_text(described.stdout, encoding="utf-8")
    out = tmp_path / "out"
    assert run("plan", plan).exit_code == 0
    assert run("apply-profile", plan, source, "--output", out).exit_code == 2
    assert run("apply-profile", plan, source, "--output", out, "--table", f"patients={tmp_path / 'wrong.csv'}").exit_code == 2
    assert run("apply-profile", plan, source, "--output", out, "--table", f"others={place / 'patients.csv'}").exit_code == 2
    assert run("apply-profile", place, source, "--output", out, "--table", f"patients={place / 'patients.csv'}").exit_code == 2
    assert not out.exists()
    assert run("apply-profile", plan, source, "--output", out, "--table", f"patients={place / 'patients.csv'}").exit_code == 0
    (path,) = out.rglob("*.dcm")
    assert pydicom.dcmread(path).PatientID == "A1"


def test_a_parameter_is_given_by_option(tmp_path: Path, source: Path) -> None:
    place = make_profile(tmp_path / "param", 'deidrules 1\n\nparam study: text\nD PatientID = study + "-1"\nU SOPInstanceUID\n')
    out = tmp_path / "out"
    assert run("apply-profile", place, source, "--output", out).exit_code == 2
    for wrong in ("study", "=x", "stdy=T7"):
        assert run("apply-profile", place, source, "--output", out, "--param", wrong).exit_code == 2
    assert run("apply-profile", place, source, "--output", out, "--param", "study=T7", "--param", "study=T8").exit_code == 2
    assert not out.exists()
    assert run("apply-profile", place, source, "--output", out, "--param", "study=T7").exit_code == 0
    (path,) = out.rglob("*.dcm")
    assert pydicom.dcmread(path).PatientID == "T7-1"


def test_a_compile_error_shows_its_place_and_touches_nothing(tmp_path: Path, source: Path) -> None:
    place = make_profile(tmp_path / "broken", "deidrules 1\n\nREMOVE PatientName\nX PatientNmae\n")
    result = run(
        "apply-profile", place, source, "--output", tmp_path / "out", "--run", tmp_path / "book", "--crosswalk", tmp_path / "w.csv"
    )
    assert result.exit_code == 2
    assert "main.recipe" in result.stderr
    assert result.stderr.count("error[DR") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken", "in"]


def test_mirror_names_warns(tmp_path: Path, profile: Path, source: Path) -> None:
    result = run("apply-profile", profile, source, "--output", tmp_path / "out", "--layout", "mirror-names")
    assert "names may identify" in result.stderr
    assert tree(tmp_path / "out").keys() == {"object"}


def test_a_dry_run_says_so_and_writes_nothing(tmp_path: Path, profile: Path, source: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = run("apply-profile", profile, source, "--output", tmp_path / "out", "--dry-run")
    assert result.exit_code == 0
    assert "dry run" in result.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_a_crosswalk_lists_what_was_replaced(tmp_path: Path, profile: Path, source: Path) -> None:
    assert run("apply-profile", profile, source, "--output", tmp_path / "out", "--crosswalk", tmp_path / "w.csv").exit_code == 0
    rows = [line.split(",") for line in (tmp_path / "w.csv").read_text("utf-8").splitlines()]
    assert rows[0] == ["kind", "old", "new"]
    assert {(kind, old) for kind, old, _ in rows[1:]} == {
        ("uid", "2.25.1"),
        ("uid", "2.25.2"),
        ("uid", "2.25.3"),
        ("patient_id", "SECRET-4711"),
    }


def test_the_overrides_in_force_are_shown_when_asked(tmp_path: Path, source: Path) -> None:
    layers = PROFILE.replace("[main.recipe]", "[below.recipe, main.recipe]")
    place = make_profile(tmp_path / "over", 'deidrules 1\n\nK PatientAge override X because "IRB 2026-14"\nU SOPInstanceUID\n', layers)
    (place / "below.recipe").write_text("deidrules 1\n\nX PatientAge\n", encoding="utf-8")
    assert "IRB 2026-14" not in run("apply-profile", place, source, "--output", tmp_path / "one").output
    assert "IRB 2026-14" in run("apply-profile", place, source, "--output", tmp_path / "two", "-v").stderr
    assert "IRB 2026-14" in run("plan", place).stdout


def test_progress_is_drawn_on_a_terminal_and_nowhere_else(tmp_path: Path, profile: Path, source: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "deidrules.cli.main", "apply-profile", str(profile), str(source), "--output", str(tmp_path / "out")]
    done = subprocess.run([*arguments, "--json"], stdout=subprocess.PIPE, stderr=theirs, check=True, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    drawn = b""
    try:
        while block := os.read(ours, 65536):
            drawn += block
    except OSError:
        pass
    os.close(ours)
    assert b"1/1" in drawn
    assert json.loads(done.stdout)["duplicate"] == 0


# ---- lint


def test_lint_exit_codes(tmp_path: Path, profile: Path) -> None:
    assert run("lint", profile).exit_code == 0
    assert run("lint", profile / "profile.yaml").exit_code == 0
    assert run("lint", profile / "main.recipe").exit_code == 0
    assert run("lint", "keep-list").exit_code == 0
    assert run("lint").exit_code == 2
    assert run("lint", tmp_path / "nowhere").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert run("lint", tmp_path / "empty").exit_code == 2
    assert run("lint", "--output-format", "nonsense", profile).exit_code == 2
    (profile / "main.recipe").unlink()
    assert run("lint", profile).exit_code == 1
    (profile / "profile.yaml").write_text("nonsense: [", encoding="utf-8")
    assert run("lint", profile).exit_code == 1


def test_lint_finds_profiles_and_lone_recipes_in_folders(tmp_path: Path) -> None:
    make_profile(tmp_path / "a" / "one", "deidrules 1\n\nX PatientNmae\n")
    (tmp_path / "a" / "lone.recipe").write_text("deidrules 1\n\nX PatientBirthDat\n", encoding="utf-8")
    make_profile(tmp_path / "a" / ".hidden", "deidrules 1\n\nX Nothing\n")
    found = json.loads(run("lint", "--output-format", "json", tmp_path).stdout)
    assert sorted(Path(record["path"]).name for record in found if record["severity"] == "error") == ["lone.recipe", "main.recipe"]


def test_a_finding_of_a_recipe_that_is_compiled_twice_is_shown_once(tmp_path: Path) -> None:
    place = make_profile(tmp_path / "one", "deidrules 1\n\nX PatientNmae\n")
    (place / "other.yaml").write_text(PROFILE, encoding="utf-8")
    once = run("lint", "--output-format", "concise", place).stdout
    assert "PatientNmae" in once
    thrice = run("lint", "--output-format", "concise", place, place / "other.yaml", place / "main.recipe").stdout
    assert thrice.count("PatientNmae") == once.count("PatientNmae")


def test_lint_explains_every_code() -> None:
    for code, entry in CODES.items():
        result = run("lint", "--explain", code.lower())
        assert result.exit_code == 0
        assert entry.name in result.stdout
        assert entry.why in result.stdout
    assert run("lint", "--explain", "DR000").exit_code == 2


# ---- fmt

UNTIDY = "deidrules 1\n# who\nX   PatientName ,PatientID   # why\n\n\n\nZ AccessionNumber\n"


def test_fmt_rewrites_in_place_keeps_mode_and_comments_and_is_idempotent(tmp_path: Path) -> None:
    path = tmp_path / "a.recipe"
    path.write_text(UNTIDY, encoding="utf-8")
    path.chmod(0o640)
    assert run("fmt", "--check", path).exit_code == 1
    diff = run("fmt", "--diff", path)
    assert diff.exit_code == 0
    assert "-X   PatientName ,PatientID   # why" in diff.stdout
    assert path.read_text("utf-8") == UNTIDY
    assert run("fmt", path).exit_code == 0
    formatted = path.read_text("utf-8")
    assert formatted != UNTIDY
    assert "# who" in formatted
    assert "# why" in formatted
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.recipe"]
    assert run("fmt", "--check", tmp_path).exit_code == 0
    assert run("fmt", path).exit_code == 0
    assert path.read_text("utf-8") == formatted


def test_fmt_formats_stdin_to_stdout(tmp_path: Path) -> None:
    path = tmp_path / "a.recipe"
    path.write_text(UNTIDY, encoding="utf-8")
    run("fmt", path)
    result = run("fmt", "-", text=UNTIDY)
    assert (result.exit_code, result.stdout) == (0, path.read_text("utf-8"))
    assert run("fmt", "--check", "-", text=UNTIDY).exit_code == 1
    assert run("fmt", "-", "x").exit_code == 2


def test_fmt_never_rewrites_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "a.recipe"
    path.write_text("deidrules 1\nREMOVE   PatientName\n", encoding="utf-8")
    (tmp_path / "b.recipe").write_text(UNTIDY, encoding="utf-8")
    (tmp_path / "c.recipe").write_bytes(b"deidrules 1\nX PatientName # \xff\n")
    result = run("fmt", tmp_path)
    assert result.exit_code == 1
    assert "error[DR" in result.stderr
    assert path.read_text("utf-8") == "deidrules 1\nREMOVE   PatientName\n"
    assert (tmp_path / "b.recipe").read_text("utf-8") != UNTIDY
    assert (tmp_path / "c.recipe").read_bytes().endswith(b"\xff\n")
    assert run("fmt", tmp_path / "nowhere").exit_code == 2


def test_fmt_makes_line_ends_plain(tmp_path: Path) -> None:
    path = tmp_path / "a.recipe"
    path.write_bytes(b"deidrules 1\r\n\r\nX PatientName\r\n")
    assert run("fmt", "--check", path).exit_code == 1
    run("fmt", path)
    assert path.read_bytes() == b"deidrules 1\n\nX PatientName\n"


# ---- plan, explain, show


def test_plan_tells_rules_in_order_with_their_places(profile: Path) -> None:
    text = run("plan", profile).stdout
    assert "unlisted: K" in text
    assert "D PatientID = pseudonym(PatientID)" in text
    assert 'K ConvolutionKernel when Modality = "MR"' in text
    assert "main" in text
    assert run("plan", profile.parent / "nowhere").exit_code == 2


def test_the_plan_of_every_shipped_profile_can_be_told() -> None:
    from deidrules.compile.profile import shipped_profiles

    for name in shipped_profiles():
        result = run("plan", name)
        assert result.exit_code == 0
        assert name in result.stdout


EXPLAINED = """\
deidrules 1

X PatientName
D PatientID = pseudonym(PatientID)
U StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
X vr PN otherwise
when Modality = "MR" {
    Z PatientName
}
"""


def test_explain_names_the_winner_the_losers_and_why(tmp_path: Path, source: Path) -> None:
    place = make_profile(tmp_path / "explained", EXPLAINED)
    text = run("explain", place, source / "object", "PatientName").stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    recipe = place / "main.recipe"
    assert lines[0] == f"(0010,0010) PN PatientName removed X # {recipe}:3"
    assert f"not Z PatientName # {recipe}:8: its condition does not hold" in lines
    assert f"not X vr PN otherwise # {recipe}:6: `otherwise`: asked only where no other rule decides" in lines
    assert "SECRET" not in text
    assert "EXAMPLE^SECRET" in run("explain", place, source / "object", "PatientName", "--show-values").stdout


@pytest.mark.parametrize("tag", ["PatientName", "(0010,0010)", "0010,0010", "00100010"])
def test_explain_takes_a_tag_in_any_spelling(profile: Path, source: Path, tag: str) -> None:
    (record,) = json.loads(run("explain", profile, source / "object", tag, "--json").stdout)
    assert (record["tag"], record["change"], record["code"]) == ("(0010,0010)", "removed", "X")
    assert "value" not in record


def test_explain_reaches_every_depth_and_every_element(profile: Path) -> None:
    path = ROOT / "examples" / "incoming" / "ct" / "slice-1.dcm"
    records = json.loads(run("explain", "ps315-basic", path, "--json").stdout)
    places = [(record["path"], record["tag"]) for record in records]
    assert len(places) == len(set(places))
    expected = []

    def walk(dataset: pydicom.Dataset, above: str) -> None:
        for one in dataset:
            tag = f"({one.tag.group:04X},{one.tag.element:04X})"
            expected.append((above, tag))
            for number, item in enumerate(one.value if one.VR == "SQ" else (), start=1):
                walk(item, f"{above}/{tag}[{number}]".lstrip("/"))

    walk(pydicom.dcmread(path), "")
    assert [place for place in places if place in set(expected)] == expected
    assert all(record["change"] for record in records)
    by_place = dict(zip(places, records, strict=True))
    assert by_place["", "(0010,0020)"]["rule"] == "Z/D PatientID"
    # Type 3 in a CT image, so X of X/Z/U
    assert by_place["", "(0008,1140)"]["change"] == "removed"
    assert by_place["(0008,1140)[1]", "(0008,1155)"]["change"] == "gone with ReferencedImageSequence"


def test_explain_of_a_refused_file_is_exit_1_with_its_code(tmp_path: Path, profile: Path) -> None:
    (tmp_path / "cut").write_bytes(file(b"".join(identity()))[:-3])
    result = run("explain", profile, tmp_path / "cut")
    assert result.exit_code == 1
    assert "refused: truncated" in result.stderr
    quarantine = make_profile(tmp_path / "q", 'deidrules 1\n\nU SOPInstanceUID\nquarantine "why" when Modality = "CT"\n')
    (tmp_path / "whole").write_bytes(file(b"".join(identity())))
    result = run("explain", quarantine, tmp_path / "whole", "PatientName")
    assert result.exit_code == 1
    assert "refused: quarantined" in result.stderr
    assert 'quarantine "why" holds' in result.stdout
    assert "SECRET" not in result.output


def test_wrong_usage_of_explain_is_exit_2(profile: Path, source: Path) -> None:
    near = run("explain", profile, source / "object", "PatientNmae")
    assert near.exit_code == 2
    assert "PatientName" in near.stderr
    assert run("explain", profile, source / "nowhere").exit_code == 2
    assert run("explain", profile.parent / "nowhere", source / "object").exit_code == 2


def test_show_lists_elements_and_values_only_when_asked(tmp_path: Path) -> None:
    inner = element(0x00100010, "PN", "SECRET^INNER")
    item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
    parts = identity()
    parts.insert(3, element(0x00081140, "SQ", item))
    parts.insert(4, element(0x00090010, "LO", "ACME"))
    parts.insert(5, element(0x00091001, "LO", "SECRET-PRIVATE"))
    (tmp_path / "object").write_bytes(file(b"".join(parts)))
    text = run("show", tmp_path / "object").stdout
    assert "(0008,1140) SQ" in text
    assert "    (0010,0010) PN        12 PatientName" in text
    assert 'creator "ACME"' in text
    assert "SECRET" not in text
    shown = run("show", tmp_path / "object", "--values").stdout
    assert "SECRET^INNER" in shown
    assert "SECRET-PRIVATE" in shown
    (tmp_path / "text").write_text("no DICOM")
    assert run("show", tmp_path / "text").exit_code == 1
    assert run("show", tmp_path / "nowhere").exit_code == 2


def test_show_never_sends_control_characters_to_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "object").write_bytes(file(b"".join(identity("A\x1b[31mB"))))
    assert "\x1b" not in run("show", tmp_path / "object", "--values").stdout


def test_data_goes_to_stdout_and_messages_to_stderr(tmp_path: Path, profile: Path, source: Path) -> None:
    assert run("lint", profile).stdout == ""
    broken: dict[str, Any] = {"recipe": "deidrules 1\n\nX PatientNmae\n"}
    place = make_profile(tmp_path / "broken", **broken)
    assert "PatientNmae" in run("lint", place).stdout
    assert run("plan", place).stdout == ""
    assert "PatientNmae" in run("plan", place).stderr


# ---- the run folder of a real run


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_examples_are_done_and_their_audit_is_in_the_schema(tmp_path: Path, key: Path, workers: str) -> None:
    result = run(
        "apply-profile",
        "ps315-basic",
        ROOT / "examples" / "incoming",
        "--output",
        tmp_path / "out",
        "--key-file",
        key,
        "--workers",
        workers,
    )
    assert result.exit_code == 1  # one of them is broken on purpose
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "grammar" / "audit.schema.json").read_text("utf-8")))
    audit = [json.loads(line) for line in (tmp_path / "out.run" / "audit.jsonl").read_text("utf-8").splitlines()]
    for line in audit:
        validator.validate(line)
    instances = [line for line in audit if line["kind"] == "instance"]
    assert {line["output"] for line in instances} == tree(tmp_path / "out").keys()
    assert {line["outcomes"] for line in instances} == {line["id"] for line in audit if line["kind"] == "outcomes"}
    assert all(line["bytes"] == (tmp_path / "out" / line["output"]).stat().st_size for line in instances)
    assert all(line["code"] in REFUSALS for line in audit if line["kind"] in ("refused", "other"))


def test_every_code_of_a_run_is_in_the_table_of_refusals() -> None:
    known = set(REFUSALS)
    found: set[str] = set()
    for path in (ROOT / "deidrules" / "run").glob("*.py"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r'(?:"code": |Refusal\(|Stopped\(|Halt\(\w+, )"([a-z-]+)"', text))
    found |= {"symbolic-link", "special-file", "unreadable-folder", "disk-full", "read-only", "write-error"}
    assert {"conflict", "crash", "too-large", "worker-start"} <= found
    assert found <= known
