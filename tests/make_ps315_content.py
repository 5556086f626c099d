"""Write the rows of PS3.15 Table E.3.4-1 (content items of structured reports) into the layers of profiles/ps315/2026d.

    python tests/make_ps315_content.py [FOLDER]          FOLDER: where the layers are, profiles/ps315/2026d of this checkout unless given

The table has 214 rows, each with a code for the Basic Profile and cells for seven options. The codes of the Basic Profile go into the
layer of the Clean Structured Content Option (without it Content Sequence is a dummy, and nothing in it is left to judge), together with
what this project decides about content items that no row names (`FALLBACK` below). The cells of each other option go into that option's
layer.

In a layer the rows stand between two marker lines, BEGIN and END, behind everything else. What stands between them is replaced; a layer
without them gets them at its end; everything else of the file stays as it is. A layer that does not exist is left out, but for
clean-structured-content, which is then written whole. Running it twice changes nothing the second time, so it runs whenever a layer was
written anew. Rows of Modified Dates take the expressions which that layer writes for the attributes Date, Time and DateTime ((0040,A121),
(0040,A122), (0040,A120)); a layer without such rules is refused.

`content_rows(option)` gives the text of a block; the table is ../shared/data/e3_4_1_sr_content_items.csv. Each SNOMED CT concept is also
recognised by its retired SNOMED-RT style code under the designators SRT, SNM3 and 99SDM (PS3.15 E.3.4 note 3, PS3.16 Annex O, as pydicom
carries it); NCDR with and without the version that the table writes behind it.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from pydicom.sr._snomed_dict import mapping

from deidrules.language import ast
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.language.spell import expression
from deidrules.text.source import Source

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT.parent / "shared" / "data" / "e3_4_1_sr_content_items.csv"
FOLDER = ROOT / "profiles" / "ps315" / "2026d"
CLEAN = "clean-structured-content"
BEGIN = "# ---- Table E.3.4-1, content items: begin (tests/make_ps315_content.py)"
END = "# ---- Table E.3.4-1, content items: end"
LIMIT = 108

# layer -> column of the table
COLUMNS = {
    CLEAN: "basic",
    "clean-descriptors": "clean_desc",
    "retain-uids": "rtn_uids",
    "retain-device-identity": "rtn_dev_id",
    "retain-institution-identity": "rtn_inst_id",
    "retain-patient-characteristics": "rtn_pat_chars",
    "retain-longitudinal-full-dates": "rtn_long_full_dates",
    "retain-longitudinal-modified-dates": "rtn_long_modif_dates",
}
DATES = ("retain-longitudinal-full-dates", "retain-longitudinal-modified-dates")
ATTRIBUTES = {"DATE": ("0040", "A121"), "TIME": ("0040", "A122"), "DATETIME": ("0040", "A120")}
REFERENCES = ("UIDREF", "IMAGE", "COMPOSITE", "WAVEFORM")
RETIRED = ("SRT", "SNM3", "99SDM")

# Coding schemes of PS3.16 Table 8-1, 2026d: public vocabularies, whose codes say what and not who. Left out: NPI (a code is a physician),
# ISO_OID (a code can be anything, a hospital too), ISO3166_1 (a country; the attribute of the same meaning is X in Table E.1-1).
SCHEMES = tuple(
    word
    for line in (
        "ACR ASTM-sigpurpose BARI BI C4 C5 caDSR CD2 CTV3 DC DCM DCMUID FMA HPC I10 I10C I10P I11 I9 I9C ICDO3 IBSI IETF4646 ISO639_1",
        "ISO639_2 ISO5218_1 ITIS_TSN LN MA MAYOASRG MDC MDNS MGI MSH NBD NBG NCDR NCIt NDC NEU NICIP NYUMCCG PATHLEX POS PUBCHEM_CID",
        "RADLEX RADELEMENT RFC3066 RFC-3881 RFC5646 RO RRID RXNORM 99SDM SCPECG SNM3 SCT SRT UBERON UCUM UMLS UNS UPC",
    )
    for word in line.split()
)

HEADER = """\
deidrules 1
layer option 113104 may weaken "ps315/2026d/basic", "ps315/2026d/supplement"

# Clean Structured Content Option, PS3.15 E.3.4.
# DICOM PS3.15 2026d, (c) NEMA
#
# C on a sequence keeps it, and every element in its items is judged by the rules of all layers.

# Table E.1-1: 4 cells C

