"""A data set written again with some elements changed or gone: every other byte is copied, lengths around a change follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import pack

from deidrules.dicom import writer
from deidrules.dicom.buffer import View, viewed
from deidrules.dicom.element import EXPLICIT_LITTLE, DicomObject, Element, Encoding
from deidrules.dicom.meta import MAGIC, PREAMBLE
from deidrules.dicom.part import Part, joined

# of an element, and how the data set that holds it is coded. None: the element stays. A list: what stands in its place.
Change = Callable[[Element, Encoding], list[Part] | None]

MEDIA_STORAGE_INSTANCE_UID = 0x00020003
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # a file with this preamble is a TIFF as well (PS3.10 7.1)


def rewritten(
    elements: Sequence[Element], encoding: Encoding, view: View, change: Change, added: Mapping[int, bytes] | None = None
) -> list[Part]:
    """The elements of a data set or item in parts. A group length (PS3.5 7.2) that a change makes wrong is put right, and goes with the
    last element of its group. `added`: whole elements by tag that stand nowhere yet."""
    changes = [change(element, encoding) for element in elements]
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for element, new in zip(elements, changes, strict=True):
        if element.tag & 0xFFFF:
            size = element.end - element.header
            before[element.group] = before.get(element.group, 0) + size
            after[element.group] = after.get(element.group, 0) + (size if new is None else sum(map(len, new)))
    waiting = sorted((added or {}).items())
    for tag, whole in waiting:
        after[tag >> 16] = after.get(tag >> 16, 0) + len(whole)
    parts: list[Part] = []
    start = stop = 0  # what stays and is not yet among the parts
    for element, new in zip(elements, changes, strict=True):
        while waiting and waiting[0][0] < element.tag:
            parts += (view[start:stop], waiting.pop(0)[1])
            start = stop = 0
        if new is None and not element.tag & 0xFFFF and before.get(element.group) != after.get(element.group):
            length = after.get(element.group, 0)
            new = [pack_length(element, length, encoding, view)] if length and element.length == 4 else []
        if new is None:
            if stop != element.header:
                parts.append(view[start:stop])
                start = element.header
            stop = element.end
            continue
        parts += (view[start:stop], *new)
        start = stop = 0
    parts.append(view[start:stop])
    parts += [whole for _, whole in waiting]
    return [part for part in parts if len(part)]


def sequence(element: Element, encoding: Encoding, view: View, change: Change) -> list[Part]:
    """A sequence with changes in the elements of its items; an item that does not change is copied."""
    parts: list[Part] = []
    for item in element.items or ():
        inside = rewritten(item.elements, item.encoding, view, change)
        if sum(map(len, inside)) == item.stop - item.value:
            parts.append(view[item.header : item.end])
        elif item.undefined:
            parts += (view[item.header : item.value], *inside, view[item.stop : item.end])
        else:
            parts += (writer.item_header(sum(map(len, inside)), item.encoding), *inside)
    if element.undefined:
        return [view[element.header : element.value], *parts, view[element.stop : element.end]]
    return [header(element, sum(map(len, parts)), encoding, view), *parts]


def header(element: Element, length: int, encoding: Encoding, view: View) -> Part:
    """The header of an element whose value has another length; the very bytes where it has not."""
    if length == element.length and not element.undefined:
        return view[element.header : element.value]
    return writer.element_header(element.tag, element.coded_vr, length, encoding)


def element(old: Element, value: bytes, encoding: Encoding) -> bytes:
    """An element with another value."""
    return writer.element(old.tag, old.coded_vr, value, encoding)


def pack_length(element: Element, length: int, encoding: Encoding, view: View) -> bytes:
    """A group length with another value."""
    return bytes(view[element.header : element.value]) + pack(encoding.order + "I", length)


def padded_uid(uid: str) -> bytes:
    """A UID as stored."""
    return uid.encode("ascii") + b"\0" * (len(uid) & 1)


def head(instance: DicomObject, new_uid: str, dropped: list[tuple[str, int]]) -> bytes:
    """What stands before the data set, as it is: preamble and file meta information, none where there is none. The preamble of a TIFF
    file becomes zeros, which is said in `dropped`. `new_uid`: the Media Storage SOP Instance UID, "" when it stays."""
    view = viewed(instance.meta_buffer)
    start = PREAMBLE + len(MAGIC) if instance.has_preamble else 0
    before = bytes(view[:start])
    if before[:4] in _TIFF:
        dropped.append(("tiff-preamble", PREAMBLE))
        before = bytes(PREAMBLE) + before[PREAMBLE:]

    def change(old: Element, encoding: Encoding) -> list[Part] | None:
        return [element(old, padded_uid(new_uid), encoding)] if old.tag == MEDIA_STORAGE_INSTANCE_UID and new_uid else None

    return before + joined(rewritten(instance.meta, EXPLICIT_LITTLE, view, change))
