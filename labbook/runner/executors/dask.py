"""Points on the workers of a Dask cluster.

Dask starts the task of a worker that died again, on another one. Here the second start finds
the claim of the first on the scheduler, and does nothing: the point is lost, and whether it
is computed again is decided by a person, with `labbook sweep resume`.
"""

from __future__ import annotations

import contextlib
import queue
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labbook.errors import UsageError
from labbook.experiments.loading import is_file
from labbook.runner.directory import RunDirectory
from labbook.runner.executors.interface import Begun, Ended, ExecutorLost, Point, Task, Update
from labbook.runner.executors.remote import Answer, Job, compute
from labbook.runner.order import PATIENCE
from labbook.runner.process import Status

CONNECT_S = 10.0
GONE_AFTER_S = 5.0
"""A scheduler that does not answer for so long is gone."""

CLOSE_S = 15.0
_CLOSE_POLL_S = 0.05

LOOK_EVERY_S = 1.0
"""What points have said of their progress is a question to the scheduler too."""

COUNT_EVERY_S = 2.0
"""Workers come and go; to count them is a question to the scheduler."""


class Dask:
    """Points as tasks of a Dask scheduler.

    Raises:
        ExecutorLost: the scheduler does not answer, or has no workers.
    """

    def __init__(self, task: Task, address: str) -> None:
        from distributed import Client

        self._address = address
        self._task = task
        self._source = _source(task)
        # Each start of a sweep has names of its own: a cluster may see several.
        self._name = f"labbook-{uuid.uuid4().hex}"
        try:
            self._client: Any = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise ExecutorLost(f"No Dask scheduler answers at {address}.") from error
        self._futures: dict[int, Any] = {}
        self._points: dict[int, Point] = {}
        self._asked: set[int] = set()
        self._finished: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._begun: list[Update] = []
        self._silent_since: float | None = None
        self._slots = 0
        self._count_at = 0.0
        self._said: dict[str, Any] = {}
        self._look_at = 0.0
        if not self.slots:
            self._client.close()
            raise ExecutorLost(f"The Dask scheduler at {address} has no workers.")

    @property
    def slots(self) -> int:
        now = time.monotonic()
        if now >= self._count_at:
            self._count_at = now + COUNT_EVERY_S
            self._slots = sum(each["nthreads"] for each in self._workers().values())
        return self._slots

    @property
    def room(self) -> int:
        # One more for each thread, so that none waits for an answer to be recorded.
        return max(0, 2 * self.slots - len(self._futures))

    def submit(self, point: Point) -> None:
        job = Job(
            f"{self._name}-{point.run}",
            self._task,
            point.run,
            point.seed,
            point.params,
            point.argv,
            point.pieces,
            _earlier(point),
            self._source,
            PATIENCE.term_after_s,
        )
        future = self._client.submit(compute, job, key=job.key, pure=False, retries=0)
        self._futures[point.run] = future
        self._points[point.run] = point
        self._begun.append(Begun(point.run, time.time_ns() // 1000, self._address))
        future.add_done_callback(lambda _, run=point.run: self._finished.put(run))

    def poll(self, timeout_s: float) -> Sequence[Update]:
        updates, self._begun = self._begun, []
        with contextlib.suppress(queue.Empty):
            ended = self._finished.get(timeout=0.0 if updates else timeout_s)
            while True:
                updates += self._end(ended)
                ended = self._finished.get_nowait()
        self._pass_on_cancels()
        if not updates:
            self._refuse_silence()
        return updates

    def share(self, run: int) -> float:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            with contextlib.suppress(Exception):
                self._said = self._client.get_metadata([self._name], default=None) or {}
        return float(self._said.get(f"share {run}", 0.0))

    def cancel(self, run: int) -> None:
        self._tell(f"cancel {run}")

    def close(self) -> None:
        if self._futures:
            self._tell("cancel")
            deadline = time.monotonic() + CLOSE_S
            while self._futures and time.monotonic() < deadline and self._is_there():
                time.sleep(_CLOSE_POLL_S)
                for run, future in tuple(self._futures.items()):
                    if future.done():
                        del self._futures[run]
        with contextlib.suppress(Exception):
            # The claims have done their work.
            self._client.set_metadata([self._name], {}, asynchronous=False)
        self._client.close(timeout=2)

    def _end(self, run: int) -> list[Update]:
        future = self._futures.pop(run, None)
        if future is None:
            return []
        point = self._points.pop(run)
        self._asked.discard(run)
        try:
            answer: Answer = future.result(timeout=GONE_AFTER_S)
        except Exception as error:  # whatever Dask and the way to it may raise
            if not self._is_there():
                self._futures[run], self._points[run] = future, point
                raise ExecutorLost(f"The Dask scheduler at {self._address} is gone.") from error
            return [Ended(run, because=f"Dask did not compute it: {type(error).__name__}: {error}")]
        future.release()
        _unpack(point.directory, answer)
        status = None
        if answer.exit_code is not None or answer.signal is not None:
            status = Status(answer.exit_code, answer.signal, answer.peak_memory_bytes)
        return [Ended(run, status, answer.because)]

    def _pass_on_cancels(self) -> None:
        """A point that was asked to stop here is asked to where it is computed."""
        # The last first: what has not begun is not to begin when an earlier one stops.
        for run, point in reversed(self._points.items()):
            if run not in self._asked and RunDirectory(point.directory).is_asked_to_stop():
                self._asked.add(run)
                self._tell(f"cancel {run}")

    def _tell(self, word: str) -> None:
        with contextlib.suppress(Exception):
            self._client.set_metadata([self._name, word], True)

    def _refuse_silence(self) -> None:
        if self._is_there():
            self._silent_since = None
            return
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        if now - self._silent_since > GONE_AFTER_S:
            raise ExecutorLost(f"The Dask scheduler at {self._address} is gone.")

    def _is_there(self) -> bool:
        return bool(self._client.status == "running")

    def _workers(self) -> dict[str, Any]:
        with contextlib.suppress(Exception):
            found: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
            return found
        return {}


def _source(task: Task) -> tuple[str, str] | None:
    """The text of an experiment that stands in a file: other machines do not have it."""
    if not is_file(task.target):
        return None
    path = Path(task.target)
    try:
        return path.name, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def _earlier(point: Point) -> bytes | None:
    try:
        return RunDirectory(point.directory).earlier.read_bytes()
    except FileNotFoundError:
        return None


def _unpack(directory: Path, answer: Answer) -> None:
    """Write what came back, with the word on its end last; nothing outside the directory."""
    root = directory.resolve()
    for name in sorted(answer.files, key=lambda each: each == "exit.json"):
        path = (root / name).resolve()
        if path.is_relative_to(root):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(answer.files[name])
