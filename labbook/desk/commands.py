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
    standard_input: int | None = None,
    input_name: str = "",
    clock: Clock = Moment.now,
) -> int:
    """Record a command and start it; the run's number, at once.

    name: what the command is called in the notebook
    size: columns and rows of the terminal that it sees
    keep: patterns of the files that are kept of what it leaves, besides tables and pictures
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
        tags=tuple(dict.fromkeys(_tag(each) for each in tags)),
        input_name=input_name,
        size=size,
        timeout_s=timeout_s,
        attempts=attempts,
        keep=keep,
    )
    return set_off(request, settings, clock, standard_input=standard_input)


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


def _tag(given: str) -> str:
    from labbook.text.markdown import parse_note

    name = given.removeprefix("#")
    found = parse_note(f"#{name}").tags
    if len(found) != 1 or found[0] != name.lower():
        raise UsageError(
            f"{given!r} cannot be a tag.",
            hint="A tag has letters, digits, -, _ and /: for example baseline.",
        )
    return found[0]
