"""The same frames in several codings, recipes over them, and areas of them as an oracle that asks of each pixel."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from compressed_objects import BLOCKS, CODED, fragments_of, image
from pixel_objects import BIG, EXPLICIT, dataset, file
from pydicom.dataset import Dataset

from deidrules.compile.compiler import compile_text
from deidrules.engine.instance import Engine
from deidrules.engine.keys import KeyRing
from deidrules.plan.model import Policies

ROWS, COLUMNS, FRAMES = 24, 40, 3
LOOSE = Policies("K", unmatched_pixels="accept", unknown_sop_class="strictest")

Area = Callable[[Any, Any], Any]  # of columns and rows of pixels, in the image's coordinates: which of them belong to it


def engine(*blocks: str, policies: Policies = LOOSE) -> Engine:
    """An engine of one recipe; each block is the statements of one pixel rule."""
    rules = "".join(f'pixels "r{number}" when Modality = "OT" {{\n{block}\n}}\n' for number, block in enumerate(blocks))
    compiled = compile_text(f"deidrules 1\n\n{rules}", policies=policies)
    assert compiled.plan is not None, compiled.diagnostics
    return Engine(compiled.plan, KeyRing(bytes(range(32))))


def applied(rules: Engine, made: Dataset, uid: str) -> Dataset:
    return pydicom.dcmread(io.BytesIO(b"".join(rules.apply(file(made, uid)).parts)))


# ---- areas, as an oracle that asks of each pixel whether it belongs to them


def box(left: int, top: int, right: int, bottom: int) -> Area:
    return lambda x, y: (left <= x) & (x < right) & (top <= y) & (y < bottom)


def both(one: Area, other: Area) -> Area:
    return lambda x, y: one(x, y) & other(x, y)


def either(*areas: Area) -> Area:
    return lambda x, y: np.logical_or.reduce([area(x, y) for area in areas])


def outside(area: Area) -> Area:
    return lambda x, y: ~area(x, y)


def nothing(x: Any, y: Any) -> Any:
    return (x < y) & (x > y)


everything = outside(nothing)
REGIONS = [(5, 4, 20, 13), (18, 12, 33, 20)]  # the corners as they stand in the object: both belong to the region
IN_REGIONS = either(*(box(left, top, right + 1, bottom + 1) for left, top, right, bottom in REGIONS))


def top_band(depth: int) -> Area:
    return lambda x, y: y < depth


def bottom_band(depth: int) -> Area:
    return lambda x, y: y >= ROWS - depth


def left_band(depth: int) -> Area:
    return lambda x, y: x < depth


def right_band(depth: int) -> Area:
    return lambda x, y: x >= COLUMNS - depth


def region(left: int, top: int, right: int, bottom: int) -> Dataset:
    made = Dataset()
    made.RegionLocationMinX0, made.RegionLocationMinY0, made.RegionLocationMaxX1, made.RegionLocationMaxY1 = left, top, right, bottom
    return made


def regions(*corners: tuple[int, int, int, int]) -> dict[str, Any]:
    return {"SequenceOfUltrasoundRegions": [region(*held) for held in corners]}


# ---- carriers: objects with the same frames in several codings


def plain(**attributes: Any) -> Dataset:
    words = np.stack([image(ROWS, COLUMNS, bits=12, seed=number) for number in range(FRAMES)])
    return dataset(rows=ROWS, columns=COLUMNS, frames=FRAMES, allocated=16, stored=12, value=words.tobytes(), **attributes)


def big(**attributes: Any) -> Dataset:
    words = np.stack([image(ROWS, COLUMNS, 3, seed=number) for number in range(FRAMES)])
    value = np.moveaxis(words, 3, 1).tobytes()
    return dataset(rows=ROWS, columns=COLUMNS, frames=FRAMES, samples=3, planar=1, photometric="RGB", value=value, vr="OB", **attributes)


def coded(name: str) -> Callable[..., Dataset]:
    way = {**CODED, **BLOCKS}[name]
    return lambda **attributes: way.object(way.frames(FRAMES), **attributes)


@dataclass(frozen=True)
class Carrier:
    make: Callable[..., Dataset]
    uid: str
    decode: Callable[[Dataset], np.ndarray]
    cell: int = 1  # blocks of so many pixels go whole


def fragments(name: str) -> Callable[[Dataset], np.ndarray]:
    way = {**CODED, **BLOCKS}[name]
    return lambda made: np.stack([way.decode(data).reshape(ROWS, COLUMNS, -1) for _, data in fragments_of(made)[1]])


def compressed(name: str, cell: int = 1) -> Carrier:
    return Carrier(coded(name), {**CODED, **BLOCKS}[name].uid, fragments(name), cell)


CARRIERS: dict[str, Carrier] = {
    "native": Carrier(plain, EXPLICIT, lambda made: np.frombuffer(made.PixelData, "<u2").reshape(FRAMES, ROWS, COLUMNS, 1)),
    "native, big endian, by planes": Carrier(
        big, BIG, lambda made: np.moveaxis(np.frombuffer(made.PixelData, "u1").reshape(FRAMES, 3, ROWS, COLUMNS), 1, 3)
    ),
    "RLE": compressed("RLE, RGB"),
    "JPEG 2000": compressed("JPEG 2000, 12 bits"),
    "JPEG": compressed("JPEG", 8),
}
X, Y = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))


def grown(mask: Any, cell: int) -> Any:
    """Whole blocks of an image whose rows and columns are made of them."""
    blocks = mask.reshape(ROWS // cell, cell, COLUMNS // cell, cell).any(axis=(1, 3))
    return blocks.repeat(cell, 0).repeat(cell, 1)
