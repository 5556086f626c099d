"""`deidrules keygen`: a new key."""

from __future__ import annotations

import click


@click.command("keygen", short_help="Make a key file.")
@click.argument("file", type=click.Path(dir_okay=False))
def command(file: str) -> int:
    """Write a new 256-bit key to FILE, mode 0600. An existing file is never touched.

    Whoever has the key can recompute pseudonyms; whoever loses it cannot link a later run to an earlier one."""
    from deidrules.engine.keys import KeyFileError, generate

    try:
        ring = generate(file)
    except KeyFileError as problem:
        raise click.UsageError(str(problem)) from None
    click.echo(f"key {ring.identifier} made; keep it where patients' names may be kept", err=True)
    return 0
