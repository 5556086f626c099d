"""Write profiles/ps315/2026d/basic.recipe from the table of PS3.15 E.1-1. Run: python tests/make_ps315.py ../shared/data/e1_1.csv

The recipe is committed; this script says where each of its lines comes from, and a test compares the two row by row.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
RECIPE = Path(__file__).resolve().parents[1] / "profiles" / "ps315" / "2026d" / "basic.recipe"
PRIVATE_ROW = "(gggg,eeee) where gggg is odd"
CODES = ("X", "Z", "D", "U", "X/Z", "X/D", "X/Z/D", "Z/D", "X/Z/U")
ENGINE_OWN = {
    "(0000,1000)": "command elements have no place in a file: the engine drops group 0000",
    "(0000,1001)": "likewise",
    "(0002,0003)": "the engine rebuilds group 0002; it follows the new SOP Instance UID",
    "(0004,1511)": "a DICOMDIR is not copied, and group 0004 has no place elsewhere",
    "(FFFC,FFFC)": "the engine drops trailing padding",
}
STRONGER_THAN_X = frozenset({"(0008,0201)", "(0070,0082)", "(0070,0083)"})

HEADER = """\
deidrules 1

# Basic Application Level Confidentiality Profile, Table E.1-1.
# DICOM PS3.15 2026d, (c) NEMA
#
# {rows} rows of the table, one rule each, but for five that are the engine's own work and take no rule:
{engine}
#
# Three rows are X in the table and Type 1 somewhere: (0008,0201), (0070,0082) and (0070,0083) are X/D here, so that the object keeps
# what its IOD asks for (PS3.15 E.1.1: the integrity of the IOD is the de-identifier's affair). X/Z/U* of the table is written X/Z/U.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: selector and code as the recipe spells them, name without zero-width spaces and notes."""

    selector: str
    code: str
    name: str


def rows(table: Path) -> list[Row]:
    """Every row of the table, in its order."""
    out = []
    with table.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name = line["name"].replace("\u200b", "").partition(" (see Note")[0].strip()
            selector = "private" if line["tag"] == PRIVATE_ROW else line["tag"]
            code = "X/D" if selector in STRONGER_THAN_X else line["basic"].rstrip("*")
            out.append(Row(selector, code, name))
    return out


def recipe(table: Iterable[Row]) -> str:
    """The recipe, grouped by code, each group sorted by tag, classes last."""
    every = list(table)
    own = sorted((row for row in every if row.selector in ENGINE_OWN), key=lambda row: row.selector)
    lines = "\n".join(f"#   {row.selector} {row.name}, {row.code}: {ENGINE_OWN[row.selector]}" for row in own)
    parts = [HEADER.format(rows=len(every), engine=lines)]
    for code in CODES:
        group = sorted(
            (row for row in every if row.code == code and row not in own), key=lambda row: (row.selector[0] != "(", row.selector)
        )
        parts.append("\n".join(f"{row.code} {row.selector:11}  # {row.name}" for row in group) + "\n")
    return "\n".join(parts)


def main() -> None:
    """Write the recipe."""
    table = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    RECIPE.write_text(recipe(rows(table)), encoding="utf-8")


if __name__ == "__main__":
    main()
