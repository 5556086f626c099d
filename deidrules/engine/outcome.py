"""What became of an object and of each of its elements, and by which rule."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One element of the input, or one that was added.

    Every element of the input's data set has exactly one outcome, unless it lies in a sequence whose own outcome says that it is gone
    (`removed`, `emptied`, `reduced`): that one stands for everything inside. The file meta information (group 0002) is rebuilt from
    nothing and has none.

    `path`: (tag, number of the item from 1) of each enclosing sequence, outermost first. `vr`: the effective one. `origin`: the rule's
    "recipe:line", or `unlisted`, `keep-private`, `engine`. `code`: the code that decided, compound codes as written. `change`: kept,
    removed, emptied, replaced, entered (a sequence that stays and was judged inside), reduced (a sequence left with one empty item),
    added, or claimed (a marker the engine wrote)."""

    path: tuple[tuple[int, int], ...]
    tag: int
    vr: str
    origin: str
    code: str
    change: str


def outcomes_id(outcomes: tuple[Outcome, ...]) -> str:
    """A short name for the outcomes: 16 hex digits, the same for files in which the same became of the same elements."""
    digest = hashlib.sha256()
    for outcome in outcomes:
        path = "/".join(f"{tag:08X}.{item}" for tag, item in outcome.path)
        digest.update(f"{path}|{outcome.tag:08X}|{outcome.vr}|{outcome.origin}|{outcome.code}|{outcome.change}\n".encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A de-identified object. `parts` in order are the whole output file; views keep the input alive. The UIDs are the new ones, "" when
    absent. `replaced_uids` and `patient_ids` are (old, new) pairs for a crosswalk and identify the patient; everything else is free of the
    input's values. `dropped`: what was left behind, with its number of bytes. `verdicts`: names of the `accept` verdicts that held."""

    parts: tuple[bytes | memoryview, ...]
    study_uid: str
    series_uid: str
    instance_uid: str
    sop_class: str
    outcomes: tuple[Outcome, ...]
    outcomes_id: str
    replaced_uids: tuple[tuple[str, str], ...]
    patient_ids: tuple[tuple[str, str], ...]
    dropped: tuple[tuple[str, int], ...]
    verdicts: tuple[str, ...]
    pixel_rules: tuple[str, ...]
    repaired: bool
