"""Where a made-up string is planted in a DICOM file: one file for each place, written byte by byte, and the search for the string."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from struct import pack

import build
from build import BIG, EXPLICIT, IMPLICIT, Coding

# How a file is coded: coding of the data set, transfer syntax, deflated
ENCODINGS: dict[str, tuple[Coding, str]] = {
    "explicit": (EXPLICIT, build.EXPLICIT_UID),
    "implicit": (IMPLICIT, build.IMPLICIT_UID),
    "big": (BIG, build.BIG_ENDIAN_UID),
    "deflated": (EXPLICIT, build.DEFLATED_UID),
}
# Value of Specific Character Set, the codec for the bytes, and characters that are in it and not in ASCII
CHARACTER_SETS: dict[str, tuple[str, str, str]] = {
    "none": ("", "ascii", ""),
    "latin-1": ("ISO_IR 100", "latin-1", "ÄÖé"),
    "greek": ("ISO_IR 126", "iso8859_7", "λπσ"),
    "utf-8": ("ISO_IR 192", "utf-8", "Äλ漢字"),
    "gb18030": ("GB18030", "gb18030", "汉字王"),
    "japanese": ("\\ISO 2022 IR 87", "iso2022_jp", "漢字山"),
    "korean": ("\\ISO 2022 IR 149", "euc_kr", "김희중"),
}
# What a place is searched in: the string in every coding in which somebody or something could read it
_SEARCHED = (
    "latin-1", "utf-8", "utf-16-le", "utf-16-be", "iso8859_7", "gb18030", "iso2022_jp", "iso2022_kr", "euc_kr", "shift_jis", "cp037",
)  # fmt: skip

# The vendor whose element (0019,xx01) the tests' keep-list keeps
SPELLED = "EXAMPLE MR HEADER"


@dataclass
class Sheet:
    """A file in the making: the elements by tag, and what stands around them. `text` is the canary, `raw` its bytes in the file's
    character set, padded to even length."""

    text: str
    coding: Coding = EXPLICIT
    transfer_syntax: str = build.EXPLICIT_UID
    character_set: str = ""
    codec: str = "ascii"
    elements: dict[int, bytes] = field(default_factory=dict)
    meta: dict[int, bytes] = field(default_factory=dict)
    preamble: bytes = bytes(128)
    behind: bytes = b""  # behind the data set
    outside: bytes = b""  # behind the deflated data set

    def __post_init__(self) -> None:
        self.put(0x00080016, "UI", build.CT_IMAGE)
        self.put(0x00080018, "UI", f"1.2.826.0.1.9.3.{zlib.crc32(self.text.encode())}")
        self.put(0x00080020, "DA", "20240131")
        self.put(0x00080060, "CS", "CT")
        self.put(0x00100010, "PN", "DOE^JANE")
        self.put(0x00100020, "LO", "4711")
        self.put(0x0020000D, "UI", "1.2.826.0.1.9.1")
        self.put(0x0020000E, "UI", "1.2.826.0.1.9.2")
        if self.character_set:
            self.put(0x00080005, "CS", self.character_set)

    @property
    def raw(self) -> bytes:
        return self.even(self.text.encode(self.codec))

    @staticmethod
    def even(value: bytes, padding: bytes = b" ") -> bytes:
        return value + padding * (len(value) & 1)

    def one(self, tag: int, vr: str, value: bytes | str | None = None, coding: Coding | None = None) -> bytes:
        """An element; the canary unless a value is given."""
        return build.element(tag, vr, self.raw if value is None else value, coding or self.coding)

    def put(self, tag: int, vr: str, value: bytes | str | None = None) -> None:
        self.elements[tag] = self.one(tag, vr, value)

    def number(self, tag: int, value: int) -> None:
        self.elements[tag] = build.number(tag, value, self.coding)

    def items(self, tag: int, *contents: bytes, undefined: bool = False, inner_undefined: bool = False) -> None:
        """A sequence with these items."""
        items = [build.item(content, self.coding, undefined=inner_undefined) for content in contents]
        self.elements[tag] = build.sequence(tag, *items, coding=self.coding, undefined=undefined)

    def nested(self, content: bytes, depth: int, tag: int = 0x00081140) -> bytes:
        """The content at a depth of sequences, those inside of undefined length, and the outermost element."""
        for level in range(depth):
            item = build.item(content, self.coding, undefined=level % 2 == 0)
            content = build.sequence(tag, item, coding=self.coding, undefined=level % 3 == 0)
        return content

    def image(self, *, extra: bytes = b"", rows: int = 4, columns: int = 6) -> None:
        """Geometry and native pixels, with bytes behind them."""
        for tag, value in ((0x00280002, 1), (0x00280010, rows), (0x00280011, columns), (0x00280100, 8), (0x00280101, 8), (0x00280102, 7)):
            self.number(tag, value)
        self.number(0x00280103, 0)
        self.put(0x00280004, "CS", "MONOCHROME2")
        self.put(0x7FE00010, "OW", bytes(rows * columns) + extra)

    def file(self) -> bytes:
        data_set = b"".join(self.elements[tag] for tag in sorted(self.elements)) + self.behind
        if self.transfer_syntax == build.DEFLATED_UID:
            machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
            data_set = machine.compress(data_set) + machine.flush() + self.outside
        group = {
            0x00020001: build.element(0x00020001, "OB", b"\0\1"),
            0x00020002: build.element(0x00020002, "UI", build.CT_IMAGE),
            0x00020003: build.element(0x00020003, "UI", "1.2.3"),
            0x00020010: build.element(0x00020010, "UI", self.transfer_syntax),
        } | self.meta
        body = b"".join(group[tag] for tag in sorted(group))
        return self.preamble + b"DICM" + build.element(0x00020000, "UL", pack("<I", len(body))) + body + data_set


Planter = Callable[[Sheet], None]


@dataclass(frozen=True)
class Place:
    """`listed`: PS3.15 Table E.1-1, or a rule of the language that holds under every policy, takes it away, so `ps315-basic` must too."""

    name: str
    plant: Planter
    listed: bool = True
    ascii_only: bool = False


def canary(number: int, characters: str = "") -> str:
    """A string that is nowhere else: letters, so that no rule about numbers finds it."""
    letters = "BCDFGHJKLMNPQRST"
    code = "".join(letters[number >> shift & 15] for shift in (12, 8, 4, 0))
    return f"ZQX{characters}{code}VWK"


def sheet(place: Place, number: int, encoding: str = "explicit", characters: str = "none") -> Sheet:
    """The place's file, planted."""
    coding, transfer_syntax = ENCODINGS[encoding]
    character_set, codec, beyond = CHARACTER_SETS[characters]
    made = Sheet(canary(number, "" if place.ascii_only else beyond), coding, transfer_syntax, character_set, codec)
    place.plant(made)
    return made


