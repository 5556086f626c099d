"""A worker process: takes chunks of files from a pipe, says what came of each."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection

from deidrules.run.memory import settled_memory
from deidrules.run.process import internal_error
from deidrules.run.quiet import no_core_dumps, quiet

READY = "ready"


def main(descriptor: int) -> None:
    """Serve until the other end closes. The first message is the Work (`run.pool`), the others are tuples of its jobs; each job is answered
    by a result. What cannot begin answers with the record of its error instead of READY."""
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
        processor = settings.processor()
    except EOFError:
        raise
    except Exception as error:
        link.send(internal_error(error))
        return
    link.send(READY)
    with settled_memory():
        while True:
            chunk: tuple[object, ...] = link.recv()
            for job in chunk:
                link.send(processor(job))
