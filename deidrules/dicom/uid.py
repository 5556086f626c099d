"""Unique identifiers: their form, PS3.5 9, and the ones PS3.6 Annex A registers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent / "data" / "uids.txt"
_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")

LONGEST = 64


class Registered(NamedTuple):
    """One registered UID. `kind` as in PS3.6 A: SOP Class, Transfer Syntax, Coding Scheme, …"""

    uid: str
    kind: str
    retired: bool
    keyword: str
    name: str


def is_uid(text: str) -> bool:
    """True for a well-formed UID: up to 64 characters, numbers without leading zeros between dots, PS3.5 9.1."""
    return len(text) <= LONGEST and _UID.fullmatch(text) is not None


@cache
def registry() -> dict[str, Registered]:
    """All registered UIDs by UID."""

    def rows() -> Iterator[Registered]:
        for line in _FILE.read_text(encoding="utf-8").splitlines():
            uid, kind, retired, keyword, name = line.split("\t")
            yield Registered(uid, kind, bool(retired), keyword, name)

    return {row.uid: row for row in rows()}


# A run never replaces these (rule 13)
REGISTERED: frozenset[str] = frozenset(line.partition("\t")[0] for line in _FILE.read_text(encoding="utf-8").splitlines())
