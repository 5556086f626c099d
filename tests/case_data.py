"""Data sets as JSON that a person can write: the notation of the case folders, to bytes and back. Independent of the package.

    {"PatientName": "DOE^JANE",                      a keyword of the dictionary, its VR from there
     "(0009,0010) LO": "ACME 1.1",                   a tag and the VR it is coded with
     "(0009,1001) UN": {"hex": "0102"},              raw bytes
     "ReferencedStudySequence": [{...}, {...}],      items
     "(0009,1002) UN": [{...}]}                      a sequence coded UN: implicit little endian inside

Keys of a whole file that begin with `_` say how it is written: `_coding` explicit (default), implicit, big or deflated; `_undefined` true
for sequences and items of undefined length; `_meta` elements of group 0002 to add; `_preamble` text; `_tail` bytes in hex behind the
data set."""

from __future__ import annotations

import re
import struct
import zlib
from typing import Any

import build
from build import BIG, EXPLICIT, IMPLICIT, Coding
from pydicom.charset import convert_encodings, decode_bytes, encode_string
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

_KEY = re.compile(r"\(([0-9A-F]{4}),([0-9A-F]{4})\) ([A-Z]{2})")
_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_SINGLE = frozenset({"LT", "ST", "UT", "UR"})
_CODINGS = {"explicit": EXPLICIT, "implicit": IMPLICIT, "big": BIG, "deflated": EXPLICIT}


def file_bytes(data: dict[str, Any]) -> bytes:
    """The file that the JSON describes."""
    how = data.get("_coding", "explicit")
    coding = _CODINGS[how]
    body = _data_set(data, coding, bool(data.get("_undefined")), "")
    meta = _data_set({**_meta(how), **data.get("_meta", {})}, EXPLICIT, False, "")
    if how == "deflated":
        machine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = machine.compress(body) + machine.flush()
    preamble = data.get("_preamble", "").encode("ascii").ljust(128, b"\0")
    head = preamble + b"DICM" + build.element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return head + meta + body + bytes.fromhex(data.get("_tail", ""))


def _meta(how: str) -> dict[str, Any]:
    syntax = build.DEFLATED_UID if how == "deflated" else build.UIDS[_CODINGS[how]]
    return {
        "(0002,0001) OB": {"hex": "0001"},
        "(0002,0002) UI": build.CT_IMAGE,
        "(0002,0003) UI": "1.2.3",
        "(0002,0010) UI": syntax,
    }


def _data_set(data: dict[str, Any], coding: Coding, undefined: bool, charset: str) -> bytes:
    charset = data.get("SpecificCharacterSet", charset)
    elements = []
    for key, value in data.items():
        if key.startswith("_"):
            continue
        tag, vr = _tag_and_vr(key)
        elements.append((tag, _element(tag, vr, value, coding, undefined, charset)))
    return b"".join(coded for _, coded in sorted(elements, key=lambda pair: pair[0]))


def _tag_and_vr(key: str) -> tuple[int, str]:
    if match := _KEY.fullmatch(key):
        return int(match[1] + match[2], 16), match[3]
    tag = tag_for_keyword(key)
    assert tag is not None, key
    return tag, dictionary_VR(tag).split(" or ")[0]


def _element(tag: int, vr: str, value: Any, coding: Coding, undefined: bool, charset: str) -> bytes:
    if isinstance(value, list) and (vr == "SQ" or (all(isinstance(one, dict) for one in value) and value)):
        inner = IMPLICIT if vr == "UN" else coding
        items = [build.item(_data_set(one, inner, undefined, charset), inner, undefined=undefined) for one in value]
        return build.sequence(tag, *items, coding=coding, undefined=undefined, vr=vr)
    raw = _raw(vr, value, coding, charset)
    return build.element(tag, vr, raw, coding)


def _raw(vr: str, value: Any, coding: Coding, charset: str) -> bytes:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    values = value if isinstance(value, list) else [] if value is None else [value]
    if vr in _NUMBERS:
        return struct.pack(f"{coding.order}{len(values)}{_NUMBERS[vr]}", *values)
    text = "\\".join(str(one) for one in values)
    coded = encode_string(text, convert_encodings(charset)) if vr in _TEXTS else text.encode("ascii")
    return build.padded(coded, vr)


# ---- and back


