"""Which objects may carry burned-in text: data with reasons (`data/*.csv`). What is not known to be free of it may carry it.

No attribute proves that a frame is free of text: BurnedInAnnotation NO is a claim of the device, not evidence (PS3.3 C.7.6.1 asks for no
check), so it changes nothing here. A class is free (`free.csv`) only when its frames are computed from measured data and the standard
fixes both the sample format and the meaning of ImageType, so that a screen shot stored in it is recognisable; and one object of it only
when every mark agrees. Everything that records a screen, a camera, a film or a plate may carry text (`sop_classes.csv`): there the device
or the operator writes into the frame."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from deidrules.dicom.element import DicomObject
from deidrules.pixels.attributes import of_object
from deidrules.pixels.facts import (
    BITS_ALLOCATED,
    BITS_STORED,
    NUMBER_OF_FRAMES,
    PIXEL_DATA,
    PIXEL_ELEMENTS,
    SAMPLES_PER_PIXEL,
    PixelFacts,
)
from deidrules.text.refusal import Refusal

SOP_CLASS_UID, MODALITY, IMAGE_TYPE = 0x0008_0016, 0x0008_0060, 0x0008_0008

_FOLDER = Path(__file__).resolve().parent / "data"
_WORD = re.compile(r"[A-Z0-9]+")
_FREE = "free"
UNKNOWN = "unknown-sop-class"

_MOST, _LONGEST_REMEMBERED = 1024, 1024  # answers, and bytes that one depends on
_KNOWN: dict[object, str] = {}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why frames may carry text: a word for the audit, a sentence for people, the place in the standard ("" where it is not of PS3)."""

    word: str
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class FreeClass:
    """A SOP class whose frames carry no text when every mark agrees. `modalities` it may have; `image_types` are the accepted first two
    values of ImageType ("" for an absent ImageType), `third_values` the accepted third (any when empty); `bits` the accepted
    BitsAllocated, `least_stored` the least BitsStored; `single_frame`: an object of it has one frame. `because` and `source` say why it
    is free."""

    name: str
    modalities: frozenset[str]
    image_types: frozenset[tuple[str, ...]]
    third_values: frozenset[str]
    bits: frozenset[int]
    least_stored: int
    single_frame: bool
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What an attribute of any object may say against its frames. `how`: `present` (it has a value), `other` (it has one that is none of
    `values`), `contains` (one of `values` stands in it), `word` (one stands in it as a whole word)."""

    tag: int
    keyword: str
    how: Literal["present", "other", "contains", "word"]
    values: tuple[str, ...]
    reason: str

    def found(self, values: tuple[str, ...]) -> bool:
        """True when the values of the attribute, upper case, say it."""
        match self.how:
            case "present":
                return bool(values)
            case "other":
                return bool(values) and (len(values) > 1 or values[0] not in self.values)
            case "contains":
                return any(text in value for value in values for text in self.values)
            case "word":
                return any(word in self.values for value in values for word in _WORD.findall(value))


@dataclass(frozen=True, slots=True)
class PixelHeader:
    """What the object says of where its frames come from, as it arrived, upper case. `mark`: the reason of the first mark against it, ""
    when there is none."""

    sop_class: str = ""
    modality: str = ""
    image_type: tuple[str, ...] = ()
    mark: str = ""


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by its word, in the order in which they are told."""
    return {row["reason"]: Reason(row["reason"], row["because"], row["source"]) for row in _rows("reasons")}


@cache
def free_classes() -> dict[str, FreeClass]:
    """The classes that are free of text when every mark agrees, by UID."""
    names = {row["uid"]: row["name"] for row in _rows("sop_classes")}
    return {
        row["uid"]: FreeClass(
            names[row["uid"]],
            frozenset(row["modalities"].split("|")),
            frozenset(tuple(filter(None, values.split("\\"))) for values in row["image_types"].split("|")),
            frozenset(filter(None, row["third_values"].split("|"))),
            frozenset(map(int, row["bits_allocated"].split("|"))),
            int(row["least_bits_stored"]),
            row["frames"] == "1",
            row["because"],
            row["source"],
        )
        for row in _rows("free")
    }


@cache
def risky_classes() -> dict[str, str]:
    """The reason of each storage SOP class whose frames may carry text whatever else the object says, by UID."""
    return {row["uid"]: row["reason"] for row in _rows("sop_classes") if row["reason"] != _FREE}


