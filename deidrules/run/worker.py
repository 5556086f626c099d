"""A worker process: takes chunks of files from a pipe, says what came of each."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection

from deidrules.run.memory import settled_memory
from deidrules.run.process import Processor, Settings, internal_error
from deidrules.run.quiet import no_core_dumps, quiet
from deidrules.run.result import Job

READY = "ready"


def main(descriptor: int) -> None:
    """Serve until the other end closes. The first message is the Settings, the others are tuples of Jobs; each Job is answered by a
    Result. What cannot begin answers with the record of its error instead of READY."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    no_core_dumps()
    link: Connection = Connection(descriptor)
    try:
        with quiet():
            _serve(link)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the parent is gone or wants no more


def _serve(link: Connection) -> None:
    try:
        settings = link.recv()
        assert isinstance(settings, Settings)
        processor = Processor(settings)
    except EOFError:
        raise
    except Exception as error:
        link.send(internal_error(error))
        return
    link.send(READY)
    with settled_memory():
        while True:
            chunk: tuple[Job, ...] = link.recv()
            for job in chunk:
                link.send(processor(job))
