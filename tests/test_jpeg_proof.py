"""The proof that a JPEG frame holds blanks inside and the same coefficients outside, against a slow decoder of its own."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jpeg_streams import Box, Shape, cell_of, coefficients, read, touched, written
from strategies_jpeg import SAMPLINGS, SCANS, cut, darkest, geometries

from deidrules.pixels.jpeg import proof
from deidrules.pixels.jpeg.proof import same_beside
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(geometries(), st.data())
def test_the_proof_holds_for_the_right_rectangles_and_for_no_others(geometry: tuple[Shape, list[Box]], data: st.DataObject) -> None:
    shape, boxes = replace(geometry[0], complete=True, precision=8), geometry[1]
    before = written(shape)
    try:
        after = cut(before, boxes)
    except Refusal:
        return
    assert same_beside(before, after, [Rectangle(*box) for box in boxes])
    left, top = data.draw(st.integers(0, shape.columns - 1)), data.draw(st.integers(0, shape.rows - 1))
    other: Box = (left, top, data.draw(st.integers(left + 1, shape.columns)), data.draw(st.integers(top + 1, shape.rows)))
    right = read(after).blocks == read(cut(before, [other])).blocks
    assert same_beside(before, after, [Rectangle(*other)]) == right


def test_the_proof_sees_a_single_coefficient() -> None:
    shape = Shape(40, 40, SAMPLINGS["4:2:2"], ((0, 1, 2),), dense=0.2)
    blocks = coefficients(shape)
    before = written(shape)
    held = [Rectangle(0, 0, 16, 8)]
    after = read(cut(before, [(0, 0, 16, 8)])).blocks
    assert same_beside(before, written(shape, after), held)  # other tables may be, other coefficients not
    for place in blocks:
        for index in (0, 1, 63):
            block = list(after[place])
            block[index] += 1
            assert not same_beside(before, written(shape, {**after, place: tuple(block)}), held), (place, index)


def test_the_proof_sees_another_size_sampling_colour_and_quantisation() -> None:
    shape = Shape(40, 40, SAMPLINGS["4:4:4"], ((0, 1, 2),), dense=0.01)
    blocks = coefficients(shape)
    before = written(shape)
    held: list[Rectangle] = []
    assert same_beside(before, before, held)
    for change in ({"columns": 39}, {"transform": 0}, {"steps": (4, 5, 5)}, {"interval": 5}, {"scans": SCANS[1]}):
        assert not same_beside(before, written(replace(shape, **change), blocks), held), change


def test_a_proof_by_bits_takes_no_look_at_single_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the editor writes is proven by comparing bits; the long way is for what others write."""
    monkeypatch.setattr(proof, "_same_coefficients", lambda *_: pytest.fail("decoded"))
    for name, sampling in SAMPLINGS.items():
        for scans in SCANS:
            for interval in (0, 7):
                shape = Shape(90, 70, sampling, scans, interval=interval, dense=0.2, quiet=0.5, seed=len(name))
                before = written(shape)
                for boxes in ([(0, 0, 90, 9)], [(0, 0, 90, 9), (0, 60, 90, 70)], [(30, 20, 50, 40)], [(0, 0, 90, 70)]):
                    assert same_beside(before, cut(before, boxes), [Rectangle(*box) for box in boxes])


@QUICK
@given(geometries())
def test_both_ways_of_the_proof_say_the_same(geometry: tuple[Shape, list[Box]]) -> None:
    shape, boxes = geometry
    before = written(shape)
    try:
        after = cut(before, boxes)
    except Refusal:
        return
    for held in (boxes, boxes[1:], [*boxes, (0, 0, 1, 1)], [(shape.columns - 1, shape.rows - 1, shape.columns, shape.rows)]):
        rectangles = [Rectangle(*box) for box in held]
        quick = same_beside(before, after, rectangles)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proof, "_same_bits", lambda *_: False)
            patch.setattr(proof, "_grown", lambda *_: False)
            assert same_beside(before, after, rectangles) == quick
        assert quick == right(before, after, shape, held)


