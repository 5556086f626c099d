"""The regions that rules cut out of the private elements: by creator, plain odd tag, VR, and whether the object declares them safe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from deidrules.compile.regions import Index, LeafClass, Twins, mask_covers, mask_meet
from deidrules.plan.selector import Anything, DeclaredSafe, Leaf, PrivateAny, PrivateLeaf, TagLeaf, VrLeaf

Region = PrivateLeaf | TagLeaf | None  # None: elements that no rule spells


def private_classes(index: Index, alike: Sequence[object] = ()) -> Iterator[LeafClass]:
    """Private elements: of the creators that rules spell, of the plain odd tags, and all others; each with the VRs that rules name, and
    where a rule asks for it, declared safe by the object or not. Only the leaves of one creator, and the plain tags of its group, can
    meet, so a list of elements is looked at creator by creator, and regions whose rules are `alike` are put together as twins."""
    spelled: dict[tuple[int, str], list[PrivateLeaf]] = defaultdict(list)
    for leaf in index.private:
        spelled[leaf.group, leaf.creator].append(leaf)
    odd: dict[int, list[TagLeaf]] = defaultdict(list)
    for tag in index.odd:
        odd[tag.value >> 16].append(tag)
    yield from _of_region(index, None, ())
    for tags in odd.values():
        met = [meet for position, tag in enumerate(tags) for also in tags[position + 1 :] if (meet := mask_meet(tag, also)) is not None]
        for region in dict.fromkeys((*tags, *met)):
            yield from _of_region(index, region, [tag for tag in tags if _may_reach(tag, region)])
    groups: dict[tuple[object, ...], list[tuple[PrivateLeaf, list[PrivateLeaf | TagLeaf]]]] = defaultdict(list)
    for (group, _), leaves in spelled.items():
        for one in _of_a_creator(leaves, odd.get(group, [])):
            near = [leaf for leaf in (*leaves, *odd.get(group, ())) if _may_reach(leaf, one)]
            groups[_signature(index, one, near, alike) if alike else (one,)].append((one, near))
    for (first, near), *others in groups.values():
        yield from _of_region(index, first, near, _twins(index, near, others) if others else None)


def _signature(index: Index, region: PrivateLeaf, near: list[PrivateLeaf | TagLeaf], alike: Sequence[object]) -> tuple[object, ...]:
    """What two regions share in which all rules that may meet there, in the order in which they are asked, are the same or alike."""
    covers = {position: _covers(leaf, region) for leaf in near for position in index.of_leaf(leaf)}
    everything = index.of(covers, index.any_private, index.star, index.declared, *index.vr.values())
    return tuple((alike[position], covers[position]) if position in covers else position for position in everything)


def _twins(index: Index, near: list[PrivateLeaf | TagLeaf], others: list[tuple[PrivateLeaf, list[PrivateLeaf | TagLeaf]]]) -> Twins:
    own = index.of(*(index.of_leaf(leaf) for leaf in near))
    theirs = (index.of(*(index.of_leaf(leaf) for leaf in leaves)) for _, leaves in others)
    return Twins(
        [dict(zip(own, positions, strict=True)) for positions in theirs],
        lambda: (found for region, leaves in others for found in _of_region(index, region, leaves)),
    )


def _of_region(index: Index, region: Region, near: Iterable[PrivateLeaf | TagLeaf], twins: Twins | None = None) -> Iterator[LeafClass]:
    """The classes of a region; `near` are the leaves that may reach it."""
    lists: list[Iterable[int]] = [index.any_private, index.star, *(index.of_leaf(leaf) for leaf in near)]
    for vr in ("", *index.vr):
        for declared in (False, True) if index.declared else (False,):
            reached = index.of(*lists, index.vr.get(vr, ()), index.declared if declared else ())
            if reached:
                name = f"{region or 'private elements'}{f' of VR {vr}' if vr else ''}{', declared safe' if declared else ''}"
                yield LeafClass((), name, reached, _covers_private(region, vr, declared), private=True, twins=twins)


def _of_a_creator(leaves: list[PrivateLeaf], odd: list[TagLeaf]) -> Iterable[PrivateLeaf]:
    """The regions that the leaves of one creator and the plain tags of its group cut out of its blocks."""
    regions = dict.fromkeys(leaves)
    masks = [leaf for leaf in leaves if not leaf.exact]
    for one in masks:  # two whole tags never share an element
        for other in leaves:
            if not (one.element ^ other.element) & one.mask & other.mask:
                regions[PrivateLeaf(one.group, one.creator, one.element | other.element, one.mask | other.mask)] = None
    for tag in odd:  # the low byte that a plain mask and a creator's mask share
        low, mask = tag.value & 0xFF, tag.mask & 0xFF
        for one in leaves:
            if not (low ^ one.element) & mask & one.mask:
                regions[PrivateLeaf(one.group, one.creator, one.element | low, one.mask | mask)] = None
    return regions


def _may_reach(leaf: PrivateLeaf | TagLeaf, region: Region) -> bool:
    match leaf, region:
        case PrivateLeaf(), PrivateLeaf():
            same = (leaf.group, leaf.creator) == (region.group, region.creator)
            return same and leaf.mask & region.mask == leaf.mask and region.element & leaf.mask == leaf.element
        case TagLeaf(), TagLeaf():
            return mask_covers(leaf, region)
        case TagLeaf(), PrivateLeaf():  # the block may lie where the plain tag points
            return leaf.value >> 16 == region.group and not (leaf.value ^ region.element) & leaf.mask & region.mask & 0xFF
    return False


def _covers(leaf: PrivateLeaf | TagLeaf, region: Region) -> bool:
    """Whether a leaf reaches every element of a region: of a creator's, a plain tag may miss the block."""
    return _may_reach(leaf, region) and isinstance(leaf, PrivateLeaf) == isinstance(region, PrivateLeaf)


def _covers_private(region: Region, vr: str, declared: bool) -> Callable[[Leaf], bool]:
    def covers(leaf: Leaf) -> bool:
        match leaf:
            case PrivateAny() | Anything():
                return True
            case VrLeaf():
                return leaf.vr == vr
            case DeclaredSafe():
                return declared
            case PrivateLeaf() | TagLeaf():
                return _covers(leaf, region)
        return False

    return covers
