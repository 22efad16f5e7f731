"""What the supervisor of a sweep does: feeds an executor, and records what comes of it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

from labbook.errors import StoreError
from labbook.model import Moment, RunState, SweepState
from labbook.runner import endings
from labbook.runner.directory import RunDirectory
from labbook.runner.executors.interface import (
    Begun,
    Ended,
    Executor,
    ExecutorLost,
    Point,
    Update,
)
from labbook.runner.supervision import insist
from labbook.runner.sweeps.directory import SweepDirectory, SweepOrder
from labbook.runner.sweeps.recording import Recording, outcome_of
from labbook.store.runs import Outcome

RECORD_EVERY_S = 0.25
LOOK_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 5.0
LONGEST_QUEUE = 512


class Supervision:
    """One sweep, from here to its end."""

    def __init__(
        self,
        recording: Recording,
        executor: Executor,
        directory: SweepDirectory,
        order: SweepOrder,
    ) -> None:
        self._recording = recording
        self._executor = executor
        self._directory = directory
        self._order = order
        self._positions = deque(recording.missing())
        self._queued: deque[Point] = deque()
        self._busy: dict[int, Point] = {}
        self._begun: list[Begun] = []
        self._ended: list[tuple[Point, Outcome]] = []
        self._ahead = 2 * executor.slots
        self._asked_at: dict[int, float] = {}
        self._stopped: SweepState | None = None
        now = time.monotonic()
        self._record_at = now
        self._look_at = now
        self._heartbeat_at = now + HEARTBEAT_EVERY_S

    def go(self) -> None:
        """Compute what is missing, and close the sweep."""
        try:
            while self._take_turn():
                pass
        except ExecutorLost as error:
            self._lose(error.message)
            return
        insist(self._record)
        insist(self._close)

    def _take_turn(self) -> bool:
        """Whether there is anything left to do."""
        if not self._queued and self._positions:
            self._refill()
        self._feed()
        if not self._busy:
            return bool(self._queued or self._positions)
        self._note(self._executor.poll(LOOK_EVERY_S))
        self._feed()  # before the disk is waited for
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._heed_cancel(now)
        if now >= self._heartbeat_at:
            self._heartbeat_at = now + HEARTBEAT_EVERY_S
            with contextlib.suppress(StoreError):
                self._recording.heartbeat()
        if now >= self._record_at and (self._ended or self._begun or now >= self._look_at):
            self._record_at = now + RECORD_EVERY_S
            with _told():
                self._record()
        return True

    def _feed(self) -> None:
        while self._queued and self._executor.room > 0:
            point = self._queued.popleft()
            self._busy[point.run] = point
            self._executor.submit(point)

    def _refill(self) -> None:
        """Queue as many points as are likely to be computed until the next look."""
        if len(self._ended) >= self._ahead:
            self._ahead = min(2 * self._ahead, LONGEST_QUEUE)
        insist(self._record)
        count = min(self._ahead, len(self._positions))
        chosen = [self._positions[place] for place in range(count)]
        self._queued += insist(lambda: self._recording.add(chosen))
        for _ in chosen:
            self._positions.popleft()

    def _note(self, updates: Sequence[Update]) -> None:
        for update in updates:
            if isinstance(update, Begun):
                self._begun.append(update)
            else:
                point = self._busy.pop(update.run)
                was_stopped = self._asked_at.pop(update.run, None) is not None
                outcome = outcome_of(point, update, was_stopped=was_stopped)
                self._ended.append((point, outcome))
                if outcome.state is RunState.FAILED and self._order.fail_fast:
                    self._stop(SweepState.FAILED)

    def _record(self) -> None:
        ended = {point.run for point, _ in self._ended}
        going_on = [point for run, point in self._busy.items() if run not in ended]
        self._recording.record(self._begun, self._ended, going_on)
        self._begun, self._ended = [], []

    def _heed_cancel(self, now: float) -> None:
        """Look whether the sweep or a run of it was asked to stop, and take the step due."""
        if self._stopped is None and self._directory.is_asked_to_stop():
            self._stop(SweepState.CANCELLED)
        for run, point in tuple(self._busy.items()):
            asked_at = self._asked_at.get(run)
            if asked_at is None:
                if RunDirectory(point.directory).is_asked_to_stop():
                    self._asked_at[run] = now
            elif now - asked_at > self._order.term_after_s:
                self._executor.cancel(run)

    def _stop(self, state: SweepState) -> None:
        """Start nothing more, and ask what is on its way to stop."""
        self._stopped = state
        self._positions.clear()
        because = "The sweep was stopped before this run began."
        for point in self._queued:
            self._ended.append((point, Outcome(RunState.CANCELLED, message=because)))
        self._queued.clear()
        for point in self._busy.values():
            RunDirectory(point.directory).ask_to_stop()

    def _lose(self, because: str) -> None:
        """The executor is gone, and with it all that it was computing."""
        self._ended += [
            (point, outcome_of(point, Ended(run, because=because), was_stopped=False))
            for run, point in self._busy.items()
        ]
        self._busy.clear()
        never = endings.lost(f"It was never started: {because}")
        self._ended += [(point, never) for point in self._queued]
        insist(self._record)
        insist(lambda: self._recording.close_lost(because))

    def _close(self) -> None:
        finished, unfinished = self._recording.failures()
        state = self._stopped
        if state is None:
            state = SweepState.FINISHED if finished else SweepState.FAILED
        words = f"{unfinished} of {finished + unfinished} points have no finished run."
        self._recording.close(state, words if unfinished else "")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the runs say is safe in their directories; the next turn tries again."""
    try:
        yield
    except StoreError as error:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{Moment.now().local:%Y-%m-%d %H:%M:%S} {error.message}\n")
            sys.stderr.flush()
