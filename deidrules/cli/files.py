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
    """A refusal on stderr: what its code means, and where."""
    meaning = REFUSALS.get(refusal.code, "")
    said = [f"refused: {refusal.code}" + (f", {meaning}" if meaning else "")]
    place = {"tag": "at {}", "vr": "{}", "length": "length {}", "expected": "expected {}", "rule": "by {}"}
    said += [place[name].format(value) for name, value in refusal.record().items() if name in place]
    click.echo("; ".join([said[0], " ".join(said[1:])]) if len(said) > 1 else said[0], err=True)
