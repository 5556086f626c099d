"""`deidrules redact`: rectangles blanked without a profile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deidrules.plan.pixels import Rectangle
    from deidrules.rectangles.model import RectangleList
    from deidrules.run.redact import Asked
    from deidrules.text.diagnostic import Diagnostic

_NOTHING = (
    "nothing says what to blank: -r, --csv, --db, or one of --remove-overlays, --remove-high-bit-overlays, --remove-ultrasound-regions"
)


@click.command("redact", short_help="Blank rectangles of images, without a profile.")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option("-r", "--rect", "rects", metavar="R", multiple=True, help='Rectangles: "x0,y0,x1,y1" or "x0,y0,+w,+h", several with `;`.')
@click.option("--frames", metavar="N", help="Frames that -r means, from 1: 1,3-5 [default: all].")
@click.option("--overlay", "overlays", metavar="G", multiple=True, help="Plane that -r means: 6000 to 601E, *, any [default: the image].")
@click.option("--clipped", is_flag=True, help="Cut rectangles to the image, where they would be refused.")
@click.option("--csv", "tables", metavar="F", multiple=True, type=click.Path(exists=True, dir_okay=False), help="Rectangles in a CSV file.")
@click.option(
    "--db", "databases", metavar="PATH", multiple=True, type=click.Path(exists=True), help="Rectangles of dcmaudit: file or folder."
)
@click.option("--root", metavar="DIR", type=click.Path(exists=True, file_okay=False), help="Goes before relative paths of lists.")
@click.option("--all", "undone", is_flag=True, help="With --db: files that are not marked done, too.")
@click.option("--remove-high-bit-overlays", is_flag=True, help="Clear all bits of samples that are not the image.")
@click.option("--remove-ultrasound-regions", is_flag=True, help="Blank what lies OUTSIDE the ultrasound regions.")
@click.option("--remove-overlays", is_flag=True, help="Remove all overlay planes (groups 6000 to 601E).")
@click.option("--new-uid", is_flag=True, help="Give each output a SOP Instance UID of its own.")
@click.option("-o", "--output", metavar="OUT", type=click.Path(), help="Folder, or for one FILE a file [default: beside each FILE].")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="List what was blanked where.")
def command(
    files: tuple[str, ...],
    rects: tuple[str, ...],
    frames: str | None,
    overlays: tuple[str, ...],
    clipped: bool,
    tables: tuple[str, ...],
    databases: tuple[str, ...],
    root: str | None,
    undone: bool,
    remove_high_bit_overlays: bool,
    remove_ultrasound_regions: bool,
    remove_overlays: bool,
    new_uid: bool,
    output: str | None,
    as_json: bool,
    verbose: bool,
) -> int:
    """Blank rectangles in each FILE, or with a list in every file listed, and write NAME.redacted.dcm beside it (a `.dcm` of NAME is cut
    first), in the current folder where that cannot be written to, or where -o says. The transfer syntax stays, frames that no rectangle
    touches keep their bytes, and nothing is ever overwritten. Each file is read back and proven before it gets its name.

    This is no de-identification: names, dates and numbers in the header stay, byte for byte, and nothing in the output says otherwise.
    The SOP Instance UID stays too, unless --new-uid is given.

    \b
    Two ways to count:
                   -r, --frames, --overlay       --csv, --db
      corners      x1,y1 are the first column    right and bottom are
                   and row left alone            blanked, too
      frames       from 1                        from 0, -1 is any
      overlay      a group: 6000, 6002 ...       an index: 0 is 6000, 1 is
                   without it the image only     6002; -1 is any: the image
                                                 and every plane
      in a plane   columns, rows and frames      the plane's own columns,
                   of the image                  rows and frames

    A CSV has the columns filename,frame,overlay,left,top,right,bottom in any order, others are passed over; frame and overlay may be
    missing and mean -1. A database is that of dcmaudit, or the folder that holds dcmaudit.sqlite.db; only files marked done are taken,
    unless --all is given. A row whose left is less than 0 sums up a file and blanks nothing.

    Relative paths of a list, and of FILE where there is no such file here, are looked for below --root. With FILE only the rows of these
    files are used: those of the same path, else those of the one listed file of the same name that is not
    there itself. A FILE without rows is an error, unless -r says what to blank in it.

    Exit codes: 0 all written, 1 something was refused and not written, 2 wrong usage or a list that is not understood, and nothing was
    touched, 130 interrupted."""
    from deidrules.cli.redacting import report, say_matches
    from deidrules.rectangles.matching import match
    from deidrules.run.quiet import no_core_dumps

    files = tuple(_file(file, root or "") for file in files)
    strips = [name for name, asked in (("overlays", remove_overlays), ("high-bit-overlays", remove_high_bit_overlays)) if asked]
    lists: list[RectangleList] = []
    problems: list[Diagnostic] = []
    asked = _asked(rects, frames, overlays, problems, clipped=clipped, regions=remove_ultrasound_regions, strips=strips, new_uid=new_uid)
    if asked.nothing() and not (rects or tables or databases):
        raise click.UsageError(_NOTHING)
    if not (files or tables or databases):
        raise click.UsageError("neither a file nor a list of files was given")
    if (frames or overlays or clipped) and not (rects or (clipped and (tables or databases))):
        raise click.UsageError("--frames, --overlay and --clipped go with rectangles: a list has its own frames and overlays")
    if undone and not databases:
        raise click.UsageError("--all goes with --db")
    for name, read in [*((name, _csv) for name in tables), *((name, _database) for name in databases)]:
        found, said = read(name)
        lists.append(found)
        problems.extend(said)
    if problems:
        return _stop(problems)
    matched, said = match(files, lists, root=root or "", take_undone=undone, on_their_own=bool(rects))
    if said:
        return _stop(said)

    from deidrules.cli.progress import progress_bar
    from deidrules.run.interrupt import Interruption
    from deidrules.run.redact import jobs, redact_files

    planned, said = jobs(matched.targets, asked, output)
    if said:
        return _stop(said)
    if output is not None and len(planned) > 1 and Path(output).exists() and not Path(output).is_dir():
        raise click.UsageError("-o names a file, and there are several files to redact: name a folder")
    say_matches(matched)
    no_core_dumps()
    done = []
    stopped = False
    with progress_bar() if len(planned) > 1 else _no_bar() as progress, Interruption() as interruption:
        try:
            for one in redact_files(planned):
                done.append(one)
                if progress is not None:
                    progress(len(done), len(planned))
                interruption.check()
        except KeyboardInterrupt:
            stopped = len(done) < len(planned)
    return report(done, len(planned), as_json=as_json, verbose=verbose, stopped=stopped)


def _file(file: str, root: str) -> str:
    """A FILE as it was named, or behind --root where there is none of that name here."""
    for place in (file, os.path.join(root, file)):  # noqa: PTH118
        if Path(place).is_file():
            return place
        if Path(place).is_dir():
            raise click.UsageError(f"`{file}` is a folder: name the files in it, or a list of them by --csv")
    from deidrules.rectangles.argument import parse_rectangles

    hint = ": each rectangle has a -r of its own" if parse_rectangles(file)[0] else ""
    raise click.UsageError(f"there is no file `{file}`{hint}")


def _asked(
    rects: tuple[str, ...],
    frames: str | None,
    overlays: tuple[str, ...],
    problems: list[Diagnostic],
    *,
    clipped: bool,
    regions: bool,
    strips: list[str],
    new_uid: bool,
) -> Asked:
    """What the options say; what is wrong with them goes to `problems`."""
    from deidrules.rectangles.argument import parse_frames, parse_overlay, parse_rectangles
    from deidrules.run.redact import Asked

    rectangles: list[Rectangle] = []
    for number, text in enumerate(rects, start=1):
        found, said = parse_rectangles(text, "--rect" if len(rects) == 1 else f"--rect, number {number}")
        rectangles.extend(found)
        problems.extend(said)
    addressed, said = parse_frames(frames) if frames is not None else ((), ())
    problems.extend(said)
    planes = []
    for text in overlays:
        plane, said = parse_overlay(text)
        planes.append(plane)
        problems.extend(said)
    return Asked(tuple(rectangles), addressed, tuple(planes) or ("",), clipped, regions, tuple(strips), new_uid)


def _csv(name: str) -> tuple[RectangleList, tuple[Diagnostic, ...]]:
    from deidrules.rectangles.csv_file import read_csv
    from deidrules.rectangles.model import RectangleList
    from deidrules.text.diagnostic import Diagnostic

    try:
        with Path(name).open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return RectangleList(name), (Diagnostic("DR605", f"`{name}` cannot be read as UTF-8 text"),)
    return read_csv(text, name)


def _database(name: str) -> tuple[RectangleList, tuple[Diagnostic, ...]]:
    from deidrules.rectangles.database import read_database

    return read_database(Path(name), name)


def _stop(problems: list[Diagnostic] | tuple[Diagnostic, ...]) -> int:
    from deidrules.cli.profiles import say

    say(tuple(problems))
    click.echo("nothing was written", err=True)
    return 2


class _no_bar:
    """In the place of a progress bar, for one file."""

    def __enter__(self) -> Callable[[int, int], None] | None:
        return None

    def __exit__(self, *error: object) -> None:
        return None
