"""Retired storage SOP classes, PS3.4 B.6, whose objects are taken to have the IOD of a living one."""

from __future__ import annotations

_STORAGE = "1.2.840.10008.5.1.4.1.1"

# Retired SOP class -> (the one whose IOD its objects are taken to have, why)
SUCCESSORS: dict[str, tuple[str, str]] = {
    f"{_STORAGE}.3": (f"{_STORAGE}.3.1", "US multi-frame before the US region calibration of 1995: the same modules"),
    f"{_STORAGE}.5": (f"{_STORAGE}.20", "NM before its revision of 1995: the same entities, the newer modules"),
    f"{_STORAGE}.6": (f"{_STORAGE}.6.1", "US before the US region calibration of 1995: the same modules"),
    f"{_STORAGE}.12.3": (f"{_STORAGE}.12.1", "bi-plane angiography: the X-ray angiographic modules for two planes at once"),
    f"{_STORAGE}.77.1": (f"{_STORAGE}.77.1.4", "VL trial: the VL image modules; photography is the least special of what came of it"),
    f"{_STORAGE}.77.2": (f"{_STORAGE}.77.1.4.1", "VL multi-frame trial: video photography, the least special of what came of it"),
    f"{_STORAGE}.88.1": (f"{_STORAGE}.88.11", "text SR trial: Basic Text SR"),
    f"{_STORAGE}.88.2": (f"{_STORAGE}.88.33", "audio SR trial: the SR document modules, Comprehensive SR has all of them"),
    f"{_STORAGE}.88.3": (f"{_STORAGE}.88.33", "detail SR trial: Comprehensive SR"),
    f"{_STORAGE}.88.4": (f"{_STORAGE}.88.33", "comprehensive SR trial: Comprehensive SR"),
    f"{_STORAGE}.9.1": (f"{_STORAGE}.9.1.2", "waveform trial: general ECG, the least special of what came of it"),
    "1.2.840.10008.5.1.4.34.1": ("1.2.840.10008.5.1.4.34.7", "RT beams delivery instruction trial: the final one"),
}
