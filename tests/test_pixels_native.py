"""Blanked rectangles in native pixels of every layout, compared with what pydicom decodes before and after."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file, instance, patched, redacted, work_of
from pydicom.dataset import Dataset

from deidrules.dicom.reader import read
from deidrules.pixels.facts import read_facts
from deidrules.plan.pixels import Band, Bands, Blank, Everything, Label, Rectangle
from deidrules.text.refusal import Refusal

MONO2, MONO1, RGB = {"photometric": "MONOCHROME2"}, {"photometric": "MONOCHROME1"}, {"photometric": "RGB", "samples": 3}
FULL, HALF = {"photometric": "YBR_FULL", "samples": 3}, {"photometric": "YBR_FULL_422", "samples": 3}

SMALLEST, LARGEST = "smallest", "largest"  # of the frame outside what is blanked

# layout, transfer syntax, what a blanked pixel decodes to
LAYOUTS: list[tuple[dict[str, Any], str, Any]] = [
    ({**MONO2, "allocated": 8}, EXPLICIT, 0),
    ({**MONO2, "allocated": 8, "vr": "OB"}, EXPLICIT, 0),
    ({**MONO2, "allocated": 8, "vr": "OB"}, BIG, 0),
    ({**MONO2, "allocated": 8, "rows": 5, "columns": 7, "vr": "OW"}, BIG, 0),
    ({**MONO2, "allocated": 8, "signed": True}, EXPLICIT, SMALLEST),
    ({**MONO1, "allocated": 8}, IMPLICIT, LARGEST),
    ({**MONO2, "allocated": 16}, IMPLICIT, 0),
    ({**MONO2, "allocated": 16}, BIG, 0),
    ({**MONO2, "allocated": 16, "signed": True}, EXPLICIT, SMALLEST),
    ({**MONO2, "allocated": 16, "stored": 12, "signed": True}, BIG, SMALLEST),
    ({**MONO1, "allocated": 16, "stored": 10}, EXPLICIT, LARGEST),
    ({**MONO1, "allocated": 16, "stored": 12}, BIG, LARGEST),
    ({**MONO1, "allocated": 16, "stored": 12, "signed": True}, BIG, LARGEST),
    ({**MONO2, "allocated": 32}, EXPLICIT, 0),
    ({**MONO1, "allocated": 32, "stored": 20}, BIG, LARGEST),
    ({**MONO2, "allocated": 64, "vr": "OV"}, EXPLICIT, 0),
    ({**RGB, "allocated": 8}, EXPLICIT, 0),
    ({**RGB, "allocated": 8, "planar": 1}, EXPLICIT, 0),
    ({**RGB, "allocated": 8, "rows": 3, "columns": 5, "vr": "OW"}, BIG, 0),
    ({**RGB, "allocated": 8, "planar": 1, "rows": 3, "columns": 5, "vr": "OW"}, BIG, 0),
    ({**RGB, "allocated": 16, "planar": 1}, BIG, 0),
    ({**RGB, "allocated": 16}, IMPLICIT, 0),
    ({**FULL, "allocated": 8}, EXPLICIT, [0, 128, 128]),
    ({**FULL, "allocated": 8, "planar": 1}, EXPLICIT, [0, 128, 128]),
    ({**HALF, "allocated": 8}, EXPLICIT, [0, 128, 128]),
    ({**HALF, "allocated": 8, "vr": "OB"}, BIG, [0, 128, 128]),
    ({**MONO2, "allocated": 1, "columns": 11}, EXPLICIT, 0),
    ({**MONO1, "allocated": 1, "columns": 11, "vr": "OB"}, BIG, 1),
    ({**MONO2, "allocated": 8}, DEFLATED, 0),
    ({"photometric": "RGB", "samples": 3, "allocated": 8}, DEFLATED, 0),
    ({**MONO2, "allocated": 32, "keyword": "FloatPixelData"}, EXPLICIT, SMALLEST),
    ({**MONO2, "allocated": 64, "keyword": "DoubleFloatPixelData"}, BIG, SMALLEST),
]


def decoded(buffer: bytes, made: Dataset) -> NDArray[Any]:
    """(frame, row, column, …) as stored: pydicom's array without colour conversion."""
    read_back = pydicom.dcmread(io.BytesIO(buffer))
    array = pydicom.pixels.pixel_array(read_back, raw=True)
    return np.asarray(array).reshape(int(made.get("NumberOfFrames", 1)), made.Rows, made.Columns, -1)


