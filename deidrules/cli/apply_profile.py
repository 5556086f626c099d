"""`deidrules apply-profile`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deidrules.cli.profiles import load, pairs, say

if TYPE_CHECKING:
    from deidrules.engine.keys import KeyRing

_FRESH = "no key file: a fresh key was made and is not stored, so nothing of this run will link to another run"
_UNSEEN = "warning: under `unmatched-pixels: accept` text that is burned into images stays, but where a pixel rule removes it"
_NAMES = "--layout mirror-names keeps the names of files and folders, and names may identify patients"


@click.command("apply-profile", short_help="Apply a profile to files and folders.")
@click.argument("profile")
@click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--output", metavar="DIR", required=True, type=click.Path(), help="Folder for the outputs; nothing in it is ever changed.")
@click.option("--key-file", metavar="F", envvar="DEIDRULES_KEY_FILE", help="Key of `deidrules keygen` [env: DEIDRULES_KEY_FILE].")
@click.option("--param", "parameters", metavar="N=V", multiple=True, callback=pairs, help="Value of a parameter of the profile.")
@click.option("--table", "tables", metavar="N=F", multiple=True, callback=pairs, help="File of a lookup table, with a plan JSON.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes to work in.")
@click.option("--layout", type=click.Choice(("uid", "mirror", "mirror-names")), default="uid", show_default=True, help="Names of outputs.")
@click.option("--no-recursive", is_flag=True, help="Leave folders in folders alone.")
@click.option("--run", metavar="DIR", type=click.Path(), help="Folder for audit, quarantine, summary, sources [default: OUTPUT.run].")
@click.option("--crosswalk", metavar="F.csv", type=click.Path(), help="Write old and new UIDs and Patient IDs, new file.")
@click.option("--dry-run", is_flag=True, help="Do everything but write outputs and crosswalk.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="Show the warnings about the profile and its overrides.")
def command(
    profile: str,
    sources: tuple[str, ...],
    output: str,
    key_file: str | None,
    parameters: dict[str, str],
    tables: dict[str, str],
    workers: int,
    layout: str,
    no_recursive: bool,
    run: str | None,
    crosswalk: str | None,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
) -> int:
    """Apply PROFILE (a folder, a profile.yaml, a shipped name or a plan JSON) to every file of SRC and write new files below --output.

    A file that the profile cannot be applied to is not written: it is quarantined with a code. Exit codes: 0 nothing quarantined or
    failed, 1 something was, 2 wrong usage or a broken profile and nothing touched, 3 stopped early, 130 interrupted."""
    from deidrules.text.diagnostic import Severity

    loaded = load(profile, parameters, tables)
    say(loaded.diagnostics if verbose or loaded.plan is None else ())
    if loaded.plan is None:
        return 2
    warnings = sum(diagnostic.severity is Severity.WARNING for diagnostic in loaded.diagnostics)
    if warnings and not verbose:
        click.echo(f"{warnings} warning{'s' if warnings > 1 else ''} about the profile: `deidrules lint` shows them", err=True)

    from deidrules.cli.progress import progress_bar
    from deidrules.cli.report import overrides, report
    from deidrules.run.directory import prepare
    from deidrules.run.errors import Interrupted, UsageError
    from deidrules.run.quiet import no_core_dumps

    key = _key(key_file)
    no_core_dumps()
    with progress_bar() as progress:
        try:
            prepared = prepare(
                sources,
                output,
                loaded.plan,
                key=key,
                tables=loaded.tables,
                layout=layout,
                recursive=not no_recursive,
                workers=workers,
                run=run,
                crosswalk=crosswalk,
                dry_run=dry_run,
                progress=progress,
            )
        except UsageError as problem:
            raise click.UsageError(str(problem)) from None
        if key is None:
            click.echo(_FRESH, err=True)
        if loaded.plan.policies.unmatched_pixels == "accept":
            click.echo(_UNSEEN, err=True)
        if layout == "mirror-names":
            click.echo(f"warning: {_NAMES}", err=True)
        if verbose:
            overrides(loaded.plan)
        try:
            summary = prepared.execute()
        except UsageError as problem:
            raise click.UsageError(str(problem)) from None
        except Interrupted as interrupted:
            summary = interrupted.summary
    report(summary, as_json=as_json)
    return summary.exit_code


def _key(key_file: str | None) -> KeyRing | None:
    """The key of the file; None where none was named."""
    from deidrules.engine.keys import KeyFileError
    from deidrules.engine.keys import load as load_key

    if not key_file:
        return None
    try:
        return load_key(Path(key_file))
    except KeyFileError as problem:
        raise click.UsageError(str(problem)) from None
