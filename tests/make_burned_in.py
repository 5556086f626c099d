"""A profile from ../shared/corpus/burned_in.csv: the boxes of text that somebody saw in real files, as rules of one recipe.

    python tests/make_burned_in.py FOLDER

A rule stands for a device, by modality, manufacturer, model, rows and columns, where the object names its device; else for one object by
its SOP Instance UID, rows and columns; else for what has neither. Boxes of all files that a rule stands for are blanked in each of them, in
every frame; boxes of kind `overlay` in the plane that the text names. Values of those files stand in the recipe, so it never enters the
project."""

from __future__ import annotations

import csv
import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pydicom

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
LIST = CORPUS / "burned_in.csv"
DEVICE = ("Modality", "Manufacturer", "ManufacturerModelName")
GEOMETRY = ("Rows", "Columns")
PROFILE = """\
profile: burned-in
version: 1.0.0
language: 1
recipes: [burned-in.recipe]
policies:
  unlisted: K
  unmatched-pixels: quarantine
  unknown-sop-class: strictest
"""
_GROUP = re.compile(r"\bgroup (60[01][0-9A-F])\b|\b(60[01][0-9A-F]),3000")


@dataclass(frozen=True, order=True)
class Box:
    """Columns x0 to x1 - 1 and rows y0 to y1 - 1 (some reach to the number of columns), of an overlay plane or, "", of the frames. The list
    was made by eye, to about three pixels."""

    y0: int
    x0: int
    y1: int
    x1: int
    overlay: str = ""

    @property
    def statement(self) -> str:
        return f"blank {self.x0},{self.y0},{self.x1},{self.y1}" + (f" overlay {self.overlay}" if self.overlay else "")


@dataclass
class Rule:
    """`given`: attributes that an object has; None: it has none. `boxes` of all of them."""

    given: tuple[tuple[str, str | int | None], ...]
    boxes: set[Box] = field(default_factory=set)
    files: list[Path] = field(default_factory=list)

    def text(self, number: int) -> str:
        conditions = " and ".join(f"not exists {word}" if value is None else f"{word} = {_spelled(value)}" for word, value in self.given)
        statements = "\n".join(f"    {box.statement}" for box in sorted(self.boxes, key=lambda box: (box.overlay, box)))
        return f'pixels "{number}: {self.files[0].name}" when {conditions} {{\n{statements}\n}}\n'


def _spelled(value: str | int) -> str:
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def seen() -> dict[Path, list[tuple[Box, str]]]:
    """The boxes of each file, and their kind: `phi`, `device` or `overlay`."""
    found: dict[Path, list[tuple[Box, str]]] = {}
    with LIST.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            groups = _GROUP.search(row["text"]) if row["kind"] == "overlay" else None
            overlay = (groups[1] or groups[2]) if groups else ""
            assert bool(overlay) == (row["kind"] == "overlay"), row
            box = Box(int(row["y0"]), int(row["x0"]), int(row["y1"]), int(row["x1"]), overlay)
            found.setdefault(CORPUS / row["path"], []).append((box, row["kind"]))
    return found


def rules(boxes: dict[Path, list[tuple[Box, str]]]) -> list[Rule]:
    """The rules for these files, in their order."""
    found: dict[tuple[tuple[str, str | int | None], ...], Rule] = {}
    for path, held in boxes.items():
        given = _matched_by(path)
        rule = found.setdefault(given, Rule(given))
        rule.boxes.update(box for box, _ in held)
        rule.files.append(path)
    return list(found.values())


def _matched_by(path: Path) -> tuple[tuple[str, str | int | None], ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        if all(dataset.get(word) for word in DEVICE):
            by: tuple[tuple[str, str | int | None], ...] = tuple((word, dataset.get(word)) for word in DEVICE)
        elif uid := dataset.get("SOPInstanceUID"):
            by = (("SOPInstanceUID", str(uid)),)
        else:
            by = (("SOPInstanceUID", None), ("Manufacturer", None))
        return (*by, *((word, dataset.get(word)) for word in GEOMETRY))


def recipe(found: Iterable[Rule]) -> str:
    """The recipe of these rules."""
    return "deidrules 1\n\n" + "\n".join(rule.text(number) for number, rule in enumerate(found, start=1))


def write(folder: Path) -> list[Rule]:
    """The profile, in a new folder; returns its rules."""
    found = rules(seen())
    folder.mkdir(parents=True)
    (folder / "profile.yaml").write_text(PROFILE, "utf-8")
    (folder / "burned-in.recipe").write_text(recipe(found), "utf-8")
    return found


if __name__ == "__main__":
    written = write(Path(sys.argv[1]))
    print(f"{len(written)} rules, {sum(len(rule.boxes) for rule in written)} boxes, {sum(len(rule.files) for rule in written)} files")
