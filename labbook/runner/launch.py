"""Starts a run: its row and its block in the notebook, its directory, its supervisor."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from labbook.errors import ExperimentError
from labbook.experiments.backends import refuse_backend
from labbook.experiments.loading import is_file
from labbook.experiments.registry import Registry, Request
from labbook.experiments.shards import refuse_shards
from labbook.experiments.spec import draw_seed
from labbook.model import Moment, Run
from labbook.model.jsonable import encode
from labbook.runner import endings, identity
from labbook.runner.directory import ENVIRONMENT, RunDirectory
from labbook.runner.executors.choose import parse_executor
from labbook.runner.launching import launching_here
from labbook.runner.order import PATIENCE, Order, Patience
from labbook.runner.paste import Intake, end
from labbook.runner.queue import keep_environment, start_waiting
from labbook.runner.spawn import bury, spawn, spawned
from labbook.settings import Settings
from labbook.store import runs
from labbook.store.notebook import Notebook


class Earlier(NamedTuple):
    """A run to go on from, and what it has kept."""

    run_id: int
    kept: bytes


def registry(notebook: Path) -> Registry:
    """The experiments that the notebook in this directory can run."""
    return Registry(notebook / "experiments", notebook / "runs" / "specifications")


def launch(
    notebook: Notebook,
    request: Request,
    settings: Settings,
    clock: Callable[[], Moment],
    *,
    backend: str = "auto",
    patience: Patience = PATIENCE,
    earlier: Earlier | None = None,
    parent_id: int | None = None,
    gpus: int | None = None,
    shards: int = 0,
    executor: str = "local",
) -> Run:
    """Start a run and return at once; it goes on whatever becomes of this process.

    patience: how long a cancelled run is waited for
    earlier: the run that it goes on from
    parent_id: the run that it repeats
    gpus: lets it wait in the queue, for so many devices; None starts it at once
    shards: into how many its work is cut, 0 for one process; the executor computes them

    Raises:
        UsageError: it cannot be computed in shards, or not there; nothing is recorded.
        BackendUnavailable: the experiment has no code for that backend; nothing is recorded.
        StoreError: the run could not be recorded, and is not started.
        ExperimentError: it is recorded, and could not be started.
    """
    refuse_backend(request.found.specification, backend)
    sharing = _sharing(request, shards, executor, backend)
    bury()
    seed = draw_seed() if request.seed is None else request.seed
    parent_id = parent_id if earlier is None else earlier.run_id
    with launching_here():
        run = _record(notebook, request, seed, settings, clock(), backend, parent_id, gpus, sharing)
        directory = RunDirectory.of(notebook.path, run.id)
        order = _order(run, request, seed, settings, patience, sharing)
        try:
            _prepare(directory, order, earlier)
            if gpus is None:
                start_supervisor(notebook.path.absolute(), directory, run.id, os.environ)
            else:
                keep_environment(directory, os.environ)
        except OSError as error:
            why = f"It could not be started: {error}."
            intake = Intake(notebook, run.id, directory)
            end(notebook, run.id, intake, endings.failed(why), moment=clock(), day=run.day)
            raise ExperimentError(f"Run {run.id} could not be started: {error}.") from error
    if gpus is not None:
        start_waiting(notebook, settings, clock)
    return run


def _record(
    notebook: Notebook,
    request: Request,
    seed: int,
    settings: Settings,
    moment: Moment,
    backend: str,
    parent_id: int | None,
    gpus: int | None,
    sharing: Mapping[str, Any],
) -> Run:
    """The first of the two transactions of a paste."""
    return runs.create_run(
        notebook,
        runs.NewRun(
            experiment=request.name,
            params=encode(dict(request.params)),
            seed=seed,
            backend_asked=backend,
            day=moment.day(settings.day_starts_at),
            moment=moment,
            host=identity.place()[0],
            owner=identity.own().text,
            parent_id=parent_id,
            gpus=gpus,
            environment=sharing,
        ),
    )


def _sharing(request: Request, shards: int, executor: str, backend: str) -> dict[str, Any]:
    """What is recorded of the workers that share a run's work; nothing where it has but one."""
    if not shards:
        return {}
    refuse_shards(request.found.specification, shards, backend)
    parse_executor(executor)
    return {"shards": shards, "executor": executor}


def _order(
    run: Run,
    request: Request,
    seed: int,
    settings: Settings,
    patience: Patience,
    sharing: Mapping[str, Any],
) -> Order:
    return Order(
        run=run.id,
        experiment=run.experiment,
        target=request.found.target,
        seed=seed,
        backend=run.backend_asked,
        params=dict(run.params),
        code=request.found.specification.directory or code_directory(request.found.target),
        day_starts_at=settings.day_starts_at.isoformat(),
        term_after_s=patience.term_after_s,
        kill_after_s=patience.kill_after_s,
        keep_at_most_bytes=settings.keep_at_most,
        **sharing,
    )


def _prepare(directory: RunDirectory, order: Order, earlier: Earlier | None) -> None:
    directory.make()
    if earlier is not None:
        directory.earlier.write_bytes(earlier.kept)
    order.write(directory.order)


def start_supervisor(
    notebook: Path, directory: RunDirectory, run_id: int, environment: Mapping[str, str]
) -> None:
    """Start the supervisor of an experiment whose directory is ready.

    Raises:
        OSError: it could not be started.
    """
    pid = spawn(
        "labbook.runner.supervisor",
        [str(notebook), str(run_id)],
        # A run that starts a run: the two are not one family.
        {name: value for name, value in environment.items() if name != ENVIRONMENT},
        output=directory.supervisor_log,
    )
    spawned.add(pid)
    found = identity.of(pid)
    if found is not None:
        directory.write_identity("spawned", found.text)


def code_directory(target: str) -> str:
    """Where the code of a run is: beside its file, else where the person stands."""
    if is_file(target):
        return str(Path(target).parent)
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return ""
