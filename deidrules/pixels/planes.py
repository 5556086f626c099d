"""The overlay planes of an object: bit maps in (60xx,3000), or bits of the pixel data that are no part of the image."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.pixels.attributes import Attributes
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

GROUPS = range(0x6000, 0x6020, 2)  # the sixteen repeating groups, PS3.5 7.6

ROWS, COLUMNS, FRAMES, ORIGIN, FRAME_ORIGIN, BITS_ALLOCATED, BIT_POSITION, DATA = (
    0x0010,
    0x0011,
    0x0015,
    0x0050,
    0x0051,
    0x0100,
    0x0102,
    0x3000,
)

# what the length of a plane follows from
DESCRIBING = (ROWS, COLUMNS, FRAMES, ORIGIN, FRAME_ORIGIN, BITS_ALLOCATED)


@dataclass(frozen=True, slots=True)
class OverlayPlane:
    """One plane that exists. `left`, `top`: where its first pixel lies in the image, from 0 (OverlayOrigin counts row and column
    from 1 and may be negative). `frames` it has; `first_frame` is the image frame its first one belongs to, from 0. `every_frame`: a
    plane without frames of its own lies over all of them (PS3.3 C.9.2).

    `embedded` planes are bits of the image's samples (retired, PS3.3-2004 C.9.2): as large as the image, a bit for each sample of each
    frame, at `bit`. Stored ones have `offset` and `length` of (60xx,3000). `readable` is False when the attributes do not describe the
    bits; such a plane can be removed whole when stored, and not be blanked."""

    group: int
    rows: int = 0
    columns: int = 0
    top: int = 0
    left: int = 0
    frames: int = 1
    first_frame: int = 0
    every_frame: bool = True
    embedded: bool = False
    bit: int = 0
    vr: str = ""
    offset: int = 0
    length: int = 0
    readable: bool = True

    @property
    def tag(self) -> int:
        """The tag of its OverlayData."""
        return self.group << 16 | DATA

    @property
    def extent(self) -> Rectangle:
        """The plane in the image's coordinates."""
        return Rectangle(self.left, self.top, self.left + self.columns, self.top + self.rows)


def read_planes(
    attributes: Attributes, *, rows: int, columns: int, frames: int, bits_allocated: int, stored_bits: range
) -> tuple[OverlayPlane, ...]:
    """The planes that hold bits, by group. The arguments describe the image (all 0 and an empty range when there is none); `stored_bits`
    are the bits of a sample that are the image. A group without OverlayData whose bit position names none, or an image's bit, has no
    plane: to take it for one would erase the image."""
    planes = []
    for group in GROUPS:
        data = attributes.element(group << 16 | DATA)
        if data is not None:
            vr = data.coded_vr or "OW"  # PS3.5 Annex A.1: implicit VR means OW
            plane = OverlayPlane(group, vr=vr, offset=data.value, length=data.length, readable=False)
            planes.append(_stored(attributes, plane) or plane)
        elif bits_allocated:
            bit = _embedded_bit(attributes, group, bits_allocated, stored_bits)
            if bit is not None:
                planes.append(OverlayPlane(group, rows, columns, frames=frames, every_frame=False, embedded=True, bit=bit))
    return tuple(planes)


def _stored(attributes: Attributes, plane: OverlayPlane) -> OverlayPlane | None:
    base = plane.group << 16
    try:
        rows, columns = attributes.number(base | ROWS), attributes.number(base | COLUMNS)
        origin = attributes.numbers(base | ORIGIN, "SS") or (1, 1)
        first = attributes.number(base | FRAME_ORIGIN)
        own_frames = attributes.element(base | FRAMES) is not None
        frames = attributes.count(base | FRAMES)
        allocated = attributes.number(base | BITS_ALLOCATED)
    except Refusal:
        return None
    if not rows or not columns or len(origin) != 2 or first == 0 or allocated not in (None, 1) or plane.vr not in ("OB", "OW"):
        return None
    if rows * columns * frames > 8 * plane.length:
        return None
    return OverlayPlane(
        plane.group,
        rows,
        columns,
        top=origin[0] - 1,
        left=origin[1] - 1,
        frames=frames,
        first_frame=(first or 1) - 1,
        every_frame=not own_frames or (frames == 1 and first is None),
        vr=plane.vr,
        offset=plane.offset,
        length=plane.length,
    )


def stored_length(attributes: Attributes, group: int) -> int:
    """How many bytes of the group's OverlayData are its plane, a pad byte included; what lies behind them is nobody's bits.
    Refusal `overlay-attributes` when the attributes do not describe the bits."""
    data = attributes.element(group << 16 | DATA)
    length = 0 if data is None else data.length
    vr = "OW" if data is None else data.coded_vr or "OW"
    plane = _stored(attributes, OverlayPlane(group, vr=vr, length=length))
    if plane is None:
        raise Refusal("overlay-attributes", tag=group << 16 | DATA, vr=vr, length=length)
    bits = plane.rows * plane.columns * plane.frames
    return min(length, (bits + 15) // 16 * 2)


def _embedded_bit(attributes: Attributes, group: int, bits_allocated: int, stored_bits: range) -> int | None:
    try:
        bit = attributes.number(group << 16 | BIT_POSITION)
    except Refusal:
        return None
    return bit if bit is not None and bit not in stored_bits and bit < bits_allocated else None
