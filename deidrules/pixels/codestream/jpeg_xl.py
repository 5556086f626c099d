"""JPEG XL (ISO 18181): boxes beside the codestream go. A codestream itself is not parsed.

A frame made from a JPEG holds what gives that JPEG back (the box jbrd, compressed), with its application data and comments. Where it has
any, the JPEG is given back, stripped and put in again: coefficients are the same, since both ways are lossless."""

from __future__ import annotations

from deidrules.dicom.part import joined
from deidrules.pixels.codestream import jpeg
from deidrules.pixels.codestream.boxes import box_at
from deidrules.pixels.codestream.edits import JPEG_XL, Edit, broken, edited

BARE = b"\xff\x0a"
START = b"\0\0\0\x0cJXL \r\n\x87\n"

_STREAM = frozenset({b"jxlc", b"jxlp"})
_FILE_TYPE = b"jxl \0\0\0\0jxl "


def edits(data: memoryview) -> list[Edit]:
    """What of a frame goes; nothing of a bare codestream, whose end nothing tells. Refusal `bad-codestream`."""
    if bytes(data[:2]) == BARE:
        return []
    if bytes(data[: len(START)]) != START:
        raise broken()
    found: list[Edit] = []
    at = len(START)
    stream = of_jpeg = False
    while at < len(data):
        if stream and len(data) - at < 8 and not any(data[at:]):
            break  # padding
        box = box_at(data, at, len(data))
        at = box.stop
        if box.kind in _STREAM:
            stream = True
        elif box.kind == b"jbrd":
            of_jpeg = True
        elif box.kind == b"ftyp":
            if bytes(data[box.content : box.stop]) != _FILE_TYPE:
                raise broken()
        elif box.kind != b"jxll" or box.stop - box.content != 1:
            # decoders pass over boxes they do not know
            found.append(Edit(box.start, box.stop, what=JPEG_XL))
    if not stream:
        raise broken()
    return _without_markers(data, found) if of_jpeg else found


def _without_markers(data: memoryview, found: list[Edit]) -> list[Edit]:
    """The edits, or the whole frame anew when the JPEG that it gives back has something to lose."""
    given = _jpeg_of(bytes(data))
    wanted = joined(edited(memoryview(given), jpeg.edits(memoryview(given))))
    if wanted == given and (not found or _gives(joined(edited(data, found)), wanted)):
        return found
    from imagecodecs import jpegxl_encode_jpeg

    try:
        made = bytes(jpegxl_encode_jpeg(wanted, numthreads=1))
    except Exception:
        raise broken() from None
    if not _gives(made, wanted):
        raise broken()
    return [Edit(0, len(data), made, JPEG_XL)]


def _gives(frame: bytes, wanted: bytes) -> bool:
    return _jpeg_of(frame) == wanted


def _jpeg_of(frame: bytes) -> bytes:
    from imagecodecs import jpegxl_decode_jpeg

    try:
        return bytes(jpegxl_decode_jpeg(frame, numthreads=1))
    except Exception:
        raise broken() from None
