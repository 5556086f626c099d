"""What an output says of its own de-identification, PS3.15 E.1.1 and E.3; never more than was done.

(0012,0062) becomes YES. (0012,0063) gets three values: profile@version, the fingerprint of the plan, deidrules@version (the
fingerprint fills an LO and stands in the middle, where no padding can lengthen it); values that were there stay before them where a rule
or the policy keeps them. (0028,0303) is what the plan may claim, and goes where it may claim nothing:
a received UNMODIFIED could be false now. (0028,0301) and (0028,0302) are never set here: a received NO proves nothing, and blanking by rule
is no proof either; a received value stays on the terms of the other markers, as the statement of whoever made it."""

from __future__ import annotations

import re

from deidrules.dicom import writer
from deidrules.dicom.element import Encoding
from deidrules.engine.own import IDENTITY_REMOVED, LONGITUDINAL, METHOD
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Plan
from deidrules.text.refusal import Refusal

_LONGEST = 64  # characters of one LO, PS3.5 6.2
_UNFIT = re.compile(r"[^ -\[\]-~]")


class Claims:
    """The markers of every output of one plan."""

    def __init__(self, plan: Plan, program_version: str) -> None:
        profile = f"{plan.profile}@{plan.version}" if plan.version else plan.profile or "plan"
        self.method = tuple(_UNFIT.sub("_", text)[:_LONGEST] for text in (profile, fingerprint(plan), f"deidrules@{program_version}"))
        self.longitudinal = plan.longitudinal
        self.tags = {IDENTITY_REMOVED: "CS", METHOD: "LO"} | ({LONGITUDINAL: "CS"} if plan.longitudinal else {})

    def elements(self, encoding: Encoding, method_before: bytes = b"") -> dict[int, bytes]:
        """The whole marker elements by tag. `method_before` is the raw value of (0012,0063) that stays in front.
        Refusal `value-too-long`."""
        before = method_before.rstrip(b" \0")
        method = (before + b"\\" if before else b"") + "\\".join(self.method).encode("ascii")
        if len(method) > 0xFFFE:
            raise Refusal("value-too-long", tag=METHOD, vr="LO", length=len(method), expected=0xFFFE)
        out = {IDENTITY_REMOVED: writer.element(IDENTITY_REMOVED, "CS", b"YES ", encoding)}
        out[METHOD] = writer.element(METHOD, "LO", _padded(method), encoding)
        if self.longitudinal:
            out[LONGITUDINAL] = writer.element(LONGITUDINAL, "CS", _padded(self.longitudinal.encode("ascii")), encoding)
        return out


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) & 1)
