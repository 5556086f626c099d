"""JPEG 2000 in its file format JP2 (ISO 15444-1 Annex I), which PS3.5 A.4.4 does not allow and archives hold all the same.

The boxes that decoders decide colours by stay (palette, order of channels, colour space): a bare codestream would be decoded to other
colours. Every other box goes."""

from __future__ import annotations

from deidrules.pixels.codestream import jpeg2000
from deidrules.pixels.codestream.boxes import Box, box_at, boxes
from deidrules.pixels.codestream.edits import JPEG_2000, Edit, broken, number, trailing

START = b"\0\0\0\x0cjP  \r\n\x87\n"

# what may stand beside the image: metadata, and what groups or describes it
_METADATA = frozenset({b"uuid", b"xml ", b"uinf", b"jp2i", b"free", b"asoc", b"lbl ", b"nlst", b"rreq", b"mdat", b"cref", b"jumb", b"Exif"})
_BRANDS = frozenset({b"jp2 ", b"jpx ", b"jpxb", b"jph ", b"jhix", b"J2P0", b"J2P1"})
_SRGB, _GREY = 16, 17


def edits(data: memoryview) -> list[Edit]:
    """What of a JP2 file goes. Refusal `bad-codestream` when a box is not as the standard has it, or not known: it may mean the image."""
    found: list[Edit] = []
    at = 0
    header = stream = False
    while at < len(data):
        if stream and not _begins_box(data, at):
            break
        box = box_at(data, at, len(data))
        at = box.stop
        match box.kind:
            case b"jP  ":
                if box.start or bytes(data[: box.stop]) != START:
                    raise broken()
            case b"ftyp":
                found += _file_type(data, box)
            case b"jp2h":
                found += box.resized(data, _header(data, box))
                header = True
            case b"jp2c":
                if stream or not header:
                    raise broken()
                stream = True
                held = data[: box.stop]
                inner, end = jpeg2000.codestream(held, box.content)
                found += box.resized(data, inner + trailing(held, end))
            case kind if kind in _METADATA:
                found.append(Edit(box.start, box.stop, what=JPEG_2000))
            case _:
                raise broken()
    if not stream:
        raise broken()
    return found + trailing(data, at)


def _begins_box(data: memoryview, at: int) -> bool:
    """True for a box that is known; what else stands behind the image is none."""
    return len(data) - at >= 8 and bytes(data[at + 4 : at + 8]) in _METADATA | {b"jp2c", b"jp2h", b"ftyp"}


def _file_type(data: memoryview, box: Box) -> list[Edit]:
    """Brand, minor version zero, list of brands; other brands than known ones are left out."""
    body = bytes(data[box.content : box.stop])
    words = [body[at : at + 4] for at in range(0, len(body), 4)]
    if len(words) < 3 or words[0] not in _BRANDS or len(body) % 4:
        raise broken()
    kept = [words[0], bytes(4), *(word for word in words[2:] if word in _BRANDS)]
    if kept == words:
        return []
    return box.resized(data, [Edit(box.content, box.stop, b"".join(kept), JPEG_2000)])


def _header(data: memoryview, outer: Box) -> list[Edit]:
    found: list[Edit] = []
    components = 0
    for box in boxes(data, outer.content, outer.stop):
        body = bytes(data[box.content : box.stop])
        match box.kind:
            case b"ihdr" if len(body) == 14 and not components:
                components = number(data, box.content + 8, 2)
            case b"colr" if len(body) >= 3 and components:
                found += _colour(data, box, body, components)
            case b"bpcc" if len(body) == components:
                pass
            case b"pclr" if _palette(body):
                pass
            case b"cmap" if body and len(body) % 4 == 0:
                pass
            case b"cdef" if len(body) >= 8 and len(body) == 2 + 6 * int.from_bytes(body[:2], "big"):
                pass
            case b"res " if all(b.kind in (b"resc", b"resd") and b.stop - b.content == 10 for b in boxes(data, box.content, box.stop)):
                pass
            case kind if kind in _METADATA:
                found.append(Edit(box.start, box.stop, what=JPEG_2000))
            case _:
                raise broken()
    if not components:
        raise broken()
    return found


def _colour(data: memoryview, box: Box, body: bytes, components: int) -> list[Edit]:
    """An enumerated colour space stays. A profile (ICC, or a vendor's) holds text: in its place comes the enumerated space that decoders
    without colour management take it for."""
    if body[0] == 1 and len(body) >= 7:
        space = int.from_bytes(body[3:7], "big")
        if len(body) == 7 or space in (14, 19):  # CIELab and CIEJab have parameters
            return []
        new = body[:7]
    elif body[0] in (2, 3, 4):
        new = b"\x01" + body[1:3] + (_SRGB if components >= 3 else _GREY).to_bytes(4, "big")
    else:
        raise broken()
    return box.resized(data, [Edit(box.content, box.stop, new, JPEG_2000)])


def _palette(body: bytes) -> bool:
    """True when the entries fill the box exactly (I.5.3.4)."""
    if len(body) < 4:
        return False
    entries, columns = int.from_bytes(body[:2], "big"), body[2]
    widths = [((bits & 0x7F) + 8) // 8 for bits in body[3 : 3 + columns]]
    return len(widths) == columns and len(body) == 3 + columns + entries * sum(widths)
