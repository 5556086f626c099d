"""Values of elements: bytes to typed atoms and back, PS3.5 6.2."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from struct import Struct
from struct import error as StructError

from deidrules.dicom import charset
from deidrules.dicom.element import Encoding
from deidrules.dicom.uid import is_uid
from deidrules.dicom.vr import VRS, Kind, ValueRepresentation
from deidrules.text.refusal import Refusal

# Text, codes, dates and UIDs as text without padding; IS and DS as their text; binary numbers as int or float; AT as the tag's int; binary
# VRs as one bytes.
Atom = str | int | float | Decimal | bytes

_REPERTOIRE: dict[str, re.Pattern[str]] = {
    "AE": re.compile(r"[\x20-\x5B\x5D-\x7E]+"),
    "AS": re.compile(r"[0-9]{3}[DWMY]"),
    "CS": re.compile(r"[A-Z0-9_ ]+"),
    "DA": re.compile(r"[0-9]{8}"),
    "DS": re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?"),
    "DT": re.compile(r"[0-9]{4,14}(?:\.[0-9]{1,6})?(?:[+-][0-9]{4})?"),
    "IS": re.compile(r"[+-]?[0-9]+"),
    "TM": re.compile(r"[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:\.[0-9]{1,6})?)?)?"),
    "UR": re.compile(r"[\x21-\x7E]+"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # tab, line feed, form feed and carriage return may stand in long texts

_PACKERS: dict[tuple[str, str], Struct] = {}


def _packer(order: str, code: str) -> Struct:
    packer = _PACKERS.get((order, code))
    if packer is None:
        packer = _PACKERS[order, code] = Struct(order + code)
    return packer


def _representation(vr: str) -> ValueRepresentation:
    representation = VRS.get(vr)
    if representation is None:
        raise Refusal("unknown-vr")
    if representation.kind is Kind.SEQUENCE:
        raise Refusal("wrong-vr", vr=vr)
    return representation


# ---- bytes to atoms


def decode(raw: bytes, vr: str, encoding: Encoding, charsets: tuple[str, ...]) -> tuple[Atom, ...]:
    """The values of an element, () when it is empty. `raw` is the whole value field, `charsets` the values of (0008,0005) in force.

    Raises Refusal: `undecodable-text` for bytes the character set has no character for, `bad-value-length` for binary numbers that do not
    fill the field."""
    representation = _representation(vr)
    if not raw:
        return ()
    match representation.kind:
        case Kind.BINARY:
            return (raw,)
        case Kind.NUMBER | Kind.TAG:
            return _decode_numbers(raw, representation, encoding)
    if representation.charset:
        try:
            text = charset.decode(raw, charsets, person_name=vr == "PN")
        except Refusal as refusal:
            raise Refusal(refusal.code, vr=vr, length=len(raw)) from None
    elif raw.isascii():
        text = raw.decode("ascii")
    else:
        raise Refusal("undecodable-text", vr=vr, length=len(raw))
    if not representation.multiple:
        text = text.rstrip(" \0")
        return (text,) if text else ()
    values = tuple([part.strip(" \0") for part in text.split("\\")])
    return values if values != ("",) else ()


def _decode_numbers(raw: bytes, representation: ValueRepresentation, encoding: Encoding) -> tuple[Atom, ...]:
    count, rest = divmod(len(raw), representation.size)
    if rest:
        raise Refusal("bad-value-length", vr=representation.name, length=len(raw), expected=representation.size)
    if representation.kind is Kind.TAG:
        halves = _packer(encoding.order, f"{2 * count}H").unpack(raw)
        return tuple(group << 16 | element for group, element in zip(halves[::2], halves[1::2], strict=True))
    if count == 1:
        return _packer(encoding.order, representation.code).unpack(raw)
    return Struct(f"{encoding.order}{count}{representation.code}").unpack(raw)


# ---- atoms to bytes


def encode(values: tuple[Atom, ...], vr: str, encoding: Encoding, charsets: tuple[str, ...]) -> bytes:
    """The value field of an element, padded to even length; b"" for no values. Never truncates.

    Raises Refusal: `value-too-long` (single value against the VR's limit), `value-not-encodable` (characters, form or range do not fit the
    VR or the character set)."""
    representation = _representation(vr)
    if not values:
        return b""
    match representation.kind:
        case Kind.BINARY:
            (value,) = values if len(values) == 1 else (None,)
            if not isinstance(value, bytes):
                raise Refusal("value-not-encodable", vr=vr)
            coded = value
        case Kind.NUMBER | Kind.TAG:
            coded = b"".join([_encode_number(value, representation, encoding) for value in values])
        case Kind.TEXT:
            coded = _encode_text(values, representation, charsets)
        case _:
            coded = "\\".join([_formed(value, representation) for value in values]).encode("ascii")
            if len(values) > 1 and not representation.multiple:
                raise Refusal("value-not-encodable", vr=vr)
    if len(coded) & 1:
        coded += representation.padding
    if not representation.long_header and len(coded) > 0xFFFE:
        raise Refusal("value-too-long", vr=vr, length=len(coded), expected=0xFFFE)
    return coded


def _encode_text(values: tuple[Atom, ...], representation: ValueRepresentation, charsets: tuple[str, ...]) -> bytes:
    vr = representation.name
    if len(values) > 1 and not representation.multiple:
        raise Refusal("value-not-encodable", vr=vr)
    forbidden = _CONTROL if representation.multiple else _CONTROL_IN_TEXT
    texts: list[str] = []
    for value in values:
        text = _text_of(value, vr)
        if forbidden.search(text):
            raise Refusal("value-not-encodable", vr=vr, length=len(text))
        measured = max(map(len, text.split("="))) if vr == "PN" else len(text)
        if representation.longest and measured > representation.longest:
            raise Refusal("value-too-long", vr=vr, length=measured, expected=representation.longest)
        if vr == "PN" and text.count("=") > 2:
            raise Refusal("value-not-encodable", vr=vr, length=len(text))
        texts.append(text)
    try:
        return charset.encode("\\".join(texts), charsets, person_name=vr == "PN")
    except Refusal as refusal:
        raise Refusal(refusal.code, vr=vr, length=refusal.length) from None


def _formed(value: Atom, representation: ValueRepresentation) -> str:
    """The text of a value of a VR of the default repertoire, its form proven. An empty one stays empty: values can be missing."""
    vr = representation.name
    if vr == "DS" and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        text = decimal_string(value)
    else:
        text = _text_of(value, vr)
    if not text:
        return text
    if representation.longest and len(text) > representation.longest:
        raise Refusal("value-too-long", vr=vr, length=len(text), expected=representation.longest)
    formed = is_uid(text) if vr == "UI" else _REPERTOIRE[vr].fullmatch(text) is not None
    if vr == "IS":
        formed = formed and -(2**31) <= int(text) < 2**31
    if not formed:
        raise Refusal("value-not-encodable", vr=vr, length=len(text))
    return text


def _text_of(value: Atom, vr: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | bytes):
        raise Refusal("value-not-encodable", vr=vr)
    if isinstance(value, int):
        return str(value)
    if vr == "IS" and value == int(value):
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value)
    return repr(value)


def decimal_string(value: int | float | Decimal) -> str:
    """A number as DS, at most 16 characters. Integers and decimals are written exactly or refused (`value-too-long`); a float, which is an
    approximation anyway, is rounded to what 16 characters hold."""
    if not isinstance(value, float):
        exact = Decimal(value)
        if not exact.is_finite():
            raise Refusal("value-not-encodable", vr="DS")
        shortest = min((f"{exact:f}", f"{exact.normalize():f}", f"{exact.normalize():E}"), key=len)
        if len(f"{exact:f}") <= 16:
            return f"{exact:f}"
        if len(shortest) > 16:
            raise Refusal("value-too-long", vr="DS", length=len(shortest), expected=16)
        return shortest
    if value != value or value in (float("inf"), float("-inf")):
        raise Refusal("value-not-encodable", vr="DS")
    text = repr(value)
    digits = 16
    while len(text) > 16:
        digits -= 1
        text = f"{value:.{digits}g}"
    return text


def _encode_number(value: Atom, representation: ValueRepresentation, encoding: Encoding) -> bytes:
    vr = representation.name
    if representation.kind is Kind.TAG:
        if not isinstance(value, int) or not 0 <= value <= 0xFFFFFFFF:
            raise Refusal("value-not-encodable", vr=vr)
        return _packer(encoding.order, "2H").pack(value >> 16, value & 0xFFFF)
    if isinstance(value, bytes | bool):
        raise Refusal("value-not-encodable", vr=vr)
    try:
        if representation.code in "fd":
            return _packer(encoding.order, representation.code).pack(float(value))
        whole = Decimal(value)
        if whole != int(whole):
            raise Refusal("value-not-encodable", vr=vr)
        return _packer(encoding.order, representation.code).pack(int(whole))
    except (StructError, ValueError, OverflowError, InvalidOperation):
        raise Refusal("value-not-encodable", vr=vr) from None
