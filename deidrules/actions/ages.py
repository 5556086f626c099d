"""Ages as PS3.5 6.2 writes them (AS): three digits and D, W, M or Y. Defines no word of the language."""

from __future__ import annotations

import re

from deidrules.actions.arguments import text_of

_AGE = re.compile(r"([0-9]{3})([DWMY])")
_PER_YEAR = {"D": 365.2425, "W": 365.2425 / 7, "M": 12, "Y": 1}


def parsed_age(value: object) -> tuple[int, str] | None:
    """(number, unit) of an AS value, None for anything else."""
    match = _AGE.fullmatch(text_of(value)) if isinstance(value, str) else None
    return (int(match[1]), match[2]) if match else None


def completed_years(number: int, unit: str) -> int:
    """Whole years of an age."""
    return int(number / _PER_YEAR[unit])
