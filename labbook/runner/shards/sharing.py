"""Shares the pieces of one run out over workers, and has what they come to, in order."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import ExperimentError
from labbook.experiments.shards import shares
from labbook.experiments.trial import Cancelled
from labbook.runner.directory import RunDirectory
from labbook.runner.executors.choose import Where, cores, make_executor, parse_executor
from labbook.runner.executors.interface import Ended, Executor, Point, Task
from labbook.runner.shards.backend import backend_of
from labbook.runner.shards.shard import Shard, table_of

if TYPE_CHECKING:
    from labbook.experiments.define import Experiment
    from labbook.experiments.trial import Trial
    from labbook.runner.order import Order

POLL_S = 0.2
ATTEMPTS = 3
"""A shard whose worker has died so often is given up: it is what they die of."""

RECORD = "shards.csv"
"""Who computed which shard, in `provenance/` of the run directory."""


class Sharing:
    """The work of one run, over the workers of an executor.

    backend: what they compute on; once they have, with their devices
    memory_bytes: the peaks of the workers' memory together
    """

    def __init__(self, directory: RunDirectory, order: Order, experiment: Experiment) -> None:
        """
        Raises:
            BackendUnavailable: what was asked for is not there.
        """
        self._directory = directory
        self._order = order
        self._where: Where = parse_executor(order.executor)
        self.backend = backend_of(experiment, order.backend, self._where)
        self._shards: tuple[Shard, ...] = ()
        self._waiting: deque[Shard] = deque()
        self._busy: dict[int, Shard] = {}
        self._begun = 0

    @property
    def memory_bytes(self) -> int:
        peaks: dict[str, int] = {}
        for each in self._shards:
            peaks[each.worker] = max(peaks.get(each.worker, 0), each.memory_bytes)
        return sum(peaks.values())

    def compute(self, pieces: int, trial: Trial) -> None:
        """Have so many pieces computed. A worker that dies loses its shard, which another gets.

        Raises:
            ExperimentError: a shard failed, or the executor is gone.
            Cancelled: somebody asked the run to stop.
        """
        every = shares(pieces, self._order.shards)
        self._shards = tuple(Shard(number, each) for number, each in enumerate(every, 1))
        self._waiting += self._shards
        scratch = self._directory.shards
        scratch.mkdir(mode=0o700)
        order, name = self._order, self.backend.name
        task = Task(order.experiment, order.target, name)
        with contextlib.closing(make_executor(self._where, task, scratch)) as executor:
            while self._waiting or self._busy:
                self._give(executor, trial)
                for update in executor.poll(POLL_S):
                    if isinstance(update, Ended):
                        self._take(update, trial)
                trial.progress(self._done(executor), of=pieces)
        devices = dict.fromkeys(each.device for each in self._shards if each.device)
        if self.backend.name != "numpy" and devices:
            self.backend = replace(self.backend, device=", ".join(devices))
        self._record()

    def pieces(self) -> Iterator[Any]:
        """What each piece comes to, in order; read while one asks for them."""
        for shard in self._shards:
            with shard.directory.pieces.open(encoding="utf-8") as file:
                yield from map(json.loads, file)

    def _give(self, executor: Executor, trial: Trial) -> None:
        while self._waiting and executor.room > 0:
            shard = self._waiting.popleft()
            self._begun += 1
            place = RunDirectory(self._directory.shards / str(self._begun))
            shard.begin(place, self._directory.earlier)
            self._busy[self._begun] = shard
            executor.submit(
                Point(
                    self._begun,
                    shard.directory.path,
                    trial.seed,
                    self._order.params,
                    pieces=(shard.pieces.start, shard.pieces.stop),
                    cores=self._cores,
                )
            )

    def _done(self, executor: Executor) -> float:
        """In pieces."""
        whole = sum(len(each.pieces) for each in self._shards if each.is_done)
        busy = self._busy.items()
        return whole + sum(executor.share(run) * len(each.pieces) for run, each in busy)

    @property
    def _cores(self) -> int:
        """What each worker may keep busy: its share of this machine, a thread of a cluster."""
        if self._where.kind != "local":
            return 1
        return max(1, cores() // min(self._where.workers, len(self._shards)))

    def _take(self, ended: Ended, trial: Trial) -> None:
        shard = self._busy.pop(ended.run)
        _print_log(shard.directory.log, self._named(shard))
        state, message = shard.end(ended)
        if state == "cancelled":
            raise Cancelled
        if state == "failed":
            raise ExperimentError(f"{self._named(shard)} failed: {message}")
        if state == "lost":
            if shard.attempts == ATTEMPTS:
                raise ExperimentError(
                    f"{self._named(shard)} was begun {ATTEMPTS} times and lost each time: {message}"
                )
            trial.warn(f"{self._named(shard)} was computed again: {message}")
            self._waiting.appendleft(shard)

    def _named(self, shard: Shard) -> str:
        return f"Shard {shard.number} of {len(self._shards)}"

    def _record(self) -> None:
        self._directory.provenance.mkdir(mode=0o700, exist_ok=True)
        (self._directory.provenance / RECORD).write_text(table_of(self._shards), encoding="utf-8")


def _print_log(log: Path, title: str) -> None:
    """What a shard has printed goes on in the log of the run."""
    with contextlib.suppress(OSError):
        if log.stat().st_size:
            sys.stdout.write(f"--- {title}:\n")
            sys.stdout.flush()
            with log.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
