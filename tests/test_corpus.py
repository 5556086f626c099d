"""The Basic Profile over real files: as much as possible written, everything written checked element by element with pydicom."""

from __future__ import annotations

import csv
import json
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import ps315_walk
import pytest
from click.testing import CliRunner
from pydicom import dcmread

from deidrules import resources
from deidrules.cli.main import main

SUPPLEMENT = resources.folder("profiles") / "ps315" / "2026d" / "supplement.recipe"
SHARED = Path(__file__).resolve().parents[1].parent / "shared"
CORPUS = SHARED / "corpus"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus, real files that are not part of the project"),
]


@dataclass(frozen=True)
class Run:
    """What one run left behind. `written`: source -> output; `refused`: source -> code."""

    out: Path
    book: Path
    said: str
    summary: dict[str, int]
    written: dict[Path, Path]
    refused: dict[Path, str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("corpus")
    out, book = folder / "out", folder / "run"
    arguments = ["apply-profile", "ps315-basic", str(CORPUS), "--output", str(out), "--run", str(book), "--layout", "mirror", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1, result.output
    with (book / "sources.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["source"]: CORPUS / row["path"] for row in csv.DictReader(file)}
    audit = [json.loads(line) for line in (book / "audit.jsonl").read_text("utf-8").splitlines()]
    quarantine = [json.loads(line) for line in (book / "quarantine.jsonl").read_text("utf-8").splitlines()]
    return Run(
        out,
        book,
        result.output,
        json.loads((book / "summary.json").read_text("utf-8")),
        {sources[line["source"]]: out / line["output"] for line in audit if line["kind"] == "instance"},
        {sources[line["source"]]: line["code"] for line in quarantine},
    )


@pytest.fixture(scope="module")
def codes() -> dict[int, str]:
    return {**ps315_walk.supplement(SUPPLEMENT), **ps315_walk.table(SHARED / "data" / "e1_1.csv")}


@pytest.fixture(scope="module")
def schemes() -> frozenset[str]:
    return ps315_walk.published(SUPPLEMENT)


def usable() -> list[Path]:
    """Files that say what they are, and are no DICOMDIR."""
    out = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted((CORPUS / "files").rglob("*")):
            if path.is_file():
                dataset = dcmread(path, force=True, stop_before_pixels=True)
                if dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID") and "DirectoryRecordSequence" not in dataset:
                    out.append(path)
    return out


def test_at_least_380_of_the_398_usable_files_are_written(run: Run) -> None:
    wanted = usable()
    assert len(wanted) == 398
    rest = Counter(run.refused.get(path, "other") for path in wanted if path not in run.written)
    assert sum(path in run.written for path in wanted) >= 380, rest


def test_the_books_close(run: Run) -> None:
    summary = run.summary
    assert summary["found"] == sum(summary[key] for key in ("written", "duplicate", "rejected", "quarantined", "failed", "other"))
    assert summary["found"] == sum(path.is_file() for path in CORPUS.rglob("*"))
    assert summary["failed"] == 0
    assert len(run.written) == summary["written"] == sum(path.is_file() for path in run.out.rglob("*"))


def test_nothing_the_run_says_is_a_traceback_or_a_path(run: Run) -> None:
    books = "".join(path.read_text("utf-8") for path in run.book.iterdir() if path.is_file() and path.name != "sources.csv")
    assert "Traceback" not in run.said + books
    names = {path.name for path in (*run.written, *run.refused) if len(path.name) > 12}
    assert not [name for name in names if name in books]


def test_every_output_differs_from_its_source_only_where_table_and_supplement_say(
    run: Run, codes: dict[int, str], schemes: frozenset[str]
) -> None:
    problems: Counter[str] = Counter()
    comparison = ps315_walk.Comparison(codes, schemes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source, output in run.written.items():
            comparison.problems = []
            before, after = ps315_walk.read(source), ps315_walk.read(output)
            comparison.file(before, after)
            problems.update(f"{source.name} {problem}" for problem in comparison.problems)
    assert not problems, problems.most_common(20)
    # A dummy that depended on what was there would leave something of it.
    depends = {hex(tag): len(values) for (tag, vr), values in comparison.dummies.items() if vr != "UI" and len(values) > 2}
    assert not depends


def test_no_element_that_the_table_marks_x_is_left_at_any_depth(run: Run, codes: dict[int, str]) -> None:
    left: Counter[int] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for output in run.written.values():
            left.update(ps315_walk.marked_x(ps315_walk.read(output), codes))
    assert not left


def test_every_output_claims_the_basic_profile_and_names_the_program(run: Run) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for output in run.written.values():
            dataset = dcmread(output, stop_before_pixels=True)
            codes = [str(item.get("CodeValue")) for item in dataset.DeidentificationMethodCodeSequence]
            assert codes.count("113100") == 1
            equipment = dataset.ContributingEquipmentSequence[-1]
            assert (equipment.Manufacturer, equipment.PurposeOfReferenceCodeSequence[0].CodeValue) == ("deidrules", "109104")


def test_every_output_can_be_read_again_without_force(run: Run) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for output in run.written.values():
            dataset = dcmread(output)
            for element in dataset.iterall():
                assert element.VR


def test_the_comparison_itself_finds_fault_with_an_unchanged_copy(codes: dict[int, str], schemes: frozenset[str]) -> None:
    path = usable()[0]
    comparison = ps315_walk.Comparison(codes, schemes)
    comparison.file(ps315_walk.read(path), ps315_walk.read(path))
    assert comparison.problems
    assert list(ps315_walk.marked_x(ps315_walk.read(path), codes))
