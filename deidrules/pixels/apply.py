"""The one entry for the engine: pixel work done on an object's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deidrules.dicom.element import DicomObject
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.forms import form_of
from deidrules.pixels.overlay import redact_plane
from deidrules.pixels.work import PixelWork


@dataclass(frozen=True, slots=True)
class PixelResult:
    """`parts`: the new value of the pixel element (`facts.element`) in order, of even length; None when it stays as it is.
    `overlays`: new values of OverlayData by tag, each as long as the old one. `removed_groups`: overlay groups of which the engine leaves
    no element at the top level."""

    parts: tuple[bytes | memoryview, ...] | None = None
    overlays: Mapping[int, bytes] = field(default_factory=dict)
    removed_groups: tuple[int, ...] = ()


def redact(instance: DicomObject, facts: PixelFacts, work: PixelWork) -> PixelResult:
    """Do what `work.judge` settled. The object and its buffer are never changed; views in `parts` keep the buffer alive.
    Refusal `encapsulated-pixels-unsupported`, `unsupported-pixel-layout`, `label-unavailable`."""
    parts = tuple(form_of(facts)(instance, facts, work)) if work.changes_pixels else None
    overlays = {blanks.plane.tag: redact_plane(instance, facts, blanks) for blanks in work.planes if not blanks.plane.embedded}
    return PixelResult(parts, overlays, work.removed_groups)
