"""Encapsulated uncompressed frames (PS3.5 A.4.11): native pixels in fragments. Bytes beyond the geometry go."""

from __future__ import annotations

from deidrules.pixels.attributes import Attributes
from deidrules.pixels.codestream.edits import EXCESS, Edit
from deidrules.text.refusal import Refusal

_SAMPLES, _PHOTOMETRIC, _ROWS, _COLUMNS, _ALLOCATED = 0x00280002, 0x00280004, 0x00280010, 0x00280011, 0x00280100
# samples a pixel in halves, where chrominance is subsampled: PS3.3 C.7.6.3.1.2
_HALVES = {"YBR_FULL_422": 4, "YBR_PARTIAL_422": 4, "YBR_PARTIAL_420": 3}


def frame_length(attributes: Attributes) -> int:
    """Bytes of one frame. Refusal `missing-pixel-attribute` or `pixel-attribute`."""
    samples = attributes.required(_SAMPLES)
    photometric = "".join(attributes.texts(_PHOTOMETRIC))
    halves = _HALVES.get(photometric, 2 * samples) if samples == 3 else 2 * samples
    pixels = attributes.required(_ROWS) * attributes.required(_COLUMNS)
    return (pixels * halves * attributes.required(_ALLOCATED) + 15) // 16


def edits(data: memoryview, length: int) -> list[Edit]:
    """What of a frame goes. Refusal `pixel-data-short` when the geometry asks for more."""
    if len(data) < length:
        raise Refusal("pixel-data-short", length=len(data), expected=length)
    keep = length + (length & 1)
    return [Edit(keep, len(data), what=EXCESS)] if len(data) > keep else []
