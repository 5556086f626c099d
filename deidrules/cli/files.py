"""One DICOM file, read for somebody to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.text.refusals import REFUSALS

if TYPE_CHECKING:
    from deidrules.dicom.element import DicomObject
    from deidrules.text.refusal import Refusal


def read_object(path: Path) -> DicomObject | None:
    """The object, or None when it is refused, which is said by its code. click.UsageError when the file cannot be had."""
    from deidrules.dicom.reader import read
    from deidrules.text.refusal import Refusal

    try:
        data = path.read_bytes()
    except OSError:
        raise click.UsageError("the file cannot be read") from None
    try:
        return read(data)
    except Refusal as refusal:
        say_refusal(refusal)
        return None


def say_refusal(refusal: Refusal) -> None:
    """A refusal on stderr: code, tag and lengths, and what the code means."""
    meaning = REFUSALS.get(refusal.code, "")
    click.echo(f"refused: {refusal}" + (f": {meaning}" if meaning else ""), err=True)
