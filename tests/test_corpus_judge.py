"""The judge of the corpus run finds what it is there to find: each fault is made on purpose."""

from __future__ import annotations

import pytest
from compressed_objects import BLOCKS, CODED
from corpus_pixels import Image, Statement, found_wrong
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from test_pixels_corpus import engine

BOX = (8, 8, 24, 16)
MIDDLE = Statement("blank 8,8,24,16 frames 2", [BOX], 1, 2)
LOSSLESS = ("RLE, RGB", "JPEG lossless", "JPEG-LS, signed", "JPEG 2000, signed", "HTJ2K", "JPEG XL, lossless", "deflated, one bit")
NATIVE = {
    "implicit": dataset(rows=24, columns=40, frames=3, seed=3),
    "signed": dataset(rows=24, columns=40, frames=3, allocated=16, stored=12, signed=True),
    "one bit": dataset(rows=23, columns=41, frames=3, allocated=1),
    "planes": dataset(rows=24, columns=40, frames=3, samples=3, planar=1, photometric="RGB"),
    "shared chroma": dataset(rows=24, columns=40, frames=3, samples=3, photometric="YBR_FULL_422"),
}
SYNTAXES = {"implicit": IMPLICIT, "signed": BIG, "one bit": EXPLICIT, "planes": DEFLATED, "shared chroma": EXPLICIT}


def given(name: str) -> bytes:
    if name in NATIVE:
        return file(NATIVE[name], SYNTAXES[name])
    coded = {**CODED, **BLOCKS}[name]
    return file(coded.object(coded.frames(3)), coded.uid)


def judged(name: str, text: str, asked: Statement = MIDDLE) -> str:
    """What the judge says of the object after `text`, when `asked` was asked for."""
    before = given(name)
    return found_wrong(Image(before), Image(b"".join(engine(text).apply(before).parts)), asked, metadata=False)


@pytest.mark.parametrize("name", [*NATIVE, *CODED, *BLOCKS])
def test_what_was_asked_for_is_found_right(name: str) -> None:
    assert judged(name, MIDDLE.text) == ""


@pytest.mark.parametrize("name", [*NATIVE, *LOSSLESS, *BLOCKS])
def test_faults_are_found(name: str) -> None:
    assert judged(name, "clean") in ("not the fill inside", "not dark inside")
    assert judged(name, "blank 8,8,15,16 frames 2") in ("not the fill inside", "not dark inside")
    assert judged(name, "blank 8,8,24,16") in ("changed outside", "another frame changed")
    assert judged(name, "blank 8,8,32,24 clipped frames 2") in ("changed outside", "coefficients changed")
    assert judged(name, MIDDLE.text, Statement("", [(24, 8, 40, 16)], 1, 2)) == "changed outside"


def test_another_coding_is_found() -> None:
    assert found_wrong(Image(given("RLE")), Image(given("JPEG-LS")), MIDDLE, metadata=False) == "another transfer syntax"


def test_coefficients_are_compared_apart_from_what_a_decoder_shows() -> None:
    before = Image(given("JPEG"))
    after = Image(b"".join(engine(MIDDLE.text).apply(before.data).parts))
    blocks = after.blocks(1).blocks
    place = max(blocks)
    blocks[place] = (*blocks[place][:63], blocks[place][63] + 1)
    assert found_wrong(before, after, MIDDLE, metadata=False) == "coefficients changed"
    place = (0, 1, 1)
    blocks[max(blocks)] = before.blocks(1).blocks[max(blocks)]
    blocks[place] = (blocks[place][0], 1, *blocks[place][2:])
    assert found_wrong(before, after, MIDDLE, metadata=False) == "a block is not blank"
