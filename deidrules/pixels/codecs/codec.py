"""What a codec is: a frame to its samples, and samples back to a frame that decodes to exactly them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Samples = NDArray[numpy.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """`samples`: rows x columns x samples per pixel, as the stream holds them. `precision`: bits of a sample in the stream. `photometric`:
    what the samples mean, by the stream's own markers where they say it, else as the object says."""

    samples: Samples
    precision: int
    photometric: str


Decode = Callable[[bytes, PixelFacts], Decoded]
# the second argument is the frame as it was: its coding parameters are kept where nothing is lost by it
Encode = Callable[[Decoded, bytes, PixelFacts], bytes]


@dataclass(frozen=True, slots=True)
class Codec:
    """`decode` and `encode` raise Refusal, or whatever the library raises: `decoded` and `encoded` turn that into a Refusal."""

    decode: Decode
    encode: Encode


def broken() -> Refusal:
    """What is said of a frame that its codec cannot read, or that contradicts the object."""
    return Refusal("compressed-frame-broken")


def decoded(codec: Codec, frame: bytes, facts: PixelFacts) -> Decoded:
    """The samples of a frame, of the size that the object states. Refusal `compressed-frame-broken`, `compressed-frame-unsupported`."""
    try:
        result = codec.decode(frame, facts)
    except Refusal:
        raise
    except MemoryError:
        raise
    except Exception:  # libraries raise whatever they like, with values in the text
        raise broken() from None
    if result.samples.shape != (facts.rows, facts.columns, facts.samples_per_pixel):
        raise broken()
    if not 0 < result.precision <= 8 * result.samples.dtype.itemsize:
        raise broken()
    return result


def encoded(codec: Codec, wanted: Decoded, frame: bytes, facts: PixelFacts) -> bytes:
    """A frame that decodes to exactly these samples, proven by decoding it. Refusal `compressed-frame-inexact` when it does not."""
    import numpy

    try:
        coded = codec.encode(wanted, frame, facts)
        again = codec.decode(coded, facts)
    except Refusal:
        raise
    except MemoryError:
        raise
    except Exception:
        raise Refusal("compressed-frame-inexact") from None
    same = numpy.array_equal(again.samples, wanted.samples)
    signs = (again.samples.dtype.kind, wanted.samples.dtype.kind)
    if not same or again.photometric != wanted.photometric or signs[0] != signs[1]:
        raise Refusal("compressed-frame-inexact")
    return coded


def three_axes(samples: Samples) -> Samples:
    """Rows x columns x samples, whatever a library leaves out."""
    return samples[..., None] if samples.ndim == 2 else samples


def without_ones(samples: Samples) -> Samples:
    """Rows x columns where there is one sample a pixel: the form that encoders ask for."""
    import numpy

    return numpy.ascontiguousarray(samples[..., 0] if samples.shape[2] == 1 else samples)
