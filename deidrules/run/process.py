"""One file: read, hand to the engine, name, write beside its place."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from deidrules.actions.base import Keys
from deidrules.dicom.buffer import Buffer, FileBuffer
from deidrules.dicom.part import joined
from deidrules.dicom.unwritten import Unwritten
from deidrules.plan.model import Plan
from deidrules.run.errors import stop_code
from deidrules.run.layout import uid_name
from deidrules.run.reading import LARGE, open_buffer
from deidrules.run.record import instance_members, outcomes_json
from deidrules.run.result import Halt, Job, Prepared, Refused, Result
from deidrules.run.sink import digest, discard_partial, write_partial
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from deidrules.engine.outcome import Deidentified
    from deidrules.pixels.proof.proof import Proof

# Something has to say how large a file may be: compressed frames and deflated data sets are held.
FILE_BYTES = 4 << 30

_OTHER = frozenset({"not-dicom", "dicomdir"})
_FAILED = frozenset({"unreadable", "source-changed"})


class Applies(Protocol):
    """The engine, as a run sees it."""

    def apply(self, data: Buffer) -> Deidentified:
        """De-identify the content of a file, or raise Refusal."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs for every file of a run; it goes through a pipe to worker processes and nowhere else. `waiting` is the folder of
    unpublished outputs, "" in a dry run. Files from `large_bytes` on are not read into memory. `build` makes the engine."""

    plan: Plan
    keys: Keys
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    functions: Mapping[str, object] = field(default_factory=dict)
    waiting: str = ""
    crosswalk: bool = False
    file_bytes: int = FILE_BYTES
    large_bytes: int = LARGE
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
        settings = self._settings
        try:
            with open_buffer(job.path, settings.file_bytes, settings.large_bytes) as buffer:
                instance = self._engine.apply(buffer)
                name = job.name or uid_name(instance)
                size = sum(map(len, instance.parts))
                members = instance_members(instance, size)
                return self._write(job, buffer, instance, name, size, members)
        except Refusal as refusal:
            return Refused(job.index, outcome_of(refusal.code), refusal.record())
        except MemoryError:
            return Refused(job.index, "failed", {"code": "out-of-memory"})
        except (Exception, SystemExit) as error:  # an installed function may do anything
            return Refused(job.index, "failed", internal_error(error))

    def _write(self, job: Job, buffer: Buffer, instance: Deidentified, name: str, size: int, members: str) -> Result:
        partial, content = "", b""
        if self._settings.waiting:
            partial = f"{job.index}.partial"
            try:
                write_partial(self._settings.waiting, partial, instance.parts)
            except OSError as error:
                return Halt(job.index, stop_code(error))
        else:
            content = digest(instance.parts)
        self._prove(buffer, instance, partial, size)
        outcomes = ""
        if instance.outcomes_id not in self._sent:
            self._sent.add(instance.outcomes_id)
            outcomes = outcomes_json(instance.outcomes)
        rows: tuple[tuple[str, str, str], ...] = ()
        if self._settings.crosswalk:
            rows = tuple(("uid", old, new) for old, new in instance.replaced_uids)
            rows += tuple(("patient_id", old, new) for old, new in instance.patient_ids)
        return Prepared(job.index, name, size, members, instance.outcomes_id, outcomes, partial, content, rows)

    def _prove(self, buffer: Buffer, instance: Deidentified, partial: str, size: int) -> None:
        """Hold what was written against the input, read back from where it waits (in a dry run the parts stand for it). Refusal
        `verify-mismatch`. A large file is read more than once: what was judged first must be what was copied later, and what is compared
        now. Refusal `source-changed`. What is refused is removed."""
        try:
            try:
                if instance.proof is not None:
                    self._verify(instance.proof, instance, partial, size)
            finally:
                if isinstance(buffer, FileBuffer):
                    buffer.prove_unchanged()
        except BaseException:
            if partial:
                discard_partial(self._settings.waiting, partial)
            raise

    def _verify(self, proof: Proof, instance: Deidentified, partial: str, size: int) -> None:
        if not partial:
            proof.check(Unwritten(instance.parts) if size >= self._settings.large_bytes else joined(instance.parts))
            return
        try:
            with open_buffer(str(Path(self._settings.waiting, partial)), size, self._settings.large_bytes) as written:
                if len(written) != size:
                    raise Refusal("verify-mismatch", length=len(written), expected=size)
                proof.check(written)
        except Refusal as refusal:
            raise refusal if refusal.code == "verify-mismatch" else Refusal("verify-mismatch") from None


def outcome_of(code: str) -> str:
    """How a refusal counts."""
    if code in _OTHER:
        return "other"
    if code == "rejected":
        return "rejected"
    return "failed" if code in _FAILED else "quarantined"


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
