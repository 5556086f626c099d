"""Headers out of a document database: the DICOM JSON Model, and documents of keyword and value as databases of headers export them.

A document is one object in one of these forms, which may be mixed, since each member is read by itself:

* DICOM JSON Model (PS3.18 F): `"00080060": {"vr": "CS", "Value": ["US"]}`
* keyword and value: `"Modality": "US"`, several values divided by backslashes or in a list, `null` for an attribute without a value, a list
  of objects for a sequence; attributes of repeating groups with their tag in front: `"(6000,0010)-OverlayRows": 512`
* tag and value, `"0008,0060"` or `"(0008,0060)"`; and for any key an object of `Value`, `value` or `val` and whatever stands beside it

Numbers may be wrapped as MongoDB's Extended JSON wraps them (`{"$numberInt": "512"}`). Members with other names are left alone, but that
`DicomFilePath`, at the top or under `header`, is the name of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from deidrules.dicom import dictionary
from deidrules.ocr.headers import TRANSFER_SYNTAX_UID, Header, Values
from deidrules.text.refusal import Refusal

_TAG = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?(?:-.*)?", re.DOTALL)
_VALUE = ("Value", "value", "val")
_NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")
_GROUP_60 = range(0x6000, 0x6020, 2)


class JsonHeader:
    """One document, or one item of a sequence in it."""

    __slots__ = ("_values",)

    def __init__(self, document: Mapping[str, object]) -> None:
        self._values: dict[int, object] = {}
        for key, value in document.items():
            tag = _tag_of(key)
            if tag:
                self._values[tag] = _inner(value)

    @property
    def known(self) -> bool:
        """True when some member is an attribute."""
        return bool(self._values)

    def values(self, tag: int) -> Values:
        """See Header. Refusal `bad-json-header` for a value that is neither text nor number."""
        if tag not in self._values:
            return None
        value = self._values[tag]
        if value is None or value == "" or _is_sequence(value):
            return ()
        found: list[str] = []
        for one in value if isinstance(value, list) else [value]:
            found += _texts(one, tag)
        return tuple(found) if any(found) else ()

    def items(self, tag: int) -> tuple[Header, ...] | None:
        """See Header."""
        value = self._values.get(tag)
        if value == [] or (isinstance(value, list) and _is_sequence(value)):
            return tuple(JsonHeader(one) for one in value if isinstance(one, dict))
        return None

    def overlay_groups(self) -> tuple[int, ...]:
        """See Header."""
        return tuple(sorted({tag >> 16 for tag in self._values} & set(_GROUP_60)))


def read_document(text: bytes) -> object:
    """The JSON value. Refusal `bad-json-header`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal("bad-json-header", length=len(text)) from None


def header_of_document(document: object) -> JsonHeader:
    """The header of a document. Refusal `bad-json-header` when it is no object, `not-dicom` when no member is an attribute."""
    if not isinstance(document, dict):
        raise Refusal("bad-json-header")
    header = JsonHeader(document)
    if not header.known:
        raise Refusal("not-dicom")
    return header


def file_of_document(document: object) -> str:
    """The name of the file that the document tells, "" when it tells none."""
    if not isinstance(document, dict):
        return ""
    inner = document.get("header")
    for place in (document, inner if isinstance(inner, dict) else {}):
        name = place.get("DicomFilePath")
        if isinstance(name, str):
            return name
    return ""


def _tag_of(key: str) -> int:
    """The tag of a key, 0 when it is none."""
    tag = dictionary.tag_of(key)
    if tag is not None:
        return tag
    if key == "TransferSyntaxUID":
        return TRANSFER_SYNTAX_UID
    match = _TAG.fullmatch(key)
    return int(match[1] + match[2], 16) if match is not None else 0


def _inner(value: object) -> object:
    """The value itself out of an object that says a VR beside it; None for one that says nothing else."""
    if not isinstance(value, dict):
        return value
    for name in _VALUE:
        if name in value:
            return value[name]
    if "vr" in value and not value.keys() & {"InlineBinary", "BulkDataURI"}:
        return [] if value["vr"] == "SQ" else None
    return value


def _is_sequence(value: object) -> bool:
    return isinstance(value, list) and any(
        isinstance(one, dict) and not any(name.startswith("$") for name in one) and "Alphabetic" not in one for one in value
    )


def _texts(value: object, tag: int) -> list[str]:
    """One value as the texts it holds."""
    if value is None:
        return [""]
    if isinstance(value, str):
        return [part.strip(" \0") for part in value.split("\\")]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [_decimal(str(value), tag)]
    if isinstance(value, dict):
        for name in _NUMBERS:
            if name in value:
                return [_decimal(str(value[name]), tag)]
        if value.keys() & {"Alphabetic", "Ideographic", "Phonetic"}:
            groups = [value.get(group) for group in ("Alphabetic", "Ideographic", "Phonetic")]
            return ["=".join(group if isinstance(group, str) else "" for group in groups).rstrip("=")]
        if value.keys() & {"$binary", "InlineBinary", "BulkDataURI"}:
            return ["(bytes)"]
    raise Refusal("bad-json-header", tag=tag)


def _decimal(text: str, tag: int) -> str:
    """A number in decimal: databases give 512 back as 512.0."""
    try:
        number = Decimal(text)
        return str(int(number)) if number == number.to_integral_value() and abs(number) < 1 << 64 else text
    except (InvalidOperation, ValueError):
        raise Refusal("bad-json-header", tag=tag) from None