@lru_cache(maxsize=4096)
def needles(text: str) -> tuple[bytes, ...]:
    """The canary as bytes in every coding that has its characters, byte pairs swapped too; of characters beyond ASCII the rest alone."""
    plain = text[-7:]
    found: set[bytes] = set()
    for codec in _SEARCHED:
        for one in (text, text.lower(), plain, plain.lower()):
            try:
                coded = one.encode(codec)
            except UnicodeEncodeError:
                continue
            found.add(coded)
    swapped = set()
    for one in (plain.encode(), plain[1:].encode()):
        even = one[: len(one) & ~1]
        swapped.add(b"".join(even[at + 1 : at + 2] + even[at : at + 1] for at in range(0, len(even), 2)))
    return tuple(sorted(found | swapped))


def hidden_in(data: bytes, text: str) -> bool:
    """True when the canary stands in the bytes, or in the data set that they hold deflated."""
    seen = data
    if data[128:132] == b"DICM" and build.DEFLATED_UID.encode() in data[:400]:
        start = 144 + int.from_bytes(data[140:144], "little")
        seen += zlib.decompress(data[start:], -zlib.MAX_WBITS)
    return any(needle in seen for needle in needles(text))


# ---- the places


def _preamble(s: Sheet) -> None:
    s.preamble = s.text.encode("latin-1", "replace").ljust(128, b"\0")


def _meta(tag: int, vr: str, s: Sheet) -> None:
    s.meta[tag] = build.element(tag, vr, s.even(s.text.encode("ascii")))


