"""What can be said of a single rule: codes and VRs, the engine's own elements, private elements (rules 12-16)."""

from __future__ import annotations

from deidrules.actions.base import Level
from deidrules.actions.clean import VOUCHED
from deidrules.compile.expressions import Typed
from deidrules.compile.kinds import CLEANED, VRS, kind_of_vr, spoken, vrs_of
from deidrules.dicom import content_item, dictionary, icc
from deidrules.plan.expression import Constant
from deidrules.plan.own import PIXEL_DATA, engine_own
from deidrules.plan.selector import Anything, ContentLeaf, DeclaredSafe, Leaf, PrivateAny, PrivateLeaf, TagLeaf, VrLeaf
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.refusal import Refusal
from deidrules.text.refusals import REFUSALS
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean


def check_leaf(leaf: Leaf, code: str, value: Typed | None, leaves: Level, span: Span, reading: str = "") -> list[Diagnostic]:
    """Complaints about a code, with or without a value, on a leaf; `reading` is the VR behind `as`."""
    said = _own(leaf, code, span) or _private(leaf, code, leaves, span) or _dictionary(leaf, span)
    if any(diagnostic.code != "DR131" for diagnostic in said):
        return said
    if reading:
        return [*said, *(_reading(leaf, code, value, reading, span) or _vr(leaf, code, value, span))]
    if isinstance(leaf, ContentLeaf):
        return _content(leaf, code, value, span)
    return [*said, *_vr(leaf, code, value, span)]


# Value Types that take `= value`, and what C cleans or enters; of those D makes a dummy, and of coded values and numbers
_VALUED = frozenset({"TEXT", "PNAME", "DATE", "TIME", "DATETIME", "UIDREF"})
_CLEANED = frozenset({"TEXT", "UIDREF", "CODE"}) | content_item.REFERENCES
_DUMMIED = _VALUED | {"CODE", "NUM"}


def _content(leaf: ContentLeaf, code: str, value: Typed | None, span: Span) -> list[Diagnostic]:
    """The code fits the Value Type: K and X fit all, any other needs to know what it works on."""
    letters, kind = set(code.split("/")), leaf.value_type
    replaced = kind in content_item.REFERENCES or kind == "UIDREF"
    fitting = ["K", "X", *(["Z", "D"] if kind in _DUMMIED else []), *(["U"] if replaced else []), *(["C"] if kind in _CLEANED else [])]
    help_ = "write the value type, such as TEXT: what a code does depends on it"
    if kind:
        help_ = f"use {', '.join(fitting[:-1])} or {fitting[-1]}"
    if value is not None and kind not in _VALUED:
        return [Diagnostic("DR113", f"`{leaf}` takes no value", span, help_)]
    if "U" in letters and not replaced:
        return [Diagnostic("DR208", f"`U` replaces UIDs, and `{leaf}` is none", span, help_)]
    if "C" in letters and value is None and kind not in _CLEANED:
        if kind_of_vr("".join(vrs_of(leaf))) in {"date", "time"}:
            help_ = "write how, such as `= shift(per: PatientID, within: 365 days)`"
            return [Diagnostic("DR209", f"`C` on `{leaf}` needs a value", span, help_)]
        return [Diagnostic("DR209", f"`C` cleans words, and `{leaf}` holds none that could stay", span, help_)]
    if letters & {"Z", "D"} and kind not in _DUMMIED:
        return [Diagnostic("DR211", f"there is no dummy for `{leaf}`", span, help_)]
    return _fits(TagLeaf(leaf.elements[0]), value, span) if value is not None else []


def _own(leaf: Leaf, code: str, span: Span) -> list[Diagnostic]:
    if not isinstance(leaf, TagLeaf) or not leaf.exact:
        return []
    if engine_own(leaf.value) and code != "K":
        help_ = "the engine writes or keeps it so that the object stays valid and says what was done"
        return [Diagnostic("DR206", f"`{spoken(leaf)}` is the engine's own and takes no rule but K", span, help_)]
    if leaf.value == PIXEL_DATA and code not in {"K", "X"}:
        return [Diagnostic("DR206", "`PixelData` takes K or X", span, "what happens inside the image is written in a `pixels` block")]
    return []


def _private(leaf: Leaf, code: str, leaves: Level, span: Span) -> list[Diagnostic]:
    if isinstance(leaf, PrivateAny) and code == "K":
        help_ = 'spell each creator that may stay: K (0019,"CREATOR",xx), or give the policy `keep-private` with a reason'
        return [Diagnostic("DR207", "`K private` would let through what nobody has looked at", span, help_)]
    if isinstance(leaf, TagLeaf) and leaf.mask >> 16 == 0xFFFF and leaf.value >> 16 & 1 and leaves > Level.NOTHING:
        help_ = 'write (gggg,"CREATOR",ee): only the creator says whose element it is'
        return [Diagnostic("DR108", f"`{leaf}` is private and can only stay by its creator", span, help_)]
    return []


