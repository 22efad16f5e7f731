"""What every executor promises, tried on each of them with real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from labbook.experiments.loading import load
from labbook.runner.directory import RunDirectory
from labbook.runner.executors.choose import make_executor, parse_executor
from labbook.runner.executors.interface import Begun, Ended, Executor, Point, Task
from tests.support.cluster import Cluster, cluster
from tests.support.lab import EXPERIMENTS, wait_until

SMALL = str(EXPERIMENTS / "small.py")


class Place:
    """An executor that can be made, and what is around it."""

    def __init__(self, name: str, scratch: Path, dask: Cluster | None) -> None:
        self.name = name
        self.dask = dask
        self.scratch = scratch
        self._runs = 0
        self._made: list[Executor] = []

    def executor(self, experiment: str) -> Executor:
        where = parse_executor(self.dask.executor if self.dask else self.name)
        made = make_executor(where, Task(experiment, SMALL), self.scratch)
        self._made.append(made)
        return made

    def point(self, seed: int = 5, **params: object) -> Point:
        self._runs += 1
        directory = RunDirectory(self.scratch / str(self._runs))
        directory.make(reserve=False)
        return Point(self._runs, directory.path, seed, params)

    def close(self) -> None:
        for executor in self._made:
            executor.close()


@pytest.fixture(params=["local:2", pytest.param("dask", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "dask":
        with cluster(tmp_path) as dask:
            found = Place("dask", tmp_path, dask)
            yield found
            found.close()
    else:
        found = Place(request.param, tmp_path, None)
        yield found
        found.close()


def ends(executor: Executor, runs: set[int], within_s: float = 60.0) -> dict[int, Ended]:
    """The ends of runs, each told once and after its beginning."""
    begun: set[int] = set()
    ended: dict[int, Ended] = {}
    deadline = time.monotonic() + within_s
    while set(ended) < runs:
        assert time.monotonic() < deadline, f"{runs - set(ended)} do not end"
        for update in executor.poll(0.2):
            if isinstance(update, Begun):
                begun.add(update.run)
            else:
                assert update.run not in ended
                ended[update.run] = update
    return ended


def test_points_come_back_whole_with_the_numbers_of_a_plain_call(place: Place) -> None:
    executor = place.executor("test.walk")
    assert executor.slots == 2
    waiting = [place.point(seed, steps=20) for seed in range(5)]
    known = {point.run: point for point in waiting}
    ended: dict[int, Ended] = {}
    while len(ended) < 5:
        while waiting and executor.room:
            executor.submit(waiting.pop())
        ended |= {each.run: each for each in executor.poll(0.2) if isinstance(each, Ended)}
    plain = load(SMALL, "test.walk")
    for run, point in known.items():
        facts = RunDirectory(point.directory).read_exit()
        assert facts is not None, ended[run]
        assert facts["state"] == "finished"
        assert facts["duration_s"] >= 0
        trial = plain(seed=point.seed, steps=20)
        assert (
            f'"value":{trial.metrics["distance"]!r}'
            in RunDirectory(point.directory).events.read_text()
        )
        assert (point.directory / "log").read_text() == "walked 20 steps\n"


def test_a_point_that_takes_its_process_along_is_told_of_and_others_go_on(place: Place) -> None:
    executor = place.executor("test.end")
    killed, well = place.point(how="kill"), place.point(how="return")
    executor.submit(killed)
    executor.submit(well)
    ended = ends(executor, {killed.run, well.run})
    status = ended[killed.run].status
    assert status is not None
    assert status.signal == signal.SIGKILL
    assert '"before"' in RunDirectory(killed.directory).events.read_text()
    assert RunDirectory(killed.directory).read_exit() is None
    assert (RunDirectory(well.directory).read_exit() or {})["state"] == "finished"


def test_a_point_stops_when_it_is_asked_to(place: Place) -> None:
    executor = place.executor("test.walk")
    point = place.point(steps=100_000, pause_s=0.01)
    executor.submit(point)
    time.sleep(0.3)
    RunDirectory(point.directory).ask_to_stop()
    ends(executor, {point.run})
    assert (RunDirectory(point.directory).read_exit() or {})["state"] == "cancelled"


def test_closing_ends_what_is_still_computed(place: Place) -> None:
    executor = place.executor("test.walk")
    executor.submit(place.point(steps=100_000, pause_s=0.01))
    mark = "labbook.runner.executors.worker"

    def computing() -> list[psutil.Process]:
        return [each for each in _all() if mark in " ".join(_line(each)) and _is_mine(each)]

    wait_until(lambda: bool(computing()), 30, "a worker")
    before = {each.pid for each in computing()}
    executor.close()
    if place.dask:
        place.dask.close()
    wait_until(lambda: not before & {each.pid for each in computing()}, 30, "the end")


def _all() -> Iterator[psutil.Process]:
    me = psutil.Process()
    yield from me.children(recursive=True)


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _is_mine(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.pid != os.getpid()
    except psutil.Error:
        return False
