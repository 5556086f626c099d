"""`deidrules`: the commands, and the promise that whatever happens ends in a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

# Everybody's exit codes; `apply-profile` adds 1, `lint`, `test` and `fmt` 1
USAGE, INTERNAL, INTERRUPTED = 2, 3, 130

# In the order of --help, with what it says of them. A command's module is imported when it is called: `lint` must not wait for what
# `apply-profile` needs, and --help for none of them.
COMMANDS = {
    "init": "Make a new profile folder.",
    "apply-profile": "Apply a profile to files and folders.",
    "redact": "Blank rectangles of images, without a profile.",
    "lint": "Find faults in profiles and recipes.",
    "test": "Run the tests that stand in recipes.",
    "fmt": "Format recipes.",
    "plan": "Show the plan that a profile compiles to.",
    "conformance": "Write the conformance statement of a profile.",
    "explain": "Show which rule decides about each element of a file.",
    "show": "List the elements of a file.",
    "render": "Write the pictures in a file as PNG.",
    "survey": "Count files by the equipment that made them.",
    "keygen": "Make a key file.",
}


class Program(click.Group):
    """The group of commands. Called as a program it never raises anything but SystemExit, and never shows a traceback: exceptions of
    libraries hold values."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"deidrules.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from deidrules.text.suggest import did_you_mean

            near = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"there is no command `{args[0]}`" + (f": {near}" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        from deidrules.run.quiet import quiet

        with quiet():
            return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        try:
            code = super().main(args, "deidrules", complete_var, standalone_mode=False, **extra)
        except click.ClickException as problem:
            problem.show()
            code = problem.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except Exception as error:
            from deidrules.run.process import internal_error

            record = internal_error(error)
            click.echo(f"internal error: {record['type']} at {record['place']}; please report this line", err=True)
            code = INTERNAL
        sys.exit(code if isinstance(code, int) else 0)


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deidrules", message="deidrules %(version)s")
def main() -> None:
    """De-identify DICOM by rules: a profile of recipes is compiled to a plan, and the plan is applied, or the file is refused.

    Exit codes: 0 done; 1 something was quarantined or failed, or a text has errors; 2 wrong usage or a broken profile, and nothing was
    touched; 3 stopped early; 130 interrupted."""


if __name__ == "__main__":
    main()
