"""Encapsulated pixel data as frames: which fragments are whose, and the value put together again around frames that changed (PS3.5 A.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from struct import pack, unpack

from deidrules.dicom.buffer import Buffer, View, loaded, viewed
from deidrules.dicom.element import EXPLICIT_LITTLE, Element, Item
from deidrules.dicom.writer import item_header
from deidrules.text.refusal import Refusal

Part = bytes | View

# Extended Offset Table, its lengths, and the length of the whole stream: PS3.3 C.7.6.3.1.8 and C.7.6.3
OFFSETS, LENGTHS, TOTAL = 0x7FE00001, 0x7FE00002, 0x7FE00003
_HEADER = 8  # bytes of an item tag and its length
_LARGEST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The new value of the pixel element: `parts` in order, from the Basic Offset Table to the last fragment, without the delimiter.
    `offsets` and `lengths` have an entry for each frame, in bytes, as the extended tables hold them: where the item of its first fragment
    begins behind the Basic Offset Table, and how long it is without padding. `total`: bytes of all fragments without the last padding."""

    parts: tuple[Part, ...]
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    total: int

    def table(self, tag: int) -> bytes:
        """The value of (7FE0,0001), (7FE0,0002) or (7FE0,0003) that goes with the parts."""
        values = {OFFSETS: self.offsets, LENGTHS: self.lengths, TOTAL: (self.total,)}[tag]
        return pack(f"<{len(values)}Q", *values)


@dataclass(frozen=True, slots=True)
class Encapsulated:
    """The frames of one pixel element. Nothing is read before it is asked for, and only frames of several fragments are ever copied.

    `fragments`: the items of the element without the first, which is the Basic Offset Table; frame n, from 0, is made of the fragments
    `firsts[n]` .. `firsts[n + 1]` - 1. `basic`: the Basic Offset Table has entries. `lengths`: bytes of each frame without padding, where
    the object says it; `padding`: bytes of padding of the last, where only that is said."""

    buffer: Buffer
    fragments: tuple[Item, ...]
    firsts: tuple[int, ...]
    basic: bool
    lengths: tuple[int, ...] = ()
    padding: int = 0

    def __len__(self) -> int:
        return len(self.firsts) - 1

    def __iter__(self) -> Iterator[memoryview]:
        return map(self.frame, range(len(self)))

    def frame(self, number: int) -> memoryview:
        """The bytes of a frame, counted from 0: a view of the buffer, or of its fragments joined; of a large file they are read anew. With
        the padding, unless the object says how long the frame is."""
        one = self.view(number)
        if one is not None:
            return memoryview(loaded(one))
        view = viewed(self.buffer)
        return memoryview(b"".join([loaded(view[fragment.value : fragment.stop]) for fragment in self._held(number)]))

    def view(self, number: int) -> View | None:
        """The same without reading it, for a frame of one fragment; None for one of several."""
        held = self._held(number)
        return viewed(self.buffer)[held[0].value : held[0].value + self._length(number)] if len(held) == 1 else None

    def rebuilt(self, changed: Mapping[int, Sequence[Part]]) -> Rebuilt:
        """The value with new bytes for some frames, counted from 0. The others keep their fragments byte for byte; a changed frame becomes
        one fragment, padded to even length with zero. The Basic Offset Table stays empty where it was, and becomes so where an offset
        does not fit into its 32 bits. Refusal `frame-too-long` when a frame does not fit into one fragment."""
        view = viewed(self.buffer)
        parts: list[Part] = []
        sizes: list[int] = []
        lengths: list[int] = []
        start = stop = 0  # of the frames that stay and are not yet among the parts
        for number in range(len(self)):
            new = changed.get(number)
            if new is None:
                held = self._held(number)
                start = start or held[0].header
                stop = held[-1].stop
                sizes.append(stop - held[0].header)
                lengths.append(self._length(number))
                continue
            if start:
                parts.append(view[start:stop])
                start = 0
            length = sum(map(len, new))
            padding = length & 1
            if length + padding >= _LARGEST:
                raise Refusal("frame-too-long", length=length, expected=_LARGEST - 1)
            parts += (item_header(length + padding, EXPLICIT_LITTLE), *new, b"\0" * padding)
            sizes.append(_HEADER + length + padding)
            lengths.append(length)
        if start:
            parts.append(view[start:stop])
        offsets = tuple(accumulate(sizes, initial=0))[:-1]
        last = len(self) - 1
        padding = lengths[last] & 1 if last in changed or self.lengths else self.padding
        basic = pack(f"<{len(offsets)}I", *offsets) if self.basic and offsets[-1] <= _LARGEST else b""
        total = self._stream(changed, lengths) - padding
        return Rebuilt((item_header(len(basic), EXPLICIT_LITTLE) + basic, *parts), offsets, tuple(lengths), total)

    def _stream(self, changed: Mapping[int, Sequence[Part]], lengths: Sequence[int]) -> int:
        """Bytes of all fragments together."""
        kept = (fragment.stop - fragment.value for number in range(len(self)) if number not in changed for fragment in self._held(number))
        return sum(kept) + sum(lengths[number] + (lengths[number] & 1) for number in changed)

    def _held(self, number: int) -> tuple[Item, ...]:
        return self.fragments[self.firsts[number] : self.firsts[number + 1]]

    def _length(self, number: int) -> int:
        if self.lengths:
            return self.lengths[number]
        return sum(fragment.stop - fragment.value for fragment in self._held(number))


