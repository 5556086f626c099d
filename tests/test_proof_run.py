"""The proof in a run: what is not as it has to be is never published, and the audit says what was proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import plans
import pytest
from compressed_objects import BLOCKS, CODED
from pixel_objects import dataset, file

from deidrules.dicom.part import joined
from deidrules.engine.keys import KeyRing
from deidrules.pixels import apply
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Plan, Policies
from deidrules.plan.pixels import Blank, Rectangle
from deidrules.run import directory, process
from deidrules.run.directory import apply_directory
from deidrules.run.sink import write_partial
from deidrules.run.summary import Summary

KEY = KeyRing(bytes(range(32)))
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
SCHEMA = Path(__file__).resolve().parents[1] / "grammar" / "audit.schema.json"
BOX = Rectangle(9, 4, 19, 14)


def plan(**policies: Any) -> Plan:
    conditions = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
    return plans.plan(policies=replace(LOOSE, **policies), conditions=conditions, pixels=(PixelRule("box", 0, (Blank(BOX),)),))


def fill(folder: Path) -> dict[str, bytes]:
    """Three images that the rule reaches, and one that it does not."""
    other = dataset(rows=24, columns=40)
    other.Modality = "CT"
    images = {
        "native": file(dataset(rows=24, columns=40, frames=2)),
        "rle": file(CODED["RLE"].object(CODED["RLE"].frames(2)), CODED["RLE"].uid),
        "jpeg": file(BLOCKS["JPEG"].object(BLOCKS["JPEG"].frames(2)), BLOCKS["JPEG"].uid),
        "other": file(other),
    }
    (folder / "in").mkdir(parents=True)
    for name, data in images.items():
        (folder / "in" / name).write_bytes(data)
    return images


def run(folder: Path, *, out: str = "out", **options: Any) -> Summary:
    chosen = options.pop("plan", plan())
    return apply_directory(folder / "in", folder / out, chosen, key=KEY, layout="mirror-names", run=folder / f"{out}.run", **options)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def audited(folder: Path, out: str = "out") -> dict[str, dict[str, Any]]:
    """The lines of instances and refusals by the name of their source; every line is as the schema says."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    names = dict(row.split(",") for row in (folder / f"{out}.run" / "sources.csv").read_text("utf-8").splitlines()[1:])
    found = {}
    for line in lines(folder / f"{out}.run" / "audit.jsonl"):
        assert not list(validator.iter_errors(line))
        if "source" in line:
            found[Path(names[line["source"]]).name] = line
    return found


def published(folder: Path, out: str = "out") -> set[str]:
    return {path.name.removesuffix(".dcm") for path in (folder / out).rglob("*") if path.is_file()}


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_changed_and_was_proven_is_called_verified(tmp_path: Path, dry_run: bool) -> None:
    fill(tmp_path)
    assert run(tmp_path, dry_run=dry_run).written == 4
    found = audited(tmp_path)
    assert {name: line.get("verified") for name, line in found.items()} == {"native": True, "rle": True, "jpeg": True, "other": None}
    assert "verified" not in found["other"]


def test_without_the_policy_nothing_is_read_back_and_the_audit_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)
    monkeypatch.setattr("deidrules.pixels.proof.proof.Proof.check", None)
    assert run(tmp_path, plan=plan(verify="off")).written == 4
    assert {name: line.get("verified") for name, line in audited(tmp_path).items()} == {
        "native": False,
        "rle": False,
        "jpeg": False,
        "other": None,
    }
    (header,) = [line for line in lines(tmp_path / "out.run" / "audit.jsonl") if line["kind"] == "run"]
    assert header["policies"]["verify"] == "off"


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("large", [0, 1 << 22])
def test_a_defect_of_the_painter_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int, dry_run: bool) -> None:
    fill(tmp_path)

    def lazy(instance: Any, facts: Any, work: Any) -> Any:
        """Forgets the last frame that it was to blank."""
        (span,) = work.frames
        return apply.redact(instance, facts, replace(work, frames=(replace(span, stop=span.stop - 1),)))

    monkeypatch.setattr("deidrules.engine.instance.redact", lazy)
    monkeypatch.setattr(directory, "Settings", lambda **settings: process.Settings(large_bytes=large, **settings))
    summary = run(tmp_path, dry_run=dry_run)
    assert (summary.written, summary.quarantined) == (1, 3)
    found = audited(tmp_path)
    for name in ("native", "rle", "jpeg"):
        assert (found[name]["kind"], found[name]["code"], found[name]["tag"]) == ("refused", "verify-mismatch", "(7FE0,0010)")
    assert [line["code"] for line in lines(tmp_path / "out.run" / "quarantine.jsonl")] == ["verify-mismatch"] * 3
    if not dry_run:
        assert published(tmp_path) == {"other"}


def damage(change: Callable[[bytearray], object]) -> Callable[..., None]:
    """A storage that changes what is written to it."""

    def written(folder: str, name: str, parts: Any) -> None:
        data = bytearray(joined(parts))
        change(data)
        write_partial(folder, name, (bytes(data),))

    return written


@pytest.mark.parametrize("large", [0, 1 << 22])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.__setitem__(-5, data[-5] ^ 1) or data.__setitem__(len(data) // 2, data[len(data) // 2] ^ 1),
        lambda data: data.__delitem__(slice(len(data) - 12, None)),
        lambda data: data.__delitem__(slice(0, None)),
        lambda data: data.extend(bytes(8)),
    ],
    ids=["bits", "cut", "empty", "longer"],
)
def test_a_storage_that_changes_bytes_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytearray], object], large: int
) -> None:
    fill(tmp_path)
    (tmp_path / "in" / "other").unlink()
    monkeypatch.setattr(process, "write_partial", damage(change))
    monkeypatch.setattr(directory, "Settings", lambda **settings: process.Settings(large_bytes=large, **settings))
    assert run(tmp_path).quarantined == 3
    assert {line["code"] for line in audited(tmp_path).values()} == {"verify-mismatch"}
    assert not published(tmp_path)


def test_a_defect_of_the_proof_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path)

    def check(proof: Any, written: Any) -> None:
        raise KeyError("SECRET")

    monkeypatch.setattr("deidrules.pixels.proof.proof.Proof.check", check)
    assert run(tmp_path).failed == 3
    assert published(tmp_path) == {"other"}
    assert "SECRET" not in (tmp_path / "out.run" / "audit.jsonl").read_text("utf-8")


def test_outputs_are_the_same_with_and_without_the_proof_but_for_their_plan(tmp_path: Path) -> None:
    """The proof changes no byte: two plans of one fingerprint length differ in nothing but the digits of it."""
    fill(tmp_path)
    run(tmp_path, out="on")
    run(tmp_path, out="off", plan=plan(verify="off"))
    for name in published(tmp_path, "on"):
        one, other = ((tmp_path / out / name).read_bytes() for out in ("on", "off"))
        assert len(one) == len(other)
        differing = [at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
        assert differing[-1] - differing[0] < 64
