"""`deidrules redact` as somebody at a terminal or in a script meets it."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner, Result
from compressed_objects import BLOCKS, CODED, fragments_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pixel_objects import dataset, file
from test_pixels_overlay import plane_bits, with_embedded, with_plane
from test_rectangles import database

from deidrules.cli.main import main
from deidrules.dicom.part import joined
from deidrules.engine.derived import BLANKED
from deidrules.engine.redaction import redact_object
from deidrules.rectangles.csv_file import read_csv
from deidrules.run import redact
from deidrules.text.refusal import Refusal

HEADER = "filename,frame,overlay,left,top,right,bottom\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["redact", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def make(path: Path, **options: Any) -> pydicom.Dataset:
    made = dataset(**options)
    made.PatientName = "DOE^JANE"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file(made))
    return made


def frames(path: Path) -> np.ndarray:
    """Frames of 8-bit samples."""
    found = pydicom.dcmread(path)
    return np.frombuffer(found.PixelData, "u1").reshape(int(found.get("NumberOfFrames", 1)), found.Rows, found.Columns)


def before(path: Path, *boxes: tuple[int | None, int, int, int, int]) -> np.ndarray:
    """The frames of an input with these blanked: frame from 0 or None, then x0, y0, x1, y1."""
    out = frames(path).copy()
    for frame, x0, y0, x1, y1 in boxes:
        out[slice(None) if frame is None else slice(frame, frame + 1), y0:y1, x0:x1] = 0
    return out


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# ---- what is written where


def test_an_output_stands_beside_its_input_and_holds_nothing_else_new(here: Path) -> None:
    made = make(here / "in" / "a.dcm", frames=3)
    data = (here / "in" / "a.dcm").read_bytes()
    result = run("in/a.dcm", "-r", "(2,1,5,4); [0,0,+1,+1]", "--rect", "7,5,8,6", "--frames", "1,3")
    assert result.exit_code == 0, result.output
    assert result.output == "in/a.dcm -> in/a.redacted.dcm\n"
    assert (here / "in" / "a.dcm").read_bytes() == data
    out = here / "in" / "a.redacted.dcm"
    wanted = before(here / "in" / "a.dcm", *((f, *box) for f in (0, 2) for box in ((2, 1, 5, 4), (0, 0, 1, 1), (7, 5, 8, 6))))
    assert np.array_equal(frames(out), wanted)
    made.DerivationDescription = BLANKED
    assert out.read_bytes() == file(made).replace(made.PixelData, wanted.tobytes())
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert files(here) == {"in/a.dcm", "in/a.redacted.dcm"}


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a.dcm", "a.redacted.dcm"),
        ("A.DCM", "A.redacted.dcm"),
        ("a", "a.redacted.dcm"),
        ("a.dcm.1", "a.dcm.1.redacted.dcm"),
        (".dcm", ".dcm.redacted.dcm"),
    ],
)
def test_a_dcm_is_cut_before_redacted_is_added(here: Path, name: str, output: str) -> None:
    make(here / name)
    assert run(name, "-r", "0,0,1,1").exit_code == 0
    assert files(here) == {name, output}


def test_o_names_a_file_or_a_folder(here: Path) -> None:
    make(here / "a.dcm")
    make(here / "in" / "b.dcm")
    (here / "there").mkdir()
    assert run("a.dcm", "-r", "0,0,1,1", "-o", "new/c.dcm").exit_code == 0
    assert run("a.dcm", "-r", "0,0,1,1", "-o", "there").exit_code == 0
    assert run("a.dcm", "-r", "0,0,1,1", "-o", "made/").exit_code == 0
    assert run("a.dcm", "in/b.dcm", "-r", "0,0,1,1", "--output", "both").exit_code == 0
    outputs = {"new/c.dcm", "there/a.redacted.dcm", "made/a.redacted.dcm", "both/a.redacted.dcm", "both/b.redacted.dcm"}
    assert files(here) == {"a.dcm", "in/b.dcm", *outputs}
    result = run("a.dcm", "in/b.dcm", "-r", "0,0,1,1", "-o", "new/c.dcm")
    assert result.exit_code == 2
    assert "name a folder" in result.output


def test_two_outputs_of_one_name_stop_everything(here: Path) -> None:
    make(here / "1" / "a.dcm")
    make(here / "2" / "a")
    result = run("1/a.dcm", "2/a", "-r", "0,0,1,1", "-o", "out")
    assert result.exit_code == 2
    assert "DR608" in result.output and "`1/a.dcm` and `2/a`" in result.output
    assert files(here) == {"1/a.dcm", "2/a"}


def test_nothing_is_ever_overwritten(here: Path) -> None:
    make(here / "a.dcm")
    (here / "a.redacted.dcm").write_bytes(b"somebody's")
    result = run("a.dcm", "-r", "0,0,1,1")
    assert result.exit_code == 1
    assert "conflict" in result.output and "-o" in result.output
    assert (here / "a.redacted.dcm").read_bytes() == b"somebody's"
    assert files(here) == {"a.dcm", "a.redacted.dcm"}
    result = run("a.dcm", "-r", "0,0,1,1", "-o", "a.dcm")
    assert result.exit_code == 1
    (here / "link.redacted.dcm").symlink_to("nowhere")
    (here / "link.dcm").write_bytes((here / "a.dcm").read_bytes())
    assert run("link.dcm", "-r", "0,0,1,1").exit_code == 1
    assert not (here / "nowhere").exists()


def test_the_same_again_is_a_duplicate_and_no_error(here: Path) -> None:
    make(here / "a.dcm")
    assert run("a.dcm", "-r", "0,0,1,1").exit_code == 0
    stamp = (here / "a.redacted.dcm").stat().st_mtime_ns
    result = run("a.dcm", "-r", "0,0,1,1")
    assert result.exit_code == 0
    assert "already" in result.output
    assert (here / "a.redacted.dcm").stat().st_mtime_ns == stamp
    assert run("a.dcm", "-r", "0,0,2,2").exit_code == 1
    assert files(here) == {"a.dcm", "a.redacted.dcm"}


@pytest.mark.skipif(os.geteuid() == 0, reason="everything can be written to by the superuser")
def test_where_the_input_s_folder_cannot_be_written_the_current_one_is_taken(here: Path) -> None:
    make(here / "in" / "a.dcm")
    (here / "in").chmod(0o555)
    try:
        assert run("in/a.dcm", "-r", "0,0,1,1").output == "in/a.dcm -> a.redacted.dcm\n"
        assert files(here) == {"in/a.dcm", "a.redacted.dcm"}
    finally:
        (here / "in").chmod(0o755)


def test_the_folder_of_an_input_is_asked_before_anything_is_done(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here / "in" / "a.dcm")
    monkeypatch.setattr(redact.os, "access", lambda path, mode: str(path) != "in")
    assert run("in/a.dcm", "-r", "0,0,1,1").exit_code == 0
    assert files(here) == {"in/a.dcm", "a.redacted.dcm"}


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "disk-full"), (errno.EROFS, "read-only"), (errno.EIO, "write-error")])
def test_an_output_that_cannot_be_written_is_said(here: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    make(here / "a.dcm")

    def fails(*arguments: object) -> None:
        raise OSError(number, "a text that must not be seen")

    monkeypatch.setattr(redact, "write_partial", fails)
    result = run("a.dcm", "-r", "0,0,1,1")
    assert result.exit_code == 1
    assert code in result.output and "must not be seen" not in result.output
    assert files(here) == {"a.dcm"}


def test_a_file_that_is_not_what_was_asked_when_it_is_read_back_is_withdrawn(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(here / "a.dcm")
    whole = redact.write_partial

    def spoiled(folder: str, name: str, parts: Any) -> None:
        whole(folder, name, parts)
        path = Path(folder, name)
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)

    monkeypatch.setattr(redact, "write_partial", spoiled)
    result = run("a.dcm", "-r", "0,0,1,1")
    assert result.exit_code == 1
    assert "verify-mismatch" in result.output
    assert files(here) == {"a.dcm"}
    result = run("a.dcm", "--remove-overlays")  # nothing to remove: the output would be the input
    assert "verify-mismatch" in result.output
    assert files(here) == {"a.dcm"}


def test_large_files_go_through_the_same_door(here: Path) -> None:
    made = make(here / "a.dcm", rows=512, columns=512, frames=20)
    assert (here / "a.dcm").stat().st_size > 4 << 20
    result = run("a.dcm", "-r", "10,20,110,60", "--frames", "7-9", "-v")
    assert result.exit_code == 0, result.output
    wanted = before(here / "a.dcm", *((frame, 10, 20, 110, 60) for frame in (6, 7, 8)))
    made.DerivationDescription = BLANKED
    assert (here / "a.redacted.dcm").read_bytes() == file(made).replace(made.PixelData, wanted.tobytes())
    assert run("a.dcm", "--remove-overlays", "-o", "same.dcm").exit_code == 0
    assert (here / "same.dcm").read_bytes() == (here / "a.dcm").read_bytes()


# ---- lists


def test_every_file_of_a_csv_is_redacted_by_its_rows(here: Path) -> None:
    for name in ("a.dcm", "b", "c.dcm"):
        make(here / "in" / name, frames=2)
    rows = "in/a.dcm,0,-1,2,1,4,3\nin/a.dcm,-1,-1,0,0,0,0\nin/b,1,-1,0,0,7,0\nin/c.dcm,-1,-1,-1,-1,-1,-1\n"
    (here / "l.csv").write_text("\ufeff" + HEADER + rows, encoding="utf-8")
    result = run("--csv", "l.csv")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "2 files: 2 written, 0 refused"
    assert np.array_equal(frames(here / "in/a.redacted.dcm"), before(here / "in/a.dcm", (0, 2, 1, 5, 4), (None, 0, 0, 1, 1)))
    assert np.array_equal(frames(here / "in/b.redacted.dcm"), before(here / "in/b", (1, 0, 0, 8, 1)))
    assert not (here / "in/c.redacted.dcm").exists()


def test_a_row_for_any_overlay_blanks_the_image_and_every_plane(here: Path) -> None:
    made = with_plane(with_plane(dataset(), 0x6000), 0x6002)
    (here / "a.dcm").write_bytes(file(made))
    (here / "l.csv").write_text(HEADER + "a.dcm,-1,-1,2,1,4,3\na.dcm,0,1,0,5,7,5\n")
    assert run("--csv", "l.csv").exit_code == 0
    out = pydicom.dcmread(here / "a.redacted.dcm")
    first, second = np.ones((6, 8), "u1"), np.ones((6, 8), "u1")
    first[1:4, 2:5] = second[1:4, 2:5] = second[5] = 0
    assert np.array_equal(plane_bits(out[0x6000, 0x3000].value, 1, 6, 8)[0], first)
    assert np.array_equal(plane_bits(out[0x6002, 0x3000].value, 1, 6, 8)[0], second)
    assert np.array_equal(frames(here / "a.redacted.dcm"), before(here / "a.dcm", (None, 2, 1, 5, 4)))


def test_with_a_file_only_its_rows_are_used_and_without_rows_nothing_is_copied(here: Path) -> None:
    for name in ("a.dcm", "b.dcm", "c.dcm"):
        make(here / name)
    (here / "l.csv").write_text(HEADER + "a.dcm,0,-1,0,0,0,0\nb.dcm,0,-1,1,1,1,1\n")
    assert run("b.dcm", "--csv", "l.csv").exit_code == 0
    assert np.array_equal(frames(here / "b.redacted.dcm"), before(here / "b.dcm", (0, 1, 1, 2, 2)))
    result = run("a.dcm", "c.dcm", "--csv", "l.csv")
    assert result.exit_code == 2
    assert "DR607" in result.output and "`c.dcm`" in result.output and "nothing was written" in result.output
    assert run("c.dcm", "--csv", "l.csv", "--remove-overlays").exit_code == 2
    assert files(here) == {"a.dcm", "b.dcm", "c.dcm", "l.csv", "b.redacted.dcm"}
    assert run("a.dcm", "c.dcm", "--csv", "l.csv", "-r", "5,5,6,6").exit_code == 0
    assert np.array_equal(frames(here / "a.redacted.dcm"), before(here / "a.dcm", (0, 0, 0, 1, 1), (0, 5, 5, 6, 6)))
    assert np.array_equal(frames(here / "c.redacted.dcm"), before(here / "c.dcm", (0, 5, 5, 6, 6)))


def test_a_list_of_another_machine_is_matched_by_name_and_says_so(here: Path) -> None:
    make(here / "a.dcm")
    (here / "l.csv").write_text(HEADER + "/far/away/a.dcm,0,-1,0,0,0,0\n")
    result = run("a.dcm", "--csv", "l.csv")
    assert result.exit_code == 0
    assert "its name alone was matched" in result.stderr


def test_root_goes_before_relative_paths(here: Path) -> None:
    make(here / "data" / "in" / "a.dcm")
    (here / "l.csv").write_text(HEADER + "in/a.dcm,0,-1,0,0,0,0\n")
    assert run("--csv", "l.csv").exit_code == 1  # there is no such file
    assert run("--csv", "l.csv", "--root", "data").exit_code == 0
    assert run("in/a.dcm", "--csv", "l.csv", "--root", "data", "-o", "one.dcm").exit_code == 0
    assert run("data/in/a.dcm", "--csv", "l.csv", "--root", "data", "-o", "two.dcm").exit_code == 0
    assert (here / "one.dcm").read_bytes() == (here / "two.dcm").read_bytes() == (here / "data/in/a.redacted.dcm").read_bytes()


def test_of_a_database_only_files_marked_done_are_taken_unless_all_are(here: Path) -> None:
    for name in ("a.dcm", "b.dcm", "c.dcm"):
        make(here / name)
    (here / "db").mkdir()
    rects = [("a.dcm", 0, -1, 0, 0, 1, 1), ("b.dcm", 0, -1, 0, 0, 0, 0), ("c.dcm", 0, -1, 0, 0, 0, 0)]
    place = database(here / "db" / "dcmaudit.sqlite.db", rects, [("a.dcm", "F"), ("b.dcm", "T")])
    stamp = place.stat().st_mtime_ns
    result = run("--db", "db", "-v")
    assert result.exit_code == 0, result.output
    assert "2 files of the database not marked done" in result.stderr
    assert "blanked 0,0,2,2 in frame 1" in result.stdout
    assert files(here) == {"a.dcm", "b.dcm", "c.dcm", "db/dcmaudit.sqlite.db", "a.redacted.dcm"}
    result = run("b.dcm", "--db", "db")
    assert result.exit_code == 2
    assert "not marked done" in result.output
    assert run("--db", "db/dcmaudit.sqlite.db", "--all").exit_code == 0
    assert (here / "b.redacted.dcm").exists() and (here / "c.redacted.dcm").exists()
    assert place.stat().st_mtime_ns == stamp


def test_a_list_with_one_bad_row_is_not_used_at_all(here: Path) -> None:
    make(here / "a.dcm")
    (here / "l.csv").write_text(HEADER + "a.dcm,0,-1,0,0,0,0\na.dcm,0,-1,0,0,x,0\n")
    result = run("--csv", "l.csv")
    assert result.exit_code == 2
    assert "DR606" in result.output and "l.csv:3:1" in result.output
    (here / "l.csv").write_bytes(b"\xff\xfe\0")
    assert "DR605" in run("--csv", "l.csv").output
    assert files(here) == {"a.dcm", "l.csv"}


NUMBERS, SIZES = st.integers(0, 5), st.integers(0, 2)
ROWS = st.lists(st.tuples(st.integers(-1, 3), st.sampled_from([-1, -1, 0, 3]), NUMBERS, NUMBERS, SIZES, SIZES), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_rows_mean_what_a_slow_reading_of_them_says(rows: list[tuple[int, ...]]) -> None:
    """An object of four frames, a plane of its own size over frames 2 and 3, and one in bit 14 of the samples."""
    own = np.random.default_rng(7).integers(0, 2, (2, 7, 6), dtype="u1")
    made = with_plane(dataset(allocated=16, stored=12, frames=4), 0x6000, rows=7, columns=6, frames=2, origin=(2, 3), first=2, bits=own)
    with_embedded(made, 0x6006, 14)
    image = np.frombuffer(made.PixelData, "<u2").reshape(4, 6, 8).copy()
    wanted, refusable = own.copy(), False
    for frame, overlay, x0, y0, width, height in rows:
        for y in range(y0, y0 + height + 1):
            for x in range(x0, x0 + width + 1):
                if overlay == 0:  # in its own pixels and frames
                    refusable = refusable or x >= 6 or y >= 7 or frame > 1
                    if x < 6 and y < 7 and frame <= 1:
                        wanted[slice(None) if frame < 0 else slice(frame, frame + 1), y, x] = 0
                    continue
                refusable = refusable or x >= 8 or y >= 6
                if x >= 8 or y >= 6:
                    continue
                every = slice(None) if frame < 0 else slice(frame, frame + 1)
                image[every, y, x] &= 0xBFFF if overlay == 3 else 0
                if overlay == -1 and 0 <= y - 1 < 7 and 0 <= x - 2 < 6:
                    for number in range(2):
                        if frame in (-1, number + 1):
                            wanted[number, y - 1, x - 2] = 0
    lines = [f"f,{f},{o},{x},{y},{x + w},{y + h}" for f, o, x, y, w, h in rows]
    found, problems = read_csv(HEADER + "\n".join(lines), "l.csv")
    assert not problems
    redaction = redact.redaction_of(found.rectangles, redact.Asked())
    if refusable:
        with pytest.raises(Refusal, match="rectangle-outside-image"):
            redact_object(file(made), redaction)
        return
    redacted = redact_object(file(made), redaction)
    redacted.prove(joined(redacted.parts))
    out = pydicom.dcmread(io.BytesIO(joined(redacted.parts)))
    assert np.array_equal(plane_bits(out[0x6000, 0x3000].value, 2, 7, 6), wanted)
    assert out.PixelData == image.tobytes()


# ---- overlays, high bits, regions, compressed frames


def test_r_means_the_image_unless_a_plane_is_named(here: Path) -> None:
    made = with_plane(with_plane(dataset(), 0x6000), 0x6002)
    (here / "a.dcm").write_bytes(file(made))

    def blank(*options: str) -> tuple[bool, bool, bool]:
        output = f"out{len(list(here.glob('out*')))}"
        assert run("a.dcm", "-r", "2,1,5,4", *options, "-o", output).exit_code == 0
        out = pydicom.dcmread(here / output)
        planes = tuple(not plane_bits(out[group, 0x3000].value, 1, 6, 8)[0, 1:4, 2:5].any() for group in (0x6000, 0x6002))
        return out.PixelData != made.PixelData, *planes

    assert blank() == (True, False, False)
    assert blank("--overlay", "6002") == (False, False, True)
    assert blank("--overlay", "6000", "--overlay", "6002") == (False, True, True)
    assert blank("--overlay", "*") == (False, True, True)
    assert blank("--overlay", "any") == (True, True, True)


def test_overlays_and_high_bits_are_removed_and_said(here: Path) -> None:
    made = with_embedded(with_plane(dataset(allocated=16, stored=12), 0x6002), 0x6000, 14)
    (here / "a.dcm").write_bytes(file(made))
    result = run("a.dcm", "--remove-overlays", "--remove-high-bit-overlays", "-r", "0,0,1,1", "-v")
    assert result.exit_code == 0, result.output
    assert "removed overlay 6000, 6002" in result.output
    assert "cleared the bits" in result.output
    out = pydicom.dcmread(here / "a.redacted.dcm")
    wanted = (np.frombuffer(made.PixelData, "<u2") & 0xFFF).copy()
    wanted[0] = 0
    assert out.PixelData == wanted.tobytes()
    assert not [element for element in out if element.tag.group & 0xFF00 == 0x6000]


def test_nothing_to_remove_is_said(here: Path) -> None:
    make(here / "a.dcm")
    result = run("a.dcm", "--remove-overlays")
    assert result.exit_code == 0
    assert "nothing to remove" in result.output
    assert (here / "a.redacted.dcm").read_bytes() == (here / "a.dcm").read_bytes()


def test_ultrasound_regions_stay_and_what_lies_around_them_goes(here: Path) -> None:
    made = dataset(frames=2)
    region = pydicom.Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0, region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 2, 1, 7, 5
    made.SequenceOfUltrasoundRegions = [region]
    (here / "a.dcm").write_bytes(file(made))
    assert run("a.dcm", "--remove-ultrasound-regions").exit_code == 0
    assert np.array_equal(frames(here / "a.redacted.dcm"), before(here / "a.dcm", (None, 0, 0, 8, 1), (None, 0, 0, 2, 6)))
    make(here / "b.dcm")
    result = run("b.dcm", "--remove-ultrasound-regions")
    assert result.exit_code == 1
    assert "no-ultrasound-regions" in result.output
    assert not (here / "b.redacted.dcm").exists()


@pytest.mark.parametrize("coded", [CODED["RLE"], CODED["JPEG-LS"], BLOCKS["JPEG"]], ids=lambda coded: coded.transfer_syntax)
def test_compressed_files_stay_compressed(here: Path, coded: Any) -> None:
    data = coded.frames(3)
    (here / "a.dcm").write_bytes(file(coded.object(data), coded.uid))
    (here / "l.csv").write_text(HEADER + "a.dcm,1,-1,0,0,7,7\n")
    assert run("--csv", "l.csv").exit_code == 0
    out = pydicom.dcmread(here / "a.redacted.dcm")
    assert out.file_meta.TransferSyntaxUID == coded.uid
    _, fragments = fragments_of(out)
    assert [held.rstrip(b"\0") for _, held in fragments][0::2] == [frame.rstrip(b"\0") for frame in data[0::2]]
    assert (coded.decode(fragments[1][1])[:8, :8] == coded.fill).all()


def test_rectangles_beyond_the_image_are_refused_in_lists_and_arguments_alike(here: Path) -> None:
    make(here / "a.dcm")
    make(here / "b.dcm", rows=20, columns=20)
    (here / "l.csv").write_text(HEADER + "a.dcm,0,-1,0,0,12,0\nb.dcm,0,-1,0,0,12,0\n")
    for options in (["--csv", "l.csv"], ["a.dcm", "b.dcm", "-r", "0,0,13,1"]):
        result = run(*options, "-o", f"out{len(options)}")
        assert result.exit_code == 1
        assert result.stderr.startswith("a.dcm: refused: rectangle-outside-image")
        assert "--clipped" in result.stderr and "by " in result.stderr
        assert files(here / f"out{len(options)}") == {"b.redacted.dcm"}
        assert run(*options, "--clipped", "-o", f"cut{len(options)}").exit_code == 0
        assert np.array_equal(frames(here / f"cut{len(options)}/a.redacted.dcm"), before(here / "a.dcm", (0, 0, 0, 8, 1)))


# ---- what it says


def test_json_says_what_was_done(here: Path) -> None:
    (here / "a.dcm").write_bytes(file(with_plane(dataset(frames=3), 0x6000)))
    make(here / "b.dcm")
    result = run("a.dcm", "b.dcm", "-r", "2,1,5,4", "--frames", "2-3", "--overlay", "any", "--json", "--new-uid")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["asked"], said["written"], said["duplicate"], said["refused"]) == (2, 1, 0, 1)
    one, other = said["files"]
    assert one["blanked"] == [
        {"rectangle": [2, 1, 5, 4], "frames": [2, 3], "overlay": None},
        {"rectangle": [2, 1, 5, 4], "frames": [1, 1], "overlay": "6000"},
    ]
    assert (one["file"], one["output"], one["outcome"], one["changed"]) == ("a.dcm", "a.redacted.dcm", "written", True)
    assert one["new_uid"] == pydicom.dcmread(here / "a.redacted.dcm").SOPInstanceUID
    assert other == {
        "file": "b.dcm",
        "outcome": "refused",
        "output": None,
        "refusal": {"code": "rectangle-outside-image", "rule": "-r 2,1,5,4"},
    }


def test_an_output_claims_nothing_and_no_message_holds_a_value(here: Path) -> None:
    made = make(here / "a.dcm")
    made.PatientIdentityRemoved, made.DeidentificationMethod = "NO", "none"
    (here / "a.dcm").write_bytes(file(made))
    result = run("a.dcm", "-r", "0,0,1,1", "-v")
    out = pydicom.dcmread(here / "a.redacted.dcm")
    assert (out.PatientName, out.PatientIdentityRemoved, out.DeidentificationMethod) == ("DOE^JANE", "NO", "none")
    assert out.SOPInstanceUID == "2.25.1"
    (here / "b.dcm").write_bytes(file(made)[:-20])
    broken = run("b.dcm", "-r", "0,0,1,1")
    assert broken.exit_code == 1
    assert "DOE" not in result.output + broken.output
    assert "truncated" in broken.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing says what to blank"),
        (["a.dcm"], "nothing says what to blank"),
        (["-r", "0,0,1,1"], "neither a file nor a list"),
        (["a.dcm", "--frames", "1", "--remove-overlays"], "--frames, --overlay and --clipped go with rectangles"),
        (["--csv", "l.csv", "--frames", "1"], "--frames, --overlay and --clipped go with rectangles"),
        (["a.dcm", "-r", "0,0,1,1", "--all"], "--all goes with --db"),
        (["in", "-r", "0,0,1,1"], "`in` is a folder"),
        (["nowhere.dcm", "-r", "0,0,1,1"], "there is no file `nowhere.dcm`"),
        (["a.dcm", "-r", "0,0,1,1", "1,1,2,2"], "each rectangle has a -r of its own"),
        (["a.dcm", "-r", "0,0,1,1,0,-1"], "frames are said by --frames, which counts from 1"),
        (["a.dcm", "--csv", "nowhere.csv"], "nowhere.csv"),
        (["a.dcm", "-r", "1,2,3"], "DR601"),
        (["a.dcm", "-r", "5,5,5,6"], "DR602"),
        (["a.dcm", "-r", "0,0,1,1", "--frames", "0"], "DR603"),
        (["a.dcm", "-r", "0,0,1,1", "--overlay", "0"], "6000"),
        (["a.dcm", "-r", "1,2,3", "--frames", "x", "--overlay", "y"], "DR604"),
        (["a.dcm", "--db", "in"], "DR605"),
    ],
)
def test_wrong_usage_touches_nothing(here: Path, arguments: list[str], said: str) -> None:
    make(here / "a.dcm")
    (here / "in").mkdir()
    (here / "l.csv").write_text(HEADER)
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert files(here) == {"a.dcm", "l.csv"}


def test_what_is_done_when_it_is_interrupted_stays_and_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.dcm", "b.dcm"):
        make(here / name)
    whole = redact.redact_files

    def once(jobs: Any) -> Iterator[Any]:
        yield next(whole(jobs))
        raise KeyboardInterrupt

    monkeypatch.setattr(redact, "redact_files", once)
    result = run("a.dcm", "b.dcm", "-r", "0,0,1,1")
    assert result.exit_code == 130
    assert "a.dcm -> a.redacted.dcm" in result.stdout and "interrupted" in result.stderr
    assert files(here) == {"a.dcm", "b.dcm", "a.redacted.dcm"}


def test_the_help_says_how_to_count() -> None:
    said = " ".join(run("--help").output.split())
    for words in (
        "first column",
        "left alone",
        "from 1",
        "from 0, -1 is any",
        "right and bottom are",
        "marked done",
        "no de-identification",
    ):
        assert words in said


def test_a_user_redacts_a_file_with_the_program(here: Path) -> None:
    make(here / "a.dcm", frames=2)
    done = subprocess.run(
        [sys.executable, "-c", "from deidrules.cli.main import main; main()", "redact", "a.dcm", "-r", "0,0,+4,+2", "--frames", "2", "-v"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "a.dcm -> a.redacted.dcm\n  blanked 0,0,4,2 in frame 2\n"
    assert np.array_equal(frames(here / "a.redacted.dcm"), before(here / "a.dcm", (1, 0, 0, 4, 2)))
