"""The operations of a sequence that stays: what did not change is copied, what did gets new lengths where they were defined."""

from __future__ import annotations

from collections.abc import Sequence

from deidrules.dicom.element import Element
from deidrules.engine.operation import CLOSE, Open, Operation, copy, extend, only_copies
from deidrules.engine.reading import DataSet


def sequence_operations(
    operations: list[Operation],
    element: Element,
    place: DataSet,
    inside: list[list[Operation] | None],
    more: Sequence[Operation] = (),
) -> None:
    """Add the operations of a sequence: `inside` are those of its items, None for those that go, `more` are items behind them."""
    items = element.items or ()
    if not more and all(part is not None and only_copies(part, item.value, item.stop) for part, item in zip(inside, items, strict=True)):
        copy(operations, element.header, element.end)
        return
    if element.undefined:
        copy(operations, element.header, element.value)
    else:
        operations.append(Open(element.header, element.value - 4, place.encoding.order))
    for part, item in zip(inside, items, strict=True):
        if part is None:
            continue
        if only_copies(part, item.value, item.stop):
            copy(operations, item.header, item.end)
        elif item.undefined:
            copy(operations, item.header, item.value)
            extend(operations, part)
            copy(operations, item.stop, item.end)
        else:
            operations.append(Open(item.header, item.value - 4, item.encoding.order))
            extend(operations, part)
            operations.append(CLOSE)
    operations += more
    if element.undefined:
        copy(operations, element.stop, element.end)
    else:
        operations.append(CLOSE)
