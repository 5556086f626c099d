"""The option layers against Table E.1-1, cell by cell: 657 rows, the Basic Profile and ten options, in the compiled plan."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from deidrules import resources
from deidrules.cli import wording
from deidrules.compile.compiler import compile_profile
from deidrules.compile.model import Compilation
from deidrules.dicom import dictionary

FOLDER = "ps315/2026d"
RECIPES = resources.folder("profiles") / "ps315" / "2026d"
TABLE = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "e1_1.csv"
needs_table = pytest.mark.skipif(not TABLE.is_file(), reason="needs ../shared/data/e1_1.csv, the table of the standard")

COLUMNS = {
    "basic": "basic",
    "rtn_safe_priv": "retain-safe-private",
    "rtn_uids": "retain-uids",
    "rtn_dev_id": "retain-device-identity",
    "rtn_inst_id": "retain-institution-identity",
    "rtn_pat_chars": "retain-patient-characteristics",
    "rtn_long_full_dates": "retain-longitudinal-full-dates",
    "rtn_long_modif_dates": "retain-longitudinal-modified-dates",
    "clean_desc": "clean-descriptors",
    "clean_struct_cont": "clean-structured-content",
    "clean_graph": "clean-graphics",
}
CODES = {  # PS3.16 CID 7050
    "basic": 113100,
    "clean-pixel-data": 113101,
    "clean-recognizable-visual-features": 113102,
    "clean-graphics": 113103,
    "clean-structured-content": 113104,
    "clean-descriptors": 113105,
    "retain-longitudinal-full-dates": 113106,
    "retain-longitudinal-modified-dates": 113107,
    "retain-patient-characteristics": 113108,
    "retain-device-identity": 113109,
    "retain-uids": 113110,
    "retain-safe-private": 113111,
    "retain-institution-identity": 113112,
}
# The order in which a profile stacks them
STACK = (
    "basic",
    "clean-structured-content",
    "clean-descriptors",
    "clean-graphics",
    "clean-pixel-data",
    "clean-recognizable-visual-features",
    "retain-safe-private",
    "retain-uids",
    "retain-device-identity",
    "retain-institution-identity",
    "retain-patient-characteristics",
    "retain-longitudinal-full-dates",
    "retain-longitudinal-modified-dates",
)
FULL, MODIFIED, DEVICE = "retain-longitudinal-full-dates", "retain-longitudinal-modified-dates", "retain-device-identity"
SHIFT = "C = shift(per: PatientID, within: 365 days)"
# C by VR, where the language asks for a value or takes the letter alone
CLEANED = {
    **dict.fromkeys(("LO", "LT", "SH", "ST", "UC", "UT", "SQ"), "C"),
    **dict.fromkeys(("DA", "DT"), SHIFT),
    "TM": "C = time_of_day()",
    "AE": 'C = pseudonym(purpose: "AE", length: 12, missing: "")',
}
NO_RULE = ""
# The cells whose rule is not the letter of the table, each with its reason. "" is no rule.
EXCEPTIONS = {
    # Elements that the engine itself removes, rebuilds or regenerates, rule 16
    **{(layer, "(0000,1000)"): NO_RULE for layer in ("basic", "retain-uids")},
    **{(layer, "(0000,1001)"): NO_RULE for layer in ("basic", "retain-uids")},
    **{(layer, "(0002,0003)"): NO_RULE for layer in ("basic", "retain-uids")},
    **{(layer, "(0004,1511)"): NO_RULE for layer in ("basic", "retain-uids")},
    ("basic", "(FFFC,FFFC)"): NO_RULE,
    # X in the table and Type 1 in an IOD: PS3.15 E.1.1, the integrity of the IOD
    ("basic", "(0008,0201)"): "X/D",
    ("basic", "(0070,0082)"): "X/D",
    ("basic", "(0070,0083)"): "X/D",
    # the asterisk is a footnote
    ("basic", "(0008,1140)"): "X/Z/U",
    ("basic", "(0008,2112)"): "X/Z/U",
    # only private elements whose creator a rule spells can stay, rule 15: the rows of Table E.3.10-1 are what the cell comes to
    ("retain-safe-private", "private"): NO_RULE,
    # OB: bytes have no words that could be cleaned
    ("clean-descriptors", "(0016,002B)"): "X",
    ("clean-descriptors", "(0016,004B)"): "X",
    # CS: the defined terms of PS3.3 stay
    ("clean-descriptors", "(0400,0565)"): r'C = replace(pattern: "(?s)^(?:(COERCE|CORRECT)|.*)$", by: "\\1")',
    # bitmaps, and curves and planes that go as a whole
    ("clean-graphics", "(50xx,xxxx)"): "X",
    ("clean-graphics", "(60xx,3000)"): "X",
    ("clean-graphics", "(60xx,4000)"): "X",
    # public dates: shifted they would show the offset
    (MODIFIED, "(0008,0106)"): "D",
    (MODIFIED, "(0008,0107)"): "D",
    (MODIFIED, "(0040,DB06)"): "X",
    (MODIFIED, "(0040,DB07)"): "X",
    # dates of the trial, one for all its patients
    (MODIFIED, "(0012,0086)"): "X",
    (MODIFIED, "(0012,0087)"): "X",
    # OB: time stamps in bytes
    (MODIFIED, "(0034,0007)"): "D",
    (MODIFIED, "(0400,0310)"): "X",
    # SH: an offset from UTC stays, anything else goes
    (MODIFIED, "(0008,0201)"): r'C = replace(pattern: "(?s)^(?:([+-](?:0[0-9]|1[0-4])[0-5][0-9])|.*)$", by: "\\1")',
}


@cache
def table() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row | {"tag": "private" if "odd" in row["tag"] else row["tag"]} for row in csv.DictReader(file)]


def profile(folder: Path, layers: tuple[str, ...], own: str = "", policies: str = "  unlisted: K\n") -> Compilation:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{FOLDER}/{name}" for name in layers]
    if own:
        (folder / "own.recipe").write_text(f"deidrules 1\n\n{own}\n", encoding="utf-8")
        names.append("own.recipe")
    stack = "".join(f"  - {name}\n" for name in names)
    text = f"profile: t\nversion: 1.0.0\nlanguage: 1\nrecipes:\n{stack}policies:\n{policies}"
    (folder / "profile.yaml").write_text(text, encoding="utf-8")
    return compile_profile(folder)


def section(name: str) -> range:
    """The lines of a layer that Table E.1-1 takes: up to the next table, and no `test` block. All of the Basic Profile."""
    lines = (RECIPES / f"{name}.recipe").read_text("utf-8").splitlines()
    if name == "basic":
        return range(len(lines) + 1)
    if name == "retain-safe-private":
        return range(0)  # its one cell, private attributes, is what the rows of Table E.3.10-1 spell out
    starts = [number for number, line in enumerate(lines, start=1) if line.startswith(("# Table ", "# ---- Table "))]
    assert lines[starts[0] - 1].startswith("# Table E.1-1")
    return range(starts[0], starts[1] if len(starts) > 1 else len(lines) + 1)


def rules(name: str, folder: Path) -> list[tuple[str, str]]:
    """(selector, code and value) of the layer's rules for the table, as they stand in the compiled plan."""
    stack = ("basic",) if name == "basic" else ("basic", name)
    compilation = profile(folder, stack)
    assert compilation.plan is not None and not compilation.diagnostics
    lines, out = section(name), []
    for rule in compilation.plan.rules:
        if rule.layer == len(stack) - 1 and int(rule.origin.rpartition(":")[2]) in lines:
            assert rule.condition is None and not rule.excluded and not rule.otherwise and not rule.selector.steps, rule.origin
            value = "" if rule.value is None else f" = {wording.expression(rule.value)}"
            out.append((str(rule.selector.leaf), rule.code + value))
    return out