def _put(tag: int, vr: str, s: Sheet) -> None:
    s.put(tag, vr)


def _group_length(tag: int, s: Sheet) -> None:
    value = s.raw + bytes(-len(s.raw) % 4)
    s.put(tag, "UL", value)


def _trailing(s: Sheet) -> None:
    s.image()
    s.behind = s.raw


def _trailing_zeros(s: Sheet) -> None:
    s.image()
    s.behind = bytes(16) + s.raw + bytes(16)


def _trailing_element(s: Sheet) -> None:
    s.image()
    s.behind = s.one(0xFFFCFFFC, "OB") + s.raw


def _outside(s: Sheet) -> None:
    s.outside = s.raw if s.transfer_syntax == build.DEFLATED_UID else b""


def _padding(s: Sheet) -> None:
    s.put(0xFFFCFFFC, "OB")


def _excess_pixels(s: Sheet) -> None:
    s.image(extra=s.raw)


def _excess_float_pixels(s: Sheet) -> None:
    s.image()
    s.put(0x7FE00008, "OF", bytes(96) + s.raw + bytes(-len(s.raw) % 4))
    del s.elements[0x7FE00010]


def _second_pixels(s: Sheet) -> None:
    s.image(extra=s.raw)
    s.put(0x7FE00008, "OF", bytes(96))


def _fragments_in_native(s: Sheet) -> None:
    s.image()
    s.elements[0x7FE00010] = build.fragments(s.raw) if s.coding == EXPLICIT else s.one(0x7FE00010, "OB", bytes(24) + s.raw)


def _pixels_without_geometry(s: Sheet) -> None:
    s.put(0x7FE00010, "OW")


def _private(tag: int, vr: str, creator: str | None, s: Sheet) -> None:
    if creator is not None:
        s.put(tag & 0xFFFF0000 | tag >> 8 & 0xFF, "LO", creator)
    s.put(tag, vr)


def _creator(tag: int, s: Sheet) -> None:
    s.put(tag, "LO")
    s.put(tag & 0xFFFF0000 | (tag & 0xFF) << 8 | 1, "LO", "VALUE")


def _creator_longer(s: Sheet) -> None:
    s.put(0x00190010, "LO", SPELLED.encode() + b"\\" + s.raw)
    s.put(0x00191001, "LO", "VALUE ")


def _creator_behind_nul(s: Sheet) -> None:
    s.put(0x00190010, "LO", s.even(SPELLED.encode() + b"\0" + s.raw))
    s.put(0x00191001, "LO", "VALUE ")


def _creator_twice(s: Sheet) -> None:
    s.put(0x00190010, "LO", SPELLED)
    s.put(0x00190011, "LO", SPELLED)
    s.put(0x00191001, "LO", "VALUE ")
    s.put(0x00191103, "LO")


def _neighbour(low: int, s: Sheet) -> None:
    s.put(0x00190010, "LO", SPELLED)
    s.put(0x00191001, "LO", "VALUE ")
    s.put(0x00191000 | low, "LO")


def _private_item(vr: str, s: Sheet) -> None:
    content = s.one(0x00190010, "LO", "OTHER VENDOR") + s.one(0x00191001, vr)
    s.items(0x00081140, content)


def _private_sequence(s: Sheet) -> None:
    s.put(0x00210010, "LO", "OTHER VENDOR")
    s.items(0x00211001, s.one(0x00100010, "PN"))


def _kept_private_sequence(s: Sheet) -> None:
    """The keep-list keeps (0019,"...",02), a sequence: what stands in it is judged."""
    s.put(0x00190010, "LO", SPELLED)
    s.items(0x00191002, s.one(0x00100010, "PN") + s.one(0x00191001, "LO"))


def _kept_private_unknown(s: Sheet) -> None:
    s.put(0x00190010, "LO", SPELLED)
    s.put(0x00191002, "UN", build.item(s.one(0x00100010, "PN", coding=IMPLICIT), IMPLICIT))


def _unknown_sequence(undefined: bool, tag: int, s: Sheet) -> None:
    item = build.item(s.one(0x00100010, "PN", coding=IMPLICIT), IMPLICIT, undefined=undefined)
    s.elements[tag] = build.sequence(tag, item, coding=s.coding, undefined=undefined, vr="UN")


