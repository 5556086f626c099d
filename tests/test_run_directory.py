"""Runs over files and folders: counts, names, conflicts, the run folder, workers. The engine is a stand-in; what is tested is the run."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fake_engine
import jsonschema
import pytest
from fake_engine import tree
from hypothesis import given, settings
from hypothesis import strategies as st

from deidrules.dicom.dictionary import EDITION
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Override, Plan, Policies
from deidrules.run import directory, process
from deidrules.run.directory import apply_directory
from deidrules.run.errors import Interrupted, UsageError
from deidrules.run.summary import Summary

KEY = KeyRing(bytes(range(32)))
PLAN = Plan("test", "1.0.0", EDITION, Policies("X"), layers=("test",), overrides=(Override("PatientAge", "X", "IRB 1", "test.recipe:9"),))
SCHEMA = Path(__file__).resolve().parents[1] / "grammar" / "audit.schema.json"


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(**arguments: Any) -> process.Settings:
        return process.Settings(build=fake_engine.build, **arguments)

    monkeypatch.setattr(directory, "Settings", made)


def fill(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, files: Mapping[str, str] | None = None, *, out: str = "out", **options: Any) -> Summary:
    source = fill(folder / "in", files) if files is not None else folder / "in"
    return apply_directory(source, folder / out, PLAN, key=KEY, **options)


def counts(summary: Summary) -> dict[str, int]:
    return {name: value for name, value in summary.record().items() if isinstance(value, int) and value and name in COUNTS}


COUNTS = ("found", "written", "duplicate", "rejected", "quarantined", "failed", "other")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


EVERYTHING = {
    "a/one": "write 1.1 1.2 1.3 first",
    "a/two": "write 1.1 1.2 1.4 second",
    "a/three": "refuse truncated",
    "b/four": "refuse rejected",
    "b/five": "no dicom",
    "b/six": "break SECRET",
    "b/seven": "refuse dicomdir",
    "c/eight": "write 1.1 1.2 1.3 first",
    "c/nine": "exit SECRET",
}


def test_every_file_ends_in_exactly_one_outcome(tmp_path: Path) -> None:
    summary = run(tmp_path, EVERYTHING)
    assert counts(summary) == {"found": 9, "written": 2, "duplicate": 1, "rejected": 1, "quarantined": 1, "failed": 2, "other": 2}
    assert summary.balanced
    assert summary.exit_code == 1
    assert dict(summary.codes) == {"truncated": 1, "rejected": 1, "not-dicom": 1, "internal-error": 2, "dicomdir": 1}
    assert tree(tmp_path / "out").keys() == {"1.1/1.2/1.3.dcm", "1.1/1.2/1.4.dcm"}
    assert (tmp_path / "out/1.1/1.2/1.3.dcm").read_bytes() == b"DICMfirst"
    assert summary.bytes == len(b"DICMfirst") + len(b"DICMsecond")


def test_nothing_quarantined_is_exit_code_0(tmp_path: Path) -> None:
    assert run(tmp_path, {"a": "write 1.1 1.2 1.3 x", "b": "no dicom", "c": "refuse rejected"}).exit_code == 0


def test_outputs_and_folders_of_a_run_are_private(tmp_path: Path) -> None:
    run(tmp_path, EVERYTHING)
    assert stat.S_IMODE((tmp_path / "out.run").stat().st_mode) == 0o700
    for path in [*(tmp_path / "out.run").iterdir(), *(tmp_path / "out").rglob("*.dcm")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert {path.name for path in (tmp_path / "out.run").iterdir()} == {"audit.jsonl", "quarantine.jsonl", "summary.json", "sources.csv"}


def test_nothing_partial_stays_in_the_output(tmp_path: Path) -> None:
    run(tmp_path, EVERYTHING)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1.1"]


def test_every_line_of_the_audit_is_in_the_schema(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    run(tmp_path, EVERYTHING | {"d/conflict": "write 1.1 1.2 1.3 otherwise"})
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    audit = lines(tmp_path / "out.run" / "audit.jsonl")
    for line in audit:
        validator.validate(line)
    assert {line["kind"] for line in audit} == {"run", "outcomes", "instance", "duplicate", "refused", "withdrawn", "other", "end"}
    for line in lines(tmp_path / "out.run" / "quarantine.jsonl"):
        validator.validate({"kind": "withdrawn" if line["source"] in withdrawn(audit) else "refused", **line})


def withdrawn(audit: list[dict[str, Any]]) -> set[str]:
    return {line["source"] for line in audit if line["kind"] == "withdrawn"}


def test_a_line_with_a_value_too_many_is_not_in_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    good = {"kind": "refused", "source": "0" * 32, "outcome": "quarantined", "code": "truncated", "tag": "(0010,0010)"}
    assert validator.is_valid(good)
    assert not validator.is_valid(good | {"value": "DOE^JANE"})
    assert not validator.is_valid(good | {"kind": "other"})
    assert not validator.is_valid({"kind": "instance"})
    assert not validator.is_valid({"source": "0" * 32})


def test_outcomes_are_written_once_and_before_the_first_instance(tmp_path: Path) -> None:
    run(tmp_path, EVERYTHING)
    kinds = [line["kind"] for line in lines(tmp_path / "out.run" / "audit.jsonl")]
    assert kinds.count("outcomes") == 1
    assert kinds.index("outcomes") < kinds.index("instance")
    (outcomes,) = [line for line in lines(tmp_path / "out.run" / "audit.jsonl") if line["kind"] == "outcomes"]
    assert outcomes["outcomes"][1]["path"] == "(0040,0275)[1]"


def test_source_paths_stand_in_sources_csv_and_nowhere_else(tmp_path: Path) -> None:
    files = {f"SMITH JANE/{name}": text for name, text in EVERYTHING.items()}
    for layout in ("uid", "mirror"):
        out = tmp_path / layout
        apply_directory(fill(tmp_path / "in", files), out, PLAN, key=KEY, layout=layout, run=tmp_path / f"{layout}.book")
        rows = list(csv.reader((tmp_path / f"{layout}.book" / "sources.csv").open(encoding="utf-8")))
        assert rows[0] == ["source", "path"]
        assert sorted(row[1] for row in rows[1:]) == sorted(str(tmp_path / "in" / name) for name in files)
        assert len({row[0] for row in rows}) == len(rows)
        for path in [*out.rglob("*"), *(tmp_path / f"{layout}.book").iterdir()]:
            assert "SMITH" not in str(path.relative_to(tmp_path))
            if path.is_file() and path.name != "sources.csv":
                assert b"SMITH" not in path.read_bytes()
                assert os.fsencode(tmp_path) not in path.read_bytes()


def test_an_unexpected_exception_leaves_its_type_and_our_line_and_not_its_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, {"a": "break SECRET"})
    (record,) = lines(tmp_path / "out.run" / "quarantine.jsonl")
    assert (record["outcome"], record["code"], record["type"]) == ("failed", "internal-error", "KeyError")
    assert record["place"].startswith("deidrules.run.process:")
    assert all("SECRET" not in path.read_text("utf-8") for path in (tmp_path / "out.run").iterdir())
    assert capfd.readouterr() == ("", "")


# ---- names


def test_mirror_keeps_the_shape_and_no_name(tmp_path: Path) -> None:
    run(tmp_path, {"p/s/1": "write 1 2 3 x", "p/s/2": "write 1 2 4 x", "p/t/1": "write 1 2 5 x", "0": "write 1 2 6 x"}, layout="mirror")
    names = sorted(tree(tmp_path / "out"), key=len)
    assert [name.count("/") for name in names] == [0, 2, 2, 2]
    assert len({name.split("/")[0] for name in names[1:]}) == 1
    assert len({name.split("/")[1] for name in names[1:]}) == 2
    assert len({name.rsplit("/", 1)[-1] for name in names}) == 4  # equal names in different folders do not show as equal


def test_mirror_names_depend_on_the_key_and_not_on_where_the_source_lies(tmp_path: Path) -> None:
    files = {"p/1": "write 1 2 3 x"}
    run(tmp_path / "x", files, layout="mirror")
    run(tmp_path / "y", files, layout="mirror")
    apply_directory(tmp_path / "x" / "in", tmp_path / "z" / "out", PLAN, key=KeyRing(bytes(range(1, 33))), layout="mirror")
    assert tree(tmp_path / "x" / "out").keys() == tree(tmp_path / "y" / "out").keys()
    assert tree(tmp_path / "x" / "out").keys() != tree(tmp_path / "z" / "out").keys()


def test_mirror_names_keeps_the_names_and_does_not_repeat_them_in_the_audit(tmp_path: Path) -> None:
    run(tmp_path, {"SMITH/1": "write 1 2 3 x", "SMITH/2": "write 1 2 4 x"}, layout="mirror-names")
    assert tree(tmp_path / "out").keys() == {"SMITH/1", "SMITH/2"}
    assert "SMITH" not in (tmp_path / "out.run" / "audit.jsonl").read_text("utf-8")


def test_several_folders_keep_their_own_names_in_front(tmp_path: Path) -> None:
    one, two = fill(tmp_path / "one", {"1": "write 1 2 3 x"}), fill(tmp_path / "two", {"1": "write 1 2 4 y"})
    apply_directory([one, two], tmp_path / "out", PLAN, key=KEY, layout="mirror-names")
    assert tree(tmp_path / "out").keys() == {"one/1", "two/1"}


@pytest.mark.parametrize("bad", ["../../etc", "1.2/../3", "/1", "1..2", ".", "1.2.", "a.b", "1." * 40 + "1", "１.２"])
def test_a_uid_that_is_none_never_becomes_a_name(tmp_path: Path, bad: str) -> None:
    summary = run(tmp_path, {"a": f"write {bad} 1.2 1.3 x", "b": f"write 1.1 1.2 {bad} x"})
    assert dict(summary.codes) == {"invalid-uid-name": 2}
    assert tree(tmp_path / "out") == {}


def test_an_object_without_study_or_series_has_a_place(tmp_path: Path) -> None:
    summary = run(tmp_path, {"a": "write   1.3 x", "b": "write 1.1 1.2  x"})
    assert tree(tmp_path / "out").keys() == {"no-study/no-series/1.3.dcm"}
    assert dict(summary.codes) == {"no-instance-uid": 1}


# ---- duplicates and conflicts


def test_the_same_bytes_again_are_a_duplicate(tmp_path: Path) -> None:
    assert counts(run(tmp_path, EVERYTHING))["written"] == 2
    again = run(tmp_path)
    assert counts(again)["duplicate"] == 3
    assert "written" not in counts(again)
    assert (tmp_path / "out.run-2" / "summary.json").is_file()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_conflict_quarantines_every_member_and_the_first_is_withdrawn(tmp_path: Path, workers: int) -> None:
    files = {f"{number:02}": f"write 1.1 1.2 1.3 {'same' if number != 7 else 'other'}" for number in range(12)}
    summary = run(tmp_path, files | {"99": "write 1.1 1.5 1.6 free"}, workers=workers)
    assert counts(summary) == {"found": 13, "written": 1, "quarantined": 12}
    assert dict(summary.codes) == {"conflict": 12}
    assert tree(tmp_path / "out").keys() == {"1.1/1.5/1.6.dcm"}
    assert not (tmp_path / "out/1.1/1.2").exists()
    assert len({line["source"] for line in lines(tmp_path / "out.run" / "quarantine.jsonl")}) == 12


def test_a_file_of_an_earlier_run_is_never_touched(tmp_path: Path) -> None:
    run(tmp_path, {"a": "write 1.1 1.2 1.3 first"})
    before = tree(tmp_path / "out")
    (tmp_path / "in" / "a").write_text("write 1.1 1.2 1.3 changed")
    (tmp_path / "in" / "b").write_text("write 1.1 1.2 1.3 first")
    summary = run(tmp_path)
    assert counts(summary) == {"found": 2, "quarantined": 2}
    assert tree(tmp_path / "out") == before


def test_whatever_stands_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out" / "1.1" / "1.2" / "1.3.dcm").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "1.4").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "out" / "1.5").write_text("a file")
    (tmp_path / "out" / "1.1" / "1.2" / "1.6.dcm").symlink_to(tmp_path / "nowhere")
    files = {"a": "write 1.1 1.2 1.3 x", "b": "write 1.4 1.2 1.3 x", "c": "write 1.5 1.2 1.3 x", "d": "write 1.1 1.2 1.6 x"}
    summary = run(tmp_path, files)
    assert dict(summary.codes) == {"conflict": 4}
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "out" / "1.5").read_text() == "a file"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab")), max_size=10))
def test_conflicts_do_not_depend_on_the_order(tmp_path_factory: pytest.TempPathFactory, instances: list[tuple[int, str]]) -> None:
    folder = tmp_path_factory.mktemp("order")
    results = []
    for number, order in enumerate((instances, list(reversed(instances)))):
        files = {f"{index:02}": f"write 1.1 1.2 {uid} {content}" for index, (uid, content) in enumerate(order)}
        (folder / str(number) / "in").mkdir(parents=True)
        summary = run(folder / str(number), files)
        results.append((counts(summary), tree(folder / str(number) / "out")))
    contents: dict[int, set[str]] = {}
    for uid, content in instances:
        contents.setdefault(uid, set()).add(content)
    assert results[0] == results[1]
    assert len(results[0][1]) == sum(len(found) == 1 for found in contents.values())
    assert results[0][0].get("quarantined", 0) == sum(len(contents[uid]) > 1 for uid, _ in instances)


# ---- workers


def without_clock(audit: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in line.items() if key not in ("started", "workers")} for line in audit]


def test_one_two_and_four_workers_do_the_same(tmp_path: Path) -> None:
    files = {f"{number % 7}/{number:03}": f"write 1.{number % 5} 1.2 1.{number % 150} {number % 3}" for number in range(200)}
    fill(tmp_path / "in", files | EVERYTHING)
    (tmp_path / "in" / "0" / "link").symlink_to(tmp_path)
    seen = []
    for workers in (1, 2, 4):
        book = tmp_path / f"book{workers}"
        run(tmp_path, out=f"out{workers}", workers=workers, run=book, crosswalk=tmp_path / f"walk{workers}.csv")
        seen.append(
            (
                tree(tmp_path / f"out{workers}"),
                without_clock(lines(book / "audit.jsonl")),
                (book / "quarantine.jsonl").read_bytes(),
                (book / "sources.csv").read_bytes(),
                (tmp_path / f"walk{workers}.csv").read_bytes(),
            )
        )
    assert seen[0] == seen[1] == seen[2]


def test_a_worker_that_dies_costs_one_file(tmp_path: Path) -> None:
    files = {f"{number % 3}/{number:03}": f"write 1.1 1.2 1.{number} x" for number in range(120)}
    summary = run(tmp_path, files | {"0/030": "kill SECRET", "2/000": "kill SECRET", "9/last": "kill SECRET"}, workers=2)
    assert counts(summary) == {"found": 122, "written": 119, "failed": 3}
    assert dict(summary.codes) == {"crash": 3}
    assert summary.exit_code == 1


@pytest.mark.parametrize("build", [fake_engine.refuse_to_start, fake_engine.die_at_once])
def test_workers_that_cannot_begin_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: Any) -> None:
    monkeypatch.setattr(directory, "Settings", lambda **arguments: process.Settings(build=build, **arguments))
    summary = run(tmp_path, EVERYTHING, workers=2)
    assert (summary.ended, summary.reason, summary.exit_code, summary.found) == ("stopped", "worker-start", 3, 0)
    assert "SECRET" not in (tmp_path / "out.run" / "summary.json").read_text("utf-8")


def test_functions_that_no_worker_could_be_given_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="functions"):
        run(tmp_path, EVERYTHING, workers=2, functions={"local": lambda value: value})
    assert not (tmp_path / "out").exists()


# ---- dry runs, crosswalks, the run folder


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    files = EVERYTHING | {"d/conflict": "write 1.1 1.2 1.3 otherwise", "d/twice": "write 1.1 1.2 1.4 second"}
    dry = run(tmp_path, files, dry_run=True, crosswalk=tmp_path / "walk.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert counts(dry) == counts(run(tmp_path))
    again = run(tmp_path, dry_run=True, run=tmp_path / "book")
    assert counts(again)["duplicate"] == 2
    assert (tmp_path / "book" / "quarantine.jsonl").is_file()


def test_a_crosswalk_has_every_row_once(tmp_path: Path) -> None:
    run(tmp_path, EVERYTHING, crosswalk=tmp_path / "walk.csv")
    with (tmp_path / "walk.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["kind", "old", "new"], ["uid", "1.2.3.1.3", "1.3"], ["patient_id", "4711", ""], ["uid", "1.2.3.1.4", "1.4"]]
    assert stat.S_IMODE((tmp_path / "walk.csv").stat().st_mode) == 0o600


def test_places_that_must_not_be_are_refused_before_anything_is_touched(tmp_path: Path) -> None:
    fill(tmp_path / "in", EVERYTHING)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    before = sorted(tmp_path.rglob("*"))
    wrong: list[dict[str, Any]] = [
        {"out": "in"},
        {"out": "in/a/out"},
        {"out": "link/out"},
        {"out": "."},
        {"out": "full/file"},
        {"run": tmp_path / "in" / "book"},
        {"run": tmp_path / "out" / "book"},
        {"run": tmp_path / "out"},
        {"run": tmp_path / "full"},
        {"run": tmp_path / "full" / "file"},
        {"run": tmp_path / "book", "out": "book/out"},
        {"crosswalk": tmp_path / "out" / "walk.csv"},
        {"crosswalk": tmp_path / "in" / "walk.csv"},
        {"crosswalk": tmp_path / "full" / "file"},
        {"crosswalk": tmp_path / "nowhere" / "walk.csv"},
        {"layout": "flat"},
        {"workers": 0},
    ]
    for options in wrong:
        with pytest.raises(UsageError):
            run(tmp_path, **options)
        assert sorted(tmp_path.rglob("*")) == before, options


def test_a_source_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    for sources in ([], tmp_path / "nowhere", [tmp_path, tmp_path / "nowhere"], "/dev/null"):
        with pytest.raises(UsageError):
            apply_directory(sources, tmp_path.parent / "out", PLAN, key=KEY)


def test_the_run_folder_of_a_run_that_was_killed_is_not_taken_over(tmp_path: Path) -> None:
    run(tmp_path, EVERYTHING)
    (tmp_path / "out.run" / "summary.json").unlink()
    with pytest.raises(UsageError, match="did not end"):
        run(tmp_path)
    assert run(tmp_path, run=tmp_path / "book").balanced


def test_only_the_given_folder_is_read_without_recursion(tmp_path: Path) -> None:
    summary = run(tmp_path, EVERYTHING | {"top": "write 1 2 3 x"}, recursive=False)
    assert counts(summary) == {"found": 1, "written": 1}


def test_links_and_special_files_are_counted_and_not_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", EVERYTHING)
    fill(tmp_path / "in", {"a": "write 1 2 3 x"})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    os.mkfifo(tmp_path / "in" / "pipe")
    summary = run(tmp_path)
    assert counts(summary) == {"found": 4, "written": 1, "other": 3}
    assert dict(summary.codes) == {"symbolic-link": 2, "special-file": 1}


def test_names_that_are_no_text_are_names(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in (b"\xff\xfe", b"a\nb", b'"quote,'):
        Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/" + name)).write_text("write 1 2 3 x")
    assert counts(run(tmp_path, layout="mirror")) == {"found": 3, "written": 3}
    assert b"\xff\xfe" in (tmp_path / "out.run" / "sources.csv").read_bytes()


def test_a_file_beyond_the_limit_is_quarantined_and_other_files_are_not(tmp_path: Path) -> None:
    fill(tmp_path / "in", {"small": "write 1 2 3 x", "zip": "PK" + "x" * 1000})
    (tmp_path / "in" / "dicom").write_bytes(bytes(128) + b"DICM" + bytes(1000))
    (tmp_path / "in" / "no-preamble").write_bytes(b"\x08\x00" + bytes(1000))
    summary = run(tmp_path, file_bytes=500)
    assert counts(summary) == {"found": 4, "written": 1, "quarantined": 2, "other": 1}
    assert dict(summary.codes) == {"too-large": 2, "not-dicom": 1}


def test_progress_goes_from_one_to_all(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run(tmp_path, EVERYTHING, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 9) for number in range(1, 10)]


def test_an_interruption_takes_away_what_is_partial_and_says_how_far_it_came(tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as caught:
        run(tmp_path, {"a": "write 1 2 3 x", "b": "interrupt", "c": "write 1 2 4 x"})
    assert caught.value.summary.exit_code == 130
    assert counts(caught.value.summary) == {"found": 1, "written": 1}
    assert tree(tmp_path / "out").keys() == {"1/2/3.dcm"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1"]
    assert json.loads((tmp_path / "out.run" / "summary.json").read_text("utf-8"))["ended"] == "interrupted"
