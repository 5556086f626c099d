"""Pictures without text to write text on: phantoms drawn from a seed, and, where they are at hand, real images in which nobody sees any."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy
import numpy.typing as npt

Picture = npt.NDArray[numpy.uint8]
Field = npt.NDArray[numpy.float32]
Source = numpy.random.Generator
Paint = Callable[[Source, int, int], Any]

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus" / "files"
# (rows, columns)
SCREENS = ((480, 640), (600, 800), (576, 768), (768, 1024), (708, 1016))
SQUARES = ((512, 512), (640, 640), (768, 768), (1024, 1024))
TALL = ((1024, 832), (1100, 900), (960, 768))


def grid(rows: int, columns: int) -> tuple[Field, Field]:
    """Coordinates of the pixels, the shorter side from -1 to 1 about the centre: (across, down)."""
    scale = min(rows, columns) / 2
    down, across = numpy.mgrid[0:rows, 0:columns].astype(numpy.float32)
    return (across - columns / 2) / scale, (down - rows / 2) / scale


def noise(source: Source, rows: int, columns: int, grain: float) -> Field:
    """Smooth noise of mean 0 and about unit size; `grain` is the size of its spots in pixels."""
    small = source.standard_normal((max(2, math.ceil(rows / grain)), max(2, math.ceil(columns / grain)))).astype(numpy.float32)
    return cv2.resize(small, (columns, rows), interpolation=cv2.INTER_CUBIC)


def ellipse(across: Field, down: Field, at: tuple[float, float], size: tuple[float, float], turned: float = 0.0) -> Field:
    """1 inside, 0 outside, with a soft edge."""
    cosine, sine = math.cos(turned), math.sin(turned)
    u = ((across - at[0]) * cosine + (down - at[1]) * sine) / size[0]
    v = ((down - at[1]) * cosine - (across - at[0]) * sine) / size[1]
    return numpy.clip((1.0 - numpy.hypot(u, v)) * 30 * min(size) + 0.5, 0, 1)


def bytes_of(picture: Any) -> Picture:
    return numpy.clip(picture, 0, 255).astype(numpy.uint8)


def coloured(picture: Any) -> Picture:
    """As three channels."""
    picture = bytes_of(picture)
    return numpy.ascontiguousarray(numpy.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture)


def _wander(source: Source, steps: int, bend: float) -> Any:
    """A path of unit steps that turns a little at each: steps x 2."""
    turns = numpy.cumsum(source.normal(0, bend, steps)) + source.uniform(0, 2 * math.pi)
    return numpy.cumsum(numpy.stack((numpy.cos(turns), numpy.sin(turns)), 1), axis=0)


# ---- phantoms


def _speckle(source: Source, rows: int, columns: int) -> Field:
    tissue = 70 + 45 * noise(source, rows, columns, 60) + 25 * noise(source, rows, columns, 18)
    return numpy.clip(tissue, 5, None) * (0.4 + 0.5 * numpy.abs(noise(source, rows, columns, 2.2)))


def sector(source: Source, rows: int, columns: int) -> Field:
    """Curved-array ultrasound: a fan of speckle on black, a grey bar, depth ticks."""
    across, down = grid(rows, columns)
    angle, depth = numpy.arctan2(across, down + 1.15), numpy.hypot(across, down + 1.15)
    width = source.uniform(0.5, 0.75)
    fan = (numpy.abs(angle) < width) & (depth > 0.3) & (depth < source.uniform(1.75, 2.0))
    picture = numpy.where(fan, _speckle(source, rows, columns), 0)
    for _ in range(int(source.integers(1, 4))):
        at = (source.uniform(-0.4, 0.4), source.uniform(-0.3, 0.4))
        picture *= 1 - 0.85 * ellipse(across, down, at, (source.uniform(0.08, 0.25), source.uniform(0.08, 0.2)))
    _bar(picture, columns - 24, rows // 6, rows // 2)
    return _ticks(picture, columns - 40, rows // 20, rows - rows // 10)


def _bar(picture: Field, left: int, top: int, stop: int) -> None:
    picture[top:stop, left : left + 10] = numpy.linspace(255, 0, stop - top)[:, None]


def _ticks(picture: Field, column: int, top: int, stop: int) -> Field:
    for number, row in enumerate(range(top, stop, max(8, (stop - top) // 20))):
        picture[row, column : column + (9 if number % 5 == 0 else 5)] = 200
    return picture


def linear_colour(source: Source, rows: int, columns: int) -> Picture:
    """Linear ultrasound with a box of colour flow."""
    across, down = grid(rows, columns)
    image = (numpy.abs(across) < 0.9) & (down > -0.8) & (down < 0.85)
    layers = 1 + 0.5 * numpy.sin(down * source.uniform(15, 30) + 1.5 * noise(source, rows, columns, 120))
    picture = coloured(numpy.where(image, _speckle(source, rows, columns) * layers, 0))
    vessel = ellipse(across, down, (0, source.uniform(-0.1, 0.2)), (0.5, 0.12), source.uniform(-0.3, 0.3)) > 0.5
    flow = noise(source, rows, columns, 14)
    picture[vessel & (flow > 0)] = (200, 60, 20)
    picture[vessel & (flow <= 0)] = (30, 70, 210)
    top, left = int(rows * 0.3), int(columns * 0.3)
    cv2.rectangle(picture, (left, top), (columns - left, rows - top), (60, 220, 60), 1)
    return picture


def doppler(source: Source, rows: int, columns: int) -> Field:
    """A small sector above a spectral trace with its base line and scale."""
    picture = numpy.zeros((rows, columns), numpy.float32)
    half = rows // 2
    picture[:half] = cv2.resize(numpy.asarray(sector(source, half, columns), numpy.float32), (columns, half))
    time = numpy.arange(columns)
    beat = numpy.abs(numpy.sin(time / columns * math.pi * source.integers(3, 8))) ** 3
    height = (0.1 + 0.75 * beat) * half * 0.8
    down = numpy.arange(half)[:, None]
    inside = (half * 0.9 - down < height) & (down < half * 0.9)
    picture[half:] = inside * (60 + 120 * numpy.abs(noise(source, half, columns, 2)))
    picture[half + int(half * 0.9)] = 180
    picture[half:, ::50] = numpy.maximum(picture[half:, ::50], 40)
    return _ticks(picture, columns - 14, half + 5, rows - 5)


def ct_head(source: Source, rows: int, columns: int) -> Field:
    """A skull with brain and ventricles."""
    across, down = grid(rows, columns)
    size = (source.uniform(0.6, 0.72), source.uniform(0.75, 0.85))
    skull = ellipse(across, down, (0, 0), size)
    brain = ellipse(across, down, (0, 0), (size[0] - 0.07, size[1] - 0.07))
    picture = 235 * (skull - brain) + brain * (95 + 8 * noise(source, rows, columns, 25))
    for side in (-1, 1):
        picture -= 60 * ellipse(across, down, (side * 0.12, -0.05), (0.06, 0.25), side * 0.3) * brain
    return picture + 5 * source.standard_normal((rows, columns)) * (skull > 0)


def ct_body(source: Source, rows: int, columns: int) -> Field:
    """A trunk with organs, spine and the table below it."""
    across, down = grid(rows, columns)
    body = ellipse(across, down, (0, 0), (0.92, 0.62))
    picture = body * (70 + 6 * noise(source, rows, columns, 8))
    for _ in range(8):
        at = (source.uniform(-0.6, 0.6), source.uniform(-0.35, 0.3))
        organ = ellipse(across, down, at, (source.uniform(0.07, 0.3), source.uniform(0.07, 0.22)), source.uniform(0, 3))
        picture += organ * source.uniform(-50, 60)
    picture += 150 * ellipse(across, down, (0, 0.38), (0.12, 0.1)) + 120 * ellipse(across, down, (0, 0.53), (0.03, 0.08))
    picture[int(rows * 0.87) : int(rows * 0.87) + 3, int(columns * 0.15) : int(columns * 0.85)] = 120
    return picture + 6 * source.standard_normal((rows, columns)) * (body > 0)


def mr_brain(source: Source, rows: int, columns: int) -> Field:
    """Folded grey and white matter under an uneven coil."""
    across, down = grid(rows, columns)
    head = ellipse(across, down, (0, 0), (0.68, 0.82))
    brain = ellipse(across, down, (0, -0.02), (0.6, 0.73))
    folds = numpy.sin(4 * noise(source, rows, columns, rows / 18))
    picture = head * 190 - brain * 120 + brain * (70 + 22 * folds)
    coil = 0.75 + 0.35 * across * source.choice((-1.0, 1.0))
    return numpy.abs(picture * coil + 7 * source.standard_normal((rows, columns)))


def mr_joint(source: Source, rows: int, columns: int) -> Field:
    """Two bright bones with a dark gap, in soft tissue."""
    across, down = grid(rows, columns)
    tissue = (numpy.abs(across + 0.06 * numpy.sin(4 * down)) < 0.62) * (60 + 20 * noise(source, rows, columns, 40))
    bones = ellipse(across, down, (0, -0.62), (0.36, 0.55)) + ellipse(across, down, (0.03, 0.66), (0.33, 0.55))
    return numpy.abs(tissue + bones * (130 + 15 * noise(source, rows, columns, 12)) + 6 * source.standard_normal((rows, columns)))


def chest(source: Source, rows: int, columns: int) -> Field:
    """A chest radiograph: lungs, ribs, heart."""
    across, down = grid(rows, columns)
    picture = 165 - 30 * numpy.abs(across)
    for side in (-1, 1):
        lung = ellipse(across, down, (side * 0.42, -0.1), (0.33, 0.7), side * 0.1)
        picture = picture - 95 * lung + 14 * lung * noise(source, rows, columns, 9)
    ribs = numpy.sin((down + 0.35 * across**2) * source.uniform(20, 28)) > 0.72
    picture = picture + 16 * ribs + 55 * ellipse(across, down, (0.12, 0.25), (0.3, 0.33)) + 25 * (numpy.abs(across) < 0.09)
    return picture + 3 * source.standard_normal((rows, columns))


def bone(source: Source, rows: int, columns: int) -> Field:
    """A long bone, collimated: black all round."""
    across, down = grid(rows, columns)
    lean = source.uniform(-0.2, 0.2)
    axis = across - lean * down
    picture = 45 * (numpy.abs(axis) < 0.45) + 110 * (numpy.abs(axis) < 0.17 + 0.04 * numpy.cos(3 * down)) - 30 * (numpy.abs(axis) < 0.07)
    picture = picture + 8 * noise(source, rows, columns, 6) + 4 * source.standard_normal((rows, columns))
    return numpy.where((numpy.abs(across) < 0.75) & (numpy.abs(down) < 0.93), picture + 25, 4)


def breast(source: Source, rows: int, columns: int) -> Field:
    """A mammogram: a half disc of glandular tissue on black."""
    across, down = grid(rows, columns)
    left = float(across.min())
    shape = ellipse(across, down, (left, 0), (source.uniform(0.9, 1.2), source.uniform(0.7, 0.85)))
    strands = numpy.abs(noise(source, rows, columns, 45)) + 0.4 * numpy.abs(noise(source, rows, columns, 9))
    return shape * (55 + 60 * strands) + shape * 3 * source.standard_normal((rows, columns))


def fluoroscopy(source: Source, rows: int, columns: int) -> Field:
    """A round field of view with a catheter and contrast in branching vessels."""
    across, down = grid(rows, columns)
    picture = 150 + 25 * noise(source, rows, columns, 150) + 7 * source.standard_normal((rows, columns))
    canvas = numpy.zeros((rows, columns), numpy.uint8)
    for _ in range(5):
        points = _wander(source, 40, 0.15) * min(rows, columns) * 0.03 + (columns * source.uniform(0.3, 0.7), rows * 0.2)
        cv2.polylines(canvas, [points.astype(numpy.int32)], False, 255, int(source.integers(2, 9)), cv2.LINE_AA)
    picture = picture - 0.35 * cv2.GaussianBlur(canvas, (0, 0), 1.5)
    return numpy.where(numpy.hypot(across, down) < 0.97, picture, 0)


def bone_scan(source: Source, rows: int, columns: int) -> Field:
    """Nuclear medicine: a figure of blobs, counts of a Poisson process."""
    across, down = grid(rows, columns)
    rate = 2 * ellipse(across, down, (0, 0), (0.28, 0.85)) + 6 * ellipse(across, down, (0, -0.72), (0.1, 0.13))
    for _ in range(10):
        at = (source.normal(0, 0.12), source.uniform(-0.6, 0.7))
        rate += source.uniform(2, 12) * numpy.exp(-((across - at[0]) ** 2 + (down - at[1]) ** 2) / 0.003)
    return 14 * source.poisson(rate)


def pet(source: Source, rows: int, columns: int) -> Field:
    """A positron projection, dark on white."""
    return 255 - cv2.GaussianBlur(numpy.asarray(bone_scan(source, rows, columns), numpy.float32), (0, 0), 3)


def endoscopy(source: Source, rows: int, columns: int) -> Picture:
    """A colour picture of folds in an eight-sided mask, with highlights."""
    across, down = grid(rows, columns)
    depth = numpy.hypot(across - source.uniform(-0.3, 0.3), down - source.uniform(-0.3, 0.3))
    light = numpy.clip(0.25 + depth, 0, 1) * (0.8 + 0.2 * numpy.sin(14 * depth + 2 * noise(source, rows, columns, 90)))
    light += 0.08 * noise(source, rows, columns, 12)
    picture = light[..., None] * numpy.array((215, 105, 90), numpy.float32)
    picture[noise(source, rows, columns, 16) > 2.6] = 250
    mask = (numpy.abs(across) < 0.95) & (numpy.abs(down) < 0.95) & (numpy.abs(across) + numpy.abs(down) < 1.55)
    return bytes_of(picture * mask[..., None])


def fundus(source: Source, rows: int, columns: int) -> Picture:
    """The back of an eye: orange disc, vessels, bright papilla."""
    across, down = grid(rows, columns)
    canvas = numpy.zeros((rows, columns), numpy.uint8)
    start = numpy.array((columns * 0.35, rows * 0.5))
    for _ in range(12):
        points = start + _wander(source, 14, 0.25) * min(rows, columns) * 0.05
        cv2.polylines(canvas, [points.astype(numpy.int32)], False, 255, int(source.integers(1, 5)), cv2.LINE_AA)
    light = 1 - 0.35 * numpy.hypot(across, down) + 0.04 * noise(source, rows, columns, 10) - 0.35 * canvas / 255
    picture = light[..., None] * numpy.array((205, 100, 45), numpy.float32)
    picture += ellipse(across, down, (-0.4, 0.0), (0.12, 0.14))[..., None] * numpy.array((60, 110, 90), numpy.float32)
    return bytes_of(picture * (numpy.hypot(across, down) < 0.96)[..., None])


def retina_layers(source: Source, rows: int, columns: int) -> Field:
    """An OCT section: bright wavy layers in speckle."""
    across, down = grid(rows, columns)
    bent = down + 0.12 * numpy.exp(-((across / 0.25) ** 2)) + 0.05 * noise(source, rows, columns, columns / 3)
    picture = 18 + 0 * bent
    for at, thick, bright in ((-0.25, 0.05, 150), (-0.1, 0.03, 90), (0.05, 0.04, 110), (0.2, 0.03, 210), (0.26, 0.15, 80)):
        picture = picture + bright * numpy.exp(-(((bent - at) / thick) ** 2))
    return picture * (0.5 + 0.5 * numpy.abs(noise(source, rows, columns, 1.6)))


def chart(source: Source, rows: int, columns: int) -> Picture:
    """A captured screen: panels with frames, a grid with curves, a row of buttons."""
    picture = numpy.full((rows, columns, 3), int(source.integers(20, 60)), numpy.uint8)
    top, left, bottom, right = rows // 6, columns // 10, rows - rows // 6, columns - columns // 4
    for row in numpy.linspace(top, bottom, 9):
        cv2.line(picture, (left, int(row)), (right, int(row)), (90, 90, 90), 1)
    for column in numpy.linspace(left, right, 13):
        cv2.line(picture, (int(column), top), (int(column), bottom), (90, 90, 90), 1)
    for colour in ((230, 200, 40), (60, 200, 230), (220, 80, 80)):
        heights = numpy.cumsum(source.normal(0, rows / 90, right - left)) + rows / 2
        points = numpy.stack((numpy.arange(left, right), numpy.clip(heights, top, bottom)), 1)
        cv2.polylines(picture, [points.astype(numpy.int32)], False, colour, 1, cv2.LINE_AA)
    for at in range(left, right, columns // 8):
        cv2.rectangle(picture, (at, rows - rows // 10), (at + columns // 10, rows - rows // 24), (110, 110, 120), -1)
    return picture


def dose_screen(source: Source, rows: int, columns: int) -> Picture:
    """A dark page ruled like a table."""
    picture = numpy.full((rows, columns, 3), int(source.integers(0, 30)), numpy.uint8)
    for row in range(rows // 8, rows - rows // 8, rows // 16):
        cv2.line(picture, (columns // 12, row), (columns - columns // 12, row), (120, 120, 120), 1)
    for column in (columns // 12, columns // 3, columns // 2, columns - columns // 12):
        cv2.line(picture, (column, rows // 8), (column, rows - rows // 8), (120, 120, 120), 1)
    return picture


def cardiogram(source: Source, rows: int, columns: int) -> Picture:
    """Electrocardiogram paper with traces."""
    picture = numpy.full((rows, columns, 3), (255, 240, 238), numpy.uint8)
    step = max(6, rows // 90)
    for at in range(0, max(rows, columns), step):
        colour = (245, 170, 170) if at // step % 5 == 0 else (252, 215, 215)
        cv2.line(picture, (0, at), (columns, at), colour, 1)
        cv2.line(picture, (at, 0), (at, rows), colour, 1)
    time = numpy.arange(columns)
    for lead in range(1, 5):
        phase = (time / columns * source.uniform(6, 10)) % 1
        trace = 0.9 * numpy.exp(-(((phase - 0.4) / 0.015) ** 2)) + 0.2 * numpy.exp(-(((phase - 0.65) / 0.06) ** 2))
        points = numpy.stack((time, rows * lead / 5 - trace * rows / 10), 1)
        cv2.polylines(picture, [points.astype(numpy.int32)], False, (40, 30, 30), 1, cv2.LINE_AA)
    return picture


def black(source: Source, rows: int, columns: int) -> Field:
    return numpy.zeros((rows, columns), numpy.float32)


def grey(source: Source, rows: int, columns: int) -> Field:
    across, down = grid(rows, columns)
    return source.uniform(60, 150) + source.uniform(-40, 40) * across + source.uniform(-40, 40) * down


def white(source: Source, rows: int, columns: int) -> Field:
    return numpy.full((rows, columns), 250.0, numpy.float32)


# name -> (how it is painted, the sizes it comes in)
PHANTOMS: dict[str, tuple[Paint, tuple[tuple[int, int], ...]]] = {
    "sector": (sector, SCREENS),
    "linear-colour": (linear_colour, SCREENS),
    "doppler": (doppler, SCREENS),
    "ct-head": (ct_head, SQUARES[:2]),
    "ct-body": (ct_body, SQUARES[:2]),
    "mr-brain": (mr_brain, SQUARES[:3]),
    "mr-joint": (mr_joint, SQUARES[:3]),
    "chest": (chest, TALL),
    "bone": (bone, TALL),
    "breast": (breast, TALL),
    "fluoroscopy": (fluoroscopy, SQUARES[2:]),
    "bone-scan": (bone_scan, TALL),
    "pet": (pet, SQUARES[:2]),
    "endoscopy": (endoscopy, SCREENS),
    "fundus": (fundus, SCREENS),
    "retina-layers": (retina_layers, SCREENS),
    "chart": (chart, SCREENS),
    "dose-screen": (dose_screen, SCREENS),
    "cardiogram": (cardiogram, SCREENS),
    "black": (black, SCREENS),
    "grey": (grey, SCREENS),
    "white": (white, SCREENS),
}

# Real images without text, below the corpus. Longer sides than _LONGEST pixels are brought down to it.
REAL = {
    "real-mr-head": "UMEssen+dicom-deidentifier-ts/test/resources/test01.dcm",
    "real-ct-head": "cornerstonejs+cornerstoneWADOImageLoader/testImages/CT2_J2KR",
    "real-ct-head-2": "pydicom+pydicom-data/data_store/data/693_J2KR.dcm",
    "real-mr-shoulder": "pydicom+pydicom-data/data_store/data/MR2_J2KI.dcm",
    "real-mr-knee": "robyoung+dicom-test-files/data/WG04/JLSN/MR3_JLSN",
    "real-mr-neck": "robyoung+dicom-test-files/data/WG04/RLE/MR1_RLE",
    "real-chest": "ivmartel+dwv/tests/data/gdcm-CR-MONO1-10-chest.dcm",
    "real-chest-large": "pydicom+pydicom-data/data_store/data/RG1_J2KI.dcm",
    "real-angiography": "robyoung+dicom-test-files/data/WG04/J2KI/XA1_J2KI",
    "real-coronary": "fo-dicom+fo-dicom/Tests/FO-DICOM.Tests/Test_Data/HasFragmentSequence.dcm",
    "real-teeth": "fo-dicom+fo-dicom/Tests/FO-DICOM.Tests/Test_Data/GH195.dcm",
}
_LONGEST = 1280


def paint(name: str, source: Source) -> Picture:
    """A phantom, three channels of eight bits."""
    how, sizes = PHANTOMS[name]
    rows, columns = sizes[int(source.integers(len(sizes)))]
    return coloured(how(source, rows, columns))


@cache
def real(name: str) -> Picture | None:
    """A real image as a viewer would show it, three channels; None where the corpus is not at hand."""
    path = CORPUS / REAL[name]
    if not path.exists():
        return None
    import pydicom

    dataset = pydicom.dcmread(path)
    samples = dataset.pixel_array
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        samples = samples[len(samples) // 2]
    low, high = numpy.percentile(samples, (0.5, 99.5))
    picture = bytes_of((samples.astype(numpy.float32) - low) / max(high - low, 1) * 255)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        picture = 255 - picture
    scale = _LONGEST / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return coloured(picture)
