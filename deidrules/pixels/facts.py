"""What an object says about its pixels: geometry, sample layout, where the bytes are, overlay planes, ultrasound regions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deidrules.dicom.element import DicomObject, Element
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.pixels.planes import OverlayPlane, read_planes
from deidrules.pixels.regions import read_regions
from deidrules.plan.pixels import Rectangle
from deidrules.text.refusal import Refusal

PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA = 0x7FE0_0010, 0x7FE0_0008, 0x7FE0_0009
PIXEL_ELEMENTS = {PIXEL_DATA: "OW", FLOAT_PIXEL_DATA: "OF", DOUBLE_FLOAT_PIXEL_DATA: "OD"}
# PS3.3 C.7.6.24, C.7.6.25: the one BitsAllocated they may have
FLOAT_BITS = {FLOAT_PIXEL_DATA: 32, DOUBLE_FLOAT_PIXEL_DATA: 64}

SAMPLES_PER_PIXEL, PHOTOMETRIC, PLANAR_CONFIGURATION, NUMBER_OF_FRAMES = 0x0028_0002, 0x0028_0004, 0x0028_0006, 0x0028_0008
ROWS, COLUMNS = 0x0028_0010, 0x0028_0011
BITS_ALLOCATED, BITS_STORED, HIGH_BIT, PIXEL_REPRESENTATION = 0x0028_0100, 0x0028_0101, 0x0028_0102, 0x0028_0103

# Small copies of the image: they show what was blanked. PS3.3 F.7.
ICON_TAGS = (0x0088_0200,)

# Two chroma samples for two pixels: two samples a pixel are stored, PS3.3 C.7.6.3.1.2
SHARED_CHROMA = ("YBR_FULL_422", "YBR_PARTIAL_422")


@dataclass(frozen=True, slots=True)
class PixelFacts:
    """Sizes are pixels, `offset` and `length` bytes of the object's buffer. `element` is the tag of the pixel data, None when there is none
    (then rows, columns and frames are 0, and only overlay planes can be there). `stored_bits` counts from the lowest bit."""

    transfer_syntax: str
    big_endian: bool = False
    element: int | None = None
    vr: str = ""
    offset: int = 0
    length: int = 0
    encapsulated: bool = False
    rows: int = 0
    columns: int = 0
    frames: int = 0
    samples_per_pixel: int = 1
    planar_configuration: int = 0
    bits_allocated: int = 0
    bits_stored: int = 0
    high_bit: int = 0
    signed: bool = False
    photometric: str = ""
    planes: tuple[OverlayPlane, ...] = ()
    overlay_groups: tuple[int, ...] = ()
    regions: tuple[Rectangle, ...] = ()

    @property
    def image(self) -> Rectangle:
        """The frame as a rectangle; empty without pixel data."""
        return Rectangle(0, 0, self.columns, self.rows)

    @property
    def stored_bits(self) -> range:
        """The bits of a sample that are the image; what lies beside them may be an overlay plane, a sign or anything."""
        return range(self.high_bit - self.bits_stored + 1, self.high_bit + 1)

    @property
    def float_samples(self) -> bool:
        """True for Float and Double Float Pixel Data."""
        return self.element in (FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA)

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame. Frames of one bit a pixel follow each other without padding (PS3.5 8.1.1)."""
        samples = 2 if self.photometric in SHARED_CHROMA else self.samples_per_pixel
        return self.rows * self.columns * samples * self.bits_allocated

    @property
    def native_length(self) -> int:
        """Bytes that the geometry asks for, the pad byte not counted."""
        return -(-self.frame_bits * self.frames // 8)

    def plane(self, group: int) -> OverlayPlane | None:
        """The overlay plane of a group, when it holds bits."""
        return next((plane for plane in self.planes if plane.group == group), None)


def read_facts(instance: DicomObject) -> PixelFacts:
    """What the object says about its pixels. Refusal `missing-pixel-attribute`, `pixel-attribute`, `wrong-vr`, `several-pixel-elements` or
    `pixel-data-short` when the image description (PS3.3 C.7.6.3) is incomplete, contradicts itself or asks for more bytes than there
    are."""
    attributes = of_object(instance)
    pixels = _pixel_element(attributes)
    groups = tuple(sorted({e.group for e in instance.elements if 0x6000 <= e.group <= 0x601E and not e.group & 1}))
    image = _image(attributes, pixels, instance) if pixels is not None else PixelFacts(instance.transfer_syntax)
    planes = read_planes(
        attributes,
        rows=image.rows,
        columns=image.columns,
        frames=image.frames,
        bits_allocated=0 if image.float_samples else image.bits_allocated,
        stored_bits=image.stored_bits,
    )
    regions = read_regions(instance, columns=image.columns, rows=image.rows)
    return replace(image, big_endian=instance.encoding.big_endian, planes=planes, overlay_groups=groups, regions=regions)


def _pixel_element(attributes: Attributes) -> Element | None:
    found = [element for tag in PIXEL_ELEMENTS if (element := attributes.element(tag)) is not None]
    if len(found) > 1:  # PS3.3 C.7.6.24: they exclude each other
        raise Refusal("several-pixel-elements", tag=found[1].tag)
    return found[0] if found else None


def _image(attributes: Attributes, pixels: Element, instance: DicomObject) -> PixelFacts:
    floating = pixels.tag != PIXEL_DATA
    allocated = attributes.required(BITS_ALLOCATED)
    samples = attributes.required(SAMPLES_PER_PIXEL)
    photometric = attributes.texts(PHOTOMETRIC)
    if len(photometric) != 1:
        raise Refusal("missing-pixel-attribute", tag=PHOTOMETRIC, vr="CS")
    facts = PixelFacts(
        transfer_syntax=instance.transfer_syntax,
        big_endian=instance.encoding.big_endian,
        element=pixels.tag,
        vr=pixels.coded_vr or PIXEL_ELEMENTS[pixels.tag],
        offset=pixels.value,
        length=pixels.length,
        encapsulated=pixels.fragments or pixels.items is not None,
        rows=attributes.required(ROWS),
        columns=attributes.required(COLUMNS),
        frames=attributes.count(NUMBER_OF_FRAMES),
        samples_per_pixel=samples,
        planar_configuration=attributes.required(PLANAR_CONFIGURATION) if samples > 1 else 0,
        bits_allocated=allocated,
        bits_stored=allocated if floating else attributes.required(BITS_STORED),
        high_bit=allocated - 1 if floating else attributes.required(HIGH_BIT),
        signed=False if floating else bool(attributes.required(PIXEL_REPRESENTATION)),
        photometric=photometric[0].upper(),
    )
    _prove(facts)
    return facts


def _prove(facts: PixelFacts) -> None:
    """The numbers fit each other and the bytes, in Python's integers: nothing is allocated from a number that was not checked here."""
    for tag, value in ((ROWS, facts.rows), (COLUMNS, facts.columns), (SAMPLES_PER_PIXEL, facts.samples_per_pixel)):
        if not value:
            raise Refusal("pixel-attribute", tag=tag)
    if facts.samples_per_pixel > 4:
        raise Refusal("pixel-attribute", tag=SAMPLES_PER_PIXEL)
    if facts.planar_configuration > 1:
        raise Refusal("pixel-attribute", tag=PLANAR_CONFIGURATION)
    if facts.bits_allocated != FLOAT_BITS.get(facts.element or 0, facts.bits_allocated):
        raise Refusal("pixel-attribute", tag=BITS_ALLOCATED)
    if not 0 < facts.bits_stored <= facts.bits_allocated <= 64:
        raise Refusal("pixel-attribute", tag=BITS_STORED)
    if not facts.bits_stored <= facts.high_bit + 1 <= facts.bits_allocated:
        raise Refusal("pixel-attribute", tag=HIGH_BIT)
    if not facts.encapsulated and facts.length < facts.native_length:
        raise Refusal("pixel-data-short", tag=facts.element, vr=facts.vr, length=facts.length, expected=facts.native_length)