def _unknown_twice(s: Sheet) -> None:
    inner = build.element(0x00091001, "UN", build.item(s.one(0x00100010, "PN", coding=IMPLICIT), IMPLICIT), IMPLICIT)
    s.put(0x00081140, "UN", build.item(inner, IMPLICIT))


def _unknown_broken(s: Sheet) -> None:
    s.put(0x00081140, "UN", b"\xfe\xff\x00\xe0" + pack("<I", 4) + s.raw)


def _nested(depth: int, tag: int, vr: str, s: Sheet) -> None:
    s.elements[0x00081140] = s.nested(s.one(tag, vr), depth)


def _item_element(tag: int, vr: str, s: Sheet) -> None:
    s.items(0x00081140, s.one(0x00081150, "UI", build.CT_IMAGE), s.one(tag, vr))


def _wrong_vr(tag: int, vr: str, s: Sheet) -> None:
    value = s.raw + bytes(-len(s.raw) % 8) if vr in ("US", "UL", "FD", "AT") else s.raw
    s.put(tag, vr, value)


def _number_as_text(vr: str, s: Sheet) -> None:
    """Only explicit VR can say that a number is a text; a DS that holds words is kept by who keeps the DS."""
    if s.coding.explicit:
        s.put(0x00281050, vr)


def _duplicate(s: Sheet) -> None:
    s.elements[0x00080060] = s.one(0x00080060, "CS", "CT") + s.one(0x00080060, "CS")


def _duplicate_in_item(s: Sheet) -> None:
    s.items(0x00081140, s.one(0x00081155, "UI", "1.2.3") + s.one(0x00081155, "UI"))


def _two_items(s: Sheet) -> None:
    s.items(0x00081140, s.one(0x00081155, "UI", "1.2.3"), s.one(0x00100010, "PN"), b"", s.one(0x00081030, "LO"))


def _disorder(s: Sheet) -> None:
    s.elements[0x00100020] = s.one(0x00100020, "LO", "4711") + s.one(0x00100010, "PN")


def _delimiter(which: int, s: Sheet) -> None:
    """A delimiter that says it has a value, with the canary as that value."""
    tag = build.tag_bytes(which, s.coding) + pack(s.coding.order + "I", len(s.raw)) + s.raw
    ended = build.tag_bytes(0xFFFEE0DD, s.coding) + bytes(4)
    content = build.tag_bytes(0xFFFEE000, s.coding) + pack("<I", build.NO_END) + tag
    value = content + ended if which == 0xFFFEE00D else build.item(b"", s.coding) + tag
    s.elements[0x00081140] = build.element(0x00081140, "SQ", value, s.coding, length=build.NO_END)


def _delimiter_four(which: int, s: Sheet) -> None:
    """Four bytes of the canary as the delimiter's length."""
    end = build.tag_bytes(which, s.coding) + s.text[-7:-3].encode()
    ended = build.tag_bytes(0xFFFEE0DD, s.coding) + bytes(4)
    content = build.tag_bytes(0xFFFEE000, s.coding) + pack("<I", build.NO_END) + (end if which == 0xFFFEE00D else b"")
    if which == 0xFFFEE0DD:
        content += build.tag_bytes(0xFFFEE00D, s.coding) + bytes(4) + end
    else:
        content += ended
    s.elements[0x00081140] = build.element(0x00081140, "SQ", content, s.coding, length=build.NO_END)


def _item_padding(s: Sheet) -> None:
    """Bytes behind the last element of an item, within its length."""
    s.items(0x00081140, s.one(0x00081155, "UI", "1.2.3") + s.raw)


def _between_items(s: Sheet) -> None:
    value = build.item(s.one(0x00081155, "UI", "1.2.3"), s.coding) + s.raw
    s.put(0x00081140, "SQ", value)


def _reserved(s: Sheet) -> None:
    if s.coding.explicit:
        s.elements[0x00284000] = build.element(0x00284000, "UT", s.raw, s.coding, reserved=0x5A51)


def _plane(group: int, what: int, vr: str, s: Sheet) -> None:
    s.image()
    s.number(group << 16 | 0x0010, 4)
    s.number(group << 16 | 0x0011, 6)
    s.put(group << 16 | what, vr)


