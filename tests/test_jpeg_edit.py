"""Rectangles blanked in JPEG streams of every shape, coefficient by coefficient against a slow decoder of its own."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jpeg_streams import ZRL, Box, Shape, cell_of, codes, coefficients, layout, read, touched, written
from strategies_jpeg import SAMPLINGS, SCANS, by_opencv, cut, darkest, geometries, photograph

from deidrules.pixels.jpeg import scan
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
DJPEG = shutil.which("djpeg")

GREY: dict[str, Any] = {}
COLOUR: dict[str, Any] = {"sampling": ((1, 1),) * 3, "scans": ((0, 1, 2),)}


def exact(shape: Shape, boxes: list[Box], *, white: bool = False) -> bytes:
    """Blank the boxes and hold every coefficient and every segment against the original; the new stream."""
    data = written(shape)
    out = cut(data, boxes, white=white)
    before, after = read(data), read(out)
    assert before.blocks == coefficients(shape)  # the slow decoder reads what was written
    assert after.segments == before.segments
    assert after.blocks.keys() == before.blocks.keys()
    cells = touched(shape, boxes)
    for place, block in after.blocks.items():
        if cell_of(shape, place) in cells:
            assert block == (darkest(shape, place[0], white), *[0] * 63), place
        else:
            assert block == before.blocks[place], place
    assert len(out) % 2 == 0
    assert out[after.length :] in (b"", b"\0")
    held = [Rectangle(*box) for box in boxes]
    assert same_beside(data, out, held, white=white)
    return out


def no_coefficient_beside_changes(geometry: tuple[Shape, list[Box]], white: bool, step: bool) -> None:
    shape, boxes = geometry
    try:
        with pytest.MonkeyPatch.context() as patch:
            if step:  # short streams too are brought in step rather than walked to their end
                patch.setattr(scan, "_SHORT", 0)
            exact(shape, boxes, white=white)
    except Refusal as refusal:
        # a table with so many codes of sixteen bits that no more fit
        assert refusal.code == "compressed-frame-unsupported"
        assert not roomy(shape)


def roomy(shape: Shape) -> bool:
    """True when each table of the stream has room for all the codes that may be lacking."""
    data = written(shape)
    at = 2
    while (at := data.find(b"\xff\xc4", at)) >= 0:
        body = data[at + 4 : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]
        while body:
            counts = body[1:17]
            used = sum(count << 16 - length for length, count in enumerate(counts, start=1))
            if (1 << 16) - used <= 18:
                return False
            body = body[17 + sum(counts) :]
        at += 2
    return True


@QUICK
@given(geometries(), st.booleans(), st.booleans())
def test_no_coefficient_outside_the_touched_blocks_differs(geometry: tuple[Shape, list[Box]], white: bool, step: bool) -> None:
    no_coefficient_beside_changes(geometry, white, step)


@pytest.mark.long
@settings(QUICK, max_examples=1000)
@given(geometries(), st.booleans(), st.booleans())
def test_no_coefficient_outside_touched_blocks_differs_in_a_thousand(geometry: tuple[Shape, list[Box]], white: bool, step: bool) -> None:
    no_coefficient_beside_changes(geometry, white, step)


@pytest.mark.parametrize("interval", [0, 1, 5])
@pytest.mark.parametrize("scans", SCANS)
@pytest.mark.parametrize("name", SAMPLINGS)
def test_every_sampling_in_every_order_of_scans(name: str, scans: tuple[tuple[int, ...], ...], interval: int) -> None:
    shape = Shape(61, 43, SAMPLINGS[name], scans, interval=interval, seed=len(name))
    exact(shape, [(17, 5, 30, 20), (60, 42, 61, 43)])


@pytest.mark.parametrize("precision", [8, 12])
@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 64, 8), (0, 40, 64, 48), (8, 8, 16, 16), (0, 0, 64, 48), (63, 47, 64, 48), (0, 0, 1, 1)])
def test_a_grey_image_of_either_precision(box: Box, white: bool, precision: int) -> None:
    exact(Shape(64, 48, precision=precision), [box], white=white)


def test_a_rectangle_wider_than_the_image_is_cut_to_it_and_one_beside_it_changes_nothing() -> None:
    shape = Shape(20, 20)
    exact(shape, [(12, 12, 999, 999)])
    exact(shape, [(20, 20, 30, 30)])
    assert cut(written(shape), [(20, 0, 30, 20)]).rstrip(b"\0") == written(shape).rstrip(b"\0")


def test_what_stands_behind_the_end_of_the_image_is_left_out() -> None:
    for behind in (b"VANDERPLUME", b"\0\0\0", b"\xff\xd9", b"\xff\xd8\xff"):
        out = exact(Shape(32, 32, behind=behind), [(0, 0, 8, 8)])
        assert out.rstrip(b"\0").endswith(b"\xff\xd9") and b"VANDER" not in out


def test_the_data_behind_a_rectangle_are_copied_as_they_stand_where_zeros_can_bring_the_bits_in_step() -> None:
    """Runs of sixteen zeros before an end of block say nothing, but take bits: of odd length, they make up any difference."""
    lengths = set()
    for seed in range(12):
        shape = Shape(128, 64, dense=0.6, seed=seed)
        data = written(shape)
        length = zero_run_bits(data)
        if length % 2 and length not in lengths:
            lengths.add(length)
            out = exact(shape, [(0, 0, 40, 8)])
            assert data[-3000:] == out.rstrip(b"\0")[-3000:]
    assert lengths


def zero_run_bits(data: bytes) -> int:
    """Bits of the code of sixteen zeros in the first table of AC coefficients."""
    body = tables(data)[4:]
    while body[0] >> 4 == 0:
        body = body[17 + sum(body[1:17]) :]
    return len(codes((tuple(body[1:17]), tuple(body[17 : 17 + sum(body[1:17])])))[ZRL])


def test_streams_shorter_than_the_step_are_walked_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(6):
        shape = Shape(120, 24, SAMPLINGS["4:2:0"], ((0, 1, 2),), seed=seed)
        walked = exact(shape, [(0, 0, 40, 8)])
        monkeypatch.setattr(scan, "_SHORT", 0)
        stepped = exact(shape, [(0, 0, 40, 8)])
        monkeypatch.undo()
        assert read(walked).blocks == read(stepped).blocks


def test_bits_that_nothing_brings_in_step_are_copied_aside_when_the_last_byte_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a code of sixteen zeros, or with one of even length: padding grows, but never to a byte that decoders would stumble over."""
    monkeypatch.setattr(scan, "_SHORT", 0)
    aside = 0
    for seed in range(40):
        shape = Shape(96, 40, dense=0.5, complete=False, seed=seed)
        blocks = {
            place: (block[0], *[1 if value > 0 else -1 if value else 0 for value in block[1:60]], 0, 0, 0, 0)
            for place, block in coefficients(shape).items()
        }
        data = written(shape, blocks)
        out = cut(data, [(0, 0, 96, 8)])
        before, after = read(data), read(out)  # refuses padding of a byte, or of anything but ones
        cells = touched(shape, [(0, 0, 96, 8)])
        assert all(after.blocks[place] == block for place, block in before.blocks.items() if cell_of(shape, place) not in cells)
        assert same_beside(data, out, [Rectangle(0, 0, 96, 8)])
        aside += data[-200:-30] not in out
    assert aside


