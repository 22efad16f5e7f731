"""Starts a sweep, or what is missing of one: its row, its block, its supervisor."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import ExperimentError, UsageError
from labbook.model import Moment, Space, Sweep, SweepState
from labbook.runner import identity
from labbook.runner.directory import ENVIRONMENT
from labbook.runner.executors.choose import parse_executor
from labbook.runner.spawn import spawn, spawned
from labbook.runner.sweeps.directory import SweepDirectory, SweepOrder
from labbook.settings import Settings
from labbook.store import sweeps
from labbook.store.notebook import Notebook

COMMAND = ""
"""The target of a sweep of commands."""


@dataclass(frozen=True, slots=True)
class SweepRequest:
    """What to sweep, checked.

    target: where the experiment's code stands, or COMMAND
    argv: the command with its placeholders
    directory: where a command is started
    """

    experiment: str
    target: str
    space: Space
    seed: int
    backend: str = "auto"
    argv: tuple[str, ...] | None = None
    directory: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to go about a sweep.

    executor: where its runs are computed
    fail_fast: whether the first failure ends it
    with_failed: whether points that have failed are computed again
    term_after_s: how long runs that were asked to stop are waited for
    """

    executor: str = "local"
    fail_fast: bool = False
    with_failed: bool = False
    term_after_s: float = 10.0


def start(
    notebook: Notebook,
    request: SweepRequest,
    manner: Manner,
    settings: Settings,
    clock: Callable[[], Moment],
) -> Sweep:
    """Start a sweep and return at once; it goes on whatever becomes of this process.

    Raises:
        UsageError: there is no such executor; nothing is recorded.
        StoreError: it could not be recorded, and is not started.
        ExperimentError: it is recorded, and could not be started.
    """
    parse_executor(manner.executor)
    moment, owner = clock(), identity.own().text
    sweep = sweeps.create_sweep(
        notebook,
        sweeps.NewSweep(
            experiment=request.experiment,
            space=request.space,
            seed=request.seed,
            day=moment.day(settings.day_starts_at),
            moment=moment,
            owner=owner,
            backend_asked=request.backend,
            executor=manner.executor,
            argv=request.argv,
            directory=request.directory,
        ),
    )
    _set_off(notebook, sweep, request.target, manner, settings, clock)
    return sweep


def resume(
    notebook: Notebook,
    sweep: Sweep,
    target: str,
    manner: Manner,
    settings: Settings,
    clock: Callable[[], Moment],
) -> Sweep:
    """Compute the points of a sweep that have no finished run.

    Raises:
        UsageError: it is running, or there is no such executor.
        ExperimentError: it could not be started.
    """
    parse_executor(manner.executor)
    reopened = sweeps.reopen_sweep(
        notebook,
        sweep.id,
        owner=identity.own().text,
        executor=manner.executor,
        moment=clock(),
    )
    if not reopened:
        raise UsageError(f"Sweep {sweep.id} is running already.")
    _set_off(notebook, sweep, target, manner, settings, clock)
    return sweeps.sweep(notebook, sweep.id)


def cancel(notebook: Notebook, sweep_id: int) -> Sweep:
    """Ask a sweep and its runs to stop; one that has ended is left alone.

    Raises:
        NotFound: there is no such sweep.
        ExperimentError: it cannot be asked.
    """
    sweep = sweeps.sweep(notebook, sweep_id)
    if not sweep.state.has_ended:
        directory = SweepDirectory(notebook.path, sweep_id)
        try:
            directory.ask_to_stop()
        except OSError as error:
            raise ExperimentError(
                f"Sweep {sweep_id} cannot be asked to stop: {error.strerror}.",
                hint=f"Its directory is {directory.path}.",
            ) from error
    return sweep


def _set_off(
    notebook: Notebook,
    sweep: Sweep,
    target: str,
    manner: Manner,
    settings: Settings,
    clock: Callable[[], Moment],
) -> None:
    owner = identity.own().text
    directory = SweepDirectory(notebook.path.absolute(), sweep.id)
    try:
        directory.make(_order(target, sweep, manner, settings, owner))
        pid = spawn(
            "labbook.runner.sweeps.supervisor",
            [str(notebook.path.absolute()), str(sweep.id)],
            {name: value for name, value in os.environ.items() if name != ENVIRONMENT},
            output=directory.supervisor_log,
        )
    except OSError as error:
        why = f"It could not be started: {error}."
        moment = clock()
        day = moment.day(settings.day_starts_at)
        sweeps.close_sweep(
            notebook, sweep.id, SweepState.LOST, why, owner=owner, moment=moment, day=day
        )
        raise ExperimentError(f"Sweep {sweep.id} could not be started: {error}.") from error
    spawned.add(pid)
    # Whichever of the two is first says it: the sweep is its supervisor's from here on.
    found = identity.of(pid)
    if found is not None:
        sweeps.take_over(notebook, sweep.id, found.text, known=(owner,))


def _order(target: str, sweep: Sweep, manner: Manner, settings: Settings, owner: str) -> SweepOrder:
    here = sweep.directory
    if target and Path(target).is_absolute():
        here = str(Path(target).parent)
    elif not here:
        try:
            here = str(Path.cwd())
        except FileNotFoundError:
            here = ""
    return SweepOrder(
        target=target,
        code=here,
        owner=owner,
        day_starts_at=settings.day_starts_at.isoformat(),
        with_failed=manner.with_failed,
        fail_fast=manner.fail_fast,
        term_after_s=manner.term_after_s,
    )
