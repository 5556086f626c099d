"""The layout memo: a file whose headers equal those of a file read before needs no walk. One masked comparison of big integers proves it.

The strict reader decides by the bytes it looks at: preamble mark, file meta, element and item headers, delimiters, a few values. Where all
of those bytes are the same in a buffer of the same size, the reader would decide the same, so the remembered tree of offsets is the tree
of the new buffer, too."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.header import IMPLICIT, PIXEL_REPRESENTATION
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.meta import GROUP_LENGTH, MAGIC, MEDIA_STORAGE_SOP_CLASS, PREAMBLE, TRANSFER_SYNTAX
from deidrules.dicom.pixel_length import GEOMETRY
from deidrules.dicom.private import block_of
from deidrules.dicom.reader import read

# Values that are part of a layout although only some of them lead the reader: so whoever keeps decisions by layout may rest them on these,
# at any depth.
STEADY: frozenset[int] = frozenset(
    {
        0x00080005,  # Specific Character Set
        0x00080016,  # SOP Class UID
        0x00280006,  # Planar Configuration
        0x00280101,  # Bits Stored
        0x00280102,  # High Bit
        PIXEL_REPRESENTATION,
        GROUP_LENGTH,
        MEDIA_STORAGE_SOP_CLASS,
        TRANSFER_SYNTAX,
        *GEOMETRY,
    }
)

# values between headers that are longer are skipped rather than masked
_GAP = 2048
# of the masks of one layout together, in bytes: so many always, and a 256th part of a large file up to a megabyte, but only of a few
# layouts, since a tree of ten thousand elements takes several megabytes
_LARGEST = 1 << 16
_LARGEST_OF_ALL = 1 << 20
_HEAVY = 2
# sizes of files met once: compressed images all differ in size, and remembering what never comes back would cost more than it saves
_SIZES = 4096


@dataclass(frozen=True, slots=True)
class _Segment:
    """Bytes `start` .. `stop` of a file, of which `mask` picks those that must be as in `want`."""

    start: int
    stop: int
    mask: int
    want: int


@dataclass(frozen=True, slots=True)
class _Layout:
    identity: int
    segments: tuple[_Segment, ...]
    found: DicomObject  # with an empty buffer: values are not remembered

    def fits(self, data: Buffer) -> bool:
        return all(int.from_bytes(data[segment.start : segment.stop], "little") & segment.mask == segment.want for segment in self.segments)


class Layouts:
    """Reads objects, remembering layouts. One per worker; not shared between threads.

    A layout is remembered when the second file of its size is read. Trees are shared by the objects of a layout: nobody may change an
    Element or an Item. `forgotten`: identities of large layouts that will not come again, for whoever keeps things by them to take out."""

    def __init__(self, *, most: int = 256, most_of_a_size: int = 8) -> None:
        self._most = most
        self._most_of_a_size = most_of_a_size
        self._by_size: OrderedDict[int, list[_Layout]] = OrderedDict()
        self._met: OrderedDict[int, None] = OrderedDict()
        self._count = 0
        self._next = 0
        self._heavy: list[tuple[int, _Layout]] = []  # size of the file, the latest last
        self.forgotten: list[int] = []
        self._limits = LIMITS
        self.hits = 0
        self.misses = 0

    def read(self, data: Buffer, limits: Limits = LIMITS) -> tuple[DicomObject, int | None]:
        """The object as `reader.read` gives it, or the refusal it raises; and the identity of its layout, None when the object is not
        remembered. The same identity means the very same offsets, tags, VRs, private creators and values of `STEADY`."""
        if limits is not self._limits and limits != self._limits:
            self.clear()
            self._limits = limits
        layouts = self._by_size.get(len(data), [])
        for at, layout in enumerate(layouts):
            if layout.fits(data):
                self.hits += 1
                if at:
                    layouts.insert(0, layouts.pop(at))
                self._by_size.move_to_end(len(data))
                return _again(layout.found, data), layout.identity
        self.misses += 1
        found = read(data, limits)
        return found, self._remember(found, data)

    def clear(self) -> None:
        """Forget all layouts; identities are not given again."""
        self._by_size.clear()
        self.forgotten += [layout.identity for _, layout in self._heavy]
        self._heavy.clear()
        self._count = 0

    def _remember(self, found: DicomObject, data: Buffer) -> int | None:
        # what lies behind the data set, and which encoding it has if no transfer syntax says so, was judged by bytes not in the tree
        if found.deflated or found.dropped or all(element.tag != TRANSFER_SYNTAX for element in found.meta):
            return None
        if len(data) not in self._met:
            self._met[len(data)] = None
            if len(self._met) > _SIZES:
                self._met.popitem(last=False)
            return None
        segments = _segments(sorted(_judged(found)), data, max(_LARGEST, min(len(data) >> 8, _LARGEST_OF_ALL)))
        if segments is None:
            return None
        layout = _Layout(self._next, segments, _again(found, b""))
        self._next += 1
        same_size = self._by_size.setdefault(len(data), [])
        self._by_size.move_to_end(len(data))
        same_size.insert(0, layout)
        if sum(segment.stop - segment.start for segment in segments) > _LARGEST:
            self._heavy.append((len(data), layout))
            if len(self._heavy) > _HEAVY:
                self._drop(*self._heavy.pop(0))
        self._count += 1
        if len(same_size) > self._most_of_a_size:
            same_size.pop()
            self._count -= 1
        while self._count > self._most:
            _, forgotten = self._by_size.popitem(last=False)
            self._count -= len(forgotten)
        return layout.identity

    def _drop(self, size: int, layout: _Layout) -> None:
        """Forget a large layout, unless that has happened."""
        self.forgotten.append(layout.identity)
        same_size = self._by_size.get(size, [])
        if layout in same_size:
            same_size.remove(layout)
            self._count -= 1
            if not same_size:
                del self._by_size[size]


def _again(found: DicomObject, data: Buffer) -> DicomObject:
    """The same tree over another buffer."""
    return DicomObject(
        buffer=data,
        start=found.start,
        stop=found.stop,
        encoding=found.encoding,
        transfer_syntax=found.transfer_syntax,
        elements=found.elements,
        meta=found.meta,
        meta_buffer=data,
        has_preamble=found.has_preamble,
        deflated=found.deflated,
        dropped=found.dropped,
        odd_lengths=found.odd_lengths,
        index=found.index,
    )


def _judged(found: DicomObject) -> Iterator[tuple[int, int]]:
    """The ranges of bytes that the reader's decisions rest on."""
    # the preamble's mark; where it is absent, that it is absent
    yield PREAMBLE, PREAMBLE + len(MAGIC)
    yield from _judged_elements(found.meta, found.buffer)
    yield from _judged_elements(found.elements, found.buffer)


