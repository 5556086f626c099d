"""Bad input, end to end through the command line: a coded message or a quarantine record; never a traceback, a value, or a file."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dicom_bytes import deflated, element, file, identity, nested

from deidrules.cli.main import main

SECRETS = ("EXAMPLE", "SECRET", "4711")
PROFILE = """\
profile: test
version: 1.0.0
language: 1
recipes: [main.recipe]
policies:
  unlisted: X
  unmatched-pixels: accept
  unknown-sop-class: strictest
"""


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=True)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output and "internal error" not in result.output, result.output
    return result


def profile(folder: Path, recipe: str, *, text: str = PROFILE) -> Path:
    place = folder / "profile"
    place.mkdir()
    (place / "profile.yaml").write_text(text, encoding="utf-8")
    (place / "main.recipe").write_text("deidrules 1\n" + recipe + "\n", encoding="utf-8")
    return place


def source(folder: Path, data: bytes) -> Path:
    place = folder / "in"
    place.mkdir()
    (place / "object.dcm").write_bytes(data)
    return place


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


# ---- texts

LAYERED = PROFILE.replace("[main.recipe]", "[below.recipe, main.recipe]")
RECIPES = [
    ("a mistyped verb", "REMOV PatientName"),
    ("a verb in lower case", "x PatientName"),
    ("a mistyped keyword", "X PatientNmae"),
    ("a mistyped function", "D PatientID = psuedonym(PatientID)"),
    ("an undefined parameter", "D PatientID = stdy"),
    ("an unknown VR", "X vr QQ"),
    ("a clash", "Z (0008,10xx)\nX (0008,xx30)"),
    ("a rectangle outside the image", 'pixels "p" when Rows = 10 and Columns = 10 { blank 0,0,20,5 }'),
    ("an empty rectangle", 'pixels "p" when Rows = 10 and Columns = 10 { blank 5,5,5,9 }'),
    ("frame 0", 'pixels "p" when Rows = 10 and Columns = 10 { blank 0,0,2,2 frames 0 }'),
    ("cyclic sets", "set a = b\nset b = a\nX a"),
    ("a set in itself", "set a = a\nX a"),
    ("a regular expression too large", 'reject "r" when Modality matches /(((a{900}){900}){900})/'),
    ("a regular expression with a back reference", r'reject "r" when Modality matches /(a)\1/'),
    ("a string without its end", 'D PatientID = "a'),
    ("a bracket without its end", "D PatientID = pseudonym(PatientID"),
    ("a control character", "X \x00PatientName"),
    ("brackets a thousand deep", 'reject "r" when ' + "(" * 5000 + 'Modality = "CT"' + ")" * 5000),
    ("nothing but noise", "\u202e%%%§§§"),
]


@pytest.mark.parametrize("recipe", [recipe for _, recipe in RECIPES], ids=[name for name, _ in RECIPES])
def test_a_wrong_recipe_is_a_coded_error_and_nothing_is_touched(tmp_path: Path, recipe: str) -> None:
    place = profile(tmp_path, recipe)
    linted = run("lint", "--output-format", "json", place)
    assert linted.exit_code == 1
    assert '"DR' in linted.output
    result = run("apply-profile", place, source(tmp_path, file(b"".join(identity()))), "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


LAYERS = [
    ("a silent weakening", "X StudyDate", "K StudyDate"),
    ("a weakening behind a condition", "X StudyDate", 'when Modality = "CT" { K StudyDate }'),
    ("a weakening by reading", "X StudyDescription", "D PatientComments = StudyDescription"),
    ("broad over narrow", "Z StudyDescription", "X (0008,10xx)"),
]


@pytest.mark.parametrize(("below", "above"), [(below, above) for _, below, above in LAYERS], ids=[name for name, _, _ in LAYERS])
def test_layers_that_clash_are_a_coded_error(tmp_path: Path, below: str, above: str) -> None:
    place = profile(tmp_path, above, text=LAYERED)
    (place / "below.recipe").write_text(f"deidrules 1\n{below}\n", encoding="utf-8")
    linted = run("lint", place)
    assert linted.exit_code == 1
    assert "DR2" in linted.output or "DR3" in linted.output


PROFILES = [
    ("no unlisted", PROFILE.replace("  unlisted: X\n", "")),
    ("no policies", PROFILE.partition("policies:")[0]),
    ("an unknown policy", PROFILE.replace("unlisted: X", "unlisted: Q")),
    ("a mistyped key", PROFILE.replace("unmatched-pixels", "unmatched-pixel")),
    ("a recipe outside the folder", PROFILE.replace("main.recipe", "../outside.recipe")),
    ("an absolute recipe", PROFILE.replace("main.recipe", "/outside.recipe")),
    ("a missing recipe", PROFILE.replace("main.recipe", "nowhere.recipe")),
    ("an alias bomb", "a: &a [x]\nb: [*a, *a]\n" + PROFILE),
    ("a key twice", PROFILE + "version: 1.0.1\n"),
    ("no YAML", "profile: [\n"),
    ("a list", "- profile\n"),
    ("nothing", ""),
    ("a Python object", "profile: !!python/object/apply:os.getcwd []\n"),
]


@pytest.mark.parametrize("text", [text for _, text in PROFILES], ids=[name for name, _ in PROFILES])
def test_a_wrong_profile_is_a_coded_error_and_nothing_is_touched(tmp_path: Path, text: str) -> None:
    (tmp_path / "outside.recipe").write_text("deidrules 1\nK PatientName\n", encoding="utf-8")
    place = profile(tmp_path, "X PatientName", text=text)
    linted = run("lint", place)
    assert linted.exit_code == 1
    assert "DR5" in linted.output
    result = run("apply-profile", place, source(tmp_path, file(b"".join(identity()))), "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_link_out_of_the_folder_is_no_way_to_another_recipe(tmp_path: Path) -> None:
    (tmp_path / "outside.recipe").write_text("deidrules 1\nK PatientName\n", encoding="utf-8")
    place = profile(tmp_path, "X PatientName")
    (place / "main.recipe").unlink()
    (place / "main.recipe").symlink_to(tmp_path / "outside.recipe")
    assert run("lint", place).exit_code == 1


def test_a_recipe_of_ten_megabytes_is_an_answer_not_a_hang(tmp_path: Path) -> None:
    place = profile(tmp_path, "X PatientName\n" * 700_000)
    linted = run("lint", "--output-format", "concise", place)
    assert linted.exit_code == 1
    assert "DR" in linted.output
    assert len(linted.output) < 100_000


def test_a_missing_profile_is_a_usage_error(tmp_path: Path) -> None:
    result = run("apply-profile", tmp_path / "nowhere", source(tmp_path, b""), "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


# ---- files


def broken(seed: int) -> bytes:
    return random.Random(seed).randbytes(4000)


def _whole() -> bytes:
    return b"".join(identity())


DUPLICATE = identity()
DUPLICATE.insert(4, element(0x00100010, "PN", "SECRET^TWICE"))
OUT_OF_ORDER = identity()
OUT_OF_ORDER[3], OUT_OF_ORDER[4] = OUT_OF_ORDER[4], OUT_OF_ORDER[3]
WRONG_VR = identity()
WRONG_VR[2] = element(0x00080060, "US", struct.pack("<H", 4711))
QUARANTINED: list[tuple[str, Callable[[], bytes]]] = [
    ("cut in an element", lambda: file(_whole())[:-3]),
    ("cut in a header", lambda: file(_whole() + b"\x28\x00\x10")[:-1]),
    ("a length beyond the end", lambda: file(_whole() + element(0x00204000, "LT", "SECRET", length=60000))),
    ("garbage behind the file meta", lambda: file(broken(1))),
    ("nesting of 3,000", lambda: file(_whole()[:0] + nested(3000, element(0x00100010, "PN", "SECRET^DEEP")))),
    ("a deflate bomb", lambda: deflated(_whole() + element(0x00204000, "UT", b"A" * 64_000_000))),
    ("deflate that is no deflate", lambda: file(broken(2), transfer_syntax="1.2.840.10008.1.2.1.99")),
    ("an element twice", lambda: file(b"".join(DUPLICATE))),
    ("elements out of order", lambda: file(b"".join(OUT_OF_ORDER))),
    ("an unknown transfer syntax", lambda: file(_whole(), transfer_syntax="2.25.4711")),
]


@pytest.mark.parametrize("data", [data for _, data in QUARANTINED], ids=[name for name, _ in QUARANTINED])
def test_a_broken_object_is_quarantined_with_a_code(tmp_path: Path, data: Callable[[], bytes]) -> None:
    out, book = tmp_path / "out", tmp_path / "run"
    place = profile(
        tmp_path, "X vr PN\nD PatientID = pseudonym(PatientID)\nU StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID\nK Modality"
    )
    result = run("apply-profile", place, source(tmp_path, data()), "--output", out, "--run", book, "--json")
    assert result.exit_code == 1
    assert written(out) == []
    (record,) = [json.loads(line) for line in (book / "quarantine.jsonl").read_text("utf-8").splitlines()]
    assert record["code"] == record["code"].lower()
    summary = json.loads((book / "summary.json").read_text("utf-8"))
    assert (summary["found"], summary["quarantined"], summary["written"], summary["failed"]) == (1, 1, 0, 0)
    said = result.output + "".join(path.read_text("utf-8") for path in written(book) if path.name != "sources.csv")
    assert not [word for word in SECRETS if word in said]


def test_a_value_in_the_wrong_vr_is_never_copied_under_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    place = profile(tmp_path, "U StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID\nK Modality")
    result = run("apply-profile", place, source(tmp_path, file(b"".join(WRONG_VR))), "--output", out)
    assert result.exit_code == 1
    assert written(out) == []


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 200, b"PK\x03\x04" + broken(3), b"name,SECRET\n" * 50], ids=["empty", "zeros", "zip", "csv"]
)
def test_what_is_no_dicom_is_counted_and_left_alone(tmp_path: Path, data: bytes) -> None:
    out, book = tmp_path / "out", tmp_path / "run"
    result = run("apply-profile", "keep-list", source(tmp_path, data), "--output", out, "--run", book)
    assert result.exit_code == 0
    assert json.loads((book / "summary.json").read_text("utf-8"))["other"] == 1
    assert written(out) == []


# ---- places


def test_an_output_folder_inside_the_source_is_refused(tmp_path: Path) -> None:
    here = source(tmp_path, file(_whole()))
    result = run("apply-profile", "keep-list", here, "--output", here / "out")
    assert result.exit_code == 2
    assert not (here / "out").exists()


def test_a_source_inside_the_output_folder_is_refused(tmp_path: Path) -> None:
    here = source(tmp_path, file(_whole()))
    before = sorted(tmp_path.rglob("*"))
    result = run("apply-profile", "keep-list", here, "--output", tmp_path)
    assert result.exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_does_not_hide_an_output_inside_the_source(tmp_path: Path) -> None:
    here = source(tmp_path, file(_whole()))
    (tmp_path / "link").symlink_to(here, target_is_directory=True)
    assert run("apply-profile", "keep-list", here, "--output", tmp_path / "link" / "out").exit_code == 2


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    key = tmp_path / "key"
    assert run("keygen", key).exit_code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(mode)
    result = run("apply-profile", "keep-list", source(tmp_path, file(_whole())), "--output", tmp_path / "out", "--key-file", key)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 300, b"0" * 31])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    key.chmod(0o600)
    result = run("apply-profile", "keep-list", source(tmp_path, file(_whole())), "--output", tmp_path / "out", "--key-file", key)
    assert result.exit_code == 2


def test_a_crosswalk_inside_the_output_is_refused(tmp_path: Path) -> None:
    here = source(tmp_path, file(_whole()))
    result = run("apply-profile", "keep-list", here, "--output", tmp_path / "out", "--crosswalk", tmp_path / "out" / "crosswalk.csv")
    assert result.exit_code == 2
