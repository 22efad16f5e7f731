"""Points on this machine: so many warm workers, each with one thread, and a device if there are.

A worker that dies loses the point that it was computing, and nothing else: another takes its
place.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence
from pathlib import Path

from labbook.runner.directory import RunDirectory
from labbook.runner.executors.interface import Begun, Ended, ExecutorLost, Point, Task, Update
from labbook.runner.executors.share import share_done
from labbook.runner.executors.warm import WarmWorker

DEVICES = "CUDA_VISIBLE_DEVICES"


class Local:
    """A pool of warm workers."""

    def __init__(self, task: Task, slots: int, scratch: Path) -> None:
        """Workers are started when there are points for them.

        scratch: a directory for what workers print between points
        """
        self._slots = slots
        self._task = task
        self._scratch = scratch
        self._idle: list[tuple[int, WarmWorker]] = []
        self._busy: dict[int, tuple[int, WarmWorker]] = {}
        self._free = list(range(slots))
        self._devices = devices()
        self._updates: list[Update] = []

    @property
    def slots(self) -> int:
        return self._slots

    @property
    def room(self) -> int:
        return self._slots - len(self._busy)

    def submit(self, point: Point) -> None:
        place, worker = self._idle.pop() if self._idle else self._start()
        worker.give(point)
        self._busy[point.run] = (place, worker)
        self._updates.append(Begun(point.run, time.time_ns() // 1000, worker.identity))

    def poll(self, timeout_s: float) -> Sequence[Update]:
        workers = {worker.fileno(): run for run, (_, worker) in self._busy.items()}
        if workers:
            waiting = select.poll()
            for descriptor in workers:
                waiting.register(descriptor, select.POLLIN)
            pause_ms = 0 if self._updates else max(1, int(timeout_s * 1000))
            for descriptor, _ in waiting.poll(pause_ms):
                self._end(workers[descriptor])
        updates, self._updates = self._updates, []
        return updates

    def share(self, run: int) -> float:
        point = self._busy[run][1].point if run in self._busy else None
        return 0.0 if point is None else share_done(RunDirectory(point.directory).events)

    def cancel(self, run: int) -> None:
        if run in self._busy:
            self._busy[run][1].kill()
            self._end(run)

    def close(self) -> None:
        for run in tuple(self._busy):
            self.cancel(run)
        for _, worker in self._idle:
            worker.dismiss()
        self._idle.clear()

    def _start(self) -> tuple[int, WarmWorker]:
        place = self._free.pop()
        extra = {}
        if len(self._devices) > 1:
            extra[DEVICES] = self._devices[place % len(self._devices)]
        try:
            return place, WarmWorker(self._task, self._scratch / f"worker-{place}.log", extra)
        except OSError as error:
            self._free.append(place)
            raise ExecutorLost(f"No worker could be started: {error.strerror}.") from error

    def _end(self, run: int) -> None:
        """Take note that a point is over, and its worker free or dead."""
        place, worker = self._busy.pop(run)
        if worker.status is None and worker.take():
            worker.point = None
            self._idle.append((place, worker))
            self._updates.append(Ended(run))
            return
        worker.kill()
        worker.dismiss()
        self._free.append(place)
        self._updates.append(Ended(run, worker.status))


def devices() -> list[str]:
    """The CUDA devices that may be used, as CUDA_VISIBLE_DEVICES names them."""
    given = os.environ.get(DEVICES)
    if given is not None:
        return [each.strip() for each in given.split(",") if each.strip()]
    try:
        return [str(number) for number, _ in enumerate(Path("/proc/driver/nvidia/gpus").iterdir())]
    except OSError:
        return []