def expected(column: str) -> dict[str, str]:
    """What the table asks of a layer, by selector: its letters, as the language spells them."""
    layer, out = COLUMNS[column], {}
    for row in table():
        letters, selector = row[column], row["tag"]
        if not letters:
            continue
        action = letters
        if (layer, selector) in EXCEPTIONS:
            action = EXCEPTIONS[layer, selector]
        elif letters == "C":
            entry = dictionary.entry(int(selector[1:5] + selector[6:10], 16))
            assert entry is not None and len(entry.vrs) == 1
            action = CLEANED[entry.vrs[0]]
        if action:
            out[selector] = action
    return out


@needs_table
@pytest.mark.parametrize("column", COLUMNS)
def test_every_cell_of_the_table_is_the_rule_of_its_layer(column: str, tmp_path: Path) -> None:
    found = rules(COLUMNS[column], tmp_path)
    assert len(dict(found)) == len(found)
    assert dict(found) == expected(column)


@needs_table
def test_every_exception_is_one() -> None:
    """An exception that says what the table says, or speaks of no cell, is a leftover."""
    columns = {layer: column for column, layer in COLUMNS.items()}
    cells = {(layer, row["tag"]): row[column] for row in table() for layer, column in columns.items()}
    for (layer, selector), action in EXCEPTIONS.items():
        assert cells[layer, selector] not in ("", action), (layer, selector)
        assert selector == "private" or layer == "basic" or action != "C", (layer, selector)


