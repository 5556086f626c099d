"""The table from old identifiers to new ones: the most sensitive file a run can write, and only when asked."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from pathlib import Path

from deidrules.run.errors import UsageError
from deidrules.run.journal import private_file

COLUMNS = ("kind", "old", "new")

Row = tuple[str, str, str]


class Crosswalk:
    """A CSV of columns kind,old,new (kind: uid, patient_id), mode 0600: one row for every UID that was replaced at any depth and every
    Patient ID, each once, in the order in which they were met. Never written over. OSError when writing fails."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.fdopen(private_file(path), "wb", buffering=1 << 16)
        except FileExistsError:
            raise UsageError("the crosswalk exists already") from None
        self._known: set[bytes] = set()
        self._write(COLUMNS)

    def add(self, rows: tuple[Row, ...]) -> None:
        """Rows of one instance."""
        for row in rows:
            key = hashlib.blake2b("\0".join(row).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            if key not in self._known:
                self._known.add(key)
                self._write(row)

    def _write(self, row: Row) -> None:
        text = io.StringIO()
        csv.writer(text).writerow(row)
        self._file.write(text.getvalue().encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Hand the rest to the system."""
        self._file.close()


def check_new(path: Path) -> None:
    """UsageError when there is something at the crosswalk's place already, or no folder to put it in."""
    if os.path.lexists(path):
        raise UsageError("the crosswalk exists already")
    if not path.absolute().parent.is_dir():
        raise UsageError("the folder of the crosswalk does not exist")
