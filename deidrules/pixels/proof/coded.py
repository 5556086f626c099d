"""Frames of encapsulated pixel data before and after: bytes of those that no rule touched, samples or coefficients of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deidrules.dicom.element import DicomObject
from deidrules.dicom.part import joined
from deidrules.pixels.attributes import of_object
from deidrules.pixels.codecs.codec import Codec, Decoded, decoded
from deidrules.pixels.codestream import strip, uncompressed
from deidrules.pixels.codestream.edits import Edit, edited
from deidrules.pixels.compressed import BLOCKS, CODECS
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.fill import fill_of
from deidrules.pixels.proof.blocks import blocks_hold, jpeg_inside
from deidrules.pixels.proof.equal import equal
from deidrules.pixels.proof.samples import Grid, extremes, rows_hold
from deidrules.pixels.proof.wanted import Colour, Wanted, colours, wanted_of
from deidrules.pixels.work import PixelWork

_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"


def holds(instance: DicomObject, before: PixelFacts, found: DicomObject, after: PixelFacts, work: PixelWork) -> bool:
    """True when the frames of `found` are those of `instance` with the work done, and its offset tables say where they are. Refusal when a
    frame cannot be found, followed or decoded."""
    assert before.element is not None
    one, other = (strip.frames_of(whole, whole.elements, whole.encoding, whole.index[before.element]) for whole in (instance, found))
    if len(one) != len(other):
        return False
    edits = _edits(instance)
    frames = _Frames(instance, before, work)
    for number in range(len(one)):
        wanted = wanted_of(work, number, before)
        if frames.changes(wanted):
            if not frames.changed(bytes(one.frame(number)), bytes(other.frame(number)), wanted):
                return False
        elif not _same(one.frame(number), other.frame(number), edits):
            return False
    return True


def _edits(instance: DicomObject) -> Callable[[memoryview], list[Edit]] | None:
    """What of a frame is metadata and goes; None for video, of which nothing goes."""
    if instance.transfer_syntax == _UNCOMPRESSED:
        length = uncompressed.frame_length(of_object(instance))
        return lambda data: uncompressed.edits(data, length)
    codec = strip.CODECS.get(instance.transfer_syntax)
    return None if codec is None else codec.edits


def _same(before: memoryview, after: memoryview, edits: Callable[[memoryview], list[Edit]] | None) -> bool:
    """True for the same frame, or the same without its metadata. One byte of zero may make the length even."""
    if equal(before, after):
        return True
    kept = joined(edited(before, edits(before))) if edits is not None else before.tobytes()
    return after.tobytes() in (kept, kept + b"\0" * (len(kept) % 2))


class _Frames:
    """Changed frames of one object."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, work: PixelWork) -> None:
        self._instance, self._facts, self._work = instance, facts, work
        self._white = facts.photometric == "MONOCHROME1"

    def changes(self, wanted: Wanted) -> bool:
        """Whether a frame of which this is asked changes. In blocks of JPEG no bits can be cleared: there are none beside the image."""
        return bool(wanted.blanks) if self._facts.transfer_syntax in BLOCKS else bool(wanted)

    def changed(self, before: bytes, after: bytes, wanted: Wanted) -> bool:
        """True when a frame is the one before with everything done that is asked."""
        facts = self._facts
        if facts.transfer_syntax in BLOCKS:
            return blocks_hold(before, after, wanted.blanks, white=self._white)
        if facts.transfer_syntax not in CODECS:
            return False
        inside = jpeg_inside(before, facts.transfer_syntax)
        if inside is not None:
            again = jpeg_inside(after, facts.transfer_syntax)
            return again is not None and blocks_hold(inside, again, wanted.blanks, white=self._white)
        codec = CODECS[facts.transfer_syntax]
        return self._decoded(decoded(codec, before, facts), self._after(codec, after), wanted)

    def _after(self, codec: Codec, frame: bytes) -> Decoded:
        return decoded(codec, frame, self._facts)

    def _decoded(self, before: Decoded, after: Decoded, wanted: Wanted) -> bool:
        one, other = before.samples, after.samples
        # an encoder may state more bits than the samples use (JPEG-LS: those of whole bytes)
        if one.dtype != other.dtype or before.precision > after.precision or before.photometric != after.photometric:
            return False
        facts = replace(self._facts, photometric=before.photometric)
        rows, columns, samples = one.shape
        unsigned = f"u{one.dtype.itemsize}"
        words = [_plain(each).view(unsigned).reshape(rows, columns * samples) for each in (one, other)]
        width = 8 * one.dtype.itemsize if one.dtype.kind == "i" else before.precision
        # bits beside the image that a stream of fewer bits does not have
        there = (1 << width) - 1 if width > facts.high_bit else 0
        wanted = replace(wanted, cleared=tuple((bits & there, rectangle) for bits, rectangle in wanted.cleared if bits & there))
        allowed = self._colours(one, wanted, facts, width) if wanted.blanks else (None,)
        return any(rows_hold(words[0], words[1], 0, wanted, colour, Grid(samples), facts) for colour in allowed)

    def _colours(self, samples: Any, wanted: Wanted, facts: PixelFacts, width: int) -> tuple[Colour, ...]:
        # some streams hold fewer bits than the object says
        fill = fill_of(self._instance, replace(facts, bits_stored=min(facts.bits_stored, width)))
        black = fill.black
        if fill.extreme:
            pair = extremes(samples[..., 0], 0, wanted, facts, width)
            if pair is not None:
                black = (pair[fill.extreme == "largest"],)
        return colours(fill, black, facts, width)


def _plain(samples: Any) -> Any:
    import numpy

    return numpy.ascontiguousarray(samples)
