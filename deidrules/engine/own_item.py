"""Sequence items that the engine writes itself: constants of the standard and of the program, never a value of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deidrules.dicom import writer
from deidrules.dicom.element import Element, Encoding, Item
from deidrules.engine.operation import Literal, Operation
from deidrules.engine.reading import DataSet, Reading, is_sequence


@dataclass(frozen=True, slots=True)
class OwnItem:
    """`elements` are (tag, VR, value) in order of the tags; the value of a sequence is its one item. `told_by`: the tags by whose values an
    item of the input is known to say the same; () when it has to be equal to this one in everything."""

    elements: tuple[tuple[int, str, str | OwnItem], ...]
    told_by: tuple[int, ...] = ()

    def coded(self, encoding: Encoding) -> bytes:
        """The item with its header, of defined length (PS3.5 7.5)."""
        body = self.body(encoding)
        return writer.item_header(len(body), encoding) + body

    def body(self, encoding: Encoding) -> bytes:
        """Its elements."""
        return b"".join(
            writer.element(tag, vr, value.coded(encoding) if isinstance(value, OwnItem) else _padded(value), encoding)
            for tag, vr, value in self.elements
        )

    def deciding(self, item: Item) -> tuple[Element, ...] | None:
        """The elements of an item of the input whose values decide whether it says the same; None when its elements do already: it lacks
        one of them, or has others."""
        held = {element.tag: element for element in item.elements}
        wanted = [entry for entry in self.elements if not self.told_by or entry[0] in self.told_by]
        if not self.told_by and [element.tag for element in item.elements] != [tag for tag, _, _ in wanted]:
            return None
        found: list[Element] = []
        for tag, _, value in wanted:
            element = held.get(tag)
            if element is None or is_sequence(element) != isinstance(value, OwnItem):
                return None
            if isinstance(value, OwnItem):
                inner = None if len(element.items or ()) != 1 else value.deciding((element.items or ())[0])
                if inner is None:
                    return None
                found.extend(inner)
            elif element.items is not None:
                return None
            else:
                found.append(element)
        return tuple(found)

    def texts(self) -> tuple[str, ...]:
        """What the deciding elements have to say, in the same order."""
        out: list[str] = []
        for tag, _, value in self.elements:
            if not self.told_by or tag in self.told_by:
                out.extend(value.texts() if isinstance(value, OwnItem) else (value,))
        return tuple(out)


def whole_sequence(tag: int, items: tuple[OwnItem, ...], encoding: Encoding) -> bytes:
    """A sequence of these items and no others."""
    return writer.element(tag, "SQ", b"".join(item.coded(encoding) for item in items), encoding)


class OwnItems:
    """Our items in a sequence of the input that stays. The first item of the input that says the same as one of ours is written anew in its
    place, so what an earlier pass wrote is neither doubled nor judged. `witness` is told of each value that this depends on."""

    def __init__(
        self,
        ours: tuple[OwnItem, ...],
        items: tuple[Item, ...],
        place: DataSet,
        reading: Reading,
        witness: Callable[[Element, DataSet], None],
    ) -> None:
        self._ours = ours
        self._items = items
        self._known: dict[int, OwnItem] = {}
        for one in ours:
            for number, item in enumerate(items, start=1):
                deciding = one.deciding(item)
                for element in deciding or ():
                    witness(element, place)
                if deciding is not None and _say(deciding, one.texts(), place, reading):
                    self._known[number] = one
                    break

    def __bool__(self) -> bool:
        """True when the sequence gets any."""
        return bool(self._ours)

    def anew(self, number: int) -> list[Operation] | None:
        """What stands in an item of the input, counted from 1, instead of what stood there; None for one that says something else."""
        one = self._known.get(number)
        return None if one is None else [Literal(one.body(self._items[number - 1].encoding))]

    def missing(self, encoding: Encoding) -> list[Operation]:
        """Those of ours that the input does not have."""
        return [Literal(one.coded(encoding)) for one in self._ours if one not in self._known.values()]


def _say(deciding: tuple[Element, ...], texts: tuple[str, ...], place: DataSet, reading: Reading) -> bool:
    """True when the elements hold the texts, whatever the data set in which they stand: ASCII is the same in all of them."""
    return all(reading.raw(element, place).rstrip(b" \0") == text.encode("ascii") for element, text in zip(deciding, texts, strict=True))


def _padded(value: str) -> bytes:
    return value.encode("ascii") + b" " * (len(value) & 1)
