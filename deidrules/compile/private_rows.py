"""The rows of a private list: a CSV as text, each row with its cells by column and its place, every mistake with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Source, Span
from deidrules.text.suggest import did_you_mean

LARGEST = 20_000_000  # characters of a list
MOST_ROWS = 200_000

# The site's own form, and that of PS3.15 Table E.3.10-1, whose rows say nothing of the action
OWN = ("tag", "private_creator", "vr", "vm", "meaning", "action", "reason")
# The knowledge base of TCIA under its own names and under those of tables made of it
TCIA = ("element_sig_pattern", "pattern", "tag_name", "name", "vr", "private_disposition", "disposition")
_DERIVED = ("leaf_group", "leaf_creator", "leaf_element", "depth")  # said by the pattern already


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row: its cells by column, trimmed, and where it stands."""

    cells: dict[str, str]
    span: Span

    def cell(self, *columns: str) -> str:
        """The first of these columns that the list has."""
        return next((self.cells[column] for column in columns if column in self.cells), "")

    def place(self, *columns: str) -> Span:
        """Where a cell stands, as far as its text tells; the row otherwise."""
        cell = self.cell(*columns)
        text = self.span.text
        for spelled in dict.fromkeys((cell, cell.replace('"', '""'))) if cell else ():
            at = text.find(spelled)
            while at >= 0:
                end = at + len(spelled)
                if text[:at].rstrip(' "')[-1:] in ("", ",") and text[end:].lstrip(' "')[:1] in ("", ","):
                    return Span(self.span.source, self.span.start + at, self.span.start + end)
                at = text.find(spelled, at + 1)
        return self.span


def read_rows(source: Source) -> tuple[str, tuple[ListRow, ...], list[Diagnostic]]:
    """(the form "own" or "tcia", or "" when the header is of neither; the rows that have a cell for each column; complaints)."""
    if len(source.text) > LARGEST:
        return "", (), [Diagnostic("DR530", f"`{source.name}` is larger than {LARGEST:,} characters", Span(source, 0, 1))]
    problems: list[Diagnostic] = []
    lines = _lines(source, problems)
    header = next(lines, None)
    if header is None:
        if not problems:
            problems.append(Diagnostic("DR530", f"`{source.name}` is empty", Span(source, 0, 0), _HELP))
        return "", (), problems
    columns = [cell.strip().casefold() for cell in header[0]]
    form, complaints = _form(columns, header[1])
    if complaints:
        return "", (), complaints
    rows: list[ListRow] = []
    for cells, span in lines:
        if len(cells) != len(columns):
            problems.append(
                Diagnostic("DR531", f"this row has {len(cells)} cells, the header {len(columns)}", span, "put texts with a comma in quotes")
            )
            continue
        if len(rows) >= MOST_ROWS:
            problems.append(Diagnostic("DR530", f"the list has more than {MOST_ROWS:,} rows", span, "take several lists"))
            break
        rows.append(ListRow(dict(zip(columns, (cell.strip() for cell in cells), strict=True)), span))
    return form, tuple(rows), problems


_HELP = "the columns are `tag`, `private_creator`, `vr`, `action`, `reason`, those of Table E.3.10-1 or those of the TCIA knowledge base"


def _lines(source: Source, problems: list[Diagnostic]) -> Iterator[tuple[list[str], Span]]:
    """The cells of each row that is not blank, with its place."""
    starts = [0]
    texts = [f"{line}\n" for line in source.text.split("\n")]  # as places are counted
    texts[-1] = texts[-1].removesuffix("\n")
    for text in texts:
        starts.append(starts[-1] + len(text))
    reader = csv.reader(texts, strict=True)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            span = Span(source, starts[before], starts[before + 1] - 1)  # where the row begins: that is where a quote opens
            problems.append(Diagnostic("DR530", "the quotes of this row do not close, or it holds a control character", span, _HELP))
            return
        start, stop = starts[before], starts[reader.line_num]
        before = reader.line_num
        end = start + len(source.text[start:stop].rstrip("\r\n"))
        if any(cell.strip() for cell in cells):
            yield cells, Span(source, start, end)


def _form(columns: list[str], span: Span) -> tuple[str, list[Diagnostic]]:
    """Which form a header is of; a column that nobody knows may be a mistyped `action`, so it is an error."""
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        return "", [
            Diagnostic("DR530", f"the column `{column}` stands here twice", span, "one of the two would be lost") for column in twice
        ]
    tcia = bool({"pattern", "element_sig_pattern"} & set(columns))
    known = (*TCIA, *_DERIVED) if tcia else OWN
    unknown = [column for column in columns if column not in known]
    if unknown:
        return "", [Diagnostic("DR530", f"unknown column `{column}`", span, did_you_mean(column, known) or _HELP) for column in unknown]
    if tcia and not {"disposition", "private_disposition"} & set(columns):
        return "", [Diagnostic("DR530", "the column `private_disposition` is missing", span, _HELP)]
    if not tcia and "tag" not in columns:
        return "", [Diagnostic("DR530", "the column `tag` is missing", span, _HELP)]
    return ("tcia" if tcia else "own"), []
