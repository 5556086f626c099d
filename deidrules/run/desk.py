"""Where results are settled: counted, published, written down, one after the other in the order of the sources."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from deidrules.run.crosswalk import Crosswalk
from deidrules.run.errors import Stopped
from deidrules.run.journal import Journal
from deidrules.run.names import Names
from deidrules.run.result import Halt, Job, Prepared, Refused, Result
from deidrules.run.sink import DrySink, Published, Sink
from deidrules.run.tally import Tally


class Desk:
    """The one place where a run decides, in the parent process alone: workers de-identify, the desk names, publishes, counts and writes
    the journal. Hence the same outputs, counts and audit for any number of workers. Stopped and OSError end the run."""

    def __init__(self, sink: Sink | DrySink, journal: Journal, crosswalk: Crosswalk | None, tally: Tally, *, names_shown: bool) -> None:
        self._sink = sink
        self._journal = journal
        self._crosswalk = crosswalk
        self._tally = tally
        self._names = Names()
        self._names_shown = names_shown

    def settle(self, job: Job, result: Result) -> None:
        """Bring one file to its end."""
        if isinstance(result, Halt):
            raise Stopped(result.code)
        self._journal.source(job.source, job.path)
        if isinstance(result, Refused):
            self._refuse(job.source, result.outcome, result.record)
        else:
            self._publish(job.source, result)
        self._tally.found += 1

    def _refuse(self, source: str, outcome: str, record: Mapping[str, str | int]) -> None:
        self._tally.count(outcome, str(record["code"]))
        if outcome == "other":
            self._journal.write("other", {"source": source, **record})
        else:
            self._journal.refused({"source": source, "outcome": outcome, **record})

    def _publish(self, source: str, instance: Prepared) -> None:
        if instance.outcomes:  # a worker sends them once, whatever becomes of the instance
            self._journal.outcomes(instance.outcomes_id, instance.outcomes)
        if self._names.in_conflict(instance.name):
            if isinstance(self._sink, Sink):
                self._sink.discard(instance.partial)
            self._refuse(source, "quarantined", {"code": "conflict"})
            return
        try:
            published = self._place(instance)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            self._refuse(source, "failed", {"code": "name-too-long"})
            return
        settled = self._names.settle(instance.name, source, published)
        if settled.unpublished:
            self._sink.withdraw(instance.name)
        if settled.outcome == "conflict":
            self._tally.requarantine(len(settled.withdrawn), settled.unpublished, "conflict")
            for other in settled.withdrawn:
                self._journal.withdrawn({"source": other, "outcome": "quarantined", "code": "conflict"})
            self._refuse(source, "quarantined", {"code": "conflict"})
            return
        self._tally.count(settled.outcome)
        # With `mirror-names` the output's name is the source's, and that stands in sources.csv alone.
        output = instance.name if self._names_shown else ""
        if settled.outcome == "written":
            self._tally.bytes += instance.size
            self._journal.instance(source, output, instance.members)
        else:
            self._journal.write("duplicate", {"source": source, "output": output})
        if self._crosswalk is not None:
            self._crosswalk.add(instance.rows)

    def _place(self, instance: Prepared) -> Published:
        if isinstance(self._sink, DrySink):
            return self._sink.publish_digest(instance.content, instance.name)
        return self._sink.publish(instance.partial, instance.name)
