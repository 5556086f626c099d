"""The one refusal of a proof."""

from __future__ import annotations

from deidrules.text.refusal import Refusal


def mismatch(tag: int | None = None, vr: str = "") -> Refusal:
    """A written file is not what it has to be; `tag`: where."""
    return Refusal("verify-mismatch", tag=tag, vr=vr)
