"""The proof on the way out: what a written file holds is what the pixel rules asked for, and nothing else of its pixels changed."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom.buffer import Buffer
from deidrules.dicom.element import DicomObject
from deidrules.dicom.limits import LIMITS, Limits
from deidrules.dicom.reader import read
from deidrules.pixels.facts import PixelFacts, read_facts
from deidrules.pixels.proof import coded, native
from deidrules.pixels.proof.mismatch import mismatch
from deidrules.pixels.proof.planes import stored_plane_holds
from deidrules.pixels.work import PixelWork
from deidrules.text.refusal import Refusal

# What of the image description (PS3.3 C.7.6.3) is the same before and after, for `PixelFacts`.
_SAME = (
    "transfer_syntax",
    "big_endian",
    "element",
    "vr",
    "encapsulated",
    "rows",
    "columns",
    "frames",
    "samples_per_pixel",
    "bits_allocated",
    "bits_stored",
    "high_bit",
    "signed",
)
# Planar configuration says where native samples lie; those of most streams lie as the codec has it. PS3.5 8.2
_PLANAR_FRAMES = ("1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98")


@dataclass(frozen=True, slots=True)
class Proof:
    """What has to be true of the file that is written for an object.

    `instance`, `facts`, `work`: the object as it came, what it says about its pixels, and what was asked of them. `keeps_pixels`: False
    where the pixel data is left out. `replaced`: tags of OverlayData that a header rule gave another value: nothing is known of them here.

    Proven without painting again (shared with the painter are what a fill is, the marks of a label, the decoders): every addressed
    rectangle of every addressed frame and overlay plane holds the fill (`pixels.fill`; where a label is drawn, its marks in white), bits
    to be stripped are clear, removed overlay groups are absent; everything else of pixel data and overlay planes is as it came: native
    pixel data and frames that no rule touched byte for byte (but for metadata that frames lose, `codestream.strip`), samples of changed
    frames where they are coded without loss, coefficients in JPEG; the image description is the same."""

    instance: DicomObject
    facts: PixelFacts
    work: PixelWork
    keeps_pixels: bool = True
    replaced: frozenset[int] = frozenset()
    limits: Limits = LIMITS

    def check(self, written: Buffer) -> None:
        """Hold the written file, as bytes or open, against it. Refusal `verify-mismatch`, with the tag of the pixel data or plane."""
        try:
            found = read(written, self.limits)
            facts = read_facts(found) if self.keeps_pixels else PixelFacts(found.transfer_syntax)
        except Refusal as refusal:
            raise mismatch(refusal.tag) from None
        if found.transfer_syntax != self.instance.transfer_syntax:
            raise mismatch(self.facts.element)
        if any(element.group in self.work.removed_groups for element in found.elements):
            raise mismatch(next(e.tag for e in found.elements if e.group in self.work.removed_groups))
        self._planes(found)
        if self.keeps_pixels:
            self._pixels(found, facts)
        elif self.facts.element is not None and self.facts.element in found.index:
            raise mismatch(self.facts.element)

    def _planes(self, found: DicomObject) -> None:
        """Every overlay plane that has bits of its own and stays."""
        for plane in self.facts.planes:
            if plane.embedded or plane.group in self.work.removed_groups or plane.tag in self.replaced:
                continue
            if not stored_plane_holds(self.instance, found, plane, self.work):
                raise mismatch(plane.tag, plane.vr)

    def _pixels(self, found: DicomObject, after: PixelFacts) -> None:
        before = self.facts
        if before.element is None:
            if after.element is not None:
                raise mismatch(after.element)
            return
        if any(getattr(before, name) != getattr(after, name) for name in _SAME) or not self._same_colours(after):
            raise mismatch(before.element, before.vr)
        holds = coded.holds if before.encapsulated else native.holds
        try:
            held = holds(self.instance, before, found, after, self.work)
        except Refusal:  # a frame that cannot be found, followed or decoded
            held = False
        if not held:
            raise mismatch(before.element, before.vr)

    def _same_colours(self, after: PixelFacts) -> bool:
        before = self.facts
        planar = not before.encapsulated or before.transfer_syntax in _PLANAR_FRAMES
        if planar and before.planar_configuration != after.planar_configuration:
            return False
        return before.photometric == after.photometric
