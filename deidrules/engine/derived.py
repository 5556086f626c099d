"""What an output says of its image after pixels were changed: statements that could be untrue now go, the derivation is described.

Where areas of a frame were blanked, the smallest and largest pixel values and the histogram may be others: they go, and no rule keeps them
(Type 3, or in PS3.3 C.11.5 the whole of a module that may be absent). Derivation Description (0008,2111) gets a sentence that holds
nothing of the file, behind what the rules leave of it: under K and C it is added, also where there was none; X, Z, D and an expression
stand as they are written. The description is all that changes: the lossy history stays as it came, since nothing more is lost, and Image
Type with it, since every pixel that is left has its value from where it had it (C.7.6.1.1.2; DERIVED would ask enhanced objects for a
reference to the original, C.7.6.16.2.6). CID 7203 of PS3.16 has no code for it, so Derivation Code Sequence is left alone.

Where any bit of the pixel data changed, digital signatures over it are void: they go with their MAC parameters (PS3.3 C.12.1.1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deidrules.dicom import writer
from deidrules.dicom.element import Element, Encoding
from deidrules.engine.decide import Candidate
from deidrules.engine.reading import DataSet, Reading
from deidrules.engine.together import Fate
from deidrules.engine.touch import Done
from deidrules.pixels.work import PixelWork

DERIVATION_DESCRIPTION = 0x00082111
BLANKED = "Areas of the pixel data were replaced by one value to remove identifying information."

_LONGEST = 1024  # characters of an ST, PS3.5 6.2
_HEADER = 8  # bytes of the header of an ST in every encoding

VALUES = frozenset(
    {
        0x00280106,  # Smallest Image Pixel Value
        0x00280107,  # Largest Image Pixel Value
        0x00280108,  # Smallest Pixel Value in Series
        0x00280109,  # Largest Pixel Value in Series
        0x00280110,  # Smallest Image Pixel Value in Plane
        0x00280111,  # Largest Image Pixel Value in Plane
        0x00603000,  # Histogram Sequence
    }
)
SIGNATURES = frozenset({0x4FFE0001, 0xFFFAFFFA})

_GOES = Candidate("X", origin="engine", written="X")
_OURS = Candidate("D", origin="engine", written="D")
_LEAVES = ("K", "C")


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of the pixel data: `bits` of it changed; `areas` of the image were blanked."""

    bits: bool = False
    areas: bool = False

    @classmethod
    def of(cls, work: PixelWork) -> Changed:
        """What the work does to the pixel data."""
        return cls(bits=work.changes_pixels, areas=bool(work.frames))

    @property
    def goes(self) -> frozenset[int]:
        """The tags of the object's own elements that may be untrue now."""
        return (VALUES if self.areas else frozenset()) | (SIGNATURES if self.bits else frozenset())

    def settle(self, fates: Sequence[Fate], place: DataSet, reading: Reading, witness: Callable[[Element, DataSet], None]) -> bool:
        """Change the fates of the object's own elements that follow. `witness` is told of an element whose value decided. False when the
        new value holds for this file alone."""
        goes = self.goes
        steady = True
        for fate in fates if goes else ():
            if fate.element.tag in goes and fate.done.change != "removed":
                fate.candidate, fate.done, fate.fixed = _GOES, Done("removed"), True
            elif self.areas and fate.element.tag == DERIVATION_DESCRIPTION and described(fate.candidate):
                steady = _describe(fate, place, reading, witness)
        return steady


UNCHANGED = Changed()


def described(candidate: Candidate) -> bool:
    """True when the rules would leave a description that the object does not have."""
    return candidate.code in _LEAVES and candidate.value is None


def description(before: bytes, encoding: Encoding) -> bytes:
    """The whole element. `before`: the raw value that stays in front; one that is too long for both goes."""
    ours = BLANKED.encode("ascii")
    before = before.rstrip(b" \0")
    value = before + b"\r\n" + ours if before and len(before) + 2 + len(ours) <= _LONGEST else ours
    return writer.element(DERIVATION_DESCRIPTION, "ST", value + b" " * (len(value) & 1), encoding)


def _describe(fate: Fate, place: DataSet, reading: Reading, witness: Callable[[Element, DataSet], None]) -> bool:
    steady = True
    if fate.done.change == "kept":
        before = reading.raw(fate.element, place)
        if fate.fixed:
            witness(fate.element, place)
    elif fate.done.change in ("replaced", "emptied"):
        before = fate.done.coded[_HEADER:]
    else:
        return True
    steady = fate.fixed
    if not before.rstrip(b" \0").endswith(BLANKED.encode("ascii")):  # an earlier pass said so
        fate.candidate, fate.done, fate.fixed = _OURS, Done("claimed", description(before, place.encoding)), True
        return steady
    return True
