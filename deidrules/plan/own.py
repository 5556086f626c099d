"""The elements that are the engine's own: no rule but K, which changes nothing (rule 16 of the language)."""

from __future__ import annotations

PIXEL_DATA = 0x7FE00010
_GROUPS = frozenset({0x0000, 0x0002, 0x0004})
_IMAGE_DESCRIPTION = ((0x00280002, 0x00280011), (0x00280100, 0x00280103))
_SINGLE = frozenset(
    {
        0x00080005,  # Specific Character Set
        0x00080016,  # SOP Class UID
        0x00120062,  # Patient Identity Removed
        0x00120063,  # De-identification Method
        0x00120064,  # De-identification Method Code Sequence
        0x00280301,  # Burned In Annotation
        0x00280302,  # Recognizable Visual Features
        0x00280303,  # Longitudinal Temporal Information Modified
        0xFFFCFFFC,  # Data Set Trailing Padding
    }
)


def engine_own(tag: int) -> bool:
    """True for an element that masks, VRs and classes pass over and that a rule may only keep."""
    if tag in _SINGLE or tag >> 16 in _GROUPS or tag & 0xFFFF == 0:
        return True
    return any(first <= tag <= last for first, last in _IMAGE_DESCRIPTION)
