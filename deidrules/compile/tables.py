"""Lookup tables: read, digested, named in the plan by digest (rule 13)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

from deidrules.compile.model import Profile
from deidrules.plan.model import Table
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import NOWHERE, Span

LARGEST = 200 << 20  # bytes of a table file
_HEADERS = ({"old", "new"}, {"id_old", "id_new"}, {"from", "to"})


def table_digest(table: Mapping[str, str]) -> str:
    """SHA-256 of a table's content, whatever the file's layout."""
    text = json.dumps(dict(table), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_table(path: Path) -> dict[str, str] | None:
    """A table from a CSV of two columns (a header `old,new`, `id_old,id_new` or `from,to` is left out) or a JSON object of texts; keys
    trimmed. None when it is neither, or gives one key two values."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() == ".json":
            data = json.loads(text)
            if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
                return None
            pairs = [(str(key), str(value)) for key, value in data.items()]
        else:
            rows = [row for row in csv.reader(io.StringIO(text)) if row]
            if any(len(row) != 2 for row in rows):
                return None
            pairs = [(row[0], row[1]) for row in rows]
            if pairs and {cell.strip().lower() for cell in pairs[0]} in _HEADERS:
                pairs = pairs[1:]
    except (OSError, ValueError, csv.Error, RecursionError):
        return None
    table: dict[str, str] = {}
    for key, value in pairs:
        if table.setdefault(key.strip(), value.strip()) != value.strip():
            return None
    return table


def load_tables(profile: Profile) -> tuple[dict[str, dict[str, str]], list[Diagnostic]]:
    """The tables a profile names, from its own folder."""
    tables: dict[str, dict[str, str]] = {}
    problems = []
    for name, file in profile.tables.items():
        path = (profile.folder / file).resolve()
        start = profile.source.text.find(file)
        span = Span(profile.source, start, start + len(file)) if start >= 0 else NOWHERE
        table = read_table(path) if path.is_relative_to(profile.folder.resolve()) else None
        if table is None:
            help_ = "a CSV of two columns or a JSON object of texts, inside the profile's folder, one value for each key"
            problems.append(Diagnostic("DR512", f"the table `{name}` cannot be read", span, help_))
        else:
            tables[name] = table
    return tables, problems


def plan_tables(used: Mapping[str, Span], tables: Mapping[str, Mapping[str, str]]) -> tuple[tuple[Table, ...], list[Diagnostic]]:
    """The tables that rules use, by digest; a complaint for each that is not there."""
    out, problems = [], []
    for name, span in used.items():
        if name in tables:
            out.append(Table(name, table_digest(tables[name])))
        else:
            problems.append(
                Diagnostic("DR512", f"no table `{name}`", span, f"name its file in profile.yaml: `tables:` `{name}: tables/{name}.csv`")
            )
    return tuple(sorted(out, key=lambda table: table.name)), problems
