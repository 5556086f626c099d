"""Which elements a rule reaches, and which of two rules is the more specific (rules 1-4 of the language)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deidrules.dicom import content_item

EXACT = 0xFFFFFFFF

# (50xx,...) and (60xx,...) stand for the 16 repeating groups, PS3.5 7.6
REPEATING = (0x5000, 0x6000)


@dataclass(frozen=True, slots=True)
class TagLeaf:
    """A tag, or a mask: `value` holds the fixed digits, `mask` has F where a digit is fixed."""

    value: int
    mask: int = EXACT

    def matches(self, tag: int) -> bool:
        """True when the tag has the fixed digits. A mask with `x` in the group reaches even groups only, and 50xx/60xx only the sixteen
        repeating groups."""
        if tag & self.mask != self.value:
            return False
        if self.mask >> 16 == 0xFFFF:
            return True
        group = tag >> 16
        if group & 1:
            return False
        return not (self.mask >> 16 == 0xFF00 and (self.value >> 16) in REPEATING and group & 0xFF > 0x1E)

    @property
    def exact(self) -> bool:
        """True for a tag, False for a mask."""
        return self.mask == EXACT

    def __str__(self) -> str:
        digits = "".join(f"{(self.value >> shift) & 0xF:X}" if (self.mask >> shift) & 0xF else "x" for shift in range(28, -4, -4))
        return f"({digits[:4]},{digits[4:]})"


@dataclass(frozen=True, slots=True)
class PrivateLeaf:
    """An element of a private block: group, creator (normalised), low byte of the element, and the mask of the low byte."""

    group: int
    creator: str
    element: int
    mask: int = 0xFF

    def matches(self, tag: int, creator: str | None) -> bool:
        """True for an element of the creator's block, wherever the block lies. `creator` is normalised, None when nothing reserved it."""
        return creator == self.creator and tag >> 16 == self.group and tag & self.mask == self.element and tag & 0xFFFF > 0xFF

    @property
    def exact(self) -> bool:
        """False when the low byte holds an `x`."""
        return self.mask == 0xFF

    def __str__(self) -> str:
        low = "".join(f"{(self.element >> shift) & 0xF:X}" if (self.mask >> shift) & 0xF else "x" for shift in (4, 0))
        escaped = self.creator.replace('"', '""')
        return f'({self.group:04X},"{escaped}",{low})'


@dataclass(frozen=True, slots=True)
class VrLeaf:
    """Every element of a VR: the dictionary's for a known tag, the file's for a private element."""

    vr: str

    def __str__(self) -> str:
        return f"vr {self.vr}"


@dataclass(frozen=True, slots=True)
class PrivateAny:
    """`private`: every odd group."""

    def __str__(self) -> str:
        return "private"


@dataclass(frozen=True, slots=True)
class UnknownAny:
    """`unknown`: even group, not in the dictionary of the plan."""

    def __str__(self) -> str:
        return "unknown"


@dataclass(frozen=True, slots=True)
class DeclaredSafe:
    """`declared-safe`: private elements that the object itself declares free of identifying information (PS3.3 C.12.1.1.7)."""

    def __str__(self) -> str:
        return "declared-safe"


@dataclass(frozen=True, slots=True)
class Anything:
    """`*`: everything directly in the sequence before it; as a step, any sequence."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class ContentLeaf:
    """The value of a content item: of a concept (`SCHEME:CODE`, normalised) and of a Value Type; "" for any."""

    concept: str = ""
    value_type: str = ""

    def matches(self, content: tuple[str, str]) -> bool:
        """True for an item with this (concept, value type)."""
        return self.concept in ("", content[0]) and self.value_type in ("", content[1])

    @property
    def elements(self) -> tuple[int, ...]:
        """The elements that can be such a value."""
        return content_item.value_elements(self.value_type)

    def __str__(self) -> str:
        concept = self.concept.replace('"', '""')
        return "content" + (f' "{concept}"' if concept else "") + (f" {self.value_type}" if self.value_type else "")


Leaf = TagLeaf | PrivateLeaf | VrLeaf | PrivateAny | UnknownAny | DeclaredSafe | Anything | ContentLeaf
Step = TagLeaf | PrivateLeaf | Anything


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands and what it is, as far as a selector can ask: tag, VRs it can have by the dictionary (or the file, when
    private), its normalised creator, whether the dictionary knows it, whether the object declares it safe, and, where it is the value of a
    content item, the (concept, value type) of the item."""

    tag: int
    vrs: frozenset[str]
    creator: str | None = None
    known: bool = True
    declared: bool = False
    content: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Selector:
    """A leaf under a path. `steps` outermost first; unanchored steps are the last ones before the element, anchored ones all of them."""

    leaf: Leaf
    steps: tuple[Step, ...] = ()
    anchored: bool = False

    def __str__(self) -> str:
        parts = (["top"] if self.anchored else []) + [str(step) for step in self.steps] + [str(self.leaf)]
        return " / ".join(parts)

    def reaches(self, place: Place, path: tuple[tuple[int, str | None], ...]) -> bool:
        """True when the element at `path` ((tag, creator) of each enclosing sequence, outermost first) is meant."""
        return self.reaches_path(path) and leaf_reaches(self.leaf, place)

    def reaches_path(self, path: tuple[tuple[int, str | None], ...]) -> bool:
        """True when the enclosing sequences are those of the selector."""
        if self.anchored and len(path) != len(self.steps):
            return False
        if len(path) < len(self.steps):
            return False
        return all(
            step_matches(step, tag, creator) for step, (tag, creator) in zip(self.steps, path[len(path) - len(self.steps) :], strict=True)
        )


