"""Reading the attributes that describe pixels straight from the buffer: numbers of one VR, texts of ASCII."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

from deidrules.dicom.element import DicomObject, Element, Encoding
from deidrules.text.refusal import Refusal

_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i"}
_WHOLE_NUMBER = re.compile(r"\+?[0-9]{1,12}")


class Attributes:
    """The elements of one data set (the object itself or one item), read by tag. Every refusal names the tag and never a value."""

    def __init__(self, instance: DicomObject, elements: Iterable[Element] | dict[int, Element], encoding: Encoding) -> None:
        self._buffer = instance.buffer
        self._elements = elements if isinstance(elements, dict) else {element.tag: element for element in elements}
        self._order = encoding.order

    def element(self, tag: int) -> Element | None:
        """The element, or None when it is absent or empty."""
        element = self._elements.get(tag)
        return element if element is not None and element.length else None

    def numbers(self, tag: int, vr: str) -> tuple[int, ...]:
        """All values of a binary VR (US, SS, UL, SL); () when absent or empty. Refusal `wrong-vr` when it is coded as anything else."""
        element = self.element(tag)
        if element is None:
            return ()
        size = struct.calcsize("<" + _NUMBERS[vr])
        if element.coded_vr not in ("", vr) or element.length % size:
            raise Refusal("wrong-vr", tag=tag, vr=element.coded_vr or element.vr, length=element.length)
        count = element.length // size
        return struct.unpack(f"{self._order}{count}{_NUMBERS[vr]}", self._buffer[element.value : element.stop])

    def number(self, tag: int, vr: str = "US") -> int | None:
        """The one value of a binary VR; None when absent or empty. Refusal `pixel-attribute` when there are several."""
        values = self.numbers(tag, vr)
        if len(values) > 1:
            raise Refusal("pixel-attribute", tag=tag, vr=vr, length=2 * len(values))
        return values[0] if values else None

    def required(self, tag: int) -> int:
        """The one US value; Refusal `missing-pixel-attribute` when absent or empty."""
        value = self.number(tag)
        if value is None:
            raise Refusal("missing-pixel-attribute", tag=tag, vr="US")
        return value

    def raw(self, tag: int) -> bytes:
        """The bytes of the value as stored; b"" when absent or empty."""
        element = self.element(tag)
        return b"" if element is None else bytes(self._buffer[element.value : element.stop])

    def texts(self, tag: int) -> tuple[str, ...]:
        """The values of a CS, UI or IS, trimmed; () when absent or empty. Bytes outside ASCII become a character no term has."""
        element = self.element(tag)
        if element is None:
            return ()
        text = bytes(self._buffer[element.value : element.stop]).decode("ascii", "replace")
        values = tuple(part.strip(" \0") for part in text.split("\\"))
        return values if any(values) else ()

    def count(self, tag: int) -> int:
        """A number of frames (IS): 1 when absent or empty, Refusal `pixel-attribute` when it is not one positive whole number."""
        values = self.texts(tag)
        if not values:
            return 1
        if len(values) > 1 or not _WHOLE_NUMBER.fullmatch(values[0]) or not int(values[0]):
            raise Refusal("pixel-attribute", tag=tag, vr="IS")
        return int(values[0])


def of_object(instance: DicomObject) -> Attributes:
    """The elements of the object itself."""
    return Attributes(instance, instance.index, instance.encoding)
