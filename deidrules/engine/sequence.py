"""The operations of a sequence that stays: what did not change is copied, what did gets new lengths where they were defined."""

from __future__ import annotations

from collections.abc import Sequence

from deidrules.dicom.element import Element, Item
from deidrules.engine.operation import CLOSE, Open, Operation, copy, extend, only_copies
from deidrules.engine.reading import DataSet


def sequence_operations(
    operations: list[Operation],
    element: Element,
    place: DataSet,
    items: list[Item],
    inside: list[list[Operation]],
    more: Sequence[Operation] = (),
) -> None:
    """Add the operations of a sequence. `items` are those that stay, `inside` the operations of each, `more` items behind them."""
    if not more and len(items) == len(element.items or ()) and all(
        only_copies(part, item.value, item.stop) for part, item in zip(inside, items, strict=True)
    ):
        copy(operations, element.header, element.end)
        return
    if element.undefined:
        copy(operations, element.header, element.value)
    else:
        operations.append(Open(element.header, element.value - 4, place.encoding.order))
    for part, item in zip(inside, items, strict=True):
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
