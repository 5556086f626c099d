"""The option layers of PS3.15 as data: what the table's letters are in the language, where a cell is spelled otherwise, what each says of
itself. A layer's file is its head, its parameters, its SECTIONS and its tests; another table of the standard is another section, whose
text begins with a comment `# Table …`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ps315_layer_tests import TESTS
from ps315_table import ENGINE_OWN, Row

from deidrules.dicom import dictionary
from deidrules.language.format import format_recipe
from deidrules.language.parse import parse
from deidrules.text.source import Source

FOLDER = "ps315/2026d"
ATTRIBUTION = "DICOM PS3.15 2026d, (c) NEMA"
_WIDTH = 108  # characters of a comment line
_SR = "clean-structured-content"

SHIFT = "shift(per: PatientID, within: window)"
TIME = "time_of_day()"
AE = 'pseudonym(purpose: "AE", length: 12, missing: "")'
OFFSET = r'replace(pattern: "(?s)^(?:([+-](?:0[0-9]|1[0-4])[0-5][0-9])|.*)$", by: "\\1")'
REASON = r'replace(pattern: "(?s)^(?:(COERCE|CORRECT)|.*)$", by: "\\1")'


@dataclass(frozen=True, slots=True)
class Option:
    """A layer: file name, code of CID 7050, column of the table, section and title in PS3.15, the earlier options whose rules it may
    weaken besides the Basic Profile's, the paragraphs of its head, its parameters."""

    name: str
    code: int
    column: str
    section: str
    title: str
    weakens: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


OPTIONS = (
    Option(
        "clean-structured-content",
        113104,
        "clean_struct_cont",
        "E.3.4",
        "Clean Structured Content Option",
        ("supplement",),
        head=("C on a sequence keeps it, and every element in its items is judged by the rules of all layers.",),
    ),
    Option(
        "clean-descriptors",
        113105,
        "clean_desc",
        "E.3.5",
        "Clean Descriptors Option",
        (_SR,),
        (
            "C on a text keeps its words, but for those that identify (see C in grammar/functions.md: that is the manner of cleaning which "
            "a conformance statement has to describe). C on a sequence keeps it, and every element in its items is judged.",
        ),
    ),
    Option(
        "clean-graphics",
        113103,
        "clean_graph",
        "E.3.3",
        "Clean Graphics Option",
        head=(
            "The items of Graphic Annotation Sequence stay, and every element in them is judged: Unformatted Text Value is a dummy, or "
            "cleaned where Clean Descriptors is in the stack, too.",
            "Bitmaps and curves cannot be cleaned by a rule on an element. To keep an overlay plane that was looked at, write a later "
            "layer with K (60xx,3000) and `pixels` rules that blank what is in it.",
        ),
    ),
    Option(
        "retain-safe-private",
        113111,
        "rtn_safe_priv",
        "E.3.10",
        "Retain Safe Private Option",
        head=(
            "The one cell of this option in Table E.1-1 is the row of all private attributes, C. It stands here as no rule of its own: of "
            "private elements stays what a rule spells by its creator, and the Basic Profile's `X private` takes all the others.",
        ),
    ),
    Option("retain-uids", 113110, "rtn_uids", "E.3.9", "Retain UIDs Option", (_SR,)),
    Option(
        "retain-device-identity",
        113109,
        "rtn_dev_id",
        "E.3.8",
        "Retain Device Identity Option",
        (_SR, "clean-descriptors"),  # one text of Table E.3.4-1 is kept by this option and cleaned by that one
        (
            "An AE title is cleaned by a keyed pseudonym, the same wherever the title stands: which objects came from one device can be "
            "told, what its site calls it cannot.",
            "Eleven rows are dates and times of devices, which Retain Longitudinal Temporal Information With Modified Dates asks to be "
            "modified and this option asks to be kept. A profile with both has to say in a layer of its own which it wants.",
        ),
    ),
    Option("retain-institution-identity", 113112, "rtn_inst_id", "E.3.11", "Retain Institution Identity Option", (_SR,)),
    Option(
        "retain-patient-characteristics",
        113108,
        "rtn_pat_chars",
        "E.3.7",
        "Retain Patient Characteristics Option",
        (_SR,),
        (
            "Ages stay as they are, as the table says. Where ages over 89 must not be told apart (the Safe Harbor rule of HIPAA), a layer "
            "of the profile writes C PatientAge = cap().",
        ),
    ),
    Option(
        "retain-longitudinal-full-dates",
        113106,
        "rtn_long_full_dates",
        "E.3.6",
        "Retain Longitudinal Temporal Information With Full Dates Option",
        (_SR,),
    ),
    Option(
        "retain-longitudinal-modified-dates",
        113107,
        "rtn_long_modif_dates",
        "E.3.6",
        "Retain Longitudinal Temporal Information With Modified Dates Option",
        (_SR,),
        (
            "DA and DT move by whole days, as many for every date of one patient under one key: at most `window` back or forth, never "
            "none. Intervals between the dates of a patient stay. An object with a date and without a Patient ID is quarantined.",
            "TM, and the time of day in a DT, stay as they are written: PS3.15 E.3.6 asks that dates and times are modified together, so "
            "that studies over midnight stay whole, and that the fine intervals within a study stay; a shift by whole days does both. A TM "
            "that is no time quarantines the object. To lose the time of day, a layer of the profile writes X/Z/D vr TM override.",
            "Dates of devices move with the patient's. Whoever knows when a device was calibrated, or has several patients of one device, "
            "learns something of the offsets from them: remove them where that matters, and always beside Retain Device Identity.",
        ),
        ("param window: days = 365 days",),
    ),
)

