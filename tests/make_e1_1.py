"""Write deidrules/lint/data/e1_1.txt from the table of PS3.15 E.1-1. Run: python tests/make_e1_1.py ../shared/data/e1_1.csv

The file is committed; a test compares it with the table cell by cell.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
DATA = Path(__file__).resolve().parents[1] / "deidrules" / "lint" / "data" / "e1_1.txt"
OPTIONS = (
    *("rtn_safe_priv", "rtn_uids", "rtn_dev_id", "rtn_inst_id", "rtn_pat_chars", "rtn_long_full_dates", "rtn_long_modif_dates"),
    *("clean_desc", "clean_struct_cont", "clean_graph"),
)
HEADER = """\
# Table E.1-1, DICOM PS3.15 2026d, (c) NEMA. Written by tests/make_e1_1.py.
# A row: tag, Basic Profile, the ten options in the order of the table (. for none), retired and in a standard composite IOD (Y or N), name.
"""


def lines(table: Path) -> list[str]:
    """The rows in the order of the table, the name without zero-width spaces and references to notes."""
    out = []
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            options = "".join(row[column] or "." for column in OPTIONS)
            name = row["name"].replace("\u200b", "").partition(" (see Note")[0].strip()
            out.append("\t".join((row["tag"], row["basic"], options, row["retired"] + row["in_std_comp_iod"], name)))
    return out


def main() -> None:
    """Write the file."""
    table = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    DATA.write_text(HEADER + "".join(f"{line}\n" for line in lines(table)), encoding="utf-8")


if __name__ == "__main__":
    main()
