"""The case folders: recipes, a file as it arrives, the file as it leaves and what the audit says of it.

tests/cases/<name>/ holds `*.recipe` (layers in the order of their names), `policies.yaml` (when not `unlisted: X`), `before.json`, and
either `after.json` and `audit.json` or `refusal.json`. The notation is that of `case_data`. DEIDRULES_ACCEPT=1 rewrites what is expected:
read the difference before you keep it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import case_data
import pytest
import yaml

import deidrules
from deidrules.compile.compiler import compile_layers
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.plan.model import Plan, Policies
from deidrules.text.refusal import Refusal

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
KEY = bytes(range(32))
# The engine's markers and its item of the contributing equipment change with every plan and version: see test_engine_claims.py
MARKERS = ("PatientIdentityRemoved", "DeidentificationMethod", "LongitudinalTemporalInformationModified")


def plan_of(case: Path) -> Plan:
    settings = case / "policies.yaml"
    given = yaml.safe_load(settings.read_text("utf-8")) if settings.exists() else {}
    defaults = {"unlisted": "X", "unmatched_pixels": "accept", "unknown_sop_class": "strictest"}
    policies = Policies(**{**defaults, **{key.replace("-", "_"): value for key, value in given.items()}})
    layers = [(path.name, path.read_text("utf-8")) for path in sorted(case.glob("*.recipe"))]
    compilation = compile_layers(layers, policies)
    assert compilation.plan is not None, compilation.diagnostics
    return compilation.plan


def audit(result: Deidentified) -> list[str]:
    """Each outcome as a line: path, tag, VR, what happened, by which code and rule."""
    lines = []
    for one in result.outcomes:
        path = "".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})[{item}] / " for tag, item in one.path)
        lines.append(f"{path}({one.tag >> 16:04X},{one.tag & 0xFFFF:04X}) {one.vr} {one.change} {one.code} {one.origin}")
    return lines


def check(path: Path, found: Any) -> None:
    if os.environ.get("DEIDRULES_ACCEPT"):
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case(case: Path) -> None:
    before = case_data.file_bytes(json.loads((case / "before.json").read_text("utf-8")))
    engine = Engine(plan_of(case), KeyRing(KEY))
    try:
        result = engine.apply(before)
    except Refusal as refusal:
        check(case / "refusal.json", refusal.record())
        return
    assert not (case / "refusal.json").exists()
    written = b"".join(result.parts)
    after = case_data.file_data(written)
    for name in MARKERS:
        after.pop(name, None)
    ours = after["ContributingEquipmentSequence"].pop()
    assert ours["SoftwareVersions"] == deidrules.__version__
    if not after["ContributingEquipmentSequence"]:
        del after["ContributingEquipmentSequence"]
    meta = after.pop("_meta")
    assert meta.get("(0002,0003) UI") == (result.instance_uid or None)
    check(case / "after.json", after)
    check(case / "audit.json", audit(result))
    # what an engine remembers changes nothing: the same file again, twice, once by the layout's program
    for _ in range(3):
        again = engine.apply(before)
        assert b"".join(again.parts) == written
        assert (again.outcomes, again.outcomes_id) == (result.outcomes, result.outcomes_id)