def test_a_table_without_the_codes_that_a_blank_needs_grows_and_keeps_its_own() -> None:
    # every block ends with its last coefficient and no difference is large: there is no end of block, and no code for a large one
    shape = Shape(64, 32, dense=1.0, complete=False, seed=3)
    blocks = {place: (5, *[1, -1, 1] * 21) for place in coefficients(shape)}
    data = written(shape, blocks)
    out = cut(data, [(20, 4, 30, 20)])
    before, after = read(data), read(out)
    cells = touched(shape, [(20, 4, 30, 20)])
    assert cells and all(after.blocks[place] == block for place, block in before.blocks.items() if cell_of(shape, place) not in cells)
    assert all(after.blocks[place][1:] == (0,) * 63 for place in before.blocks if cell_of(shape, place) in cells)
    assert len(tables(out)) > len(tables(data))
    assert same_beside(data, out, [Rectangle(20, 4, 30, 20)])


def tables(data: bytes) -> bytes:
    at = data.index(b"\xff\xc4")
    return data[at : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]


def test_a_table_that_is_full_is_refused() -> None:
    # a code of each length: behind the last there is only the one of sixteen ones, which T.81 keeps free
    shape = Shape(16, 16, complete=False, full=True)
    data = written(shape, {place: (5, *[1] * 63) for place in coefficients(shape)})
    assert bytes([16, *[1] * 16, *range(1, 17)]) in tables(data)
    with pytest.raises(Refusal, match="compressed-frame-unsupported"):
        cut(data, [(0, 0, 8, 8)])
    assert read(cut(data, [(16, 16, 17, 17)])).blocks == read(data).blocks


# ---- streams of other encoders


