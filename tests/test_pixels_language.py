"""Every statement of a `pixels` block, from recipe text through the compiler and the engine to decoded frames, native and compressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pixel_carriers import (
    CARRIERS,
    COLUMNS,
    FRAMES,
    IN_REGIONS,
    REGIONS,
    ROWS,
    Area,
    X,
    Y,
    applied,
    both,
    bottom_band,
    box,
    either,
    engine,
    everything,
    grown,
    left_band,
    nothing,
    outside,
    regions,
    right_band,
    top_band,
)
from pydicom.dataset import Dataset

from deidrules.plan.model import Policies
from deidrules.text.refusal import Refusal


@dataclass(frozen=True)
class Case:
    """The statements of one rule or of several, and what of which frames (counted from 1) goes."""

    blocks: tuple[str, ...]
    area: Area
    frames: tuple[int, ...] = (1, 2, 3)
    more: dict[int, Area] | None = None  # of single frames, beside `area`

    def mask(self, frame: int, columns: Any, rows: Any) -> Any:
        area = self.area if frame in self.frames else nothing
        return either(area, (self.more or {}).get(frame, nothing))(columns, rows)


CASES: dict[str, Case] = {
    "corners": Case(("blank 3,2,9,7",), box(3, 2, 9, 7)),
    "corner and size": Case(("blank 3,2,+6,+5",), box(3, 2, 9, 7)),
    "one pixel": Case(("blank 39,23,40,24",), box(39, 23, 40, 24)),
    "the whole image as a rectangle": Case(("blank 0,0,+40,+24",), everything),
    "band at the top": Case(("blank top 3",), top_band(3)),
    "band at the bottom": Case(("blank bottom 5",), bottom_band(5)),
    "band at the left": Case(("blank left 4",), left_band(4)),
    "band at the right": Case(("blank right 1",), right_band(1)),
    "bands in per cent, rounded up": Case(("blank top 10%, right 11%",), either(top_band(3), right_band(5))),
    "four bands": Case(("blank top 2, bottom 3, left 4, right 5",), either(top_band(2), bottom_band(3), left_band(4), right_band(5))),
    "a band deeper than the image": Case(("blank left 4000",), everything),
    "everything": Case(("blank everything",), everything),
    "everything of one frame": Case(("blank everything frames 2",), everything, (2,)),
    "outside a rectangle": Case(("blank outside 3,2,30,17",), outside(box(3, 2, 30, 17))),
    "outside the regions": Case(("blank outside ultrasound-regions",), outside(IN_REGIONS)),
    "the regions": Case(("blank ultrasound-regions",), IN_REGIONS),
    "outside the regions of one frame": Case(("blank outside ultrasound-regions frames 2..3",), outside(IN_REGIONS), (2, 3)),
    "text in a region": Case(("blank outside ultrasound-regions\nblank 6,5,+9,+3",), either(outside(IN_REGIONS), box(6, 5, 15, 8))),
    "text in a region, in two rules": Case(
        ("blank outside ultrasound-regions", "blank 6,5,+9,+3 frames 2"), outside(IN_REGIONS), more={2: box(6, 5, 15, 8)}
    ),
    "text across the edge of a region": Case(
        ("blank outside ultrasound-regions\nblank 0,0,12,8\nblank right 20%",),
        either(outside(IN_REGIONS), box(0, 0, 12, 8), right_band(8)),
    ),
    "outside of two rules keeps what is inside both": Case(
        ("blank outside 2,2,30,20", "blank outside 10,1,39,15"), outside(both(box(2, 2, 30, 20), box(10, 1, 39, 15)))
    ),
    "outside a rectangle and outside the regions": Case(
        ("blank outside ultrasound-regions\nblank outside 7,0,40,24",), outside(both(IN_REGIONS, box(7, 0, 40, 24)))
    ),
    "a list of frames": Case(("blank 3,2,9,7 frames 1, 3",), box(3, 2, 9, 7), (1, 3)),
    "a range of frames": Case(("blank 3,2,9,7 frames 2..3",), box(3, 2, 9, 7), (2, 3)),
    "ranges that overlap": Case(("blank 3,2,9,7 frames 1..2, 2..3",), box(3, 2, 9, 7)),
    "all frames by a star": Case(("blank 3,2,9,7 frames *",), box(3, 2, 9, 7)),
    "rectangles of frames that overlap": Case(
        ("blank 3,2,19,7 frames 1..2\nblank 9,4,30,20 frames 2..3",),
        nothing,
        more={1: box(3, 2, 19, 7), 2: either(box(3, 2, 19, 7), box(9, 4, 30, 20)), 3: box(9, 4, 30, 20)},
    ),
    "clipped at two edges": Case(("blank 30,20,+20,+20 clipped",), box(30, 20, 40, 24)),
    "clipped away": Case(("blank 50,30,+20,+20 clipped",), nothing),
    "clipped frames": Case(("blank 3,2,9,7 clipped frames 3..9",), box(3, 2, 9, 7), (3,)),
    "clipped and outside": Case(("blank outside 30,20,60,60 clipped",), outside(box(30, 20, 40, 24))),
    "clean": Case(("clean",), nothing),
    "clean and a rectangle": Case(("clean", "blank 3,2,9,7"), box(3, 2, 9, 7)),
    "strip": Case(("strip overlays\nstrip high-bit-overlays",), nothing),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", CASES)
def test_what_a_statement_says_goes_and_nothing_else(name: str, carrier: str) -> None:
    case, held = CASES[name], CARRIERS[carrier]
    made = held.make(**regions(*REGIONS))
    before, after = held.decode(made), held.decode(applied(engine(*case.blocks), made, held.uid))
    for frame in range(FRAMES):
        mask = grown(case.mask(frame + 1, X, Y), held.cell)
        assert np.array_equal(after[frame][~mask], before[frame][~mask])
        assert (after[frame][mask] == 0).all()


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, Area, frozenset[int]]:
    """A `blank`, what it means, and of which frames."""
    left, top = draw(st.integers(0, COLUMNS - 1)), draw(st.integers(0, ROWS - 1))
    right, bottom = draw(st.integers(left + 1, COLUMNS)), draw(st.integers(top + 1, ROWS))
    corners = draw(st.sampled_from((f"{left},{top},{right},{bottom}", f"{left},{top},+{right - left},+{bottom - top}")))
    depth, side = draw(st.integers(1, 50)), draw(st.sampled_from((("top", top_band), ("left", left_band), ("bottom", bottom_band))))
    text, area = draw(
        st.sampled_from(
            (
                (corners, box(left, top, right, bottom)),
                (f"outside {corners}", outside(box(left, top, right, bottom))),
                (f"{side[0]} {depth}, right 1", either(side[1](depth), right_band(1))),
                ("outside ultrasound-regions", outside(IN_REGIONS)),
                ("ultrasound-regions", IN_REGIONS),
            )
        )
    )
    frames = draw(st.frozensets(st.integers(1, FRAMES), min_size=1))
    return f"blank {text} frames {', '.join(map(str, sorted(frames)))}", area, frames


@settings(max_examples=40, deadline=None)
@given(rules=st.lists(st.lists(statements(), min_size=1, max_size=3), min_size=1, max_size=3), carrier=st.sampled_from(sorted(CARRIERS)))
def test_whatever_rules_say_together_goes_and_nothing_else(rules: list[list[tuple[str, Area, frozenset[int]]]], carrier: str) -> None:
    held = CARRIERS[carrier]
    made = held.make(**regions(*REGIONS))
    asked = engine(*("\n".join(text for text, _, _ in rule) for rule in rules))
    before, after = held.decode(made), held.decode(applied(asked, made, held.uid))
    for frame in range(FRAMES):
        areas = [area for rule in rules for _, area, frames in rule if frame + 1 in frames]
        mask = grown(either(nothing, *areas)(X, Y), held.cell)
        assert np.array_equal(after[frame][~mask], before[frame][~mask])
        assert (after[frame][mask] == 0).all()


@pytest.mark.parametrize("carrier", [name for name in CARRIERS if name != "JPEG"])
def test_a_label_stands_in_what_was_blanked(carrier: str) -> None:
    held = CARRIERS[carrier]
    made = held.make()
    before, after = held.decode(made), held.decode(applied(engine('blank 0,0,40,14 frames 2\nlabel "NO 1"'), made, held.uid))
    assert np.array_equal(after[0], before[0]) and np.array_equal(after[2], before[2])
    assert np.array_equal(after[1][14:], before[1][14:])
    assert set(np.unique(after[1][:14]).tolist()) == {0, (1 << int(made.BitsStored)) - 1}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_regions_are_each_files_own(carrier: str) -> None:
    """Two files of one layout, whose regions differ in their numbers alone, in turn through one engine."""
    held, rules = CARRIERS[carrier], engine("blank outside ultrasound-regions")
    for corners in ((0, 0, 7, 7), (16, 8, 31, 15), (0, 0, 7, 7), (8, 16, 39, 23), (16, 8, 31, 15)):
        made = held.make(**regions(corners))
        left, top, right, bottom = corners
        kept = box(left, top, right + 1, bottom + 1)(X, Y)
        before, after = held.decode(made), held.decode(applied(rules, made, held.uid))
        assert np.array_equal(after[:, kept], before[:, kept])
        assert (after[:, ~kept] == 0).all()


# ---- overlay planes


def plane(made: Dataset, group: int, rows: int, columns: int, top: int, left: int, *, frames: int = 0, first: int = 0) -> np.ndarray:
    """Put a plane of ones there, its first pixel at this row and column of the image (from 0); its bits by frame."""
    base = group << 16
    bits = np.ones((max(1, frames), rows, columns), "u1")
    for element, vr, value in ((0x10, "US", rows), (0x11, "US", columns), (0x40, "CS", "G"), (0x50, "SS", [top + 1, left + 1])):
        made.add_new(base | element, vr, value)
    made.add_new(base | 0x100, "US", 1)
    made.add_new(base | 0x102, "US", 0)
    if frames:
        made.add_new(base | 0x15, "IS", frames)
        made.add_new(base | 0x51, "US", first)
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    made.add_new(base | 0x3000, "OW", data + b"\0" * (len(data) % 2))
    return bits


# group: rows, columns, top, left, frames, first frame
PLANES: dict[int, tuple[int, int, int, int, int, int]] = {
    0x6000: (9, 13, 6, 8, 0, 0),  # within the image, over every frame
    0x6002: (30, 47, -2, -4, 0, 0),  # over the image's edges on all sides
    0x6010: (7, 11, 20, 33, 2, 2),  # over the corner, for the second and the third frame
}


@pytest.mark.parametrize("carrier", ["native", "RLE", "JPEG"])  # words of big endian planes: test_pixels_overlay
@pytest.mark.parametrize(
    ("statement", "groups", "area", "frames"),
    [
        ("blank 10,5,20,9 overlay 6000", [0x6000], box(10, 5, 20, 9), (1, 2, 3)),
        ("blank 10,5,+10,+4 overlay *", [*PLANES], box(10, 5, 20, 9), (1, 2, 3)),
        ("blank 34,21,38,24 overlay 6010 frames 2", [0x6010], box(34, 21, 38, 24), (2,)),
        ("blank 34,21,38,24 overlay 6010 frames 1, 3", [0x6010], box(34, 21, 38, 24), (1, 3)),
        ("blank top 3 overlay *", [*PLANES], top_band(3), (1, 2, 3)),
        ("blank bottom 2, right 25% overlay *", [*PLANES], either(bottom_band(2), right_band(10)), (1, 2, 3)),
        ("blank everything overlay 6002", [0x6002], everything, (1, 2, 3)),
        ("blank outside 10,5,20,9 overlay *", [*PLANES], outside(box(10, 5, 20, 9)), (1, 2, 3)),
        ("blank outside ultrasound-regions overlay 6002", [0x6002], outside(IN_REGIONS), (1, 2, 3)),
        ("blank 36,22,+90,+90 clipped overlay 6010", [0x6010], box(36, 22, 126, 112), (1, 2, 3)),
        ("blank 10,5,20,9 overlay 6004", [], nothing, ()),
        ("clean", [], nothing, ()),
    ],
)
def test_a_plane_is_blanked_in_the_images_coordinates(
    statement: str, groups: list[int], area: Area, frames: tuple[int, ...], carrier: str
) -> None:
    held = CARRIERS[carrier]
    made = held.make(**regions(*REGIONS))
    before = {group: plane(made, group, *spot[:4], frames=spot[4], first=spot[5]) for group, spot in PLANES.items()}
    after = applied(engine(statement), made, held.uid)
    assert after.PixelData == made.PixelData  # `overlay` means planes and leaves the frames alone
    for group, (rows, columns, top, left, count, first) in PLANES.items():
        value = np.frombuffer(after[group << 16 | 0x3000].value, "u1")
        bits = np.unpackbits(value, bitorder="little")[: before[group].size].reshape(before[group].shape)
        x, y = np.meshgrid(np.arange(left, left + columns), np.arange(top, top + rows))
        for number in range(max(1, count)):
            reached = bool(frames) if not count else first + number in frames
            wanted = ~area(x, y) if group in groups and reached else np.ones((rows, columns), bool)
            assert np.array_equal(bits[number] != 0, wanted), (hex(group), number)


@pytest.mark.parametrize("carrier", ["native", "RLE"])
def test_planes_that_are_stripped_leave_the_frames_to_the_other_statements(carrier: str) -> None:
    held = CARRIERS[carrier]
    made = held.make()
    plane(made, 0x6000, 9, 13, 6, 8)
    after = applied(engine("strip overlays\nblank 3,2,9,7\nblank everything overlay 6000"), made, held.uid)
    assert not [element.tag for element in after if 0x6000 <= element.tag.group <= 0x601E]
    mask = box(3, 2, 9, 7)(X, Y)
    assert (held.decode(after)[:, mask] == 0).all() and np.array_equal(held.decode(after)[:, ~mask], held.decode(made)[:, ~mask])


# ---- what is refused, by the same words in every coding


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    ("code", "statement", "corners"),
    [
        ("rectangle-outside-image", "blank 0,0,41,5", ()),
        ("rectangle-outside-image", "blank 0,20,+5,+5", ()),
        ("rectangle-outside-image", "blank outside 0,0,41,5", ()),
        ("rectangle-outside-image", "blank top 3 frames 4", ()),
        ("rectangle-outside-image", "blank top 3 frames 2..4", ()),
        ("no-ultrasound-regions", "blank outside ultrasound-regions", ()),
        ("no-ultrasound-regions", "blank ultrasound-regions", ()),
        ("no-ultrasound-regions", "blank outside ultrasound-regions", ((0, 0, 41, 5),)),
        ("no-ultrasound-regions", "blank outside ultrasound-regions", ((5, 5, 4, 9),)),
        ("no-ultrasound-regions", "blank outside ultrasound-regions", ((0, 0, 7, 7), (0, 0, 7, 25))),
        ("read-text-unavailable", "read-text in top 25%", ()),
        ("label-unavailable", 'blank 0,0,+3,+3\nlabel "DE-IDENTIFIED"', ()),
    ],
)
def test_what_cannot_be_done_as_it_is_said_is_refused(
    code: str, statement: str, corners: tuple[tuple[int, int, int, int], ...], carrier: str
) -> None:
    held = CARRIERS[carrier]
    with pytest.raises(Refusal) as caught:
        applied(engine(statement), held.make(**(regions(*corners) if corners else {})), held.uid)
    assert caught.value.code == code


@pytest.mark.parametrize("carrier", ["native", "JPEG"])
def test_regions_judge_a_frame_only_where_there_are_any(carrier: str) -> None:
    strict = Policies("K", unmatched_pixels="quarantine", unknown_sop_class="strictest")
    held, rules = CARRIERS[carrier], engine("blank outside ultrasound-regions", policies=strict)
    applied(rules, held.make(**regions((0, 0, 7, 7))), held.uid)
    for corners in ((), ((0, 0, 99, 7),)):
        with pytest.raises(Refusal, match="no-ultrasound-regions"):
            applied(rules, held.make(**(regions(*corners) if corners else {})), held.uid)
    with pytest.raises(Refusal, match="unmatched-pixels"):
        applied(engine("blank outside ultrasound-regions frames 1..2", policies=strict), held.make(**regions((0, 0, 7, 7))), held.uid)
