"""A stand-in for the engine, so that runs can be tested by what files say: one line of words instead of DICOM."""

from __future__ import annotations

import hashlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deidrules.engine.outcome import Outcome
from deidrules.run.process import Settings
from deidrules.text.refusal import Refusal

KEPT = (
    Outcome((), 0x00080060, "CS", "test.recipe:2", "K", "kept"),
    Outcome(((0x00400275, 1),), 0x00100010, "PN", "unlisted", "X", "removed"),
)


@dataclass(frozen=True)
class Instance:
    """What the engine would hand on."""

    parts: tuple[bytes | memoryview, ...]
    study_uid: str
    series_uid: str
    instance_uid: str
    sop_class: str = "1.2.840.10008.5.1.4.1.1.2"
    outcomes: tuple[Outcome, ...] = KEPT
    outcomes_id: str = "00c0ffee00c0ffee"
    replaced_uids: tuple[tuple[str, str], ...] = ()
    patient_ids: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    verdicts: tuple[str, ...] = ()
    pixel_rules: tuple[str, ...] = ()
    repaired: bool = False
    claims: tuple[int, ...] = (113100,)
    proof: Any = None
    unproven: bool = False
    unjudged: str = ""


class FakeEngine:
    """A file says what should become of it: `write STUDY SERIES INSTANCE CONTENT`, `refuse CODE`, `break`, `kill`, `exit`. What a file
    that is killed or broken says stays secret."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def apply(self, data: bytes) -> Instance:
        match data.decode("utf-8").split(" "):
            case ["write", study, series, instance, content]:
                parts = (b"DICM", memoryview(content.encode()), b"")
                uids = (("1.2.3." + instance, instance),)
                return Instance(parts, study, series, instance, replaced_uids=uids, patient_ids=(("4711", ""),))
            case ["refuse", code]:
                raise Refusal(code, tag=0x00100010, vr="PN", length=7)
            case ["break", secret]:
                raise KeyError(secret)
            case ["exit", secret]:
                raise SystemExit(secret)
            case ["kill", *_]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["interrupt", *_]:
                raise KeyboardInterrupt
        raise Refusal("not-dicom")


def build(settings: Settings) -> FakeEngine:
    """What `Settings.build` calls, in a worker too."""
    return FakeEngine(settings)


def refuse_to_start(settings: Settings) -> FakeEngine:
    """An engine that cannot be made."""
    raise RuntimeError("SECRET")


def die_at_once(settings: Settings) -> FakeEngine:
    """An engine whose making kills its process."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, by name, with the digest of its content."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
