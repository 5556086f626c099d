"""Only the middle frame of three changes: the others keep every byte, and the offset tables say where things are; in every coding."""

from __future__ import annotations

import io
from struct import pack, unpack

import numpy as np
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, fragments_of
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragmented_frames

from deidrules.compile.compiler import compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.pixels import compressed, native
from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal

LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
CODINGS = {**CODED, **BLOCKS}
TABLES = ("basic", "extended", "both", "none")
LEFT, TOP, RIGHT, BOTTOM = 9, 4, 19, 14


def middle(made: Dataset, uid: str) -> Dataset:
    """The object with a rectangle blanked in frame 2, read back."""
    text = f'deidrules 1\npixels "r" when Modality = "OT" {{ blank {LEFT},{TOP},{RIGHT},{BOTTOM} frames 2 }}\n'
    plan = compile_text(text, policies=LOOSE).plan
    assert plan is not None
    out = Engine(plan, KeyRing(bytes(range(32)))).apply(file(made, uid))
    return pydicom.dcmread(io.BytesIO(b"".join(out.parts)))


def encoded(name: str, table: str, pieces: int) -> tuple[Dataset, list[bytes]]:
    """The object of three frames, and its frames; with the length of the whole stream where both tables are there."""
    coded = CODINGS[name]
    frames = coded.frames(3)
    made = coded.object(frames, table="extended" if table == "both" else table, pieces=pieces)
    if table == "both":
        offsets = unpack("<3Q", made.ExtendedOffsetTable)
        made.PixelData = b"\xfe\xff\x00\xe0" + pack("<I3I", 12, *offsets) + made.PixelData[8:]
        made["PixelData"].VR, made["PixelData"].is_undefined_length = "OB", True
        stream = sum(len(data) for _, data in fragments_of(made)[1]) - len(frames[2]) % 2
        made.add_new(0x7FE00003, "UV", stream)
    return made, frames


def held(made: Dataset) -> list[tuple[bytes, ...]]:
    """The fragments of each frame, by pydicom and the object's own tables."""
    tables = (made.ExtendedOffsetTable, made.ExtendedOffsetTableLengths) if "ExtendedOffsetTable" in made else None
    return list(generate_fragmented_frames(made.PixelData, number_of_frames=3, extended_offsets=tables))


@pytest.mark.parametrize("pieces", [1, 2, 3])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", CODINGS)
def test_the_other_frames_keep_their_fragments_and_the_tables_follow(name: str, table: str, pieces: int) -> None:
    made, frames = encoded(name, table, pieces)
    before = fragments_of(made)[1]
    tabled_pieces = table in ("extended", "both") and pieces > 1  # PS3.3 C.7.6.3.1.8: a fragment for each frame
    unmarked = table == "none" and pieces > 1 and CODINGS[name].transfer_syntax in ("5", "8.1")  # nothing says where a frame begins
    if tabled_pieces or unmarked:
        with pytest.raises(Refusal, match="frames-unclear"):
            middle(made, CODINGS[name].uid)
        return
    after = middle(made, CODINGS[name].uid)
    assert after.file_meta.TransferSyntaxUID == CODINGS[name].uid
    basic, fragments = fragments_of(after)
    pieces = len(before) // 3
    # what is in the file
    assert [data for _, data in fragments[:pieces]] == [data for _, data in before[:pieces]]
    assert [data for _, data in fragments[pieces + 1 :]] == [data for _, data in before[2 * pieces :]]
    assert b"".join(data for _, data in before[pieces : 2 * pieces]) != fragments[pieces][1]
    assert all(len(data) % 2 == 0 for _, data in fragments)
    # what the tables say of it
    starts = tuple(fragments[number][0] for number in (0, pieces, pieces + 1))
    assert basic == (pack("<3I", *starts) if table in ("basic", "both") else b"")
    assert ("ExtendedOffsetTable" in after) == ("ExtendedOffsetTableLengths" in after) == (table in ("extended", "both"))
    if table in ("extended", "both"):
        lengths = unpack("<3Q", after.ExtendedOffsetTableLengths)
        assert unpack("<3Q", after.ExtendedOffsetTable) == starts
        assert (lengths[0], lengths[2]) == (len(frames[0]), len(frames[2]))
        assert len(fragments[1][1]) - lengths[1] in (0, 1)
    if table == "both":
        assert after[0x7FE00003].value == sum(len(data) for _, data in fragments) - lengths[2] % 2
    # and what somebody else makes of both
    if table != "none" or pieces == 1:
        assert [len(frame) for frame in held(after)] == [pieces, 1, pieces]
        assert held(after)[::2] == held(made)[::2]


def test_every_coding_is_tried() -> None:
    assert {coded.uid for coded in CODINGS.values()} == compressed.TRANSFER_SYNTAXES
    assert set(SYNTAXES) == set(native.TRANSFER_SYNTAXES)


SYNTAXES = {IMPLICIT: "<", EXPLICIT: "<", DEFLATED: "<", BIG: ">"}
LAYOUTS = {
    "8 bits": {},
    "16 bits": {"allocated": 16, "stored": 12},
    "32 bits": {"allocated": 32},
    "signed": {"allocated": 16, "signed": True},
    "one bit": {"rows": 23, "columns": 41, "allocated": 1},
    "RGB": {"samples": 3, "photometric": "RGB"},
    "RGB by planes": {"samples": 3, "photometric": "RGB", "planar": 1},
    "shared chroma": {"samples": 3, "photometric": "YBR_FULL_422"},
    "float": {"keyword": "FloatPixelData", "allocated": 32},
    "double": {"keyword": "DoubleFloatPixelData", "allocated": 64},
}


@pytest.mark.parametrize("uid", SYNTAXES)
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_other_frames_of_uncompressed_objects_keep_every_bit(name: str, uid: str) -> None:
    layout = {"rows": 24, "columns": 40, **LAYOUTS[name]}
    keyword = str(layout.get("keyword", "PixelData"))
    vr = "OB" if uid != IMPLICIT and layout.get("allocated", 8) <= 8 else "OW"
    if keyword != "PixelData":
        values = np.random.default_rng(1).normal(size=3 * 24 * 40).astype(f"{SYNTAXES[uid]}f{layout['allocated'] // 8}")
        layout["value"] = values.tobytes()
    made = dataset(frames=3, vr=vr, **layout)  # type: ignore[arg-type]
    after = middle(made, uid)
    assert after.file_meta.TransferSyntaxUID == uid
    one, other = (bytes(held[keyword].value) for held in (made, after))
    assert len(one) == len(other)
    if name == "one bit":
        before, now = (
            np.unpackbits(np.frombuffer(held, "u1"), bitorder="little")[: 3 * 23 * 41].reshape(3, 23, 41) for held in (one, other)
        )
        assert not now[1, TOP:BOTTOM, LEFT:RIGHT].any()
    else:
        before, now = (np.frombuffer(held, "u1").reshape(3, -1) for held in (one, other))
    assert np.array_equal(before[::2], now[::2])
    assert (before[1] != now[1]).any()
