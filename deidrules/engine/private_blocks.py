"""The private blocks of one object: which elements it declares safe, which blocks stay, and what (0008,0300) may go on saying of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from deidrules.dicom.element import Element
from deidrules.engine.decide import Candidate
from deidrules.engine.declared import CHARACTERISTICS, Block, Declaration, block_named, declaration_of
from deidrules.engine.outcome import Path
from deidrules.engine.reading import DataSet, Reading
from deidrules.plan.selector import DeclaredSafe

Witness = Callable[[Element, DataSet], None]


class PrivateBlocks:
    """`asked`: whether a rule of the plan asks what objects declare. `witness` is called with each element whose value was looked at: a
    program holds only for files that say the same there.

    Rule 15: an item of (0008,0300) that names a block of which nothing stays goes, and the sequence goes with its last item. It stands
    before the blocks it names, so whoever walks the object walks it twice where the sequence stays: `trims` is set for the second walk."""

    def __init__(self, reading: Reading, witness: Witness, *, asked: bool) -> None:
        self.trims = False
        self._reading = reading
        self._witness = witness
        self._asked = asked
        self._declaration: Declaration | None = None
        self._staying: set[Block] = set()

    def declared_safe(self, element: Element) -> bool:
        """Whether the object declares a private element safe, where any rule asks."""
        return self._asked and element.creator is not None and self._declared().covers(element)

    def read(self, element: Element, candidate: Candidate) -> Element:
        """A private element of which the file does not say the VR, with that of its rule, or with what the object itself defines where the
        rule takes its word; else as it is."""
        if element.vr != "UN":
            return element
        by_word = candidate.rule is not None and isinstance(candidate.rule.selector.leaf, DeclaredSafe)
        vr = candidate.reading or (self._declared().reading(element) if by_word else "")
        return replace(element, vr=vr) if vr else element

    def stay(self, elements: Iterable[Element], path: Path) -> None:
        """Note private elements that stay. What stands in (0008,0300) itself is no block that it speaks of."""
        if all(tag != CHARACTERISTICS for tag, _ in path):
            self._staying.update((element.group, element.creator) for element in elements if element.creator is not None)

    def dropped(self, element: Element, place: DataSet) -> frozenset[int]:
        """The numbers of the items of (0008,0300) that go, once it is known which blocks stay."""
        if not self.trims or element.tag != CHARACTERISTICS:
            return frozenset()
        self._witness(element, place)
        items = enumerate(element.items or (), start=1)
        return frozenset(number for number, item in items if block_named(item, self._reading, place) not in self._staying)

    def _declared(self) -> Declaration:
        if self._declaration is None:
            self._declaration = declaration_of(self._reading)
            for found in self._declaration.rests_on:
                self._witness(found.element, found.place)
        return self._declaration
