"""What became of an object and of each of its elements, and by which rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from deidrules.dicom.part import Part
from deidrules.pixels.proof.proof import Proof

# (tag, number of the item from 1) of each enclosing sequence, outermost first
Path = tuple[tuple[int, int], ...]

_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """One element of the input, or one that was added.

    Every element of the input's data set has exactly one outcome, unless it lies in a sequence whose own outcome says that it is gone
    (`removed`, `emptied`, `reduced`, or `claimed`, where what has no outcome of its own is gone): that one stands for everything inside.
    So does the one outcome of a content item that a rule took whole: `tag` is (FFFE,E000), `path` ends with the sequence and the item,
    `change` is `removed`. The file meta information (group 0002) is rebuilt from nothing and has none.

    `path`: the enclosing sequences and the items in them. `vr`: the effective one. `origin`: the rule's
    "recipe:line", or `unlisted`, `keep-private`, `engine`. `code`: the code that decided, compound codes as written. `change`: kept,
    removed, emptied, replaced, entered (a sequence that stays and was judged inside), reduced (a sequence left with one empty item),
    added, or claimed (the engine wrote it: a marker, the description of blanked pixels, an icon made anew)."""

    path: Path
    tag: int
    vr: str
    origin: str
    code: str
    change: str


class Outcomes:
    """Makes outcomes, the same object for the same facts: one file's are mostly those of the file before."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, str, str, str, str], tuple[Outcome, bytes]] = {}

    def of(self, path: Path, tag: int, vr: str, origin: str, code: str, change: str) -> tuple[Outcome, bytes]:
        """The outcome and its line for `outcomes_id`."""
        key = (path, tag, vr, origin, code, change)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            sequences = "/".join(f"{sequence:08X}.{item}" for sequence, item in path)
            line = f"{sequences}|{tag:08X}|{vr}|{origin}|{code}|{change}\n".encode()
            known = self._known[key] = (Outcome(*key), line)
        return known


def outcomes_id(lines: Iterable[bytes]) -> str:
    """A short name for the outcomes: 16 hex digits, the same for files in which the same became of the same elements."""
    return hashlib.sha256(b"".join(lines)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A de-identified object. `parts` in order are the whole output file (`deidrules.dicom.part`): bytes, and views that keep the input
    alive; of a large file also stretches of it and pieces that are made while they are written, which need the input open. The UIDs are
    the new ones, "" when absent. `replaced_uids` and `patient_ids` (of the top level) are (old, new) pairs for a crosswalk and identify the
    patient; everything else is free of the input's values. `dropped`: what was left behind, with its number of bytes. `verdicts`: names of
    the `accept` verdicts that held. `claims`: the options of PS3.15 that it claims, by their codes in PS3.16 CID 7050, ascending.
    `unjudged`: why pixels that the profile or a verdict let pass without judgement may carry text, a word of `pixels.burned_in.reasons`;
    "" when they were judged, cannot, or do not stay. `proof`: what the written file is to be held against, where a rule changed pixels or
    overlay planes; it needs the input open. `unproven`: one did, and the profile says `verify: off`."""

    parts: tuple[Part, ...]
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
    claims: tuple[int, ...] = ()
    unjudged: str = ""
    proof: Proof | None = None
    unproven: bool = False
