"""The columns of a survey: those of the signature, further ones that describe equipment, and none that names somebody."""

from __future__ import annotations

import re

from deidrules.ocr.headers import Header, Values
from deidrules.ocr.signature import VALUES, Signature
from deidrules.text.refusal import Refusal

# What a cell says: the values joined by backslashes, "" for an attribute without a value, None for one that is absent.
Cell = str | None

# in the order of the survey
SIGNATURE = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "Rows",
    "Columns",
    "Frames",
    "PhotometricInterpretation",
    "TransducerData",
    "TransducerType",
    "UltrasoundRegions",
    "Overlays",
    "BurnedInAnnotation",
)
# Attributes of equipment and pixels that may be asked for by name. Nothing else may: what is written by hand, made for one patient or
# given by one institution (StationName, DeviceSerialNumber, descriptions, UIDs of instances) has no place in a table that is passed on.
FURTHER = {
    "TransferSyntaxUID": 0x00020010,
    "SpecificCharacterSet": 0x00080005,
    "ImageType": 0x00080008,
    "SOPClassUID": 0x00080016,
    "ConversionType": 0x00080064,
    "SamplesPerPixel": 0x00280002,
    "PlanarConfiguration": 0x00280006,
    "NumberOfFrames": 0x00280008,
    "BitsAllocated": 0x00280100,
    "BitsStored": 0x00280101,
    "HighBit": 0x00280102,
    "PixelRepresentation": 0x00280103,
    "LossyImageCompression": 0x00282110,
}
NAMES = (*SIGNATURE, *FURTHER)
WITHHELD = "(withheld)"

# Texts that people can set on a machine, and what of a file they are held against. A vendor's name stands in the names of phantoms,
# stations and institutions, too, so the vendor's own columns are held against what is given to one patient or study only.
_PATIENT = (0x00100010, 0x00100020, 0x00101000, 0x00080050, 0x00200010)
_SITE = (0x00080080, 0x00081010, 0x00181000, 0x00080090, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00321032)
_NAMES = frozenset({0x00100010, 0x00080090, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00321032})
_SET_BY_HAND = {"SoftwareVersions": 0x00181020, "TransducerData": 0x00185010, "ImageType": 0x00080008}
_OF_THE_VENDOR = {"Manufacturer": 0x00080070, "ManufacturerModelName": 0x00081090}
_SHORTEST = 4
_NAME_DELIMITERS = re.compile(r"[\^=\s,]+")


def withheld_columns(header: Header) -> tuple[str, ...]:
    """The columns whose text holds, as a word or words of their own, an identifier of the same file: of its patient and study, and for
    texts that are set on the spot of its institution, station, device and staff. In their order."""
    patient: set[str] | None = None
    site: set[str] = set()
    found = []
    for column, tag in (*_OF_THE_VENDOR.items(), *_SET_BY_HAND.items()):
        text = " ".join(header.values(tag) or ()).casefold()
        if len(text) < _SHORTEST:
            continue
        if patient is None:
            patient, site = _said(header, _PATIENT, parts=False), _said(header, (*_PATIENT, *_SITE), parts=True)
        if any(_stands_in(one, text) for one in (patient if column in _OF_THE_VENDOR else site)):
            found.append(column)
    return tuple(found)


def _said(header: Header, tags: tuple[int, ...], *, parts: bool) -> set[str]:
    """The values of some attributes, and with `parts` the single names in them."""
    said: set[str] = set()
    for tag in tags:
        try:
            values = header.values(tag)
        except Refusal:
            continue  # not readable, so it cannot be found in a text that is
        for value in values or ():
            said.add(value.casefold())
            if parts and tag in _NAMES:
                said.update(_NAME_DELIMITERS.split(value.casefold()))
    return {one for one in said if len(one) >= _SHORTEST}


def _stands_in(words: str, text: str) -> bool:
    """True when `words` stand in `text` and neither begin nor end within a word."""
    at = text.find(words)
    while at >= 0:
        stop = at + len(words)
        if not (at and text[at - 1].isalnum() and words[0].isalnum()) and not (
            stop < len(text) and text[stop].isalnum() and words[-1].isalnum()
        ):
            return True
        at = text.find(words, at + 1)
    return False


def cell(column: str, header: Header, signature: Signature) -> Cell:
    """What a file has in a column of `NAMES`."""
    if column in signature.withheld:
        return WITHHELD
    match column:
        case "Frames":
            return signature.frames
        case "UltrasoundRegions":
            regions = signature.ultrasound_regions
            return None if regions is None else "; ".join(map(str, regions))
        case "Overlays":
            return "; ".join(map(str, signature.overlays)) or None
    if column in VALUES:
        return joined(getattr(signature, VALUES[column]))
    return joined(header.values(FURTHER[column]))


def joined(values: Values) -> Cell:
    """The values of an attribute as one text."""
    return None if values is None else "\\".join(values)
