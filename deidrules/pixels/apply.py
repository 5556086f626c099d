"""The one entry for the engine: pixel work done on an object's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.dicom.element import DicomObject
from deidrules.dicom.part import Part
from deidrules.pixels import compressed, native
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.forms import is_compressed
from deidrules.pixels.overlay import redact_plane
from deidrules.pixels.work import PixelWork


@dataclass(frozen=True, slots=True)
class PixelResult:
    """`parts`: the new value of the native pixel element (`facts.element`) in order, of even length; None when it stays as it is. Of
    a large file it is one part that is made while it is written.
    `frames`: the new bytes of the frames of encapsulated pixel data that change, counted from 0.
    `overlays`: new values of OverlayData by tag, each as long as the old one. `removed_groups`: overlay groups of which the engine leaves
    no element at the top level. `icon`: the new Icon Image Sequence of the object, a whole element, b"" when it and every other copy of the
    image goes; None when copies stay as they are."""

    parts: tuple[Part, ...] | None = None
    frames: Mapping[int, bytes] = field(default_factory=dict)
    overlays: Mapping[int, bytes] = field(default_factory=dict)
    removed_groups: tuple[int, ...] = ()
    icon: bytes | None = None


def redact(instance: DicomObject, facts: PixelFacts, work: PixelWork) -> PixelResult:
    """Do what `work.judge` settled. The object and its buffer are never changed; views in `parts` keep the buffer alive.
    Refusal `encapsulated-pixels-unsupported`, `unsupported-pixel-layout`, `label-unavailable`, and those of `compressed.redact`."""
    overlays = {blanks.plane.tag: redact_plane(instance, facts, blanks) for blanks in work.planes if not blanks.plane.embedded}
    if not work.changes_pixels:
        return PixelResult(overlays=overlays, removed_groups=work.removed_groups)
    if is_compressed(facts):
        return PixelResult(frames=compressed.redact(instance, facts, work), overlays=overlays, removed_groups=work.removed_groups)
    return PixelResult(native.redact(instance, facts, work), overlays=overlays, removed_groups=work.removed_groups)
