"""Dates as PS3.5 6.2 writes them: DA and DT values, whole or partial, and ranges of them. Defines no word of the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from deidrules.actions.arguments import text_of
from deidrules.text.refusal import Refusal

# Year, or year and month, or a whole date, which alone takes a time: HH[MM[SS[.F]]]. Then the offset from UTC. The form with full stops
# is ACR-NEMA's, which PS3.5 6.2 keeps for reading.
_MOMENT = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})"
    r"(?P<time>(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?)?)?"
    r"|\.(?P<old_month>[0-9]{2})\.(?P<old_day>[0-9]{2}))?"
    r"(?P<offset>[+-](?:0[0-9]|1[0-4])[0-5][0-9])?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One DA or DT value. `month` and `day` are 0 where the value does not say; `rest` is time of day and offset as written."""

    year: int
    month: int
    day: int
    rest: str

    @property
    def first_day(self) -> date:
        """The first day it may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    def plus(self, days: int) -> Moment:
        """Moved by whole days. Without a day it moves by the nearest number of whole months (or years), at least one, so that it never
        stays what it was and two of the same precision keep their distance."""
        sign = 1 if days > 0 else -1
        if self.day:
            moved = _shifted(self.first_day, days)
            return Moment(moved.year, moved.month, moved.day, self.rest)
        if self.month:
            months = self.year * 12 + self.month - 1 + sign * max(1, round(abs(days) / 30.436875))
            return _checked(Moment(months // 12, months % 12 + 1, 0, self.rest))
        return _checked(Moment(self.year + sign * max(1, round(abs(days) / 365.2425)), 0, 0, self.rest))

    def __str__(self) -> str:
        return f"{self.year:04d}" + (f"{self.month:02d}" if self.month else "") + (f"{self.day:02d}" if self.day else "") + self.rest


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        raise Refusal("date-out-of-range") from None


def _checked(moment: Moment) -> Moment:
    if not 1 <= moment.year <= MAXYEAR:
        raise Refusal("date-out-of-range")
    return moment


def _parsed(text: str) -> Moment | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    month, day = match["month"] or match["old_month"], match["day"] or match["old_day"]
    if match["old_month"] and match["offset"]:
        return None
    if month == "00" or day == "00":
        return None
    moment = Moment(int(match["year"]), int(month or 0), int(day or 0), (match["time"] or "") + (match["offset"] or ""))
    try:
        _ = moment.first_day
    except ValueError:  # the 30th of February, the year 0
        return None
    return moment


def moment(value: object) -> Moment:
    """One DA or DT value; Refusal("unparsable-date") for anything else, ranges included."""
    if not isinstance(value, str):
        raise Refusal("wrong-type")
    parsed = _parsed(text_of(value))
    if parsed is None:
        raise Refusal("unparsable-date")
    return parsed


def span(value: object) -> tuple[Moment | None, Moment | None] | Moment:
    """A single value, or a range `A-B`, `A-`, `-B` (PS3.4 C.2.2.2.5) as a pair. A hyphen that can be an offset from UTC is one, as PS3.5
    has it; a range whose ends are of different precision cannot be moved evenly, is refused."""
    if not isinstance(value, str):
        raise Refusal("wrong-type")
    text = text_of(value)
    single = _parsed(text)
    if single is not None:
        return single
    found: list[tuple[Moment | None, Moment | None]] = []
    for place, character in enumerate(text[:64]):
        if character != "-":
            continue
        left, right = text[:place].rstrip(), text[place + 1 :].lstrip()
        first, last = _parsed(left), _parsed(right)
        if (first or last) and (first or not left) and (last or not right):
            found.append((first, last))
    if len(found) != 1:
        raise Refusal("unparsable-date")
    first, last = found[0]
    if first and last and (bool(first.month), bool(first.day)) != (bool(last.month), bool(last.day)):
        raise Refusal("unparsable-date")
    return found[0]


def mapped(value: object, change: Callable[[Moment], str]) -> str:
    """The value with each of its ends changed."""
    parsed = span(value)
    if isinstance(parsed, Moment):
        return change(parsed)
    first, last = parsed
    return f"{change(first) if first else ''}-{change(last) if last else ''}"