@needs_table
def test_the_table_is_the_edition_whose_counts_are_known() -> None:
    counts = {column: Counter(row[column] for row in table() if row[column]) for column in COLUMNS}
    assert len(table()) == 657
    assert counts == {
        "basic": {"X": 417, "D": 93, "U": 55, "Z": 42, "X/D": 23, "X/Z": 11, "X/Z/D": 8, "Z/D": 6, "X/Z/U*": 2},
        "rtn_safe_priv": {"C": 1},
        "rtn_uids": {"K": 60},
        "rtn_dev_id": {"K": 48, "C": 11},
        "rtn_inst_id": {"K": 10},
        "rtn_pat_chars": {"K": 14, "C": 5},
        "rtn_long_full_dates": {"K": 169},
        "rtn_long_modif_dates": {"C": 169},
        "clean_desc": {"C": 141},
        "clean_struct_cont": {"C": 4},
        "clean_graph": {"C": 4},
    }


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        # PS3.15 2026d, less the exceptions above: K 60 and four of them the engine's, C 141 and two of them X, …
        ("retain-safe-private", {}),
        ("retain-uids", {"K": 60 - 4}),
        ("retain-device-identity", {"K": 48, "C": 11}),
        ("retain-institution-identity", {"K": 10}),
        ("retain-patient-characteristics", {"K": 14, "C": 5}),
        ("retain-longitudinal-full-dates", {"K": 169}),
        ("retain-longitudinal-modified-dates", {"C": 169 - 8, "D": 3, "X": 5}),
        ("clean-descriptors", {"C": 141 - 2, "X": 2}),
        ("clean-structured-content", {"C": 4}),
        ("clean-graphics", {"C": 4 - 3, "X": 3}),
    ],
)
def test_a_layer_has_as_many_rules_of_each_code_as_the_edition(name: str, codes: dict[str, int], tmp_path: Path) -> None:
    assert Counter(action.partition(" ")[0] for _, action in rules(name, tmp_path)) == codes


@needs_table
def test_the_files_are_what_the_script_makes_of_the_table() -> None:
    import make_ps315
    import make_ps315_content

    made = make_ps315.files(make_ps315.rows(TABLE))
    assert set(made) == {f"{name}.recipe" for name in COLUMNS.values() if name != make_ps315.PRIVATE}
    for name, text in made.items():
        stands = (RECIPES / name).read_text("utf-8").partition(make_ps315_content.BEGIN)[0]
        assert stands.rstrip() == text.rstrip(), f"{name}: run python tests/make_ps315.py, then tests/make_ps315_content.py"


# ---- the layers as such


@pytest.mark.parametrize("name", CODES)
def test_a_layer_says_which_option_it_is_and_where_the_table_comes_from(name: str, tmp_path: Path) -> None:
    text = (RECIPES / f"{name}.recipe").read_text("utf-8")
    header = text.splitlines()[1]
    assert "DICOM PS3.15 2026d, (c) NEMA" in text
    if name == "basic":
        assert header == "layer option 113100"
        return
    assert header.startswith(f'layer option {CODES[name]} may weaken "{FOLDER}/basic"')
    weakened = header.partition("may weaken ")[2].replace('"', "").split(", ")
    assert all(STACK.index(other.removeprefix(f"{FOLDER}/")) < STACK.index(name) for other in weakened)


def test_every_option_of_the_standard_has_its_layer() -> None:
    assert set(CODES.values()) == set(range(113100, 113113))
    assert {path.stem for path in RECIPES.glob("*.recipe")} - {"supplement"} == set(CODES) == set(STACK)


