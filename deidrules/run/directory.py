"""A plan applied to files and folders: the whole of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from deidrules.actions import registry
from deidrules.engine.instance import check_plan
from deidrules.engine.keys import KeyRing, fresh
from deidrules.plan.fingerprint import fingerprint
from deidrules.plan.model import Plan
from deidrules.run.crosswalk import Crosswalk, check_new
from deidrules.run.desk import Desk
from deidrules.run.errors import Interrupted, Stopped, UsageError, stop_code
from deidrules.run.header import run_header
from deidrules.run.interrupt import Interruption
from deidrules.run.journal import Journal, run_folder
from deidrules.run.layout import LAYOUTS, fixed_name, source_identifier
from deidrules.run.pool import Pool, in_process
from deidrules.run.process import FILE_BYTES, Settings
from deidrules.run.quiet import quiet
from deidrules.run.result import Job, Refused, Result
from deidrules.run.sink import DrySink, Sink
from deidrules.run.sources import Sources, check_apart, open_sources
from deidrules.run.summary import Summary
from deidrules.run.tally import Tally

Place = str | os.PathLike[str]
Progress = Callable[[int, int], None]
Step = tuple[Job, Result | None]

_FAILED_TO_FIND = frozenset({"unreadable", "unreadable-folder"})


def apply_directory(
    sources: Sequence[Place] | Place,
    output: Place,
    plan: Plan,
    *,
    key: bytes | KeyRing | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
    functions: Mapping[str, object] | None = None,
    layout: str = "uid",
    recursive: bool = True,
    workers: int = 1,
    run: Place | None = None,
    crosswalk: Place | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    file_bytes: int = FILE_BYTES,
) -> Summary:
    """Apply a plan to every file of `sources`, and write what comes of it to new files below `output`.

    `sources`: a file or folder, or several. Symbolic links in them are not followed; DICOM is found by content, whatever a file is
    called. `output`: a folder, made where it is missing; what is in it is never changed, and a new file appears under its name whole or
    not at all, mode 0600.

    `key`: 32 secret bytes or a KeyRing (`deidrules.engine.keys.load` reads a key file), from which pseudonyms, UIDs and shifts are made;
    without one a fresh one is made and forgotten, and nothing links to another run. `tables`: the content of the plan's lookup tables, by
    name. `functions`: functions to add to the built-in and installed ones, by name: made with `deidrules.actions.base.function`, or plain
    `(text) -> text`; for several workers they have to be importable.

    `layout`: how outputs are named. "uid": `<study>/<series>/<instance>.dcm` of the new UIDs; "mirror": the tree of the sources with keyed
    names; "mirror-names": the tree and names of the sources, which may identify patients. `recursive`: whether folders in folders are
    read. `workers`: processes; 1 works in this one. Outputs, counts and audit are the same for any number of them.

    `run`: the folder for audit.jsonl, quarantine.jsonl, summary.json and sources.csv, new or empty (default: OUTPUT.run, then OUTPUT.run-2
    and so on). sources.csv is the only one that knows paths of sources. `crosswalk`: a new CSV file of columns kind,old,new (kind uid or
    patient_id) with every UID replaced and every Patient ID. `dry_run`: do everything but write outputs and crosswalk; a run folder only
    where `run` is given. `progress` is called with (files done, files there). `file_bytes`: larger files are quarantined, `too-large`.

    Every file ends in exactly one of the six outcomes of the Summary. Files that the plan cannot be applied to are quarantined with a
    code of `deidrules.text.refusals.REFUSALS`: they are not written, and listed in quarantine.jsonl by a keyed identifier. Two instances
    that come out under one name with different bytes are both quarantined, `conflict`.

    Raises UsageError (a ValueError) when what is asked cannot be, before anything was touched; Interrupted (a KeyboardInterrupt, with
    `summary`) on Ctrl-C or SIGTERM. A full disk or a read-only output ends the run early: `ended` is then "stopped", `reason` a code."""
    return prepare(
        sources,
        output,
        plan,
        key=key,
        tables=tables,
        functions=functions,
        layout=layout,
        recursive=recursive,
        workers=workers,
        run=run,
        crosswalk=crosswalk,
        dry_run=dry_run,
        progress=progress,
        file_bytes=file_bytes,
    ).execute()


def prepare(
    sources: Sequence[Place] | Place,
    output: Place,
    plan: Plan,
    *,
    key: bytes | KeyRing | None = None,
    tables: Mapping[str, Mapping[str, str]] | None = None,
    functions: Mapping[str, object] | None = None,
    layout: str = "uid",
    recursive: bool = True,
    workers: int = 1,
    run: Place | None = None,
    crosswalk: Place | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    file_bytes: int = FILE_BYTES,
) -> Run:
    """The run that `apply_directory` executes, with everything judged that can be before something is touched. UsageError."""
    if layout not in LAYOUTS:
        raise UsageError(f"unknown layout `{layout}`; there are {', '.join(LAYOUTS)}")
    if workers < 1:
        raise UsageError("at least one worker is needed")
    try:
        check_plan(plan, registry.functions(functions or {}))
    except (ValueError, registry.RegistryError) as error:
        raise UsageError(str(error)) from None  # of plan and functions, of no file
    missing = [table.name for table in plan.tables if table.name not in (tables or {})]
    if missing:
        raise UsageError(f"the plan needs the lookup table `{missing[0]}`")
    keys = fresh() if key is None else KeyRing(key) if isinstance(key, bytes) else key
    given = open_sources(sources, recursive=recursive)
    target = Path(output)
    if os.path.lexists(target) and not target.is_dir():
        raise UsageError("the output exists and is not a folder")
    folder = run_folder(target, Path(run) if run is not None else None) if run is not None or not dry_run else None
    table = Path(crosswalk) if crosswalk is not None and not dry_run else None
    check_apart(given, target, folder, table)
    if table is not None:
        check_new(table)
    settings = Settings(plan=plan, keys=keys, tables=dict(tables or {}), functions=dict(functions or {}), file_bytes=file_bytes)
    if workers > 1 and not settings.portable():
        raise UsageError("the functions cannot be sent to worker processes: use one worker, or functions of an importable module")
    return Run(given, target, settings, keys, layout, workers, folder, table, dry_run, progress)


class Run:
    """One run, from the first file to the summary; `execute` may be called once."""

    def __init__(
        self,
        sources: Sources,
        output: Path,
        settings: Settings,
        keys: KeyRing,
        layout: str,
        workers: int = 1,
        folder: Path | None = None,
        crosswalk: Path | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._sources = sources
        self._output = output
        self._settings = settings
        self._keys = keys
        self._layout = layout
        self._workers = workers
        self._folder = folder
        self._crosswalk_path = crosswalk
        self._dry_run = dry_run
        self._progress = progress
        self._tally = Tally()
        self._began = time.monotonic()
        self._fingerprint = fingerprint(settings.plan)
        self._crosswalk: Crosswalk | None = None

    def execute(self) -> Summary:
        """Do all of it; see `apply_directory`."""
        ended, reason = "complete", ""
        journal: Journal | None = None
        with Interruption() as interruption, quiet():
            try:
                journal = Journal(self._folder)
                header = run_header(self._settings.plan, self._fingerprint, self._keys.identifier, self._layout, self._settings.file_bytes)
                journal.write("run", header)
                # What waits unpublished goes before the last lines are written: on a full disk that makes room for them.
                with ExitStack() as stack:
                    self._attend(journal, stack, interruption)
            except Stopped as stop:
                ended, reason = "stopped", stop.code
            except OSError as error:
                ended, reason = "stopped", stop_code(error)
            except KeyboardInterrupt:
                ended = "interrupted"
                self._tally.found = sum(self._tally.outcomes.values())  # the file in hand is left for another time
            summary = self._summary(ended, reason)
            try:
                if self._crosswalk is not None:
                    self._crosswalk.close()
                if journal is not None:
                    journal.close(summary)
            except OSError as error:
                summary = self._summary("stopped" if ended == "complete" else ended, reason or stop_code(error))
                if journal is not None:
                    journal.abandon()
        if not summary.balanced:
            raise RuntimeError("the closing equation does not hold")
        if summary.ended == "interrupted":
            raise Interrupted(summary)
        return summary

    def _open_sink(self, stack: ExitStack) -> Sink | DrySink:
        if self._dry_run:
            return DrySink(self._output)
        if self._crosswalk_path is not None:
            self._crosswalk = Crosswalk(self._crosswalk_path)
        sink = Sink(self._output)
        stack.callback(sink.close)
        sink.open()
        return sink

    def _attend(self, journal: Journal, stack: ExitStack, interruption: Interruption) -> None:
        sink = self._open_sink(stack)
        desk = Desk(sink, journal, self._crosswalk, self._tally, names_shown=self._layout != "mirror-names")
        total = self._sources.count() if self._progress is not None else 0
        settings = self._settings.for_sink(sink.partial, self._crosswalk is not None)
        results: Iterator[tuple[Job, Result]]
        if self._workers > 1:
            pool: Pool[Job, Result] = Pool(settings, self._workers)
            stack.callback(pool.close)
            results = pool.run(self._steps(), interruption.check)
        else:
            results = in_process(self._steps(), settings)
        for job, result in results:
            desk.settle(job, result)
            if self._progress is not None:
                self._progress(self._tally.found, max(total, self._tally.found))
            interruption.check()

    def _steps(self) -> Iterator[Step]:
        for index, found in enumerate(self._sources):
            source = source_identifier(found.path, self._keys)
            job = Job(index, found.path, source, fixed_name(found, self._layout, self._keys))
            outcome = "failed" if found.code in _FAILED_TO_FIND else "other"
            yield job, Refused(index, outcome, {"code": found.code}) if found.code else None

    def _summary(self, ended: str, reason: str) -> Summary:
        plan, outcomes = self._settings.plan, self._tally.outcomes
        return Summary(
            found=self._tally.found,
            written=outcomes["written"],
            duplicate=outcomes["duplicate"],
            rejected=outcomes["rejected"],
            quarantined=outcomes["quarantined"],
            failed=outcomes["failed"],
            other=outcomes["other"],
            plan=self._fingerprint,
            profile=plan.profile,
            version=plan.version,
            key=self._keys.identifier,
            codes=tuple(sorted(self._tally.codes.items())),
            layout=self._layout,
            workers=self._workers,
            dry_run=self._dry_run,
            ended=ended,
            reason=reason,
            bytes=self._tally.bytes,
            seconds=time.monotonic() - self._began,
            run_folder=str(self._folder or ""),
        )
