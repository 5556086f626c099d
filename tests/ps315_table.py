"""The rows of PS3.15 Table E.1-1 as the generator of the shipped layers reads them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
PRIVATE_ROW = "(gggg,eeee) where gggg is odd"
OPTIONS = (
    "rtn_safe_priv",
    "rtn_uids",
    "rtn_dev_id",
    "rtn_inst_id",
    "rtn_pat_chars",
    "rtn_long_full_dates",
    "rtn_long_modif_dates",
    "clean_desc",
    "clean_struct_cont",
    "clean_graph",
)
ENGINE_OWN = {
    "(0000,1000)": "command elements have no place in a file: the engine drops group 0000",
    "(0000,1001)": "likewise",
    "(0002,0003)": "the engine rebuilds group 0002; it follows the new SOP Instance UID",
    "(0004,1511)": "a DICOMDIR is not copied, and group 0004 has no place elsewhere",
    "(FFFC,FFFC)": "the engine drops trailing padding",
}
STRONGER_THAN_X = frozenset({"(0008,0201)", "(0070,0082)", "(0070,0083)"})


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: selector and code as the recipe spells them, name without zero-width spaces and notes, the cells of the options
    by column, those that are empty left out."""

    selector: str
    code: str
    name: str
    cells: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[bool, str]:
        """By tag, classes last."""
        return self.selector[0] != "(", self.selector


def rows(table: Path = TABLE) -> list[Row]:
    """Every row of the table, in its order."""
    out = []
    with table.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name = line["name"].replace("\u200b", "").partition(" (see Note")[0].strip()
            selector = "private" if line["tag"] == PRIVATE_ROW else line["tag"]
            code = "X/D" if selector in STRONGER_THAN_X else line["basic"].rstrip("*")
            out.append(Row(selector, code, name, {option: line[option] for option in OPTIONS if line[option]}))
    return out