def file_data(data: bytes) -> dict[str, Any]:
    """The JSON of a file that has a preamble, group 0002 included as `_meta`, without its group length."""
    assert data[128:132] == b"DICM"
    (length,) = struct.unpack_from("<I", data, 140)
    meta = read_data_set(data[144 : 144 + length], EXPLICIT, "")
    syntax = meta["(0002,0010) UI"]
    body = data[144 + length :]
    coding = {build.IMPLICIT_UID: IMPLICIT, build.BIG_ENDIAN_UID: BIG}.get(syntax, EXPLICIT)
    if syntax == build.DEFLATED_UID:
        body = zlib.decompress(body, -zlib.MAX_WBITS)
    out = read_data_set(body, coding, "")
    if data[:128].strip(b"\0"):
        out["_preamble"] = data[:128].hex()
    out["_meta"] = meta
    return out


def read_data_set(data: bytes, coding: Coding, charset: str) -> dict[str, Any]:
    """The elements from `data`, every byte of it."""
    out: dict[str, Any] = {}
    position = 0
    while position < len(data):
        key, value, position = _read(data, position, coding, charset)
        assert key not in out
        out[key] = value
        if key == "SpecificCharacterSet":
            charset = value
    return out


def _read(data: bytes, position: int, coding: Coding, charset: str) -> tuple[str, Any, int]:
    group, element = struct.unpack_from(coding.order + "HH", data, position)
    tag = group << 16 | element
    known = keyword_for_tag(tag) if not group & 1 and group != 2 else ""
    if coding.explicit:
        vr = data[position + 4 : position + 6].decode("ascii")
        if vr in build.LONG:
            (length,) = struct.unpack_from(coding.order + "I", data, position + 8)
            start = position + 12
        else:
            (length,) = struct.unpack_from(coding.order + "H", data, position + 6)
            start = position + 8
    else:
        (length,) = struct.unpack_from(coding.order + "I", data, position + 4)
        start = position + 8
        vr = dictionary_VR(tag).split(" or ")[0] if known else "LO" if group & 1 and 0x10 <= element <= 0xFF else "UN"
    same = known and dictionary_VR(tag).split(" or ")[0] == vr
    key = known if same else f"({group:04X},{element:04X}) {vr}"
    inner = IMPLICIT if vr == "UN" else coding
    if length == build.NO_END:
        items, end = _items(data, start, len(data), inner, charset, ended=True)
        return key, items, end
    end = start + length
    assert end <= len(data), key
    if vr == "SQ" or (vr == "UN" and data[start : start + 4] == b"\xfe\xff\x00\xe0"):
        items, _ = _items(data, start, end, inner, charset, ended=False)
        return key, items, end
    return key, _value(vr, data[start:end], coding, charset), end


def _items(data: bytes, position: int, end: int, coding: Coding, charset: str, *, ended: bool) -> tuple[list[dict[str, Any]], int]:
    found = []
    while position < end:
        group, element, length = struct.unpack_from(coding.order + "HHI", data, position)
        assert group == 0xFFFE
        position += 8
        if element == 0xE0DD:
            assert ended
            return found, position
        if length == build.NO_END:
            inside: dict[str, Any] = {}
            own = charset
            while struct.unpack_from(coding.order + "HH", data, position) != (0xFFFE, 0xE00D):
                key, value, position = _read(data, position, coding, own)
                inside[key] = value
                own = value if key == "SpecificCharacterSet" else own
            position += 8
            found.append(inside)
        else:
            found.append(read_data_set(data[position : position + length], coding, charset))
            position += length
    assert not ended
    return found, position


def _value(vr: str, raw: bytes, coding: Coding, charset: str) -> Any:
    if vr in _NUMBERS:
        values: list[Any] = list(struct.unpack(f"{coding.order}{len(raw) // struct.calcsize(_NUMBERS[vr])}{_NUMBERS[vr]}", raw))
    elif vr in ("OB", "OW", "UN", "AT"):
        return {"hex": raw.hex()} if raw else None
    else:
        assert len(raw) % 2 == 0
        text = decode_bytes(raw, convert_encodings(charset), {0x5C}) if vr in _TEXTS else raw.decode("ascii")
        text = text.rstrip(" \0")
        values = [text] if vr in _SINGLE else text.split("\\")
    if not values or values == [""]:
        return None
    return values[0] if len(values) == 1 else values
