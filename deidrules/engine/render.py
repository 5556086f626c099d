"""A program carried out on one file: operations become parts of the output, large ones as views of the input."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from struct import pack

from deidrules.dicom import writer
from deidrules.dicom.buffer import View, viewed
from deidrules.dicom.header import PIXEL_DATA
from deidrules.dicom.part import Part, Pieces, in_memory, joined
from deidrules.engine.evaluate import Values
from deidrules.engine.operation import Add, Close, Copy, Icon, Literal, Open, Pixels, Plane, Table, Touch
from deidrules.engine.program import Program
from deidrules.engine.reading import DataSet, Reading
from deidrules.engine.touch import PATIENT_ID, TRACED, Done, Toucher
from deidrules.pixels.apply import PixelResult
from deidrules.pixels.codestream.strip import Stripped, is_stream, strip
from deidrules.text.refusal import Refusal

# Neighbouring parts below this size are put together, so that a file is a handful of writes; larger ones are never copied.
_SMALL = 1 << 15


class ProgramMismatch(Exception):
    """An element of this file changes otherwise than the program says: it needs a program of its own."""


@dataclass(slots=True)
class Rendered:
    """The data set in parts; the new values of the traced top-level attributes by tag; old and new values for a crosswalk; what was
    dropped."""

    parts: list[Part] = field(default_factory=list)
    traced: dict[int, Values] = field(default_factory=dict)
    pairs: list[tuple[int, str, str]] = field(default_factory=list)
    dropped: list[tuple[str, int]] = field(default_factory=list)


def render(program: Program, reading: Reading, toucher: Toucher, pixels: PixelResult, results: dict[int, Done]) -> Rendered:
    """Carry the program out. `results` are touches of this file that are known already, by the id of the operation.
    Raises ProgramMismatch, and Refusal for whatever a touched value refuses."""
    buffer = viewed(reading.instance.buffer)
    out = Rendered()
    parts = out.parts
    opened: list[tuple[int, str]] = []
    frames = _Frames(reading, program.top, pixels)
    for operation in program.operations:
        match operation:
            case Copy(start, stop):
                parts.append(buffer[start:stop])
            case Literal(data):
                parts.append(data)
            case Touch(element, place, candidate, change):
                done = results.get(id(operation)) or toucher.touch(element, place, candidate)[0]
                if done.change != change:
                    raise ProgramMismatch
                if change == "kept":
                    parts.append(buffer[element.header : element.end])
                elif change != "removed":
                    parts.append(done.coded)
                # who the object is of is said once, at its top: an item may name somebody else's number, or this one with another Type
                if done.pairs and (element.tag != PATIENT_ID or place is program.top):
                    out.pairs.extend((element.tag, old, new) for old, new in done.pairs)
                if element.tag in TRACED and place is program.top:
                    out.traced[element.tag] = done.values
            case Add(tag, place, candidate):
                done = results.get(id(operation)) or toucher.create(tag, place, candidate)
                parts.append(done.coded)
                if tag in TRACED and place is program.top:
                    out.traced[tag] = done.values
            case Open(start, stop, order):
                parts.append(buffer[start:stop])
                opened.append((len(parts), order))
                parts.append(b"")
            case Close():
                index, order = opened.pop()
                parts[index] = pack(order + "I", sum(map(len, parts[index + 1 :])))
            case Icon():
                parts.append(pixels.icon or b"")
            case Pixels():
                _pixels(operation, buffer, pixels, out, frames)
            case Table(element, place):
                rebuilt = frames.of(place).rebuilt
                value = buffer[element.value : element.stop] if rebuilt is None else rebuilt.table(element.tag)
                parts += (buffer[element.header : element.value], value)
            case Plane(element, place, keep, inner):
                changed = None if inner else pixels.overlays.get(element.tag)
                bits: View = buffer[element.value : element.stop] if changed is None else memoryview(changed)
                if keep == element.length:
                    parts += (buffer[element.header : element.value], bits)
                else:
                    out.dropped.append(("excess-overlay-bytes", element.length - keep))
                    parts += (writer.element_header(element.tag, element.coded_vr, keep, place.encoding), bits[:keep])
    return out


class _Frames:
    """The frames of one file's encapsulated pixel data without what is not their image, worked out once for each data set."""

    def __init__(self, reading: Reading, top: DataSet, pixels: PixelResult) -> None:
        self._instance = reading.instance
        self._top = top
        self._pixels = pixels
        self._known: dict[int, Stripped] = {}

    def of(self, place: DataSet) -> Stripped:
        """Of the pixel data that stands in `place`."""
        known = self._known.get(id(place))
        if known is None:
            element = place.element(PIXEL_DATA)
            if element is None:
                raise ProgramMismatch
            painted = self._pixels.frames if place is self._top else None
            known = self._known[id(place)] = strip(self._instance, place.elements, place.encoding, element, painted)
        return known

    def stream_inside(self, operation: Pixels) -> bool:
        """True for video in a sequence: nobody has looked at it, and it is not read."""
        return operation.inner and is_stream(self._instance.transfer_syntax)


def _pixels(operation: Pixels, buffer: View, pixels: PixelResult, out: Rendered, frames: _Frames) -> None:
    element, keep = operation.element, operation.keep
    changed = None if operation.inner else pixels.parts
    if element.fragments:
        if frames.stream_inside(operation):
            raise Refusal("video-stream-unread", tag=element.tag, vr=element.vr, length=element.length)
        stripped = frames.of(operation.place)
        out.dropped.extend(stripped.dropped)
        changed = changed if stripped.rebuilt is None else stripped.rebuilt.parts
    if keep is None or keep == element.length:
        if changed is None:
            out.parts.append(buffer[element.header : element.end])
        elif element.fragments or (length := sum(map(len, changed))) == element.length:
            out.parts += (buffer[element.header : element.value], *changed, buffer[element.stop : element.end])
        else:  # an odd length, made even
            out.parts += (writer.element_header(element.tag, element.coded_vr, length, operation.place.encoding), *changed)
        return
    # bytes beyond the geometry are nobody's pixels
    out.dropped.append(("excess-pixel-bytes", element.length - keep))
    out.parts.append(writer.element_header(element.tag, element.coded_vr, keep, operation.place.encoding))
    left = keep
    for part in changed if changed is not None else (buffer[element.value : element.stop],):
        piece = part if len(part) <= left else _first(part, left)
        out.parts.append(piece)
        left -= len(piece)


def _first(part: Part, length: int) -> Part:
    """The first bytes of a part that is longer."""
    if isinstance(part, Pieces):
        part = joined((part,))
    return memoryview(part)[:length] if isinstance(part, bytes) else part[:length]


def gathered(parts: list[Part]) -> tuple[Part, ...]:
    """Small neighbours put together, empty parts left out."""
    out: list[Part] = []
    small: list[Part] = []
    for part in parts:
        if len(part) < _SMALL:
            small.append(part)
            continue
        if small:
            out.append(joined(small))
            small.clear()
        out.append(part)
    if small:
        out.append(joined(small))
    return tuple(part for part in out if len(part))


def deflated(parts: list[Part]) -> bytes:
    """The data set deflated again (PS3.5 A.5), padded to even length. The same bytes for the same data and zlib."""
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    squeezed = b"".join([squeezer.compress(part) for part in in_memory(parts)]) + squeezer.flush()
    return squeezed + b"\0" * (len(squeezed) & 1)
