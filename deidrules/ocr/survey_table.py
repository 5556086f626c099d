"""A survey written down: rows of a CSV for people and spreadsheets, a JSON document for programs. Neither names a file or a person."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from deidrules.ocr.columns import Cell
from deidrules.ocr.survey import Group, Survey

ABSENT = "(absent)"
COUNTS = ("Files", "Series", "Patients", "FewestFrames", "MostFrames")
# what spreadsheets take for a formula
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def table(survey: Survey) -> str:
    """One row per group: the columns that group, the counts, and for every other column of the signature the number of its values
    (`Manufacturer values`). An attribute that is absent is `(absent)`, one without a value an empty cell; a text that a spreadsheet would
    take for a formula has an apostrophe in front."""
    head = (*survey.columns, *COUNTS, *(f"{column} values" for column in survey.others))
    return _csv([head, *(_row(survey, group) for group in survey.groups())])


def values_table(survey: Survey) -> str:
    """One row per column and value: how many files have it, the commonest first."""
    rows = [
        (column, _shown(cell), str(count))
        for column, counter in survey.values.items()
        for cell, count in sorted(counter.items(), key=lambda entry: (-entry[1], entry[0] is not None, entry[0] or ""))
    ]
    return _csv([("Column", "Value", "Files"), *rows])


def record(survey: Survey, version: str) -> dict[str, object]:
    """The survey for programs: exact values, null for what is absent. `other` counts what is no object, `failed` what could not be read,
    both by code in `codes`."""
    return {
        "survey": 1,
        "program": f"deidrules@{version}",
        "found": survey.found,
        "surveyed": survey.seen,
        "left_out": survey.left_out,
        "other": sum(survey.codes.values()) - survey.failed,
        "failed": survey.failed,
        "codes": dict(sorted(survey.codes.items())),
        "columns": list(survey.columns),
        "groups": [_group(survey, group) for group in survey.groups()],
        "values": {
            column: [
                {"value": cell, "files": count}
                for cell, count in sorted(counter.items(), key=lambda entry: (-entry[1], entry[0] is not None, entry[0] or ""))
            ]
            for column, counter in survey.values.items()
        },
    }


def _group(survey: Survey, group: Group) -> dict[str, object]:
    return {
        **dict(zip(survey.columns, group.cells, strict=True)),
        "files": group.files,
        "series": len(group.series),
        "patients": len(group.patients),
        "fewest_frames": group.fewest_frames,
        "most_frames": group.most_frames,
        "distinct": {column: len(group.distinct[column]) for column in survey.others},
    }


def _row(survey: Survey, group: Group) -> Iterator[str]:
    yield from map(_shown, group.cells)
    yield from map(str, (group.files, len(group.series), len(group.patients)))
    yield from ("" if frames is None else str(frames) for frames in (group.fewest_frames, group.most_frames))
    yield from (str(len(group.distinct[column])) for column in survey.others)


def _shown(cell: Cell) -> str:
    if cell is None:
        return ABSENT
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell


def _csv(rows: list[tuple[str, ...] | Iterator[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