def right(before: bytes, after: bytes, shape: Shape, boxes: list[Box]) -> bool:
    """The answer of the slow decoder."""
    first, second = read(before), read(after)
    cells = touched(shape, boxes)
    return all(
        second.blocks[place] == ((darkest(shape, place[0], False), *[0] * 63) if cell_of(shape, place) in cells else block)
        for place, block in first.blocks.items()
    )


def damaged(chance: random.Random, data: bytes) -> bytes:
    """A few bits turned, or bytes changed, left out or put in, behind the first table of codes."""
    out = bytearray(data)
    first = data.index(b"\xff\xc4") + 4
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.randrange(first, len(out) - 2)
        match chance.randrange(4):
            case 0:
                out[place] = chance.randrange(256)
            case 1:
                del out[place]
            case 2:
                out.insert(place, chance.randrange(256))
            case _:
                out[place] ^= 1 << chance.randrange(8)
    return bytes(out)


def no_damage_is_taken_for_right(count: int) -> None:
    """True only where the slow decoder finds the same coefficients. It is stricter than the proof about the bits behind the last block."""
    chance = random.Random(count)
    sources = []
    for number, sampling in enumerate((((1, 1),), SAMPLINGS["4:4:4"], SAMPLINGS["4:2:0"], SAMPLINGS["uneven"])):
        for interval in (0, 3):
            scans = SCANS[number % 2] if number else ((0,),)
            shape = Shape(50, 40, sampling, scans, interval=interval, dense=0.2, quiet=0.4, seed=number)
            sources.append((shape, written(shape)))
    seen = {True: 0, False: 0}
    for _ in range(count):
        shape, before = chance.choice(sources)
        left, top = chance.randrange(48), chance.randrange(38)
        boxes: list[Box] = [(left, top, chance.randint(left + 1, 50), chance.randint(top + 1, 40))]
        held = [Rectangle(*box) for box in boxes]
        intact = cut(before, boxes)
        after = damaged(chance, intact)
        try:
            found = same_beside(before, after, held)
        except Refusal:
            continue
        try:
            blocks = read(after).blocks
        except (AssertionError, IndexError, KeyError) as error:
            assert not found or str(error).startswith(("padding", "data behind")), error
            continue
        seen[found] += 1
        assert found == (blocks == read(intact).blocks) or read(after).segments != read(intact).segments
    assert seen[False]


def test_a_damaged_stream_is_not_taken_for_right() -> None:
    no_damage_is_taken_for_right(300)


@pytest.mark.long
def test_five_thousand_damaged_streams_are_not_taken_for_right() -> None:
    no_damage_is_taken_for_right(5000)


def test_the_proof_sees_codes_that_changed_their_meaning() -> None:
    """Two symbols with magnitudes of one length changed places in the table: every bit of the scan is the same, the image is another."""
    shape = Shape(40, 40)
    before = written(shape, {place: (5, 1, 0, 1, *[0] * 60) for place in coefficients(shape)})
    after = cut(before, [(0, 0, 8, 8)])
    start = after.index(b"\xff\xc4") + 4
    assert after[start] == 0x10  # the codes of AC coefficients stand first
    symbols = start + 17
    table = after[symbols : symbols + sum(after[start + 1 : start + 17])]
    one, other = symbols + table.index(0x01), symbols + table.index(0x11)
    swapped = bytearray(after)
    swapped[one], swapped[other] = after[other], after[one]
    held = [Rectangle(0, 0, 8, 8)]
    assert same_beside(before, after, held)
    assert read(bytes(swapped)).blocks != read(after).blocks
    assert not same_beside(before, bytes(swapped), held)


def test_the_proof_sees_other_steps_of_ac_coefficients() -> None:
    shape = Shape(24, 24)
    before = written(shape)
    after = bytearray(cut(before, [(0, 0, 8, 8)]))
    after[after.index(b"\xff\xdb") + 30] ^= 1
    assert not same_beside(before, bytes(after), [Rectangle(0, 0, 8, 8)])


def test_what_is_hidden_behind_the_last_block_is_seen() -> None:
    shape = Shape(24, 24)
    before = written(shape)
    after = cut(before, [(0, 0, 8, 8)]).rstrip(b"\0")
    assert after.endswith(b"\xff\xd9")
    held = [Rectangle(0, 0, 8, 8)]
    assert not same_beside(before, after[:-2] + b"hidden" + after[-2:], held)
