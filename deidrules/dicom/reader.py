"""The strict reader: file bytes to a proven tree of elements, or a refusal."""

from __future__ import annotations

from struct import Struct, pack, unpack

from deidrules.dicom import dictionary
from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import EXPLICIT_BIG, EXPLICIT_LITTLE, DicomObject, Element, Encoding
from deidrules.dicom.header import PIXEL_DATA, PIXELS, TRAILING_PADDING, coding_of
from deidrules.dicom.inflate import inflate
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.meta import MEDIA_STORAGE_SOP_CLASS, TRANSFER_SYNTAX, Opening, guesses, open_file
from deidrules.dicom.sop_class import MEDIA_STORAGE_DIRECTORY, name_of
from deidrules.dicom.transfer_syntax import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    transfer_syntax,
)
from deidrules.dicom.walker import Walk
from deidrules.text.refusal import Refusal

DIRECTORY_RECORDS = 0x00041220
SOP_CLASS = 0x00080016
ROWS = 0x00280010

# bytes behind the header of an image that are too few for its pixels
_NO_IMAGE = 512
# bytes behind a data set without pixels that may be looked through for what they are
_LOOKED_THROUGH = 1 << 16

# These are never taken for a sign that the data set has ended before.
_NEVER_TRAILING = frozenset({"duplicate-tag", "too-deep", "too-many-elements"})


def read(data: Buffer, limits: Limits = LIMITS) -> DicomObject:
    """Read a whole DICOM file or bare data set. `data` is the file's content; the object keeps it and copies nothing but an inflated data
    set. A FileBuffer is read where headers are, and nowhere else.

    Proven of the result: tags ascend strictly in every data set; every length lies within what holds it; every item, sequence and fragment
    is ended as it must be; VRs are known; depth and number are within `limits`. Only bytes behind the data set are left over, and counted
    in `dropped`.

    Raises Refusal: `not-dicom`, `dicomdir`, `no-transfer-syntax`, `unknown-transfer-syntax`, `deflate-bomb`, `deflate-broken`, `truncated`,
    `duplicate-tag`, `out-of-order`, `unknown-vr`, `reserved-bytes`, `undefined-length`, `bad-item`, `bad-fragment`, `bad-delimiter`,
    `missing-delimiter`, `stray-delimiter`, `bad-file-meta`, `no-data-set`, `too-deep`, `too-many-elements`."""
    opening = open_file(data)
    if opening.text(data, MEDIA_STORAGE_SOP_CLASS) == MEDIA_STORAGE_DIRECTORY:
        raise Refusal("dicomdir")
    uid = opening.text(data, TRANSFER_SYNTAX)
    found = _told(data, opening, uid, limits) if uid else _guessed(data, opening, limits)
    if DIRECTORY_RECORDS in found.index:
        raise Refusal("dicomdir")
    _prove_pixels_follow(found)
    return found


def _prove_pixels_follow(found: DicomObject) -> None:
    """What belongs to pixel data (its group length, an extended offset table) announces it: where it does not follow, the file was cut
    between two elements, which no length could tell. Refusal `truncated`."""
    announcing = next((tag for tag in found.index if tag >> 16 == PIXEL_DATA >> 16), None)
    if announcing is not None and not PIXELS & found.index.keys():
        raise Refusal("truncated", tag=announcing, length=0)


def _told(data: Buffer, opening: Opening, uid: str, limits: Limits) -> DicomObject:
    """Read as the transfer syntax says."""
    syntax = transfer_syntax(uid)
    if not syntax.deflated:
        return _data_set(data, data, opening, opening.start, uid, syntax.encoding, limits)
    inflated, behind = inflate(data, opening.start, limits)
    found = _data_set(inflated, data, opening, 0, uid, syntax.encoding, limits)
    found.deflated = True
    # PS3.5 A.5: one byte of padding may follow
    if behind:
        found.dropped = (*found.dropped, ("trailing-bytes", behind))
    return found


_PLAIN = {EXPLICIT_LITTLE: EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_BIG: EXPLICIT_VR_BIG_ENDIAN}


def _guessed(data: Buffer, opening: Opening, limits: Limits) -> DicomObject:
    """Read without a transfer syntax: what the first element looks like must be borne out by the whole data set."""
    candidates = guesses(data, opening)
    if not candidates:
        raise Refusal("not-dicom")
    if opening.start >= len(data):
        raise Refusal("no-data-set")
    refusals: list[Refusal] = []
    for encoding in candidates:
        uid = _PLAIN.get(encoding, IMPLICIT_VR_LITTLE_ENDIAN)
        try:
            found = _data_set(data, data, opening, opening.start, uid, encoding, limits)
        except Refusal as refusal:
            refusals.append(refusal)
            continue
        if any(element.fragments for element in found.elements):
            raise Refusal("no-transfer-syntax")  # compressed, but how
        if found.dropped:
            refusals.append(Refusal("no-transfer-syntax"))  # a guess that leaves bytes over is no reading
            continue
        return found
    # one likely encoding: what broke is the news; several: nobody can tell
    raise refusals[0] if len(refusals) == 1 else Refusal("no-transfer-syntax")


