"""Real files under the Basic Profile: what their IODs ask for and they had is still there. Types come from the wheel's own tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from oracle_data import MULTI_TEXT, SINGLE_TEXT, Item, Value, read
from oracle_run import KEYS
from oracle_types import Types, keywords
from pydicom.datadict import keyword_for_tag

from deidrules.compile.compiler import compile_profile
from deidrules.engine.instance import Engine
from deidrules.engine.outcome import Outcome
from deidrules.engine.outcome import Path as Place
from deidrules.text.refusal import Refusal

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus" / "files"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not beside the repository (../shared/corpus)"),
]

# (what it is, where it stands) -> why it may be gone
PLAIN_X = "X in Table E.1-1, which the shipped recipe follows, and X always removes (rule 12)"
PLANE = "an overlay goes whole (rule 16): (60xx,3000) is X in Table E.1-1, and a plane without its description is none"
EXCEPTIONS = {
    ("ReasonForRequestedProcedureCodeSequence", ("HangingProtocolDefinitionSequence",)): PLAIN_X,  # Type 2 of the Hanging Protocol IOD
    ("ResponsiblePerson", ()): PLAIN_X,  # Type 2C of the Patient module, of animals
    **{(f"Overlay{word}", ()): PLANE for word in ("BitPosition", "BitsAllocated", "Columns", "Data", "Origin", "Rows", "Type")},
}


@dataclass
class Losses:
    """What one file lost of what its IOD asks for. `asked` counts what was looked at, by Type."""

    types: Types
    changes: dict[tuple[Place, int], Outcome]
    asked: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def compare(self, before: Item, after: Item, chain: tuple[tuple[int, str | None], ...], place: Place) -> None:
        """One data set and what is in it. Of a sequence reduced to one item, that item holds what is always asked for."""
        path = keywords(chain)
        for value in before.values.values():
            name = "" if value.tag >> 16 & 1 else keyword_for_tag(value.tag)
            if path is None or not name:
                continue
            type_ = self.types.written(path, name)
            left = after.values.get(value.tag)
            if (type_ in ("1", "1C") and filled(value)) or type_ in ("2", "2C"):
                self.asked[type_] += 1
                if left is None or (type_[0] == "1" and not filled(left)):
                    self.lost.append((name, path))
            if not value.items or left is None or not left.items:
                continue
            below = (*chain, (value.tag, None))
            if self.changes[place, value.tag].change == "reduced":
                (item,) = left.items
                assert set(item.values) == set(self.types.item(below)), (name, path)
                continue
            for number, (one, other) in enumerate(zip(value.items, left.items, strict=True), start=1):
                self.compare(one, other, below, (*place, (value.tag, number)))


def filled(value: Value) -> bool:
    """True when it has a value; zeros of numbers and bytes are one."""
    if value.items is not None:
        return bool(value.items)
    return bool(value.raw.strip(b" \0") if value.vr in (*SINGLE_TEXT, *MULTI_TEXT) else value.raw)


def test_no_type_1_value_and_no_type_2_attribute_that_was_there_is_lost() -> None:
    plan = compile_profile("ps315-basic").plan
    assert plan is not None
    engine = Engine(plan, KEYS)
    asked: Counter[str] = Counter()
    classes: set[str] = set()
    met: set[tuple[str, tuple[str, ...]]] = set()
    problems: list[str] = []
    for source in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        data = source.read_bytes()
        try:
            result = engine.apply(data)
        except Refusal:
            continue
        before, after = read(data)[0], read(b"".join(result.parts))[0]
        losses = Losses(Types(result.sop_class), {(outcome.path, outcome.tag): outcome for outcome in result.outcomes})
        losses.compare(before, after, (), ())
        asked += losses.asked
        classes.add(result.sop_class)
        met.update(loss for loss in losses.lost if loss in EXCEPTIONS)
        problems += [f"{source.name}: {name} in {path}" for name, path in losses.lost if (name, path) not in EXCEPTIONS]
    assert not problems, problems[:20]
    assert met == set(EXCEPTIONS), "an exception that no file needs"
    assert len(classes) >= 40
    assert asked["1"] > 10_000 and asked["2"] > 2_000 and asked["1C"] > 4_000 and asked["2C"] > 100, asked
