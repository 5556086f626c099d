"""One run of `apply-profile` over the real files in ../shared/corpus, for the tests that compare what went in with what came out."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from deidrules import resources
from deidrules.cli.main import main

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
FILES = CORPUS / "files"
ABSENT = "needs ../shared/corpus, real files that are not part of the project"
LAYERS = "ps315/2026d"

BASIC: tuple[str, ...] = ("basic", "supplement")
CLEANED = ("clean-structured-content", "clean-descriptors", "clean-graphics", "clean-pixel-data")
RETAINED = ("retain-safe-private", "retain-institution-identity", "retain-patient-characteristics")
MODIFIED_DATES = "retain-longitudinal-modified-dates"
# The options of PS3.15 that go together, as many as can be. Device identity and modified dates ask for different things on 11 rows, full
# and modified dates on 169; `clean-recognizable-visual-features` only refuses. The first stack keeps the most, the second links the least.
STACKS: dict[str, tuple[str, ...]] = {
    "fullest with full dates": (*BASIC, *CLEANED, "retain-uids", "retain-device-identity", *RETAINED, "retain-longitudinal-full-dates"),
    "fullest with modified dates": (*BASIC, *CLEANED, *RETAINED, MODIFIED_DATES),
}
# How many of the files at least are written: modified dates refuse those whose dates are none
LEAST = {"fullest with modified dates": 350}
_PROFILE = """\
profile: {name}
version: 1.0.0
language: 1
recipes: [{recipes}, above.recipe]
policies:
  unlisted: K
  unmatched-pixels: quarantine
  unknown-sop-class: strictest
"""
# Clean Pixel Data is claimed where rules judged every frame: what stands in the pictures is the affair of other tests.
_ABOVE = """deidrules 1

pixels "nothing to blank, says this test" when exists Rows {
    clean
}
"""
# Dates move by what PatientID says, so an output whose dates are to move again needs one.
_PSEUDONYM = """
D PatientID = pseudonym(PatientID, length: 12, missing: "") override Z/D because "so that dates can move again"
"""


@dataclass(frozen=True)
class Run:
    """What a run left behind. `written`: source -> output."""

    out: Path
    book: Path
    written: dict[Path, Path]


def least(profile: str) -> int:
    """How many outputs a run of this profile has at least."""
    return LEAST.get(profile, 380)


def missing(stack: str) -> tuple[str, ...]:
    """Layers of a stack that are not shipped."""
    folder = resources.folder("profiles") / LAYERS
    return tuple(layer for layer in STACKS.get(stack, ()) if not (folder / f"{layer}.recipe").is_file())


def profile(stack: str, folder: Path) -> str:
    """What `apply-profile` is given: a shipped name as it is, a stack as a profile of its own in `folder`."""
    if stack not in STACKS:
        return stack
    name = stack.replace(" ", "-")
    place = folder / name
    place.mkdir(parents=True)
    recipes = ", ".join(f"{LAYERS}/{layer}" for layer in STACKS[stack])
    (place / "above.recipe").write_text(_ABOVE + _PSEUDONYM * (MODIFIED_DATES in STACKS[stack]), "utf-8")
    (place / "profile.yaml").write_text(_PROFILE.format(name=name, recipes=recipes), "utf-8")
    return str(place)


def apply(plan: str, sources: Sequence[Path], folder: Path, *options: str) -> Run:
    """Apply a profile to files and folders, into `folder`/out, the tree mirrored. AssertionError when nothing was run."""
    out, book = folder / "out", folder / "run"
    places = [str(path) for path in sources]
    result = CliRunner().invoke(
        main, ["apply-profile", plan, *places, "--output", str(out), "--run", str(book), "--layout", "mirror", *options]
    )
    assert result.exit_code in (0, 1), result.output
    with (book / "sources.csv").open(encoding="utf-8", newline="") as file:
        origin = {row["source"]: Path(row["path"]) for row in csv.DictReader(file)}
    audit = [json.loads(line) for line in (book / "audit.jsonl").read_text("utf-8").splitlines()]
    return Run(out, book, {origin[line["source"]]: out / line["output"] for line in audit if line["kind"] == "instance"})
