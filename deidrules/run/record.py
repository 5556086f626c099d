"""What the audit says of an instance that was written, and of what was done to its elements: tags and codes, never values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from deidrules.dicom.sop_class import name_of

if TYPE_CHECKING:
    from deidrules.engine.outcome import Deidentified, Outcome


def instance_record(instance: Deidentified) -> dict[str, object]:
    """The part of an `instance` line that the instance itself settles. A SOP class that is not registered is "private": nobody vouches
    that its digits say nothing."""
    return {
        "sop_class": instance.sop_class if name_of(instance.sop_class) else "private" if instance.sop_class else "",
        "outcomes": instance.outcomes_id,
        "bytes": sum(len(part) for part in instance.parts),
        "dropped": [[what, count] for what, count in instance.dropped],
        "repaired": instance.repaired,
        "pixel_rules": list(instance.pixel_rules),
        "verdicts": list(instance.verdicts),
    }


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
