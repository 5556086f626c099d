"""What comes of one file: the few things a worker says to the run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """A file to do. `index` counts the files of the run; `source` is the file's keyed identifier, `name` its output name where the layout
    takes it from the source, else ""."""

    index: int
    path: str
    source: str
    name: str

    def __reduce__(self) -> tuple[type[Job], tuple[int, str, str, str]]:
        # There is one per file, and the way dataclasses pickle by themselves is slow.
        return Job, (self.index, self.path, self.source, self.name)


@dataclass(frozen=True, slots=True)
class Prepared:
    """De-identified, and waiting for its name. `partial` is the waiting file; in a dry run it is "" and `content` the SHA-256 of what would
    have been written. `members` is the JSON of the audit line behind source and output; `outcomes` that of the outcomes, "" where this
    worker has sent them before; `rows` the crosswalk's (kind, old, new)."""

    index: int
    name: str
    size: int
    members: str
    outcomes_id: str
    outcomes: str = ""
    partial: str = ""
    content: bytes = b""
    rows: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Not written. `outcome`: rejected, quarantined, failed or other; `record` has `code` and what a Refusal adds to it."""

    index: int
    outcome: str
    record: dict[str, str | int] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Halt:
    """The file was fine and could not be written: the run has to stop."""

    index: int
    code: str


Result = Prepared | Refused | Halt
