"""A command as it is typed into a form: what can be wrong with it, and starting it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.desk.desk import Desk
from labbook.errors import LabbookError, UsageError
from labbook.text.command_names import short_name
from labbook.text.params import command_params, seconds
from labbook.text.plain import plain_line
from labbook.text.secrets import HIDDEN

if TYPE_CHECKING:
    from labbook.model import Run

MOST_RETRIES = 100
RECENT = 50

_SHELLS = frozenset({"|", "||", "&", "&&", ";", ">", ">>", "<", "<<", "2>", "2>&1", "&>"})


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """The texts of the form; every one but `line` may be empty.

    original: the arguments that `line` was made from; a line cannot show all of them as they are
    """

    line: str = ""
    name: str = ""
    directory: str = ""
    params: str = ""
    tags: str = ""
    thread: str = ""
    timeout: str = ""
    retry: str = ""
    queue: str = ""
    original: tuple[str, ...] = ()

    @property
    def argv(self) -> tuple[str, ...]:
        """
        Raises:
            UsageError: a quotation is not closed, or a backslash has nothing after it.
        """
        is_same = self.original and self.line == _shown(self.original)
        return self.original if is_same else tuple(_words(self.line))


def recent(desk: Desk) -> tuple[TypedCommand, ...]:
    """The commands that were run last, newest first; none whose secrets were hidden."""
    from labbook.store.recent_commands import recent_commands

    found = map(typed, recent_commands(desk.notebook, RECENT))
    return tuple(each for each in found if HIDDEN not in each.line)


def typed(run: Run) -> TypedCommand:
    """What one would type to run a run's command again."""
    if run.command is None:
        return TypedCommand()
    argv = run.command.argv
    return TypedCommand(
        line=_shown(argv),
        name="" if run.experiment == short_name(argv) else run.experiment,
        directory=run.command.directory,
        params=shlex.join(f"{name}={_text(value)}" for name, value in run.params.items()),
        tags=" ".join(f"#{tag}" for tag in run.tags),
        thread=f"@{run.thread}" if run.thread else "",
        original=argv,
    )


def refusals(form: TypedCommand) -> dict[str, str]:
    """A sentence for each field that keeps the command from being started, by its name."""
    return _read(form)[1]


def remark(form: TypedCommand) -> str:
    """What is perhaps not meant so, in a sentence; empty where nothing seems amiss."""
    try:
        words = form.argv
    except UsageError:
        return ""
    if words != form.original and _shown(form.original) != shlex.join(form.original):
        return "It had line breaks or other signs that this line shows as spaces."
    meant = next((word for word in words if word in _SHELLS), None)
    if meant is None:
        return ""
    return f"No shell reads this: {meant} goes to the program as it is. For one: sh -c '…'"


def start(
    desk: Desk, form: TypedCommand, *, size: tuple[int, int], parent_id: int | None = None
) -> Run:
    """Start it, and return at once; its block stands in today's entry.

    size: columns and rows of the terminal that it sees
    parent_id: the run that it repeats, with changes

    Raises:
        UsageError, NotFound: it cannot be started; nothing is recorded then.
        ExperimentError: it is recorded, and could not be started.
    """
    from labbook.desk import commands
    from labbook.desk.runs import run

    given, wrong = _read(form)
    if wrong:
        raise UsageError(next(iter(wrong.values())))
    run_id = commands.start(
        desk.settings, **given, size=size, parent_id=parent_id, clock=desk.clock
    )
    return run(desk, run_id)


def _read(form: TypedCommand) -> tuple[dict[str, Any], dict[str, str]]:
    """What `commands.start` is to be given, and what is wrong, by field."""
    given: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    readers: dict[str, tuple[str, Callable[[TypedCommand], Any]]] = {
        "directory": ("directory", _directory),
        "line": ("argv", _argv),
        "params": ("params", lambda form: command_params(_words(form.params))),
        "tags": ("tags", _tags),
        "thread": ("thread", _thread),
        "timeout": ("timeout_s", lambda form: seconds(form.timeout) if form.timeout else None),
        "retry": ("attempts", _attempts),
        "queue": ("gpus", lambda form: 0 if form.queue == "yes" else None),
    }
    for name, (argument, read) in readers.items():
        try:
            given[argument] = read(form)
        except LabbookError as error:
            wrong[name] = f"{error.message} {error.hint}".strip()
    if "argv" in given:
        given["name"] = " ".join(form.name.split()) or short_name(given["argv"])
    return given, wrong


def _shown(argv: tuple[str, ...]) -> str:
    return plain_line(shlex.join(argv))


def _directory(form: TypedCommand) -> Path:
    found = Path(form.directory or ".").expanduser().absolute()
    if not found.is_dir():
        raise UsageError("There is no such directory.")
    return found


def _argv(form: TypedCommand) -> tuple[str, ...]:
    from labbook.runner.commands import checked

    argv = form.argv
    if not argv:
        raise UsageError("There is no command yet, such as: python train.py --lr 3e-4")
    if any(HIDDEN in word for word in argv):
        raise UsageError("The secret in it was not kept; type it again in its place.")
    try:
        directory = _directory(form)
    except UsageError:
        return argv  # the directory's own field says so
    checked(argv, str(directory))
    return argv


def _tags(form: TypedCommand) -> tuple[str, ...]:
    from labbook.desk.commands import tag_name

    return tuple(map(tag_name, form.tags.split()))


def _thread(form: TypedCommand) -> str | None:
    from labbook.store.note_text import thread_name

    return thread_name(form.thread or None)


def _attempts(form: TypedCommand) -> int:
    text = form.retry or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_RETRIES):
        raise UsageError(f"{text!r} is no number from 0 to {MOST_RETRIES}.")
    return 1 + int(text)


def _words(line: str) -> list[str]:
    """The words of a line, quoted as for a shell.

    Raises:
        UsageError: a quotation is not closed, or a backslash has nothing after it.
    """
    try:
        return shlex.split(line)
    except ValueError as error:
        if "quotation" in str(error):
            raise UsageError("A quotation is begun here and not ended.") from None
        raise UsageError("The backslash at its end has nothing after it.") from None


def _text(value: Any) -> str:
    from labbook.report.numbers import exact

    return exact(value)
