"""Plans kept by the digest of everything they were made of."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from deidrules import __version__, resources
from deidrules.actions.base import Function
from deidrules.dicom import dictionary
from deidrules.plan.json import from_json, to_json
from deidrules.plan.model import Plan
from deidrules.text.source import Source

VARIABLE = "DEIDRULES_CACHE"  # a folder; "off" keeps nothing


def digest(sources: Iterable[Source], parameters: Mapping[str, str], tables: Iterable[str], functions: Iterable[Function]) -> str:
    """SHA-256 over the program (version and files), dictionary edition, the texts of profile and recipes with their names, the
    parameters, the tables' digests and what the functions declare: an update that leaves more has to be judged again."""
    out = hashlib.sha256()

    def add(*texts: str) -> None:
        for text in texts:
            raw = text.encode("utf-8", "surrogatepass")
            out.update(len(raw).to_bytes(8, "big"))
            out.update(raw)

    add("deidrules", __version__, dictionary.EDITION, *_program())
    for source in sources:
        add("source", source.name, source.text)
    for name, value in sorted(parameters.items()):
        add("parameter", name, value)
    declared = (f"{f.name} {f.leaves:d} {f.subject_type} {f.result} {f.keyed} {f.parameters}" for f in functions)
    for part in (*sorted(tables), "functions", *sorted(declared)):
        add(part)
    return out.hexdigest()


def _program() -> Iterator[str]:
    """Size and time of every file that decides what a text means: a checkout changes without changing its version."""
    package = Path(__file__).resolve().parents[1]
    rooms = [package / room for room in ("language", "compile", "plan", "actions", "dicom")]
    files = sorted(
        file for room in (*rooms, resources.folder("grammar")) for file in room.rglob("*") if file.suffix in {".py", ".lark", ".txt"}
    )
    for file in files:
        status = file.stat()
        yield f"{file.name} {status.st_size} {status.st_mtime_ns}"


def folder() -> Path | None:
    """Where plans are kept; None when nothing is to be kept or the place is not the user's own."""
    stated = os.environ.get(VARIABLE, "")
    if stated == "off":
        return None
    place = Path(stated) if stated else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deidrules" / "plans"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = place.stat()
    except OSError:
        return None
    # A plan somebody else could write would decide what leaves the building.
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        return None
    return place


def read(key: str) -> Plan | None:
    """The plan kept under a digest; None when there is none or it is damaged."""
    place = folder()
    if place is None:
        return None
    try:
        return from_json((place / f"{key}.json").read_text("ascii"))
    except (OSError, ValueError):
        return None


def write(key: str, plan: Plan) -> None:
    """Keep a plan; silently does without when the disk does not want it."""
    place = folder()
    if place is None:
        return
    try:
        handle, name = tempfile.mkstemp(dir=place, prefix=".plan-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(to_json(plan))
        Path(name).replace(place / f"{key}.json")
    except OSError:
        return
