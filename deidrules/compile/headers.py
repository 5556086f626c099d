"""What a layer's header says of itself: the number of an option of PS3.15, the names of layers it may weaken (rule 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deidrules.compile.layers import shipped_recipes
from deidrules.compile.model import Layer
from deidrules.dicom.method_codes import METHOD_CODES
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean


def check_headers(layers: Sequence[Layer], *, whole_profile: bool) -> list[Diagnostic]:
    """Findings about the headers. A layer that is named need not be in the stack, since options are optional, but it has to be one of the
    stack or a shipped one; of a recipe on its own (`whole_profile` False) only names that can be none but shipped ones are judged."""
    found: list[Diagnostic] = []
    shipped = shipped_recipes() if any(layer.recipe.layer and layer.recipe.layer.may_weaken for layer in layers) else ()
    rooms = {name.partition("/")[0] for name in shipped if "/" in name}
    for layer in layers:
        header = layer.recipe.layer
        if header is None:
            continue
        if header.option not in METHOD_CODES:
            help_ = f"the codes of PS3.16 CID 7050 are {min(METHOD_CODES)} to {max(METHOD_CODES)}"
            span = _within(header.span, str(header.option))
            found.append(Diagnostic("DR140", f"no option of the standard has the code `{header.option}`", span, help_))
        known = (*(other.name for other in layers if other is not layer), *shipped)
        for name in header.may_weaken:
            if name in known or (not whole_profile and name.partition("/")[0] not in rooms):
                continue
            found.append(_unknown(layer, name, _within(header.span, f'"{name}"'), known))
    return found


def _unknown(layer: Layer, name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    if name == layer.name:
        return Diagnostic("DR141", f"the layer `{name}` names itself", span, "what it may weaken are other layers")
    help_ = did_you_mean(name, known) or "a layer is named as profile.yaml names it, without `.recipe`"
    return Diagnostic("DR141", f"no layer `{name}`, neither in the stack nor shipped", span, help_)


def _within(span: Span, text: str) -> Span:
    """Where a part of the header stands; the header where it is spelled otherwise."""
    start = span.source.text.find(text, span.start, span.end)
    return Span(span.source, start, start + len(text)) if start >= 0 else span
