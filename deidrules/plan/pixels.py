"""What a plan says about pixels (rule 19 of the language)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Half-open, origin top left: columns `left` to `right` - 1, rows `top` to `bottom` - 1."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Band:
    """A strip along a side (top, bottom, left, right): `extent` pixels, or per cent of the image (rounded up)."""

    side: str
    extent: int
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Bands:
    """Several strips."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class UltrasoundRegions:
    """The instance's own Sequence of Ultrasound Regions, PS3.3 C.8.5.5 (its corners are inclusive)."""


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole frame."""


Area = Rectangle | Bands | UltrasoundRegions | Everything


@dataclass(frozen=True, slots=True)
class Blank:
    """Blank an area, or what lies outside it. `overlay`: "" frames only, "*" every overlay plane, or the group as four hex digits.
    `frames`: (first, last) pairs counted from 1, both included; empty means all."""

    area: Area
    outside: bool = False
    clipped: bool = False
    overlay: str = ""
    frames: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """`overlays` or `high-bit-overlays`."""

    what: str


@dataclass(frozen=True, slots=True)
class ReadText:
    """Look for text while applying."""

    area: Bands | Everything


@dataclass(frozen=True, slots=True)
class Clean:
    """Looked at: nothing to blank."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text drawn into the blanked areas."""

    text: str


Operation = Blank | Strip | ReadText | Clean | Label
