"""The run folder: audit, quarantine, summary, and the one file that knows where sources lay."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from deidrules.run.errors import UsageError
from deidrules.run.summary import Summary

AUDIT, QUARANTINE, SUMMARY, SOURCES = "audit.jsonl", "quarantine.jsonl", "summary.json", "sources.csv"

_FLUSH_EVERY = 256

# Kept on disk while a run goes and given back before its last lines are written, so that a full disk can still be told of.
_RESERVE, _RESERVE_BYTES = ".reserve", 256 << 10


def run_folder(output: Path, run: Path | None) -> Path:
    """The folder of a run: `run`, which must not exist or be empty, or OUTPUT.run; where an earlier run ended in that, OUTPUT.run-2 and so
    on. UsageError when it is taken, or an earlier run was killed before its summary."""
    if run is not None:
        if run.is_dir() and not any(run.iterdir()):
            return run
        if os.path.lexists(run):
            raise UsageError("the run folder exists and is not an empty folder")
        return run
    first = Path(os.path.abspath(output) + ".run")  # noqa: PTH100 (beside the output as it was named, a link not followed)
    folder, number = first, 1
    while os.path.lexists(folder):
        if not (folder / SUMMARY).is_file():
            raise UsageError("the run folder OUTPUT.run is that of a run that did not end: move it away, or choose another with --run")
        number += 1
        folder = first.with_name(f"{first.name}-{number}")
    return folder


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def line(record: Mapping[str, object]) -> bytes:
    """One line of JSON."""
    return (_ENCODER.encode(record) + "\n").encode("utf-8", "backslashreplace")


class _Echo:
    """A file for csv.writer that hands each row back."""

    def write(self, text: str) -> str:
        return text


class Journal:
    """The files of a run folder, written as the run goes and flushed by the batch. Without a folder it takes everything and keeps nothing.

    Lines of audit.jsonl are described by grammar/audit.schema.json: `run`, then `outcomes`, `instance`, `duplicate`, `refused`, `other`
    and `withdrawn` in the order of the sources, then `end`. No line holds a value of a file or a path of a source. OSError when writing
    fails."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._lines = 0
        self._known: set[str] = set()
        self._rows = csv.writer(_Echo())
        if folder is not None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
            with os.fdopen(self._new(_RESERVE), "wb") as file:
                file.write(bytes(_RESERVE_BYTES))
        self._audit = self._open(AUDIT)
        self._quarantine = self._open(QUARANTINE)
        self._sources = self._open(SOURCES)
        self._sources.write(b"source,path\r\n")

    def _open(self, name: str) -> BinaryIO:
        if self.folder is None:
            return Path(os.devnull).open("wb")
        return os.fdopen(self._new(name), "wb", buffering=1 << 16)

    def _new(self, name: str) -> int:
        assert self.folder is not None
        try:
            return private_file(self.folder / name)
        except FileExistsError:
            raise UsageError("another run is using the run folder") from None

    def write(self, kind: str, record: Mapping[str, object]) -> None:
        """A line of the audit."""
        self._line(line({"kind": kind, **record}))

    def instance(self, source: str, output: str, members: str) -> None:
        """The line of an instance that was written. `members` is JSON already, without the braces around it."""
        text = f'{{"kind":"instance","source":{_ENCODER.encode(source)},"output":{_ENCODER.encode(output)},{members}}}\n'
        self._line(text.encode("utf-8", "backslashreplace"))

    def _line(self, text: bytes) -> None:
        self._audit.write(text)
        self._lines += 1
        if self._lines % _FLUSH_EVERY == 0:
            self.flush()

    def outcomes(self, identifier: str, outcomes: str) -> None:
        """What was done to each element, once for all instances to which the same was done. `outcomes` is JSON already."""
        if identifier not in self._known:
            self._known.add(identifier)
            self._audit.write(f'{{"kind":"outcomes","id":{json.dumps(identifier)},"outcomes":{outcomes}}}\n'.encode())

    def refused(self, record: Mapping[str, object]) -> None:
        """A file that was rejected, quarantined or failed: a line of both files."""
        self.write("refused", record)
        self._quarantine.write(line(record))

    def withdrawn(self, record: Mapping[str, object]) -> None:
        """A file that had been written or a duplicate and is quarantined after all: a line of both files."""
        self.write("withdrawn", record)
        self._quarantine.write(line(record))

    def source(self, identifier: str, path: str) -> None:
        """Where a source lay."""
        row: str = self._rows.writerow((identifier, path))  # what _Echo returns
        self._sources.write(row.encode("utf-8", "surrogateescape"))

    def flush(self) -> None:
        """Hand everything to the system."""
        for file in (self._audit, self._quarantine, self._sources):
            file.flush()

    def close(self, summary: Summary) -> None:
        """The last line of the audit, and the summary."""
        self._release()
        self.write("end", {key: value for key, value in summary.record().items() if key != "seconds"})
        self.flush()
        if self.folder is not None:
            with os.fdopen(private_file(self.folder / SUMMARY), "wb") as file:
                file.write((json.dumps(summary.record(), indent=2, ensure_ascii=False) + "\n").encode())
        self.abandon()

    def abandon(self) -> None:
        """Close the files without a word, after a failure to write."""
        self._release()
        for file in (self._audit, self._quarantine, self._sources):
            try:
                file.close()
            except OSError:
                pass

    def _release(self) -> None:
        if self.folder is not None:
            try:
                (self.folder / _RESERVE).unlink(missing_ok=True)
            except OSError:
                pass


def private_file(path: Path) -> int:
    """A descriptor of a new file of mode 0600; FileExistsError when there is one."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
