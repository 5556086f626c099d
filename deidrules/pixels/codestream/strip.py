"""One pixel element without what its frames hold beside the image: the way in for the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deidrules.dicom.element import DicomObject, Element, Encoding
from deidrules.pixels.attributes import Attributes
from deidrules.pixels.codestream import deflated, jp2, jpeg, jpeg2000, jpeg_xl, rle, uncompressed
from deidrules.pixels.codestream.edits import Edit, edited
from deidrules.pixels.encapsulated import LENGTHS, OFFSETS, TOTAL, Encapsulated, Part, Rebuilt, encapsulated
from deidrules.text.refusal import Refusal

NUMBER_OF_FRAMES = 0x00280008

_JPEG_2000 = (jpeg2000.START, jp2.START)


@dataclass(frozen=True, slots=True)
class Codec:
    """How the frames of a transfer syntax are read. `edits` says what of one goes; None for a stream that is not parsed. `starts`: how a
    frame begins."""

    edits: Callable[[memoryview], list[Edit]] | None
    starts: tuple[bytes, ...] = ()


def _jpeg_2000(data: memoryview) -> list[Edit]:
    return jp2.edits(data) if bytes(data[: len(jp2.START)]) == jp2.START else jpeg2000.edits(data)


_PREFIX = "1.2.840.10008.1.2."
_STREAM = Codec(None)
_UNCOMPRESSED = f"{_PREFIX}1.98"

# Every transfer syntax whose pixel data comes in fragments. A test holds the list against the registry.
CODECS: dict[str, Codec] = {
    **{f"{_PREFIX}4.{number}": Codec(jpeg.edits, (jpeg.START,)) for number in (*range(50, 67), 70, 80, 81)},
    **{f"{_PREFIX}4.{number}": Codec(_jpeg_2000, _JPEG_2000) for number in (90, 91, 92, 93, 201, 202, 203)},
    **{f"{_PREFIX}4.{number}": Codec(jpeg_xl.edits, (jpeg_xl.BARE, jpeg_xl.START)) for number in (110, 111, 112)},
    # MPEG-2, MPEG-4 AVC and HEVC: one stream in a container of its own, whose user data and SEI are not read
    **{f"{_PREFIX}4.{number}{form}": _STREAM for number in range(100, 107) for form in ("", ".1")},
    **{f"{_PREFIX}4.{number}": _STREAM for number in (107, 108)},
    f"{_PREFIX}5": Codec(rle.edits),
    f"{_PREFIX}8.1": Codec(deflated.edits),
    _UNCOMPRESSED: Codec(lambda data: []),  # by its geometry, see `_edits`
}


@dataclass(frozen=True, slots=True)
class Stripped:
    """`rebuilt`: the new value of the pixel element and of the tables beside it; None when both stay as they are. `dropped`: what was left
    behind, with its number of bytes."""

    rebuilt: Rebuilt | None = None
    dropped: tuple[tuple[str, int], ...] = ()


def is_stream(transfer_syntax: str) -> bool:
    """True for video, of which nothing is read: text may stand in its user data."""
    return CODECS.get(transfer_syntax) is _STREAM


def frames_of(instance: DicomObject, elements: Sequence[Element], encoding: Encoding, element: Element) -> Encapsulated:
    """The frames of an encapsulated pixel element of a data set (the object or an item) with these elements. Refusal `frames-unclear`, or
    `pixel-attribute` for a Number of Frames that is none."""
    attributes = Attributes(instance, elements, encoding)
    codec = _codec(instance.transfer_syntax)
    frames = 1 if codec is _STREAM else attributes.count(NUMBER_OF_FRAMES)
    tables = {other.tag: instance.raw(other) for other in elements if other.tag in (OFFSETS, LENGTHS, TOTAL)}
    return encapsulated(
        instance.buffer,
        element,
        frames,
        starts=codec.starts,
        offsets=tables.get(OFFSETS),
        lengths=tables.get(LENGTHS),
        total=tables.get(TOTAL),
    )


def strip(
    instance: DicomObject,
    elements: Sequence[Element],
    encoding: Encoding,
    element: Element,
    painted: Mapping[int, bytes] | None = None,
    *,
    only_painted: bool = False,
) -> Stripped:
    """Follow every frame to its end and leave out what is not its image. Each frame that changes has no byte of its image changed, but
    for JPEG XL made from JPEG (`jpeg_xl`). `painted`: frames, counted from 0, that rules have changed before; they stand in for the
    object's. With `only_painted` the others are not looked at and stay as they are.

    Refusal `frames-unclear`, `bad-codestream`, `pixel-coding` for a transfer syntax without frames, `pixel-data-short`."""
    codec = _codec(instance.transfer_syntax)
    frames = frames_of(instance, elements, encoding, element)
    if codec.edits is None:
        return Stripped(dropped=(("video-stream-unread", element.length),))
    edits = codec.edits
    if instance.transfer_syntax == _UNCOMPRESSED:
        length = uncompressed.frame_length(Attributes(instance, elements, encoding))

        def edits(data: memoryview) -> list[Edit]:
            return uncompressed.edits(data, length)

    changed: dict[int, tuple[Part, ...]] = {}
    dropped: Counter[str] = Counter()
    try:
        for number, original in enumerate(frames):
            new = painted.get(number) if painted else None
            if new is None and only_painted:
                continue
            frame = original if new is None else memoryview(new)
            found = edits(frame)
            if new is not None or any(edit.what for edit in found):
                # views of a large file, not the bytes just read: every frame may have something to lose
                stays = frames.view(number) if new is None else None
                changed[number] = edited(frame if stays is None else stays, found)
                for edit in found:
                    if edit.what:
                        dropped[edit.what] += edit.loses
    except Refusal as refusal:
        raise Refusal(refusal.code, tag=element.tag, vr=element.vr, length=refusal.length, expected=refusal.expected) from None
    return Stripped(frames.rebuilt(changed) if changed else None, tuple(sorted(dropped.items())))


def _codec(transfer_syntax: str) -> Codec:
    codec = CODECS.get(transfer_syntax)
    if codec is None:
        raise Refusal("pixel-coding")
    return codec