C (0040,0555)  # Acquisition Context Sequence
C (0040,0610)  # Specimen Preparation Sequence
C (0040,A730)  # Content Sequence
C (0040,B020)  # Waveform Annotation Sequence
"""

ABOUT = """\
# {rows} rows, by the column of the Basic Profile. X takes the content item with everything in it. D and X/D leave a dummy: whether an
# item is mandatory says its template, which no object has to name, so X/D is D wherever the item stands.
#
# D of an item that refers to something (UIDREF, IMAGE, COMPOSITE, WAVEFORM) is written U: the dummy of a UID is the UID that takes its
# place everywhere, so the evidence of a report, its images and the other objects of the same run still refer to each other. X/D of
# such an item is U likewise.
#
# Concepts of SNOMED CT are recognised by their retired codes too: designators SRT, SNM3 and 99SDM.
"""

FALLBACK = """\
# What no row names is judged by its Value Type. More than a dummy stays only of what cannot say who or when by its type:
#
#   TEXT       C: cleaned of words that identify; findings are what a report is kept for. Where it says the context of an observation
#              (who observes, of whom, for whom) D; but Tracking Identifier, which names a finding: C
#   PNAME      D: as Person Name in Table E.1-1; the item stays, for who observed what may be mandatory in a template
#   DATE, TIME, DATETIME  D: as Date, Time and DateTime in Table E.1-1; the options on dates keep or shift them by these attributes
#   UIDREF     U: as UID in Table E.1-1
#   IMAGE, COMPOSITE, WAVEFORM  K: the reference stays, its UIDs are judged by their own rules: replaced, or kept with Retain UIDs
#   CODE       K: of a public coding scheme (PS3.16 Table 8-1); X of any other: a local code and its meaning may be a ward or a person.
#              Public but X all the same: NPI, whose codes are physicians, ISO_OID, ISO3166_1
#   NUM        K: a measurement; what it is of stands in a code
#   SCOORD, SCOORD3D, TCOORD  K: places in an image; UIDs and dates that go with them are judged by their own rules
#   CONTAINER  K: a heading; what is in it is judged item by item
#   all else   X: a type that this edition does not know, or none: nobody can say what the item holds

C content TEXT
when here / RelationshipType = "HAS OBS CONTEXT" {{
    D content TEXT except content "DCM:112039" TEXT
}}
D content PNAME, content DATE, content TIME, content DATETIME
U content UIDREF
K content IMAGE, content COMPOSITE, content WAVEFORM, content CODE, content NUM, content SCOORD, content SCOORD3D,
  content TCOORD, content CONTAINER
X content except content TEXT, content PNAME, content DATE, content TIME, content DATETIME, content UIDREF, content IMAGE,
  content COMPOSITE, content WAVEFORM, content CODE, content NUM, content SCOORD, content SCOORD3D, content TCOORD,
  content CONTAINER

when not all here / ConceptCodeSequence / CodingSchemeDesignator in [{schemes}] {{
    X content CODE
}}

# The name of an item may be of a local scheme: it says what was observed, not of whom. The meaning of a code is a text that anybody may
# have written: its words stay, those that identify go, and so do other codes for the same.
C ConceptNameCodeSequence / CodeMeaning, ConceptCodeSequence / CodeMeaning
X ConceptNameCodeSequence / EquivalentCodeSequence, ConceptCodeSequence / EquivalentCodeSequence

# Where a code stands beside others, in no content item, or in one that a later layer keeps: one that is not public says nothing.
when not here / CodingSchemeDesignator in [{schemes}] {{
    D ConceptCodeSequence / CodeValue, ConceptCodeSequence / CodeMeaning
    X ConceptCodeSequence / LongCodeValue, ConceptCodeSequence / URNCodeValue
}}

# What holds the items together, and what their values consist of, stays where no other rule speaks of it, whatever the policy `unlisted`.
set code = CodeValue, LongCodeValue, URNCodeValue, CodingSchemeDesignator, CodingSchemeVersion
K SpecimenPreparationStepContentItemSequence, RelationshipType, ValueType, ConceptNameCodeSequence, ContentTemplateSequence,
  ReferencedContentItemIdentifier, NumericValueQualifierCodeSequence otherwise
K ConceptNameCodeSequence / code, ConceptCodeSequence / code, MeasurementUnitsCodeSequence / code,
  NumericValueQualifierCodeSequence / code, ContentTemplateSequence / MappingResource,
  ContentTemplateSequence / TemplateIdentifier otherwise
K MeasuredValueSequence / NumericValue, MeasuredValueSequence / FloatingPointValue, MeasuredValueSequence / MeasurementUnitsCodeSequence,
  ReferencedSOPSequence / ReferencedSOPClassUID otherwise
"""

DATES_ABOUT = """\
# {rows} cells {code}. Subject Birth Date has no cell: Date (0040,A121) above would reach it, so its X stands here again.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: meaning, concepts as selectors name them, value type, code of the Basic Profile, cells by column."""

    meaning: str
    concepts: tuple[str, ...]
    value_type: str
    cells: dict[str, str]

    @property
    def selectors(self) -> str:
        """The selectors of a rule."""
        return ", ".join(f'content "{concept}" {self.value_type}' for concept in self.concepts)


