"""What an object says of how its grey values are to be shown: modality transformation and window (PS3.3 C.11.1, C.11.2)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deidrules.dicom.element import DicomObject, Item
from deidrules.pixels.attributes import Attributes, of_object
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESCALE_INTERCEPT, RESCALE_SLOPE = 0x0028_1052, 0x0028_1053
WINDOW_CENTER, WINDOW_WIDTH, VOI_LUT_FUNCTION = 0x0028_1050, 0x0028_1051, 0x0028_1056
MODALITY_LUT_SEQUENCE, VOI_LUT_SEQUENCE, LUT_DESCRIPTOR, LUT_DATA = 0x0028_3000, 0x0028_3010, 0x0028_3002, 0x0028_3006
# of enhanced objects, for each frame or for all: PS3.3 C.7.6.16
SHARED_GROUPS, FRAME_GROUPS = 0x5200_9229, 0x5200_9230
PIXEL_VALUE_TRANSFORMATION, FRAME_VOI_LUT = 0x0028_9145, 0x0028_9132

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


@dataclass(frozen=True, slots=True)
class Rescale:
    """Stored values to values of the modality."""

    slope: float
    intercept: float

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """The same shape, as double precision."""
        return values * self.slope + self.intercept


@dataclass(frozen=True, slots=True)
class Table:
    """A table of values: `first` is the value that the first entry belongs to; what lies beyond either end shows the entry there."""

    first: int
    entries: tuple[int, ...]
    bits: int

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """The entries, as double precision."""
        import numpy

        places = numpy.clip(numpy.nan_to_num(values) - self.first, 0, len(self.entries) - 1).astype(numpy.int64)
        found: NDArray[Any] = numpy.array(self.entries, numpy.float64)[places]
        return found


@dataclass(frozen=True, slots=True)
class Window:
    """Centre and width in values of the modality; `function` is LINEAR, LINEAR_EXACT or SIGMOID (C.11.2.1.2, C.11.2.1.3)."""

    center: float
    width: float
    function: str

    def apply(self, values: NDArray[Any]) -> NDArray[Any]:
        """Brightness, 0 .. 1."""
        import numpy

        match self.function:
            case "SIGMOID":
                power = numpy.clip(-4 * (values - self.center) / self.width, -700, 700)
                return 1 / (1 + numpy.exp(power))
            case "LINEAR_EXACT":
                shown = (values - self.center) / self.width + 0.5
            case _ if self.width == 1:  # a step
                shown = numpy.where(values <= self.center - 0.5, 0.0, 1.0)
            case _:
                shown = (values - (self.center - 0.5)) / (self.width - 1) + 0.5
        return numpy.clip(shown, 0, 1)


@dataclass(frozen=True, slots=True)
class Grey:
    """`modality` and then `voi` turn stored values into what is shown; None where the object does not say."""

    modality: Rescale | Table | None = None
    voi: Window | Table | None = None


class GreyReader:
    """What one object says of its frames; a number or table that cannot be read counts as not said."""

    def __init__(self, instance: DicomObject, facts: PixelFacts) -> None:
        self._instance, self._facts = instance, facts
        self._top = of_object(instance)

    def of(self, frame: int) -> Grey:
        """For a frame, counted from 0: its own word, then that for all frames, then the object's."""
        modality = next((found for place in self._places(frame, PIXEL_VALUE_TRANSFORMATION) if (found := _rescale(place))), None)
        table = None if modality else self._table(self._top, MODALITY_LUT_SEQUENCE, self._facts.signed)
        negative = self._facts.signed or (modality is not None and modality.intercept < 0)
        for place in self._places(frame, FRAME_VOI_LUT):
            voi = _window(place) or self._table(place, VOI_LUT_SEQUENCE, negative)
            if voi is not None:
                return Grey(modality or table, voi)
        return Grey(modality or table)

    def _places(self, frame: int, macro: int) -> Iterator[Attributes]:
        """Where an attribute of a macro of functional groups may stand, in the order of who has the last word."""
        own, shared = self._items(self._top, FRAME_GROUPS), self._items(self._top, SHARED_GROUPS)
        for group in (own[frame : frame + 1], shared[:1]):
            for item in group:
                for inner in self._items(self._of(item), macro)[:1]:
                    yield self._of(inner)
        yield self._top

    def _items(self, place: Attributes, tag: int) -> tuple[Item, ...]:
        element = place.element(tag)
        return (element.items or ()) if element is not None and not element.fragments else ()

    def _of(self, item: Item) -> Attributes:
        return Attributes(self._instance, item.elements, item.encoding)

    def _table(self, place: Attributes, sequence: int, signed: bool) -> Table | None:
        """The first table of a sequence. `signed`: the first value may be negative, where its VR does not say whether it is."""
        for item in self._items(place, sequence)[:1]:
            attributes = self._of(item)
            element, descriptor, data = attributes.element(LUT_DESCRIPTOR), attributes.raw(LUT_DESCRIPTOR), attributes.raw(LUT_DATA)
            if element is None or len(descriptor) != 6:
                return None
            order = item.encoding.order
            signs = signed if element.coded_vr == "" else element.coded_vr == "SS"
            count, _, bits = struct.unpack(f"{order}3H", descriptor)
            _, first, _ = struct.unpack(f"{order}H{'h' if signs else 'H'}H", descriptor)
            count = count or 1 << 16
            if not 8 <= bits <= 16:
                return None
            if len(data) == 2 * count:
                return Table(first, struct.unpack(f"{order}{count}H", data), bits)
            if bits == 8 and order == "<" and len(data) == count + count % 2:
                return Table(first, tuple(data[:count]), bits)
        return None


def _rescale(place: Attributes) -> Rescale | None:
    slope, intercept = _number(place, RESCALE_SLOPE), _number(place, RESCALE_INTERCEPT)
    return Rescale(slope, intercept) if slope and intercept is not None else None


def _window(place: Attributes) -> Window | None:
    """The first of the windows."""
    center, width = _number(place, WINDOW_CENTER), _number(place, WINDOW_WIDTH)
    said = place.texts(VOI_LUT_FUNCTION)
    function = said[0].upper() if said else "LINEAR"
    if center is None or width is None or function not in _FUNCTIONS:
        return None
    if width <= 0 or (function == "LINEAR" and width < 1):
        return None
    return Window(center, width, function)


def _number(place: Attributes, tag: int) -> float | None:
    """The first value of a DS."""
    try:
        values = place.texts(tag)
        number = float(values[0]) if values else math.nan
    except (ValueError, Refusal):
        return None
    return number if math.isfinite(number) else None
