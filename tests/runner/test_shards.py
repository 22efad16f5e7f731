"""One run whose work several workers share: its numbers, and what becomes of it."""

from __future__ import annotations

import csv
import io
import math
import os
import signal
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from labbook import artifacts
from labbook.desk import launch
from labbook.desk.desk import open_desk
from labbook.errors import UsageError
from labbook.experiments.builtin.kl_bias_table import kl_bias_table
from labbook.experiments.builtin.kl_pair import kl_pair
from labbook.model import Run, RunState
from labbook.store import runs
from tests.support.cluster import cluster
from tests.support.lab import Lab, kill, wait_until

WORKER = "labbook.runner.executors.worker"


def marks(folder: Path) -> Counter[str]:
    file = folder / "marks"
    return Counter(file.read_text().split()) if file.exists() else Counter()


def workers(lab: Lab) -> list[psutil.Process]:
    """The living processes that compute shards here."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            is_mine = WORKER in line and str(lab.path) in line
            if is_mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def record(lab: Lab, run: Run) -> list[dict[str, str]]:
    (found,) = (each for each in run.provenance if each.name == "provenance/shards.csv")
    text = artifacts.read(lab.notebook.artifacts_dir, found.sha256).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_numbers_are_those_of_one_process_and_right(lab: Lab) -> None:
    run = lab.run("kl.bias-table", seed=3, samples="3e6", shift="1", shards=4)
    assert run.state is RunState.FINISHED, run.message
    plain = kl_bias_table(seed=3, samples=3_000_000, shift=1.0)
    assert run.metrics == plain.metrics
    results = lab.results(run)
    assert [each.to_json() for each in results.tables[:2]] == [
        each.to_json() for each in plain.tables.values()
    ]
    assert [each.to_json() for each in results.figures] == [
        each.to_json() for each in plain.figures.values()
    ]
    # Of q = N(0, 1) and p = N(1, 1): E k2 = 5/8 where KL = 1/2, and Var k1 = 1.
    assert abs(run.metrics["k2.bias"] - 0.25) < 5 * math.sqrt(1.6 / 3e6)
    assert abs(run.metrics["k1.stdev"] - 2) < 5 * 2 / math.sqrt(2 * 3e6)
    assert (run.shards, run.executor) == (4, "local:2")
    rows = record(lab, run)
    assert [row["shard"] for row in rows] == ["1", "2", "3", "4"]
    assert sum(int(row["pieces"]) for row in rows) == -(-3_000_000 // 2**19)
    assert {row["host"] for row in rows} == {os.uname().nodename}
    peaks = {row["process"]: int(row["peak_memory_bytes"]) for row in rows}
    assert (run.peak_memory_bytes or 0) > sum(peaks.values()) > 0
    assert not (lab.directory(run).path / ".shards").exists()


def test_a_dying_worker_loses_its_shard_and_nothing_else(lab: Lab, tmp_path: Path) -> None:
    well = lab.run("test.pieces", seed=5, folder=str(tmp_path))
    once = marks(tmp_path)
    for amiss, words in (("kill-once", "SIGKILL"), ("term-once", "SIGTERM")):
        (tmp_path / "marks").unlink()
        run = lab.run("test.pieces", seed=5, folder=str(tmp_path), amiss=amiss, shards=3)
        assert (run.state, run.message) == (RunState.FINISHED, "")
        assert run.metrics == well.metrics
        (warning,) = run.warnings
        assert warning.startswith("Shard 2 of 3 was computed again: ")
        assert words in warning
        assert marks(tmp_path) - once == Counter({"3": 1, "4": 1})
        assert [row["attempts"] for row in record(lab, run)] == ["1", "2", "1"]
    share = max(1, len(os.sched_getaffinity(0)) // 2)
    assert lab.log(run) == f"--- Shard 2 of 3:\npiece 4 with {share} cores and 1\n"


def test_a_shard_that_no_worker_survives_ends_the_run(lab: Lab, tmp_path: Path) -> None:
    run = lab.run("test.pieces", folder=str(tmp_path), amiss="kill", shards=3)
    assert run.state is RunState.FAILED
    assert "Shard 2 of 3 was begun 3 times and lost each time: its worker was" in run.message
    assert marks(tmp_path)["4"] == 3
    assert not workers(lab)


def test_what_a_shard_raises_ends_the_run_in_its_words(lab: Lab, tmp_path: Path) -> None:
    run = lab.run("test.pieces", folder=str(tmp_path), amiss="raise", shards=3)
    assert run.state is RunState.FAILED
    assert run.message == "Shard 2 of 3 failed: RuntimeError: the flux capacitor is empty"
    assert marks(tmp_path)["4"] == 1
    assert "in compute_pieces" in lab.log(run)


def test_progress_is_that_of_all_shards_and_a_cancel_ends_them(lab: Lab, tmp_path: Path) -> None:
    run = lab.start("test.pieces", folder=str(tmp_path), count="400", pause_s="0.05", shards=4)

    def fraction() -> float:
        progress = lab.now(run).progress
        return progress.fraction or 0.0 if progress else 0.0

    wait_until(lambda: fraction() > 0.02, 60, "progress")
    assert len(workers(lab)) == 2
    assert sum(marks(tmp_path).values()) / 400 >= fraction() > 0
    began = time.monotonic()
    lab.cancel(run)
    assert lab.end_of(run).state is RunState.CANCELLED
    assert time.monotonic() - began < 5
    assert not workers(lab)


def test_no_shard_survives_the_supervisor(lab: Lab, tmp_path: Path) -> None:
    run = lab.start("test.pieces", folder=str(tmp_path), count="400", pause_s="0.05", shards=4)
    wait_until(lambda: len(marks(tmp_path)) > 4, 60, "pieces")
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: not workers(lab), 10, "the end of all workers")
    lab.reconcile()
    lost = lab.now(run)
    assert lost.state is RunState.LOST
    assert (lost.shards, lost.executor) == (4, "local:2")
    assert not (lab.directory(run).path / ".shards").exists()


def test_what_cannot_be_sharded_is_refused_and_not_recorded(lab: Lab) -> None:
    for refused, name, how in (
        (UsageError, "test.walk", {}),
        (UsageError, "kl.pair", {"executor": "cloud:9"}),
        (UsageError, "kl.pair", {"shards": 5000}),
    ):
        with pytest.raises(refused):
            lab.start(name, **{"shards": 2, **how})  # type: ignore[arg-type]
    assert not runs.runs(lab.notebook)


@pytest.mark.slow
def test_a_cluster_gives_the_numbers_of_this_machine(lab: Lab, tmp_path: Path) -> None:
    with cluster(tmp_path) as dask:
        far = lab.run("kl.pair", seed=4, samples="5e5", shards=3, executor=dask.executor)
        with open_desk(lab.path) as desk:
            where = {"shards": 2, "executor": dask.executor}
            longer = lab.end_of(launch.continue_run(desk, far.id, {"samples": "1e6"}, **where))
    near = lab.run("kl.pair", seed=4, samples="5e5")
    assert (far.state, far.backend) == (RunState.FINISHED, "numpy"), far.message
    assert far.metrics == near.metrics
    assert [each.sha256 for each in far.artifacts] == [each.sha256 for each in near.artifacts]
    assert len(record(lab, far)) == 3
    assert len(record(lab, longer)) == 2
    assert longer.metrics == kl_pair(seed=4, samples=1_000_000).metrics


@pytest.mark.slow
def test_a_dead_worker_of_a_cluster_loses_its_shard(lab: Lab, tmp_path: Path) -> None:
    well = lab.run("test.pieces", seed=5, folder=str(tmp_path), count="40")
    (tmp_path / "marks").unlink()
    with cluster(tmp_path) as dask:
        run = lab.start(
            "test.pieces",
            seed=5,
            folder=str(tmp_path),
            count="40",
            pause_s="0.2",
            shards=2,
            executor=dask.executor,
        )
        wait_until(lambda: len(marks(tmp_path)) >= 4, 60, "pieces")
        dask.workers[0].send_signal(signal.SIGKILL)
        ended = lab.end_of(run)
    assert ended.state is RunState.FINISHED, ended.message
    assert ended.metrics == well.metrics
    (warning,) = ended.warnings
    assert "was computed again" in warning


@pytest.mark.slow
def test_what_nobody_waits_for_any_more_ends_on_a_cluster(lab: Lab, tmp_path: Path) -> None:
    given = {"folder": str(tmp_path), "count": "4000", "pause_s": "0.05"}
    with cluster(tmp_path) as dask:
        cancelled = lab.start("test.pieces", shards=4, executor=dask.executor, **given)
        wait_until(
            lambda: (found := lab.now(cancelled).progress) is not None and found.done > 2,
            60,
            "progress from the cluster",
        )
        lab.cancel(cancelled)
        assert lab.end_of(cancelled).state is RunState.CANCELLED

        before = sum(marks(tmp_path).values())
        run = lab.start("test.pieces", shards=4, executor=dask.executor, **given)
        wait_until(lambda: sum(marks(tmp_path).values()) > before + 4, 60, "pieces")
        kill(lab.pid(run, "supervisor"))

        def is_still() -> bool:
            seen = sum(marks(tmp_path).values())
            time.sleep(0.5)
            return sum(marks(tmp_path).values()) == seen

        wait_until(is_still, 30, "the end of what the killed run had given out")
        lab.reconcile()
        assert lab.now(run).state is RunState.LOST

        run = lab.start("test.pieces", shards=4, executor=dask.executor, **given)
        wait_until(lambda: lab.now(run).progress is not None, 60, "a beginning")
        dask.scheduler.send_signal(signal.SIGKILL)
        ended = lab.end_of(run)
    assert ended.state is RunState.FAILED
    assert "Dask scheduler" in ended.message
