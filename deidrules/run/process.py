"""One file: read, hand to the engine, name, write beside its place."""

from __future__ import annotations

import os
import pickle
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from deidrules.actions.base import Keys
from deidrules.plan.model import Plan
from deidrules.run.errors import stop_code
from deidrules.run.layout import uid_name
from deidrules.run.record import instance_members, outcomes_json
from deidrules.run.result import Halt, Job, Prepared, Refused, Result
from deidrules.run.sink import digest, write_partial
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from deidrules.engine.outcome import Deidentified

# A whole file is read into memory, so something has to say how much that may be.
FILE_BYTES = 4 << 30

_READ_BYTES = 1 << 16

_OTHER = frozenset({"not-dicom", "dicomdir"})


class Applies(Protocol):
    """The engine, as a run sees it."""

    def apply(self, data: bytes) -> Deidentified:
        """De-identify the bytes of a file, or raise Refusal."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs for every file of a run; it goes through a pipe to worker processes and nowhere else. `waiting` is the folder of
    unpublished outputs, "" in a dry run. `build` makes the engine."""

    plan: Plan
    keys: Keys
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    functions: Mapping[str, object] = field(default_factory=dict)
    waiting: str = ""
    crosswalk: bool = False
    file_bytes: int = FILE_BYTES
    build: Callable[[Settings], Applies] | None = None

    def for_sink(self, waiting: str, crosswalk: bool) -> Settings:
        """The same, with what the run's sink needs."""
        return replace(self, waiting=waiting, crosswalk=crosswalk)

    def portable(self) -> bool:
        """Whether a worker process can be given them."""
        try:
            pickle.dumps(self)
        except Exception:
            return False
        return True

    def processor(self) -> Processor:
        """What does the work, for `run.pool`."""
        return Processor(self)

    def engine(self) -> Applies:
        """A new engine for the plan."""
        if self.build is not None:
            return self.build(self)
        from deidrules.actions import registry
        from deidrules.engine.instance import Engine

        return Engine(self.plan, self.keys, tables=self.tables, functions=registry.functions(self.functions))


class Processor:
    """Turns jobs into results, one after the other, and never raises for the sake of a file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = settings.engine()
        self._sent: set[str] = set()

    def __call__(self, job: Job) -> Result:
        """Do one file."""
        try:
            instance = self._engine.apply(read_file(job.path, self._settings.file_bytes))
            name = job.name or uid_name(instance)
            size = sum(map(len, instance.parts))
            members = instance_members(instance, size)
        except Refusal as refusal:
            return Refused(job.index, outcome_of(refusal.code), refusal.record())
        except MemoryError:
            return Refused(job.index, "failed", {"code": "out-of-memory"})
        except (Exception, SystemExit) as error:  # an installed function may do anything
            return Refused(job.index, "failed", internal_error(error))
        return self._write(job, instance, name, size, members)

    def _write(self, job: Job, instance: Deidentified, name: str, size: int, members: str) -> Result:
        partial, content = "", b""
        if self._settings.waiting:
            partial = f"{job.index}.partial"
            try:
                write_partial(self._settings.waiting, partial, instance.parts)
            except OSError as error:
                return Halt(job.index, stop_code(error))
        else:
            content = digest(instance.parts)
        outcomes = ""
        if instance.outcomes_id not in self._sent:
            self._sent.add(instance.outcomes_id)
            outcomes = outcomes_json(instance.outcomes)
        rows: tuple[tuple[str, str, str], ...] = ()
        if self._settings.crosswalk:
            rows = tuple(("uid", old, new) for old, new in instance.replaced_uids)
            rows += tuple(("patient_id", old, new) for old, new in instance.patient_ids)
        return Prepared(job.index, name, size, members, instance.outcomes_id, outcomes, partial, content, rows)


def read_file(path: str, most: int) -> bytes:
    """The bytes of a regular file. Refusal `unreadable`; beyond `most` bytes `too-large`, or `not-dicom` when it does not begin like it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refusal("unreadable")
            if status.st_size > most:
                like = _begins_like_dicom(os.read(descriptor, 132))
                raise Refusal("too-large" if like else "not-dicom", length=status.st_size, expected=most)
            data = os.read(descriptor, status.st_size)
            more = os.read(descriptor, _READ_BYTES)
            if not more:  # the rule; a file beyond 2 GB, or one that grows, comes in pieces
                return data
            pieces, size = [data, more], len(data) + len(more)
            while more := os.read(descriptor, _READ_BYTES):
                size += len(more)
                if size > most:
                    raise Refusal("too-large", length=size, expected=most)
                pieces.append(more)
            return b"".join(pieces)
        finally:
            os.close(descriptor)
    except OSError:
        raise Refusal("unreadable") from None


def _begins_like_dicom(start: bytes) -> bool:
    """A preamble, or group 0002 or 0008 in either byte order."""
    return start[128:132] == b"DICM" or start[:2] in (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")


def outcome_of(code: str) -> str:
    """How a refusal counts."""
    if code in _OTHER:
        return "other"
    if code == "rejected":
        return "rejected"
    return "failed" if code == "unreadable" else "quarantined"


def internal_error(error: BaseException) -> dict[str, str | int]:
    """What may be told of a defect: the exception's type and our own line. Its text may hold values."""
    return {"code": "internal-error", "type": type(error).__name__, "place": place_of(error.__traceback__)}


def place_of(traceback: TracebackType | None) -> str:
    """The innermost line of this package, "module:line"."""
    place = ""
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "")
        if isinstance(module, str) and module.partition(".")[0] == "deidrules":
            place = f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
