"""What a supervisor does once its worker has been started."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from labbook.errors import StoreError
from labbook.model import Moment, RunState
from labbook.runner import endings, identity
from labbook.runner.directory import RunDirectory
from labbook.runner.gathering import Gathering
from labbook.runner.gpu_usage import GpuUsage
from labbook.runner.identity import Identity
from labbook.runner.notify import run_has_ended
from labbook.runner.order import Order
from labbook.runner.paste import Intake, end
from labbook.runner.process import WorkerProcess
from labbook.runner.stopping import Stopping
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import ActiveRun, Outcome

TURN_S = 0.25
INGEST_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 5.0
GATHERING_PATIENCE_S = 15.0
"""How long a run that has ended waits for what is gathered about it."""

INSIST_FOR_S = 600.0
"""How long a notebook that cannot be written is tried again before the run is left to be
reconciled."""

_T = TypeVar("_T")


class Watched(Protocol):
    """A worker or a command, as it is looked after."""

    @property
    def identity(self) -> str: ...
    @property
    def started_us(self) -> int: ...
    def wait(self, timeout_s: float) -> bool: ...
    def kill(self) -> object: ...


class Ladder(Protocol):
    """The steps that are taken when it is to stop."""

    @property
    def is_hopeless(self) -> bool: ...
    def heed(self) -> None: ...


def supervise(
    notebook_path: Path,
    directory: RunDirectory,
    order: Order,
    worker: WorkerProcess | None,
    stopping: Stopping | None,
) -> None:
    """Look after a worker until its run is pasted, and have its end told."""
    notebook = insist(lambda: Notebook.open(notebook_path, clock=Moment.now, create=False))
    with notebook:
        supervision = Supervision(notebook, directory, order, worker)
        if worker is None or stopping is None:
            has_ended = supervision.close(endings.from_exit(directory.read_exit() or {}))
        else:
            supervision.watch(worker, stopping)
            has_ended = supervision.close(_ending(directory, worker, stopping))
    directory.drop_reserve()
    directory.drop_shards()
    if has_ended:
        run_has_ended(notebook_path, order.run)


class Supervision:
    """The notebook's side of one run."""

    def __init__(
        self,
        notebook: Notebook,
        directory: RunDirectory,
        order: Order,
        worker: Watched | None,
        begun: ActiveRun | None = None,
    ) -> None:
        """
        begun: the run as another supervisor may have left it
        """
        self._notebook = notebook
        self._order = order
        self._run_id = order.run
        seen = (0, 0) if begun is None else (begun.events_offset, begun.metrics_offset)
        self._intake = Intake(notebook, order.run, directory, *seen)
        self._next_ingest = time.monotonic() + INGEST_EVERY_S
        self._next_heartbeat = time.monotonic() + HEARTBEAT_EVERY_S
        self._gathering: Gathering | None = None
        if begun is None or not begun.run.environment:
            self._gathering = _gathering(directory, order)
        self._worker = worker
        self._gpus = GpuUsage.start() if worker else None
        self._unsaid = self._introduction(worker)

    def watch(
        self,
        worker: Watched,
        stopping: Ladder,
        *,
        look: Callable[[], None] = lambda: None,
        turn_s: float = TURN_S,
    ) -> None:
        """Take in what the worker says, until it has ended or cannot be made to.

        look: called at every turn
        """
        self._take_turn()
        while not worker.wait(turn_s) and not stopping.is_hopeless:
            stopping.heed()
            look()
            if not self._take_turn():
                _say(f"run {self._run_id} was ended by somebody else; its worker is killed.")
                worker.kill()

    def close(self, outcome: Outcome, warnings: Sequence[str] = ()) -> bool:
        """Paste the run; whether it was this that ended it."""
        self._heed_gathering(GATHERING_PATIENCE_S)
        if self._gpus is not None:
            self._gpus.stop()
            outcome = replace(
                outcome,
                gpu_memory_bytes=self._gpus.peak_memory_bytes,
                gpu_utilisation=self._gpus.mean_utilisation,
            )
        insist(self._say_the_unsaid)
        return insist(lambda: self._close(outcome, warnings))

    def _introduction(self, worker: Watched | None) -> deque[Callable[[], object]]:
        """What the notebook is to be told first: that the run has begun, and from what."""
        notebook, run_id, now = self._notebook, self._run_id, Moment.now()
        owner = identity.own().text
        unsaid: deque[Callable[[], object]] = deque()
        unsaid.append(
            lambda: runs.step_run(notebook, run_id, RunState.STARTING, moment=now, owner=owner)
        )
        if worker is not None:
            started = Moment(worker.started_us, now.zone)
            unsaid.append(
                lambda: runs.step_run(
                    notebook, run_id, RunState.RUNNING, moment=started, worker=worker.identity
                )
            )
        return unsaid

    def _heed_gathering(self, wait_s: float = 0.0) -> None:
        """Have the notebook told where the run comes from, once that is known."""
        found, notebook, run_id = self._gathering, self._notebook, self._run_id
        if found is not None and (found.wait(wait_s) or wait_s):
            self._gathering, order = None, self._order
            shared = {"shards": order.shards, "executor": order.executor} if order.shards else {}
            environment = found.environment and {**found.environment, **shared}
            self._unsaid.append(
                lambda: runs.describe_run(
                    notebook, run_id, code=found.code, environment=environment
                )
            )

    def _sample_gpus(self) -> None:
        if self._gpus is not None and self._worker is not None and self._gpus.is_due:
            from labbook.runner.family import descendants

            known = Identity.parse(self._worker.identity)
            if known is not None:
                below = {process.pid for process in descendants(known.pid)}
                self._gpus.sample({known.pid, *below})

    def _say_the_unsaid(self) -> None:
        while self._unsaid:
            self._unsaid[0]()
            self._unsaid.popleft()

    def _take_turn(self) -> bool:
        """Whether the run is still ours to look after."""
        now = time.monotonic()
        self._heed_gathering()
        self._sample_gpus()
        try:
            self._say_the_unsaid()
            if now >= self._next_ingest:
                self._next_ingest = now + INGEST_EVERY_S
                if not self._intake.take_in(for_s=INGEST_EVERY_S):
                    return False
            if now >= self._next_heartbeat:
                self._next_heartbeat = now + HEARTBEAT_EVERY_S
                runs.heartbeat(self._notebook, self._run_id, moment=Moment.now())
        except StoreError as error:
            # What the run says is safe in its directory; the next turn tries again.
            _say(error.message)
        return True

    def _close(self, outcome: Outcome, warnings: Sequence[str]) -> bool:
        moment = Moment.now()
        return end(
            self._notebook,
            self._run_id,
            self._intake,
            outcome,
            moment=moment,
            day=moment.day(dt.time.fromisoformat(self._order.day_starts_at)),
            warnings=warnings,
        )


