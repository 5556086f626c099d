"""Files redacted one by one: what is asked of each, where its output goes, and what became of it."""

# Paths stay text here, as the user and the lists have them.
# ruff: noqa: PTH100, PTH108, PTH112, PTH118, PTH119, PTH120

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from deidrules.dicom.buffer import Buffer, FileBuffer
from deidrules.engine.redaction import Ask, Redacted, Redaction, redact_object
from deidrules.pixels.work import FrameBlanks, PixelWork
from deidrules.plan.pixels import Blank, Rectangle
from deidrules.rectangles.argument import ANY_PLANE, spelled
from deidrules.rectangles.conventions import group_of
from deidrules.rectangles.matching import Target
from deidrules.rectangles.model import ListedRectangle
from deidrules.run.errors import stop_code
from deidrules.run.process import FILE_BYTES, internal_error
from deidrules.run.reading import open_buffer
from deidrules.run.sink import move_without_clobbering, same_bytes, write_partial
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.refusal import Refusal

SUFFIX = ".redacted.dcm"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of every file. `rectangles` in the image's columns and rows, for `frames` (all when empty) of the
    `overlays`: "" the image, a group, "*", `ANY_PLANE`. `clipped`: parts of rectangles outside the image are cut off."""

    rectangles: tuple[Rectangle, ...] = ()
    frames: tuple[tuple[int, int], ...] = ()
    overlays: tuple[str, ...] = ("",)
    clipped: bool = False
    outside_regions: bool = False
    strips: tuple[str, ...] = ()
    new_uid: bool = False

    def nothing(self) -> bool:
        """True when only a list can say what to do."""
        return not (self.rectangles or self.outside_regions or self.strips)


@dataclass(frozen=True, slots=True)
class Job:
    """One file: its path and its output's as people see them, and what is done to it."""

    file: str
    output: str
    redaction: Redaction


