"""Spreads work over threads so that nobody can tell from the results how many there were."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

W = TypeVar("W")
T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Tasks for each thread that are given out before the result of the first is fetched."""


def in_turns(workers: Sequence[W], job: Callable[[W, T], R], tasks: Iterable[T]) -> Iterator[R]:
    """The results of `job(worker, task)`, in the order of the tasks; a thread for each worker.

    Only a few tasks are ahead of the one whose result comes next, so their number may be
    without end; when the caller gives up, what has begun is finished and nothing else is.
    """
    if len(workers) == 1:
        for task in tasks:
            yield job(workers[0], task)
        return
    idle: SimpleQueue[W] = SimpleQueue()
    for each in workers:
        idle.put(each)

    def work(task: T) -> R:
        worker = idle.get()
        try:
            return job(worker, task)
        finally:
            idle.put(worker)

    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(len(workers))
    try:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > AHEAD * len(workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
