"""Icons and other copies of the image in sequences: what becomes of them follows from what became of the image.

A copy shows what the image showed. It stays as it came only where the pixel data did not change and the profile (`unmatched-pixels:
accept`) or a verdict takes pixels as they are; nobody judges a copy by itself. Otherwise the object's own icon is made anew from a frame of
the output, where the rules leave it and its frame can be shown; every other sequence that holds pixel data goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from deidrules.dicom.element import DicomObject, Element
from deidrules.dicom.header import PIXELS
from deidrules.engine.reading import is_sequence
from deidrules.pixels.apply import PixelResult
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.icon import ICON_IMAGE_SEQUENCE, icon_item, rebuilt_icon

REBUILT, REMOVED = "rebuilt", "removed"


class Header(Protocol):
    """What the rules leave of an object, as `header.Header` has it."""

    def keeps_icon(self) -> bool:
        """Whether they leave its icon, when it has one."""

    def keeps_pixels(self) -> bool:
        """Whether they leave its pixel data."""


def shows_image(element: Element) -> bool:
    """True for a sequence of which an item holds pixel data."""
    return is_sequence(element) and any(inner.tag in PIXELS for item in element.items or () for inner in item.elements)


def is_icon(element: Element) -> bool:
    """True for the sequence that is made anew when it stands at the top level."""
    return element.tag == ICON_IMAGE_SEQUENCE and len(element.items or ()) == 1


def with_icon(instance: DicomObject, facts: PixelFacts, result: PixelResult, header: Header) -> PixelResult:
    """The result with the new icon, where the rules leave one and it can be made."""
    made = icon_item(instance) is not None and header.keeps_icon() and header.keeps_pixels()
    return replace(result, icon=rebuilt_icon(instance, facts, result) if made else b"")


def fate_of(result: PixelResult) -> str:
    """What becomes of copies of the image: "" when they stay as they are."""
    if result.icon is None:
        return ""
    return REBUILT if result.icon else REMOVED
