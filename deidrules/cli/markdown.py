"""Pieces of Markdown: code spans and tables that hold whatever stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence


def code(text: str) -> str:
    """A code span, in as many backticks as its text needs."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def plain(text: str) -> str:
    """Words that mean nothing to Markdown."""
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a table; nothing when it has no rows. Columns that are empty in every row are left out."""
    every = [tuple(row) for row in rows]
    if not every:
        return
    kept = [column for column in range(len(head)) if any(row[column] for row in every)]
    for row in (tuple(head), ("---",) * len(head), *every):
        cells = (row[column].replace("|", "\\|").replace("\n", " ") for column in kept)
        yield "| " + " | ".join(cells) + " |"


def count(number: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
