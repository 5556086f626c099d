"""Rectangles in a CSV file: a header with the columns of dcmaudit and its OCR, in any order, others among them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from deidrules.rectangles.conventions import ADDRESS, COLUMNS, WITHOUT_DEFAULT, is_summary, listed, wrong_of
from deidrules.rectangles.model import Findings, ListedRectangle, RectangleList
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span
from deidrules.text.suggest import did_you_mean

_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,9})\s*")
_HELP = f"the columns are {', '.join(f'`{name}`' for name in COLUMNS)}, in any order; others are passed over"


def read_csv(text: str, name: str) -> tuple[RectangleList, tuple[Diagnostic, ...]]:
    """The list in the text of a CSV file that people call `name`. Every row that is not understood has a diagnostic, and then the list is
    not to be used: what is missing in it would not be blanked. Messages show the cell in question and nothing else of its row, which may
    hold text that was read in an image."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader, [])
    except csv.Error:
        return RectangleList(name), (Diagnostic("DR605", "the header of the list cannot be read", Span(Source(name, "")), _HELP),)
    columns, problem = _columns(header, name)
    if problem is not None:
        return RectangleList(name), (problem,)
    findings = Findings()
    found: list[ListedRectangle] = []
    files: dict[str, None] = {}
    line = reader.line_num
    try:
        for cells in reader:
            first, line = line + 1, reader.line_num
            if not cells:
                continue
            one = _row(cells, len(header), columns, name, first)
            if isinstance(one, Diagnostic):
                findings.add(one)
                continue
            files[cells[columns["filename"]]] = None
            if one is not None:
                found.append(one)
    except csv.Error:
        findings.add(Diagnostic("DR606", "the quotes of this row do not close, or it cannot be a row", _cell(name, line + 1, ""), _HELP))
    return RectangleList(name, tuple(found), tuple(files)), findings.diagnostics()


def _columns(header: list[str], name: str) -> tuple[dict[str, int], Diagnostic | None]:
    names = [cell.strip().lower() for cell in header]
    place = _cell(name, 1, ",".join(header))
    missing = [column for column in WITHOUT_DEFAULT if column not in names]
    if missing:
        near = did_you_mean(missing[0], [cell for cell in names if cell not in COLUMNS])
        return {}, Diagnostic("DR605", f"the list has no column `{missing[0]}`", place, near or _HELP)
    twice = [column for column in COLUMNS if names.count(column) > 1]
    if twice:
        return {}, Diagnostic("DR605", f"the column `{twice[0]}` stands twice", place)
    return {column: names.index(column) for column in COLUMNS if column in names}, None


def _row(cells: list[str], width: int, columns: Mapping[str, int], name: str, line: int) -> ListedRectangle | Diagnostic | None:
    """None for a summary."""
    if len(cells) != width:
        return Diagnostic("DR606", f"this row has {len(cells)} cells, the header {width}", _cell(name, line, ""))
    held = {column: cells[place] for column, place in columns.items()}
    if not held["filename"].strip():
        return Diagnostic("DR606", "the file name is missing", _cell(name, line, ""))
    numbers = dict.fromkeys(ADDRESS, -1)
    for column in COLUMNS[1:]:
        if column in held:
            match = _NUMBER.fullmatch(held[column])
            if match is None:
                return Diagnostic("DR606", f"`{column}` is no whole number", _cell(name, line, held[column]))
            numbers[column] = int(match[1])
    if is_summary(numbers["left"]):
        return None
    wrong = wrong_of(**numbers)
    if wrong is not None:
        return Diagnostic("DR606", wrong[1], _cell(name, line, held.get(wrong[0], "")), _HELP_CORNERS)
    return listed(held["filename"], **numbers, place=f"{name}:{line}")


_HELP_CORNERS = "rows and columns count from 0, and both corners belong to the rectangle"


def _cell(name: str, line: int, text: str) -> Span:
    """The place of a cell, in a text that holds nothing but this cell."""
    shown = " ".join(text.split()) or " "
    return Span(Source(name, "\n" * (line - 1) + shown), line - 1, line - 1 + len(shown))