@dataclass(frozen=True, slots=True)
class Blanked:
    """A rectangle that was blanked, in the columns, rows and frames of what it lies in: the image where `overlay` is "", else the plane of
    that group. `first` to `last` count from 1."""

    first: int
    last: int
    rectangle: Rectangle
    overlay: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a file. `outcome`: `written`, `duplicate` (the very bytes are there already), or `refused`, with the `refusal` as a
    quarantine record has it. `changed` is False when what was to be removed is not there: then the output is the input. `removed`: overlay
    groups that went. `high_bits`: bits beside BitsStored were cleared. `new_icon`: the icon was made anew. `untrue`: elements that went
    with the change of the image."""

    file: str
    output: str
    outcome: str
    refusal: dict[str, str | int] | None = None
    changed: bool = True
    blanked: tuple[Blanked, ...] = ()
    removed: tuple[str, ...] = ()
    high_bits: bool = False
    new_icon: bool = False
    untrue: tuple[str, ...] = ()
    new_uid: str = ""
    dropped: tuple[tuple[str, int], ...] = ()


def jobs(targets: Sequence[Target], asked: Asked, output: str | None) -> tuple[tuple[Job, ...], tuple[Diagnostic, ...]]:
    """What to do for each target. `output`: a folder, which is made where the name ends with a separator or several files go there, or for
    one target a file; None beside the input, or the current folder where that cannot be written to."""
    folder, name = _place(output, several=len(targets) > 1)
    found: list[Job] = []
    taken: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for target in targets:
        path = os.path.join(folder if folder is not None else beside(target.file), name or output_name(target.file))
        other = taken.setdefault(os.path.abspath(path), target.file)
        if other is not target.file:
            help_ = "without -o each output stands beside its input; with it, redact them one by one"
            problems.append(Diagnostic("DR608", f"the outputs of `{other}` and `{target.file}` would have one name", help=help_))
        found.append(Job(target.file, path, redaction_of(target.rectangles, asked)))
    return (() if problems else tuple(found)), tuple(problems)


def _place(output: str | None, *, several: bool) -> tuple[str | None, str]:
    """The folder of -o, and the name of the file where it names one."""
    if output is None:
        return None, ""
    if several or os.path.isdir(output) or output.endswith(("/", os.sep)):
        return output, ""
    return os.path.dirname(output), os.path.basename(output)


def output_name(file: str) -> str:
    """The plain name of an output: `.dcm` is cut first."""
    name = os.path.basename(file)
    stem = name[:-4] if name.lower().endswith(".dcm") and len(name) > 4 else name
    return stem + SUFFIX


def beside(file: str) -> str:
    """The folder of a file; the current one where that cannot be written to."""
    folder = os.path.dirname(file)
    return folder if os.access(folder or os.curdir, os.W_OK | os.X_OK) else ""


def redaction_of(listed: Iterable[ListedRectangle], asked: Asked) -> Redaction:
    """What is done to a file with these rows of lists."""
    asks = [_listed(one, clipped=asked.clipped) for one in dict.fromkeys(listed)]
    for rectangle in dict.fromkeys(asked.rectangles):
        for overlay in dict.fromkeys(asked.overlays):
            blanks = tuple(
                Blank(rectangle, clipped=asked.clipped, overlay=one, frames=asked.frames)
                for one in (("", "*") if overlay == ANY_PLANE else (overlay,))
            )
            asks.append(Ask(f"-r {spelled([rectangle])}", blanks))
    return Redaction(tuple(asks), asked.outside_regions, asked.strips, asked.new_uid)


def _listed(one: ListedRectangle, *, clipped: bool) -> Ask:
    frames = () if one.frame is None else ((one.frame, one.frame),)
    overlays = ("", "*") if one.overlay is None else (group_of(one.overlay),)
    blanks = tuple(Blank(one.rectangle, clipped=clipped, overlay=overlay, frames=frames) for overlay in overlays)
    return Ask(one.place, blanks, own=one.overlay is not None)


def redact_files(jobs: Iterable[Job]) -> Iterator[Done]:
    """Do one after the other; a file that cannot be done does not keep the others from it."""
    for job in jobs:
        yield redact_file(job)


def redact_file(job: Job) -> Done:
    """Read, redact, write under a temporary name, prove, and give it its name. Never raises for the sake of a file."""
    try:
        with open_buffer(os.path.realpath(job.file), FILE_BYTES) as buffer:
            redacted = redact_object(buffer, job.redaction)
            outcome = _write(redacted, buffer, job.output)
    except Refusal as refusal:
        return _refused(job, refusal.record())
    except MemoryError:
        return _refused(job, {"code": "out-of-memory"})
    except OSError as error:
        return _refused(job, {"code": stop_code(error)})
    except Exception as error:
        return _refused(job, internal_error(error))
    return Done(
        job.file,
        job.output,
        outcome,
        changed=redacted.changed,
        blanked=tuple(blanked_of(redacted.work)),
        removed=tuple(f"{group:04X}" for group in redacted.work.removed_groups),
        high_bits=redacted.work.strip_high_bits,
        new_icon=redacted.new_icon,
        untrue=tuple(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in redacted.removed),
        new_uid=redacted.new_uid,
        dropped=redacted.dropped,
    )


def _refused(job: Job, record: dict[str, str | int]) -> Done:
    return Done(job.file, "", "refused", record, changed=False)


def _write(redacted: Redacted, buffer: Buffer, output: str) -> str:
    """`written` or `duplicate`. Refusal `conflict`, `source-changed`, `verify-mismatch`; OSError. Nothing is left behind then."""
    folder = os.path.dirname(output)
    if folder:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    partial = f".deidrules-{secrets.token_hex(8)}.partial"
    path = os.path.join(folder, partial)
    write_partial(folder, partial, redacted.parts)
    try:
        _prove(redacted, path)
        if isinstance(buffer, FileBuffer):
            buffer.prove_unchanged()  # it was read more than once
        try:
            move_without_clobbering(path, output)
        except FileExistsError:
            if not same_bytes(path, output):
                raise Refusal("conflict") from None
            return "duplicate"
        return "written"
    finally:
        if os.path.lexists(path):
            os.unlink(path)


def _prove(redacted: Redacted, path: str) -> None:
    """Read the written file back and hold it against what was asked. Refusal `verify-mismatch`."""
    size = sum(map(len, redacted.parts))
    with open_buffer(os.path.realpath(path), size) as written:
        if len(written) != size:
            raise Refusal("verify-mismatch")
        redacted.prove(written)


def blanked_of(work: PixelWork) -> Iterator[Blanked]:
    """Every rectangle of the work, frames first."""
    yield from _spans(work.frames, "")
    for blanks in work.planes:
        yield from _spans(blanks.frames, f"{blanks.plane.group:04X}")


def _spans(spans: Iterable[FrameBlanks], overlay: str) -> Iterator[Blanked]:
    for span in spans:
        for rectangle in span.rectangles:
            yield Blanked(span.first + 1, span.stop, rectangle, overlay)