def _kept_plane(s: Sheet) -> None:
    """The keep-list keeps the plane of group 601E: bytes beyond its geometry are nobody's bits."""
    s.image()
    base = 0x601E0000
    s.number(base | 0x0010, 4)
    s.number(base | 0x0011, 6)
    s.put(base | 0x0040, "CS", "G")
    s.put(base | 0x0050, "SS", pack(s.coding.order + "hh", 1, 1))
    s.number(base | 0x0100, 1)
    s.number(base | 0x0102, 0)
    s.put(base | 0x3000, "OW", bytes(4) + s.raw)


def _icon(what: str, s: Sheet) -> None:
    icon = Sheet(s.text, s.coding, character_set=s.character_set, codec=s.codec)
    icon.elements.clear()
    icon.image(extra=s.raw if what == "excess" else b"")
    if what == "text":
        icon.put(0x00204000, "LT")
    if what == "private":
        icon.put(0x00190010, "LO")
    s.items(0x00880200, b"".join(icon.elements[tag] for tag in sorted(icon.elements)))


def _content(depth: int, tag: int, vr: str, s: Sheet) -> None:
    content = s.one(0x0040A010, "CS", "CONTAINS") + s.one(tag, vr)
    s.elements[0x0040A730] = s.nested(content, depth, 0x0040A730)


def _code(s: Sheet) -> None:
    s.items(0x00081032, s.one(0x00080100, "SH", "1234") + s.one(0x00080102, "SH", "99LOCAL ") + s.one(0x00080104, "LO"))


def _several(tag: int, vr: str, s: Sheet) -> None:
    s.put(tag, vr, s.even(b"ONE\\" + s.raw.strip() + b"\\THREE"))


def _groups(s: Sheet) -> None:
    s.put(0x00100010, "PN", s.even(b"DOE^JANE=" + s.raw.strip() + b"^B=" + s.raw.strip() + b"^C"))


def _behind(filler: bytes, tag: int, vr: str, s: Sheet) -> None:
    """Behind what a reader takes for the end of the value."""
    before = {"DA": b"20240131", "UI": b"1.2.840.10008.1.2", "IS": b"1", "CS": b"MONOCHROME2", "US": b"\1\0"}.get(vr, b"WORD")
    s.put(tag, vr, s.even(before + filler + s.raw.strip()))


def _odd(tag: int, vr: str, s: Sheet) -> None:
    raw = s.raw.strip()
    s.put(tag, vr, raw if len(raw) & 1 else raw + b"X")


def _identifier(tag: int, vr: str, said_in: int, s: Sheet) -> None:
    """An identifier of the patient, said again in the one text that the keep-list cleans."""
    s.put(tag, vr)
    s.put(said_in, "LO", s.even(b"CARDIAC " + s.raw.strip()))


def _identifier_split(hidden: bytes, s: Sheet) -> None:
    name = s.text[-7:].encode()
    s.put(0x00100010, "PN", s.even(name))
    s.put(0x0008103E, "LO", s.even(b"CARDIAC " + name[:3] + hidden + name[3:]))


def _escapes(escape: bytes, s: Sheet) -> None:
    s.put(0x00100010, "PN", s.even(b"DOE^" + escape + s.raw.strip()))
    s.put(0x00081030, "LO", s.even(escape + s.raw.strip()))


def _registered_uid(s: Sheet) -> None:
    s.put(0x0020000D, "UI", s.even(b"1.2.840.10008.1.2\0" + s.raw.strip(), b"\0"))


def _nested_image_attribute(s: Sheet) -> None:
    s.items(0x00081140, s.one(0x00280004, "CS"))


