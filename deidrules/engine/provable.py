"""What stays or changes has to be what the dictionary says it is."""

from __future__ import annotations

from deidrules.dicom.element import Element
from deidrules.dicom.vr import compatible, confined
from deidrules.engine.decide import Candidate, Decision
from deidrules.engine.reading import is_sequence
from deidrules.text.refusal import Refusal


def prove_vr(element: Element, decision: Decision, candidate: Candidate, *, readable: bool) -> None:
    """What stays or changes has to be what the dictionary says it is."""
    if not readable:
        if candidate.code != "Z" or candidate.type == 1:  # Z on Type 1 writes a value, and of what VR nobody knows
            raise Refusal("unreadable-un", tag=element.tag, vr="UN", length=element.length)
        return
    if decision.known and element.coded_vr not in ("", "UN") and element.coded_vr not in decision.vrs:
        # what stays as it is must not say more than its VR allows
        stays = candidate.code == "K" and not confined(element.coded_vr, decision.vrs)
        if stays or not compatible(element.coded_vr, decision.vrs):
            raise Refusal("wrong-vr", tag=element.tag, vr=element.coded_vr, length=element.length)
    elif decision.known and is_sequence(element) and "SQ" not in decision.vrs:
        raise Refusal("wrong-vr", tag=element.tag, vr="SQ", length=element.length)
