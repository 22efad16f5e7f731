"""Starts a command: its row and its block in the notebook, its directory, its shim.

Nothing heavy is imported before the command runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labbook.errors import ExperimentError, NotFound, UsageError
from labbook.model.moment import Moment
from labbook.model.run import Command
from labbook.runner import identity
from labbook.runner.directory import ENVIRONMENT, KEEPER, RunDirectory
from labbook.runner.launching import launching_here
from labbook.runner.order import PATIENCE, Order, Patience
from labbook.runner.spawn import spawn, spawn_shim, spawned
from labbook.settings import Settings
from labbook.store.new_run import NewRun, capture_run


@dataclass(frozen=True, slots=True)
class Request:
    """A command to record; `checked` before it is started.

    experiment: what the command is called in the notebook
    input_name: the file that it reads, "-" for a pipe, empty for nothing
    size: columns and rows of the terminal that it sees
    attempts: how often it may be started in all, while it fails
    keep: patterns of the files that are kept of what it leaves
    parent_id: the run that it repeats
    gpus: lets it wait in the queue, for so many devices; None starts it at once
    """

    argv: tuple[str, ...]
    directory: str
    experiment: str
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    thread: str | None = None
    tags: tuple[str, ...] = ()
    input_name: str = ""
    size: tuple[int, int] = (80, 24)
    timeout_s: float | None = None
    attempts: int = 1
    keep: tuple[str, ...] = ("*",)
    parent_id: int | None = None
    gpus: int | None = None


def checked(argv: tuple[str, ...], directory: str) -> None:
    """Look whether a command can be started from a directory.

    Raises:
        UsageError: the directory is gone, or the program may not be executed.
        NotFound: there is no such program.
    """
    if not Path(directory).is_dir():
        raise UsageError(f"There is no directory {directory} to start it in.")
    program = argv[0]
    if os.sep not in program:
        if shutil.which(program) is None:
            hint = "Programs of this directory are named with it, as in ./NAME."
            raise NotFound(f"There is no program {program!r} on the PATH.", hint=hint)
        return
    path = Path(directory) / program
    if not path.exists():
        raise NotFound(f"There is no program {program}.")
    if path.is_dir() or not os.access(path, os.X_OK):
        hint = f"Scripts are given to their interpreter, as in `labbook exec -- python {program}`."
        raise UsageError(f"{program} cannot be executed.", hint="" if path.is_dir() else hint)


def start(
    request: Request,
    settings: Settings,
    clock: Callable[[], Moment],
    *,
    standard_input: int | None = None,
    patience: Patience = PATIENCE,
) -> int:
    """Record a command and start it; returns the run's number at once.

    standard_input: a descriptor for the command to read from; else there is nothing to read

    Raises:
        StoreError: the run could not be recorded, and is not started.
        ExperimentError: it is recorded, and could not be started.
    """
    moment = clock()
    with launching_here():
        run_id = _record(settings.notebook, _new_run(request, settings, moment))
        order = _order(request, run_id, settings, patience)
        try:
            notebook = settings.notebook.absolute()
            directory = prepare(notebook, order)
            if request.gpus is None:
                set_off(notebook, directory, order, standard_input=standard_input)
            else:
                _line_up(directory, settings, clock)
        except OSError as error:
            why = f"It could not be started: {error}."
            _close_as_failed(settings, run_id, why, clock)
            raise ExperimentError(f"Run {run_id} could not be started: {error}.") from error
    return run_id


def _line_up(directory: RunDirectory, settings: Settings, clock: Callable[[], Moment]) -> None:
    """Let a command wait its turn, which may be now."""
    from labbook.runner.queue import keep_environment, start_waiting
    from labbook.store.notebook import Notebook

    keep_environment(directory, os.environ)
    with Notebook.open(settings.notebook, clock=clock, create=False) as notebook:
        start_waiting(notebook, settings, clock)


def prepare(notebook: Path, order: Order) -> RunDirectory:
    """Make a run's directory, with its order.

    Raises:
        OSError: it cannot be made.
    """
    directory = RunDirectory.of(notebook, order.run)
    directory.make()
    directory.make_keeper()
    # The order is of no use after a power cut: the command has ended with it.
    order.write(directory.order, for_good=False)
    return directory


def set_off(
    notebook: Path,
    directory: RunDirectory,
    order: Order,
    *,
    environment: Mapping[str, str] | None = None,
    standard_input: int | None = None,
) -> None:
    """Start the shim, which starts the command, and then the supervisor.

    environment: the command's; else the caller's own

    Raises:
        OSError: it could not be started.
    """
    given = os.environ if environment is None else environment
    own = {name: value for name, value in given.items() if name != ENVIRONMENT}
    own[KEEPER] = str(directory.path)
    columns, rows = order.size
    shim = spawn_shim(
        [
            *(str(directory.path), " ".join(identity.place())),
            *(order.directory, str(columns), str(rows), *order.argv),
        ],
        own,
        output=directory.supervisor_log,
        standard_input=standard_input,
    )
    spawned.add(shim)
    found = identity.of(shim)
    supervise(notebook, directory, order.run, own, shim=found.text if found else "")


def supervise(
    notebook: Path,
    directory: RunDirectory,
    run_id: int,
    environment: Mapping[str, str],
    *,
    shim: str = "",
) -> None:
    """Start a supervisor for a command whose shim runs.

    shim: the shim's identity, when it may not have written that itself yet
    """
    pid = spawn(
        "labbook.runner.supervisor",
        [str(notebook), str(run_id), shim],
        {**environment, KEEPER: str(directory.path)},
        output=directory.supervisor_log,
    )
    spawned.add(pid)
    found = identity.of(pid)
    if found is not None:
        directory.write_identity("spawned", found.text)


def _new_run(request: Request, settings: Settings, moment: Moment) -> NewRun:
    return NewRun(
        experiment=request.experiment,
        params=request.params,
        day=moment.day(settings.day_starts_at),
        moment=moment,
        host=identity.place()[0],
        owner=identity.own().text,
        seed=request.seed,
        thread=request.thread,
        tags=request.tags,
        command=Command(request.argv, request.directory),
        parent_id=request.parent_id,
        gpus=request.gpus,
    )


def _record(notebook: Path, new: NewRun) -> int:
    run_id = capture_run(notebook, new)
    if run_id is not None:
        return run_id
    from labbook.store.notebook import Notebook
    from labbook.store.runs import create_run

    with Notebook.open(notebook, clock=lambda: new.moment) as opened:
        return create_run(opened, new).id


def _order(request: Request, run_id: int, settings: Settings, patience: Patience) -> Order:
    return Order(
        run=run_id,
        experiment=request.experiment,
        target="",
        seed=request.seed,
        backend="",
        params=dict(request.params),
        code=request.directory,
        day_starts_at=settings.day_starts_at.isoformat(),
        term_after_s=patience.term_after_s,
        kill_after_s=patience.kill_after_s,
        argv=request.argv,
        directory=request.directory,
        standard_input=request.input_name,
        size=request.size,
        timeout_s=request.timeout_s,
        attempts=request.attempts,
        keep=request.keep,
        keep_at_most_bytes=settings.keep_at_most,
    )


def _close_as_failed(
    settings: Settings, run_id: int, why: str, clock: Callable[[], Moment]
) -> None:
    from labbook.runner import endings
    from labbook.runner.paste import Intake, end
    from labbook.store.notebook import Notebook

    moment = clock()
    with Notebook.open(settings.notebook, clock=clock, create=False) as notebook:
        intake = Intake(notebook, run_id, RunDirectory.of(notebook.path, run_id))
        day = moment.day(settings.day_starts_at)
        end(notebook, run_id, intake, endings.failed(why), moment=moment, day=day)
