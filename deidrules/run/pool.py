"""Several worker processes, watched: results in the order of the sources, and no file lost with a worker."""

# Paths stay text here: there is one for every file of a run.
# ruff: noqa: PTH120

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pipe
from selectors import EVENT_READ, DefaultSelector
from typing import Generic, Protocol, TypeVar

from deidrules.run.errors import Stopped
from deidrules.run.memory import settled_memory
from deidrules.run.result import Refused
from deidrules.run.worker import READY

# A chunk is files of one folder as far as they reach, so that one worker sees a series. Its paths have to fit into the pipe twice.
_FILES = 32
_FEW_FILES = 8
_PATH_BYTES = 32 << 10
_AHEAD = 2  # chunks a worker holds: the next one waits while it works
_WINDOW = 2048  # results that may wait for an earlier one
_STARTS = 3  # workers in a row that may die before they are ready
_POLL_SECONDS = 0.2


class Indexed(Protocol):
    """A job or a result. `index` counts the jobs of the run."""

    @property
    def index(self) -> int:
        """Which job it is, or answers."""


class OfFile(Indexed, Protocol):
    """A job."""

    @property
    def path(self) -> str:
        """The file it is about."""


J = TypeVar("J", bound=OfFile)
R = TypeVar("R", bound=Indexed)
J_contra = TypeVar("J_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[J_contra, R_co]):
    """What is to be done with files, as it goes to worker processes."""

    def processor(self) -> Callable[[J_contra], R_co]:
        """What does it. It never raises for the sake of a file."""


def in_process(jobs: Iterable[tuple[J, R | None]], settings: Work[J, R]) -> Iterator[tuple[J, R]]:
    """The same without processes: one file after the other, here."""
    processor = settings.processor()
    with settled_memory():
        for job, result in jobs:
            yield job, result if result is not None else processor(job)


class _Worker(Generic[J]):
    """A process, the pipe to it, and the jobs it was given and has not answered, in order."""

    def __init__(self, settings: object) -> None:
        self.link, theirs = Pipe()
        self.ready = False
        self.waiting: deque[tuple[J, ...]] = deque()
        self.done = 0  # jobs of the first chunk that are answered
        with theirs:
            # Not multiprocessing: a script that calls us without a main guard must not be run again in every worker, and a fork would
            # copy whatever threads the caller has. -P: nothing is imported from the current folder, which may be the source.
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", f"from deidrules.run.worker import main; main({theirs.fileno()})"],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # libraries write values there
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OMP_NUM_THREADS": "1"},
            )
        try:
            self.link.send(settings)
        except OSError:
            pass  # dead already: the pipe's end will say so

    def give(self, chunk: tuple[J, ...]) -> None:
        self.waiting.append(chunk)
        try:
            self.link.send(chunk)
        except OSError:
            pass

    def answered(self) -> J:
        """The job that a result belongs to."""
        job = self.waiting[0][self.done]
        self.done += 1
        if self.done == len(self.waiting[0]):
            self.waiting.popleft()
            self.done = 0
        return job

    def rest(self) -> list[tuple[J, ...]]:
        """The chunks that were not answered."""
        chunks = list(self.waiting)
        if chunks:
            chunks[0] = chunks[0][self.done :]
        return [chunk for chunk in chunks if chunk]

    def end(self) -> None:
        self.link.close()
        self.process.kill()
        self.process.wait()


class Pool(Generic[J, R]):
    """`workers` processes. A worker that dies is replaced; the file it had in hand is failed with the code `crash`, what else it had been
    given goes to its successor. Raises Stopped `worker-start` when workers cannot even begin, or when one says so."""

    def __init__(self, settings: Work[J, R], workers: int) -> None:
        self._settings = settings
        self._selector = DefaultSelector()
        self._workers: list[_Worker[J]] = []
        self._false_starts = 0
        for _ in range(workers):
            self._start()

    def run(self, steps: Iterable[tuple[J, R | None]], poll: Callable[[], None]) -> Iterator[tuple[J, R | Refused]]:
        """Every job with its result, in the given order; a step that has its result already keeps its place. `poll` is called now and
        then and may raise."""
        chunks = _chunks(steps)
        more = True
        last = -1  # the highest index that was taken from the chunks
        following = 0
        finished: dict[int, tuple[J, R | Refused]] = {}
        while True:
            while more and last - following < _WINDOW and (worker := self._idle()) is not None:
                chunk = next(chunks, None)
                if chunk is None:
                    more = False
                    break
                last = chunk[-1][0].index
                finished.update((job.index, (job, result)) for job, result in chunk if result is not None)
                if jobs := tuple(job for job, result in chunk if result is None):
                    worker.give(jobs)
            while following in finished:
                yield finished.pop(following)
                following += 1
            if not more and following > last:
                return
            poll()
            if any(worker.waiting for worker in self._workers):
                for key, _ in self._selector.select(_POLL_SECONDS):
                    self._receive(key.data, finished)

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.end()
        self._selector.close()

    def _start(self) -> _Worker[J]:
        try:
            worker: _Worker[J] = _Worker(self._settings)
        except OSError:
            raise Stopped("worker-start") from None
        self._workers.append(worker)
        self._selector.register(worker.link, EVENT_READ, worker)
        return worker

    def _idle(self) -> _Worker[J] | None:
        """The worker with the least to do, if it can take more."""
        worker = min(self._workers, key=lambda one: len(one.waiting))
        return worker if len(worker.waiting) < _AHEAD else None

    def _receive(self, worker: _Worker[J], finished: dict[int, tuple[J, R | Refused]]) -> None:
        try:
            message = worker.link.recv()
        except (EOFError, OSError):
            self._replace(worker, finished)
            return
        if message == READY:
            worker.ready = True
            self._false_starts = 0
        elif isinstance(message, dict):
            raise Stopped("worker-start")
        else:
            finished[message.index] = (worker.answered(), message)

    def _replace(self, dead: _Worker[J], finished: dict[int, tuple[J, R | Refused]]) -> None:
        chunks = dead.rest()
        self._selector.unregister(dead.link)
        self._workers.remove(dead)
        dead.end()
        if not dead.ready:
            self._false_starts += 1
            if self._false_starts >= _STARTS:
                raise Stopped("worker-start")
        elif chunks:
            poison, *others = chunks[0]
            finished[poison.index] = (poison, Refused(poison.index, "failed", {"code": "crash"}))
            chunks = [tuple(others), *chunks[1:]] if others else chunks[1:]
        successor = self._start()
        for chunk in chunks:
            successor.give(chunk)


def _chunks(steps: Iterable[tuple[J, R | None]]) -> Iterator[list[tuple[J, R | None]]]:
    """Cut where the folder changes, unless that leaves few files, and where a chunk is full."""
    chunk: list[tuple[J, R | None]] = []
    size, folder = 0, ""
    for step in steps:
        path = step[0].path
        here = os.path.dirname(path)
        full = len(chunk) >= _FILES or size + len(path) > _PATH_BYTES
        if chunk and (full or (here != folder and len(chunk) >= _FEW_FILES)):
            yield chunk
            chunk, size = [], 0
        chunk.append(step)
        size += len(path)
        folder = here
    if chunk:
        yield chunk
