"""`deidrules render`: the pictures that a file holds, to be looked at."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deidrules.run.pictures import Picture

STOPPED = 3
_GROUP = re.compile(r"60[01][02468ACE]", re.IGNORECASE)
_SUFFIX = ".dcm"


def _groups(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[int, ...]:
    for value in values:
        if not _GROUP.fullmatch(value):
            raise click.BadParameter(f"`{value}` is no overlay group: they are 6000, 6002 … 601E")
    return tuple(int(value, 16) for value in values)


@click.command("render", short_help="Write the pictures in a file as PNG.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--frame", "frames", metavar="N", multiple=True, type=click.IntRange(min=1), help="This frame, counted from 1; may be repeated."
)
@click.option(
    "--overlay", "overlays", metavar="G", multiple=True, callback=_groups, help="This overlay plane, 6000 to 601E, and no frames."
)
@click.option(
    "-o", "--output", metavar="DIR", default=".", type=click.Path(file_okay=False), help="Folder for the pictures [default: here]."
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one for each picture.")
def command(file: str, frames: tuple[int, ...], overlays: tuple[int, ...], output: str, as_json: bool) -> int:
    """Write what can be seen in a DICOM file as PNG: every frame, every overlay plane with its frames, and whatever stands in the bits
    of samples beside BitsStored.

    Pictures show what is in the file, burned-in names too: where the file identifies a patient, so do they, and their names begin with
    the file's. They are written for you alone to read (mode 0600); nothing is overwritten.

    Names: NAME.frame-0001.png, NAME.overlay-6000.frame-0001.png, NAME.overlay-6000.png for a plane that lies over all frames,
    NAME.high-bits-15.frame-0001.png for a bit, counted from 0, that no overlay plane names. Frames count from 1. Grey values are shown
    through the first window of the file, or from the 0.5th to the 99.5th percentile of the frame.

    Exit codes: 0 done, 1 the file or a picture of it is refused, or it holds none, 2 wrong usage, 3 stopped early."""
    from deidrules.cli.files import read_object, say_refusal
    from deidrules.cli.progress import progress_bar
    from deidrules.run.errors import Stopped, UsageError
    from deidrules.run.pictures import Choice, write_pictures
    from deidrules.run.quiet import no_core_dumps
    from deidrules.text.refusal import Refusal
    from deidrules.text.refusals import REFUSALS

    path = Path(file)
    no_core_dumps()
    instance = read_object(path)
    if instance is None:
        return 1
    name = path.name[: -len(_SUFFIX)] if path.name.lower().endswith(_SUFFIX) and len(path.name) > len(_SUFFIX) else path.name
    pictures: list[Picture] = []
    stopped = ""
    with progress_bar() as progress:
        try:
            for picture in write_pictures(instance, name, Path(output), Choice(frames, overlays), progress):
                pictures.append(picture)
        except UsageError as problem:
            raise click.UsageError(str(problem)) from None
        except Refusal as refusal:
            say_refusal(refusal)
            return 1
        except Stopped as problem:
            stopped = problem.code
    refused = [picture for picture in pictures if picture.refusal is not None]
    if as_json:
        click.echo(json.dumps([picture.record() for picture in pictures], indent=2))
    else:
        click.echo(_summary(pictures))
    for picture in refused:
        assert picture.refusal is not None
        code = str(picture.refusal["code"])
        click.echo(f"{_what(picture)} refused: {code}, {REFUSALS.get(code, '')}", err=True)
    if stopped:
        click.echo(f"stopped early: {stopped}, {REFUSALS.get(stopped, '')}", err=True)
        return STOPPED
    return int(bool(refused) or not pictures)


def _summary(pictures: list[Picture]) -> str:
    counts = {"frame": 0, "overlay": 0, "high-bits": 0}
    for picture in pictures:
        counts[picture.what] += picture.refusal is None
    words = {"frame": "frames", "overlay": "overlay planes", "high-bits": "bits beside the image"}
    said = ", ".join(f"{words[what]} {count}" for what, count in counts.items() if count)
    if said:
        return f"pictures written: {said}"
    return "no picture was written" if pictures else "the file holds neither pixel data nor overlay planes"


def _what(picture: Picture) -> str:
    said = f"overlay plane {picture.overlay}" if picture.overlay else "" if picture.bit is None else f"bit {picture.bit}"
    frame = "" if picture.frame is None else f"frame {picture.frame}"
    return f"{said} at {frame}" if said and frame else said or frame
