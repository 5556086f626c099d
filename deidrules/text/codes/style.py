"""DR9xx: style."""

from __future__ import annotations

from deidrules.text.codes.model import Code
from deidrules.text.diagnostic import Severity

WARNING = Severity.WARNING

TABLE: tuple[Code, ...] = (
    Code("DR901", "noqa-of-nothing", WARNING, "A suppression that suppresses nothing hides the next finding of its kind."),
    Code("DR902", "noqa-without-reason", WARNING, "A finding about safety is accepted by a person with a reason, or not at all."),
)
