"""The way of a sweep's runs into the notebook: many in one transaction."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from labbook.errors import StoreError
from labbook.experiments.command_line import fill
from labbook.model import Artifact, Command, Moment, RunState, Sweep, SweepPoint, SweepState
from labbook.model.jsonable import encode
from labbook.model.sweep import SEED
from labbook.runner import endings, identity
from labbook.runner.directory import RunDirectory
from labbook.runner.executors.interface import Begun, Ended, Point
from labbook.runner.gathering import Gathering
from labbook.runner.notify import sweep_has_ended
from labbook.runner.paste import Intake
from labbook.runner.piece import Rest, stored_provenance
from labbook.runner.supervision import GATHERING_PATIENCE_S
from labbook.runner.sweeps.directory import SweepDirectory, SweepOrder
from labbook.store import runs, sweeps
from labbook.store.notebook import Notebook
from labbook.store.runs import NewRun, Outcome


class Recording:
    """The notebook's side of one sweep."""

    def __init__(self, notebook: Notebook, sweep: Sweep, order: SweepOrder, owner: str) -> None:
        self.sweep = sweep
        self._notebook = notebook
        self._order = order
        self._owner = owner
        self._directory = RunDirectory(SweepDirectory(notebook.path, sweep.id).path)
        self._gathering = Gathering(
            self._directory,
            Path(order.code),
            argv=sweep.argv,
            started_in=Path(sweep.directory) if sweep.directory else None,
        )
        self._intakes: dict[int, Intake] = {}

    @cached_property
    def _origin(self) -> Gathering:
        """Where all of its runs come from, once that is known."""
        self._gathering.wait(GATHERING_PATIENCE_S)
        return self._gathering

    @cached_property
    def _provenance(self) -> list[Artifact]:
        self._gathering.wait(GATHERING_PATIENCE_S)
        return stored_provenance(self._notebook, self._directory).artifacts

    def _intake(self, run_id: int, directory: RunDirectory, *offsets: int) -> Intake:
        return Intake(
            self._notebook, run_id, directory, *offsets, provenance=lambda: self._provenance
        )

    def missing(self) -> list[int]:
        """The positions that are to be computed, in their order."""
        done = {
            each.position
            for each in sweeps.points(self._notebook, self.sweep.id)
            if self._is_done(each)
        }
        return [each for each in range(self.sweep.space.size) if each not in done]

    def _is_done(self, point: SweepPoint) -> bool:
        if point.state is RunState.FINISHED:
            return True
        return point.state in (RunState.FAILED, RunState.TIMED_OUT) and not self._order.with_failed

    def add(self, positions: Sequence[int]) -> list[Point]:
        """Queue runs for points: their rows first, then their directories."""
        moment = Moment.now()
        seeds = [self._seed(position) for position in positions]
        new = [
            self._new_run(position, seed, moment)
            for position, seed in zip(positions, seeds, strict=True)
        ]
        points = []
        ids = sweeps.add_runs(self._notebook, new)
        for run_id, seed, each in zip(ids, seeds, new, strict=True):
            directory = RunDirectory.of(self._notebook.path.absolute(), run_id)
            directory.make(reserve=False)
            argv = None if each.command is None else each.command.argv
            points.append(Point(run_id, directory.path, seed, dict(each.params), argv))
            self._intakes[run_id] = self._intake(run_id, directory)
        return points

    def _seed(self, position: int) -> int:
        seed: int = self.sweep.space.point(position).get(SEED, self.sweep.seed)
        return seed

    def _new_run(self, position: int, seed: int, moment: Moment) -> NewRun:
        params = self.sweep.space.point(position)
        command = None
        if self.sweep.argv is not None:
            filled = fill(self.sweep.argv, {**params, SEED: seed})
            command = Command(filled, self.sweep.directory)
        params.pop(SEED, None)
        return NewRun(
            experiment=self.sweep.experiment,
            params=encode(params),
            seed=seed,
            backend_asked=self.sweep.backend_asked,
            day=self._day(moment),
            moment=moment,
            host=identity.place()[0],
            owner=self._owner,
            thread=self.sweep.thread,
            command=command,
            sweep=(self.sweep.id, position),
        )

    def _day(self, moment: Moment) -> dt.date:
        return moment.day(dt.time.fromisoformat(self._order.day_starts_at))

    def record(
        self,
        begun: Sequence[Begun],
        ended: Sequence[tuple[Point, Outcome]],
        going_on: Sequence[Point],
    ) -> None:
        """One transaction: what has begun, what runs say on their way, what has ended.

        Raises:
            StoreError: nothing of it was stored; it can be tried again.
        """
        now = Moment.now()
        rests = [(point, outcome, self._intakes[point.run].rest()) for point, outcome in ended]
        started = {each.run: (Moment(each.at_us, now.zone), each.worker) for each in begun}
        try:
            with self._notebook.together():
                if started:
                    sweeps.begin_runs(
                        self._notebook,
                        started,
                        code=self._origin.code,
                        environment=self._origin.environment or {},
                    )
                for point in going_on:
                    self._intakes[point.run].take_in(for_s=0.0)
                for point, outcome, rest in rests:
                    self._close(point, outcome, rest, now)
        except StoreError:
            self._look_again([*going_on, *(point for point, _ in ended)])
            raise
        for point, outcome, _ in rests:
            del self._intakes[point.run]
            _tidy(point.directory, outcome)

    def _close(self, point: Point, outcome: Outcome, rest: Rest | None, now: Moment) -> None:
        if rest is not None:
            intake = self._intakes[point.run]
            intake.store_rest(rest, outcome, moment=now, day=self._day(now))

    def _look_again(self, points: Sequence[Point]) -> None:
        """What was taken in, and then not stored, is taken in again."""
        active = runs.active_runs(self._notebook)
        seen = {each.run.id: (each.events_offset, each.metrics_offset) for each in active}
        for point in points:
            directory = RunDirectory(point.directory)
            offsets = seen.get(point.run, (0, 0))
            self._intakes[point.run] = self._intake(point.run, directory, *offsets)

    def heartbeat(self) -> None:
        sweeps.heartbeat(self._notebook, self.sweep.id, Moment.now())

    def close(self, state: SweepState, message: str = "") -> None:
        """End the sweep."""
        now = Moment.now()
        if sweeps.close_sweep(
            self._notebook,
            self.sweep.id,
            state,
            message,
            owner=self._owner,
            moment=now,
            day=self._day(now),
        ):
            sweep_has_ended(self._notebook.path, self.sweep.id)

    def close_lost(self, because: str) -> None:
        self.close(SweepState.LOST, f"{because} {resume_hint(self.sweep.id)}")

    def failures(self) -> tuple[int, int]:
        """How many points are finished, and how many are not."""
        points = sweeps.points(self._notebook, self.sweep.id)
        finished = sum(each.state is RunState.FINISHED for each in points)
        return finished, self.sweep.space.size - finished


def outcome_of(point: Point, ended: Ended, *, was_stopped: bool) -> Outcome:
    """How a point ended, by its directory, else by what its executor knows."""
    facts: dict[str, Any] | None = RunDirectory(point.directory).read_exit()
    if facts is not None:
        return endings.from_exit(facts)
    if ended.status is not None:
        return endings.from_status(ended.status, was_stopped=was_stopped)
    if was_stopped:
        return Outcome(RunState.CANCELLED, message="It did not stop by itself and was made to.")
    return endings.lost(ended.because or "Nothing is known of its end.")


def resume_hint(sweep_id: int) -> str:
    return f"`labbook sweep resume {sweep_id}` computes what is missing."


def _tidy(directory: Path, outcome: Outcome) -> None:
    """Remove the directory of a run that finished and printed nothing: all of it is stored."""
    log = directory / "log"
    if outcome.state is RunState.FINISHED and not (log.exists() and log.stat().st_size):
        shutil.rmtree(directory, ignore_errors=True)