@pytest.mark.parametrize("name", STACK[1:])
def test_the_basic_profile_with_one_option_compiles_without_a_finding(name: str, tmp_path: Path) -> None:
    compilation = profile(tmp_path, ("basic", name))
    assert compilation.plan is not None and compilation.diagnostics == ()


@pytest.mark.parametrize(
    ("without", "own"),
    [
        ({MODIFIED}, ""),
        ({FULL, DEVICE}, ""),
        (
            {FULL},
            "X/Z/D (0014,407C), (0014,407E), (0018,1200), (0018,1201), (0018,1202), (0018,1203), (0018,1204), (0018,1205),\n"
            "      (0018,700C), (0018,700E), (300C,0127)",
        ),
    ],
    ids=["full dates", "modified dates", "modified dates and device, settled"],
)
def test_the_fullest_compatible_sets_of_options_compile_without_a_finding(without: set[str], own: str, tmp_path: Path) -> None:
    compilation = profile(tmp_path, tuple(name for name in STACK if name not in without), own)
    assert compilation.plan is not None and compilation.diagnostics == ()


def test_the_only_options_that_clash_are_those_the_standard_makes_clash(tmp_path: Path) -> None:
    clashes = {}
    for number, (one, other) in enumerate(itertools.combinations(STACK[1:], 2)):
        compilation = profile(tmp_path / str(number), ("basic", one, other))
        if compilation.diagnostics:
            clashes[one, other] = Counter(diagnostic.code for diagnostic in compilation.diagnostics)
    assert clashes == {(DEVICE, MODIFIED): {"DR303": 11}, (FULL, MODIFIED): {"DR303": 169}}


@needs_table
@pytest.mark.parametrize(("one", "column"), [(FULL, "rtn_long_full_dates"), (DEVICE, "rtn_dev_id")])
@pytest.mark.parametrize("turned", [False, True], ids=["in order", "turned"])
def test_options_that_clash_are_errors_with_both_lines_for_every_row(one: str, column: str, turned: bool, tmp_path: Path) -> None:
    rows = [row["tag"] for row in table() if row[column] and row["rtn_long_modif_dates"]]
    assert len(rows) == {FULL: 169, DEVICE: 11}[one]
    pair = (MODIFIED, one) if turned else (one, MODIFIED)
    compilation = profile(tmp_path, ("basic", *pair))
    assert compilation.plan is None
    seen = set()
    for diagnostic in compilation.diagnostics:
        assert diagnostic.code == "DR303"
        (note,) = diagnostic.notes
        files = [diagnostic.span.source.name, note.span.source.name]
        assert files == [f"{FOLDER}/{name}" for name in reversed(pair)]
        assert diagnostic.span.text == note.span.text
        assert diagnostic.span.line != 1 != note.span.line
        seen.add(diagnostic.span.text)
    assert seen == set(rows)


def test_a_layer_of_the_profile_settles_a_clash_in_favour_of_either_side(tmp_path: Path) -> None:
    dates = "(0014,407E), (0018,1200), (0018,1202), (0018,1203), (0018,1204), (0018,1205), (0018,700C), (300C,0127)"
    times = "(0014,407C), (0018,1201), (0018,700E)"
    device = f'K {dates}, {times} override C because "calibration is studied"'
    modified = f"param window: days = 365 days\nC {dates} = shift(per: PatientID, within: window)\nC {times} = time_of_day()"
    for name, own in (("device", device), ("modified", modified)):
        compilation = profile(tmp_path / name, ("basic", DEVICE, MODIFIED), own)
        assert compilation.plan is not None and compilation.diagnostics == (), name


def test_the_clean_pixel_data_option_does_not_go_with_images_that_nobody_looked_at(tmp_path: Path) -> None:
    compilation = profile(tmp_path, ("basic", "clean-pixel-data"), policies="  unlisted: K\n  unmatched-pixels: accept\n")
    assert [diagnostic.code for diagnostic in compilation.diagnostics] == ["DR410"]
    assert compilation.plan is None


def test_what_the_modified_dates_layer_says_takes_the_time_of_day_away_does(tmp_path: Path) -> None:
    said = (RECIPES / f"{MODIFIED}.recipe").read_text("utf-8").replace("\n#", "")
    assert "X/Z/D vr TM override" in said
    compilation = profile(tmp_path, ("basic", MODIFIED), "X/Z/D vr TM override")
    assert compilation.plan is not None and compilation.diagnostics == ()
