"""Elements, sequence items and whole objects as ranges of a buffer: nothing is decoded until it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from deidrules.dicom.buffer import Buffer


@dataclass(slots=True, eq=False)
class Element:
    """One data element. All numbers are offsets into the buffer of its `DicomObject`.

    `coded_vr` is the VR in the file ("" in implicit VR); `vr` is the effective one: the file's, or the dictionary's where the file has
    none or says UN ("UN" when neither knows). `header` .. `value` is the element's header, `value` .. `stop` its value (items included,
    the sequence delimiter not), `stop` .. `end` the delimiter of an undefined length. `items` is a tuple for sequences and None for
    everything else. `creator` is the normalised private creator (None: public, a creator element itself, or reserved by nobody)."""

    tag: int
    vr: str
    coded_vr: str
    header: int
    value: int
    stop: int
    end: int
    undefined: bool = False
    items: tuple[Item, ...] | None = None
    fragments: bool = False  # encapsulated pixel data: items are fragments, not data sets
    creator: str | None = None

    @property
    def length(self) -> int:
        """Length of the value in bytes."""
        return self.stop - self.value

    @property
    def group(self) -> int:
        """The group number."""
        return self.tag >> 16

    @property
    def private(self) -> bool:
        """True in odd groups."""
        return bool(self.tag >> 16 & 1)


@dataclass(slots=True, eq=False)
class Item:
    """One item of a sequence: `header` .. `value` its item tag and length, `value` .. `stop` its elements, `stop` .. `end` its delimiter.
    `encoding` is how its elements are coded (a UN-coded sequence is implicit little endian within an explicit object, PS3.5 6.2.2)."""

    header: int
    value: int
    stop: int
    end: int
    undefined: bool
    elements: tuple[Element, ...]
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is coded: explicit VR or not, byte order."""

    explicit: bool = True
    big_endian: bool = False

    @property
    def order(self) -> str:
        """ "<" or ">" for `struct`."""
        return ">" if self.big_endian else "<"


EXPLICIT_LITTLE = Encoding()
IMPLICIT_LITTLE = Encoding(explicit=False)
EXPLICIT_BIG = Encoding(big_endian=True)


@dataclass(slots=True, eq=False)
class DicomObject:
    """A whole object as the strict reader proved it: `buffer` holds the data set (inflated where the transfer syntax deflates; of a large
    file it is a FileBuffer, which has slices and no buffer protocol), `start` .. `stop` the part of it that the elements cover. Offsets of
    elements are into `buffer`.

    `transfer_syntax` is the UID, without padding. `meta` are the elements of group 0002 (offsets into `meta_buffer`, explicit VR little
    endian). `dropped` records what the reader left behind: ("trailing-bytes", length).
    `has_preamble` is False for files that begin with the data set."""

    buffer: Buffer
    start: int
    stop: int
    encoding: Encoding
    transfer_syntax: str
    elements: tuple[Element, ...]
    meta: tuple[Element, ...] = ()
    meta_buffer: Buffer = b""
    has_preamble: bool = True
    deflated: bool = False
    dropped: tuple[tuple[str, int], ...] = ()
    odd_lengths: bool = False  # some value has an odd length, against PS3.5 7.1.1
    index: dict[int, Element] = field(default_factory=dict)  # top level, by tag

    def raw(self, element: Element) -> bytes:
        """The bytes of an element's value, as stored."""
        return self.buffer[element.value : element.stop]