# (layer, selector) -> (the rule's code and value, why it is not what the table's letter would be)
_BYTES = "bytes cannot be cleaned of words: as the Basic Profile"
_VERSION = "the date of a vocabulary is public, and shifted it would show the patient's offset: as the Basic Profile"
_TRIAL = "a date of the trial, one for all its patients, would show each patient's offset: as the Basic Profile"
_STAMP = "a time stamp in bytes cannot be shifted: as the Basic Profile"
_MASK = "C by mask removes bytes and numbers (rule 13), and X takes the whole plane or curve"
DEVIATIONS: dict[tuple[str, str], tuple[str, str]] = {
    ("clean-descriptors", "(0016,002B)"): ("X", _BYTES),
    ("clean-descriptors", "(0016,004B)"): ("X", _BYTES),
    ("clean-graphics", "(50xx,xxxx)"): ("X", _MASK),
    ("clean-graphics", "(60xx,3000)"): ("X", _MASK),
    ("clean-graphics", "(60xx,4000)"): ("X", "the comment of a plane goes with its plane"),
    ("retain-longitudinal-modified-dates", "(0008,0106)"): ("D", _VERSION),
    ("retain-longitudinal-modified-dates", "(0008,0107)"): ("D", _VERSION),
    ("retain-longitudinal-modified-dates", "(0012,0086)"): ("X", _TRIAL),
    ("retain-longitudinal-modified-dates", "(0012,0087)"): ("X", _TRIAL),
    ("retain-longitudinal-modified-dates", "(0034,0007)"): ("D", _STAMP),
    ("retain-longitudinal-modified-dates", "(0040,DB06)"): ("X", _VERSION),
    ("retain-longitudinal-modified-dates", "(0040,DB07)"): ("X", _VERSION),
    ("retain-longitudinal-modified-dates", "(0400,0310)"): ("X", f"{_STAMP}, and a certified one would be no longer"),
}
# (layer, selector) -> the value of C where the VR does not say it, and what it does
CLEANED: dict[tuple[str, str], tuple[str, str]] = {
    ("clean-descriptors", "(0400,0565)"): (REASON, "one of the two defined terms of PS3.3 stays, nothing else"),
    ("retain-longitudinal-modified-dates", "(0008,0201)"): (OFFSET, "stays when it is an offset, for times are read with it"),
}
_BY_VR = {"DA": f"C = {SHIFT}", "DT": f"C = {SHIFT}", "TM": f"C = {TIME}", "AE": f"C = {AE}"}


