"""Recording any command: starting one, following what it prints, and learning how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.desk.desk import Clock, Desk
from labbook.errors import StoreError, UsageError
from labbook.model.moment import Moment
from labbook.settings import Settings

if TYPE_CHECKING:
    from labbook.model.standing import Standing


ALONE_FOR_LOOKS = 10
"""How often a run must be seen without a supervisor before something is done about it."""


def start(
    settings: Settings,
    argv: tuple[str, ...],
    directory: Path,
    name: str,
    *,
    params: Mapping[str, Any],
    seed: int | None = None,
    thread: str | None = None,
    tags: tuple[str, ...] = (),
    size: tuple[int, int] = (80, 24),
    timeout_s: float | None = None,
    attempts: int = 1,
    keep: tuple[str, ...] = ("*",),
    gpus: int | None = None,
    parent_id: int | None = None,
    standard_input: int | None = None,
    input_name: str = "",
    clock: Clock = Moment.now,
) -> int:
    """Record a command and start it; the run's number, at once.

    name: what the command is called in the notebook
    size: columns and rows of the terminal that it sees
    keep: patterns of the files that are kept of what it leaves, besides tables and pictures
    gpus: lets it wait in the queue, for so many devices; None starts it at once
    parent_id: the run that it repeats, with changes
    standard_input, input_name: a descriptor to read from, and the file that it is; "-" for a
        pipe, which another attempt cannot read again

    Raises:
        UsageError, NotFound: it cannot be started; nothing is recorded then.
        StoreError: it could not be recorded, and is not started.
        ExperimentError: it is recorded, and could not be started.
    """
    from labbook.runner.commands import Request, checked
    from labbook.runner.commands import start as set_off
    from labbook.store.note_text import thread_name

    checked(argv, str(directory))
    request = Request(
        argv=argv,
        directory=str(directory),
        experiment=name,
        params=params,
        seed=seed,
        thread=thread_name(thread),
        tags=tuple(dict.fromkeys(tag_name(each) for each in tags)),
        input_name=input_name,
        size=size,
        timeout_s=timeout_s,
        attempts=attempts,
        keep=keep,
        gpus=gpus,
        parent_id=parent_id,
    )
    return set_off(request, settings, clock, standard_input=standard_input)


def is_command(desk: Desk, run_id: int) -> bool:
    """Whether labbook has started a command for a run.

    Raises:
        NotFound: there is no such run.
    """
    from labbook.desk.runs import run
    from labbook.model.run import CommandRole

    command = run(desk, run_id).command
    return command is not None and command.role is CommandRole.RUN


def repeat(
    desk: Desk, run_id: int, *, seed: int | None = None, size: tuple[int, int] = (80, 24)
) -> tuple[int, tuple[str, ...]]:
    """Start what a run of a command was once more, in its directory and this environment.

    seed: written down instead of the run's; the command is not given it

    Returns: the new run's number, and in a sentence each what is not as it was.

    Raises:
        UsageError, NotFound, StoreError, ExperimentError: as for `start`.
    """
    from labbook.desk.repeat import command_drift
    from labbook.desk.runs import run
    from labbook.runner.commands import Request, checked
    from labbook.runner.commands import start as set_off

    before = run(desk, run_id)
    command = before.command
    if command is None:
        raise UsageError(f"Run {run_id} is of no command.")
    argv, directory = _told_argv(desk, run_id, command.argv), command.directory
    checked(argv, directory)
    drift = command_drift(before, command)
    request = Request(
        argv=argv,
        directory=directory,
        experiment=before.experiment,
        params=before.params,
        seed=before.seed if seed is None else seed,
        thread=before.thread,
        tags=before.tags,
        size=size,
        parent_id=run_id,
    )
    return set_off(request, desk.settings, desk.clock), drift


def _told_argv(desk: Desk, run_id: int, recorded: tuple[str, ...]) -> tuple[str, ...]:
    """The command line as it was given: what is secret in it stands in the run directory alone."""
    from labbook.runner.directory import RunDirectory
    from labbook.runner.order import Order
    from labbook.text.secrets import HIDDEN

    if not any(HIDDEN in argument for argument in recorded):
        return recorded
    try:
        return tuple(Order.read(RunDirectory.of(desk.path, run_id).order).argv)
    except (OSError, ValueError, TypeError):
        raise UsageError(
            f"Run {run_id} had a secret in its command line, which was not kept.",
            hint="Give the command again: labbook exec -- …",
        ) from None


def output(settings: Settings, run_id: int, position: int = 0) -> Iterator[bytes]:
    """What a run prints from byte `position` on, as it comes, until its end.

    It may hold anything.
    """
    from labbook.runner.live import output as follow

    return follow(settings.notebook, run_id, position, alone=lambda: make_true(settings))


def end(settings: Settings, run_id: int) -> Standing:
    """Wait until the notebook says how a run ended."""
    from labbook.runner.live import is_looked_after, standing_at_end

    alone = 0
    for standing in standing_at_end(settings.notebook, run_id):
        if standing is not None:
            return standing
        alone = 0 if is_looked_after(settings.notebook, run_id) else alone + 1
        # Whoever closes a run ends a moment later, so a single look says nothing.
        if alone % ALONE_FOR_LOOKS == ALONE_FOR_LOOKS - 1:
            make_true(settings)
    raise AssertionError("a run that never ends is waited for")


def make_true(settings: Settings) -> None:
    """Open the notebook, which gives runs that nobody looks after a keeper or an end."""
    with Desk(settings) as desk:
        try:
            desk.reconcile()
        except StoreError:
            return  # what cannot be written now is written later, or by somebody else


def resize(settings: Settings, run_id: int, size: tuple[int, int]) -> None:
    """Let the terminal that a command sees have another size, in columns and rows."""
    from labbook.runner.directory import RunDirectory
    from labbook.runner.kept import resize as change

    change(RunDirectory.of(settings.notebook, run_id), size)


def is_over(settings: Settings, run_id: int) -> bool:
    """Whether a command has ended, though that may not stand in the notebook yet."""
    from labbook.runner.directory import RunDirectory

    return RunDirectory.of(settings.notebook, run_id).has_exit()


def next_attempt(settings: Settings, run_id: int) -> int | None:
    """The run that tries again after this one has failed."""
    from labbook.runner.live import next_attempt as following

    return following(settings.notebook, run_id)


def cancel(settings: Settings, run_id: int) -> None:
    """Ask a run that was just started to stop, without opening the notebook."""
    from labbook.runner.directory import RunDirectory

    RunDirectory.of(settings.notebook, run_id).ask_to_stop()


def tag_name(given: str) -> str:
    """A tag as it is kept, from what somebody gave.

    Raises:
        UsageError: it cannot be one.
    """
    from labbook.text.markdown import parse_note

    name = given.removeprefix("#")
    found = parse_note(f"#{name}").tags
    if len(found) != 1 or found[0] != name.lower():
        raise UsageError(
            f"{given!r} cannot be a tag.",
            hint="A tag has letters, digits, -, _ and /: for example baseline.",
        )
    return found[0]
