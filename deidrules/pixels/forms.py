"""The forms of encoding that frames are changed in, by transfer syntax. A form is one module with a function `redact`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deidrules.dicom.element import DicomObject
from deidrules.pixels import native
from deidrules.pixels.facts import PixelFacts
from deidrules.pixels.work import PixelWork
from deidrules.text.refusal import Refusal

Redact = Callable[[DicomObject, PixelFacts, PixelWork], Iterator[bytes | memoryview]]

FORMS: dict[str, Redact] = dict.fromkeys(native.TRANSFER_SYNTAXES, native.redact)


def form_of(facts: PixelFacts) -> Redact:
    """The form the pixel data is coded in. Refusal `encapsulated-pixels-unsupported` when no form knows it, fragments in a transfer
    syntax that has none included."""
    form = FORMS.get(facts.transfer_syntax)
    if form is None or (form is native.redact and facts.encapsulated):
        raise Refusal("encapsulated-pixels-unsupported", tag=facts.element, vr=facts.vr)
    return form
