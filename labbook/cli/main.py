"""The `labbook` command: finds the subcommand, and turns every error into one sentence.

Subcommands are imported when they are called, and import what they need when they run:
`labbook log` has a tenth of a second.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from labbook import __version__
from labbook.cli import streams
from labbook.cli.context import Context, OpenApp
from labbook.errors import LabbookError

COMMANDS = {
    "log": "log:log",
    "show": "day:show",
    "edit": "day:edit",
    "search": "search:search",
    "calendar": "calendar:calendar",
    "next": "next:next_",
    "note": "note:note",
    "experiments": "experiments:experiments",
    "run": "run:run",
    "exec": "exec:exec_",
    "sweep": "sweep:sweep",
    "rerun": "rerun:rerun",
    "runs": "runs:runs",
    "time": "time:time",
    "threads": "threads:threads",
    "ideas": "ideas:ideas",
    "reading": "reading:reading",
    "review": "review:review",
    "report": "report:report",
    "findings": "findings:findings_",
    "backup": "keep:backup",
    "check": "keep:check",
    "doctor": "keep:doctor",
    "demo": "demo:demo",
    "completion": "completion:completion",
}
"""Each command, and the module and name that hold it. In the order of a day's work."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"labbook.cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `labbook {near[0]}`?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader (`| head`) has seen enough; click would call that a failure.
            streams.silence()
            ctx.exit(0)


@click.group(cls=_Commands, invoke_without_command=True)
@click.option(
    "--notebook",
    metavar="DIR",
    help="The notebook's directory. Default: $LABBOOK_HOME, else the settings file, else "
    "the platform's place for data.",
)
@click.version_option(__version__, prog_name="labbook")
@click.pass_context
def labbook(ctx: click.Context, notebook: str | None) -> None:
    """A research notebook and experiment journal.

    Without a command it opens the app on today.
    """
    ctx.obj = Context(notebook, ctx.obj)
    ctx.call_on_close(ctx.obj.close)
    if ctx.invoked_subcommand is None:
        _open_app(ctx.obj)


def main(open_app: OpenApp) -> NoReturn:
    """Run the command and exit with its code.

    open_app: opens the terminal app on a desk
    """
    streams.prepare()
    os.umask(0o077)
    try:
        sys.exit(labbook.main(prog_name="labbook", standalone_mode=False, obj=open_app) or 0)
    except LabbookError as error:
        _say(error.message, error.hint)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "labbook"
        _say(error.format_message(), f"`{command} --help` tells what it takes.")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _say(f"There was no room to write to {error.filename or 'standard output'}.", "")
            sys.exit(1)
        sys.exit(_report_bug(error))


def _open_app(context: Context) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise LabbookError(
            "The app needs a terminal, and this is none.",
            hint="Use `labbook show` or `labbook log TEXT` here.",
        )
    context.open_app(context.desk)


def _say(message: str, hint: str) -> None:
    from labbook.text.plain import plain

    click.echo(f"labbook: {plain(message)}", err=True)
    if hint:
        click.echo(f"         {plain(hint)}", err=True)


def _report_bug(error: Exception) -> int:
    """Keep the traceback of a defect in a file, and say where."""
    import tempfile
    import traceback

    what = f"This is a defect in labbook: {type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="labbook-crash-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(f"labbook {__version__}, Python {sys.version}\n{sys.argv}\n")
            traceback.print_exception(error, file=file)
    except OSError as unkept:
        _say(what, f"The details could not be kept in a file: {unkept.strerror}.")
    else:
        _say(what, f"The details are in {file.name}; please report them.")
    return 70
