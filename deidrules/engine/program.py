"""A program: what to do with the files of one layout, and for which of them it holds. Only touched values are worked out per file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from deidrules.dicom.buffer import Buffer
from deidrules.engine.operation import Operation
from deidrules.engine.outcome import Outcome
from deidrules.engine.reading import DataSet

# programs of one layout, and layouts
_MOST_OF_A_LAYOUT = 8
_MOST_LAYOUTS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """`operations` build the output's data set. It holds for every file of its layout for which the conditions in `truths` have these
    truths, the bytes at each of `witnesses` (start, stop, bytes) are these, and every touched element changes as it did.

    `reusable` is False when something else was looked at. `top` is the data set its offsets belong to."""

    top: DataSet
    operations: tuple[Operation, ...]
    outcomes: tuple[Outcome, ...]
    outcomes_id: str
    truths: tuple[tuple[int, bool], ...]
    witnesses: tuple[tuple[int, int, bytes], ...]
    reusable: bool

    def holds(self, buffer: Buffer, holds: Callable[[int], bool]) -> bool:
        """True when it holds for a file of its layout, as far as that can be known without touching."""
        return all(buffer[start:stop] == value for start, stop, value in self.witnesses) and all(
            holds(number) == truth for number, truth in self.truths
        )


class Programs:
    """The programs of one engine, by layout and whatever else decides; the least recently used are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int | None, object], list[Program]] = OrderedDict()

    def of(self, key: tuple[int | None, object]) -> list[Program]:
        """The programs known for a key, the one used last first."""
        found = self._known.get(key)
        if found is None:
            return []
        self._known.move_to_end(key)
        return found

    def used(self, key: tuple[int | None, object], program: Program) -> None:
        """Remember a program, or that it was used."""
        found = self._known.setdefault(key, [])
        if found and found[0] is program:
            return
        if program in found:
            found.remove(program)
        found.insert(0, program)
        del found[_MOST_OF_A_LAYOUT:]
        if len(self._known) > _MOST_LAYOUTS:
            self._known.popitem(last=False)

    def forget(self, layout: int) -> None:
        """Forget the programs of a layout that will not come again."""
        for key in [key for key in self._known if key[0] == layout]:
            del self._known[key]