def wanted(fill: Any, made: Dataset, frame: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """What blanked pixels of a frame hold: a constant, or the frame's own extreme (of BitsStored where nothing of it is left)."""
    if fill not in (SMALLEST, LARGEST):
        return np.array(fill)
    rest = frame[~mask]
    rest = rest[np.isfinite(rest)]
    if rest.size:
        return np.array(rest.min() if fill == SMALLEST else rest.max())
    if frame.dtype.kind == "f":
        return np.array(0.0)
    bits = made.BitsStored - made.PixelRepresentation
    return np.array((1 << bits) - 1 if fill == LARGEST else -(1 << bits))


@settings(max_examples=10, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("place", range(len(LAYOUTS)))
def test_inside_is_the_fill_and_outside_is_untouched(place: int, data: st.DataObject) -> None:
    layout, transfer_syntax, fill = LAYOUTS[place]
    frames = data.draw(st.integers(1, 3), "frames")
    made = dataset(**{**layout, "frames": frames, "seed": data.draw(st.integers(0, 99), "seed")})
    rows, columns = made.Rows, made.Columns
    blanks, mask = [], np.zeros((frames, rows, columns), bool)
    for _ in range(data.draw(st.integers(1, 3), "rectangles")):
        left, right = sorted(data.draw(st.lists(st.integers(0, columns), min_size=2, max_size=2, unique=True)))
        top, bottom = sorted(data.draw(st.lists(st.integers(0, rows), min_size=2, max_size=2, unique=True)))
        first = data.draw(st.integers(1, frames))
        last = data.draw(st.integers(first, frames))
        outside = data.draw(st.booleans())
        blanks.append(Blank(Rectangle(left, top, right, bottom), outside=outside, frames=((first, last),)))
        inside = np.zeros((rows, columns), bool)
        inside[top:bottom, left:right] = True
        mask[first - 1 : last] |= ~inside if outside else inside
    if made.PhotometricInterpretation == "YBR_FULL_422":  # whole pairs of pixels
        mask |= mask.reshape(frames, rows, columns // 2, 2).any(3).repeat(2, axis=2)
    given_object = instance(made, transfer_syntax)
    before_bytes = bytes(given_object.buffer)
    changed = patched(given_object, redacted(given_object, *blanks))
    assert bytes(given_object.buffer) == before_bytes
    if transfer_syntax == DEFLATED:  # the buffer is the inflated data set; compare it as the explicit file it would be
        head = file(made, EXPLICIT)
        at = len(head) - len(before_bytes)
        assert head[at:] == before_bytes
        original, changed = head, head[:at] + changed
    else:
        original = before_bytes
    before, after = decoded(original, made), decoded(changed, made)
    for frame in range(frames):
        assert (after[frame][mask[frame]] == wanted(fill, made, before[frame], mask[frame])).all()
    assert np.array_equal(before[~mask], after[~mask], equal_nan=before.dtype.kind == "f")


def test_bits_above_the_image_are_blanked_with_it_and_kept_beside_it() -> None:
    made = dataset(allocated=16, stored=12, value=b"\xff\xff" * 48)
    given_object = instance(made)
    value = b"".join(redacted(given_object, Blank(Rectangle(2, 1, 5, 3))).parts or ())
    words = np.frombuffer(value, "<u2").reshape(6, 8)
    assert (words[1:3, 2:5] == 0).all()
    words = words.copy()
    words[1:3, 2:5] = 0xFFFF
    assert (words == 0xFFFF).all()


@pytest.mark.parametrize(("signed", "expected"), [(False, 0), (True, 0x800 << 2)])
def test_values_lie_at_high_bit(signed: bool, expected: int) -> None:
    made = dataset(allocated=16, stored=12, high=13, signed=signed)
    words = np.frombuffer(b"".join(redacted(instance(made), Blank(Everything())).parts or ()), "<u2")
    assert (words & 0x3FFC == expected).all()
    assert set((words >> 14).tolist()) == {0b11 if signed else 0}  # the sign goes on upward
    assert not (words & 3).any()


def test_two_readings_of_one_bit_words_are_both_blanked() -> None:
    made = dataset(allocated=1, rows=4, columns=16, value=b"\xff" * 8)
    value = b"".join(redacted(instance(made, BIG), Blank(Rectangle(0, 1, 8, 2))).parts or ())
    assert value == b"\xff\xff\0\0\xff\xff\xff\xff"


@pytest.mark.parametrize("words", [False, True])
def test_palettes_fill_with_their_darkest_entry(words: bool) -> None:
    entries = [200, 40, 9, 70]
    kind = "<u2" if words else "u1"
    table = np.array(entries, kind).tobytes()
    made = dataset(photometric="PALETTE COLOR", value=bytes(range(48)))
    for colour in ("Red", "Green", "Blue"):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [4, 10, 16 if words else 8])
        setattr(made, f"{colour}PaletteColorLookupTableData", table)
        made[f"{colour}PaletteColorLookupTableDescriptor"].VR = "US"
    assert set(b"".join(redacted(instance(made), Blank(Everything())).parts or ())) == {12}
    made.RedPaletteColorLookupTableData = table[:-2]
    assert set(b"".join(redacted(instance(made), Blank(Everything())).parts or ())) == {0}


def test_parts_without_change_are_views_of_the_input() -> None:
    made = dataset(rows=2000, columns=512, frames=4)
    given_object = instance(made)
    parts = redacted(given_object, Blank(Rectangle(0, 100, 512, 110), frames=((3, 3),))).parts or ()
    copied = sum(len(part) for part in parts if not (isinstance(part, memoryview) and part.obj is given_object.buffer))
    assert copied == 10 * 512
    assert sum(map(len, parts)) == 4 * 2000 * 512


@pytest.mark.parametrize("place", [0, 3, 12, 16, 17, 19, 24, 26, 27])
def test_how_changes_are_gathered_into_copies_does_not_matter(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, transfer_syntax, _ = LAYOUTS[place]
    given_object = instance(dataset(**{**layout, "frames": 3, "rows": 5, "columns": layout.get("columns", 6)}), transfer_syntax)
    blanks = (Blank(Rectangle(1, 1, 3, 4)), Blank(Rectangle(4, 0, 5, 5), frames=((2, 3),)))
    whole = b"".join(redacted(given_object, *blanks).parts or ())
    monkeypatch.setattr("deidrules.pixels.native.NEAR", -1)
    monkeypatch.setattr("deidrules.pixels.native.CHUNK", 0)
    parts = redacted(given_object, *blanks).parts or ()
    assert len(parts) > 6
    assert b"".join(parts) == whole


def test_excess_bytes_do_not_pass_through_a_changed_image() -> None:
    made = dataset(value=bytes(48) + b"HIDDEN")
    assert b"".join(redacted(instance(made), Blank(Everything())).parts or ()) == bytes(48)


def test_a_label_is_drawn_in_the_blanked_area_and_nowhere_else() -> None:
    made = dataset(rows=40, columns=90, value=b"\x40" * 3600)
    value = b"".join(redacted(instance(made), Blank(Bands((Band("top", 15),))), Label("Blanked 1")).parts or ())
    image = np.frombuffer(value, "u1").reshape(40, 90)
    assert set(image[:15].ravel().tolist()) == {0, 255}
    assert (image[15:] == 0x40).all()
    assert (image[:2] == 0).all() and image[2:9].any()


@pytest.mark.parametrize(
    ("layout", "text"), [({}, "TOO LONG FOR EIGHT COLUMNS"), ({}, "é"), ({"keyword": "FloatPixelData", "allocated": 32}, "A")]
)
def test_a_label_that_cannot_be_drawn_refuses(layout: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal, match="label-unavailable"):
        redacted(instance(dataset(**layout)), Blank(Everything()), Label(text))


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("missing-pixel-attribute", {"Rows": None}),
        ("missing-pixel-attribute", {"PhotometricInterpretation": ""}),
        ("missing-pixel-attribute", {"BitsStored": None}),
        ("pixel-attribute", {"Rows": 0}),
        ("pixel-attribute", {"Columns": [8, 8]}),
        ("pixel-attribute", {"BitsStored": 9}),
        ("pixel-attribute", {"HighBit": 9}),
        ("pixel-attribute", {"SamplesPerPixel": 5, "PlanarConfiguration": 0}),
        ("pixel-attribute", {"NumberOfFrames": 0}),
        ("pixel-attribute", {"PixelData": None, "FloatPixelData": bytes(192), "BitsAllocated": 16}),
        ("pixel-attribute", {"PixelData": None, "DoubleFloatPixelData": bytes(384), "BitsAllocated": 32}),
        ("pixel-attribute", {"NumberOfFrames": [1, 1]}),
        ("pixel-data-short", {"Rows": 7}),
        ("pixel-data-short", {"NumberOfFrames": 2147483647, "Rows": 65535, "Columns": 65535}),
        ("several-pixel-elements", {"FloatPixelData": b"\0\0\0\0"}),
        ("unsupported-pixel-layout", {"PhotometricInterpretation": "RGB"}),
        ("unsupported-pixel-layout", {"PhotometricInterpretation": "SECRET"}),
        ("unsupported-pixel-layout", {"BitsAllocated": 4, "BitsStored": 4, "HighBit": 3}),
    ],
)
def test_an_image_description_that_proves_nothing_is_refused(code: str, change: dict[str, Any]) -> None:
    made = dataset()
    for keyword, value in change.items():
        setattr(made, keyword, value)
    with pytest.raises(Refusal) as caught:
        redacted(instance(made), Blank(Everything()))
    assert caught.value.code == code
    assert "SECRET" not in str(caught.value)


def test_odd_columns_of_shared_chroma_are_refused() -> None:
    made = dataset(photometric="YBR_FULL_422", samples=3, columns=7, rows=6)
    with pytest.raises(Refusal, match="unsupported-pixel-layout"):
        redacted(instance(made), Blank(Everything()))


def test_shared_chroma_that_holds_every_sample_is_refused() -> None:
    made = dataset(photometric="YBR_FULL_422", samples=3, value=bytes(3 * 48))
    with pytest.raises(Refusal, match="unsupported-pixel-layout"):
        redacted(instance(made), Blank(Everything()))


def test_a_wrong_vr_is_refused() -> None:
    made = dataset()
    made["Rows"].VR = "SS"
    with pytest.raises(Refusal) as caught:
        work_of(instance(made), Blank(Everything()))
    assert caught.value.record() == {"code": "wrong-vr", "tag": "(0028,0010)", "vr": "SS", "length": 2}


def test_a_rectangle_is_blanked_without_numpy(tmp_path: Any) -> None:
    import subprocess

    path = tmp_path / "a.dcm"
    path.write_bytes(file(dataset()))
    program = (
        "import sys, pathlib\n"
        "from deidrules.dicom.reader import read\n"
        "from deidrules.pixels.apply import redact\n"
        "from deidrules.pixels.burned_in import read_header\n"
        "from deidrules.pixels.facts import read_facts\n"
        "from deidrules.pixels.work import judge\n"
        "from deidrules.plan.model import PixelRule\n"
        "from deidrules.plan.pixels import Blank, Rectangle\n"
        "given = read(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "facts = read_facts(given)\n"
        "work = judge((PixelRule('r', 0, (Blank(Rectangle(0, 0, 1, 1)),)),), facts, read_header(given), policy='quarantine')\n"
        "assert redact(given, facts, work).parts is not None\n"
        "assert not {'numpy', 'pydicom'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_facts_of_an_object_without_pixels() -> None:
    made = dataset()
    del made.PixelData
    facts = read_facts(read(file(made)))
    assert (facts.element, facts.frames, facts.image, facts.native_length) == (None, 0, Rectangle(0, 0, 0, 0), 0)
    assert redacted(instance(made), Blank(Rectangle(500, 500, 600, 600))).parts is None
