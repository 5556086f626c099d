"""Every picture that one object holds, as PNG files: frames, overlay planes with their frames, bits beside the image."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deidrules.dicom.element import DicomObject
from deidrules.pixels.bit_planes import flat, hidden_bits, overlay_bits, sample_bit
from deidrules.pixels.facts import PixelFacts, read_facts
from deidrules.pixels.picture import Pictures
from deidrules.pixels.planes import OverlayPlane
from deidrules.pixels.png import png
from deidrules.pixels.samples import FrameReader, samples_of
from deidrules.run.errors import Stopped, UsageError, stop_code
from deidrules.run.sink import move_without_clobbering, write_partial
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = 4  # of a frame's number in a name, where they are enough


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, or why there is none. `what`: `frame`, `overlay` or `high-bits`. `frame` counts from 1 in the image, None for an overlay
    plane that lies over all frames and for one that cannot be read; `overlay` is the group as four digits, "" for others; `bit` counts from
    0. `name` is the file's name, `rows` and `columns` its size; `refusal` the record of the refusal where there is no file."""

    what: str
    frame: int | None = None
    overlay: str = ""
    bit: int | None = None
    name: str = ""
    rows: int = 0
    columns: int = 0
    refusal: dict[str, str | int] | None = None

    def record(self) -> dict[str, Any]:
        """What JSON says of it; what does not apply is left out."""
        said: dict[str, Any] = {"what": self.what}
        if self.frame is not None:
            said["frame"] = self.frame
        if self.overlay:
            said["overlay"] = self.overlay
        if self.bit is not None:
            said["bit"] = self.bit
        if self.refusal is not None:
            return {**said, "refusal": self.refusal}
        return {**said, "name": self.name, "rows": self.rows, "columns": self.columns}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted of an object: `frames`, counted from 1, all where empty; `overlays`, groups as numbers: these planes and nothing
    else, where empty everything."""

    frames: tuple[int, ...] = ()
    overlays: tuple[int, ...] = ()


def write_pictures(
    instance: DicomObject, name: str, folder: Path, choice: Choice, progress: Callable[[int, int], None] | None = None
) -> Iterator[Picture]:
    """Write the pictures one after another, `folder`/NAME.frame-0001.png and so on, mode 0600, and say of each what came of it. Nothing
    is overwritten: where the same bytes stand they are left, where others stand the refusal `conflict` says so. What cannot be decoded
    is refused for itself, all else is written. `folder` is made, with mode 0700. `progress` is called with (done, there).

    Refusal when the object's description of its pixels cannot be read; UsageError for a frame or an overlay plane that it does not have;
    Stopped when the folder cannot be written to."""
    facts = read_facts(instance)
    _check(facts, choice)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stopped(stop_code(error)) from None
    digits = max(_DIGITS, len(str(facts.frames)))
    for picture, pixels in _pictures(instance, facts, choice, progress):
        if pixels is None:
            yield picture
            continue
        made = replace(picture, name=_name(picture, name, digits), rows=pixels.shape[0], columns=pixels.shape[1])
        yield made if _written(folder, made.name, png(pixels)) else replace(picture, refusal=Refusal("conflict").record())


def _check(facts: PixelFacts, choice: Choice) -> None:
    last = max([facts.frames, *(plane.first_frame + plane.frames for plane in facts.planes if not plane.every_frame)])
    for frame in choice.frames:
        if not 1 <= frame <= last:
            raise UsageError(f"the object has no frame {frame}")
    for group in choice.overlays:
        if facts.plane(group) is None:
            raise UsageError(f"the object has no overlay plane {group:04X}")


Shown = tuple[Picture, "NDArray[Any] | None"]


def _pictures(instance: DicomObject, facts: PixelFacts, choice: Choice, progress: Callable[[int, int], None] | None) -> Iterator[Shown]:
    planes = [plane for plane in facts.planes if not choice.overlays or plane.group in choice.overlays]
    embedded = [plane for plane in planes if plane.embedded]
    stored = [(plane, number) for plane in planes if not plane.embedded for number in range(plane.frames) if _over(plane, number, choice)]
    frames: Sequence[int] = range(facts.frames)
    if choice.frames:
        frames = sorted({frame - 1 for frame in choice.frames if frame <= facts.frames})
    if choice.overlays and not embedded:
        frames = ()
    there = len(frames) + len(stored)
    reader = FrameReader(instance, facts)
    pictures = Pictures(instance, facts, reader=reader)
    for done, frame in enumerate(frames):
        yield from _of_frame(frame, reader, pictures, facts, embedded, everything=not choice.overlays)
        if progress is not None:
            progress(done + 1, there)
    for done, (plane, number) in enumerate(stored, start=len(frames)):
        over = None if plane.every_frame or not plane.readable else plane.first_frame + number + 1
        picture = Picture("overlay", frame=over, overlay=f"{plane.group:04X}")
        try:
            yield picture, overlay_bits(instance, facts, plane, number, reader)
        except Refusal as refusal:
            yield replace(picture, refusal=refusal.record()), None
        if progress is not None:
            progress(done + 1, there)


def _over(plane: OverlayPlane, number: int, choice: Choice) -> bool:
    return not choice.frames or plane.every_frame or not plane.readable or plane.first_frame + number + 1 in choice.frames


def _of_frame(
    frame: int, reader: FrameReader, pictures: Pictures, facts: PixelFacts, embedded: list[OverlayPlane], *, everything: bool
) -> Iterator[Shown]:
    """The frame, and what its samples hold beside it."""
    picture = Picture("frame", frame=frame + 1)
    try:
        words = reader.words(frame)
    except Refusal as refusal:
        yield replace(picture, refusal=refusal.record()), None
        return
    if everything:
        try:
            yield picture, pictures.shown(samples_of(words, facts), frame)
        except Refusal as refusal:
            yield replace(picture, refusal=refusal.record()), None
    for plane in embedded:
        if plane.bit < words.precision:
            yield Picture("overlay", frame=frame + 1, overlay=f"{plane.group:04X}"), flat(sample_bit(words, plane.bit))
    if everything:
        for bit, held in hidden_bits(words, facts).items():
            yield Picture("high-bits", frame=frame + 1, bit=bit), held if held.shape[2] == 3 else flat(held)


def _name(picture: Picture, name: str, digits: int) -> str:
    parts = [name]
    if picture.what == "overlay":
        parts.append(f"overlay-{picture.overlay}")
    if picture.what == "high-bits":
        parts.append(f"high-bits-{picture.bit}")
    if picture.frame is not None:
        parts.append(f"frame-{picture.frame:0{digits}}")
    return ".".join([*parts, "png"])


def _written(folder: Path, name: str, data: bytes) -> bool:
    """True when the bytes stand under the name, False when something else does. Stopped when neither can be."""
    partial = f".deidrules-{secrets.token_hex(8)}"
    try:
        write_partial(os.fspath(folder), partial, (data,))
        try:
            move_without_clobbering(os.fspath(folder / partial), os.fspath(folder / name))
        except BaseException:
            (folder / partial).unlink(missing_ok=True)
            raise
    except FileExistsError:
        return _same(folder / name, data)
    except OSError as error:
        raise Stopped(stop_code(error)) from None
    return True


def _same(path: Path, data: bytes) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.read_bytes() == data
    except OSError:
        return False
