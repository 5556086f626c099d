"""The planter and scorer of ../shared: text drawn into real files by made-up devices, some of which a profile knows."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import make_scorer_profile
import pytest

from deidrules import apply_directory, compile_profile

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
SCORER = SHARED / "scorer"
CHECKS = ("pixels_hidden", "pixels_outside_box_equal", "overlay_hidden", "icon_absent_or_clean")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (SCORER / "plant.py").is_file(), reason="the scorer is not beside this checkout"),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planted set with its key, of another seed than the development set's: the same devices, other people and texts."""
    folder = tmp_path_factory.mktemp("planted")
    with (SHARED / "corpus" / "index.csv").open() as rows:
        (folder / "sources.txt").write_text("\n".join(row["path"] for row in csv.DictReader(rows)) + "\n")
    command = [sys.executable, "plant.py", str(folder / "sources.txt"), str(folder / "data"), "--root", str(SHARED / "corpus")]
    command += ["--seed", "23", "--shapes", "dev", "--native-text", str(SHARED / "corpus" / "burned_in.csv")]
    made = subprocess.run([*command, "--count", "262", "--max-mb", "50"], cwd=SCORER, capture_output=True, text=True, timeout=300)
    if made.returncode:
        pytest.skip(f"the set cannot be planted here: {made.stderr.strip().splitlines()[-1:]}")
    return folder


def scored(planted: Path, out: Path, *, devices: Path) -> tuple[dict[str, Any], set[str]]:
    """The set through a profile of the devices that `devices` calls known, and through the scorer: its judgement, and the codes of
    refusals."""
    make_scorer_profile.write(devices, out / "profile")
    compiled = compile_profile(out / "profile")
    assert compiled.plan is not None and not compiled.diagnostics
    key = bytes(range(32))
    apply_directory(
        planted / "data", out / "out", compiled.plan, key=key, layout="mirror", run=out / "run", crosswalk=out / "crosswalk.csv"
    )
    command = [sys.executable, "score.py", str(planted / "data"), str(out / "out"), "--key", str(planted / "answer_key.jsonl")]
    command += ["--crosswalk", str(out / "crosswalk.csv"), "--options", "", "--json", str(out / "result.json"), "--failures", "0"]
    subprocess.run(command, cwd=SCORER, check=True, capture_output=True, timeout=300)
    refused = (out / "run" / "quarantine.jsonl").read_text().splitlines()
    return json.loads((out / "result.json").read_text()), {json.loads(line)["code"] for line in refused}


def by_device(planted: Path) -> dict[str, bool]:
    """Files into which a device drew, and whether it is a known one."""
    records = [json.loads(line) for line in (planted / "answer_key.jsonl").read_text().splitlines()]
    return {record["file"]: record["known"] for record in records if record["rec"] == "check" and record["check"] == "pixels_hidden"}


def test_all_that_known_devices_drew_is_gone_and_unknown_devices_stay_back(planted: Path, tmp_path: Path) -> None:
    result, codes = scored(planted, tmp_path, devices=planted / "devices.csv")
    drawn = by_device(planted)
    assert len([known for known in drawn.values() if known]) >= 15 and not all(drawn.values())
    assert [name for name, known in drawn.items() if known and name in result["missing"]] == []
    assert [name for name, known in drawn.items() if not known and name not in result["missing"]] == []
    for check in CHECKS:
        assert result["checks"][check].get("failed", 0) == 0, [one for one in result["failures"] if one["check"] == check]
        assert result["checks"][check]["passed"] > 0
    assert not {code for code in codes if code.startswith(("compressed", "rectangle", "unsupported", "label"))}


def test_all_that_any_device_drew_is_gone_when_every_device_is_known(planted: Path, tmp_path: Path) -> None:
    text = (planted / "devices.csv").read_text()
    assert "\nFalse," in text
    devices = tmp_path / "devices.csv"
    devices.write_text(text.replace("\nFalse,", "\nTrue,"))
    result, _ = scored(planted, tmp_path, devices=devices)
    assert [name for name in by_device(planted) if name in result["missing"]] == []
    assert result["checks"]["pixels_hidden"] == {"passed": result["checks"]["pixels_hidden"]["passed"]}
    for check in CHECKS:
        assert result["checks"][check].get("failed", 0) == 0, [one for one in result["failures"] if one["check"] == check]
