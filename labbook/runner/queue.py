"""Starts the runs that wait their turn, as there is room for them.

There is no daemon: whoever ends a run, lists runs or has the app open looks whether the next one
may start. A run waits with the environment that it was given, in a file of its directory that
only its owner can read and that is gone once it has started.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

from labbook.model import Moment, Run, RunState
from labbook.runner import endings, identity
from labbook.runner.directory import ENVIRONMENT, RunDirectory, write_whole
from labbook.runner.identity import Life
from labbook.runner.machine import machine
from labbook.runner.notify import run_has_ended
from labbook.runner.order import Order
from labbook.runner.paste import Intake, end
from labbook.settings import Settings
from labbook.store import queue, runs
from labbook.store.notebook import Notebook

VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"


def keep_environment(directory: RunDirectory, environment: Mapping[str, str]) -> None:
    """Let a run start with this environment when its turn comes.

    Raises:
        OSError: it cannot be written.
    """
    own = {name: value for name, value in environment.items() if name != ENVIRONMENT}
    write_whole(directory.environment, json.dumps(own).encode("utf-8", "surrogateescape"))


def start_waiting(
    notebook: Notebook, settings: Settings, clock: Callable[[], Moment]
) -> tuple[int, ...]:
    """Start what waits and there is room for; the runs' numbers.

    Raises:
        StoreError: the notebook could not be read or written.
    """
    if not queue.waiting_runs(notebook):
        return ()
    started: list[int] = []
    gpus, owner = devices(), identity.own().text
    while True:
        run_id = queue.take_next(
            notebook,
            at_once=settings.runs_at_once or os.cpu_count() or 1,
            gpus=gpus,
            owner=owner,
            is_ready=lambda run_id: is_ready(RunDirectory.of(notebook.path, run_id)),
        )
        if run_id is None:
            return tuple(started)
        _start(notebook, run_id, clock)
        started.append(run_id)


def is_ready(directory: RunDirectory) -> bool:
    """Whether a run that waits can be started; its environment is written last."""
    return directory.environment.exists()


def take_back(notebook: Notebook) -> None:
    """Let runs wait again that somebody took out of the queue who has not lived to start them."""
    for run, owner in queue.taken_runs(notebook):
        directory = RunDirectory.of(notebook.path, run.id)
        if not _has_begun(directory) and identity.judge(owner) is Life.GONE:
            queue.put_back(notebook, run.id)


def devices() -> tuple[str, ...]:
    """The GPUs that this process may use, by the numbers that CUDA gives them."""
    visible = os.environ.get(VISIBLE_GPUS)
    if visible is not None:
        return tuple(each.strip() for each in visible.split(",") if each.strip())
    return tuple(str(number) for number in range(len(machine().get("gpus", ()))))


def _has_begun(directory: RunDirectory) -> bool:
    return directory.is_claimed() or directory.is_taken() or bool(directory.identity("spawned"))


def _start(notebook: Notebook, run_id: int, clock: Callable[[], Moment]) -> None:
    from labbook.runner.commands import set_off
    from labbook.runner.launch import start_supervisor

    directory = RunDirectory.of(notebook.path.absolute(), run_id)
    try:
        order = Order.read(directory.order)
        environment = _environment(directory, queue.given_gpus(notebook, run_id))
        if order.is_command:
            set_off(notebook.path.absolute(), directory, order, environment=environment)
        else:
            start_supervisor(notebook.path.absolute(), directory, run_id, environment)
        directory.environment.unlink(missing_ok=True)
    except (OSError, ValueError, TypeError) as error:
        run = runs.run(notebook, run_id)
        _fail(notebook, run, directory, f"It could not be started: {error}.", clock)


def _environment(directory: RunDirectory, gpus: tuple[str, ...]) -> dict[str, str]:
    kept: dict[str, str] = json.loads(directory.environment.read_bytes().decode())
    return {**kept, **({VISIBLE_GPUS: ",".join(gpus)} if gpus else {})}


def _fail(
    notebook: Notebook,
    run: Run,
    directory: RunDirectory,
    why: str,
    clock: Callable[[], Moment],
) -> None:
    if run.state is not RunState.QUEUED:
        return
    intake = Intake(notebook, run.id, directory)
    if end(notebook, run.id, intake, endings.failed(why), moment=clock(), day=run.day):
        run_has_ended(notebook.path, run.id)