def rows(table: Path = TABLE) -> list[Row]:
    """Every row of the table, in its order."""
    with table.open(encoding="utf-8", newline="") as file:
        return [
            Row(line["code_meaning"], _concepts(line["scheme"], line["code_value"]), line["value_type"], dict(line))
            for line in csv.DictReader(file)
        ]


def _concepts(scheme: str, code: str) -> tuple[str, ...]:
    """The concept as objects hold it, the retired codes for the same behind it."""
    if scheme == "SCT":
        old = mapping["SCT"].get(code, "")
        return (f"SCT:{code}", *(f"{designator}:{old}" for designator in RETIRED if old))
    if scheme.startswith("NCDR"):
        return (f"NCDR:{code}", f"{scheme}:{code}")
    return (f"{scheme}:{code}",)


def code_of(row: Row, layer: str) -> str:
    """The code that a row has in a layer; "" where the cell is empty."""
    cell = row.cells[COLUMNS[layer]]
    if layer != CLEAN:
        return cell
    return "U" if row.value_type in REFERENCES and cell in ("D", "X/D") else "D" if cell == "X/D" else cell


def content_rows(option: str, expressions: dict[str, str] | None = None, table: Path = TABLE) -> str:
    """The rules of a layer's block, formatted, without the markers. `expressions`: for Modified Dates, what stands behind `C … =` by value
    type (DATE, TIME, DATETIME)."""
    every = rows(table)
    mine = [(row, code) for row in every if (code := code_of(row, option))]
    text = ""
    if option == CLEAN:
        text += ABOUT.format(rows=len(mine)) + "\n"
    elif option in DATES:
        text += DATES_ABOUT.format(rows=len(mine), code=mine[0][1]) + "\n"
    else:
        text += f"# {len(mine)} cells, by code: {', '.join(sorted({code for _, code in mine}))}\n\n"
    for code in sorted({code for _, code in mine}, key="KXZDUC".index):
        for row in sorted((row for row, own in mine if own == code), key=lambda row: (row.value_type, row.concepts)):
            value = f" = {(expressions or {})[row.value_type]}" if option == DATES[1] else ""
            text += f"{code} {row.selectors}{value}  # {row.meaning}\n"
        text += "\n"
    if option == CLEAN:
        text += FALLBACK.format(schemes=", ".join(f'"{scheme}"' for scheme in SCHEMES))
    if option in DATES:
        for row in every:
            if row.value_type in ATTRIBUTES and not row.cells[COLUMNS[option]]:
                text += f"{row.cells['basic']} {row.selectors}  # {row.meaning}\n"
    return _formatted(text)


def _formatted(text: str) -> str:
    head = "deidrules 1\nparam window: days = 365 days\n\n" if "window" in text else "deidrules 1\n\n"
    recipe, problems = parse(Source("block", head + text))
    if recipe is None or problems:
        raise ValueError(f"the block is no recipe: {problems[0].message if problems else ''}")
    return format_recipe(recipe).split("\n\n", 1)[1].rstrip("\n") + "\n"


def date_expressions(text: str) -> dict[str, str]:
    """What a layer writes behind `C (0040,A121) =` and its like, by value type. ValueError when one of them is missing."""
    recipe, _ = parse(Source("layer", text))
    found: dict[str, str] = {}
    for statement in recipe.statements if recipe is not None else ():
        if not isinstance(statement, ast.Rule) or statement.value is None or statement.code != "C":
            continue
        for path in statement.selectors:
            for kind, (group, element) in ATTRIBUTES.items():
                if path == ast.Path(ast.TagMask(group, element)):
                    found[kind] = " ".join(expression(statement.value))
    if missing := set(ATTRIBUTES) - set(found):
        raise ValueError(f"the layer has no rule for {', '.join(sorted(missing))}")
    return found


def with_block(text: str, option: str) -> str:
    """A layer with its block at the end, or in the place of the one it has."""
    before, begin, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if begin else ""
    if begin and END not in rest:
        raise ValueError("the block of the layer has no end")
    bare = before.rstrip("\n") + after.rstrip("\n") + "\n"
    expressions = date_expressions(bare) if option == DATES[1] else None
    return f"{before.rstrip(chr(10))}\n\n{BEGIN}\n\n{content_rows(option, expressions)}\n{END}\n{after.lstrip(chr(10))}"


def main() -> None:
    """Write the blocks."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for option in COLUMNS:
        layer = folder / f"{option}.recipe"
        if not layer.is_file() and option != CLEAN:
            print(f"no layer {option}")
            continue
        text = layer.read_text(encoding="utf-8") if layer.is_file() else HEADER
        layer.write_text(with_block(text, option), encoding="utf-8")
        print(f"{option}: {sum(bool(code_of(row, option)) for row in rows())} rows")


if __name__ == "__main__":
    main()
