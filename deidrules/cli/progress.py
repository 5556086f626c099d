"""A progress bar on stderr, where somebody is looking."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EVERY_SECONDS = 0.1


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None] | None]:
    """What `apply_directory` calls with (done, there); None when stderr is no terminal. Drawn by the caller's own thread, so that the
    bar adds none to the process."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True), auto_refresh=False, transient=True
    )
    task = bar.add_task("", total=None)
    drawn = 0.0

    def progress(done: int, there: int) -> None:
        nonlocal drawn
        bar.start()  # not before: what is said until then would be drawn over
        now = time.monotonic()
        if done == there or now - drawn >= _EVERY_SECONDS:
            drawn = now
            bar.update(task, completed=done, total=there)
            bar.refresh()

    try:
        yield progress
    finally:
        bar.stop()
