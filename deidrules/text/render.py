"""Diagnostics drawn: for people (text, concise) and for machines (json, github, sarif)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any
from urllib.parse import quote

from deidrules.text.codes import CODES
from deidrules.text.diagnostic import Diagnostic, Severity
from deidrules.text.excerpt import excerpt
from deidrules.text.source import Span

_RED, _YELLOW, _BOLD, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"
_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def colours(stream: IO[str]) -> bool:
    """Whether to colour what goes to a stream: on a terminal, unless NO_COLOR is set (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """The finding, its line with a caret, help and second places; a blank line between two findings."""
    return "\n\n".join(_coloured(excerpt(diagnostic), diagnostic) if colour else excerpt(diagnostic) for diagnostic in diagnostics)


def _coloured(text: str, diagnostic: Diagnostic) -> str:
    shade = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    label = f"{diagnostic.severity}[{diagnostic.code}]"
    lines = [f"{shade}{line}{_PLAIN}" if line.strip(" |^~-") == "" and "^" in line else line for line in text.split("\n")]
    return "\n".join(lines).replace(label, f"{_BOLD}{shade}{label}{_PLAIN}", 1)


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """One line each: `path:line:column: error[DR101] message`."""
    return "\n".join(f"{_place(d)}{d.severity}[{d.code}] {_one_line(d.message)}" for d in diagnostics)


def _place(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    return f"{_one_line(span.source.name)}:{span.line}:{span.column}: " if span.source.name else ""


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A list of objects: code, name, severity, message, help, path, line, column, end_line, end_column (from 1, the end behind the last
    character; 0 for no place), notes (message and place)."""
    return json.dumps([_record(diagnostic) for diagnostic in diagnostics], indent=2, ensure_ascii=False)


def _record(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "name": CODES[diagnostic.code].name,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "help": diagnostic.help,
        **_region(diagnostic.span),
        "notes": [{"message": note.text, **_region(note.span)} for note in diagnostic.notes],
    }


def _region(span: Span) -> dict[str, str | int]:
    end_line, end_column = _end(span)
    return {"path": span.source.name, "line": span.line, "column": span.column, "end_line": end_line, "end_column": end_column}


def _end(span: Span) -> tuple[int, int]:
    return span.source.position(max(span.start, span.end)) if span.source.name else (0, 0)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands of GitHub Actions, one line each."""
    lines = []
    for diagnostic in diagnostics:
        span = diagnostic.span
        properties = {"title": f"{diagnostic.code} {CODES[diagnostic.code].name}"}
        if span.source.name:
            end_line, end_column = _end(span)
            properties = {"file": span.source.name, "line": str(span.line), "endLine": str(end_line), **properties}
            if end_line == span.line:  # GitHub takes columns only within one line
                properties |= {"col": str(span.column), "endColumn": str(end_column)}
        written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        message = diagnostic.message + (f" ({diagnostic.help})" if diagnostic.help else "")
        lines.append(f"::{diagnostic.severity} {written}::{_data(message)}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """SARIF 2.1.0, one run; the rules are the codes that were found."""
    found = tuple(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    run = {
        "tool": {"driver": {"name": "deidrules", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in found],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    entry = CODES[code]
    return {
        "id": code,
        "name": entry.name,
        "shortDescription": {"text": entry.name.replace("-", " ")},
        "fullDescription": {"text": entry.why},
        "defaultConfiguration": {"level": str(entry.severity)},
    }


def _result(diagnostic: Diagnostic, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": str(diagnostic.severity),
        "message": {"text": diagnostic.message + (f"; {diagnostic.help}" if diagnostic.help else "")},
        "locations": [_location(diagnostic.span)] if diagnostic.span.source.name else [],
    }
    related = [{**_location(note.span), "message": {"text": note.text}} for note in diagnostic.notes if note.span.source.name]
    return result | ({"relatedLocations": related} if related else {})


def _location(span: Span) -> dict[str, Any]:
    end_line, end_column = _end(span)
    region = {"startLine": span.line, "startColumn": span.column, "endLine": end_line, "endColumn": end_column}
    uri = quote(span.source.name.replace(os.sep, "/"))
    return {"physicalLocation": {"artifactLocation": {"uri": f"file://{uri}" if uri.startswith("/") else uri}, "region": region}}


RENDERERS: Mapping[str, Callable[[Iterable[Diagnostic]], str]] = {
    "text": render_text,
    "concise": render_concise,
    "json": render_json,
    "github": render_github,
    "sarif": render_sarif,
}
