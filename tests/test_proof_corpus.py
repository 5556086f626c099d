"""The proof over every image of the shared corpus that can be decoded: no honest output is called wrong."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from test_pixels_corpus import CORPUS, LOOSE, addressed

from deidrules.compile.compiler import compile_text
from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels.facts import read_facts
from deidrules.text.refusal import Refusal

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (CORPUS / "index.csv").is_file(), reason="the shared corpus of real files is not beside this checkout"),
]

STRIPS = {"high bits": "strip high-bit-overlays", "overlays": "blank everything overlay *"}


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
            statements = {name: rule[0] for name, rule in addressed(read_facts(read(data))).items()}
        except Refusal as refusal:
            found[refusal.code] += 1
            continue
        for name, statement in {**statements, **STRIPS}.items():
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
                    wrong.append((row["path"], name, row["TransferSyntaxUID"], refusal.record()))
    print(found)
    assert not wrong
    assert found["proven"] > 800, found
