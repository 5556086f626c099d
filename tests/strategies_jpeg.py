"""Shapes of JPEG streams and rectangles for tests, drawn by hypothesis; and images for the encoders of other libraries."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import strategies as st
from jpeg_streams import Box, Shape

from deidrules.pixels.jpeg.edit import blank
from deidrules.plan.pixels import Rectangle

SAMPLINGS = {
    "4:4:4": ((1, 1),) * 3,
    "4:2:2": ((2, 1), (1, 1), (1, 1)),
    "4:2:0": ((2, 2), (1, 1), (1, 1)),
    "4:1:1": ((4, 1), (1, 1), (1, 1)),
    "4:4:0": ((1, 2), (1, 1), (1, 1)),
    "4:1:0": ((4, 2), (1, 1), (1, 1)),
    "odd": ((3, 1), (1, 1), (1, 1)),
    "uneven": ((2, 2), (1, 2), (2, 1)),
    "chroma finer": ((1, 1), (2, 1), (1, 2)),
}
SCANS: tuple[tuple[tuple[int, ...], ...], ...] = (((0, 1, 2),), ((0,), (1,), (2,)), ((0,), (1, 2)), ((0, 1), (2,)), ((2,), (0, 1)))


def cut(data: bytes, boxes: list[Box], *, white: bool = False) -> bytes:
    return blank(data, [Rectangle(*box) for box in boxes], white=white)


def darkest(shape: Shape, component: int, white: bool) -> int:
    """The quantised DC coefficient that decodes to the darkest sample, or the lightest: half the range times eight, in whole steps."""
    if len(shape.sampling) == 3 and component and shape.transform != 0:
        return 0
    half = 8 << shape.precision - 1
    steps = -(-half // shape.steps[component])
    return min(steps, half - 1) if white else -steps


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    colour = draw(st.booleans())
    sampling = SAMPLINGS[draw(st.sampled_from(sorted(SAMPLINGS)))] if colour else ((draw(st.integers(1, 2)), draw(st.integers(1, 2))),)
    scans = draw(st.sampled_from(SCANS)) if colour else ((0,),)
    return Shape(
        draw(st.integers(1, 70)),
        draw(st.integers(1, 50)),
        sampling,
        scans,
        interval=draw(st.sampled_from((0, 0, 1, 2, 3, 7))),
        precision=draw(st.sampled_from((8, 8, 12))),
        dense=draw(st.sampled_from((0.0, 0.03, 0.3, 0.9))),
        complete=draw(st.booleans()),
        shared_tables=draw(st.booleans()),
        fill=draw(st.integers(0, 1)),
        transform=draw(st.sampled_from((None, 0, 1))),
        steps=draw(st.sampled_from(((3, 5, 5), (1, 1, 1), (255, 16, 17)))),
        quiet=draw(st.sampled_from((0.0, 0.0, 0.5, 1.0))),
        behind=draw(st.sampled_from((b"", b"\0", b"secret"))),
        seed=draw(st.integers(0, 1 << 16)),
    )


@st.composite
def geometries(draw: st.DrawFn) -> tuple[Shape, list[Box]]:
    shape = draw(shapes())
    boxes = []
    for _ in range(draw(st.integers(1, 3))):
        left, top = draw(st.integers(0, shape.columns - 1)), draw(st.integers(0, shape.rows - 1))
        right, bottom = draw(st.integers(left + 1, shape.columns)), draw(st.integers(top + 1, shape.rows))
        boxes.append((left, top, right, bottom))
    return shape, boxes


def photograph(columns: int, rows: int, samples: int, bits: int = 8) -> np.ndarray:
    chance = np.random.default_rng(columns * rows)
    y, x = np.mgrid[0:rows, 0:columns]
    one = (128 + 60 * np.sin(x / 17) + 40 * np.cos(y / 23) + chance.normal(0, 12, (rows, columns))).clip(0, 255)
    image = one if samples == 1 else np.dstack([one, one[::-1], one[:, ::-1]])
    return (image * ((1 << bits) - 1) / 255).astype("u1" if bits == 8 else "u2")


def by_opencv(image: np.ndarray, sampling: int, *flags: int) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling, *flags])[1].tobytes())
