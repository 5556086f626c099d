"""The forms of encoding that frames are changed in, by transfer syntax."""

from __future__ import annotations

from deidrules.pixels import compressed, native
from deidrules.pixels.facts import PixelFacts
from deidrules.text.refusal import Refusal


def is_compressed(facts: PixelFacts) -> bool:
    """True for pixel data in fragments that `compressed.redact` changes, False for native pixel data that `native.redact` changes. Refusal
    `encapsulated-pixels-unsupported` for everything else, fragments in a transfer syntax that has none included."""
    if facts.encapsulated and facts.transfer_syntax in compressed.TRANSFER_SYNTAXES:
        return True
    if not facts.encapsulated and facts.transfer_syntax in native.TRANSFER_SYNTAXES:
        return False
    raise Refusal("encapsulated-pixels-unsupported", tag=facts.element, vr=facts.vr)