def _data_set(buffer: Buffer, data: Buffer, opening: Opening, start: int, uid: str, encoding: Encoding, limits: Limits) -> DicomObject:
    if start >= len(buffer):
        raise Refusal("no-data-set")
    walk = Walk(buffer, limits)
    elements: list[Element] = []
    dropped: tuple[tuple[str, int], ...] = ()
    try:
        stop = walk.data_set(coding_of(encoding), start, len(buffer), elements)
    except Refusal as refusal:
        stop = elements[-1].end if elements else start
        if not elements or refusal.code in _NEVER_TRAILING or not _ended(buffer, stop, elements, encoding):
            raise
        dropped = (("trailing-bytes", len(buffer) - stop),)
    return DicomObject(
        buffer=buffer,
        start=start,
        stop=stop,
        encoding=encoding,
        transfer_syntax=uid,
        elements=tuple(elements),
        meta=opening.meta,
        meta_buffer=data,
        has_preamble=opening.has_preamble,
        dropped=dropped,
        odd_lengths=bool(walk.odd),
        index={element.tag: element for element in elements},
    )


def _ended(buffer: Buffer, stop: int, elements: list[Element], encoding: Encoding) -> bool:
    """True when what follows the last complete element is no part of the data set: pixel data or trailing padding has been read, nothing
    but zeros follows, which no element above (0000,0000) can begin with, or what follows cannot begin an element. An image that lost its
    pixels is no such case."""
    tags = {element.tag for element in elements}
    if PIXEL_DATA in tags or TRAILING_PADDING in tags:
        return True
    if tags & PIXELS:
        # behind floating point pixels a further pixel element may have been cut off
        return not any(buffer.startswith(pack(order + "HH", 0x7FE0, low), stop) for order in "<>" for low in (0x0009, 0x0010))
    rest = len(buffer) - stop
    if ROWS in tags or rest < 2 or (rest > _NO_IMAGE and _of_an_image(buffer, elements)):
        return False
    if buffer.count(0, stop) == rest:
        return True
    return _cannot_begin(buffer, stop, elements[-1].tag, encoding) and not _holds_elements(buffer, stop, encoding)


def _of_an_image(buffer: Buffer, elements: list[Element]) -> bool:
    """True when the SOP class is an image's: its pixel data is still to come."""
    uids = [buffer[element.value : element.stop] for element in elements if element.tag == SOP_CLASS]
    return any("Image Storage" in name_of(uid.decode("latin-1").strip(" \0")) for uid in uids)


def _holds_elements(buffer: Buffer, stop: int, encoding: Encoding) -> bool:
    """True when an element of the dictionary seems to begin anywhere behind `stop`: then the data set goes on behind what is damaged, and
    to leave it out would lose content, or pixels, without a word. So does a rest that is too long to be looked through."""
    rest = buffer[stop : stop + _LOOKED_THROUGH + 1]
    if len(rest) > _LOOKED_THROUGH:
        return True
    read = Struct(encoding.order + ("HH2s" if encoding.explicit else "HHI")).unpack_from
    for at in range(len(rest) - 7):
        group, low, third = read(rest, at)
        entry = dictionary.entry(group << 16 | low)
        if group == 0 or entry is None:
            continue
        if third.decode("latin-1") in entry.vrs if encoding.explicit else third <= len(rest) - at - 8:
            return True
    return False


def _cannot_begin(buffer: Buffer, stop: int, last: int, encoding: Encoding) -> bool:
    """True when no element begins here, a damaged one included: a tag that no dictionary knows, with two bytes in the place of the VR that
    are no capital letters, or, in implicit VR, one that does not ascend and would be longer than the file."""
    if len(buffer) - stop < 8:
        return False  # the beginning of a header, cut off
    group, low = unpack(encoding.order + "HH", buffer[stop : stop + 4])
    tag = group << 16 | low
    if dictionary.entry(tag) is not None:
        return False
    if encoding.explicit:
        return not all(0x41 <= letter <= 0x5A for letter in buffer[stop + 4 : stop + 6])
    length: int = unpack(encoding.order + "I", buffer[stop + 4 : stop + 8])[0]
    return tag <= last and length > len(buffer) - stop - 8
