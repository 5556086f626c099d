"""The header of a file without its pixels: a window at the file's beginning, made larger only where the header is longer."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from

from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.header import PIXEL_DATA, UNDEFINED, coding_of
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.meta import MEDIA_STORAGE_SOP_CLASS, TRANSFER_SYNTAX, guesses, open_file
from deidrules.dicom.reader import read
from deidrules.dicom.sop_class import MEDIA_STORAGE_DIRECTORY
from deidrules.dicom.transfer_syntax import transfer_syntax
from deidrules.dicom.walker import Walk
from deidrules.text.refusal import Refusal

FIRST_WINDOW = 1 << 16
_GROWTH = 8
_PIXEL_GROUP = PIXEL_DATA >> 16

# the first `count` bytes of the file, fewer where it is shorter
Fetch = Callable[[int], bytes]


def read_header(fetch: Fetch, size: int, limits: Limits = LIMITS) -> DicomObject:
    """The object of a file of `size` bytes as `reader.read` gives it, but that `elements` may end before group 7FE0, and `buffer` holds no
    more of the file than was needed to read them. What stands before group 7FE0 is proven as the strict reader proves it; of the pixels no
    more is looked at than whether native ones would fit into the file. What is behind them is not looked at.

    Whatever this cannot settle is read whole: deflated data sets, files that do not say their transfer syntax, and those in which the walk
    stumbles over something else than the window's end. So it refuses what the strict reader refuses, and nothing more, with the same codes
    (see there); a file without file meta information whose first element alone is longer than the window is taken for `not-dicom`."""
    window = fetch(min(FIRST_WINDOW, size))
    while True:
        whole = len(window) >= size
        found = None if whole else _before_pixels(window, size, limits)
        if found is not None:
            return found
        if whole or not _told(window):
            return read(window if whole else fetch(size), limits)
        wanted = min(size, len(window) * _GROWTH)
        longer = fetch(wanted)
        if len(longer) < wanted:
            return read(longer, limits)  # the file became shorter
        window = longer


def _told(window: bytes) -> bool:
    """True when a larger window may settle the header. Refusal `not-dicom` when the file is none, so that nothing more of it is read."""
    try:
        opening = open_file(window)
    except Refusal as refusal:
        return refusal.code == "truncated"
    uid = opening.text(window, TRANSFER_SYNTAX)
    if not uid:
        if not guesses(window, opening):
            raise Refusal("not-dicom")
        return False
    return not transfer_syntax(uid).deflated


def _before_pixels(window: bytes, size: int, limits: Limits) -> DicomObject | None:
    """The elements before group 7FE0, when the window reaches into it; None when it does not."""
    try:
        opening = open_file(window)
    except Refusal:
        return None
    if opening.text(window, MEDIA_STORAGE_SOP_CLASS) == MEDIA_STORAGE_DIRECTORY:
        raise Refusal("dicomdir")
    uid = opening.text(window, TRANSFER_SYNTAX)
    if not uid or opening.start >= len(window):
        return None
    syntax = transfer_syntax(uid)
    if syntax.deflated:
        return None
    walk = Walk(window, limits)
    elements: list[Element] = []
    try:
        walk.data_set(coding_of(syntax.encoding), opening.start, len(window), elements)
    except Refusal:
        pass  # at the window's end, if what comes next are the pixels
    header = [element for element in elements if element.group < _PIXEL_GROUP]
    stop = header[-1].end if header else opening.start
    if not _pixels_at(window, stop, size, header, syntax.encoding.explicit, syntax.encoding.order):
        return None
    return DicomObject(
        buffer=window,
        start=opening.start,
        stop=stop,
        encoding=syntax.encoding,
        transfer_syntax=uid,
        elements=tuple(header),
        meta=opening.meta,
        meta_buffer=window,
        has_preamble=opening.has_preamble,
        odd_lengths=bool(walk.odd),
        index={element.tag: element for element in header},
    )


def _pixels_at(window: bytes, position: int, size: int, header: list[Element], explicit: bool, order: str) -> bool:
    """True when an element of group 7FE0 begins here and its header is in the window. Refusal `truncated` when it is longer than the
    file."""
    if not header or position + 12 > len(window):
        return False
    group, element = unpack_from(order + "HH", window, position)
    if group != _PIXEL_GROUP:
        return False
    tag = group << 16 | element
    value = position + 8
    if explicit:
        vr = bytes(window[position + 4 : position + 6])
        if vr in (b"OB", b"OW", b"OF", b"OD", b"OV", b"UN"):
            value = position + 12
            (length,) = unpack_from(order + "I", window, position + 8)
        elif vr == b"UL":
            (length,) = unpack_from(order + "H", window, position + 6)
        else:
            return False
    else:
        (length,) = unpack_from(order + "I", window, position + 4)
    if length != UNDEFINED and value + length > size:
        raise Refusal("truncated", tag=tag, length=max(size - value, 0), expected=length)
    return True
