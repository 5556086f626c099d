"""The strict walk over a data set: every element proven to be in order, within its bounds and properly ended, or the object is refused."""

from __future__ import annotations

from itertools import repeat
from struct import error as StructError

from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import Element, Item
from deidrules.dicom.header import (
    DELIMITER,
    IMPLICIT,
    ITEM_DELIMITER,
    PIXEL_DATA,
    REPRESENTATION,
    SEQUENCE,
    SHORT,
    SIGNED,
    UNDEFINED,
    UNKNOWN,
    Coding,
    coding_for,
    known_vr,
)
from deidrules.dicom.limits import Limits
from deidrules.dicom.private import Blocks, block_of, creator_of
from deidrules.text.refusal import Refusal

# Refusals that are no judgement on whether bytes are a sequence
_EXHAUSTION = frozenset({"too-deep", "too-many-elements"})


class Walk:
    """One walk over one buffer. `odd` tells afterwards whether any value had an odd length (against PS3.5 7.1.1, but common)."""

    __slots__ = ("_implicit_coding", "_left", "_signed", "buffer", "limits", "odd")

    def __init__(self, buffer: Buffer, limits: Limits) -> None:
        self.buffer = buffer
        self._implicit_coding = coding_for(IMPLICIT, buffer)
        self.limits = limits
        self.odd = 0
        self._left = limits.elements
        self._signed = False  # Pixel Representation, the last one met

    def data_set(self, coding: Coding, position: int, end: int, elements: list[Element], *, depth: int = 0, delimited: bool = False) -> int:
        """Walk the elements from `position` to `end`, or to an item delimiter when `delimited`; returns where that was. `elements` receives
        them one by one, so that whoever catches the refusal knows how far the walk came."""
        coding = coding_for(coding, self.buffer)
        try:
            if coding.encoding.explicit:
                return self._explicit(coding, position, end, elements, depth, delimited)
            return self._implicit(coding, position, end, elements, depth, delimited)
        except StructError:
            raise Refusal("truncated", length=len(self.buffer) - position) from None
        except RecursionError:
            raise Refusal("too-deep") from None

    def _explicit(self, coding: Coding, position: int, end: int, elements: list[Element], depth: int, delimited: bool) -> int:
        buffer, headers, short, length_at, append = self.buffer, coding.headers, coding.short, coding.length, elements.append
        last = -1
        odd = 0
        blocks = Blocks()
        items: tuple[Item, ...] | None
        for _ in repeat(None, self._left + 1):
            if position >= end:
                break
            key, length = short(buffer, position)
            tag, vr, what = headers[key]
            if tag <= last:
                raise disorder(tag, elements)
            last = tag
            creator = blocks.get(tag & 0xFFFFFF00) if tag & 0x10000 else None
            if what == SHORT:
                value = position + 8
                stop = value + length
                if stop > end:
                    raise self._overrun(tag, vr, length, end - value)
                if tag & 0x1FF00 == 0x10000 and (block := block_of(tag)) is not None:
                    blocks.reserve(block, creator_of(buffer[value:stop]))
                append(Element(tag, vr, vr, position, value, stop, stop, False, None, False, creator))
                odd |= length
                position = stop
                continue
            if what == DELIMITER:
                return self._delimiter(coding, position, end, tag, delimited, odd, elements)
            if length:
                raise Refusal("reserved-bytes", tag=tag, vr=vr)
            (length,) = length_at(buffer, position + 8)
            value = position + 12
            undefined = length == UNDEFINED
            stop = end if undefined else value + length
            if stop > end or value > end:
                raise self._overrun(tag, vr, length, end - value)
            tail = stop
            items = None
            effective = vr
            fragments = False
            if what == SEQUENCE:
                items, stop, tail = self._items(coding, value, stop, undefined, depth + 1)
            elif what == UNKNOWN:
                effective, items, stop, tail = self._unknown(coding, tag, value, stop, undefined, depth)
            elif undefined:
                if tag != PIXEL_DATA or vr not in ("OB", "OW"):
                    raise Refusal("undefined-length", tag=tag, vr=vr)
                items, stop, tail = self._fragments(coding, value, end)
                fragments = True
            else:
                odd |= length
            if effective == "LO" and (block := block_of(tag)) is not None:
                blocks.reserve(block, creator_of(buffer[value:stop]))
            append(Element(tag, effective, vr, position, value, stop, tail, undefined, items, fragments, creator))
            position = tail
        else:
            raise Refusal("too-many-elements", expected=self.limits.elements)
        if delimited:
            raise Refusal("missing-delimiter")
        self._account(len(elements), odd)
        return position

    def _implicit(self, coding: Coding, position: int, end: int, elements: list[Element], depth: int, delimited: bool) -> int:
        buffer, headers, wide, append = self.buffer, coding.headers, coding.wide, elements.append
        last = -1
        odd = 0
        blocks = Blocks()
        items: tuple[Item, ...] | None
        for _ in repeat(None, self._left + 1):
            if position >= end:
                break
            key, length = wide(buffer, position)
            tag, vr, what = headers[key]
            if tag <= last:
                raise disorder(tag, elements)
            last = tag
            value = position + 8
            creator = blocks.get(tag & 0xFFFFFF00) if tag & 0x10000 else None
            if length != UNDEFINED and what != DELIMITER:
                stop = value + length
                if stop > end:
                    raise self._overrun(tag, vr, length, end - value)
                items = None
                if what == SEQUENCE:
                    items, _, _ = self._items(coding, value, stop, False, depth + 1)
                elif what == UNKNOWN:
                    vr, items, _, _ = self._unknown(coding, tag, value, stop, False, depth)
                else:
                    odd |= length
                    if what == SIGNED:
                        vr = "SS" if self._signed else "US"
                    elif what == REPRESENTATION:
                        self._signed = buffer[value:stop] == b"\x01\x00"
                    elif tag & 0x1FF00 == 0x10000 and (block := block_of(tag)) is not None:
                        blocks.reserve(block, creator_of(buffer[value:stop]))
                append(Element(tag, vr, "", position, value, stop, stop, False, items, False, creator))
                position = stop
                continue
            if what == DELIMITER:
                return self._delimiter(coding, position, end, tag, delimited, odd, elements)
            if what not in (SEQUENCE, UNKNOWN):
                raise Refusal("undefined-length", tag=tag, vr=vr)
            items, stop, tail = self._items(coding, value, end, True, depth + 1)
            append(Element(tag, "SQ", "", position, value, stop, tail, True, items, False, creator))
            position = tail
        else:
            raise Refusal("too-many-elements", expected=self.limits.elements)
        if delimited:
            raise Refusal("missing-delimiter")
        self._account(len(elements), odd)
        return position

    def _account(self, count: int, odd: int) -> None:
        self.odd |= odd & 1
        self._left -= count
        if self._left < 0:
            raise Refusal("too-many-elements", expected=self.limits.elements)

    def _overrun(self, tag: int, vr: str, length: int, room: int) -> Refusal:
        """An element longer than what holds it: the file, or the item around it."""
        return Refusal("truncated", tag=tag, vr=vr, length=max(room, 0), expected=length)

    def _delimiter(self, coding: Coding, position: int, end: int, tag: int, delimited: bool, odd: int, elements: list[Element]) -> int:
        if tag != ITEM_DELIMITER or not delimited or position + 8 > end:
            raise Refusal("stray-delimiter", tag=tag)
        if coding.length(self.buffer, position + 4) != (0,):
            raise Refusal("bad-delimiter", tag=tag)
        self._account(len(elements), odd)
        return position

    def _items(self, coding: Coding, position: int, end: int, undefined: bool, depth: int) -> tuple[tuple[Item, ...], int, int]:
        """The items of a sequence: (items, where they stop, where the sequence with its delimiter ends)."""
        if depth > self.limits.depth:
            raise Refusal("too-deep", length=depth, expected=self.limits.depth)
        buffer, wide, begin = self.buffer, coding.wide, coding.item
        items: list[Item] = []
        while position < end:
            key, length = wide(buffer, position)
            value = position + 8
            if value > end:
                raise Refusal("truncated", length=end - position, expected=8)
            if key != begin:
                if key != coding.sequence_delimiter or not undefined:
                    raise Refusal("bad-item")
                if length:
                    raise Refusal("bad-delimiter")
                self._account(len(items), 0)
                return tuple(items), position, value
            elements: list[Element] = []
            if length == UNDEFINED:
                stop = self._walk_item(coding, value, end, elements, depth, True)
                items.append(Item(position, value, stop, stop + 8, True, tuple(elements), coding.encoding))
                position = stop + 8
            else:
                stop = value + length
                if stop > end:
                    raise Refusal("truncated", length=end - value, expected=length)
                self._walk_item(coding, value, stop, elements, depth, False)
                items.append(Item(position, value, stop, stop, False, tuple(elements), coding.encoding))
                position = stop
            if len(items) > self._left:
                raise Refusal("too-many-elements", expected=self.limits.elements)
        if undefined:
            raise Refusal("missing-delimiter")
        self._account(len(items), 0)
        return tuple(items), position, position

    def _walk_item(self, coding: Coding, position: int, end: int, elements: list[Element], depth: int, delimited: bool) -> int:
        if coding.encoding.explicit:
            return self._explicit(coding, position, end, elements, depth, delimited)
        return self._implicit(coding, position, end, elements, depth, delimited)

    def _unknown(
        self, coding: Coding, tag: int, value: int, stop: int, undefined: bool, depth: int
    ) -> tuple[str, tuple[Item, ...] | None, int, int]:
        """An element coded UN, or in implicit VR unknown to the dictionary: (VR, items, stop, end). PS3.5 6.2.2: its value is coded in
        implicit VR little endian, and with undefined length it is a sequence."""
        if undefined:
            if coding.encoding.big_endian:
                # PS3.5 says little endian items, other readers take them for big endian ones: whoever reads the output sees something else
                raise Refusal("un-in-big-endian", tag=tag, vr="UN")
            return "SQ", *self._items(self._implicit_coding, value, stop, True, depth + 1)
        vr = known_vr(tag, signed=self._signed) if coding.encoding.explicit else None
        if vr is not None and vr != "SQ":
            self.odd |= (stop - value) & 1
            # numbers in UN are little endian, which a big endian data set cannot say of one element
            return ("UN" if coding.encoding.big_endian and not _byte_wise(vr) else vr), None, stop, stop
        if vr == "SQ" and value == stop:
            return "SQ", (), stop, stop
        if self.buffer.startswith(IMPLICIT.item, value, stop):
            signed = self._signed
            try:
                items, _, _ = self._items(self._implicit_coding, value, stop, False, depth + 1)
                return "SQ", items, stop, stop
            except Refusal as refusal:
                if refusal.code in _EXHAUSTION:
                    raise
            except StructError:
                pass
            self._signed = signed
        self.odd |= (stop - value) & 1
        return "UN", None, stop, stop

    def _fragments(self, coding: Coding, position: int, end: int) -> tuple[tuple[Item, ...], int, int]:
        """Encapsulated pixel data, PS3.5 A.4: items of defined length, the first the Basic Offset Table, and a sequence delimiter."""
        buffer, wide, begin, encoding = self.buffer, coding.wide, coding.item, coding.encoding
        fragments: list[Item] = []
        while position < end:
            key, length = wide(buffer, position)
            value = position + 8
            if key == begin and length != UNDEFINED:
                stop = value + length
                if stop > end:
                    raise Refusal("truncated", tag=PIXEL_DATA, length=max(end - value, 0), expected=length)
                fragments.append(Item(position, value, stop, stop, False, (), encoding))
                position = stop
                if len(fragments) > self._left:
                    raise Refusal("too-many-elements", expected=self.limits.elements)
            elif key == coding.sequence_delimiter and not length and value <= end:
                self._account(len(fragments), 0)
                return tuple(fragments), position, value
            else:
                raise Refusal("bad-fragment", tag=PIXEL_DATA)
        raise Refusal("missing-delimiter", tag=PIXEL_DATA)


def _byte_wise(vr: str) -> bool:
    """True for VRs whose values are single bytes, the same in either byte order."""
    from deidrules.dicom.vr import VRS, Kind

    return VRS[vr].kind not in (Kind.NUMBER, Kind.TAG) and vr not in ("OD", "OF", "OL", "OV", "OW")


def disorder(tag: int, elements: list[Element]) -> Refusal:
    """The refusal for a tag that is not above the one before it."""
    twice = any(element.tag == tag for element in elements)
    return Refusal("duplicate-tag" if twice else "out-of-order", tag=tag)
