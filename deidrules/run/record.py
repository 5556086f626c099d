"""What the audit says of an instance that was written, and of what was done to its elements: tags and codes, never values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from deidrules.dicom.sop_class import name_of

if TYPE_CHECKING:
    from deidrules.engine.outcome import Deidentified, Outcome


def instance_members(instance: Deidentified, size: int) -> str:
    """The members of an `instance` line that the instance itself settles, as JSON without the braces around them. A SOP class that is not
    registered is "private": nobody vouches that its digits say nothing. `size`: bytes of the output. An instance with a
    proof has a line only when its file was held against it."""
    return _members(
        instance.sop_class,
        instance.outcomes_id,
        size,
        instance.dropped,
        instance.repaired,
        instance.pixel_rules,
        instance.verdicts,
        instance.claims,
        instance.unjudged,
        True if instance.proof is not None else False if instance.unproven else None,
    )


# The files of a series are alike in all of this.
@lru_cache(maxsize=1024)
def _members(
    sop_class: str,
    outcomes: str,
    size: int,
    dropped: tuple[tuple[str, int], ...],
    repaired: bool,
    pixel_rules: tuple[str, ...],
    verdicts: tuple[str, ...],
    claims: tuple[int, ...],
    unjudged: str,
    verified: bool | None,
) -> str:
    record: dict[str, object] = {
        "sop_class": sop_class if name_of(sop_class) else "private" if sop_class else "",
        "outcomes": outcomes,
        "bytes": size,
        "dropped": dropped,
        "repaired": repaired,
        "pixel_rules": pixel_rules,
        "verdicts": verdicts,
        "claims": claims,
    }
    if unjudged:
        record["unjudged"] = unjudged
    if verified is not None:
        record["verified"] = verified
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))[1:-1]


def outcomes_json(outcomes: Iterable[Outcome]) -> str:
    """The outcomes of an instance as JSON: one object per element that was judged, in the order of the file."""
    return json.dumps([_outcome(outcome) for outcome in outcomes], ensure_ascii=False, separators=(",", ":"))


def _outcome(outcome: Outcome) -> dict[str, str]:
    return {
        "path": "/".join(f"{tag_text(tag)}[{item}]" for tag, item in outcome.path),
        "tag": tag_text(outcome.tag),
        "vr": outcome.vr,
        "code": outcome.code,
        "change": outcome.change,
        "rule": outcome.origin,
    }


def tag_text(tag: int) -> str:
    """(gggg,eeee), as the standard writes tags."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
