"""Text under Specific Character Set (0008,0005): PS3.3 C.12.1.1.2 and PS3.5 6.1, code extensions included. Strict: no replacement
characters, no guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from deidrules.text.refusal import Refusal

ESCAPE = 0x1B
_BACKSLASH = 0x5C
# PS3.5 6.1.2.5.3: after these the initial character sets are in force again
_LINE_ENDS = frozenset(b"\t\n\f\r")
_DELIMITERS = _LINE_ENDS | {_BACKSLASH}
_NAME_DELIMITERS = _DELIMITERS | frozenset(b"^=")


@dataclass(frozen=True, slots=True)
class _Set:
    """A coded character set: Python's codec for it, the escape sequence that designates it, bytes per character, whether it is designated
    to G0 (codes below 0x80) or G1, and what precedes and follows a stretch of G0 codes so that the codec understands it."""

    codec: str
    escape: bytes = b""
    width: int = 1
    low: bool = False


_ASCII = _Set("ascii", b"(B", low=True)
_ROMAN = _Set("ascii", b"(J", low=True)  # JIS X 0201: yen and overline stand at 5C and 7E; pydicom and others read them as ASCII, too

# by number, the upper half of single-byte sets: ISO_IR n or ISO 2022 IR n
_UPPER: dict[str, _Set] = {
    "100": _Set("latin_1", b"-A"),
    "101": _Set("iso8859_2", b"-B"),
    "109": _Set("iso8859_3", b"-C"),
    "110": _Set("iso8859_4", b"-D"),
    "126": _Set("iso8859_7", b"-F"),
    "127": _Set("iso8859_6", b"-G"),
    "138": _Set("iso8859_8", b"-H"),
    "144": _Set("iso8859_5", b"-L"),
    "148": _Set("iso8859_9", b"-M"),
    "166": _Set("iso8859_11", b"-T"),
    "203": _Set("iso8859_15", b"-b"),
    "13": _Set("shift_jis", b")I"),  # one byte per character in A1..DF: half-width katakana
}
_WIDE: dict[str, _Set] = {
    "87": _Set("iso2022_jp", b"$B", 2, low=True),
    "159": _Set("iso2022_jp_2", b"$(D", 2, low=True),
    "149": _Set("euc_kr", b"$)C", 2),
    "58": _Set("gb2312", b"$)A", 2),
}
_BY_ESCAPE: dict[bytes, _Set] = {one.escape: one for one in (_ASCII, _ROMAN, *_UPPER.values(), *_WIDE.values())}
_WHOLE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}

# "ISO-IR 100" and the like occur and cannot be misunderstood
_TERM = re.compile(r"ISO[ _-]?(2022[ _-])?IR[ _-]?([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Repertoire:
    """What a value of (0008,0005) stands for: one multi-byte codec, or initial sets with or without code extensions."""

    whole: str = ""
    upper: _Set | None = None
    extended: bool = False
    others: tuple[_Set, ...] = ()


@lru_cache(maxsize=256)
def _repertoire(charsets: tuple[str, ...]) -> _Repertoire | None:
    """None when a term is unknown or cannot be combined with the others."""
    terms = [term.strip(" \0").upper() for term in charsets] or [""]
    if len(terms) == 1 and terms[0] in _WHOLE:
        return _Repertoire(whole=_WHOLE[terms[0]])
    sets: list[_Set | None] = []
    extended = len(terms) > 1
    for term in terms:
        if not term:
            sets.append(None)
            continue
        match = _TERM.fullmatch(term)
        if match is None:
            return None
        extended = extended or bool(match[1])
        number = match[2]
        if number == "192" and len(terms) == 1:
            return _Repertoire(whole="utf_8")
        if number == "6":
            sets.append(None)
        elif number in _UPPER:
            sets.append(_UPPER[number])
        elif number in _WIDE:
            sets.append(_WIDE[number])
            extended = True
        else:
            return None
    first = sets[0]
    others = tuple(one for one in sets if one is not None)
    # a multi-byte set as the only or first term is against the standard but occurs; nothing is in G1 before its escape sequence
    return _Repertoire(upper=first if first is not None and first.width == 1 else None, extended=extended, others=others)


def _undecodable(length: int) -> Refusal:
    return Refusal("undecodable-text", length=length)


def decode(raw: bytes, charsets: tuple[str, ...], *, person_name: bool = False) -> str:
    """The text of a whole value, backslashes included. `charsets` are the values of (0008,0005) in force, () when absent.
    Raises Refusal `undecodable-text`."""
    if raw.isascii() and ESCAPE not in raw:
        return raw.decode("ascii")
    repertoire = _repertoire(charsets)
    if repertoire is None:
        raise _undecodable(len(raw))
    try:
        if repertoire.whole:
            if ESCAPE in raw:
                raise _undecodable(len(raw))
            return raw.decode(repertoire.whole)
        if not repertoire.extended:
            # an escape sequence where none is announced would hide text from whoever looks for it
            if ESCAPE in raw or repertoire.upper is None:
                raise _undecodable(len(raw))
            return _decode_upper(raw, repertoire.upper)
        return _decode_extended(raw, repertoire, _NAME_DELIMITERS if person_name else _DELIMITERS)
    except UnicodeError:
        raise _undecodable(len(raw)) from None


def _decode_upper(raw: bytes, upper: _Set) -> str:
    """A single-byte set with ASCII below."""
    if upper.codec != "shift_jis":
        return raw.decode(upper.codec)
    # JIS X 0201 has one byte per character; Shift-JIS proper would take pairs for kanji
    if any(0x80 <= byte < 0xA1 or byte > 0xDF for byte in raw):
        raise _undecodable(len(raw))
    return raw.decode("shift_jis")


def _decode_extended(raw: bytes, repertoire: _Repertoire, delimiters: frozenset[int]) -> str:
    """PS3.5 6.1.2.5: escape sequences designate sets to G0 and G1, delimiters bring back the initial ones."""
    parts: list[str] = []
    low, high = _ASCII, repertoire.upper
    position, end = 0, len(raw)
    while position < end:
        byte = raw[position]
        if byte == ESCAPE:
            designated = next(
                (raw[position + 1 : position + 1 + n] for n in (3, 2) if raw[position + 1 : position + 1 + n] in _BY_ESCAPE), b""
            )
            if not designated:
                raise _undecodable(end)
            chosen = _BY_ESCAPE[designated]
            if chosen.low:
                low = chosen
            else:
                high = chosen
            position += 1 + len(designated)
        elif byte < 0x80 and (low.width == 1 or byte < 0x21 or byte == 0x7F):
            if byte in delimiters:
                low, high = _ASCII, repertoire.upper
            parts.append(chr(byte))
            position += 1
        else:
            current = low if byte < 0x80 else high
            if current is None:
                raise _undecodable(end)
            stop = position + current.width
            code = raw[position:stop]
            if len(code) < current.width or any((one < 0x80) != (byte < 0x80) for one in code):
                raise _undecodable(end)
            if current.low:
                parts.append((b"\x1b" + current.escape + code + b"\x1b(B").decode(current.codec))
            else:
                parts.append(_decode_upper(code, current))
            position = stop
    return "".join(parts)


def encode(text: str, charsets: tuple[str, ...], *, person_name: bool = False) -> bytes:
    """The bytes of a text in the character sets in force, with escape sequences where code extensions are announced.
    Raises Refusal `value-not-encodable`."""
    if "\x1b" in text:
        raise Refusal("value-not-encodable", length=len(text))
    if text.isascii():
        return text.encode("ascii")
    repertoire = _repertoire(charsets)
    if repertoire is None:
        raise Refusal("value-not-encodable", length=len(text))
    try:
        if repertoire.whole:
            return text.encode(repertoire.whole)
        if not repertoire.extended:
            if repertoire.upper is None:
                raise Refusal("value-not-encodable", length=len(text))
            return _encode_upper(text, repertoire.upper)
    except UnicodeError:
        raise Refusal("value-not-encodable", length=len(text)) from None
    # every stretch between delimiters begins with the initial sets
    return b"".join(
        _encode_stretch(stretch, repertoire) for stretch in re.split(r"([\\^=\t\n\f\r])" if person_name else r"([\\\t\n\f\r])", text)
    )


def _encode_upper(text: str, upper: _Set) -> bytes:
    coded = text.encode(upper.codec)
    # kanji are not of JIS X 0201, and its yen sign would be read as the backslash that divides values
    if upper.codec == "shift_jis" and (len(coded) != len(text) or coded.decode(upper.codec) != text):
        raise UnicodeError
    return coded


def _encode_stretch(text: str, repertoire: _Repertoire) -> bytes:
    """The first announced set that holds the whole stretch."""
    if text.isascii():
        return text.encode("ascii")
    for one in repertoire.others:
        try:
            if one.low:
                coded = text.encode(one.codec)
                # only the announced set and ASCII may be designated
                if all(coded.startswith((one.escape, b"(B"), at + 1) for at in range(len(coded)) if coded[at] == ESCAPE):
                    return coded
            else:
                coded = _encode_upper(text, one)
                return coded if one is repertoire.upper else b"\x1b" + one.escape + coded
        except UnicodeError:
            continue
    raise Refusal("value-not-encodable", length=len(text))
