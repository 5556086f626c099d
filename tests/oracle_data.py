"""A data set as the oracle sees it: pydicom reads, and every element is a raw value or a list of items. No code of the package."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pydicom
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.sequence import Sequence

from deidrules.dicom import dictionary

# Attributes of PS3.6 2026d that pydicom 3.0.2 does not know: their VRs and keywords are facts, taken from the package's supplement.
SUPPLEMENT = (
    *range(0x00100011, 0x00100017),
    *range(0x00100041, 0x00100048),
    0x00102162,
    *range(0x00081301, 0x00081305),
    *(0x0040A034, 0x0040A035, 0x0040B034, 0x0040B036, 0x0040B03B, 0x0040B03F, 0x0040E012, 0x3004007F),
)
SINGLE_TEXT = frozenset({"LT", "ST", "UT", "UR"})
MULTI_TEXT = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UC", "UI"})
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
CHARSET_VRS = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})


def dictionary_vrs(tag: int) -> frozenset[str]:
    """The VRs the dictionary gives a tag; empty when it does not know it. The repeating groups are the sixteen of PS3.5 7.6."""
    if tag >> 16 & 1:
        return frozenset()
    if tag >> 24 in (0x50, 0x60) and tag >> 16 & 0xFF > 0x1E:
        return frozenset()
    if tag in SUPPLEMENT and (supplied := dictionary.entry(tag)) is not None:
        return frozenset(supplied.vrs)
    try:
        return frozenset(dictionary_VR(tag).split(" or "))
    except KeyError:
        return frozenset()


def keyword_tag(keyword: str) -> int:
    """The tag of a keyword of the dictionary."""
    found = tag_for_keyword(keyword)
    if found is None:
        found = next(tag for tag in SUPPLEMENT if (entry := dictionary.entry(tag)) is not None and entry.keyword == keyword)
    return int(found)


def normal(creator: str) -> str:
    """A creator as it is compared: trimmed, without case."""
    return creator.strip(" \0").upper()


@dataclass(eq=False)
class Value:
    """One element: its VR (of the dictionary where the file has none or says UN), its raw bytes or its items."""

    tag: int
    vr: str
    raw: bytes = b""
    items: list[Item] | None = None
    little: bool = True
    charsets: tuple[str, ...] = ()
    creator: str | None = None
    content: tuple[str, str] | None = None  # (concept, value type) of the content item whose value it is
    declared: bool = False  # the object declares it safe
    said_vr: str = ""  # the VR that the object itself gives a private element

    @property
    def known(self) -> bool:
        """True when the dictionary has the tag."""
        return bool(dictionary_vrs(self.tag))

    def atoms(self) -> tuple[object, ...]:
        """The values: text trimmed, numbers of binary VRs as numbers, bytes for the other binary VRs. Empty when there is none."""
        return decoded(self.raw, self.vr, self.little, self.charsets)


@dataclass(eq=False)
class Item:
    """The elements of a data set or of an item of a sequence, by tag."""

    values: dict[int, Value] = field(default_factory=dict)
    charsets: tuple[str, ...] = ()


def decoded(raw: bytes, vr: str, little: bool, charsets: tuple[str, ...]) -> tuple[object, ...]:
    """The values of raw bytes; ValueError when they are none of the VR."""
    if not raw.strip(b" \0") and (vr in SINGLE_TEXT or vr in MULTI_TEXT):
        return ()
    if vr in SINGLE_TEXT or vr in MULTI_TEXT:
        encodings = convert_encodings(list(charsets) or [""]) if vr in CHARSET_VRS else ["latin-1"]
        text = decode_bytes(raw, encodings, {0x0D, 0x0A, 0x09, 0x0C, 0x5C, 0x5E, 0x3D})
        if vr in SINGLE_TEXT:
            return (text.rstrip(" \0"),)
        return tuple(part.strip(" \0") for part in text.split("\\"))
    if vr in NUMBERS:
        size = struct.calcsize("<" + NUMBERS[vr])
        count, rest = divmod(len(raw), size)
        if rest:
            raise ValueError("not a whole number of values")
        return struct.unpack(("<" if little else ">") + str(count) + NUMBERS[vr], raw)
    if vr == "AT":
        numbers = struct.unpack(("<" if little else ">") + str(len(raw) // 2) + "H", raw)
        return tuple(group << 16 | element for group, element in zip(numbers[::2], numbers[1::2], strict=True))
    return (raw,) if raw else ()


def item_of(dataset: Dataset, charsets: tuple[str, ...] = ()) -> Item:
    """A pydicom data set, raw, with the creators of its private elements."""
    raw_charset = dataset.get_item(0x00080005)
    if raw_charset is not None and raw_charset.value:
        content = raw_charset.value
        names = content.decode("ascii").split("\\") if isinstance(content, bytes) else [content] if isinstance(content, str) else content
        charsets = tuple(name.strip() for name in names)
    item = Item(charsets=charsets)
    tags = sorted(int(tag) for tag in list(dataset.keys()) if int(tag) >> 16 != 0xFFFE)  # a stray delimiter is no element
    elements = {tag: dataset.get_item(tag) for tag in tags}  # all of them first: looking at a sequence makes pydicom decode others
    for tag in tags:
        item.values[tag] = _value(dataset, tag, elements[tag], charsets)
    reserving = [v for v in item.values.values() if v.tag >> 16 & 1 and 0x10 <= v.tag & 0xFFFF <= 0xFF and v.items is None]
    for value in item.values.values():
        if value.tag >> 16 & 1 and value.tag & 0xFFFF > 0xFF:
            own = [
                normal(v.raw.decode("latin-1"))
                for v in reserving
                if v.tag >> 16 == value.tag >> 16 and v.tag & 0xFF == value.tag >> 8 & 0xFF
            ]
            same = [v for v in reserving if v.tag >> 16 == value.tag >> 16 and [normal(v.raw.decode("latin-1"))] == own]
            value.creator = own[0] or None if len(same) == 1 else None  # one that reserves two blocks owns neither
    return item


def _value(dataset: Dataset, tag: int, element: DataElement | RawDataElement, charsets: tuple[str, ...]) -> Value:
    vrs = sorted(dictionary_vrs(tag))
    vr = str(element.VR or "UN")
    if vr == "UN" and vrs:
        vr = vrs[0]
    if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
        vr = "LO"
    content = element.value
    little = getattr(element, "is_little_endian", True)
    if isinstance(content, Sequence):
        return Value(tag, "SQ", items=[item_of(item, charsets) for item in content], charsets=charsets)
    if vr == "SQ":
        return Value(tag, "SQ", items=[item_of(item, charsets) for item in dataset[tag].value or []], charsets=charsets)
    content = coded(content, vr, bool(little))
    if vr == "UN" and not vrs and content.startswith(b"\xfe\xff\x00\xe0"):
        # rule 2: what is coded UN is read as a sequence where it is one (PS3.5 6.2.2: implicit VR little endian)
        try:
            sequence = read_sequence(io.BytesIO(content), True, True, len(content), "latin-1")
        except (EOFError, OSError, ValueError, NotImplementedError):
            return Value(tag, vr, content, None, bool(little), charsets)
        return Value(tag, "SQ", items=[item_of(item, charsets) for item in sequence], charsets=charsets)
    return Value(tag, vr, content, None, bool(little), charsets)


def coded(content: object, vr: str, little: bool) -> bytes:
    """The bytes of an element; pydicom has converted a few of those it needs itself while reading."""
    if content is None or isinstance(content, bytes):
        return content or b""
    parts = [content] if isinstance(content, str | int) else list(content)  # type: ignore[call-overload]
    if vr in NUMBERS:
        return b"".join(struct.pack(("<" if little else ">") + NUMBERS[vr], part) for part in parts)
    text = "\\".join(str(part) for part in parts).encode("latin-1")
    return text + b" " * (len(text) % 2)


def read(data: bytes) -> tuple[Item, Item]:
    """(the data set, the file meta information) of a file."""
    from oracle_declared import declare

    dataset = pydicom.dcmread(io.BytesIO(data), force=True)
    item = item_of(dataset)
    declare(item)
    return item, item_of(dataset.file_meta)


def walk(item: Item, chain: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[tuple[tuple[int, int], ...], Value]]:
    """Every element at every depth with its chain of (tag of the sequence, number of the item)."""
    for value in item.values.values():
        yield chain, value
        for number, inner in enumerate(value.items or ()):
            yield from walk(inner, (*chain, (value.tag, number)))
