"""Sweeps: checking one, starting it, resuming it, and what it shows."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import StoreError, UsageError

if TYPE_CHECKING:
    from labbook.model import Entry, Results, Run, Space, Sweep
    from labbook.runner.sweeps.launch import SweepRequest


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed for a sweep.

    given: the texts for names; rows: a CSV file of points; draws: how often to draw
    argv: a command with placeholders, instead of an experiment
    """

    given: Mapping[str, str]
    name: str = ""
    argv: tuple[str, ...] | None = None
    directory: str = ""
    rows: Path | None = None
    draws: int | None = None
    seed: int | None = None
    backend: str = "auto"
    metrics: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep that has been checked, and how long it may take.

    estimate_s: None where no earlier run tells
    """

    request: SweepRequest
    workers: int
    estimate_s: float | None

    @property
    def space(self) -> Space:
        return self.request.space


def plan(desk: Desk, wish: Wish, executor: str) -> Plan:
    """Check a sweep in all respects; nothing is started or recorded.

    Raises:
        UsageError: the space, a point of it or the executor is no good.
        NotFound: there is no such experiment.
        BackendUnavailable: the experiment has no code for the backend.
    """
    from labbook.runner.executors.choose import parse_executor
    from labbook.store.sweeps import durations

    where = parse_executor(executor)
    request = _request(desk, wish)
    workers = min(where.workers or 1, request.space.size)
    known = durations(desk.notebook, request.experiment)
    estimate = statistics.median(known) * request.space.size / workers if known else None
    return Plan(request, workers, estimate)


def start(desk: Desk, planned: Plan, executor: str, *, fail_fast: bool = False) -> Sweep:
    """Start a sweep and return at once; its block stands in today's entry.

    Raises:
        ExperimentError: it is recorded, and could not be started.
    """
    from labbook.runner.sweeps.launch import Manner
    from labbook.runner.sweeps.launch import start as set_off

    manner = Manner(executor, fail_fast)
    return set_off(desk.notebook, planned.request, manner, desk.settings, desk.clock)


def resume(
    desk: Desk,
    sweep_id: int,
    *,
    executor: str | None = None,
    with_failed: bool = False,
    fail_fast: bool = False,
) -> Sweep:
    """Compute the points that have no finished run.

    executor: another than it had
    with_failed: also those that have failed

    Raises:
        NotFound: there is no such sweep, or no longer its experiment.
        UsageError: it is running, or all of it is done.
    """
    from labbook.runner.sweeps.launch import COMMAND, Manner
    from labbook.runner.sweeps.launch import resume as set_off

    found = sweep(desk, sweep_id)
    if not found.state.has_ended:
        raise UsageError(f"Sweep {sweep_id} is running already.")
    left = found.tally.missing - (0 if with_failed else found.tally.failed)
    if left == 0:
        hint = "Give --failed to compute the failed ones again." if found.tally.failed else ""
        raise UsageError(f"Sweep {sweep_id} has nothing left to do: {found.tally.words}.", hint)
    target = COMMAND if found.argv is not None else _target(desk, found.experiment)
    manner = Manner(executor or found.executor, fail_fast, with_failed)
    return set_off(desk.notebook, found, target, manner, desk.settings, desk.clock)


def cancel(desk: Desk, sweep_id: int) -> Sweep:
    """Ask a sweep to stop; one that has ended is left alone."""
    from labbook.runner.sweeps.launch import cancel as ask

    _make_true(desk)
    return ask(desk.notebook, sweep_id)


def sweep(desk: Desk, sweep_id: int) -> Sweep:
    """One sweep, with a state that is true now.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import sweeps as store

    _make_true(desk)
    return store.sweep(desk.notebook, sweep_id)


def sweeps(desk: Desk, limit: int = 50) -> tuple[Sweep, ...]:
    """Sweeps, newest first."""
    from labbook.store import sweeps as store

    _make_true(desk)
    return store.sweeps(desk.notebook, limit=limit)


def running(desk: Desk) -> tuple[int, ...]:
    """The numbers of the sweeps that have not ended, as far as anybody knows."""
    from labbook.store.sweeps import running_sweeps

    return tuple(each.sweep.id for each in running_sweeps(desk.notebook))


def follow(desk: Desk, sweep_id: int) -> Iterator[Sweep]:
    """The sweep whenever it has changed; the last one has ended."""
    from labbook.runner.sweeps.follow import follow as watch

    return watch(desk.notebook, sweep_id, desk.settings, desk.clock)


