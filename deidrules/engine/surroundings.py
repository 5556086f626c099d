"""What is settled of an object before the walk over its header."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.engine.derived import UNCHANGED, Changed


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was settled before the walk. `removed_groups`: overlay groups of which nothing may stay at the top level. `changed`: what became
    of the pixel data. `icons`: what becomes of copies of the image, "" when they stay. `claims`: the options of PS3.15 that the object may
    claim."""

    removed_groups: tuple[int, ...] = ()
    changed: Changed = UNCHANGED
    icons: str = ""
    claims: tuple[int, ...] = ()
