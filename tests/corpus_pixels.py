"""What became of the frames of a real file: judged with pydicom, imagecodecs, djpeg and decoders of the tests, never with the package."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import compressed_objects
import cv2
import imagecodecs
import jpeg_streams
import numpy as np
import pydicom
from jpeg_streams import Shape, cell_of
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragmented_frames
from pydicom.pixels.processing import apply_color_lut

PREFIX = "1.2.840.10008.1.2."
NATIVE = ("1.2.840.10008.1.2", f"{PREFIX}1", f"{PREFIX}1.99", f"{PREFIX}2")
JPEG = (f"{PREFIX}4.50", f"{PREFIX}4.51")
ELEMENTS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
DJPEG = shutil.which("djpeg")
COMPARED = 5  # frames of a file whose coefficients are compared, spread over it; every frame is decoded

Box = tuple[int, int, int, int]  # left, top, right, bottom: half-open


@dataclass
class Image:
    """The frames of one file. `data` are its bytes."""

    data: bytes
    known: dict[int, jpeg_streams.Stream] = field(default_factory=dict)

    @cached_property
    def object(self) -> Dataset:
        return pydicom.dcmread(io.BytesIO(self.data), force=True)

    @property
    def syntax(self) -> str:
        # the few files without file meta information are implicit, or what pydicom takes them for
        said = self.object.file_meta.get("TransferSyntaxUID")
        return str(said) if said else NATIVE[0 if self.object.is_implicit_VR else 1]

    def number(self, keyword: str, default: int = 0) -> int:
        value = self.object.get(keyword)
        return int(value) if value not in (None, "") else default

    @property
    def shape(self) -> tuple[int, int]:
        return self.number("Rows"), self.number("Columns")

    @property
    def frames(self) -> int:
        return self.number("NumberOfFrames", 1)

    @property
    def photometric(self) -> str:
        return str(self.object.PhotometricInterpretation)

    @property
    def allocated(self) -> int:
        return self.number("BitsAllocated")

    @property
    def stored(self) -> int:
        return self.number("BitsStored", self.allocated)

    @property
    def element(self) -> str:
        return next(keyword for keyword in ELEMENTS if self.object.get(keyword))

    @property
    def signed(self) -> bool:
        return self.number("PixelRepresentation") == 1

    @cached_property
    def regions(self) -> list[Box]:
        """The ultrasound regions, their far corners taken in; none where one of them does not lie in the image."""
        found = []
        for item in self.object.get("SequenceOfUltrasoundRegions") or ():
            left, top = item.RegionLocationMinX0, item.RegionLocationMinY0
            right, bottom = item.RegionLocationMaxX1, item.RegionLocationMaxY1
            rows, columns = self.shape
            if not (0 <= left <= right <= columns and 0 <= top <= bottom <= rows and left < columns and top < rows):
                return []
            found.append((left, top, min(right + 1, columns), min(bottom + 1, rows)))
        return found

    @cached_property
    def coded(self) -> list[tuple[bytes, ...]]:
        """The fragments of each frame, put together by pydicom from the object's own offset tables."""
        tables = None
        if "ExtendedOffsetTable" in self.object:
            tables = (self.object.ExtendedOffsetTable, self.object.ExtendedOffsetTableLengths)
        return list(generate_fragmented_frames(self.object.PixelData, number_of_frames=self.frames, extended_offsets=tables))

    @cached_property
    def native(self) -> np.ndarray:
        """(frame, row, column, word): uncompressed samples with all their bits; for YBR_FULL_422 (frame, row, pair, Y Y Cb Cr)."""
        rows, columns = self.shape
        value = self.object[self.element].value
        samples = self.number("SamplesPerPixel", 1)
        if self.allocated == 1:
            bits = np.unpackbits(np.frombuffer(value, "u1"), bitorder="little")[: self.frames * rows * columns]
            return bits.reshape(self.frames, rows, columns, 1)
        order = ">" if self.syntax == NATIVE[3] else "<"
        if self.allocated == 8 and order == ">" and self.object[self.element].VR == "OW":
            value = np.frombuffer(value, "u1").reshape(-1, 2)[:, ::-1].tobytes()
        kind = "f" if self.element != "PixelData" else "u"
        words = np.frombuffer(value[: len(value) // (self.allocated // 8) * (self.allocated // 8)], f"{order}{kind}{self.allocated // 8}")
        if self.photometric == "YBR_FULL_422":
            return words[: self.frames * rows * columns * 2].reshape(self.frames, rows, columns // 2, 4)
        words = words[: self.frames * rows * columns * samples]
        if samples > 1 and self.object.PlanarConfiguration:
            return np.moveaxis(words.reshape(self.frames, samples, rows, columns), 1, 3)
        return words.reshape(self.frames, rows, columns, samples)

    def decoded(self, frame: int) -> np.ndarray:
        """(row, column, sample) of a compressed frame."""
        data = b"".join(self.coded[frame])
        rows, columns = self.shape
        kind = "?" if self.allocated == 1 else f"u{self.allocated // 8}"
        shape = (rows, columns) if kind == "?" else (rows, columns, self.number("SamplesPerPixel", 1))
        match self.syntax.removeprefix(PREFIX):
            case "5":
                samples = compressed_objects.rle_decode(shape, kind)(data)
            case "8.1":
                samples = compressed_objects.inflate(shape, kind)(data)
            case "4.50" | "4.51":
                samples = imagecodecs.jpeg8_decode(data)
            case "4.57" | "4.70":
                space = "rgb" if self.number("SamplesPerPixel", 1) == 3 else None
                samples = imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space)
            case "4.80" | "4.81":
                samples = imagecodecs.jpegls_decode(data)
            case "4.110" | "4.111" | "4.112":
                samples = imagecodecs.jpegxl_decode(data)
            case _:
                samples = imagecodecs.jpeg2k_decode(data)
        return np.asarray(samples).reshape(rows, columns, -1)

    def blocks(self, frame: int) -> jpeg_streams.Stream:
        if frame not in self.known:
            self.known[frame] = jpeg_streams.read(b"".join(self.coded[frame]))
        return self.known[frame]


@dataclass(frozen=True)
class Statement:
    """`text` as a recipe says it; `boxes` that it means, in the frames `first` .. `stop` - 1, counted from 0."""

    text: str
    boxes: list[Box]
    first: int
    stop: int


def statements(image: Image) -> dict[str, Statement]:
    """What is asked of every file, by name."""
    rows, columns = image.shape
    left, top = columns // 4 & ~1, rows // 4
    right, bottom = min(columns, max(left + 2, columns * 2 // 3 & ~1)), max(top + 1, rows * 2 // 3)
    first, stop = image.frames // 3, max(image.frames // 3 + 1, image.frames * 2 // 3)
    box = f"{left},{top},{right},{bottom}"
    around = [(0, 0, columns, top), (0, top, left, bottom), (right, top, columns, bottom), (0, bottom, columns, rows)]
    asked = {
        "rectangle": Statement(f"blank {box}", [(left, top, right, bottom)], 0, image.frames),
        "frame range": Statement(f"blank {box} frames {first + 1}..{stop}", [(left, top, right, bottom)], first, stop),
        "outside": Statement(f"blank outside {box}", around, 0, image.frames),
    }
    if image.regions:
        kept = masked(image.shape, image.regions)
        beside = [(x, y, x + 1, y + 1) for y, x in np.argwhere(~kept).tolist()]
        asked["regions"] = Statement("blank outside ultrasound-regions", beside, 0, image.frames)
    return asked


def masked(shape: tuple[int, int], boxes: list[Box]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    return mask


def found_wrong(before: Image, after: Image, asked: Statement, *, metadata: bool) -> str:
    """What is not as the statement says; "" when everything is. `metadata`: the program says that it left metadata of frames behind, so
    that untouched frames may differ from what they were, but not decoded."""
    if after.syntax != before.syntax:
        return "another transfer syntax"
    mask = masked(before.shape, asked.boxes)
    if before.syntax in NATIVE:
        if after.native.shape != before.native.shape:
            return "another length"
        for number, (one, other) in enumerate(zip(before.native, after.native, strict=True)):
            if wrong := samples_wrong(before, one, other, mask if asked.first <= number < asked.stop else np.zeros_like(mask)):
                return wrong
        return ""
    if len(before.coded) != before.frames or len(after.coded) != before.frames:
        return "another number of frames"
    for number in range(before.frames):
        if asked.first <= number < asked.stop and mask.any():
            if before.syntax in JPEG:
                wrong = jpeg_wrong(before, after, mask, number, asked)
            else:
                wrong = samples_wrong(before, before.decoded(number), after.decoded(number), mask)
            if wrong:
                return wrong
        elif before.coded[number] != after.coded[number] and not (
            metadata and np.array_equal(before.decoded(number), after.decoded(number))
        ):
            return "another frame changed"
    return ""


def samples_wrong(image: Image, one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> str:
    """Samples as they were coded, without loss: everything outside is what it was, every pixel inside holds the fill."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return "another form"
    inside = mask
    if one.shape[1] != mask.shape[1]:  # two pixels share their chroma
        inside = mask.reshape(mask.shape[0], -1, 2).all(axis=2)
    if not np.array_equal(one[~inside], other[~inside]):
        return "changed outside"
    if inside.any():
        fills = filled(image, values(image, one[~inside]))
        got = values(image, other[inside])
        if not any((got == np.array(fill)).all() for fill in fills):
            return "not the fill inside"
    return ""


def values(image: Image, words: np.ndarray) -> np.ndarray:
    """The numbers that the words stand for: of the stored bits, with their sign."""
    if words.dtype.kind in "fi":
        return words
    shift = image.number("HighBit", image.stored - 1) + 1 - image.stored
    numbers = (words.astype("i8") >> shift) & ((1 << image.stored) - 1)
    half = 1 << image.stored - 1
    return (numbers ^ half) - half if image.signed else numbers


def filled(image: Image, beside: np.ndarray) -> list[Any]:
    """What a blank may hold, from the table in the program's documentation: one, or two where the stream may say other colours."""
    low, high = (-(1 << image.stored - 1), (1 << image.stored - 1) - 1) if image.signed else (0, (1 << image.stored) - 1)
    middle = 1 << image.stored - 1
    match image.photometric:
        case "MONOCHROME1":
            return [beside.max() if len(beside) and image.stored > 1 else high]
        case "MONOCHROME2":
            if beside.dtype.kind == "f":
                padding = image.object.get("FloatPixelPaddingValue", image.object.get("DoubleFloatPixelPaddingValue"))
                return [padding if padding is not None else beside.min() if len(beside) else 0.0]
            padding = image.object.get("PixelPaddingValue")
            if isinstance(padding, bytes):
                padding = int.from_bytes(padding, "little")
            if padding is not None:
                bits = int(padding) & 0xFFFF
                padding = bits - 0x10000 if image.signed and bits > 0x7FFF else bits
                if low <= padding <= high:
                    return [padding]
            return [beside.min() if image.signed and len(beside) else low]
        case "PALETTE COLOR":
            if "SegmentedRedPaletteColorLookupTableData" in image.object:
                return [0]
            shown = apply_color_lut(np.arange(1 << image.stored, dtype="u2" if image.stored > 8 else "u1"), image.object)
            light = shown.astype("i8") @ [299, 587, 114]
            return np.flatnonzero(light == light.min()).tolist()
        case "YBR_FULL" | "YBR_FULL_422":
            neutral = [[0, middle, middle], [0, 0, 0]]
            return [[0, 0, middle, middle]] if beside.shape[-1] == 4 else neutral
    return [[0] * beside.shape[-1]]


def jpeg_wrong(before: Image, after: Image, mask: np.ndarray, number: int, asked: Statement) -> str:
    """Coefficients of every other block are what they were; decoded, the rectangle is dark, and all but its blocks and the chroma that a
    decoder spreads beyond them is what it was."""
    one, other = before.decoded(number), after.decoded(number)
    header = frame_header(b"".join(before.coded[number]))
    wide, high = header.cell
    cells = np.zeros((-(-mask.shape[0] // high), -(-mask.shape[1] // wide)), bool)
    shared = len(set(header.sampling)) > 1
    near = cv2.dilate(mask.astype("u1"), np.ones((3, 3), "u1")) > 0 if shared else mask
    rows, columns = np.nonzero(near)
    cells[rows // high, columns // wide] = True
    grown = cells.repeat(high, 0).repeat(wide, 1)[: mask.shape[0], : mask.shape[1]]
    if shared:
        grown = cv2.dilate(grown.astype("u1"), np.ones((5, 5), "u1")) > 0
    if not np.array_equal(one[~grown], other[~grown]):
        return "changed outside"
    top = (1 << header.precision) - 1
    inside = top - other[mask] if before.photometric == "MONOCHROME1" else other[mask]
    if inside.max() > top // 80:
        return "not dark inside"
    spread = {asked.first + step * (asked.stop - asked.first - 1) // max(1, COMPARED - 1) for step in range(COMPARED)}
    if number in spread:
        return coefficients_wrong(before.blocks(number), after.blocks(number), header, mask, cells) or noise(before, after, number)
    return ""


def frame_header(data: bytes) -> Shape:
    """What the frame header of a JPEG says."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1):
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    body = data[at + 4 : at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")]
    sampling = tuple((size >> 4, size & 15) for size in body[7::3])
    return Shape(int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"), sampling, precision=body[0])


def coefficients_wrong(one: jpeg_streams.Stream, other: jpeg_streams.Stream, header: Shape, mask: np.ndarray, cells: np.ndarray) -> str:
    if one.blocks.keys() != other.blocks.keys():
        return "other blocks"
    across, down = header.largest
    blank: dict[int, set[int]] = {}
    for place, block in one.blocks.items():
        component, row, column = place
        again = other.blocks[place]
        cell = cell_of(header, place)
        if cell[0] >= cells.shape[0] or cell[1] >= cells.shape[1] or not cells[cell]:
            if again != block:
                return "coefficients changed"
            continue
        h, v = header.sampling[component] if len(header.sampling) > 1 else (1, 1)
        wide, high = (8 * across // h, 8 * down // v) if len(header.sampling) > 1 else (8, 8)
        if mask[row * high : (row + 1) * high, column * wide : (column + 1) * wide].any():
            if any(again[1:]):
                return "a block is not blank"
            blank.setdefault(component, set()).add(again[0])
        elif again != block and any(again[1:]):
            return "coefficients changed"
    return "" if all(len(held) == 1 for held in blank.values()) else "blocks of several values"


def noise(before: Image, after: Image, number: int) -> str:
    """djpeg complains of nothing that it did not complain of before."""
    if DJPEG is None or before.syntax != JPEG[0]:
        return ""
    said = [
        subprocess.run([DJPEG, "-outfile", "/dev/null"], input=b"".join(one.coded[number]), capture_output=True) for one in (before, after)
    ]
    return "" if said[1].returncode <= said[0].returncode and (said[0].stderr or not said[1].stderr) else "djpeg complains"
