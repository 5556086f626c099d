"""A header as a survey reads it: values as text, from a DICOM object or from whatever else can say them."""

from __future__ import annotations

from typing import Protocol

from deidrules.dicom.element import DicomObject
from deidrules.engine.reading import DataSet, Reading, is_sequence, top_of

# the values of an attribute as text, without padding; () when it is there and empty, None when it is absent
Values = tuple[str, ...] | None

SPECIFIC_CHARACTER_SET, TRANSFER_SYNTAX_UID = 0x00080005, 0x00020010


class Header(Protocol):
    """One data set: an object's, or that of a sequence item."""

    def values(self, tag: int) -> Values:
        """The values of a public attribute; numbers in decimal, texts as they stand but for padding. () for a sequence. Refusal when they
        cannot be decoded."""

    def items(self, tag: int) -> tuple[Header, ...] | None:
        """The items of a sequence; None when it is absent or no sequence."""

    def overlay_groups(self) -> tuple[int, ...]:
        """The groups 60xx that have an element, ascending."""


class DicomHeader:
    """The header of a DICOM object, or one item of it."""

    __slots__ = ("_place", "_reading")

    def __init__(self, reading: Reading, place: DataSet) -> None:
        self._reading = reading
        self._place = place

    def values(self, tag: int) -> Values:
        """See Header."""
        if tag == TRANSFER_SYNTAX_UID:
            return (self._reading.instance.transfer_syntax,)
        element = self._place.element(tag)
        if element is None:
            return None
        return tuple([text_of(value) for value in self._reading.values(element, self._place)])

    def items(self, tag: int) -> tuple[Header, ...] | None:
        """See Header."""
        element = self._place.element(tag)
        if element is None or not is_sequence(element):
            return None
        return tuple(DicomHeader(self._reading, self._place.below(item)) for item in element.items or ())

    def overlay_groups(self) -> tuple[int, ...]:
        """See Header."""
        return self._place.overlay_groups


def header_of(instance: DicomObject) -> DicomHeader:
    """The header of a whole object."""
    top = top_of(instance)
    return DicomHeader(Reading(instance, top), top)


def text_of(value: object) -> str:
    """A value as text, without padding; of bytes their number only."""
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return value.strip(" \0") if isinstance(value, str) else str(value)
