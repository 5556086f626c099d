"""Which objects may carry burned-in text: data with its reasons. What is not known to be free of it may carry it.

No attribute proves that a frame is free of text: BurnedInAnnotation NO is a claim of the device, not evidence (PS3.3 C.7.6.1 asks for no
check), so it changes nothing here. A class is listed below only when its frames are computed from measured data and the standard
fixes both the sample format and the meaning of ImageType, so that a screen shot stored in it is recognisable."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom.element import DicomObject
from deidrules.pixels.attributes import of_object
from deidrules.pixels.facts import PixelFacts

SOP_CLASS_UID, MODALITY, IMAGE_TYPE = 0x0008_0016, 0x0008_0060, 0x0008_0008
BURNED_IN_ANNOTATION, CONVERSION_TYPE = 0x0028_0301, 0x0008_0064


@dataclass(frozen=True, slots=True)
class FreeClass:
    """A SOP class whose frames carry no text when every mark agrees. `modalities` it may have; `image_types` are the accepted first two
    values of ImageType ("" for an absent ImageType); `bits` the accepted BitsAllocated; `why` the source."""

    name: str
    modalities: frozenset[str]
    image_types: frozenset[tuple[str, ...]]
    bits: frozenset[int]
    why: str


_ORIGINAL = frozenset({("ORIGINAL", "PRIMARY")})
_COMPUTED = frozenset({("DERIVED", "PRIMARY")})
_SIXTEEN = frozenset({16})

# Missing on purpose: everything that records a screen, a camera, a film or a plate (SC, US, IVUS, XA, RF, CR, DX, MG, IO, RTIMAGE, NM,
# endoscopy, microscopy, ophthalmic), where the acquiring device or the operator writes into the frame; and PET Image Storage, where
# nothing tells a rendered picture from a slice: ImageType and the sample format are the same for both (PS3.3 C.8.9.4).
FREE: dict[str, FreeClass] = {
    "1.2.840.10008.5.1.4.1.1.2": FreeClass(
        "CT Image Storage", frozenset({"CT"}), _ORIGINAL, _SIXTEEN, "PS3.3 C.8.2.1: one 16-bit monochrome sample in Hounsfield units"
    ),
    "1.2.840.10008.5.1.4.1.1.2.1": FreeClass(
        "Enhanced CT Image Storage",
        frozenset({"CT"}),
        _ORIGINAL,
        _SIXTEEN,
        "PS3.3 C.8.15.2: ORIGINAL is the reconstruction of measured data",
    ),
    "1.2.840.10008.5.1.4.1.1.4": FreeClass(
        "MR Image Storage", frozenset({"MR"}), _ORIGINAL, _SIXTEEN, "PS3.3 C.8.3.1: one 16-bit monochrome sample"
    ),
    "1.2.840.10008.5.1.4.1.1.4.1": FreeClass(
        "Enhanced MR Image Storage",
        frozenset({"MR"}),
        _ORIGINAL,
        _SIXTEEN,
        "PS3.3 C.8.13.1: ORIGINAL is the reconstruction of measured data",
    ),
    "1.2.840.10008.5.1.4.1.1.130": FreeClass(
        "Enhanced PET Image Storage",
        frozenset({"PT"}),
        _ORIGINAL,
        _SIXTEEN,
        "PS3.3 C.8.22.3: ORIGINAL is the reconstruction of measured data",
    ),
    "1.2.840.10008.5.1.4.1.1.481.2": FreeClass(
        "RT Dose Storage",
        frozenset({"RTDOSE"}),
        frozenset({(), *_ORIGINAL, *_COMPUTED}),
        frozenset({16, 32}),
        "PS3.3 C.8.8.3: a grid of doses",
    ),
    "1.2.840.10008.5.1.4.1.1.66.4": FreeClass(
        "Segmentation Storage", frozenset({"SEG"}), _COMPUTED, frozenset({1, 8}), "PS3.3 C.8.20.2: membership in segments"
    ),
    "1.2.840.10008.5.1.4.1.1.66.7": FreeClass(
        "Label Map Segmentation Storage", frozenset({"SEG"}), _COMPUTED, frozenset({8, 16}), "PS3.3 C.8.20.2: numbers of segments"
    ),
    "1.2.840.10008.5.1.4.1.1.30": FreeClass(
        "Parametric Map Storage", frozenset({"CT", "MR", "PT"}), _COMPUTED, frozenset({16, 32, 64}), "PS3.3 C.8.32.2: real world values"
    ),
}

# IODs of one frame (PS3.3 A.3, A.4): an object of these classes with more is not what it says.
SINGLE_FRAME = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"})


@dataclass(frozen=True, slots=True)
class PixelHeader:
    """What the object says of where its frames come from, as it arrived."""

    sop_class: str = ""
    modality: str = ""
    image_type: tuple[str, ...] = ()
    burned_in_annotation: str = ""
    conversion_type: str = ""


def read_header(instance: DicomObject) -> PixelHeader:
    """The marks at the top level; several values where one is due are no mark that is known."""
    attributes = of_object(instance)

    def one(tag: int) -> str:
        return "\\".join(attributes.texts(tag)).upper()

    return PixelHeader(
        sop_class=one(SOP_CLASS_UID),
        modality=one(MODALITY),
        image_type=tuple(value.upper() for value in attributes.texts(IMAGE_TYPE)),
        burned_in_annotation=one(BURNED_IN_ANNOTATION),
        conversion_type=one(CONVERSION_TYPE),
    )


# Further values of ImageType that name a picture of a screen, a report or a label; any of them outweighs the first two.
TEXT_VALUES = ("SCREEN", "SECONDARY", "CAPTURE", "REPORT", "PROTOCOL", "DOSE_INFO", "DOSE INFO", "LABEL", "TEXT", "SNAPSHOT", "SAVE")


def may_carry_text(header: PixelHeader, facts: PixelFacts) -> str:
    """Why the frames may carry burned-in text, as a word for the audit; "" when they cannot (no frames, or a class of `FREE` whose every
    mark agrees)."""
    if facts.element is None:
        return ""
    if header.burned_in_annotation not in ("", "NO"):
        return "burned-in-annotation"
    if header.conversion_type:
        return "conversion-type"  # PS3.3 C.8.6.1: made from something else: a film, a screen, a scan
    free = FREE.get(header.sop_class)
    if free is None:
        return "sop-class"
    if header.modality not in free.modalities:
        return "modality"
    if header.image_type[:2] not in free.image_types or any(word in value for value in header.image_type for word in TEXT_VALUES):
        return "image-type"
    if facts.bits_allocated not in free.bits or facts.samples_per_pixel != 1:
        return "sample-format"
    if facts.frames > 1 and header.sop_class in SINGLE_FRAME:
        return "number-of-frames"
    return ""