@cache
def class_names() -> dict[str, str]:
    """The names of all SOP classes that are judged here, by UID."""
    return {row["uid"]: row["name"] for row in _rows("sop_classes")}


@cache
def risky_modalities() -> dict[str, str]:
    """The reason of each modality whose devices write into frames."""
    return {row["modality"]: row["reason"] for row in _rows("modalities")}


@cache
def marks() -> tuple[Mark, ...]:
    """All marks."""
    return tuple(_mark(row) for row in _rows("marks"))


def _mark(row: dict[str, str]) -> Mark:
    how = row["how"]
    assert how in ("present", "other", "contains", "word")
    return Mark(int(row["tag"], 16), row["keyword"], how, tuple(filter(None, row["values"].split("|"))), row["reason"])  # type: ignore[arg-type]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def read_header(instance: DicomObject) -> PixelHeader:
    """The marks at the top level; several values where one is due are no mark that is known."""
    attributes = of_object(instance)
    known: dict[int, tuple[str, ...]] = {}

    def values(tag: int) -> tuple[str, ...]:
        found = known.get(tag)
        if found is None:
            found = known[tag] = tuple(value.upper() for value in attributes.texts(tag))
        return found

    return PixelHeader(
        sop_class="\\".join(values(SOP_CLASS_UID)),
        modality="\\".join(values(MODALITY)),
        image_type=values(IMAGE_TYPE),
        mark=next((mark.reason for mark in marks() if mark.tag in instance.index and mark.found(values(mark.tag))), ""),
    )


def may_carry_text(header: PixelHeader, facts: PixelFacts) -> str:
    """Why the frames may carry burned-in text, as a word of `reasons`; "" when they cannot (no frames, or a free class whose every mark
    agrees)."""
    if facts.element is None:
        return ""
    if header.mark:
        return header.mark
    free = free_classes().get(header.sop_class)
    if free is None:
        return risky_classes().get(header.sop_class, UNKNOWN)
    if header.modality not in free.modalities:
        return risky_modalities().get(header.modality, "modality")
    if header.image_type[:2] not in free.image_types or (free.third_values and "".join(header.image_type[2:3]) not in free.third_values):
        return "image-type"
    if facts.bits_allocated not in free.bits or facts.bits_stored < free.least_stored or facts.samples_per_pixel != 1:
        return "sample-format"
    if facts.frames > 1 and free.single_frame:
        return "number-of-frames"
    return ""


def unseen(instance: DicomObject) -> str:
    """Why the frames of an object that nobody judges may carry text, as `may_carry_text` has it. Never refuses: an image description that
    cannot be read is a sample format that nobody knows. The files of a series say the same, so the answer is remembered."""
    index = instance.index
    looked = [element for tag in _looked_at() if (element := index.get(tag)) is not None]
    if sum(element.stop - element.value for element in looked) > _LONGEST_REMEMBERED:
        return _unseen(instance)
    said = tuple([(element.tag, element.coded_vr, instance.raw(element)) for element in looked])
    key = (instance.encoding, next((tag for tag in PIXEL_ELEMENTS if tag in index), None), said)
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        known = _KNOWN[key] = _unseen(instance)
    return known


@cache
def _looked_at() -> tuple[int, ...]:
    described = (SOP_CLASS_UID, MODALITY, IMAGE_TYPE, BITS_ALLOCATED, BITS_STORED, NUMBER_OF_FRAMES, SAMPLES_PER_PIXEL)
    return tuple(dict.fromkeys((*described, *(mark.tag for mark in marks()))))


def _unseen(instance: DicomObject) -> str:
    header = read_header(instance)
    element = next((tag for tag in PIXEL_ELEMENTS if tag in instance.index), None)
    if element is None or header.mark or header.sop_class not in free_classes():
        return may_carry_text(header, PixelFacts(instance.transfer_syntax, element=element))
    attributes = of_object(instance)
    try:
        allocated = attributes.required(BITS_ALLOCATED)
        stored = allocated if element != PIXEL_DATA else attributes.required(BITS_STORED)
        if not 0 < stored <= allocated:
            return "sample-format"
        described = PixelFacts(
            instance.transfer_syntax,
            element=element,
            frames=attributes.count(NUMBER_OF_FRAMES),
            samples_per_pixel=attributes.required(SAMPLES_PER_PIXEL),
            bits_allocated=allocated,
            bits_stored=stored,
        )
    except Refusal:
        return "sample-format"
    return may_carry_text(header, described)
