"""`deidrules survey`: what equipment made the files, without their pixels."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.text.refusals import REFUSALS

if TYPE_CHECKING:
    from deidrules.ocr.survey import Survey
    from deidrules.ocr.surveying import Surveyed, SurveyJob, SurveySettings
    from deidrules.run.sources import Sources

Step = tuple["SurveyJob", "Surveyed | None"]


@click.command("survey", short_help="Count files by the equipment that made them.")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Table to write: CSV, or JSON by its suffix .json.")
@click.option("--values", metavar="FILE", type=click.Path(dir_okay=False), help="CSV of all values of all columns to write.")
@click.option("--group-by", metavar="COL,...", help="One row for each combination of these columns [default: the whole signature].")
@click.option("--where", metavar="K=V", multiple=True, help="Only headers whose Keyword=value (or !=) matches; * and ? match anything.")
@click.option("--sample", metavar="N", type=click.IntRange(1), help="With --files-only: at most N files of each row.")
@click.option("--seed", metavar="S", default="", help="With --sample: what the files are drawn by.")
@click.option("--files-only", is_flag=True, help="Print the names of the files, row by row, and nothing else.")
@click.option("--null", is_flag=True, help="With --files-only: end each name with a zero byte.")
@click.option("--no-recursive", is_flag=True, help="Leave folders in folders alone.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes to work in.")
@click.option("--json", "as_json", is_flag=True, help="Print the survey as JSON on stdout.")
def command(
    sources: tuple[str, ...],
    output: str | None,
    values: str | None,
    group_by: str | None,
    where: tuple[str, ...],
    sample: int | None,
    seed: str,
    files_only: bool,
    null: bool,
    no_recursive: bool,
    workers: int,
    as_json: bool,
) -> int:
    """Read the headers of DICOM files and count them: one row for each signature of equipment (modality, manufacturer, model, software,
    size, one or several frames, photometric interpretation, transducer, ultrasound regions, overlays, BurnedInAnnotation).

    SRC are files and folders; a file .json, .jsonl or .ndjson is an export of headers from a document database, one document in a line.
    Without -o the table goes to stdout. It names no files and no people: --files-only does.

    Exit codes: 0 done, 1 something could not be read, 2 wrong usage, 3 stopped early, 130 interrupted."""
    from deidrules.cli.progress import progress_bar
    from deidrules.ocr.columns import SIGNATURE
    from deidrules.ocr.survey import ColumnError, Survey, columns_of
    from deidrules.ocr.surveying import SurveySettings
    from deidrules.ocr.where import FilterError, read_filter
    from deidrules.run.errors import Stopped, UsageError
    from deidrules.run.quiet import no_core_dumps
    from deidrules.run.sources import open_sources

    if (sample is not None or null) and not files_only:
        raise click.UsageError("--sample and --null need --files-only: a table names no files")
    if files_only and as_json:
        raise click.UsageError("--files-only prints names, --json a table: take one of the two")
    try:
        columns = columns_of(group_by) if group_by is not None else SIGNATURE
        filters = tuple(read_filter(text) for text in where)
        given = open_sources(sources, recursive=not no_recursive)
    except (ColumnError, FilterError, UsageError) as problem:
        raise click.UsageError(str(problem)) from None
    for target in filter(None, (output, values)):
        _check_target(target, given)
    survey = Survey(columns, sample=(sample or 0) if files_only else None, seed=seed)
    settings = SurveySettings(survey.cells, filters, names=files_only)
    no_core_dumps()
    try:
        with progress_bar() as progress:
            _attend(survey, settings, given, workers, progress)
    except Stopped as stop:
        click.echo(f"stopped early: {stop.code}, {REFUSALS.get(stop.code, '')}; nothing was written", err=True)
        return 3
    _write_all(survey, output, values, files_only=files_only, null=null, as_json=as_json)
    return int(bool(survey.failed))


def _attend(survey: Survey, settings: SurveySettings, given: Sources, workers: int, progress: Callable[[int, int], None] | None) -> None:
    """Have every file looked at."""
    from deidrules.ocr.surveying import Surveyed
    from deidrules.run.interrupt import Interruption
    from deidrules.run.pool import Pool, in_process

    total = given.count() if progress is not None else 0
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        if workers > 1:
            pool: Pool[SurveyJob, Surveyed] = Pool(settings, workers)
            stack.callback(pool.close)
            results = pool.run(_steps(given), interruption.check)
        else:
            results = iter(in_process(_steps(given), settings))
        done, last = 0, ""
        for job, result in results:
            survey.add(result if isinstance(result, Surveyed) else Surveyed(job.index, codes=((str(result.record["code"]), 1),)))
            done += job.path != last  # a file may come in several parts
            last = job.path
            if progress is not None:
                progress(done, max(total, done))
            interruption.check()


def _steps(given: Sources) -> Iterator[Step]:
    from deidrules.ocr.json_lines import holds_documents, parts_of
    from deidrules.ocr.survey import unreadable
    from deidrules.ocr.surveying import SurveyJob
    from deidrules.text.refusal import Refusal

    index = 0
    for found in given:
        job = SurveyJob(index, found.path, "/".join(found.parts))
        if found.code:
            yield job, unreadable(found.code, index)
        elif holds_documents(found.path):
            try:
                for part in parts_of(found.path):
                    yield SurveyJob(index, found.path, job.name, part), None
                    index += 1
            except Refusal as refusal:
                yield SurveyJob(index, found.path, job.name), unreadable(refusal.code, index)
                index += 1
            continue
        else:
            yield job, None
        index += 1


def _check_target(target: str, given: Sources) -> None:
    """click.UsageError when a table would be written over a source, or where no folder is."""
    path = Path(target)
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"there is no folder for `{target}`")
    if os.path.realpath(path) in given.roots:
        raise click.UsageError(f"`{target}` is a source")


def _write_all(survey: Survey, output: str | None, values: str | None, *, files_only: bool, null: bool, as_json: bool) -> None:
    """Names or tables on stdout, tables in files, and a line about it on stderr where stdout is taken."""
    from deidrules import __version__
    from deidrules.ocr.survey_table import record, table, values_table

    def document() -> str:
        return json.dumps(record(survey, __version__), indent=2, ensure_ascii=False) + "\n"

    if values is not None:
        _write(Path(values), values_table(survey))
    if output is not None:
        _write(Path(output), document() if output.lower().endswith(".json") else table(survey))
    if files_only:
        end = b"\0" if null else b"\n"
        sys.stdout.flush()
        sys.stdout.buffer.write(b"".join(os.fsencode(name) + end for name in survey.names()))
    elif as_json:
        click.echo(document(), nl=False)
    elif output is None:
        click.echo(table(survey), nl=False)
    taken = files_only or as_json or output is None
    for line in _said(survey):
        click.echo(line, err=taken)


def _write(path: Path, text: str) -> None:
    """A whole file or none: a table is made anew as often as one likes."""
    try:
        descriptor, partial = tempfile.mkstemp(dir=path.absolute().parent, prefix=".survey-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.write(text)
            os.replace(partial, path)  # noqa: PTH105
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError:
        raise click.UsageError(f"`{path}` cannot be written") from None


def _said(survey: Survey) -> Iterator[str]:
    groups = len(survey.groups())
    other = sum(survey.codes.values()) - survey.failed
    left = f", {survey.left_out} left out by filters" if survey.left_out else ""
    yield f"{survey.found} found: {survey.seen} in {groups} row{'' if groups == 1 else 's'}{left}, {other} other, {survey.failed} failed"
    for code, count in sorted(survey.codes.items(), key=lambda entry: (-entry[1], entry[0])):
        yield f"  {count:>6}  {code:<24} {REFUSALS.get(code, '')}".rstrip()
