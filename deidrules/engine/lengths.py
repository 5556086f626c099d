"""How many bytes of pixel data and of overlay planes their geometry asks for: what lies behind them does not leave."""

from __future__ import annotations

from collections.abc import Callable

from deidrules.dicom.element import Element
from deidrules.dicom.pixel_length import native_length
from deidrules.engine.reading import DataSet, Reading
from deidrules.pixels import planes
from deidrules.pixels.attributes import of_object


def pixel_length(element: Element, place: DataSet, reading: Reading) -> int | None:
    """The bytes that the geometry asks of native pixel data; None where it is encapsulated. Refusal when there are fewer."""
    length = native_length(reading.object_of(place))
    return None if length is None or length.element is not element else length.keep


def plane_length(element: Element, place: DataSet, reading: Reading, witness: Callable[[Element, DataSet], None]) -> int:
    """The bytes that the geometry asks of an overlay plane. Refusal when it does not say. `witness` is told of what it follows from."""
    for low in planes.DESCRIBING:
        describing = place.element(element.tag & 0xFFFF0000 | low)
        if describing is not None:
            witness(describing, place)
    return planes.stored_length(of_object(reading.object_of(place)), element.group)
