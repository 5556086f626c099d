"""Where the samples of a rectangle lie in native pixel data: runs of bytes, or of bits where a pixel is one bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.pixels.facts import SHARED_CHROMA, PixelFacts
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Layout:
    """Native pixel data in units: bits for one-bit pixels, bytes for all others.

    A frame is `planes` planes of `rows` x `columns` pixels of `pixel_units` units each; planar configuration 1 has a plane for each
    sample, everything else one. `step` pixels share samples (two with YBR_FULL_422) and are taken together. `swap` says how bytes lie in
    16-bit words of big endian data: "" as they come, "pairs" exchanged, "either" when readers disagree."""

    rows: int
    columns: int
    pixel_units: int
    planes: int = 1
    step: int = 1
    bits: bool = False
    swap: str = ""

    @property
    def plane_units(self) -> int:
        """Units of one plane."""
        return self.rows * self.columns * self.pixel_units

    @property
    def frame_units(self) -> int:
        """Units of one frame."""
        return self.plane_units * self.planes

    def covered(self, rectangle: Rectangle) -> Rectangle:
        """The rectangle, grown to whole groups of pixels that share samples."""
        left = rectangle.left // self.step * self.step
        return Rectangle(left, rectangle.top, -(-rectangle.right // self.step) * self.step, rectangle.bottom)

    @property
    def row_units(self) -> int:
        """Units of one row of one plane."""
        return self.columns * self.pixel_units

    def rows_of(self, frame: int, plane: int, covered: Rectangle) -> tuple[int, int, int]:
        """(start of the first row, units of a row, number of rows) of a rectangle of whole groups of pixels, in one plane of one frame;
        rows are `row_units` apart, and rows that touch are one."""
        start = frame * self.frame_units + plane * self.plane_units + covered.top * self.row_units + covered.left * self.pixel_units
        length, count = (covered.right - covered.left) * self.pixel_units, covered.bottom - covered.top
        return (start, length * count, 1) if length == self.row_units else (start, length, count)

    def runs(self, frame: int, rectangle: Rectangle) -> Iterator[tuple[int, int, int]]:
        """(plane, start, stop) of each run, ascending; rows that touch are one run."""
        covered = self.covered(rectangle)
        for plane in range(self.planes):
            start, length, count = self.rows_of(frame, plane, covered)
            for row in range(start, start + count * self.row_units, self.row_units):
                yield plane, row, row + length


def layout_of(facts: PixelFacts) -> Layout:
    """The layout of native pixel data; Refusal `unsupported-pixel-layout` for one the standard does not have (PS3.5 8.1.1, 8.2)."""
    allocated, samples = facts.bits_allocated, facts.samples_per_pixel
    words = facts.big_endian and facts.vr == "OW"
    if allocated == 1 and samples == 1:
        # PS3.5 8.1.1 packs into words that big endian exchanges; widespread readers do not exchange them
        return Layout(facts.rows, facts.columns, 1, bits=True, swap="either" if words else "")
    if allocated % 8:
        raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)
    size = allocated // 8
    swap = "pairs" if words and size == 1 else ""
    if facts.photometric in SHARED_CHROMA:
        # some files say 422 and hold every sample of every pixel: then nobody knows where a pixel lies
        every_sample = facts.length > facts.native_length + facts.native_length % 2
        if samples != 3 or facts.columns % 2 or facts.planar_configuration or every_sample:
            raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)
        return Layout(facts.rows, facts.columns, 2 * size, step=2, swap=swap)
    if facts.planar_configuration and samples > 1:
        return Layout(facts.rows, facts.columns, size, planes=samples, swap=swap)
    return Layout(facts.rows, facts.columns, size * samples, swap=swap)
