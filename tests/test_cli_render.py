"""`deidrules render`, as somebody at a terminal meets it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from click.testing import CliRunner, Result
from compressed_objects import BLOCKS, encapsulated
from pixel_objects import EXPLICIT, dataset, file
from pydicom.dataset import Dataset
from test_pixels_overlay import with_embedded, with_plane

from deidrules.cli.main import main
from deidrules.text.refusals import REFUSALS


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, ["render", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def put(folder: Path, made: Dataset, name: str = "one.dcm", transfer_syntax: str = EXPLICIT) -> Path:
    path = folder / name
    path.write_bytes(file(made, transfer_syntax))
    return path


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: imagecodecs.png_decode(path.read_bytes()) for path in sorted(folder.iterdir())}


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """Three frames of 12 of 16 bits, a plane in bit 15, further bits of which nothing is said, a plane over all frames, one of two frames
    over the second and third."""
    words = np.arange(144, dtype="u2")
    words[50:60] |= 1 << 15
    words[100:110] |= 1 << 13
    made = with_embedded(dataset(frames=3, allocated=16, stored=12, value=words.tobytes()), 0x6000, 15)
    with_plane(made, 0x6002, rows=3, columns=4)
    with_plane(made, 0x6004, frames=2, first=2)
    return put(tmp_path, made)


ALL = {
    *(f"one.frame-000{frame}.png" for frame in (1, 2, 3)),
    *(f"one.overlay-6000.frame-000{frame}.png" for frame in (1, 2, 3)),
    "one.overlay-6002.png",
    *(f"one.overlay-6004.frame-000{frame}.png" for frame in (2, 3)),
    "one.high-bits-13.frame-0003.png",
}


def test_everything_that_can_be_seen_is_written_under_a_name_that_says_what_it_is(everything: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(everything, "-o", out)
    assert result.exit_code == 0, result.output
    assert result.output == "pictures written: frames 3, overlay planes 6, bits beside the image 1\n"
    found = pictures(out)
    assert set(found) == ALL
    assert found["one.frame-0001.png"].shape == (6, 8)
    assert np.flatnonzero(found["one.overlay-6000.frame-0002.png"]).tolist() == list(range(2, 12))
    assert not found["one.overlay-6000.frame-0001.png"].any()
    assert np.flatnonzero(found["one.high-bits-13.frame-0003.png"]).tolist() == list(range(4, 14))
    assert found["one.overlay-6002.png"].shape == (3, 4) and (found["one.overlay-6002.png"] == 255).all()


def test_pictures_are_for_their_owner_alone(everything: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        run(everything, "-o", tmp_path / "new" / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new" / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new" / "out").iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--frame", "1"], {"one.frame-0001.png", "one.overlay-6000.frame-0001.png", "one.overlay-6002.png"}),
        (["--frame", "3", "--frame", "1"], {name for name in ALL if "0002" not in name}),
        (["--overlay", "6004"], {name for name in ALL if "6004" in name}),
        (["--overlay", "6000", "--overlay", "6002"], {name for name in ALL if "6000" in name or "6002" in name}),
        (["--overlay", "6000", "--overlay", "6004", "--frame", "2"], {f"one.overlay-{group}.frame-0002.png" for group in ("6000", "6004")}),
    ],
)
def test_frames_and_planes_are_chosen(everything: Path, tmp_path: Path, options: list[str], wanted: set[str]) -> None:
    assert run(everything, *options, "-o", tmp_path / "out").exit_code == 0
    assert set(pictures(tmp_path / "out")) == wanted


def test_json_says_what_each_picture_is(everything: Path, tmp_path: Path) -> None:
    result = run(everything, "--json", "-o", tmp_path / "out")
    said = json.loads(result.stdout)
    assert {entry["name"] for entry in said} == ALL
    assert said[0] == {"what": "frame", "frame": 1, "name": "one.frame-0001.png", "rows": 6, "columns": 8}
    assert {"what": "overlay", "overlay": "6002", "name": "one.overlay-6002.png", "rows": 3, "columns": 4} in said
    assert {"what": "high-bits", "frame": 3, "bit": 13, "name": "one.high-bits-13.frame-0003.png", "rows": 6, "columns": 8} in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--frame", "4"], "no frame 4"),
        (["--frame", "0"], "0 is not in the range"),
        (["--overlay", "6006"], "no overlay plane 6006"),
        (["--overlay", "7000"], "`7000` is no overlay group"),
        (["--overlay", "6001"], "`6001` is no overlay group"),
    ],
)
def test_what_the_file_does_not_have_is_a_wrong_use(everything: Path, tmp_path: Path, options: list[str], said: str) -> None:
    result = run(everything, *options, "-o", tmp_path / "out")
    assert result.exit_code == 2 and said in result.output
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_the_same_picture_again_is_no_fault(everything: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(everything, "-o", out).exit_code == 0
    (out / "one.frame-0002.png").write_bytes(b"another")
    (out / "one.overlay-6002.png").unlink()
    (out / "one.overlay-6002.png").symlink_to(tmp_path / "nowhere")
    result = run(everything, "-o", out)
    assert result.exit_code == 1
    assert f"frame 2 refused: conflict, {REFUSALS['conflict']}\n" in result.stderr
    assert "overlay plane 6002 refused: conflict" in result.stderr
    assert (out / "one.frame-0002.png").read_bytes() == b"another" and not (tmp_path / "nowhere").exists()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_frame_that_cannot_be_decoded_is_refused_for_itself(tmp_path: Path) -> None:
    whole = BLOCKS["JPEG"].frames(3)
    path = put(tmp_path, BLOCKS["JPEG"].object([whole[0], whole[1][:200], whole[2]]), transfer_syntax=BLOCKS["JPEG"].uid)
    result = run(path, "--json", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert set(pictures(tmp_path / "out")) == {"one.frame-0001.png", "one.frame-0003.png"}
    refused = [entry for entry in json.loads(result.stdout) if "refusal" in entry]
    assert [(entry["frame"], entry["refusal"]["code"]) for entry in refused] == [(2, "compressed-frame-broken")]
    assert f"frame 2 refused: compressed-frame-broken, {REFUSALS['compressed-frame-broken']}\n" == result.stderr


def test_video_and_planes_without_a_description_are_refused_with_a_code(tmp_path: Path) -> None:
    video = encapsulated(dataset(frames=2, samples=3, photometric="YBR_PARTIAL_420", value=b""), [b"\0\0\1\xb3"])
    result = run(put(tmp_path, video, transfer_syntax="1.2.840.10008.1.2.4.100"), "-o", tmp_path)
    assert result.exit_code == 1 and "frame 1 refused: encapsulated-pixels-unsupported" in result.stderr
    plane = with_plane(dataset())
    plane[0x6000, 0x0010].value = 4000
    result = run(put(tmp_path, plane, "plane"), "-o", tmp_path)
    assert result.exit_code == 1 and "overlay plane 6000 refused: overlay-attributes" in result.stderr
    assert {path.name for path in tmp_path.glob("*.png")} == {"plane.frame-0001.png"}


def test_a_file_without_pictures_or_that_is_no_dicom_is_said_to_be_so(tmp_path: Path) -> None:
    bare = dataset()
    del bare.PixelData
    result = run(put(tmp_path, bare), "-o", tmp_path)
    assert result.exit_code == 1 and result.output == "the file holds neither pixel data nor overlay planes\n"
    (tmp_path / "text").write_text("no DICOM, this")
    result = run(tmp_path / "text", "-o", tmp_path)
    assert result.exit_code == 1 and "refused: not-dicom" in result.stderr
    short = dataset(allocated=16)
    short.Rows = 9
    result = run(put(tmp_path, short), "-o", tmp_path)
    assert result.exit_code == 1 and "refused: pixel-data-short" in result.stderr
    assert run(tmp_path / "absent").exit_code == 2
    assert run(tmp_path).exit_code == 2


def test_an_overlay_without_an_image_is_shown(tmp_path: Path) -> None:
    alone = with_plane(dataset(), 0x6010, rows=9, columns=5)
    del alone.PixelData
    assert run(put(tmp_path, alone), "-o", tmp_path / "out").exit_code == 0
    assert {name: array.shape for name, array in pictures(tmp_path / "out").items()} == {"one.overlay-6010.png": (9, 5)}


def test_a_folder_that_cannot_be_made_stops_the_command(everything: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run(everything, "-o", tmp_path / "file" / "out")
    assert result.exit_code == 3 and "stopped early: write-error" in result.stderr


def test_the_suffix_is_cut_and_colours_stay(tmp_path: Path) -> None:
    path = put(tmp_path, dataset(samples=3, photometric="RGB", allocated=16, stored=10), "a.b.DCM")
    assert run(path, "-o", tmp_path / "out").exit_code == 0
    found = pictures(tmp_path / "out")
    assert set(found) == {"a.b.frame-0001.png", *(f"a.b.high-bits-{bit}.frame-0001.png" for bit in range(10, 16))}
    assert {array.shape for array in found.values()} == {(6, 8, 3)}


def test_help_warns_that_pictures_identify() -> None:
    said = " ".join(run("--help").output.split())
    assert "burned-in names too" in said and "Frames count from 1" in said
