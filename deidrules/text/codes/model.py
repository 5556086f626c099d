"""What stands in the table of DR codes."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.text.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: `DR101`, its kebab-case name, how bad it is, why it matters, and a recipe that shows it with one that does not."""

    code: str
    name: str
    severity: Severity
    why: str
    bad: str = ""
    good: str = ""
