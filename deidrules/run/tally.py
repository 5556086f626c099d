"""The count of a run while it goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Outcomes and codes so far."""

    found: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    def count(self, outcome: str, code: str = "") -> None:
        """The outcome of one more file. `found` is counted elsewhere, so that the closing equation says something."""
        self.outcomes[outcome] += 1
        if code:
            self.codes[code] += 1

    def requarantine(self, instances: int, written: int, code: str) -> None:
        """Instances that had been counted as written or duplicate are quarantined after all."""
        self.outcomes["written"] -= written
        self.outcomes["duplicate"] -= instances - written
        self.outcomes["quarantined"] += instances
        self.codes[code] += instances
