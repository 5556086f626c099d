"""What kind of value an attribute holds: text, number, date, time, uid, tag, binary or sequence."""

from __future__ import annotations

from functools import cache

from deidrules.dicom import content_item, dictionary
from deidrules.plan.selector import ContentLeaf, Leaf, PrivateLeaf, TagLeaf, VrLeaf, parse_leaf

_BY_VR = {
    **dict.fromkeys(("DA", "DT"), "date"),
    "TM": "time",
    **dict.fromkeys(("IS", "DS", "FL", "FD", "SL", "SS", "UL", "US", "SV", "UV"), "number"),
    "UI": "uid",
    "AT": "tag",
    "SQ": "sequence",
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), "binary"),
}
VRS = frozenset((*_BY_VR, "AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
CLEANED = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # what C cleans as words (rule 13)


def kind_of_vr(vr: str) -> str:
    """The kind of one VR."""
    return _BY_VR.get(vr, "text")


def vrs_of(leaf: Leaf) -> tuple[str, ...]:
    """The VRs an element reached by this leaf can have, as far as it is known: a dictionary tag's or a `vr` leaf's; empty otherwise."""
    match leaf:
        case TagLeaf() if leaf.exact:
            entry = dictionary.entry(leaf.value)
            return entry.vrs if entry is not None else ()
        case TagLeaf():
            return tuple(sorted({vr for tag in dictionary_tags(leaf) for vr in _entry_vrs(tag)}))
        case VrLeaf():
            return (leaf.vr,)
        case ContentLeaf():
            return tuple(sorted({vr for tag in content_item.VALUES.get(leaf.value_type, ()) for vr in _entry_vrs(tag)}))
    return ()


@cache
def known_tags() -> tuple[int, ...]:
    """Every tag of the dictionary, ascending: repeating groups and elements spread out, item tags and delimiters left out."""
    tags = {entry.tag for entry in dictionary.entries() if entry.tag >> 16 != 0xFFFE}
    for keyword in dictionary.repeating_keywords():
        leaf = parse_leaf(dictionary.mask_of(keyword) or "")
        if not isinstance(leaf, TagLeaf):
            continue
        free = [shift for shift in range(0, 32, 4) if not leaf.mask >> shift & 0xF]
        for number in range(min(16 ** len(free), 256)):  # a few retired attributes leave more than two digits open: some stand for all
            tag = leaf.value
            for position, shift in enumerate(free):
                tag |= (number >> 4 * position & 0xF) << shift
            if dictionary.entry(tag) is not None:
                tags.add(tag)
    return tuple(sorted(tags))


def dictionary_tags(leaf: TagLeaf) -> tuple[int, ...]:
    """The tags of the dictionary that a mask reaches."""
    return tuple(tag for tag in known_tags() if leaf.matches(tag))


def kinds_of(leaf: Leaf) -> frozenset[str]:
    """The kinds of value behind a leaf; empty when only the file knows."""
    return frozenset(kind_of_vr(vr) for vr in vrs_of(leaf))


def kind_of_attribute(leaf: TagLeaf | PrivateLeaf) -> str:
    """The kind of a single attribute; "any" when only the file knows (private or unknown)."""
    kinds = kinds_of(leaf)
    return next(iter(kinds)) if len(kinds) == 1 else "any"


def _entry_vrs(tag: int) -> tuple[str, ...]:
    entry = dictionary.entry(tag)
    return entry.vrs if entry is not None else ()


def spoken(leaf: Leaf) -> str:
    """A leaf as a person would write it: the keyword where there is one."""
    if isinstance(leaf, TagLeaf) and leaf.exact:
        entry = dictionary.entry(leaf.value)
        if entry is not None and entry.keyword:
            return entry.keyword
    return str(leaf)
