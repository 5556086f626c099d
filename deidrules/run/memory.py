"""What stands for the whole of a run, kept out of the garbage collector's way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled_memory() -> Iterator[None]:
    """While it is entered, the collector passes over what is there already: plan, dictionary and engine are tens of thousands of objects
    that it would look through again every few files. Afterwards everything is as it was; a caller's own `gc.freeze` is left alone."""
    ours = not gc.get_freeze_count()
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
