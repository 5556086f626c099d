"""What a row of a private list says: an element by group and creator, in a path of sequences where the list gives one, and an action."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.compile.kinds import VRS
from deidrules.compile.private_rows import ListRow
from deidrules.dicom import dictionary
from deidrules.dicom.private import normal_creator
from deidrules.language import ast
from deidrules.plan.own import engine_own
from deidrules.text.diagnostic import Diagnostic
from deidrules.text.source import Span
from deidrules.text.suggest import did_you_mean

SHIFT = "shift"  # a date, moved as the profile moves the others
LEAST_FIRST = ("X", "Z", "D", "U", SHIFT, "C", "K")  # by what they leave
ACTIONS = ("K", "C", "X", "Z", "D", "U")

# Dispositions of the TCIA knowledge base, spelled out and as its file has them. `keep` is C, the action of the option (PS3.15 Table E.1-1,
# E.3.10): numbers and codes stay as they are, but a UID or a name that the curators saw no harm in could link. What nobody settled, and
# dates counted in numbers, which no VR shows, go.
DISPOSITIONS = {
    **dict.fromkeys(("keep", "k"), "C"),
    **dict.fromkeys(("hash-uid", "h"), "U"),
    **dict.fromkeys(("offset-date", "o"), SHIFT),
    **dict.fromkeys(("delete", "d", "offset-date-integer", "oi", "not-applicable", "n/a", "na", "unknown", "u", ""), "X"),
}

_OWN_TAG = re.compile(r'\((?P<group>[0-9A-F]{4}),(?:xx|"(?P<creator>(?:[^"]|"")+)",)(?P<low>[0-9A-Fx]{2})\)', re.IGNORECASE)
_STEP = re.compile(r"\((?P<group>[0-9A-F]{4}),(?:(?P<element>[0-9A-F]{4})|(?P<creator>[^\n]*),(?P<low>[0-9A-F]{2}))\)", re.IGNORECASE)
_NESTED = re.compile(r"\[<[0-9]+>\]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A row understood: `code` is one of LEAST_FIRST, `vr` what the row says of it ("" when nothing, UN or SQ), `row` the whole row."""

    path: ast.Path
    code: str
    vr: str
    reason: str
    row: Span

    @property
    def key(self) -> tuple[tuple[str, str, str], ...]:
        """What two rows share that speak of one element."""
        return tuple(_key(leaf) for leaf in (*self.path.steps, self.path.leaf))


def own_row(row: ListRow) -> Listed | Diagnostic:
    """A row of a site's own list or of Table E.3.10-1."""
    place = row.place("tag")
    match = _OWN_TAG.fullmatch(row.cell("tag"))
    if match is None:
        return _wrong(place, "this is no private element", 'write (gggg,xxee) and the creator in its column, or (gggg,"CREATOR",ee)')
    spelled, beside = (match["creator"] or "").replace('""', '"'), row.cell("private_creator")
    if spelled and beside and normal_creator(spelled) != normal_creator(beside):
        return _wrong(row.place("private_creator"), "the row names two creators", "leave one of them out")
    leaf = _private(match["group"], spelled or beside, match["low"], place)
    if isinstance(leaf, Diagnostic):
        return leaf
    code, reason = row.cell("action") or "C", row.cell("reason")
    if code not in ACTIONS:
        near = did_you_mean(code.upper(), ACTIONS) or "actions are K, C, X, Z, D and U; none means C"
        return _wrong(row.place("action"), f"unknown action `{code}`", near)
    if code == "K" and not reason:
        return _wrong(row.place("action"), "K needs its reason", "say in the column `reason` why the element may stay as it is, or write C")
    vr = _vr(row)
    return vr if isinstance(vr, Diagnostic) else Listed(ast.Path(leaf, span=place), code, vr, reason, row.span)


def tcia_row(row: ListRow) -> Listed | Diagnostic | None:
    """A row in the form of the TCIA knowledge base: a signature names an element by the whole way from the object itself, and speaks of no
    other place. None for one that makes no rule: an element without creator, which goes anyway (rule 15), a creator, which has no rule of
    its own, and a standard attribute in a private sequence, of which only a removal counts: the profile judges those by its own rules
    wherever they stand (PS3.15 E.3.10)."""
    place = row.place("element_sig_pattern", "pattern")
    pattern = row.cell("element_sig_pattern", "pattern")
    word = row.cell("private_disposition", "disposition")
    code = DISPOSITIONS.get(word.casefold())
    if code is None:
        near = did_you_mean(word, DISPOSITIONS) or "dispositions are keep, delete, hash-uid, offset-date, offset-date-integer, n/a, unknown"
        return _wrong(row.place("private_disposition", "disposition"), f"unknown disposition `{word}`", near)
    vr = _vr(row)
    if isinstance(vr, Diagnostic):
        return vr
    steps: list[ast.Leaf] = []
    for step in _NESTED.split(pattern):
        match = _STEP.fullmatch(step)
        if match is None or '"' in (match["creator"] or "").strip('" '):
            return _wrong(place, "this is no element signature", 'such as (0019,"CREATOR",02)[<0>](0021,"CREATOR",0C)')
        group, creator = match["group"], (match["creator"] or "").strip('"').strip()
        if match["element"] is not None:
            steps.append(ast.TagMask(group.upper(), match["element"].upper(), span=place))
            continue
        if not creator:
            return None
        leaf = _private(group, creator, match["low"], place)
        if isinstance(leaf, Diagnostic):
            return leaf
        steps.append(leaf)
    last = steps[-1]
    if isinstance(last, ast.TagMask):
        tag = int(last.group + last.element, 16)
        if word.casefold() not in ("delete", "d") or engine_own(tag) or dictionary.entry(tag) is None or len(steps) == 1:
            return None
    return Listed(ast.Path(last, tuple(steps[:-1]), "top", span=place), code, vr, "", row.span)


def _private(group: str, creator: str, low: str, place: Span) -> ast.PrivateTag | Diagnostic:
    if not int(group, 16) & 1:
        return _wrong(place, f"group `{group}` is even: a private creator reserves blocks in odd groups", "look for a typing error")
    if not normal_creator(creator):
        return _wrong(place, "the private creator is missing", "only an element whose creator is known can stay")
    if not creator.isprintable() or "\\" in creator or len(creator) > 64:
        return _wrong(place, "a private creator is one LO: 64 printable characters at most, no backslash", "look for a typing error")
    return ast.PrivateTag(group.upper(), creator, low.upper().replace("X", "x"), span=place)


def _vr(row: ListRow) -> str | Diagnostic:
    """The VR of a row, the first where it leaves a choice; "" when it says none that values can be read with."""
    written = row.cell("vr")
    choices = [choice.strip() for choice in re.split(r"/| or ", written)] if written else []
    for choice in choices:
        if choice not in VRS:
            near = did_you_mean(choice, VRS) or f"VRs are {', '.join(sorted(VRS))} (PS3.5 6.2)"
            return _wrong(row.place("vr"), f"unknown VR `{choice}`", near)
    return choices[0] if choices and choices[0] not in ("UN", "SQ") else ""


def _wrong(place: Span, message: str, help_: str) -> Diagnostic:
    return Diagnostic("DR531", message, place, help_)


def _key(leaf: ast.Leaf) -> tuple[str, str, str]:
    if isinstance(leaf, ast.PrivateTag):
        return leaf.group, normal_creator(leaf.creator), leaf.element
    assert isinstance(leaf, ast.TagMask)
    return leaf.group, "", leaf.element
