"""Who stands under which output name: duplicates and conflicts, decided in the order of the sources."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from deidrules.run.sink import Published


@dataclass(slots=True)
class Members:
    """The instances of this run that came out under one name, by the keyed identifiers of their sources. `written` says how many of them
    were published: none when the file there is of an earlier run."""

    written: int
    sources: list[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one instance: `written`, `duplicate` or `conflict`. `withdrawn` are the sources of earlier instances of this run that
    are quarantined with it; `unpublished` of them had been counted as written, and their file has to go when there are any."""

    outcome: str
    withdrawn: tuple[str, ...] = ()
    unpublished: int = 0


class Names:
    """The names of a run. Two instances of one name and different bytes are a conflict of all that came out under it: which one came
    first says nothing about which one is right. A file of an earlier run is left alone."""

    def __init__(self) -> None:
        self._members: dict[bytes, Members | None] = {}

    def in_conflict(self, name: str) -> bool:
        """True when whatever else comes out under the name is quarantined."""
        return self._members.get(_key(name), _NOBODY) is None

    def settle(self, name: str, source: str, published: Published) -> Settled:
        """Judge the next instance under a name that is not in conflict, by what came of publishing it."""
        key = _key(name)
        members = self._members.get(key) or Members(0, [])
        match published:
            case Published.NEW:
                members.written += 1
                outcome = "written"
            case Published.SAME:
                outcome = "duplicate"
            case Published.OTHER:
                self._members[key] = None
                return Settled("conflict", tuple(members.sources), members.written)
        members.sources.append(source)
        self._members[key] = members
        return Settled(outcome)


_NOBODY = Members(0, [])


def _key(name: str) -> bytes:
    """Sixteen bytes for a name: a run has as many names as files."""
    return hashlib.blake2b(os.fsencode(name), digest_size=16).digest()
