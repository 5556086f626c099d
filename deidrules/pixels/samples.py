"""The samples of any frame of an object, in whatever coding and layout: one frame at a time is held, never the pixel data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deidrules.dicom.buffer import View, loaded, viewed
from deidrules.dicom.element import DicomObject
from deidrules.pixels import compressed, native
from deidrules.pixels.codecs.codec import Codec, Decoded, broken, decoded
from deidrules.pixels.codecs.jpeg_dct import JPEG_DCT
from deidrules.pixels.codestream.strip import frames_of
from deidrules.pixels.encapsulated import Encapsulated
from deidrules.pixels.extremes import stored_values
from deidrules.pixels.facts import SHARED_CHROMA, PixelFacts
from deidrules.pixels.layout import layout_of
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREFIX = "1.2.840.10008.1.2."
_UNCOMPRESSED = f"{_PREFIX}1.98"  # native frames in fragments, PS3.5 A.4.11

# Processes of JPEG that are shown and not changed (52 to 56 retired, PS3.5 A.4.1) beside those that are
SHOWN: dict[str, Codec] = {**compressed.CODECS, **{f"{_PREFIX}4.{number}": JPEG_DCT for number in range(50, 57)}}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """`values`: rows x columns x samples per pixel, the image's own bits with their sign. `bits`: how many of them a sample has;
    `signed`: one of them is a sign. `photometric`: what the samples mean, with the frame's own word before the object's; shared chroma is
    given to each pixel, and what a decoder has turned into RGB is called so."""

    values: NDArray[Any]
    bits: int
    signed: bool
    photometric: str


class FrameReader:
    """Reads the frames of one object. Where frames begin is worked out once, so reading all of them costs no more than each."""

    def __init__(self, instance: DicomObject, facts: PixelFacts) -> None:
        self._instance, self._facts = instance, facts
        self._frames: Encapsulated | None = None

    def words(self, frame: int) -> Decoded:
        """A frame, counted from 0, as stored: bits beside BitsStored included where the coding holds them; for the samples without them
        see `samples`. IndexError for a frame that the object does not have.

        Refusal `encapsulated-pixels-unsupported` (video, a transfer syntax without frames), `unsupported-pixel-layout`, `frames-unclear`,
        `compressed-frame-broken`, `compressed-frame-unsupported`, `pixel-data-short`."""
        facts = self._facts
        if not 0 <= frame < facts.frames:
            raise IndexError("the object has no such frame")
        if not facts.encapsulated:
            if facts.transfer_syntax not in native.TRANSFER_SYNTAXES:
                raise self._refused("encapsulated-pixels-unsupported")
            value = viewed(self._instance.buffer)[facts.offset : facts.offset + facts.length]
            return native_words(value, facts, frame)
        codec = SHOWN.get(facts.transfer_syntax)
        if codec is None and facts.transfer_syntax != _UNCOMPRESSED:
            raise self._refused("encapsulated-pixels-unsupported")
        try:
            data = self._encapsulated().frame(frame)
            if codec is not None:
                return decoded(codec, bytes(data), facts)
            alone = replace(facts, frames=1)
            if len(data) < alone.native_length:
                raise Refusal("pixel-data-short", length=len(data), expected=alone.native_length)
            return native_words(data, replace(alone, length=alone.native_length), 0)
        except Refusal as refusal:
            raise Refusal(refusal.code, tag=facts.element, vr=facts.vr, length=refusal.length, expected=refusal.expected) from None

    def samples(self, frame: int) -> Samples:
        """The samples of a frame, counted from 0. Raises as `words`."""
        return samples_of(self.words(frame), self._facts)

    def _encapsulated(self) -> Encapsulated:
        if self._frames is None:
            instance, facts = self._instance, self._facts
            assert facts.element is not None
            self._frames = frames_of(instance, instance.elements, instance.encoding, instance.index[facts.element])
        if len(self._frames) != self._facts.frames:
            raise broken()
        return self._frames

    def _refused(self, code: str) -> Refusal:
        return Refusal(code, tag=self._facts.element, vr=self._facts.vr)


def samples(instance: DicomObject, facts: PixelFacts, frame: int) -> Samples:
    """The samples of one frame, counted from 0; for several frames of an object take a `FrameReader`. Raises as `FrameReader.words`."""
    return FrameReader(instance, facts).samples(frame)


def samples_of(words: Decoded, facts: PixelFacts) -> Samples:
    """The image's bits of stored words, their sign extended; a stream that has fewer bits than the object says has those."""
    if facts.float_samples:
        return Samples(words.samples, facts.bits_allocated, True, words.photometric)
    signed = words.samples.dtype.kind == "i" or (facts.signed and facts.bits_allocated > 1)
    bits, high = facts.bits_stored, facts.high_bit
    if words.precision <= high:
        bits = min(bits, words.precision)
        high = bits - 1
    values = stored_values(words.samples, replace(facts, bits_stored=bits, high_bit=high, signed=signed))
    return Samples(values, bits, signed, words.photometric)


def native_words(value: View, facts: PixelFacts, frame: int) -> Decoded:
    """A frame of native pixel data (`value` is all of it), counted from 0, as words in the order of this machine. Of one-bit pixels in
    words of big endian data, where readers disagree, as PS3.5 8.1.1 has it. Refusal `unsupported-pixel-layout`, `pixel-data-short`."""
    import numpy

    layout = layout_of(facts)
    size = facts.bits_allocated // 8
    if not layout.bits and size not in (1, 2, 4, 8):
        raise Refusal("unsupported-pixel-layout", tag=facts.element, vr=facts.vr)
    start, stop = frame * layout.frame_units, (frame + 1) * layout.frame_units
    first, end = (start >> 3, stop + 7 >> 3) if layout.bits else (start, stop)
    if layout.swap:
        first, end = first & ~1, end + 1 & ~1
    if end > len(value):
        raise Refusal("pixel-data-short", tag=facts.element, vr=facts.vr, length=len(value), expected=end)
    packed = numpy.frombuffer(loaded(value[first:end]), numpy.uint8)
    if layout.swap:
        packed = packed.reshape(-1, 2)[:, ::-1].reshape(-1)
    shape = facts.rows, facts.columns
    if layout.bits:
        ones = numpy.unpackbits(packed, bitorder="little")[start - 8 * first : stop - 8 * first]
        return Decoded(ones.reshape(*shape, 1), 1, facts.photometric)
    order, kind = ">" if facts.big_endian else "<", "f" if facts.float_samples else "u"
    words = packed[start - first : stop - first].view(f"{order}{kind}{size}")
    words = words.astype(words.dtype.newbyteorder("="), copy=False)
    if facts.photometric in SHARED_CHROMA:  # two pixels as Y Y Cb Cr
        pairs = words.reshape(facts.rows, facts.columns // 2, 4)
        pixels = numpy.empty((*shape, 3), words.dtype)
        pixels[..., 0] = pairs[..., :2].reshape(shape)
        pixels[..., 1:] = numpy.repeat(pairs[..., 2:], 2, axis=1)
        return Decoded(pixels, facts.bits_allocated, facts.photometric)
    if layout.planes > 1:
        planes = words.reshape(layout.planes, *shape)
        return Decoded(planes.transpose(1, 2, 0), facts.bits_allocated, facts.photometric)
    return Decoded(words.reshape(*shape, facts.samples_per_pixel), facts.bits_allocated, facts.photometric)