def step_matches(step: Step, tag: int, creator: str | None) -> bool:
    """True when a sequence with this tag (and creator) is the one the step names."""
    match step:
        case TagLeaf():
            return step.matches(tag)
        case PrivateLeaf():
            return step.matches(tag, creator)
        case Anything():
            return True


def leaf_reaches(leaf: Leaf, place: Place) -> bool:
    """True when the leaf means the element, its path aside."""
    match leaf:
        case TagLeaf():
            return leaf.matches(place.tag)
        case PrivateLeaf():
            return leaf.matches(place.tag, place.creator)
        case VrLeaf():
            return leaf.vr in place.vrs and (place.known or bool(place.tag >> 16 & 1))
        case PrivateAny():
            return bool(place.tag >> 16 & 1)
        case UnknownAny():
            return not place.known and not place.tag >> 16 & 1
        case DeclaredSafe():
            return place.declared
        case Anything():
            return True
        case ContentLeaf():
            return place.content is not None and leaf.matches(place.content)


def leaf_rank(leaf: Leaf) -> int:
    """How specific a leaf is: value of a content item (concept and type > concept > type > neither) > tag or private element > mask by
    fixed digits > VR > `declared-safe` > `private`, `unknown`, `*`."""
    match leaf:
        case ContentLeaf():
            return 31 + 2 * bool(leaf.concept) + bool(leaf.value_type)
        case TagLeaf():
            return 30 if leaf.exact else 10 + leaf.mask.bit_count() // 4
        case PrivateLeaf():
            return 30 if leaf.exact else 18 + leaf.mask.bit_count() // 4
        case VrLeaf():
            return 5
        case DeclaredSafe():
            return 3
        case _:
            return 1


def path_rank(selector: Selector) -> int:
    """How specific a path is: longer > shorter > none; `top` adds one."""
    return len(selector.steps) + selector.anchored


def compare(one: Selector, one_conditional: bool, other: Selector, other_conditional: bool) -> int:
    """1 when `one` is more specific, -1 when `other` is, 0 when neither (rule 4)."""
    leaf = leaf_rank(one.leaf) - leaf_rank(other.leaf)
    path = path_rank(one) - path_rank(other)
    if leaf >= 0 and path >= 0 and (leaf or path):
        return 1
    if leaf <= 0 and path <= 0 and (leaf or path):
        return -1
    if not leaf and not path:
        return int(one_conditional) - int(other_conditional)
    return 0


_TAG = re.compile(r"\(([0-9A-Fx]{4}),([0-9A-Fx]{4})\)")
_PRIVATE = re.compile(r'\(([0-9A-F]{4}),"((?:[^"]|"")+)",([0-9A-Fx]{2})\)')
_CONTENT = re.compile(r'content(?: "((?:[^"]|"")+)")?(?: ([A-Z0-9]+))?')
_PART = re.compile(r'\s*(\([0-9A-F]{4},"(?:[^"]|"")+",[0-9A-Fx]{2}\)|content(?: "(?:[^"]|"")+")?(?: [A-Z0-9]+)?|[^/]+?)\s*(?:/|$)')


def parse_leaf(text: str) -> Leaf:
    """The leaf that `str(leaf)` wrote; ValueError otherwise."""
    if match := _TAG.fullmatch(text):
        digits = match[1] + match[2]
        return TagLeaf(int(digits.replace("x", "0"), 16), int("".join("0" if d == "x" else "F" for d in digits), 16))
    if match := _PRIVATE.fullmatch(text):
        low = match[3]
        mask = int("".join("0" if digit == "x" else "F" for digit in low), 16)
        return PrivateLeaf(int(match[1], 16), match[2].replace('""', '"'), int(low.replace("x", "0"), 16), mask)
    if text.startswith("vr ") and len(text) == 5:
        return VrLeaf(text[3:])
    if match := _CONTENT.fullmatch(text):
        concept, value_type = (match[1] or "").replace('""', '"'), match[2] or ""
        if (value_type and value_type not in content_item.VALUES) or concept != content_item.normal_concept(concept):
            raise ValueError("not a selector of a plan")
        return ContentLeaf(concept, value_type)
    match text:
        case "private":
            return PrivateAny()
        case "unknown":
            return UnknownAny()
        case "declared-safe":
            return DeclaredSafe()
        case "*":
            return Anything()
    raise ValueError("not a selector of a plan")


def parse_selector(text: str) -> Selector:
    """The selector that `str(selector)` wrote; ValueError otherwise."""
    parts: list[str] = _PART.findall(text)
    anchored = parts[:1] == ["top"]
    leaves = [parse_leaf(part) for part in parts[anchored:]]
    if not leaves:
        raise ValueError("not a selector of a plan")
    steps: list[Step] = []
    for step in leaves[:-1]:
        if not isinstance(step, TagLeaf | PrivateLeaf | Anything):
            raise ValueError("not a path of a plan")
        steps.append(step)
    return Selector(leaves[-1], tuple(steps), anchored)
