"""Rectangles in the SQLite database of dcmaudit: table DicomRects, and DicomTags, which knows the files that were reviewed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from deidrules.rectangles.conventions import COLUMNS, WITHOUT_DEFAULT, is_summary, listed, wrong_of
from deidrules.rectangles.model import Findings, ListedRectangle, RectangleList
from deidrules.text.diagnostic import Diagnostic

FILE_NAME = "dcmaudit.sqlite.db"

# DicomTags.mark is "tagged for another look": a file with a row that is not tagged is done. pydal writes booleans as T and F.
_DONE = ("F", 0, "0")
_LARGEST = 999_999_999


def database_file(path: Path) -> Path:
    """The database itself, where a folder was named that holds it."""
    return path / FILE_NAME if path.is_dir() else path


def read_database(path: Path, name: str) -> tuple[RectangleList, tuple[Diagnostic, ...]]:
    """The list in the database at `path`, which people call `name`; the file is opened to be read only, and nothing beside it is made or
    touched. With a diagnostic the list is not to be used. No text that was read in images is looked at."""
    file = database_file(path)
    if not file.is_file():
        return RectangleList(name), (Diagnostic("DR605", f"there is no database `{name}`", help=f"a file, or the folder of {FILE_NAME}"),)
    for suffix in ("-wal", "-journal"):
        beside = file.with_name(file.name + suffix)
        if beside.exists() and beside.stat().st_size:
            # what is written there is no part of the file yet, and rectangles may be among it
            why = f"the database `{name}` is open in another program, or was left in the middle of a change"
            return RectangleList(name), (Diagnostic("DR605", why, help="end that program, so that the database is whole"),)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            return _read(connection, name)
    except (sqlite3.Error, OSError, UnicodeError):
        return RectangleList(name), (Diagnostic("DR605", f"`{name}` cannot be read as an SQLite database"),)


def _read(connection: sqlite3.Connection, name: str) -> tuple[RectangleList, tuple[Diagnostic, ...]]:
    present = _columns(connection, "DicomRects")
    if not present:
        return RectangleList(name), (Diagnostic("DR605", f"the database `{name}` has no table `DicomRects`"),)
    missing = [column for column in WITHOUT_DEFAULT if column not in present]
    if missing:
        return RectangleList(name), (Diagnostic("DR605", f"`DicomRects` in `{name}` has no column `{missing[0]}`"),)
    findings = Findings()
    found: list[ListedRectangle] = []
    files: dict[str, None] = {}
    wanted = ", ".join(f'"{column}"' if column in present else "-1" for column in COLUMNS)
    for row, (file, *values) in enumerate(connection.execute(f'SELECT {wanted} FROM "DicomRects" ORDER BY rowid'), start=1):
        place = f"{name}, row {row} of DicomRects"
        one = _row(file, values, place)
        if isinstance(one, Diagnostic):
            findings.add(one)
            continue
        files[file] = None
        if one is not None:
            found.append(one)
    done = set(_done(connection))
    undone = frozenset(file for file in files if file not in done)
    return RectangleList(name, tuple(found), tuple(files), undone), findings.diagnostics()


def _row(file: object, values: list[object], place: str) -> ListedRectangle | Diagnostic | None:
    """None for a summary."""
    if not isinstance(file, str) or not file.strip():
        return Diagnostic("DR606", f"{place}: the file name is missing")
    numbers: dict[str, int] = {}
    for column, value in zip(COLUMNS[1:], values, strict=True):
        if not isinstance(value, int) or abs(value) > _LARGEST:
            return Diagnostic("DR606", f"{place}: `{column}` is no whole number")
        numbers[column] = value
    if is_summary(numbers["left"]):
        return None
    wrong = wrong_of(**numbers)
    return Diagnostic("DR606", f"{place}: {wrong[1]}") if wrong is not None else listed(file, **numbers, place=place)


def _columns(connection: sqlite3.Connection, table: str) -> frozenset[str]:
    """The names of the columns of a table, () where it is none."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)", (table,)).fetchall()
    if len(tables) != 1:
        return frozenset()
    return frozenset(str(row[1]).lower() for row in connection.execute(f'PRAGMA table_info("{table}")'))


def _done(connection: sqlite3.Connection) -> Iterator[str]:
    """The files that were reviewed and not tagged for another look."""
    if not {"filename", "mark"} <= _columns(connection, "DicomTags"):
        return
    for file, mark in connection.execute('SELECT "filename", "mark" FROM "DicomTags"'):
        if isinstance(file, str) and mark in _DONE:
            yield file
