"""What an object declares of its private elements, for the oracle: PS3.3 C.12.1.1.7, read from the object's own (0008,0300)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from oracle_data import Item, Value, normal, walk

Element = tuple[int, str, int]  # group, creator, low byte
VRS = frozenset(re.findall("..", "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSSSTSVTMUCUIULURUSUTUV"))


def numbers(item: Item, tag: int) -> list[int] | None:
    """The values of a US element; [] where it is absent or empty, None where it is something else."""
    value = item.values.get(tag)
    if value is None:
        return []
    if value.vr != "US" or value.items is not None or len(value.raw) % 2:
        return None
    return [int(str(atom)) for atom in value.atoms()]


def term(item: Item, tag: int) -> str:
    """A code string; "" for anything else."""
    value = item.values.get(tag)
    return value.raw.decode("latin-1").strip(" \0") if value is not None and value.vr == "CS" and value.items is None else ""


def inner_items(item: Item, tag: int) -> list[Item] | None:
    """The items of a sequence; [] where it is absent, None where it is none."""
    value = item.values.get(tag)
    return [] if value is None else value.items


def low_bytes(item: Item, tag: int) -> set[int] | None:
    """A list of low bytes in ascending order, each once."""
    found = numbers(item, tag)
    if found is None or any(number > 255 for number in found) or any(one >= other for one, other in pairwise(found)):
        return None
    return set(found)


def named(item: Item) -> tuple[int, str] | None:
    """The group and creator of which an item speaks."""
    group, creator = numbers(item, 0x00080301), item.values.get(0x00080302)
    if not group or len(group) > 1 or group[0] % 2 == 0 or creator is None or creator.vr != "LO" or creator.items is not None:
        return None
    name = normal(creator.raw.decode("latin-1"))
    return (group[0], name) if name else None


def said(item: Item) -> frozenset[int]:
    """The low bytes that an item, taken alone, declares safe."""
    listed, status, actions = low_bytes(item, 0x00080304), term(item, 0x00080303), inner_items(item, 0x00080305)
    if listed is None or actions is None:
        return frozenset()
    identifying: set[int] = set()
    for action in actions:
        elements = low_bytes(action, 0x00080306)
        if not elements or term(action, 0x00080307) not in {"D", "Z", "X", "U"}:
            return frozenset()
        identifying |= elements
    if status == "SAFE":
        return frozenset() if listed or identifying else frozenset(range(256))
    if status == "MIXED" and not listed & identifying:
        return frozenset(listed)
    return frozenset()


def definitions(item: Item) -> Iterator[tuple[int, str]]:
    """The VRs that an item gives its elements."""
    for definition in inner_items(item, 0x00080310) or []:
        element, vr = low_bytes(definition, 0x00080308), term(definition, 0x0008030A)
        if element and len(element) == 1 and vr in VRS:
            yield min(element), vr


def declare(top: Item) -> None:
    """Mark every private element of an object that its own declaration calls safe, and note the VRs it is said to have."""
    safe: dict[tuple[int, str], list[frozenset[int]]] = {}
    vrs: dict[Element, set[str]] = {}
    for item in inner_items(top, 0x00080300) or []:
        block = named(item)
        if block is not None:
            safe.setdefault(block, []).append(said(item))
            for low, vr in definitions(item):
                vrs.setdefault((*block, low), set()).add(vr)
    known = identifiers_of(top)
    for block in list(safe):
        words = f" {' '.join(re.findall('[A-Z0-9]+', block[1]))} "
        if known is None or not block[1].isascii() or any(f" {' '.join(re.findall('[A-Z0-9]+', word))} " in words for word in known):
            safe[block] = [frozenset()]  # the creator stays with its elements, and it names somebody
    for _, value in walk(top):
        if value.creator is not None:
            block, low = (value.tag >> 16, value.creator), value.tag & 0xFF
            value.declared = block in safe and all(low in one for one in safe[block]) and len({*safe[block]}) == 1
            found = vrs.get((*block, low), set())
            value.said_vr = min(found) if len(found) == 1 else ""


def identifiers_of(top: Item) -> frozenset[str] | None:
    """The words that identify the patient and staff; None when one cannot be read."""
    from oracle_values import identifiers

    try:
        return identifiers(top)
    except (ValueError, LookupError):
        return None


def kept_items(value: Value, staying: set[tuple[int, str]]) -> list[bool]:
    """For each item of (0008,0300), whether the block it names is one that stays."""
    return [named(item) in staying for item in value.items or []]
