"""What of an object's pixels the engine promises of the output: the proof that a run holds the written file against."""

from __future__ import annotations

from collections.abc import Iterable

from deidrules.dicom.element import DicomObject
from deidrules.dicom.header import PIXELS
from deidrules.dicom.limits import Limits
from deidrules.engine.outcome import Outcome
from deidrules.engine.overlay_planes import OVERLAY_DATA
from deidrules.pixels.facts import read_facts
from deidrules.pixels.proof.proof import Proof
from deidrules.pixels.work import PixelWork


def proof_of(instance: DicomObject, work: PixelWork, outcomes: Iterable[Outcome], limits: Limits) -> Proof:
    """The proof of an output whose pixel data or overlay planes the work changed. Header rules may leave out the pixel data, or give
    OverlayData another value."""
    changed = {outcome.tag for outcome in outcomes if not outcome.path and outcome.change != "kept"}
    return Proof(
        instance,
        read_facts(instance),
        work,
        keeps_pixels=PIXELS.isdisjoint(changed),
        replaced=frozenset(tag for tag in changed if tag >> 16 & 0xFFE1 == 0x6000 and tag & 0xFFFF == OVERLAY_DATA),
        limits=limits,
    )
