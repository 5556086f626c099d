"""The operations of a program: how an output is put together from parts of its input."""

from __future__ import annotations

from dataclasses import dataclass

from deidrules.dicom.element import Element
from deidrules.engine.decide import Candidate
from deidrules.engine.reading import DataSet


@dataclass(slots=True, eq=False)
class Copy:
    """Bytes `start` .. `stop` of the input as they are."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """Bytes that are the same for every file of the layout."""

    data: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """An element whose new value depends on the file. `change` is what became of it when the program was made; if another file of the
    layout answers otherwise, the program does not hold for it."""

    element: Element
    place: DataSet
    candidate: Candidate
    change: str


@dataclass(frozen=True, slots=True, eq=False)
class Add:
    """An element made where there was none."""

    tag: int
    place: DataSet
    candidate: Candidate


@dataclass(frozen=True, slots=True, eq=False)
class Open:
    """A sequence or item of defined length begins: its header without the last four bytes stands at `start` .. `stop` of the input, the
    length of what follows up to the matching `Close` is written behind it."""

    start: int
    stop: int
    order: str


@dataclass(frozen=True, slots=True)
class Close:
    """Ends what the last `Open` began."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixel data of the object, or of an icon, that stays. `keep`: how many bytes its geometry asks for, the rest is dropped; None when it
    is encapsulated: then its frames lose what is not their image. `inner`: of an icon, whose image never changes."""

    element: Element
    place: DataSet
    keep: int | None
    inner: bool


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One of (7FE0,0001) to (7FE0,0003) beside encapsulated pixel data that stays: where frames change, it follows."""

    element: Element
    place: DataSet


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """OverlayData that stays: its bytes may change. `keep`: how many its geometry asks for, the rest is dropped. `inner`: in a sequence,
    where no bytes change."""

    element: Element
    place: DataSet
    keep: int
    inner: bool


@dataclass(frozen=True, slots=True)
class Icon:
    """The object's Icon Image Sequence, made anew."""


Operation = Copy | Literal | Touch | Add | Open | Close | Pixels | Table | Plane | Icon

CLOSE = Close()


def copy(operations: list[Operation], start: int, stop: int) -> None:
    """Add a copy; neighbouring ones grow together."""
    last = operations[-1] if operations else None
    if isinstance(last, Copy) and last.stop == start:
        last.stop = stop
    elif start < stop:
        operations.append(Copy(start, stop))


def extend(operations: list[Operation], more: list[Operation]) -> None:
    """Add several."""
    for operation in more:
        if isinstance(operation, Copy):
            copy(operations, operation.start, operation.stop)
        else:
            operations.append(operation)


def only_copies(operations: list[Operation], start: int, stop: int) -> bool:
    """True when they amount to `start` .. `stop` of the input, unchanged."""
    if not operations:
        return start == stop
    first = operations[0]
    return len(operations) == 1 and isinstance(first, Copy) and (first.start, first.stop) == (start, stop)
