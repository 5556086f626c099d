"""Real structured reports through the layer of the Clean Structured Content Option: nothing planted in them stays, and what comes out is as
valid as what the Basic Profile leaves."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import warnings
from functools import cache
from pathlib import Path

import make_ps315_content as table
import pydicom
import pytest
from pydicom.dataset import Dataset

from deidrules.compile.compiler import compile_layers
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Policies

CORPUS = table.ROOT.parent / "shared" / "corpus"
CANARY, DATE = "Zzcanary", "20200131"


def reports() -> list[Path]:
    if not (CORPUS / "index.csv").is_file():
        return []
    with (CORPUS / "index.csv").open(encoding="utf-8", newline="") as file:
        return [CORPUS / row["path"] for row in csv.DictReader(file) if "SR Storage" in row["SOPClass"] or "Key Object" in row["SOPClass"]]


REPORTS = reports()


@cache
def engine(*names: str) -> Engine:
    layers = [(f"ps315/2026d/{name}", (table.FOLDER / f"{name}.recipe").read_text("utf-8")) for name in names]
    plan = compile_layers(layers, Policies("K", "accept", "strictest")).plan
    assert plan is not None
    return Engine(plan, KeyRing(bytes(range(32))))


def cleaned(data: bytes) -> bytes:
    return b"".join(engine("basic", table.CLEAN).apply(data).parts)


@pytest.mark.skipif(not REPORTS, reason="needs ../shared/corpus")
def test_there_are_reports_in_the_corpus() -> None:
    assert len(REPORTS) >= 10


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_planted_in_the_items_of_a_report_is_gone(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        dataset.PatientName = f"{CANARY}^Quux"
        planted = plant(dataset)
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        written = cleaned(buffer.getvalue())
        after = pydicom.dcmread(io.BytesIO(written))
        after.decode()
    assert planted
    texts = str(after).upper()
    assert CANARY.upper() not in texts and "QUUX" not in texts and DATE not in texts
    if not dataset.file_meta.TransferSyntaxUID.is_deflated:
        assert CANARY.upper().encode() not in written.upper() and DATE.encode() not in written
    assert "ContentSequence" in after


def plant(dataset: Dataset) -> int:
    """A name and a date in every text, name, date and local code of the items; how many."""
    count = 0
    for item in dataset.get("ContentSequence") or []:
        match item.get("ValueType"):
            case "TEXT":
                item.TextValue = f"{item.TextValue} of {CANARY} on {DATE}"
            case "PNAME":
                item.PersonName = f"Other^{CANARY}"
            case "DATE":
                item.Date = DATE
            case "DATETIME":
                item.DateTime = f"{DATE}101112"
            case "CODE" if str(item.ConceptCodeSequence[0].get("CodingSchemeDesignator", "")).startswith("99"):
                item.ConceptCodeSequence[0].CodeValue = CANARY
            case _:
                count -= 1
        for name in item.get("ConceptNameCodeSequence") or []:
            name.CodeMeaning = f"{name.CodeMeaning} {CANARY}"
            count += 1
        count += 1 + plant(item)
    return count


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
@pytest.mark.parametrize("path", REPORTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_report_has_no_new_error_but_those_of_the_basic_profile(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    if b"1.2.840.10008.1.2.1.99" in data[:1000]:
        pytest.skip("dciodvfy does not inflate")
    basic = b"".join(engine("basic").apply(data).parts)
    before, after = errors(data, tmp_path), errors(cleaned(data), tmp_path)
    assert not after - before - errors(basic, tmp_path)


def errors(data: bytes, folder: Path) -> set[str]:
    """What dciodvfy calls an error, without values, UIDs and the numbers of items."""
    place = folder / "report.dcm"
    place.write_bytes(data)
    said = subprocess.run(["dciodvfy", "-new", str(place)], capture_output=True, text=True, check=False, errors="replace").stderr
    return {re.sub(r"<[^/][^>]*>", "<>", re.sub(r"\[\d+\]", "", line)) for line in said.splitlines() if line.startswith("Error")}
