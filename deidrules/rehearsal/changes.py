"""What `removed`, `emptied`, `replaced`, `kept`, `cleaned` and `shifted` mean, from an element before and after.

    removed    it is not there any more; what stood in a sequence that went is removed too
    emptied    it is there, without a value (a sequence: without items)
    replaced   it is there with another value, and no word of the old one is in the new; of numbers, dates and UIDs the whole value counts
               as a word (a sequence: there are items, and none of the words that stood in it)
    kept       it is there with the same value (a sequence: with as many items; what stands in them is asked for by itself)
    cleaned    it is a text, some of its words are there and some are gone
    shifted    each of its values begins with a date, and with another one than before

A word is an unbroken run of letters and digits, whatever its case. One of four and more letters counts as still there when it stands
within a longer word, too: `SMITH` in `XSMITH7`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from deidrules.rehearsal.contents import Contents, Spot

_SHORT = 4  # below it, a run of letters within another says nothing
_DATE = re.compile(r"([0-9]{4})(?:\.?(0[1-9]|1[0-2])(?:\.?(0[1-9]|[12][0-9]|3[01]))?)?")
_WHOLE_DATE = re.compile(r"([0-9]{4})\.?(0[1-9]|1[0-2])\.?(0[1-9]|[12][0-9]|3[01])")
_LONGEST = 60

# (before, after or None, contents before, contents after) to what is wrong; "" when it is as expected
Check = Callable[[Spot, Spot | None, Contents, Contents], str]


def removed(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """Absent."""
    if after is None:
        return ""
    return "is still there, empty" if after.empty else f"is still there{_value(after)}"


def emptied(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """There, without a value."""
    if after is None:
        return "was removed"
    return "" if after.empty else f"has still {'items' if after.items else 'a value'}{_value(after)}"


def replaced(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """There, with a value that has nothing of the old one."""
    if after is None or after.empty:
        return "was removed" if after is None else "was emptied"
    if before.items is None and before.values == after.values:
        return f"was kept{_value(after)}"
    old, new = was.words(before), now.words(after)
    stayed = sorted(word for word in old if word in new or (len(word) >= _SHORT and _wordy(before) and any(word in one for one in new)))
    return f"still has `{stayed[0]}` of the old value{_value(after)}" if stayed else ""


def kept(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """There, unchanged."""
    if after is None:
        return "was removed"
    if before.items is not None:
        return "" if after.items == before.items else f"has {after.items} items instead of {before.items}"
    if after.values == before.values:
        return ""
    return "was emptied" if after.empty else f"was changed{_value(after)}"


def cleaned(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """A text of which some words are left."""
    if not before.wordy:
        return "is no text: only a text can be cleaned"
    if after is None or after.empty:
        return "was removed" if after is None else "was emptied"
    stayed, gone = before.words & after.words, before.words - after.words
    if not stayed:
        return f"has no word of the old value left{_value(after)}"
    return "" if gone else f"has lost no word{_value(after)}"


def shifted(before: Spot, after: Spot | None, was: Contents, now: Contents) -> str:
    """Other dates, as many as before."""
    old = _dates(before)
    if not old:
        return "holds no date that could be shifted"
    if after is None or after.empty:
        return "was removed" if after is None else "was emptied"
    new = _dates(after)
    if len(new) != len(old):
        return f"holds no dates any more{_value(after)}"
    return f"has the same date{_value(after)}" if any(one == other for one, other in zip(old, new, strict=True)) else ""


OUTCOMES: Mapping[str, Check] = {
    "removed": removed,
    "emptied": emptied,
    "replaced": replaced,
    "kept": kept,
    "cleaned": cleaned,
    "shifted": shifted,
}


def shown(spot: Spot) -> str:
    """The value as a message shows it, which it may: it comes of what the test gives."""
    text = "\\".join("…" if isinstance(value, bytes) else str(value) for value in spot.values)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _value(spot: Spot) -> str:
    return f": `{shown(spot)}`" if spot.values else ""


def _wordy(spot: Spot) -> bool:
    return spot.wordy or spot.items is not None


def _dates(spot: Spot) -> tuple[tuple[str, ...], ...]:
    """Year, month and day of each value, as far as it has them; () when one of them is no date. What is no date by its VR (a private
    element) has to be a whole one."""
    form = _DATE if spot.vr in ("DA", "DT") else _WHOLE_DATE
    found = [form.match(str(value)) for value in spot.values]
    return tuple(match.groups("") for match in found if match is not None) if all(found) and spot.vr != "TM" else ()
