"""All elements there can be, in classes that the rules of a profile do not tell apart: what is true of one is true of all of a class.

Ties, weakenings and shadows are decided class by class. Dictionary tags are taken one by one (those with the same masks and VRs
together); tags no dictionary knows and private elements are stood for by the regions that masks and creators cut out of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from deidrules.compile.kinds import known_tags, spoken
from deidrules.dicom import content_item, dictionary
from deidrules.plan.own import engine_own
from deidrules.plan.selector import Anything, ContentLeaf, DeclaredSafe, Leaf, PrivateAny, PrivateLeaf, TagLeaf, UnknownAny, VrLeaf


@dataclass(slots=True, eq=False)
class Twins:
    """Elements that rules alike reach in the same way as those of one region, so that what is true of that region is true of them: a list
    of ten thousand private elements is judged a few times, not ten thousand times. `positions`: for each of the others, the positions of
    its own rules by those of the region. `classes` makes their classes, should they be needed one by one."""

    positions: list[dict[int, int]] = field(default_factory=list)
    classes: Callable[[], Iterable[LeafClass]] = tuple


@dataclass(frozen=True, slots=True)
class LeafClass:
    """`tags`: the elements of the dictionary, or none; a `label` in words where tags alone do not say it. `reached`: positions of the rules
    that reach elements of the class, in order. `covers(leaf)`: whether a leaf reaches all of them. `twins`: other elements for which the
    rules do the same. `content`: values of content items, which stand only in the items of their sequences."""

    tags: tuple[int, ...]
    label: str
    reached: tuple[int, ...]
    covers: Callable[[Leaf], bool]
    private: bool = False
    twins: Twins | None = None
    content: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """How a message calls the elements."""
        return (self.label,) if self.label else tuple(spoken(TagLeaf(tag)) for tag in self.tags)

    @property
    def tag(self) -> int | None:
        """One of the tags, where the class has any."""
        return self.tags[0] if self.tags else None


def mask_covers(outer: TagLeaf, inner: TagLeaf) -> bool:
    """True when every tag of `inner` has the fixed digits of `outer`."""
    return outer.mask & inner.mask == outer.mask and inner.value & outer.mask == outer.value


def mask_meet(one: TagLeaf, other: TagLeaf) -> TagLeaf | None:
    """The tags that two masks share."""
    if (one.value ^ other.value) & one.mask & other.mask:
        return None
    return TagLeaf(one.value | other.value, one.mask | other.mask)


def classes(leaves: Iterable[Leaf], alike: Sequence[object] = ()) -> tuple[LeafClass, ...]:
    """The classes for the leaves of the rules, given in their order. `alike` has for each rule something that two rules share when they
    differ in nothing but the private element they spell: see `Twins`."""
    from deidrules.compile.private_regions import private_classes

    index = Index(leaves)
    return (*_known(index), *_unknown(index), *private_classes(index, alike), *_content(index))


class Index:
    """The leaves of the rules by form, each with its positions."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.exact: dict[int, list[int]] = defaultdict(list)
        self.odd: dict[TagLeaf, list[int]] = defaultdict(list)
        self.masks: dict[TagLeaf, list[int]] = defaultdict(list)
        self.private: dict[PrivateLeaf, list[int]] = defaultdict(list)
        self.vr: dict[str, list[int]] = defaultdict(list)
        self.any_private: list[int] = []
        self.unknown: list[int] = []
        self.declared: list[int] = []
        self.star: list[int] = []
        self.content: dict[ContentLeaf, list[int]] = defaultdict(list)
        for position, leaf in enumerate(leaves):
            match leaf:
                case TagLeaf() if leaf.mask >> 16 == 0xFFFF and leaf.value >> 16 & 1:
                    self.odd[leaf].append(position)
                case TagLeaf() if leaf.exact:
                    self.exact[leaf.value].append(position)
                case TagLeaf():
                    self.masks[leaf].append(position)
                case PrivateLeaf():
                    self.private[leaf].append(position)
                case VrLeaf():
                    self.vr[leaf.vr].append(position)
                case PrivateAny():
                    self.any_private.append(position)
                case UnknownAny():
                    self.unknown.append(position)
                case DeclaredSafe():
                    self.declared.append(position)
                case Anything():
                    self.star.append(position)
                case ContentLeaf():
                    self.content[leaf].append(position)

    def of_leaf(self, leaf: PrivateLeaf | TagLeaf) -> list[int]:
        """The positions of a creator's leaf or a plain odd tag."""
        return self.private[leaf] if isinstance(leaf, PrivateLeaf) else self.odd[leaf]

    def of(self, *lists: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted({position for many in lists for position in many}))


@cache
def _dictionary() -> tuple[dict[int, tuple[int, ...]], dict[frozenset[str], tuple[int, ...]]]:
    """The even tags of the dictionary that rules may reach, by group and by VRs."""
    by_group: dict[int, list[int]] = defaultdict(list)
    by_vrs: dict[frozenset[str], list[int]] = defaultdict(list)
    for tag in known_tags():
        if not tag >> 16 & 1 and not engine_own(tag):
            by_group[tag >> 16].append(tag)
            by_vrs[_vrs(tag) or frozenset()].append(tag)
    return {group: tuple(tags) for group, tags in by_group.items()}, {vrs: tuple(tags) for vrs, tags in by_vrs.items()}


