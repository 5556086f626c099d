"""Any frame of an object as a picture to be looked at: grey or colour, 8 bits.

Grey values are shown through the window of the object (the first, where it has one), else from the 0.5th to the 99.5th percentile of the
frame, so that neither a metal edge nor a padding value makes the rest dark. A window that shows nothing of a frame is left aside: black
would look like a clean frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deidrules.dicom.element import DicomObject
from deidrules.pixels.colours import mapped, rgb
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.palette import Palette, read_palette
from deidrules.pixels.samples import FrameReader, Samples
from deidrules.pixels.voi import Grey, GreyReader, Table
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST, HIGHEST = 0.005, 0.995  # share of a frame's values
_MOST_VALUES = 1 << 16  # distinct integers that are shown by a table of them
_AT_ONCE = 1 << 20  # values that are counted in one go


class Pictures:
    """The frames of one object as pictures, one at a time. `windowed`: through the object's own window; else by percentiles alone.
    `reader` reads the frames."""

    def __init__(self, instance: DicomObject, facts: PixelFacts, *, windowed: bool = True, reader: FrameReader | None = None) -> None:
        self._instance, self._facts = instance, facts
        self._reader = reader or FrameReader(instance, facts)
        self._grey = GreyReader(instance, facts) if windowed else None
        self._palette: Palette | None = None

    def picture(self, frame: int) -> NDArray[Any]:
        """The frame, counted from 0: rows x columns of bytes where it is grey, rows x columns x 3 where it has colours.
        Raises as `FrameReader.words`; Refusal `unsupported-pixel-layout` for a photometric interpretation that has no picture, and for a
        palette that cannot be read `missing-pixel-attribute`, `pixel-attribute`."""
        return self.shown(self._reader.samples(frame), frame)

    def shown(self, samples: Samples, frame: int) -> NDArray[Any]:
        """The picture of samples that were read, or changed, before."""
        try:
            if samples.photometric == "PALETTE COLOR" and samples.values.shape[2] == 1:
                if self._palette is None:
                    self._palette = read_palette(self._instance)
                return mapped(samples, self._palette)
            if samples.values.shape[2] > 1:
                return rgb(samples)
            if samples.photometric not in ("MONOCHROME1", "MONOCHROME2"):
                raise Refusal("unsupported-pixel-layout")
        except Refusal as refusal:
            tag = refusal.tag if refusal.tag is not None else self._facts.element
            raise Refusal(refusal.code, tag=tag, vr=refusal.vr or self._facts.vr) from None
        bright = _bright(samples, self._grey.of(frame) if self._grey is not None else Grey())
        return 255 - bright if samples.photometric == "MONOCHROME1" else bright


def picture(instance: DicomObject, facts: PixelFacts, frame: int) -> NDArray[Any]:
    """The picture of one frame, counted from 0; for several frames of an object take `Pictures`. Raises as `Pictures.picture`."""
    return Pictures(instance, facts).picture(frame)


def _bright(samples: Samples, grey: Grey) -> NDArray[Any]:
    """rows x columns of bytes, 255 for the largest value."""
    import numpy

    values = samples.values[..., 0]
    if samples.bits == 1:
        ones: NDArray[Any] = values.astype(numpy.uint8) * 255
        return ones
    if values.dtype.kind == "f":
        return _shown(values.astype(numpy.float64), None, grey)
    low, high = int(values.min()), int(values.max())
    if high - low >= _MOST_VALUES:
        return _shown(values.astype(numpy.float64), None, grey)
    # each value is worked out once
    places = (values - numpy.array(low, values.dtype)).view(values.dtype.str.replace("i", "u"))
    counts = numpy.zeros(high - low + 1, numpy.int64)
    flat = places.reshape(-1)
    for start in range(0, flat.size, _AT_ONCE):
        counts += numpy.bincount(flat[start : start + _AT_ONCE].astype(numpy.intp), minlength=high - low + 1)
    found = _shown(numpy.arange(low, high + 1, dtype=numpy.float64), counts, grey)
    by_value: NDArray[Any] = found[places]
    return by_value


def _shown(values: NDArray[Any], counts: NDArray[Any] | None, grey: Grey) -> NDArray[Any]:
    """Bytes for values; `counts` says how often each of them stands in the frame, None once."""
    import numpy

    if grey.modality is not None:
        values = grey.modality.apply(values)
    if grey.voi is not None:
        shown = grey.voi.apply(values)
        if isinstance(grey.voi, Table):
            shown = shown / max(max(grey.voi.entries), 1)
        bright = _bytes(shown)
        there = bright if counts is None else bright[counts > 0]
        if there.min() != there.max():
            return bright
    low, high = _range(values, counts)
    if low == high:
        return numpy.zeros(values.shape, numpy.uint8)
    return _bytes((values - low) / (high - low))


def _range(values: NDArray[Any], counts: NDArray[Any] | None) -> tuple[float, float]:
    """The values between which a frame is shown; both the same where it has but one."""
    import numpy

    finite = numpy.isfinite(values)
    order = numpy.sort(values[finite]) if counts is None else values[numpy.argsort(values)]
    if not order.size:
        return 0.0, 0.0
    weights = numpy.ones(order.size) if counts is None else counts[numpy.argsort(values)]
    share = numpy.cumsum(weights) / weights.sum()
    low, high = (float(order[min(int(numpy.searchsorted(share, edge)), order.size - 1)]) for edge in (LOWEST, HIGHEST))
    if low == high:
        there = order[weights > 0]
        return float(there[0]), float(there[-1])
    return low, high


def _bytes(shown: NDArray[Any]) -> NDArray[Any]:
    import numpy

    out: NDArray[Any] = numpy.rint(numpy.clip(numpy.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=0.0), 0, 1) * 255).astype(numpy.uint8)
    return out