# PS3.15 Table E.1-1: text attributes with X, Z or D
_LISTED: tuple[tuple[int, str], ...] = (
    (0x00080050, "SH"), (0x00080080, "LO"), (0x00080081, "ST"), (0x00080090, "PN"), (0x00080092, "ST"), (0x00080094, "SH"),
    (0x00081010, "SH"), (0x00081030, "LO"), (0x00081040, "LO"), (0x00081048, "PN"), (0x00081050, "PN"),
    (0x00081060, "PN"), (0x00081070, "PN"), (0x00081080, "LO"), (0x00084000, "LT"), (0x00100010, "PN"), (0x00100020, "LO"),
    (0x00100021, "LO"), (0x00101000, "LO"), (0x00101001, "PN"), (0x00101005, "PN"), (0x00101040, "LO"), (0x00101060, "PN"),
    (0x00101080, "LO"), (0x00101090, "LO"), (0x00102000, "LO"), (0x00102110, "LO"), (0x00102154, "SH"), (0x00102160, "SH"),
    (0x00102180, "SH"), (0x001021B0, "LT"), (0x00104000, "LT"), (0x00181000, "LO"), (0x00181030, "LO"), (0x00200010, "SH"),
    (0x00204000, "LT"), (0x00284000, "LT"), (0x00321032, "PN"), (0x00321070, "LO"), (0x00324000, "LT"), (0x00380010, "LO"),
    (0x00380500, "LO"), (0x00384000, "LT"), (0x00400006, "PN"), (0x00400253, "SH"), (0x00400254, "LO"), (0x00402016, "LO"),
    (0x00402400, "LT"), (0x0040A123, "PN"), (0x00880140, "UI"), (0x40000010, "LT"), (0x40080115, "LT"), (0x300A0003, "LO"),
)  # fmt: skip


