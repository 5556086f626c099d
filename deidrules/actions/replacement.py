"""The keyed replacement of the UIDs of an element. Defines no word of the language."""

from __future__ import annotations

from deidrules.actions.arguments import PADDING
from deidrules.actions.base import Atom, Change, Keep, Keys, Refuse, Set
from deidrules.dicom.uid import REGISTERED


def replaced_uids(values: tuple[Atom, ...], keys: Keys) -> Change:
    """Every UID replaced but the registered ones of PS3.6 (SOP classes, transfer syntaxes, coding schemes, …), which say what an object is
    and never whose. What is no valid UID is replaced as well; an empty value stays empty."""
    replaced: list[Atom] = []
    for value in values:
        if not isinstance(value, str):
            return Refuse("wrong-vr")
        uid = value.strip(PADDING)
        replaced.append(keys.uid(uid) if uid and uid not in REGISTERED else uid)
    return Set(tuple(replaced)) if tuple(replaced) != values else Keep()