def encapsulated(
    buffer: Buffer,
    element: Element,
    frames: int,
    *,
    starts: tuple[bytes, ...] = (),
    offsets: bytes | None = None,
    lengths: bytes | None = None,
    total: bytes | None = None,
) -> Encapsulated:
    """The frames of a pixel element whose items are fragments.

    `frames`: Number of Frames. `starts`: how a frame of this codec begins; where no table says it and there are neither as many fragments
    as frames nor only one frame, a fragment that begins so begins a frame. `offsets`, `lengths`, `total`: the raw values of (7FE0,0001),
    (7FE0,0002) and (7FE0,0003) beside it, None where they are absent. Everything the object says of it has to agree.

    Refusal `frames-unclear` when it does not, or when nothing says where a frame begins."""
    items = element.items or ()
    if len(items) < 2 or frames < 1:
        raise unclear(element)
    fragments = items[1:]
    basic = _table(buffer[items[0].value : items[0].stop], 4, frames, element) if items[0].stop > items[0].value else ()
    extended = _table(offsets, 8, frames, element) if offsets is not None else ()
    firsts = [_firsts(table, fragments, element) for table in (basic, extended) if table]
    if not firsts:
        firsts.append(_counted(buffer, fragments, frames, starts, element))
    if any(one != firsts[0] for one in firsts):
        raise unclear(element)
    said: tuple[int, ...] = ()
    if (lengths is None) != (offsets is None):
        raise unclear(element)
    if lengths is not None:
        # PS3.3 C.7.6.3.1.8: with the extended table each frame is one fragment
        said = _table(lengths, 8, frames, element)
        whole = [fragment.stop - fragment.value for fragment in fragments]
        if len(whole) != frames or any(not 0 <= one - length <= 1 for one, length in zip(whole, said, strict=True)):
            raise unclear(element)
    padding = 0
    if total is not None:
        (stream,) = _table(total, 8, 1, element)
        padding = sum(fragment.stop - fragment.value for fragment in fragments) - stream
        if padding not in (0, 1):
            raise unclear(element)
    return Encapsulated(buffer, fragments, (*firsts[0], len(fragments)), bool(basic), said, padding)


def unclear(element: Element) -> Refusal:
    """The fragments cannot be told apart into frames."""
    return Refusal("frames-unclear", tag=element.tag, vr=element.vr)


def _table(raw: bytes, width: int, count: int, element: Element) -> tuple[int, ...]:
    if len(raw) != width * count:
        raise unclear(element)
    return unpack(f"<{count}{'I' if width == 4 else 'Q'}", raw)


def _firsts(offsets: tuple[int, ...], fragments: tuple[Item, ...], element: Element) -> tuple[int, ...]:
    """The number of the fragment that each offset names; the first is the first fragment, and they ascend."""
    base = fragments[0].header
    places = {fragment.header - base: number for number, fragment in enumerate(fragments)}
    firsts = tuple(places.get(offset, -1) for offset in offsets)
    if firsts[0] != 0 or any(one >= other for one, other in pairwise(firsts)):
        raise unclear(element)
    return firsts


def _counted(buffer: Buffer, fragments: tuple[Item, ...], frames: int, starts: tuple[bytes, ...], element: Element) -> tuple[int, ...]:
    """Where frames begin when no table says it: PS3.5 A.4 leaves one frame, a fragment for each, or the codec's own mark."""
    if len(fragments) == frames:
        return tuple(range(frames))
    firsts = tuple(
        number for number, fragment in enumerate(fragments) if starts and buffer.startswith(starts, fragment.value, fragment.stop)
    )
    if frames == 1 and len(firsts) <= 1:
        return (0,)
    if len(firsts) != frames or firsts[0] != 0:
        raise unclear(element)  # of one frame, too: what begins a second one would be lost as excess
    return firsts