def rule(option: Option, row: Row) -> str:
    """The rule of a cell, without a comment; "" where it is none."""
    if row.selector in ENGINE_OWN or (option.column == "rtn_safe_priv" and row.selector == "private"):
        return ""
    letter = row.cells[option.column]
    if (deviation := DEVIATIONS.get((option.name, row.selector))) is not None:
        letter = deviation[0]
    elif (cleaned := CLEANED.get((option.name, row.selector))) is not None:
        letter = f"C = {cleaned[0]}"
    elif letter == "C":
        letter = _BY_VR.get(vr_of(row), "C")
    code, equals, value = letter.partition(" = ")
    return f"{code} {row.selector}{equals}{value}"


def vr_of(row: Row) -> str:
    """The VR of a row that names one tag, "" of a mask."""
    entry = dictionary.entry(int(row.selector[1:5] + row.selector[6:10], 16)) if "x" not in row.selector else None
    return entry.vrs[0] if entry is not None else ""


def table_section(option: Option, table: Sequence[Row]) -> str:
    """Table E.1-1: what is spelled otherwise, then one rule a line, grouped by code, each group sorted by tag."""
    cells = sorted((row for row in table if option.column in row.cells), key=lambda row: row.order)
    notes = []
    for row in cells:
        said = f"{row.selector} {row.name}, {row.cells[option.column]}"
        if row.selector in ENGINE_OWN:
            notes.append(f"{said}: {ENGINE_OWN[row.selector]}")
        elif (found := DEVIATIONS.get((option.name, row.selector)) or CLEANED.get((option.name, row.selector))) is not None:
            notes.append(f"{said} in the table: {found[1]}")
    letters = {letter: sum(row.cells[option.column] == letter for row in cells) for letter in "KC"}
    counted = " and ".join(f"{number} cell{'s' if number > 1 else ''} {letter}" for letter, number in letters.items() if number)
    text = f"# Table E.1-1: {counted}" + (", one rule each, but for what is spelled otherwise or takes no rule:" if notes else "") + "\n"
    text += "".join(_comment(note, "#   ", "#     ") for note in notes)
    groups: dict[str, list[str]] = {}
    for row in cells:
        if said := rule(option, row):
            groups.setdefault(said.partition(" ")[0], []).append(f"{said}  # {row.name}")
    return text + "".join("\n" + "\n".join(groups[code]) + "\n" for code in ("K", "C", "D", "X") if code in groups)


# What stands in a layer behind its head, in order; a section that has nothing for a layer is ""
SECTIONS: list[Callable[[Option, Sequence[Row]], str]] = [table_section]


def recipe(option: Option, table: Sequence[Row]) -> str:
    """The text of a layer in the one layout."""
    weakens = ", ".join(f'"{FOLDER}/{name}"' for name in ("basic", *option.weakens))
    parts = [f"deidrules 1\nlayer option {option.code} may weaken {weakens}\n"]
    head = _comment(f"{option.title}, PS3.15 {option.section}.") + f"# {ATTRIBUTION}\n"
    parts.append(head + "".join(f"#\n{_comment(paragraph)}" for paragraph in option.head))
    parts.extend(f"{parameter}\n" for parameter in option.parameters)
    parts.extend(text for section in SECTIONS if (text := section(option, table)))
    parts.append(TESTS.get(option.name, ""))
    return laid_out("\n".join(parts))


def laid_out(text: str) -> str:
    """As `deidrules fmt` leaves it."""
    read, problems = parse(Source("layer", text))
    assert read is not None and not problems, [str(problem.message) for problem in problems]
    return format_recipe(read)


def _comment(text: str, first: str = "# ", rest: str = "# ") -> str:
    """A paragraph as comment lines."""
    lines, line = [], first.rstrip(" ") + " " * (len(first) - len(first.rstrip(" ")) - 1)
    for word in text.split():
        if len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = rest[:-1]
        line += " " + word
    return "\n".join([*lines, line]) + "\n"