def _judged_elements(elements: Iterable[Element], buffer: Buffer) -> Iterator[tuple[int, int]]:
    for element in elements:
        tag = element.tag
        if (
            tag in STEADY
            or block_of(tag) is not None
            # it may have been tried as a sequence, in vain: why it was none lies anywhere in it
            or (element.vr == "UN" and buffer.startswith(IMPLICIT.item, element.value, element.stop))
        ):
            yield element.header, element.stop
        elif element.vr == "UN":
            yield element.header, min(element.value + 4, element.stop)
        else:
            yield element.header, element.value
        if element.end > element.stop:
            yield element.stop, element.end
        for item in element.items or ():
            yield item.header, item.value
            yield from _judged_elements(item.elements, buffer)
            if item.end > item.stop:
                yield item.stop, item.end


def _segments(ranges: list[tuple[int, int]], data: Buffer, most: int) -> tuple[_Segment, ...] | None:
    """Ranges, ascending, as masked stretches of the file; None when they are more than `most` bytes."""
    segments: list[_Segment] = []
    total = 0
    at = 0
    while at < len(ranges):
        start, stop = ranges[at]
        first = at
        while at < len(ranges) and ranges[at][0] - stop <= _GAP:
            stop = max(stop, ranges[at][1])
            at += 1
        stop = min(stop, len(data))
        total += stop - start
        if total > most:
            return None
        if stop <= start:
            continue
        mask = bytearray(stop - start)
        for one, two in ranges[first:at]:
            two = min(two, stop)
            if one < two:
                mask[one - start : two - start] = b"\xff" * (two - one)
        masked = int.from_bytes(mask, "little")
        segments.append(_Segment(start, stop, masked, int.from_bytes(data[start:stop], "little") & masked))
    return tuple(segments)
