"""The walk over coded blocks against the slow decoder: positions, predictions, pages of windows, stretches that say nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jpeg_streams import Coefficients, Place, Shape, layout, read, written
from strategies_jpeg import SAMPLINGS, cut, photograph, shapes

from deidrules.pixels.jpeg import bits
from deidrules.pixels.jpeg.bits import CodedBits
from deidrules.pixels.jpeg.edit import grid_of
from deidrules.pixels.jpeg.huffman import codes_of, walk_table
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.pixels.jpeg.stream import intervals, parse
from deidrules.pixels.jpeg.walk import Slot, Walk
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def walks(data: bytes, shape: Shape) -> Iterator[tuple[Walk, list[list[Place]]]]:
    """A walk over each interval of each scan, with the places of the blocks of its MCUs."""
    stream = parse(data)
    for scan, order in zip(stream.scans, shape.scans, strict=True):
        grid = grid_of(stream, scan)
        slots = tuple(
            Slot(walk_table(part.dc, part.ac), codes_of(part.dc), codes_of(part.ac), 0, count)
            for part, count in zip(scan.components, grid.blocks, strict=True)
        )
        mcus = layout(shape.columns, shape.rows, shape.sampling, order)
        length = scan.interval or len(mcus)
        for number, (coded, _) in enumerate(intervals(stream, scan, len(mcus))):
            yield Walk(coded, slots), mcus[number * length : (number + 1) * length]


def decoded(walk: Walk, number: int) -> Coefficients:
    walk.predictions[number] += walk.difference(number)
    block = [walk.predictions[number], *[0] * 63]
    for place, value in walk.block(number):
        block[place] = value
    return tuple(block)


def right_wherever_it_stops(shape: Shape, skips: list[int]) -> None:
    data = written(shape)
    blocks = read(data).blocks
    for walk, mcus in walks(data, shape):
        reached = turn = 0
        while reached < len(mcus):
            count = min(skips[turn % len(skips)], len(mcus) - reached)
            walk.skip(count)
            reached += count
            if reached:
                for number, place in zip(walk.order, mcus[reached - 1], strict=True):
                    assert walk.predictions[number] == blocks[last_of(mcus[reached - 1], place)][0]
            if reached < len(mcus):
                assert [decoded(walk, number) for number in walk.order] == [blocks[place] for place in mcus[reached]]
                reached += 1
            turn += 1
        assert 0 <= walk.bits.end - walk.position < 8


def last_of(mcu: list[Place], place: Place) -> Place:
    """The last block of the same component."""
    return [other for other in mcu if other[0] == place[0]][-1]


@QUICK
@given(shapes(), st.lists(st.integers(0, 90), min_size=1, max_size=4).filter(any))
def test_a_walk_knows_position_and_predictions_wherever_it_stops(shape: Shape, skips: list[int]) -> None:
    right_wherever_it_stops(shape, skips)


@pytest.mark.parametrize("quiet", [0.5, 1.0])
@pytest.mark.parametrize("name", SAMPLINGS)
def test_stretches_that_say_nothing_are_passed_whole(name: str, quiet: float) -> None:
    for seed in range(4):
        right_wherever_it_stops(Shape(400, 90, SAMPLINGS[name], ((0, 1, 2),), quiet=quiet, dense=0.02, seed=seed), [11, 200])


def test_a_black_image_is_walked_in_a_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(imagecodecs.jpeg8_encode(np.zeros((2000, 2000), "u1"), level=90))
    counted: list[int] = []
    repeated = CodedBits.repeated
    monkeypatch.setattr(CodedBits, "repeated", lambda *given: counted.append(repeated(*given)) or counted[-1])
    walk, mcus = next(walks(data, Shape(2000, 2000)))
    walk.skip(len(mcus))
    assert len(counted) < 60 and sum(counted) > len(mcus) // 8 - 60


@pytest.mark.parametrize("page", [2608, 4096])
def test_pages_may_end_within_any_block(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(bits, "_SMALLEST_PAGE", page)
    monkeypatch.setattr(bits, "_LARGEST_PAGE", page)
    for seed, name in enumerate(("4:4:4", "4:2:0", "uneven")):
        right_wherever_it_stops(Shape(160, 120, SAMPLINGS[name], ((0, 1, 2),), dense=0.5, seed=seed), [7, 1000, 0, 33])


def test_windows_are_the_next_sixteen_bits_with_stuffing_left_out() -> None:
    chance = random.Random(4)
    for length in (0, 1, 2, 3, 500, 20_000):
        plain = bytes(chance.choice((0xFF, 0xFF, chance.randrange(256))) for _ in range(length))
        coded = CodedBits(plain.replace(b"\xff", b"\xff\0"))
        text = "".join(f"{byte:08b}" for byte in plain) + "0" * 50_000
        byte = 0
        while byte <= length:
            page = coded.windows(byte)
            for at in {0, 1, 7, len(page) - 1, *(chance.randrange(len(page)) for _ in range(50))}:
                assert page[at] == int(text[8 * byte + at : 8 * byte + at + 16], 2)
            if coded.beyond(8 * byte + len(page)):
                break
            byte += chance.randrange(1, len(page) // 8 + 1)
        for _ in range(20):
            start = chance.randint(0, length)
            assert coded.rest(start) == plain[start:].replace(b"\xff", b"\xff\0")
            stop = chance.randint(8 * start, 8 * length)
            assert coded.copy(8 * start, stop) == int(text[8 * start : stop] or "0", 2)
        assert coded.end == 8 * length and coded.beyond(8 * length + 1) and not coded.beyond(8 * length)
        with pytest.raises(Refusal, match="compressed-frame-broken"):
            coded.windows(length + 1)


def test_what_lies_behind_the_last_rectangle_is_not_read() -> None:
    image = photograph(640, 480, 3)
    data = bytes(imagecodecs.jpeg8_encode(image, level=90))
    stream = parse(data)
    (scan,) = stream.scans
    # half of the scan gives way to noise that no table knows; what is copied need not be understood
    half = (scan.start + scan.stop) // 2
    chance = random.Random(5)
    noise = bytes(chance.choice((0xFE, 0xFD, 0xFB)) for _ in range(scan.stop - half))
    torn = data[: half - 1] + b"\xfe" + noise + data[scan.stop :]
    held = [Rectangle(0, 0, 640, 40)]
    out = cut(torn, [(0, 0, 640, 40)])
    assert out.rstrip(b"\0").endswith(noise + data[scan.stop :])
    assert same_beside(torn, out, held)
    with pytest.raises(Refusal, match="compressed-frame-broken"):
        cut(torn, [(0, 0, 640, 40), (0, 440, 640, 480)])


def test_large_frames_of_other_encoders_keep_every_pixel_outside() -> None:
    for sampling in ("444", "422", "420"):
        for image in (photograph(1280, 960, 3), np.random.default_rng(3).integers(0, 256, (960, 1280, 3)).astype("u1")):
            data = bytes(imagecodecs.jpeg8_encode(image, level=95, subsampling=sampling))
            out = cut(data, [(0, 0, 1280, 64), (320, 320, 640, 480), (0, 912, 1280, 960)])
            before, after = imagecodecs.jpeg8_decode(data), imagecodecs.jpeg8_decode(out)
            beside = np.ones(before.shape[:2], bool)
            for rows, columns in ((slice(0, 64), slice(0, 1280)), (slice(320, 480), slice(320, 640)), (slice(912, 960), slice(0, 1280))):
                assert after[rows, columns].max() == 0
                around = slice(max(0, rows.start - 18), rows.stop + 18), slice(max(0, columns.start - 18), columns.stop + 18)
                beside[around] = False
            assert np.array_equal(before[beside], after[beside])


def test_a_million_fill_bytes_cost_no_more_than_a_million_bytes() -> None:
    data = written(Shape(16, 16))
    for stream in (data[:-2] + b"\xff" * (1 << 20), data[:-2] + b"\xff" * (1 << 20) + b"\0\xff\xd9"):
        began = time.perf_counter()
        with pytest.raises(Refusal, match="compressed-frame-broken"):
            cut(stream, [(0, 0, 8, 8)])
        assert time.perf_counter() - began < 1
    filled = data[:-2] + b"\xff" * (1 << 20) + b"\xd9"
    assert read(cut(filled, [(0, 0, 8, 8)])).blocks == read(cut(data, [(0, 0, 8, 8)])).blocks