OTHERS: dict[str, tuple[bytes, tuple[tuple[int, int], ...]]] = {
    "grey": (bytes(imagecodecs.jpeg8_encode(photograph(83, 61, 1), level=90)), ((1, 1),)),
    "12 bit": (bytes(imagecodecs.jpeg8_encode(photograph(83, 61, 1, 12), level=90, bitspersample=12)), ((1, 1),)),
    "optimised": (bytes(imagecodecs.jpeg8_encode(photograph(83, 61, 3), level=75, optimize=True)), SAMPLINGS["4:2:0"]),
    "red, green, blue": (
        bytes(imagecodecs.jpeg8_encode(photograph(83, 61, 3), level=90, colorspace="rgb", outcolorspace="rgb")),
        SAMPLINGS["4:4:4"],
    ),
    **{
        name: (bytes(imagecodecs.jpeg8_encode(photograph(83, 61, 3), level=90, subsampling=name.replace(":", ""))), SAMPLINGS[name])
        for name in ("4:4:4", "4:2:2", "4:2:0", "4:1:1", "4:4:0")
    },
    "restarts": (
        by_opencv(photograph(83, 61, 3), cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
        SAMPLINGS["4:2:2"],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_streams_of_libjpeg_show_black_inside_and_the_same_outside(name: str) -> None:
    data, sampling = OTHERS[name]
    samples = len(sampling)
    frame = next(body for marker, body in read(data).segments if marker in (0xC0, 0xC1))
    shape = Shape(83, 61, tuple((size >> 4, size & 15) for size in frame[7::3]))
    assert shape.sampling == sampling
    rgb = "rgb" if name == "red, green, blue" else None
    before = imagecodecs.jpeg8_decode(data, colorspace=rgb, outcolorspace=rgb)
    chance = random.Random(name)
    for _ in range(8):
        left, top = chance.randrange(83), chance.randrange(61)
        boxes = [(left, top, chance.randint(left + 1, 83), chance.randint(top + 1, 61))]
        out = cut(data, boxes)
        after = imagecodecs.jpeg8_decode(out, colorspace=rgb, outcolorspace=rgb)
        (left, top, right, bottom) = boxes[0]
        assert after.shape == before.shape == ((61, 83, 3) if samples == 3 else (61, 83))
        assert after[top:bottom, left:right].max() == 0
        wide, high = shape.cell
        beside = np.ones((61, 83), bool)
        for row, column in touched(shape, boxes):
            # decoders interpolate shared chroma: one block beside differs as displayed, none as stored
            beside[max(0, row * high - 2) : (row + 1) * high + 2, max(0, column * wide - 2) : (column + 1) * wide + 2] = False
        assert np.array_equal(before[beside], after[beside])
        first, second = read(data), read(out)
        cells = touched(shape, boxes)
        assert all(second.blocks[place] == block for place, block in first.blocks.items() if cell_of(shape, place) not in cells)


@pytest.mark.skipif(DJPEG is None, reason="djpeg is not installed")
@pytest.mark.parametrize("name", [*(name for name in OTHERS if name != "12 bit"), *SAMPLINGS])
def test_djpeg_reads_the_result_without_a_warning(name: str) -> None:
    assert DJPEG is not None
    chance = random.Random(name)
    for number in range(3):
        columns, rows = (83, 61) if name in OTHERS else (chance.randint(1, 90), chance.randint(1, 90))
        shape = Shape(columns, rows, SAMPLINGS.get(name, ()), chance.choice(SCANS), interval=3 * number, dense=0.02, seed=number)
        data = OTHERS[name][0] if name in OTHERS else written(shape)
        left, top = chance.randrange(columns), chance.randrange(rows)
        for stream in (data, cut(data, [(left, top, chance.randint(left + 1, columns), chance.randint(top + 1, rows))])):
            done = subprocess.run([DJPEG, "-strict", "-pnm"], input=stream, capture_output=True, timeout=30)
            assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.long
@pytest.mark.skipif(DJPEG is None, reason="djpeg is not installed")
def test_djpeg_reads_a_thousand_results_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DJPEG is not None
    chance = random.Random(11)
    for seed in range(1000):
        sampling = chance.choice([((1, 1),), *SAMPLINGS.values()])
        scans = chance.choice(SCANS) if len(sampling) == 3 else ((0,),)
        interval = chance.choice((0, 0, 1, 4))
        shape = Shape(chance.randint(1, 90), chance.randint(1, 60), sampling, scans, interval=interval, dense=0.05, seed=seed)
        left, top = chance.randrange(shape.columns), chance.randrange(shape.rows)
        monkeypatch.setattr(scan, "_SHORT", chance.choice((0, 2048)))
        out = cut(written(shape), [(left, top, chance.randint(left + 1, shape.columns), chance.randint(top + 1, shape.rows))])
        done = subprocess.run([DJPEG, "-strict", "-pnm"], input=out, capture_output=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, b""), shape


# ---- refusals


def test_other_processes_are_refused() -> None:
    image = photograph(40, 40, 3)
    progressive = by_opencv(image, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    lossless = bytes(imagecodecs.jpeg8_encode(image, lossless=True, predictor=1))
    sequential = written(Shape(16, 16))
    others = [sequential.replace(b"\xff\xc0", bytes([0xFF, marker])) for marker in (0xC9, 0xC5, 0xCD, 0xCB)]  # arithmetic, hierarchical
    for stream in (progressive, lossless, *others):
        with pytest.raises(Refusal, match="compressed-frame-unsupported"):
            cut(stream, [(0, 0, 8, 8)])


def test_streams_that_contradict_themselves_are_refused() -> None:
    data = written(Shape(40, 40, interval=3))
    for stream in (
        b"",
        b"\xff\xd8",
        data[:-2],
        data[: len(data) // 2],
        data.replace(b"\xff\xd0", b"\xff\xd1"),  # restarts out of order
        data.replace(b"\xff\xdd\0\4\0\3", b"\xff\xdd\0\4\0\2"),  # more of them than there are
        data.replace(b"\xff\xda\0\x08\1\1", b"\xff\xda\0\x08\1\2"),  # a component that is none
        data.replace(b"\xff\xda\0\x08\1\1\0", b"\xff\xda\0\x08\1\1\x33"),  # tables that are not there
        data.replace(b"\0\x28\0\x28", b"\0\x60\0\x28"),  # more rows than blocks
    ):
        with pytest.raises(Refusal, match="compressed-frame-broken"):
            cut(stream, [(0, 0, 8, 8), (0, 32, 40, 40)])


def test_a_second_scan_of_the_same_component_is_refused() -> None:
    data = written(Shape(16, 16))
    start = data.index(b"\xff\xda")
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        cut(data[:-2] + data[start:], [(0, 0, 8, 8)])


def corrupted(count: int) -> None:
    chance = random.Random(count)
    sources = [data for data, _ in OTHERS.values()]
    sources += [
        written(Shape(50, 40, sampling, scans, interval=interval, dense=0.2, seed=interval))
        for sampling in (SAMPLINGS["4:2:0"], SAMPLINGS["uneven"])
        for scans in SCANS[:3]
        for interval in (0, 2)
    ]
    outputs = refusals = 0
    slowest = 0.0
    for _ in range(count):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.choice((1, 1, 2, 8, 40))):
            # half of the damage goes to the headers
            place = chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 700))
            match chance.randrange(5):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    data[place] ^= 1 << chance.randrange(8)
                case 2:
                    del data[place : place + chance.randrange(1, 9)]
                case 3:
                    data[place:place] = chance.randbytes(chance.randrange(1, 9))
                case _:
                    data[place : place + 2] = bytes([0xFF, chance.randrange(0xC0, 0x100)])
            if len(data) < 4:
                break
        left, top = chance.randrange(80), chance.randrange(60)
        box = (left, top, left + chance.randint(1, 90), top + chance.randint(1, 60))
        began = time.perf_counter()
        try:
            out = cut(bytes(data), [box])
            outputs += 1
            assert out.startswith(b"\xff\xd8") and len(out) % 2 == 0
            assert same_beside(bytes(data), out, [Rectangle(*box)])
        except Refusal as refusal:
            assert refusal.code in ("compressed-frame-broken", "compressed-frame-unsupported")
            refusals += 1
        slowest = max(slowest, time.perf_counter() - began)
    assert outputs and refusals
    assert slowest < 5, slowest


def test_a_broken_stream_gives_an_output_or_a_refusal() -> None:
    corrupted(100)


@pytest.mark.long
def test_a_thousand_broken_streams_give_an_output_or_a_refusal() -> None:
    corrupted(1000)


def test_a_header_that_promises_a_huge_image_costs_nothing() -> None:
    data = written(Shape(16, 16))
    for box in ((0, 0, 8, 8), (0, 0, 65535, 65535), (65000, 65000, 65001, 65001)):
        began = time.perf_counter()
        with pytest.raises(Refusal, match="compressed-frame-broken"):
            cut(data.replace(b"\0\x10\0\x10", b"\xff\xff\xff\xff"), [box])
        assert time.perf_counter() - began < 2


def test_the_layout_of_the_test_is_that_of_the_standard() -> None:
    """T.81 A.2.3, figure A.3: three components, the first of 2 x 2 blocks."""
    mcus = layout(32, 16, SAMPLINGS["4:2:0"], (0, 1, 2))
    assert mcus[1] == [(0, 0, 2), (0, 0, 3), (0, 1, 2), (0, 1, 3), (1, 0, 1), (2, 0, 1)]