def _vrs(tag: int) -> frozenset[str] | None:
    """The VRs of a tag; None when the dictionary does not know it."""
    entry = dictionary.entry(tag)
    return None if entry is None else frozenset(entry.vrs)


def _known(index: Index) -> Iterable[LeafClass]:
    """Even tags: those of the dictionary and those a rule spells. Only what a rule spells or a mask reaches is looked at one by one; the
    rest differs by its VRs alone."""
    by_group, by_vrs = _dictionary()
    masked: dict[int, list[int]] = defaultdict(list)
    for mask, positions in index.masks.items():
        for group, tags in by_group.items():
            if not (group ^ mask.value >> 16) & mask.mask >> 16:
                for tag in tags:
                    if mask.matches(tag):
                        masked[tag].extend(positions)
        for tag in index.exact:
            if mask.matches(tag) and tag not in by_group.get(tag >> 16, ()):
                masked[tag].extend(positions)
    alike: dict[tuple[tuple[int, ...], frozenset[str]], list[int]] = defaultdict(list)
    for tag in sorted({*index.exact, *masked}):
        if engine_own(tag):
            continue
        vrs = _vrs(tag)
        by_class = index.unknown if vrs is None else [position for vr in vrs for position in index.vr.get(vr, ())]
        reached = index.of(index.exact.get(tag, ()), masked.get(tag, ()), by_class, index.star)
        if tag in index.exact:
            yield LeafClass((tag,), "", reached, _covers_tag(tag, vrs or frozenset(), vrs is not None))
        elif reached:
            alike[reached, vrs or frozenset()].append(tag)
    for vrs, tags in by_vrs.items():
        reached = index.of(*(index.vr.get(vr, ()) for vr in vrs), index.star)
        if reached and (rest := [tag for tag in tags if tag not in masked and tag not in index.exact]):
            alike[reached, vrs].extend(rest)
    for (reached, vrs), together in alike.items():
        yield LeafClass(tuple(together), "", reached, _covers_tag(together[0], vrs, True))


def _covers_tag(tag: int, vrs: frozenset[str], known: bool) -> Callable[[Leaf], bool]:
    def covers(leaf: Leaf) -> bool:
        match leaf:
            case TagLeaf():
                return leaf.matches(tag)
            case VrLeaf():
                return vrs == {leaf.vr}
            case UnknownAny():
                return not known
            case Anything():
                return True
        return False

    return covers


def _unknown(index: Index) -> Iterable[LeafClass]:
    """Even tags that no dictionary knows and no rule spells."""
    regions: set[TagLeaf | None] = {None, *index.masks}
    masks = list(index.masks)
    for position, one in enumerate(masks):
        regions.update(meet for other in masks[position + 1 :] if (meet := mask_meet(one, other)) is not None and not meet.exact)
    for region in regions:
        by_mask = [p for mask, positions in index.masks.items() if region is not None and mask_covers(mask, region) for p in positions]
        reached = index.of(by_mask, index.unknown, index.star)
        if reached:
            name = f"unknown tags of {region}" if region is not None else "unknown tags"
            yield LeafClass((), name, reached, _covers_region(region))


def _covers_region(region: TagLeaf | None) -> Callable[[Leaf], bool]:
    def covers(leaf: Leaf) -> bool:
        match leaf:
            case TagLeaf():
                return region is not None and mask_covers(leaf, region)
            case UnknownAny() | Anything():
                return True
        return False

    return covers


def _content(index: Index) -> Iterable[LeafClass]:
    """Values of content items: of the concepts and value types that rules spell, and of all others, each with the elements it can be. What
    no content rule reaches is in the class of its tag."""
    if not index.content:
        return
    types = (*content_item.VALUES, "")
    spelled = {(leaf.concept, leaf.value_type) for leaf in index.content}
    regions = {(concept, kind) for concept, kind in spelled if kind}
    regions |= {(concept, kind) for concept, named in spelled if not named for kind in types}
    regions |= {("", kind) for kind in types if any(not leaf.concept and leaf.value_type in ("", kind) for leaf in index.content)}
    on_tag = {tag: (_vrs(tag) or frozenset(), _of_tag(index, tag)) for tag in content_item.VALUE_ELEMENTS}
    for region in sorted(regions):
        leaves = (ContentLeaf(concept, kind) for concept in {"", region[0]} for kind in {"", region[1]})
        by_content = [index.content.get(leaf, ()) for leaf in leaves]
        label = str(ContentLeaf(*region))
        for tag in content_item.value_elements(region[1]):
            vrs, by_tag = on_tag[tag]
            yield LeafClass((tag,), label, index.of(*by_content, by_tag), _covers_content(region, tag, vrs), content=True)


def _of_tag(index: Index, tag: int) -> tuple[int, ...]:
    """The rules that reach a known tag, wherever it stands."""
    masked = (positions for mask, positions in index.masks.items() if mask.matches(tag))
    by_vr = (index.vr.get(vr, ()) for vr in _vrs(tag) or ())
    return index.of(index.exact.get(tag, ()), *masked, *by_vr, index.star)


def _covers_content(region: tuple[str, str], tag: int, vrs: frozenset[str]) -> Callable[[Leaf], bool]:
    of_tag = _covers_tag(tag, vrs, True)

    def covers(leaf: Leaf) -> bool:
        return leaf.matches(region) if isinstance(leaf, ContentLeaf) else of_tag(leaf)

    return covers
