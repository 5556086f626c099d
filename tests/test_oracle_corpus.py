"""Real files under the Basic Profile: engine against oracle, element by element."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from oracle import Oracle, Refused
from oracle_data import read
from oracle_run import KEYS, compare

from deidrules.compile.compiler import compile_profile
from deidrules.engine.instance import Engine
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus" / "files"


PIXEL_DATA = 0x7FE00010


@pytest.mark.long
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not beside the repository (../shared/corpus)")
def test_engine_and_oracle_agree_on_every_real_file_under_the_basic_profile():
    compilation = compile_profile("ps315-basic")
    assert compilation.plan is not None, compilation.diagnostics
    oracle = Oracle([layer.recipe for layer in compilation.layers], compilation.plan.policies, KEYS)
    engine = Engine(compilation.plan, KEYS)
    words: Counter[str] = Counter()
    differing: list[str] = []
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        data = path.read_bytes()
        try:
            result = engine.apply(data)
        except Refusal as refusal:
            words[f"refused {refusal.code}"] += 1
            continue
        try:
            expected = oracle.apply(*read(data))
        except Refused as refused:
            differing.append(f"{path.name}: the oracle refuses {refused.reason}, the engine does not")
            continue
        observed, _ = read(b"".join(result.parts))
        pixels = expected.get(PIXEL_DATA)
        if isinstance(pixels, bytes) and "excess-pixel-bytes" in dict(result.dropped):
            # what lies behind the last sample is left behind and said to be
            expected[PIXEL_DATA] = pixels[: len(observed.values[PIXEL_DATA].raw)]
        if {"jpeg-metadata", "jpeg-2000-metadata", "jpeg-xl-metadata", "excess-frame-bytes"} & dict(result.dropped).keys():
            # tests/test_container_corpus.py shows that the image is the same
            expected[PIXEL_DATA] = observed.values[PIXEL_DATA].raw
        differences = compare(expected, observed, top=True)
        words["written"] += 1
        differing += [f"{path.name}: {line}" for line in differences[:5]]
    print(dict(words))
    assert not differing, f"{len(differing)} differences\n" + "\n".join(differing[:30])
    assert words["written"] >= 380
