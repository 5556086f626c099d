"""The palette of PALETTE COLOR images (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9): plain and segmented tables."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from deidrules.dicom.element import DicomObject
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.text.refusal import Refusal

DESCRIPTORS = (0x0028_1101, 0x0028_1102, 0x0028_1103)
DATA = (0x0028_1201, 0x0028_1202, 0x0028_1203)
SEGMENTED = (0x0028_1221, 0x0028_1222, 0x0028_1223)


@dataclass(frozen=True, slots=True)
class Palette:
    """`first`: the index that the first entry belongs to; lower ones show it too, and those behind the last entry show the last. `red`,
    `green`, `blue`: entries of equal number, of `bits` bits."""

    first: int
    red: tuple[int, ...]
    green: tuple[int, ...]
    blue: tuple[int, ...]
    bits: int


def read_palette(instance: DicomObject) -> Palette:
    """The palette of the object. Refusal `missing-pixel-attribute` where a table or descriptor is absent, `pixel-attribute` where it does
    not fit its descriptor or the other tables, `wrong-vr`."""
    attributes = of_object(instance)
    tables = []
    described = set()
    for number, tag in enumerate(DESCRIPTORS):
        # the first index is SS where pixels are signed; palette indices never are, so its bits are read as US
        raw = attributes.raw(tag)
        if not raw:
            raise Refusal("missing-pixel-attribute", tag=tag, vr="US")
        if len(raw) != 6:
            raise Refusal("pixel-attribute", tag=tag)
        count, first, bits = struct.unpack(instance.encoding.order + "3H", raw)
        if bits not in (8, 16):
            raise Refusal("pixel-attribute", tag=tag)
        count = count or 1 << 16
        described.add((first, count))
        tables.append(_entries(attributes, number, count, bits, instance.encoding.order))
    if len(described) != 1:
        raise Refusal("pixel-attribute", tag=DESCRIPTORS[0])
    first, _ = described.pop()
    # some devices say 16 bits and write 8: a picture of them would be black
    bits = 8 if max(map(max, tables)) < 256 else 16
    return Palette(first, tables[0], tables[1], tables[2], bits)


def _entries(attributes: Attributes, number: int, count: int, bits: int, order: str) -> tuple[int, ...]:
    if data := attributes.raw(DATA[number]):
        if bits == 8 and len(data) in (count, count + count % 2):
            return tuple(_bytes(data, order)[:count])
        if len(data) == 2 * count:
            return struct.unpack(f"{order}{count}H", data)
        raise Refusal("pixel-attribute", tag=DATA[number])
    data = attributes.raw(SEGMENTED[number])
    if not data:
        raise Refusal("missing-pixel-attribute", tag=DATA[number], vr="OW")
    if bits == 8:
        units: tuple[int, ...] = tuple(_bytes(data, order))
    else:
        units = struct.unpack(f"{order}{len(data) // 2}H", data[: len(data) // 2 * 2])
    try:
        return expanded(units, count, bits=bits)
    except (IndexError, ValueError):
        raise Refusal("pixel-attribute", tag=SEGMENTED[number]) from None


def _bytes(data: bytes, order: str) -> bytes:
    """Entries of 8 bits, two in a word: the lower byte first."""
    if order == "<":
        return data
    swapped = bytearray(data + data[-1:] * (len(data) % 2))
    swapped[0::2], swapped[1::2] = swapped[1::2], swapped[0::2]
    return bytes(swapped)


def expanded(units: tuple[int, ...], count: int, *, bits: int) -> tuple[int, ...]:
    """The `count` entries of a segmented table (C.7.9.2) of discrete, linear and, with 8 bits, indirect segments. Of 16 bits readers
    disagree whether the offset of an indirect segment counts bytes or entries: such a table is not read. IndexError when the table ends
    before, ValueError for what is no segment, or would be too long."""
    entries: list[int] = []
    at = 0
    while len(entries) < count:
        at = _segment(units, at, entries, count, indirect=bits == 8)
    return tuple(entries)


def _segment(units: tuple[int, ...], at: int, entries: list[int], count: int, *, indirect: bool) -> int:
    """Append what the segment at `at` says; returns where the next begins. `indirect`: it may copy others."""
    kind, length = units[at], units[at + 1]
    if not length or len(entries) + length > count:
        raise ValueError("a segment without entries, or with too many")
    if kind == 0:
        if at + 2 + length > len(units):
            raise IndexError("a segment is cut off")
        entries.extend(units[at + 2 : at + 2 + length])
        return at + 2 + length
    if kind == 1:
        last, before = units[at + 2], entries[-1]  # IndexError where there is none: a table cannot begin so
        entries.extend(round(before + (last - before) * step / length) for step in range(1, length + 1))
        return at + 3
    if kind == 2 and indirect:
        place = int.from_bytes(bytes(units[at + 2 : at + 6]), "little")
        for _ in range(length):
            place = _segment(units, place, entries, count, indirect=False)
        return at + 6
    raise ValueError("no segment of a table")
