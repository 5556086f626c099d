"""Icons and other copies of the image: made anew from the output's frame, removed, or as they came (rules 14 and 19)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import plans
import pydicom
import pytest
from compressed_objects import BLOCKS, CODED, PALETTE, RGB, Coded, encapsulated
from hypothesis import given, settings
from hypothesis import strategies as st
from pixel_objects import BIG, DEFLATED, EXPLICIT, IMPLICIT, dataset, file
from pydicom.dataset import Dataset

from deidrules.dicom.part import joined
from deidrules.dicom.reader import read
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.engine.outcome import Deidentified
from deidrules.pixels.icon import icon_size, reduced
from deidrules.plan.expression import Compare
from deidrules.plan.model import PixelRule, Policies, Verdict
from deidrules.plan.pixels import Blank, Clean, Everything, Operation, Rectangle
from deidrules.run.reading import open_buffer

ASKING = Policies("K", unknown_sop_class="strictest")
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")
ALWAYS = (Compare(plans.attribute(0x00080060), "=", "OT", "text"),)
ICON = 0x00880200
LEFT = Blank(Rectangle(0, 0, 20, 24))
SECRET = 201  # a sample of the received icon


def icon(*, rows: int = 6, columns: int = 10, photometric: str = "MONOCHROME2", samples: int = 1) -> Dataset:
    """A received icon, of one sample value."""
    item = dataset(rows=rows, columns=columns, samples=samples, photometric=photometric, value=bytes([SECRET]) * (rows * columns * samples))
    for name in ("SOPClassUID", "SOPInstanceUID", "Modality"):
        delattr(item, name)
    if photometric == "PALETTE COLOR":
        for name, value in PALETTE.items():
            if name != "photometric":
                setattr(item, name, value)
    return item


def engine(*operations: Operation, policies: Policies = ASKING, rules: tuple[Any, ...] = (), **more: Any) -> Engine:
    pixels = (PixelRule("r", 0, operations),) if operations else ()
    return Engine(plans.plan(*rules, policies=policies, conditions=ALWAYS, pixels=pixels, **more), KeyRing(bytes(range(32))))


def through(made: Dataset, *operations: Operation, transfer_syntax: str = EXPLICIT, **more: Any) -> tuple[Dataset, Deidentified]:
    """The object through the engine several times, which gives one output."""
    one, data = engine(*operations, **more), file(made, transfer_syntax)
    found = [one.apply(data) for _ in range(3)]
    written = {b"".join(each.parts) for each in found}
    assert len(written) == 1
    out = written.pop()
    read(out)  # the strict reader takes what was made
    return pydicom.dcmread(io.BytesIO(out)), found[-1]


def of_icon(found: Deidentified) -> tuple[str, str]:
    (outcome,) = (one for one in found.outcomes if one.tag == ICON)
    assert not [one for one in found.outcomes if one.path and one.path[0][0] == ICON]
    return outcome.change, outcome.origin


def grey_object(**attributes: Any) -> Dataset:
    """24 x 40, 8 bits: bright on the left, half as bright on the right."""
    samples = np.full((24, 40), 100, "u1")
    samples[:, :20] = 200
    samples[0, -1] = 0
    return dataset(rows=24, columns=40, value=samples.tobytes(), WindowCenter="127.5", WindowWidth="256", **attributes)


def stored(item: Dataset) -> np.ndarray:
    shape = (item.Rows, item.Columns, *((3,) if item.SamplesPerPixel == 3 else ()))
    return np.frombuffer(item.PixelData, "u1")[: int(np.prod(shape))].reshape(shape).astype(int)


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, EXPLICIT, BIG, DEFLATED])
def test_an_icon_is_made_anew_from_the_blanked_frame(transfer_syntax: str) -> None:
    made = grey_object(IconImageSequence=[icon()])
    made["PixelData"].VR = "OB"
    after, found = through(made, LEFT, transfer_syntax=transfer_syntax)
    (item,) = after.IconImageSequence
    assert (item.Rows, item.Columns, item.PhotometricInterpretation, item.BitsAllocated) == (6, 10, "MONOCHROME2", 8)
    shown = stored(item)
    assert (shown[:, :5] == 0).all() and (np.abs(shown[1:, 5:] - 100) <= 1).all()
    assert of_icon(found) == ("claimed", "engine")
    again, _ = through(after, LEFT, transfer_syntax=transfer_syntax)
    assert again.IconImageSequence[0].PixelData == item.PixelData


def test_an_icon_of_frames_that_a_rule_judged_and_left_is_made_anew_too() -> None:
    after, found = through(grey_object(IconImageSequence=[icon()]), Clean())
    assert (np.abs(stored(after.IconImageSequence[0])[1:, :5] - 200) <= 1).all()
    assert of_icon(found) == ("claimed", "engine")


def test_an_icon_stays_as_it_came_only_where_pixels_are_taken_as_they_are() -> None:
    made = grey_object(IconImageSequence=[icon()])
    after, found = through(made, policies=LOOSE)
    assert set(stored(after.IconImageSequence[0]).flat) == {SECRET}
    assert {one.change for one in found.outcomes if one.tag == ICON} == {"entered"}
    after, _ = through(made, verdicts=(Verdict("accept", "seen", 0),))
    assert set(stored(after.IconImageSequence[0]).flat) == {SECRET}
    after, _ = through(made, LEFT, policies=LOOSE)
    assert SECRET not in stored(after.IconImageSequence[0])


def test_the_rules_of_the_profile_come_first() -> None:
    made = grey_object(IconImageSequence=[icon()])
    for selector in ("(0088,0200)", "(0088,0200) / (7FE0,0010)"):
        after, _ = through(made, LEFT, rules=(plans.rule("X", selector),))
        assert "IconImageSequence" not in after
    after, found = through(made, rules=(plans.rule("X", "(7FE0,0010)"),))
    assert "IconImageSequence" not in after and "PixelData" not in after
    assert found.unjudged == ""


def test_an_icon_of_an_object_without_pixels_goes_unless_pixels_are_taken_as_they_are() -> None:
    made = grey_object(IconImageSequence=[icon()])
    del made.PixelData
    after, found = through(made)
    assert "IconImageSequence" not in after and of_icon(found) == ("removed", "engine")
    after, _ = through(made, policies=LOOSE)
    assert "IconImageSequence" in after


def test_icons_that_say_nothing_of_this_image_go() -> None:
    made = grey_object(IconImageSequence=[icon(), icon()])
    assert "IconImageSequence" not in through(made, LEFT)[0]
    below = Dataset()
    below.IconImageSequence = [icon()]
    made = grey_object(ReferencedImageSequence=[below])
    assert "IconImageSequence" not in through(made, LEFT)[0].ReferencedImageSequence[0]
    made = grey_object(ReferencedImageSequence=[icon()])  # whatever that is: it holds a picture
    assert "ReferencedImageSequence" not in through(made, LEFT)[0]


@pytest.mark.parametrize(("number", "shown"), [(1, 0), (2, 10), (3, 20), (9, 0), (0, 0)])
def test_the_representative_frame_is_shown_as_the_rules_leave_it(number: int, shown: int) -> None:
    frames = np.stack([np.full((24, 40), value, "u1") for value in (90, 10, 20)])
    made = dataset(rows=24, columns=40, frames=3, value=frames.tobytes(), WindowCenter="127.5", WindowWidth="256")
    made.RepresentativeFrameNumber, made.IconImageSequence = number, [icon()]
    # a window that shows nothing of a frame is left aside, so one pixel is of another value
    after, _ = through(made, Blank(Everything(), frames=((1, 1),)), Blank(Rectangle(39, 23, 40, 24)))
    (item,) = after.IconImageSequence
    assert np.abs(stored(item)[:3, :3] - shown).max() <= 1 or shown == 0 == stored(item)[:3, :3].max()


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB"])
@pytest.mark.parametrize("colours", [False, True])
def test_an_icon_keeps_its_form_where_the_frame_has_it(photometric: str, colours: bool) -> None:
    if colours:
        samples = np.zeros((24, 40, 3), "u1")
        samples[:, 20:] = (255, 0, 102)
        made = dataset(rows=24, columns=40, value=samples.tobytes(), **RGB)
    else:
        made = grey_object()
    made.IconImageSequence = [icon(photometric=photometric, samples=3 if photometric == "RGB" else 1)]
    after, _ = through(made, LEFT)
    (item,) = after.IconImageSequence
    if not colours:
        assert item.PhotometricInterpretation == ("MONOCHROME1" if photometric == "MONOCHROME1" else "MONOCHROME2")
        wanted = 155 if photometric == "MONOCHROME1" else 100
        assert np.abs(stored(item)[1:, 5:] - wanted).max() <= 1
        return
    assert item.PhotometricInterpretation == photometric
    values = stored(item)
    if photometric == "RGB":
        assert (values[:, :5] == 0).all() and (values[:, 5:] == (255, 0, 102)).all()
    elif photometric == "PALETTE COLOR":
        tables = [np.frombuffer(item[f"{colour}PaletteColorLookupTableData"].value, "<u2") >> 8 for colour in ("Red", "Green", "Blue")]
        assert [len(table) for table in tables] == [item.RedPaletteColorLookupTableDescriptor[0]] * 3
        assert [int(table[values[0, 9]]) for table in tables] == [255, 0, 102]
        assert [int(table[values[0, 0]]) for table in tables] == [0, 0, 0]
    else:
        luma = round(0.299 * 255 + 0.114 * 102)
        assert (values[:, 5:] == (255 - luma if photometric == "MONOCHROME1" else luma)).all()


EACH = {**CODED, **BLOCKS}


@pytest.mark.parametrize("name", [name for name in EACH if "one bit" not in name])
def test_icons_of_compressed_objects_are_native_and_show_the_blank(name: str) -> None:
    coded: Coded = EACH[name]
    made = coded.object(coded.frames(2), IconImageSequence=[icon(rows=3, columns=5)])
    after, found = through(made, Blank(Rectangle(0, 0, 16, 24)), transfer_syntax=coded.uid)
    assert of_icon(found) == ("claimed", "engine")
    (item,) = after.IconImageSequence
    assert not item["PixelData"].is_undefined_length and (item.Rows, item.Columns) == (3, 5)
    left = stored(item)[:, :2]
    assert len(np.unique(left.reshape(-1, *left.shape[2:]), axis=0)) == 1, "the blank is one value"
    assert len(np.unique(stored(item)[:, 2:])) > 1


def test_an_encapsulated_icon_becomes_a_native_one() -> None:
    coded = CODED["RLE"]
    small = encapsulated(icon(rows=24, columns=40), [coded.encode(np.full((24, 40), SECRET, "u1"))])
    after, _ = through(coded.object(coded.frames(2), IconImageSequence=[small]), LEFT, transfer_syntax=coded.uid)
    (item,) = after.IconImageSequence
    assert not item["PixelData"].is_undefined_length and SECRET not in stored(item)[:, :20]


def test_files_of_one_layout_get_each_its_own_icon() -> None:
    one = engine(LEFT)
    for value in (60, 120, 60, 180):
        samples = np.full((24, 40), value, "u1")
        samples[0, -1] = 0
        made = dataset(rows=24, columns=40, value=samples.tobytes(), WindowCenter="127.5", WindowWidth="256", IconImageSequence=[icon()])
        after = pydicom.dcmread(io.BytesIO(b"".join(one.apply(file(made)).parts)))
        assert np.abs(stored(after.IconImageSequence[0])[1:, 5:] - value).max() <= 1


def test_an_icon_of_a_frame_that_cannot_be_shown_goes() -> None:
    made = grey_object(IconImageSequence=[icon()])
    made.PhotometricInterpretation, made.SamplesPerPixel = "MONOCHROME2", 1
    made.add_new(0x00280004, "CS", "YBR_ICT")
    after, found = through(made, Clean())
    assert "IconImageSequence" not in after and of_icon(found) == ("removed", "engine")


@pytest.mark.parametrize("frame", [1, 3])
@pytest.mark.parametrize("layout", [{}, {"allocated": 16, "stored": 12}, {"samples": 3, "photometric": "RGB", "planar": 1}], ids=str)
def test_icons_of_files_that_are_not_held_are_the_same(tmp_path: Path, layout: dict[str, Any], frame: int) -> None:
    made = dataset(rows=24, columns=40, frames=3, RepresentativeFrameNumber=frame, IconImageSequence=[icon()], **layout)
    data, path = file(made), tmp_path / "a.dcm"
    path.write_bytes(data)
    one = engine(LEFT, Blank(Rectangle(30, 0, 31, 1), frames=((2, 2),)))
    with open_buffer(str(path), 1 << 30, large=1) as buffer:
        assert not isinstance(buffer, bytes)
        assert joined(one.apply(buffer).parts) == joined(one.apply(data).parts)


# ---- size and reduction


@given(rows=st.integers(1, 600), columns=st.integers(1, 600), box=st.tuples(st.integers(1, 700), st.integers(1, 700)))
@settings(max_examples=200, deadline=None)
def test_an_icon_is_never_larger_than_the_frame_or_than_it_was(rows: int, columns: int, box: tuple[int, int]) -> None:
    found = icon_size(rows, columns, *box)
    assert 1 <= found[0] <= min(rows, box[0], 256) and 1 <= found[1] <= min(columns, box[1], 256)


@pytest.mark.parametrize(
    ("frame", "box", "size"),
    [
        ((512, 512), (64, 64), (64, 64)),
        ((480, 640), (64, 64), (48, 64)),
        ((480, 640), (48, 64), (48, 64)),
        ((479, 641), (48, 64), (48, 64)),
        ((20, 30), (64, 64), (20, 30)),
        ((3000, 10), (64, 64), (64, 1)),
    ],
)
def test_icons_have_the_shape_of_their_frame(frame: tuple[int, int], box: tuple[int, int], size: tuple[int, int]) -> None:
    assert icon_size(*frame, *box) == size


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_each_pixel_of_a_reduced_picture_is_the_mean_of_its_own(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(7, 9), (8, 8, 3), (1, 5), (13, 1, 3)]))
    picture = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 256, shape, "u1")
    rows, columns = data.draw(st.integers(1, shape[0])), data.draw(st.integers(1, shape[1]))
    found = reduced(picture, rows, columns)
    assert found.shape == (rows, columns, *shape[2:])
    for row in range(rows):
        for column in range(columns):
            part = picture[
                row * shape[0] // rows : (row + 1) * shape[0] // rows, column * shape[1] // columns : (column + 1) * shape[1] // columns
            ]
            mean = part.reshape(-1, *shape[2:]).astype(float).mean(axis=0)
            assert np.abs(found[row, column] - mean).max() <= 0.5