def _gathering(directory: RunDirectory, order: Order) -> Gathering:
    """Of a command its own Python and its own directory count."""
    if not order.is_command:
        return Gathering(directory, Path(order.code))
    return Gathering(directory, Path(order.code), argv=order.argv, started_in=Path(order.directory))


def _ending(directory: RunDirectory, worker: WorkerProcess, stopping: Stopping) -> Outcome:
    facts = directory.read_exit()
    if facts is not None:
        return endings.from_exit(facts)
    if worker.status is None:
        return endings.failed("It was told to stop, and not even SIGKILL has ended its process.")
    return endings.from_status(worker.status, was_stopped=stopping.has_begun)


def insist(action: Callable[[], _T]) -> _T:
    """Do something with the notebook, again and again while it refuses.

    Raises:
        StoreError: it refused for INSIST_FOR_S.
    """
    give_up_at = time.monotonic() + INSIST_FOR_S
    pause_s = 0.1
    while True:
        try:
            return action()
        except StoreError as error:
            _say(error.message)
            if time.monotonic() > give_up_at:
                raise
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 5.0)


def _say(sentence: str) -> None:
    # A disk that is full must not end the run as well.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{Moment.now().local:%Y-%m-%d %H:%M:%S} {sentence}\n")
        sys.stderr.flush()
