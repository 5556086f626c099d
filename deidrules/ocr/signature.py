"""The signature of equipment: what files have in common whose burned-in text stands in the same place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.ocr.headers import Header, Values
from deidrules.pixels import planes

SEQUENCE_OF_ULTRASOUND_REGIONS = 0x00186011
NUMBER_OF_FRAMES = 0x00280008
_CORNERS = (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)
_SPATIAL_FORMAT, _DATA_TYPE = 0x00186012, 0x00186014
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")

ONE, SEVERAL, UNCLEAR = "one", "several", "unclear"


@dataclass(frozen=True, slots=True, order=True)
class UltrasoundRegion:
    """One item of the Sequence of Ultrasound Regions (PS3.3 C.8.5.5) as the file has it: columns and rows from 0, the right and the bottom
    one included; -1 for what is absent or no number."""

    left: int
    top: int
    right: int
    bottom: int
    spatial_format: int
    data_type: int

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.right},{self.bottom} format {self.spatial_format} type {self.data_type}"


@dataclass(frozen=True, slots=True, order=True)
class OverlayLayout:
    """An overlay plane as its attributes describe it (PS3.3 C.9.2), whether or not its bits can be read: its group; rows and columns; the
    row and column of the image at which it begins, from 1; the bit of the image's samples that it lies in, 0 for a plane of its own. -1 for
    what is absent or no number."""

    group: int
    rows: int
    columns: int
    top: int
    left: int
    several_frames: bool
    bit: int

    def __str__(self) -> str:
        frames = " several frames" if self.several_frames else ""
        return f"{self.group:04X} {self.columns}x{self.rows} at {self.left},{self.top}{frames}" + (f" bit {self.bit}" if self.bit else "")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a recipe asks of a file before it blanks at fixed places. Each of the values is exactly the file's: a tuple of texts without
    padding (the values of a multi-valued attribute one by one), () where the attribute is there and empty, None where it is absent.

    `frames` is "one", "several" or "unclear" (the number is none): two clips of a device differ in length and not in their layout.
    `ultrasound_regions` and `overlays` are in ascending order; regions are None where the sequence is absent, overlays are () where there
    are none. `withheld` names the columns whose text holds an identifier of the file itself: their value here is (), and no condition may
    be made of them."""

    modality: Values
    manufacturer: Values
    model: Values
    software_versions: Values
    rows: Values
    columns: Values
    frames: str
    photometric_interpretation: Values
    transducer_data: Values
    transducer_type: Values
    ultrasound_regions: tuple[UltrasoundRegion, ...] | None
    overlays: tuple[OverlayLayout, ...]
    burned_in_annotation: Values
    withheld: tuple[str, ...] = ()

    def attributes(self) -> tuple[tuple[str, Values], ...]:
        """Keyword and values of every attribute of the signature that a condition can compare, in the order of a recipe; None where a
        condition has to say that the attribute is absent. Withheld ones are left out."""
        return tuple((column, getattr(self, name)) for column, name in VALUES.items() if column not in self.withheld)


# column -> field, for those that are the values of one attribute; the column is its keyword
VALUES = {
    "Modality": "modality",
    "Manufacturer": "manufacturer",
    "ManufacturerModelName": "model",
    "SoftwareVersions": "software_versions",
    "Rows": "rows",
    "Columns": "columns",
    "PhotometricInterpretation": "photometric_interpretation",
    "TransducerData": "transducer_data",
    "TransducerType": "transducer_type",
    "BurnedInAnnotation": "burned_in_annotation",
}
TAGS = {
    "Modality": 0x00080060,
    "Manufacturer": 0x00080070,
    "ManufacturerModelName": 0x00081090,
    "SoftwareVersions": 0x00181020,
    "Rows": 0x00280010,
    "Columns": 0x00280011,
    "PhotometricInterpretation": 0x00280004,
    "TransducerData": 0x00185010,
    "TransducerType": 0x00186031,
    "BurnedInAnnotation": 0x00280301,
}


def signature_of(header: Header, withheld: tuple[str, ...] = ()) -> Signature:
    """The signature of a header. `withheld`: columns of `VALUES` whose text identifies somebody (see `identifying`). Raises Refusal with
    the code of a value that cannot be decoded: no condition could be asked of it either."""
    values: dict[str, Values] = {VALUES[column]: () if column in withheld else header.values(tag) for column, tag in TAGS.items()}
    return Signature(
        modality=values["modality"],
        manufacturer=values["manufacturer"],
        model=values["model"],
        software_versions=values["software_versions"],
        rows=values["rows"],
        columns=values["columns"],
        frames=_frames(header),
        photometric_interpretation=values["photometric_interpretation"],
        transducer_data=values["transducer_data"],
        transducer_type=values["transducer_type"],
        ultrasound_regions=_regions(header),
        overlays=_overlays(header),
        burned_in_annotation=values["burned_in_annotation"],
        withheld=withheld,
    )


def number_of_frames(header: Header) -> int | None:
    """The number of frames: 1 when nothing is said, None when what is said is no positive number."""
    values = header.values(NUMBER_OF_FRAMES)
    if not values:
        return 1
    number = _number(values[0]) if len(values) == 1 else -1
    return number if number > 0 else None


def _frames(header: Header) -> str:
    number = number_of_frames(header)
    return UNCLEAR if number is None else ONE if number == 1 else SEVERAL


def _regions(header: Header) -> tuple[UltrasoundRegion, ...] | None:
    items = header.items(SEQUENCE_OF_ULTRASOUND_REGIONS)
    if items is None:
        return None
    regions = []
    for item in items:
        left, top, right, bottom, space, data = (_one(item, tag) for tag in (*_CORNERS, _SPATIAL_FORMAT, _DATA_TYPE))
        regions.append(UltrasoundRegion(left, top, right, bottom, space, data))
    return tuple(sorted(regions))


def _overlays(header: Header) -> tuple[OverlayLayout, ...]:
    found = []
    for group in header.overlay_groups():
        base = group << 16
        origin = header.values(base | planes.ORIGIN) or ()
        top, left = (_number(text) for text in origin) if len(origin) == 2 else (-1, -1)
        allocated, bit = _one(header, base | planes.BITS_ALLOCATED), _one(header, base | planes.BIT_POSITION)
        found.append(
            OverlayLayout(
                group,
                _one(header, base | planes.ROWS),
                _one(header, base | planes.COLUMNS),
                top,
                left,
                several_frames=_one(header, base | planes.FRAMES) > 1,
                bit=bit if allocated > 1 and bit > 0 else 0,
            )
        )
    return tuple(found)


def _one(header: Header, tag: int) -> int:
    values = header.values(tag)
    return _number(values[0]) if values is not None and len(values) == 1 else -1


def _number(text: str) -> int:
    return int(text) if _WHOLE.fullmatch(text) else -1
