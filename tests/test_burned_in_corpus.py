"""Every box of text that somebody saw in real files, blanked by a recipe written from the list, and looked for again by other decoders."""

from __future__ import annotations

import csv
import json
import shutil
import warnings
from pathlib import Path
from typing import NamedTuple

import cv2
import imagecodecs
import make_burned_in
import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from make_burned_in import Box, Rule
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array

from deidrules.cli.main import main

pytestmark = pytest.mark.skipif(
    not make_burned_in.LIST.is_file(), reason="needs ../shared/corpus, real files that are not part of the project"
)

PREFIX = "1.2.840.10008.1.2.4."
BASELINE = PREFIX + "50"
LOSSLESS_JPEG = (PREFIX + "57", PREFIX + "70")


class Pair(NamedTuple):
    """A file before and after; `rule` is the one that stands for it, `seen` are its own boxes."""

    before: Path
    after: Path
    rule: Rule
    seen: list[tuple[Box, str]]

    def datasets(self) -> tuple[Dataset, Dataset]:
        return pydicom.dcmread(self.before, force=True), pydicom.dcmread(self.after)


class Run(NamedTuple):
    rules: list[Rule]
    pairs: list[Pair]
    refused: dict[Path, str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("burned-in")
    rules = make_burned_in.write(folder / "profile")
    seen = make_burned_in.seen()
    (folder / "in").mkdir()
    copies = {path: folder / "in" / f"{number:02}-{path.name}" for number, path in enumerate(seen, start=1)}
    for path, copy in copies.items():
        shutil.copyfile(path, copy)
    arguments = ["apply-profile", folder / "profile", folder / "in", "--output", folder / "out", "--run", folder / "run"]
    result = CliRunner().invoke(main, [*map(str, arguments), "--layout", "mirror-names"])
    assert result.exit_code in (0, 1), result.output
    with (folder / "run" / "sources.csv").open(encoding="utf-8", newline="") as file:
        origin = {row["source"]: Path(row["path"]).name for row in csv.DictReader(file)}
    quarantine = [json.loads(line) for line in (folder / "run" / "quarantine.jsonl").read_text("utf-8").splitlines()]
    codes = {origin[line["source"]]: line["code"] for line in quarantine}
    by_file = {path: rule for rule in rules for path in rule.files}
    written = {path: folder / "out" / copy.name for path, copy in copies.items() if copy.name not in codes}
    pairs = [Pair(path, out, by_file[path], seen[path]) for path, out in written.items()]
    return Run(rules, pairs, {path: codes[copy.name] for path, copy in copies.items() if copy.name in codes})


def frame_of(dataset: Dataset, number: int) -> np.ndarray:
    """rows x columns x samples as stored, counted from 0; of JPEG, luma and chroma."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dataset.file_meta.TransferSyntaxUID in LOSSLESS_JPEG:
            coded = list(generate_frames(dataset.PixelData, number_of_frames=count(dataset)))[number]
            samples = imagecodecs.jpeg8_decode(coded)
        else:
            samples = pixel_array(dataset, index=number, raw=True)
    return np.asarray(samples).reshape(dataset.Rows, dataset.Columns, -1).astype("i4")


def count(dataset: Dataset) -> int:
    return int(dataset.get("NumberOfFrames") or 1)


def mask_of(boxes: set[Box], shape: tuple[int, ...], overlay: str = "") -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    for box in boxes:
        if box.overlay == overlay:
            mask[box.y0 : box.y1, box.x0 : box.x1] = True
    return mask


def grown(mask: np.ndarray, dataset: Dataset) -> np.ndarray:
    """What may change around the boxes: nothing, but in JPEG the minimum coded units that hold a part of one, those that share chroma with
    its edge, and the pixel beside them where a decoder smooths shared chroma."""
    if dataset.file_meta.TransferSyntaxUID != BASELINE:
        return mask
    coded = next(generate_frames(dataset.PixelData, number_of_frames=count(dataset)))
    at = coded.index(b"\xff\xc0")
    factors = [coded[at + 11 + 3 * part] for part in range(coded[at + 9])]
    width, height = 8 * max(factor >> 4 for factor in factors), 8 * max(factor & 15 for factor in factors)
    shared = np.ones((1 + 2 * (height > 8), 1 + 2 * (width > 8)), "u1")
    rows, columns = -(-mask.shape[0] // height), -(-mask.shape[1] // width)
    whole = np.zeros((rows * height, columns * width), bool)
    whole[: mask.shape[0], : mask.shape[1]] = cv2.dilate(mask.astype("u1"), shared)
    units = whole.reshape(rows, height, columns, width).any(axis=(1, 3))
    held = np.kron(units, np.ones((height, width), bool))[: mask.shape[0], : mask.shape[1]]
    return cv2.dilate(held.astype("u1"), np.ones((3, 3), "u1")) > 0 if shared.size > 1 else held


def test_every_file_with_text_is_written_and_no_box_is_left_out(run: Run) -> None:
    assert run.refused == {}, {path.name: code for path, code in run.refused.items()}
    assert len(run.pairs) == 46
    assert sum(len(pair.seen) for pair in run.pairs) == 289
    for pair in run.pairs:
        assert {box for box, _ in pair.seen} <= pair.rule.boxes


def test_each_box_is_blank_in_every_frame_and_all_else_as_it_was(run: Run) -> None:
    for pair in run.pairs:
        before, after = pair.datasets()
        assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID, pair.before.name
        assert count(before) == count(after)
        for number in range(count(before)):
            one, other = frame_of(before, number), frame_of(after, number)
            mask = mask_of(pair.rule.boxes, one.shape)
            inside = other[mask]
            assert (inside == inside[0]).all(), (pair.before.name, number)
            outside = ~grown(mask, before)
            assert outside.any()
            if "ovly_p01" not in pair.before.name:  # bits of its planes lie in its samples
                assert np.array_equal(one[outside], other[outside]), (pair.before.name, number)


def test_there_was_something_in_each_box_that_names_somebody(run: Run) -> None:
    for pair in run.pairs:
        if pair.before.name == "ct.dcm":
            continue  # the list gives it the boxes of another file, CT-MONO2-16-ankle: it has no text of its own
        before, _ = pair.datasets()
        frame = frame_of(before, 0)
        for box, kind in pair.seen:
            if kind == "phi":
                assert np.ptp(frame[box.y0 : box.y1, box.x0 : box.x1], axis=(0, 1)).max() > 0, (pair.before.name, box)


def test_text_in_overlay_planes_goes_from_its_own_plane_and_from_no_other(run: Run) -> None:
    (pair,) = [pair for pair in run.pairs if any(kind == "overlay" for _, kind in pair.seen)]
    before, after = pair.datasets()
    for group in ("6004", "6006"):
        one, other = before.overlay_array(int(group, 16)), after.overlay_array(int(group, 16))
        mask = mask_of(pair.rule.boxes, one.shape, group)
        assert one[mask].any() and not other[mask].any()
        assert np.array_equal(one[~mask], other[~mask])
    words, changed = (np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns) for dataset in (before, after))
    frame = mask_of(pair.rule.boxes, words.shape)
    for group, bit in (("6000", 15), ("6002", 14)):
        one, other = (words >> bit & 1).astype(bool), (changed >> bit & 1).astype(bool)
        mask = mask_of(pair.rule.boxes, one.shape, group)
        assert one[mask].any() and not other[mask].any()
        assert np.array_equal(one[~mask], other[~mask])
    image = np.uint16((1 << 14) - 1)
    assert np.array_equal((words & image)[~frame], (changed & image)[~frame])
