"""The pixels of a test: made from the image description it gives, in a pattern by which blanked and untouched can be told apart.

No sample of the pattern is what a blanked pixel or a label holds in any photometric interpretation: its values lie strictly between a
quarter and a half of what the stored bits can say, while the fill is an end, the middle or a sixteenth of it (see `pixels.fill`), or one
value of the frame, the same for all of an area whose pixels differed before. With one bit a pixel there are only two values, and the
pattern is the other one than black."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deidrules.plan.pixels import Rectangle

ROWS, COLUMNS, FRAMES = 0x00280010, 0x00280011, 0x00280008
SAMPLES, PHOTOMETRIC, PLANAR = 0x00280002, 0x00280004, 0x00280006
ALLOCATED, STORED, HIGH_BIT, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
MODALITY, PIXEL_DATA = 0x00080060, 0x7FE00010

# bytes of pixel data that a test may ask for
LARGEST = 1 << 26

# samples of a pixel; the interpretations that native pixel data can have without sharing chrominance (PS3.3 C.7.6.3.1.2)
INTERPRETATIONS = {"MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1, "RGB": 3, "HSV": 3, "YBR_FULL": 3, "ARGB": 4, "CMYK": 4}

# the standard fixes 16 bits for these (PS3.3 C.8.2.1, C.8.3.1, C.8.9.4); everything else is taken for 8
_SIXTEEN_BITS = frozenset({"CT", "MR", "PT"})

# of no common divisor with usual numbers of columns, so rows differ
_PERIOD = 61


class NoImage(Exception):
    """The description cannot be made into pixels. `tag` is the attribute at fault; the message says what is wrong with it."""

    def __init__(self, tag: int, message: str) -> None:
        super().__init__(message)
        self.tag = tag
        self.message = message


@dataclass(frozen=True, slots=True)
class Image:
    """Geometry and sample layout of native pixels."""

    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    planar: int
    allocated: int
    stored: int
    high_bit: int
    signed: int
    big_endian: bool = False

    @property
    def extent(self) -> Rectangle:
        """A frame as a rectangle."""
        return Rectangle(0, 0, self.columns, self.rows)

    @property
    def length(self) -> int:
        """Bytes of all frames, the pad byte not counted."""
        return -(-self.rows * self.columns * self.frames * self.samples * self.allocated // 8)

    @property
    def vr(self) -> str:
        """OB for samples of up to 8 bits, else OW (PS3.5 8.1.1)."""
        return "OB" if self.allocated <= 8 else "OW"

    def description(self) -> dict[int, tuple[str, str]]:
        """VR and text of every attribute that describes the pixels."""
        found = {
            SAMPLES: ("US", str(self.samples)),
            PHOTOMETRIC: ("CS", self.photometric),
            ROWS: ("US", str(self.rows)),
            COLUMNS: ("US", str(self.columns)),
            ALLOCATED: ("US", str(self.allocated)),
            STORED: ("US", str(self.stored)),
            HIGH_BIT: ("US", str(self.high_bit)),
            SIGNED: ("US", str(self.signed)),
        }
        return found | ({PLANAR: ("US", str(self.planar))} if self.samples > 1 else {})

    def pattern(self) -> bytes:
        """The pixels, of even length."""
        count = self.rows * self.columns * self.frames * self.samples
        if self.allocated == 1:
            data = (b"\0" if self.photometric == "MONOCHROME1" else b"\xff") * self.length
        else:
            period = b"".join(self._samples())
            data = (period * (count * self.allocated // 8 // len(period) + 1))[: self.length]
        return data + b"\0" * (len(data) & 1)

    def looks(self, before: bytes, after: bytes, area: Rectangle, frames: Sequence[int]) -> tuple[Look, ...]:
        """What became of the pixels of an area in each of some frames, counted from 0. Both are values of Pixel Data as long as
        `pattern`."""
        if self.allocated == 1:
            before, after = _spread(before), _spread(after)
        return tuple(self._look(before, after, area, frame) for frame in frames)

    def _look(self, before: bytes, after: bytes, area: Rectangle, frame: int) -> Look:
        kept = changed = True
        pixels: dict[int, set[bytes]] = {}
        for plane, start, stop, size in self._rows(area, frame):
            was, now = before[start:stop], after[start:stop]
            kept = kept and was == now
            changed = changed and (was != now or self._own_fill)
            if changed:
                pixels.setdefault(plane, set()).update(_distinct(now, size))
        ours = set(self._samples())
        sample = max(1, self.allocated // 8)
        stayed = {pixel[at : at + sample] for found in pixels.values() for pixel in found for at in range(0, len(pixel), sample)} & ours
        # one constant, or two where a label is written into it; of the pattern only the frame's own extreme, where that is the fill
        alike = len(stayed) <= self._own_fill and all(len(found) <= 2 for found in pixels.values())
        return Look(kept, changed and not kept and alike)

    @property
    def _own_fill(self) -> bool:
        """True where a blanked pixel holds the smallest or largest value of its frame, so one of the pattern (see `pixels.fill`)."""
        return self.stored > 1 and (self.photometric == "MONOCHROME1" or (self.photometric == "MONOCHROME2" and self.signed == 1))

    def _samples(self) -> tuple[bytes, ...]:
        if self.allocated == 1:
            return (b"\0" if self.photometric == "MONOCHROME1" else b"\1",)
        first = 1 << self.stored - 2
        most = min(_PERIOD, first - 2)
        shift = self.high_bit + 1 - self.stored
        order = "big" if self.big_endian else "little"
        return tuple(((first + 1 + step) << shift).to_bytes(self.allocated // 8, order) for step in range(most))  # type: ignore[arg-type]

    def _rows(self, area: Rectangle, frame: int) -> Iterator[tuple[int, int, int, int]]:
        """(plane, start, stop, bytes of a pixel) of each row of the area, PS3.3 C.7.6.3.1.3."""
        size = max(1, self.allocated // 8)
        planes, width = (self.samples, size) if self.planar and self.samples > 1 else (1, size * self.samples)
        for plane in range(planes):
            for row in range(area.top, area.bottom):
                begin = ((frame * planes + plane) * self.rows + row) * self.columns
                yield plane, (begin + area.left) * width, (begin + area.right) * width, width


@dataclass(frozen=True, slots=True)
class Look:
    """`untouched`: every pixel is what it was. `blanked`: none is, and they hold one constant (a label's white aside)."""

    untouched: bool
    blanked: bool


def _distinct(row: bytes, size: int) -> set[bytes]:
    first = row[:size]
    if row == first * (len(row) // size):
        return {first}
    return {row[at : at + size] for at in range(0, len(row), size)}


def _spread(data: bytes) -> bytes:
    """A byte for each bit, the lowest first (PS3.5 8.1.1)."""
    return bytes(byte >> bit & 1 for byte in data for bit in range(8))


def image_of(given: dict[int, str], *, big_endian: bool) -> Image | None:
    """The image that a test describes, from the texts of what it gives; None unless it gives Rows and Columns. Left out: one frame, one
    sample (three where the interpretation has three), MONOCHROME2 (RGB for three samples), 8 bits (16 for CT, MR and PET), all of them
    stored, unsigned. Raises NoImage."""
    if ROWS not in given or COLUMNS not in given:
        return None
    photometric = given.get(PHOTOMETRIC, "")
    if photometric and photometric not in INTERPRETATIONS:
        raise NoImage(PHOTOMETRIC, "pixels of this photometric interpretation cannot be made; " + _one_of(INTERPRETATIONS))
    samples = _number(given, SAMPLES, INTERPRETATIONS.get(photometric, 1))
    photometric = photometric or {3: "RGB", 4: "CMYK"}.get(samples, "MONOCHROME2")
    if INTERPRETATIONS[photometric] != samples:
        raise NoImage(SAMPLES, f"`{photometric}` has {INTERPRETATIONS[photometric]} samples")
    allocated = _number(given, ALLOCATED, 16 if given.get(MODALITY) in _SIXTEEN_BITS else 8)
    stored = _number(given, STORED, allocated)
    image = Image(
        rows=_number(given, ROWS, 0),
        columns=_number(given, COLUMNS, 0),
        frames=_number(given, FRAMES, 1),
        samples=samples,
        photometric=photometric,
        planar=_number(given, PLANAR, 0),
        allocated=allocated,
        stored=stored,
        high_bit=_number(given, HIGH_BIT, stored - 1),
        signed=_number(given, SIGNED, 0),
        big_endian=big_endian,
    )
    _check(image)
    return image


def _check(image: Image) -> None:
    for tag, number in ((ROWS, image.rows), (COLUMNS, image.columns), (FRAMES, image.frames)):
        if number < 1:
            raise NoImage(tag, "there is no image without rows, columns and frames")
    if image.allocated not in (1, 8, 16, 32) or (image.allocated == 1 and image.samples > 1):
        raise NoImage(ALLOCATED, "pixels are made with 8, 16 or 32 bits allocated, or with 1 where there is one sample")
    if image.allocated > 1 and not 4 <= image.stored <= image.allocated:
        raise NoImage(STORED, f"of {image.allocated} bits allocated, 4 to {image.allocated} are stored")
    if not image.stored <= image.high_bit + 1 <= image.allocated:
        raise NoImage(
            HIGH_BIT, f"the high bit of {image.stored} bits stored in {image.allocated} is {image.stored - 1} to {image.allocated - 1}"
        )
    for tag, flag in ((PLANAR, image.planar), (SIGNED, image.signed)):
        if flag not in (0, 1):
            raise NoImage(tag, "this is 0 or 1")
    if image.length > LARGEST:
        raise NoImage(ROWS, f"a test has at most {LARGEST >> 20} MiB of pixels")


def _number(given: dict[int, str], tag: int, default: int) -> int:
    text = given.get(tag)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise NoImage(tag, "pixels need one whole number here")
    return int(text)


def _one_of(words: dict[str, int]) -> str:
    return f"there are {', '.join(f'`{word}`' for word in words)}"