def results(desk: Desk, found: Sweep, metrics: Sequence[str] = ()) -> Results:
    """What a sweep shows: the means of its runs, made from them now.

    metrics: others than it shows by itself

    Raises:
        UsageError: no run has such a metric.
    """
    from labbook.report.sweep_summary import summarise
    from labbook.store.sweeps import points

    known = points(desk.notebook, found.id)
    for name in metrics:
        every = dict.fromkeys(metric for point in known for metric in point.metrics)
        if name not in every:
            names = ", ".join(every) or "none yet"
            raise UsageError(
                f"No run of sweep {found.id} has a metric {name}.", f"Their metrics: {names}."
            )
    if metrics:
        found = replace(found, space=replace(found.space, metrics=tuple(metrics)))
    return summarise(found, known)


def results_of(desk: Desk, entry: Entry) -> dict[int, Results]:
    """What each sweep on the page shows, by the sweep's id."""
    from labbook.model import SweepBlock

    return {
        block.sweep.id: results(desk, block.sweep)
        for block in entry.blocks
        if isinstance(block, SweepBlock)
    }


def runs(desk: Desk, sweep_id: int) -> Iterator[Run]:
    """The runs that stand for the points of a sweep, by position."""
    from labbook.store import sweeps as store

    known = store.points(desk.notebook, sweep_id)
    return store.runs(desk.notebook, [each.run_id for each in known])


def _request(desk: Desk, wish: Wish) -> SweepRequest:
    if wish.seed is not None and "seed" in wish.given:
        raise UsageError("The seed is given twice: as --seed and as seed=.")
    return _of_experiment(desk, wish) if wish.argv is None else _of_command(wish)


def _of_command(wish: Wish) -> SweepRequest:
    from labbook.experiments.command_line import fill, placeholders
    from labbook.experiments.space import of_command, parse_space, read_rows
    from labbook.experiments.spec import check_seed, draw_seed
    from labbook.runner.sweeps.launch import COMMAND, SweepRequest

    argv = wish.argv or ()
    how = of_command(placeholders(argv))
    seed = draw_seed() if wish.seed is None else check_seed(wish.seed)
    space = parse_space(
        wish.given,
        how,
        rows=None if wish.rows is None else read_rows(wish.rows, how),
        draws=wish.draws,
        seed=seed,
        metrics=wish.metrics,
    )
    first = fill(argv, {"seed": seed, **space.point(0)})
    if "{" not in argv[0] and shutil.which(first[0]) is None:
        raise UsageError(f"There is no program {first[0]!r}.", hint="Is it on PATH?")
    space = replace(space, order=placeholders(argv))
    name = _command_name(argv)
    return SweepRequest(name, COMMAND, space, seed, "", argv, wish.directory)


def _command_name(argv: Sequence[str]) -> str:
    """What a command is called: its program, or the script that Python runs."""
    program = Path(argv[0]).name
    is_script = program.startswith("python") and len(argv) > 1 and not argv[1].startswith("-")
    return Path(argv[1]).name if is_script else program


def _of_experiment(desk: Desk, wish: Wish) -> SweepRequest:
    from labbook.experiments.backends import refuse_backend
    from labbook.experiments.points import check_points, completed
    from labbook.experiments.space import of_experiment, parse_space, read_rows
    from labbook.experiments.spec import check_seed, draw_seed
    from labbook.runner.launch import registry
    from labbook.runner.sweeps.launch import SweepRequest

    known = registry(desk.path)
    found = known.find(wish.name)
    refuse_backend(found.specification, wish.backend)
    seed = draw_seed() if wish.seed is None else check_seed(wish.seed)
    how = of_experiment(found.signature)
    space = parse_space(
        wish.given,
        how,
        rows=None if wish.rows is None else read_rows(wish.rows, how),
        draws=wish.draws,
        seed=seed,
        metrics=wish.metrics,
    )
    check_points(known, found, space)
    return SweepRequest(wish.name, found.target, completed(found, space), seed, wish.backend)


def _target(desk: Desk, experiment: str) -> str:
    from labbook.runner.launch import registry

    return registry(desk.path).find(experiment).target


def _make_true(desk: Desk) -> None:
    # Who comes to read is not kept out by a disk that is full or read-only.
    with suppress(StoreError):
        desk.reconcile()
