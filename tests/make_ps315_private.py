"""Write profiles/ps315/2026d/retain-safe-private.recipe from Table E.3.10-1.

Run: python tests/make_ps315_private.py ../shared/data/e3_10_1_safe_private.csv. The recipe is committed; a test compares the two.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.text.source import Source

TABLE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e3_10_1_safe_private.csv"
RECIPE = Path(__file__).resolve().parents[1] / "profiles" / "ps315" / "2026d" / "retain-safe-private.recipe"

HEADER = """\
deidrules 1
layer option 113111 may weaken "ps315/2026d/basic", "ps315/2026d/supplement"

# Retain Safe Private Option, PS3.15 E.3.10, code 113111.
# DICOM PS3.15 2026d, (c) NEMA
#
# The column "Rtn. Safe Priv." of Table E.1-1 has one cell: private attributes, C. The rest of this layer says what that means: which
# private elements are known to be safe. All others go by the rule on `private` of the layer this one weakens.
#
# First, what the object itself declares safe in Private Data Element Characteristics Sequence (PS3.3 C.12.1.1.7). The sequence stays
# as far as it names blocks that stay, the engine takes out the rest; names and descriptions in it follow the other layers.

C declared-safe
K PrivateDataElementCharacteristicsSequence
K PrivateDataElementCharacteristicsSequence / PrivateGroupReference
K PrivateDataElementCharacteristicsSequence / PrivateCreatorReference
K PrivateDataElementCharacteristicsSequence / BlockIdentifyingInformationStatus
K PrivateDataElementCharacteristicsSequence / NonidentifyingPrivateElements
K PrivateDataElementCharacteristicsSequence / DeidentificationActionSequence
K DeidentificationActionSequence / IdentifyingPrivateElements
K DeidentificationActionSequence / DeidentificationAction
K PrivateDataElementCharacteristicsSequence / PrivateDataElementDefinitionSequence
K PrivateDataElementDefinitionSequence / PrivateDataElement
K PrivateDataElementDefinitionSequence / PrivateDataElementValueMultiplicity
K PrivateDataElementDefinitionSequence / PrivateDataElementValueRepresentation
K PrivateDataElementDefinitionSequence / PrivateDataElementNumberOfItems

# Then the {rows} rows of Table E.3.10-1, each found by its creator wherever its block lies. `as` has the VR of the table, for files
# that do not say it (implicit VR, UN); else the file's own counts. A sequence shows itself by its items, {without} rows have no VR.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: selector and VR as the recipe spells them ("" for none and for sequences)."""

    selector: str
    vr: str
    meaning: str
    stated_vr: str


def rows(table: Path) -> list[Row]:
    """Every row of the table, in its order."""
    out = []
    with table.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            group, low = line["tag"][1:5].upper(), line["tag"][8:10].upper()
            creator = line["private_creator"].replace('"', '""')
            vr = line["vr"].partition("/")[0]
            out.append(Row(f'({group},"{creator}",{low})', "" if vr == "SQ" else vr, line["meaning"].strip(), line["vr"]))
    return out


def recipe(table: Iterable[Row]) -> str:
    """The recipe, by creator and element."""
    every = sorted(table, key=lambda row: (row.selector[7:].partition('"')[0].casefold(), row.selector))
    lines = [f"C {row.selector}{f' as {row.vr}' if row.vr else ''}  # {row.meaning}".rstrip(" #") for row in every]
    text = HEADER.format(rows=len(every), without=sum(not row.stated_vr for row in every)) + "\n".join(lines) + "\n"
    parsed, problems = parse(Source("retain-safe-private", text))
    assert parsed is not None and not problems, problems
    return format_recipe(parsed)


def main() -> None:
    """Write the recipe."""
    RECIPE.write_text(recipe(rows(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE)), encoding="utf-8")


if __name__ == "__main__":
    main()
