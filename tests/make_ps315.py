"""Write the recipes of profiles/ps315/2026d/ that stand in PS3.15 Table E.1-1: the Basic Profile and its options.

Run: python tests/make_ps315.py ../shared/data/e1_1.csv

The recipes are committed; this script says where each of their lines comes from, and tests compare the two. The layers without a column
in the table (clean-pixel-data, clean-recognizable-visual-features, supplement) are written by hand. retain-safe-private has one cell
here, which the rows of Table E.3.10-1 spell out: make_ps315_private.py writes it. make_ps315_content.py appends the content items of
Table E.3.4-1 to the others, so it runs after this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import ps315_layers
from ps315_table import ENGINE_OWN, TABLE, Row, rows

FOLDER = Path(__file__).resolve().parents[1] / "profiles" / "ps315" / "2026d"
RECIPE = FOLDER / "basic.recipe"
PRIVATE = "retain-safe-private"
CODES = ("X", "Z", "D", "U", "X/Z", "X/D", "X/Z/D", "Z/D", "X/Z/U")
__all__ = ["ENGINE_OWN", "FOLDER", "RECIPE", "TABLE", "Row", "files", "recipe", "rows"]

HEADER = """\
deidrules 1
layer option 113100

# Basic Application Level Confidentiality Profile, Table E.1-1.
# DICOM PS3.15 2026d, (c) NEMA
#
# {rows} rows of the table, one rule each, but for five that are the engine's own work and take no rule:
{engine}
#
# Three rows are X in the table and Type 1 somewhere: (0008,0201), (0070,0082) and (0070,0083) are X/D here, so that the object keeps
# what its IOD asks for (PS3.15 E.1.1: the integrity of the IOD is the de-identifier's affair). X/Z/U* of the table is written X/Z/U.
"""


def recipe(table: Iterable[Row]) -> str:
    """The Basic Profile, grouped by code, each group sorted by tag, classes last."""
    every = list(table)
    own = sorted((row for row in every if row.selector in ENGINE_OWN), key=lambda row: row.selector)
    lines = "\n".join(f"#   {row.selector} {row.name}, {row.code}: {ENGINE_OWN[row.selector]}" for row in own)
    parts = [HEADER.format(rows=len(every), engine=lines)]
    for code in CODES:
        group = sorted((row for row in every if row.code == code and row not in own), key=lambda row: row.order)
        parts.append("\n".join(f"{row.code} {row.selector:11}  # {row.name}" for row in group) + "\n")
    return "\n".join(parts)


def files(table: list[Row]) -> dict[str, str]:
    """The text of each file by its name."""
    options = {f"{option.name}.recipe": ps315_layers.recipe(option, table) for option in ps315_layers.OPTIONS if option.name != PRIVATE}
    return {"basic.recipe": recipe(table)} | options


def main() -> None:
    """Write the recipes."""
    for name, text in files(rows(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE)).items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
