"""Starting experiments: which there are, what they take, and setting one off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.run import RunState

if TYPE_CHECKING:
    from labbook.experiments.registry import Registry
    from labbook.model import Run, Specification


def experiments(desk: Desk) -> tuple[tuple[Specification, ...], tuple[str, ...]]:
    """Every experiment, by name, and a sentence for each that cannot be read."""
    found, problems = _registry(desk).all()
    return tuple(each.specification for each in found), problems


def experiment(desk: Desk, name: str) -> Specification:
    """One experiment.

    Raises:
        NotFound: there is none of that name; the hint has the nearest.
    """
    return _registry(desk).find(name).specification


def refusals(
    desk: Desk, name: str, given: Mapping[str, str], *, shards: str = ""
) -> tuple[str, ...]:
    """A sentence for all that keeps what was typed from being run, naming its parameter.

    Raises:
        NotFound: there is no such experiment.
    """
    wrong = [error.message for error in _registry(desk).refusals(name, given)]
    try:
        _number_of_shards(shards)
    except UsageError as error:
        wrong.append(error.message)
    return tuple(wrong)


def launch(
    desk: Desk,
    name: str,
    given: Mapping[str, str],
    *,
    seed: int | None = None,
    backend: str = "auto",
    parent_id: int | None = None,
    gpus: int | None = None,
    shards: int | str = 0,
    executor: str = "local",
) -> Run:
    """Start an experiment and return at once; its block stands in today's entry.

    parent_id: the run that it repeats, with changes
    gpus: lets it wait in the queue, for so many devices; None starts it at once
    shards: into how many its work is cut, for the workers of an executor such as "local:4" or
        "dask://host:8786"; 0 or nothing leaves it to one process. The numbers are the same to
        the last bit

    Raises:
        UsageError, NotFound, BackendUnavailable: nothing is recorded then.
        ExperimentError: it is recorded, and could not be started.
    """
    from labbook.runner.launch import launch as start

    request = _registry(desk).request(name, given, seed)
    return start(
        desk.notebook,
        request,
        desk.settings,
        desk.clock,
        backend=backend,
        parent_id=parent_id,
        gpus=gpus,
        shards=_number_of_shards(shards),
        executor=executor,
    )


def _number_of_shards(typed: int | str) -> int:
    from labbook.experiments import reading
    from labbook.experiments.shards import MOST_SHARDS
    from labbook.model import ParameterKind

    if isinstance(typed, int):
        return typed
    try:
        number = reading.read(ParameterKind.INT, typed) if typed else 0
    except ValueError:
        number = -1
    if not 0 <= number <= MOST_SHARDS:
        raise UsageError(
            f"The parameter shards cannot be {typed!r}: it must be a whole number from 1 to "
            f"{MOST_SHARDS}."
        )
    return int(number)


def continue_run(
    desk: Desk,
    run_id: int,
    given: Mapping[str, str],
    *,
    backend: str = "auto",
    shards: int = 0,
    executor: str = "local",
) -> Run:
    """Start a run that goes on from a finished one: same parameters and seed, but more of one.

    given: the parameter in which the experiment grows, and its new value
    backend: "auto" takes the one that the run was computed on
    shards, executor: as for `launch`, of what is missing

    Raises:
        NotFound: there is no such run, or no longer its experiment.
        UsageError: the run cannot be continued, or not in this way; nothing is recorded.
        BackendUnavailable, ExperimentError: as for `launch`.
    """
    from labbook.artifacts import read
    from labbook.desk.runs import run
    from labbook.model.run import KEPT
    from labbook.runner.launch import Earlier
    from labbook.runner.launch import launch as start

    before, registry = run(desk, run_id), _registry(desk)
    grows = registry.find(before.experiment).specification.grows
    kept = next((each for each in before.artifacts if each.name == KEPT), None)
    if not grows or kept is None or before.state is not RunState.FINISHED:
        raise UsageError(
            f"Run {run_id} cannot be continued: {_why_not(before, grows)}.",
            hint=f"`labbook run {before.experiment}` starts another.",
        )
    hint = f"Give it as in `labbook runs continue {run_id} {grows}=…`."
    if set(given) != {grows}:
        raise UsageError(f"Run {run_id} is continued in {grows} alone.", hint=hint)
    request = registry.request(before.experiment, given, before.seed, others=before.params)
    if not request.params[grows] > before.params[grows]:
        more = f"Run {run_id} has {grows}={before.params[grows]} already: give more than that."
        raise UsageError(more, hint=hint)
    content = read(desk.notebook.artifacts_dir, kept.sha256)
    return start(
        desk.notebook,
        request,
        desk.settings,
        desk.clock,
        # Another backend would round otherwise.
        backend=before.backend if backend == "auto" else backend,
        earlier=Earlier(run_id, content),
        shards=shards,
        executor=executor,
    )


def _why_not(run: Run, grows: str) -> str:
    if run.state is not RunState.FINISHED:
        return f"it is {run.state.words}"
    if not grows:
        return f"{run.experiment} keeps nothing to go on from"
    return "it has kept nothing to go on from"


def _registry(desk: Desk) -> Registry:
    from labbook.runner.launch import registry

    return registry(desk.path)
