"""A profile for the devices that a planted set of ../shared/scorer calls known: python tests/make_scorer_profile.py DEVICES.csv FOLDER

The folder then holds `profile.yaml` and one recipe with a rule for each known device and size. Unknown devices get no rule: what they
wrote has to be kept back by `unmatched-pixels: quarantine`. Nothing of the answer key is read, only the list of devices."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

PROFILE = """\
profile: scorer-known-devices
version: 1.0.0
title: PS3.15 Basic Profile, pixels of the known devices cleaned
language: 1
recipes:
  - ps315/2026d/basic
  - ps315/2026d/supplement
  - ps315/2026d/clean-pixel-data
  - devices.recipe
policies:
  unlisted: K
  unmatched-pixels: quarantine
  unknown-sop-class: strictest
  malformed: quarantine
"""

HEAD = """\
deidrules 1

# Written by make_scorer_profile.py from the list of devices.

# Planes in bits that are not the image: X on (60xx,3000) takes those that are declared, this takes the rest as well. Samples of eight
# bits have no room for them, and a lossy JPEG of less than eight cannot be told from one with something in its highest bit.
pixels "bits beside the image" when BitsAllocated > 8 {
    strip high-bit-overlays
}
"""

BOX = ("x0", "y0", "x1", "y1")
DEVICE = ("manufacturer", "model", "rows", "columns")


def recipe(rows: Iterable[dict[str, str]]) -> str:
    """The recipe of the devices in `rows`, as csv.DictReader gives them. The boxes of devices.csv are half-open, as those of a recipe."""
    known = sorted((row for row in rows if row["known"] == "True"), key=lambda row: [row[name] for name in DEVICE])
    text = HEAD
    for (manufacturer, model, height, width), boxes in groupby(known, key=lambda row: tuple(row[name] for name in DEVICE)):
        drawn = "".join(f"    blank {','.join(box[name] for name in BOX)}\n" for box in boxes)
        text += (
            f'\npixels "{manufacturer} {model}, {width} x {height}"\n'
            f'    when Manufacturer = "{manufacturer}" and ManufacturerModelName = "{model}" and Rows = {height} and Columns = {width}\n'
            f"{{\n{drawn}}}\n"
        )
    return text


def write(devices: Path, folder: Path) -> None:
    """The profile of the known devices of `devices` in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with devices.open(newline="") as rows:
        (folder / "devices.recipe").write_text(recipe(csv.DictReader(rows)))
    (folder / "profile.yaml").write_text(PROFILE)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