def _all() -> Iterator[Place]:
    yield Place("preamble", _preamble)
    for tag, vr in (
        (0x00020003, "UI"), (0x00020013, "SH"), (0x00020016, "AE"), (0x00020017, "AE"), (0x00020018, "AE"), (0x00020026, "UR"),
        (0x00020027, "UR"), (0x00020028, "UR"), (0x00020031, "OB"), (0x00020035, "LO"), (0x00020100, "UI"), (0x00020102, "OB"),
    ):  # fmt: skip
        yield Place(f"file meta {tag:08X}", partial(_meta, tag, vr), ascii_only=True)
    for tag in (0x00080000, 0x00100000, 0x00190000, 0x00280000):
        yield Place(f"group length {tag:08X}", partial(_group_length, tag))
    for tag, vr in ((0x00000010, "LO"), (0x00000600, "AE"), (0x00041130, "CS"), (0x00041500, "CS"), (0x00041600, "LO")):
        yield Place(f"group of commands or directories {tag:08X}", partial(_put, tag, vr))
    yield Place("behind the pixels", _trailing)
    yield Place("behind the pixels, between zeros", _trailing_zeros)
    yield Place("behind trailing padding", _trailing_element)
    yield Place("behind the deflated data set", _outside)
    yield Place("trailing padding", _padding)
    yield Place("excess pixel bytes", _excess_pixels)
    yield Place("excess float pixel bytes", _excess_float_pixels)
    yield Place("a second pixel element", _second_pixels)
    yield Place("fragments under a native transfer syntax", _fragments_in_native)
    yield Place("pixel data without geometry", _pixels_without_geometry)
    # private
    for tag, vr in (
        (0x00091001, "LO"), (0x00111010, "PN"), (0x00191001, "UN"), (0x00291010, "OB"), (0x00431027, "SH"), (0x20011001, "LT"),
        (0x50011001, "LO"), (0x60011001, "LO"), (0x7FE11010, "OB"), (0x70531000, "DS"), (0xFFFD1001, "LO"),
    ):  # fmt: skip
        yield Place(f"private {tag:08X}", partial(_private, tag, vr, "OTHER VENDOR"))
        yield Place(f"private {tag:08X} without creator", partial(_private, tag, vr, None))
    for tag in (0x00090001, 0x0009000F, 0x00090100, 0x00090FFF, 0x00010010, 0x00070010):
        yield Place(f"private {tag:08X} in no block", partial(_put, tag, "LO"))
    for tag in (0x00090010, 0x001900FF, 0x00290011):
        yield Place(f"private creator {tag:08X}", partial(_creator, tag))
    yield Place("private creator with a second value", _creator_longer)
    yield Place("private creator behind NUL", _creator_behind_nul)
    yield Place("private creator reserved twice", _creator_twice)
    yield Place("beside a private element that stays", partial(_neighbour, 0x03))
    yield Place("beside a private element that stays, last", partial(_neighbour, 0xFF))
    for vr in ("LO", "UN", "OB"):
        yield Place(f"private {vr} in an item", partial(_private_item, vr))
    yield Place("private sequence", _private_sequence)
    yield Place("private sequence that stays", _kept_private_sequence)
    yield Place("private sequence that stays, coded UN", _kept_private_unknown)
    # UN
    for tag in (0x00100010, 0x00100020, 0x00081030, 0x00080080, 0x00104000, 0x00100030, 0x00080090, 0x00200010, 0x00101040, 0x0040A123):
        yield Place(f"known text {tag:08X} coded UN", partial(_put, tag, "UN"))
    for undefined in (False, True):
        for tag in (0x00081140, 0x00400275, 0x00081111, 0x00091001):
            yield Place(f"sequence {tag:08X} coded UN, {undefined=}", partial(_unknown_sequence, undefined, tag))
    yield Place("UN in UN", _unknown_twice)
    yield Place("UN that only begins like a sequence", _unknown_broken)
    # depth
    for depth in (1, 2, 3, 5, 10, 20):
        yield Place(f"patient name at depth {depth}", partial(_nested, depth, 0x00100010, "PN"))
    for tag, vr in ((0x00100020, "LO"), (0x00081030, "LO"), (0x00080080, "LO"), (0x0020000D, "UI"), (0x00204000, "LT")):
        yield Place(f"{tag:08X} in an item", partial(_item_element, tag, vr))
        yield Place(f"{tag:08X} at depth 20", partial(_nested, 20, tag, vr))
    for tag, vr in ((0x00041130, "CS"), (0xFFFCFFFC, "OB"), (0x00080000, "UL"), (0x00191001, "LO"), (0x50003000, "OB"), (0x60003000, "OB")):
        yield Place(f"{tag:08X} at depth 3", partial(_nested, 3, tag, vr))
    # unknown tags and wrong VRs
    for tag in (0x00089999, 0x0010FFF0, 0x00180003, 0x0020FFFE, 0x12340010, 0x00289998, 0x00280115, 0x0028000F):
        yield Place(f"unknown {tag:08X}", partial(_put, tag, "LO"))
        yield Place(f"unknown {tag:08X} coded UN", partial(_put, tag, "UN"))
    for tag in (0x00100010, 0x00100020, 0x00081030, 0x00080080, 0x00204000):
        for vr in ("OB", "UT", "US", "CS", "UN", "FD"):
            yield Place(f"{tag:08X} coded {vr}", partial(_wrong_vr, tag, vr))
    for tag, vr in (
        (0x00080005, "CS"), (0x00080016, "UI"), (0x00080018, "UI"), (0x00280004, "CS"), (0x00280008, "IS"), (0x00280010, "US"),
        (0x00280010, "LO"), (0x00280100, "OB"), (0x00280009, "AT"), (0x00120062, "CS"), (0x00280301, "CS"), (0x00280302, "LO"),
        (0x00280303, "CS"), (0x00280303, "UN"), (0x00080016, "UN"), (0x00080005, "UN"),
    ):  # fmt: skip
        yield Place(f"the engine's own {tag:08X} coded {vr}", partial(_wrong_vr, tag, vr))
    yield Place("an earlier de-identification method", partial(_put, 0x00120063, "LO"), listed=False)
    yield Place("an image attribute in an item", _nested_image_attribute)
    for vr in ("LO", "LT", "PN", "OB", "UT"):
        yield Place(f"a number that stays, coded {vr}", partial(_number_as_text, vr))
    for vr in ("LO", "LT", "OB", "UN", "UT"):
        yield Place(f"a sequence that stays, coded {vr}", partial(_wrong_vr, 0x00081140, vr))
    # structure
    yield Place("a tag twice", _duplicate)
    yield Place("a tag twice in an item", _duplicate_in_item)
    yield Place("the second of four items", _two_items)
    yield Place("a tag out of order", _disorder)
    for which in (0xFFFEE00D, 0xFFFEE0DD):
        yield Place(f"value of the delimiter {which:08X}", partial(_delimiter, which))
        yield Place(f"length of the delimiter {which:08X}", partial(_delimiter_four, which))
    yield Place("behind the elements of an item", _item_padding)
    yield Place("behind the items of a sequence", _between_items)
    yield Place("reserved bytes", _reserved)
    # planes, curves, icons, documents
    for group in range(0x6000, 0x601E, 2):
        yield Place(f"overlay data {group:04X}", partial(_plane, group, 0x3000, "OW"))
        yield Place(f"overlay comments {group:04X}", partial(_plane, group, 0x4000, "LT"))
    for what, vr in ((0x0022, "LO"), (0x1500, "LO"), (0x0040, "CS"), (0x1301, "IS")):
        yield Place(f"overlay 6000,{what:04X}", partial(_plane, 0x6000, what, vr), listed=what in (0x3000, 0x4000))
    yield Place("excess bytes of a plane that stays", _kept_plane)
    for group in range(0x5000, 0x5020, 2):
        yield Place(f"curve data {group:04X}", partial(_put, group << 16 | 0x3000, "OB"))
    for what, vr in ((0x0022, "LO"), (0x0040, "SH"), (0x2500, "LO"), (0x200C, "OB"), (0x200E, "LT")):
        yield Place(f"curve 5000,{what:04X}", partial(_put, 0x50000000 | what, vr))
    for what in ("excess", "text", "private"):
        yield Place(f"icon, {what}", partial(_icon, what))
    for tag, vr in ((0x00282000, "OB"), (0x00282002, "CS"), (0x00420010, "ST"), (0x00420011, "OB"), (0x00420012, "LO"), (0x54000100, "SQ")):
        listed = tag not in (0x00282000, 0x00282002, 0x00420010, 0x00420012)
        if vr != "SQ":
            yield Place(f"document, profile {tag:08X}", partial(_put, tag, vr), listed=listed)
    for depth in (1, 4):
        for tag, vr in ((0x0040A160, "UT"), (0x0040A123, "PN"), (0x0040A124, "UI"), (0x0040A121, "DA"), (0x00100010, "PN")):
            yield Place(f"report content {tag:08X} at depth {depth}", partial(_content, depth, tag, vr))
    yield Place("code meaning", _code, listed=False)
    # values
    for tag, vr in ((0x00100010, "PN"), (0x00100020, "LO"), (0x00101000, "LO"), (0x00081060, "PN"), (0x00081070, "PN")):
        yield Place(f"second value of {tag:08X}", partial(_several, tag, vr))
    yield Place("second and third group of a name", _groups)
    for filler in (b"\0", b" ", b"\\", b"  \0 ", b"\r\n"):
        for tag, vr in (
            (0x00080020, "DA"),
            (0x0020000D, "UI"),
            (0x00100010, "PN"),
            (0x00280008, "IS"),
            (0x00280004, "CS"),
            (0x00080016, "UI"),
        ):
            yield Place(f"{tag:08X} behind {filler!r}", partial(_behind, filler, tag, vr))
    for tag, vr in ((0x00100010, "PN"), (0x00081030, "LO"), (0x0020000D, "UI"), (0x00204000, "LT"), (0x00191001, "LO")):
        yield Place(f"odd length of {tag:08X}", partial(_odd, tag, vr))
    for tag, vr in ((0x00100010, "PN"), (0x00100010, "LO"), (0x00100010, "OB"), (0x00100010, "UN"), (0x00100020, "LO"), (0x00101000, "LO"),
                    (0x00080050, "SH"), (0x00380010, "LO"), (0x00080090, "PN"), (0x00402016, "LO")):  # fmt: skip
        yield Place(f"identifier {tag:08X} {vr} said again", partial(_identifier, tag, vr, 0x0008103E))
    for hidden in (b"\0", b"\x01", b"\x7f", b"\x1b(B", b"\x1b-A"):
        yield Place(f"identifier with {hidden!r} in it", partial(_identifier_split, hidden), ascii_only=True)
    for escape in (b"\x1b(B", b"\x1b$B", b"\x1b$)C", b"\x1b-F", b"\x1b%G", b"\x1b"):
        yield Place(f"behind the escape sequence {escape!r}", partial(_escapes, escape))
    yield Place("behind a registered UID", _registered_uid)
    for tag, vr in _LISTED:
        yield Place(f"listed {tag:08X}", partial(_put, tag, vr))


PLACES: tuple[Place, ...] = tuple(_all())
