"""Why an instance was not written: the one shape of failure behind the plan, free of values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """A kebab-case code and what it means."""

    code: str
    why: str


class Refusal(Exception):
    """The instance cannot be de-identified as the plan says. Carries a code, and where it helps tag, VR, lengths, the rule's name and a
    reason (a word of the program); never a value, a path or the text of a library's exception. It becomes a quarantine record (or, with
    `reject`, a rejection)."""

    def __init__(
        self,
        code: str,
        *,
        tag: int | None = None,
        vr: str = "",
        length: int | None = None,
        expected: int | None = None,
        rule: str = "",
        reason: str = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.tag = tag
        self.vr = vr
        self.length = length
        self.expected = expected
        self.rule = rule
        self.reason = reason

    def record(self) -> dict[str, str | int]:
        """What a quarantine record holds of it."""
        out: dict[str, str | int] = {"code": self.code}
        if self.tag is not None:
            out["tag"] = f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"
        if self.vr:
            out["vr"] = self.vr
        if self.length is not None:
            out["length"] = self.length
        if self.expected is not None:
            out["expected"] = self.expected
        if self.rule:
            out["rule"] = self.rule
        if self.reason:
            out["reason"] = self.reason
        return out

    def __str__(self) -> str:
        return " ".join(str(part) for part in self.record().values())
