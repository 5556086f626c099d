"""Content items as the oracle sees them: what an item is, which element is its value, which items go, what follows them."""

from __future__ import annotations

from collections.abc import Callable

from oracle_data import Item, Value

# PS3.3: sequences of content items, and what a sequence becomes that has none left: removed, emptied, one item that says nothing
SEQUENCES = {0x0040A730: "X", 0x00400440: "X", 0x00400441: "X", 0x00400555: "Z", 0x00400612: "D"}
HOLDS = {
    "TEXT": [0x0040A160],
    "PNAME": [0x0040A123],
    "DATE": [0x0040A121],
    "TIME": [0x0040A122],
    "DATETIME": [0x0040A120],
    "UIDREF": [0x0040A124],
    "NUM": [0x0040A300, 0x0040A30A, 0x0040A161, 0x0040A162, 0x0040A163, 0x004008EA],
    "CODE": [0x0040A168],
    "IMAGE": [0x00081199],
    "COMPOSITE": [0x00081199],
    "WAVEFORM": [0x00081199],
    "SCOORD": [0x00700022, 0x00700023, 0x00480301],
    "SCOORD3D": [0x00700022, 0x00700023],
    "TCOORD": [0x0040A130, 0x0040A132, 0x0040A138],
    "TABLE": [0x0040A801],
    "CONTAINER": [0x0040A050],
}
MEASURED = 0x0040A300
CONTENT, REFERENCE, RELATIONSHIP = 0x0040A730, 0x0040DB73, 0x0040A010

Way = tuple[int, ...]


class Ambiguous(Exception):
    """An item with two concepts, codes or types."""


def holding(kind: str) -> list[int]:
    """The tags of the value of an item; every one there is for an unknown type."""
    return HOLDS[kind] if kind in HOLDS else sorted({tag for tags in HOLDS.values() for tag in tags})


def refers(item: Item) -> bool:
    """An item that only points at another one."""
    return REFERENCE in item.values and set(item.values) <= {REFERENCE, RELATIONSHIP}


def kind_of(item: Item) -> tuple[str, str]:
    """(concept, value type) as rules compare them. Raises Ambiguous; ValueError where something cannot be read."""
    kind = _one(item.values.get(0x0040A040)).upper()
    kind = "NUM" if kind == "NUMERIC" else kind
    names = item.values.get(0x0040A043)
    concept = ""
    if names is not None and (names.raw or names.items):
        if names.items is None or len(names.items) > 1:
            raise Ambiguous
        for name in names.items:
            codes = [_one(name.values.get(tag)) for tag in (0x00080100, 0x00080119, 0x00080120)]
            scheme = _one(name.values.get(0x00080102))
            if sum(map(bool, codes)) > 1:
                raise Ambiguous
            concept = codes[2] or (f"{scheme}:{codes[0] or codes[1]}" if scheme and (codes[0] or codes[1]) else "")
    return spelled(concept), kind if kind in HOLDS else ""


def spelled(concept: str) -> str:
    """A concept as it is compared."""
    return ":".join(part.strip() for part in concept.split(":", 1)).upper()


def _one(value: Value | None) -> str:
    if value is None:
        return ""
    if value.items is not None:
        raise Ambiguous
    atoms = value.atoms()
    if len(atoms) > 1:
        raise Ambiguous
    return str(atoms[0]).strip(" \0") if atoms else ""


def way_of(item: Item) -> Way:
    """Where an item points, the root left out."""
    numbers = tuple(int(str(number)) for number in item.values[REFERENCE].atoms())
    return numbers[1:] if numbers[:1] == (1,) else (0,)


def numbered(top: Item, stays: Callable[[Item, Way], list[bool]]) -> dict[Way, Way]:
    """Old and new numbers of the items of a document that stay. `stays`: for an item of the document and its way, which of the items below
    it are not taken by a rule (none where the sequence goes)."""

    def walk(item: Item, way: Way, new: Way, alive: dict[Way, Way], known: dict[Way, Way] | None) -> None:
        alive[way] = new
        content = item.values.get(CONTENT)
        if content is None or content.items is None:
            return
        count = 0
        for number, (inner, stay) in enumerate(zip(content.items, stays(item, way), strict=True), start=1):
            if not stay or (known is not None and refers(inner) and way_of(inner) not in known):
                continue
            count += 1
            walk(inner, (*way, number), (*new, count), alive, known)

    first: dict[Way, Way] = {}
    walk(top, (), (), first, None)
    second: dict[Way, Way] = {}
    walk(top, (), (), second, first)
    return second
