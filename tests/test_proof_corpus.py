"""The proof over every image of the shared corpus that can be decoded: no honest output is called wrong."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from deidrules.compile.compiler import compile_text
from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.facts import PixelFacts, read_facts
from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]


def statements(facts: PixelFacts) -> list[str]:
    """Rules that the image has room for."""
    left, top = facts.columns // 4 & ~1, facts.rows // 4
    right, bottom = min(facts.columns, max(left + 2, facts.columns * 2 // 3 & ~1)), max(top + 1, facts.rows * 2 // 3)
    box = f"{left},{top},{right},{bottom}"
    found = [f"blank {box}", f"blank {box} frames 1", f"blank outside {box}", "strip high-bit-overlays", "blank everything overlay *"]
    return [*found, "blank outside ultrasound-regions"] if facts.regions else found


def engine(statement: str) -> Engine:
    compilation = compile_text(f'deidrules 1\npixels "r" when exists Rows {{ {statement} }}\n', policies=LOOSE)
    assert compilation.plan is not None, compilation.diagnostics
    return Engine(compilation.plan, KeyRing(bytes(range(32))))


def test_no_honest_output_of_the_corpus_is_a_mismatch() -> None:
    with (CORPUS / "index.csv").open() as rows:
        files = [row for row in csv.DictReader(rows) if row["decodes"] == "yes" and row["path"].startswith("files/")]
    found: Counter[str] = Counter()
    wrong = []
    for row in files:
        data = (CORPUS / row["path"]).read_bytes()
        try:
            asked = statements(read_facts(read(data)))
        except Refusal as refusal:
            found[refusal.code] += 1
            continue
        for statement in asked:
            try:
                done = engine(statement).apply(data)
                if done.proof is None:
                    found["nothing changed"] += 1
                    continue
                done.proof.check(joined(done.parts))
                found["proven"] += 1
            except Refusal as refusal:
                found[refusal.code] += 1
                if refusal.code == "verify-mismatch":
                    wrong.append((row["path"], statement, row["TransferSyntaxUID"], refusal.record()))
    print(found)
    assert not wrong
    assert found["proven"] > 800, found