def _dictionary(leaf: Leaf, span: Span) -> list[Diagnostic]:
    if isinstance(leaf, TagLeaf) and leaf.exact and not leaf.value >> 16 & 1 and dictionary.entry(leaf.value) is None:
        return [Diagnostic("DR131", f"`{leaf}` is not in the dictionary", span)]
    return []


def _reading(leaf: Leaf, code: str, value: Typed | None, vr: str, span: Span) -> list[Diagnostic]:
    """`as VR`: for private elements that are spelled, a VR of values, and one that the code can act on (rule 13)."""
    if not isinstance(leaf, PrivateLeaf):
        help_ = "only of a private element, spelled with its creator, a file may not say the VR; leave `as` out"
        return [Diagnostic("DR128", f"`{spoken(leaf)}` takes no `as`", span, help_)]
    if vr not in VRS or vr in {"SQ", "UN"}:
        help_ = (
            did_you_mean(vr, VRS) or f"VRs are {', '.join(sorted(VRS))} (PS3.5 6.2)"
            if vr not in VRS
            else "sequences are recognised by their items; leave `as` out"
        )
        return [Diagnostic("DR128", f"`{vr}` is no VR that values can be read with", span, help_)]
    if "U" in code.split("/") and vr != "UI":
        return [Diagnostic("DR208", f"`U` replaces UIDs, and `{leaf}` is read as {vr}", span, "use D, X or a value")]
    if code == "C" and value is None and kind_of_vr(vr) in {"date", "time"}:
        help_ = "write how, such as `= shift(per: PatientID, within: 365 days)`"
        return [Diagnostic("DR209", f"`C` on `{leaf}`, read as {vr}, needs a value", span, help_)]
    if code == "C" and value is None and vr not in CLEANED | VOUCHED | {"UI"}:
        return [Diagnostic("DR209", f"`C` cleans words, and `{leaf}` is read as {vr}", span, "use X, Z, D, K, or write a value")]
    return []


def _vr(leaf: Leaf, code: str, value: Typed | None, span: Span) -> list[Diagnostic]:
    """Rule 13: U needs UIDs, C without a value needs words, a constant needs to fit."""
    vrs = vrs_of(leaf)
    name = spoken(leaf)
    if "U" in code.split("/") and (wrong := sorted(set(vrs) - {"UI", "SQ"})):
        return [Diagnostic("DR208", f"`U` replaces UIDs, and `{name}` is {_or(wrong)}", span, "use D, X or a value")]
    if isinstance(leaf, Anything | DeclaredSafe) and "U" in code.split("/"):
        help_ = "use `vr UI` below the same path" if isinstance(leaf, Anything) else "use C, which replaces UIDs and cleans the rest"
        return [Diagnostic("DR208", f"`U` replaces UIDs, and `{leaf}` is everything", span, help_)]
    named = isinstance(leaf, VrLeaf) or (isinstance(leaf, TagLeaf) and leaf.exact)
    if code == "C" and value is None and named and leaf != TagLeaf(icc.TAG):
        for vr in vrs:
            kind = kind_of_vr(vr)
            if kind in {"date", "time"}:
                how = "time_of_day()" if kind == "time" else "shift(per: PatientID, within: 365 days)"
                help_ = f"write how, such as `= {how}`"
                return [Diagnostic("DR209", f"`C` on `{name}` ({vr}) needs a value", span, help_)]
            if vr not in CLEANED and vr not in {"UI", "SQ"}:
                return [Diagnostic("DR209", f"`C` cleans words, and `{name}` is {vr}", span, "use X, Z, D, K, or write a value")]
    if value is not None:
        if "SQ" in vrs and named:
            return [Diagnostic("DR113", f"`{name}` is a sequence and takes no value", span)]
        return _fits(leaf, value, span)
    return []


def _fits(leaf: Leaf, value: Typed, span: Span) -> list[Diagnostic]:
    """A constant for a tag of the dictionary is encoded here, so that a run cannot fail on it."""
    from deidrules.dicom.element import EXPLICIT_LITTLE
    from deidrules.dicom.values import encode

    if not isinstance(value.expression, Constant) or not isinstance(leaf, TagLeaf) or not leaf.exact:
        return []
    content = value.expression.value
    atoms = content if isinstance(content, tuple) else (content,)
    for vr in vrs_of(leaf):
        try:
            encode(atoms, vr, EXPLICIT_LITTLE, ("ISO_IR 192",))
            return []
        except Refusal as refusal:
            code = refusal.code
    if not vrs_of(leaf):
        return []
    return [Diagnostic("DR119", f"the value does not fit `{spoken(leaf)}` ({_or(vrs_of(leaf))})", span, REFUSALS[code])]


def _or(words: list[str] | tuple[str, ...]) -> str:
    return " or ".join(words)
