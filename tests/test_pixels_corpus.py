"""Rectangles blanked in every image of the shared corpus that can be decoded: inside the fill, outside what it was, in its own coding."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from corpus_pixels import PREFIX, Image, Statement, found_wrong, statements
from pydicom.uid import UID

from deidrules.compile.compiler import compile_text
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.burned_in import may_carry_text, read_header
from deidrules.pixels.facts import read_facts
from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
METADATA = ("excess-frame-bytes", "jpeg-metadata", "jpeg-2000-metadata", "jpeg-xl-metadata")


@dataclass
class Row:
    """One transfer syntax: its files, how many of them are exact in every statement, and why the others are not."""

    files: int = 0
    exact: int = 0
    statements: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)


def rows() -> list[dict[str, str]]:
    with (CORPUS / "index.csv").open() as lines:
        return [row for row in csv.DictReader(lines) if row["decodes"] == "yes" and row["path"].startswith("files/")]


def engine(statement: str) -> Engine:
    plan = compile_text(f'deidrules 1\npixels "r" when exists Rows {{ {statement} }}\n', policies=LOOSE).plan
    assert plan is not None
    return Engine(plan, KeyRing(bytes(range(32))))


def outcome(data: bytes, before: Image, asked: Statement) -> str:
    """`exact`, the code of a refusal, or what is wrong."""
    try:
        out = engine(asked.text).apply(data)
    except Refusal as refusal:
        return refusal.code
    metadata = any(what in METADATA for what, _ in out.dropped)
    return found_wrong(before, Image(b"".join(out.parts)), asked, metadata=metadata) or "exact"


def markdown(table: dict[str, Row]) -> Iterator[str]:
    yield "| transfer syntax | | files | exact | statements | others |"
    yield "|---|---|---|---|---|---|"
    whole = Row()
    for uid, row in sorted(table.items()):
        yield line(f".{uid.removeprefix(PREFIX)}" if uid.startswith(PREFIX) else uid, UID(uid).name, row)
        whole.files, whole.exact = whole.files + row.files, whole.exact + row.exact
        whole.statements += row.statements
        whole.others += row.others
    yield line("all", "", whole)


def line(uid: str, name: str, row: Row) -> str:
    asked = ", ".join(f"{count} {what}" for what, count in row.statements.items())
    others = ", ".join(f"{count} x {what}" for what, count in row.others.items())
    return f"| {uid} | {name} | {row.files} | {row.exact} | {asked} | {others} |"


def test_rules_on_every_file_of_the_corpus_blank_inside_and_nothing_else() -> None:
    files = rows()
    table: dict[str, Row] = {}
    for one in files:
        data = (CORPUS / one["path"]).read_bytes()
        before = Image(data)
        row = table.setdefault(one["TransferSyntaxUID"] or before.syntax, Row())
        row.files += 1
        asked = statements(before)
        said = {name: outcome(data, before, statement) for name, statement in asked.items()}
        row.statements.update(list(asked))
        if "SequenceOfUltrasoundRegions" in before.object and not before.regions:
            # the image was cut or scaled after the scan, and its regions were not: nothing may be kept by them
            elsewhere = Statement("blank outside ultrasound-regions", [], 0, before.frames)
            assert outcome(data, before, elsewhere) == "no-ultrasound-regions", one["path"]
            row.statements["regions of another image refused"] += 1
        row.exact += set(said.values()) == {"exact"}
        row.others.update(set(said.values()) - {"exact"})
    report = "\n".join(markdown(table))
    print(report)
    assert len(files) == 304
    assert sum(row.exact for row in table.values()) >= 295, report
    assert sum(row.statements["regions"] for row in table.values()) >= 10, report
    # what is not exact is refused
    assert {code for row in table.values() for code in row.others} <= REFUSALS.keys(), report


# The boxes of this file in burned_in.csv are those of CT-MONO2-16-ankle; there is no text in it.
MISTAKEN = "files/fo-dicom+fo-dicom/Tests/FO-DICOM.Benchmark/Data/ct.dcm"


def test_files_with_burned_in_text_are_held_to_carry_it() -> None:
    with (CORPUS / "burned_in.csv").open() as lines:
        paths = {row["path"] for row in csv.DictReader(lines)}
    free = set()
    for path in paths:
        given = read((CORPUS / path).read_bytes())
        if not may_carry_text(read_header(given), read_facts(given)):
            free.add(path)
    assert len(paths) > 40 and free <= {MISTAKEN}
