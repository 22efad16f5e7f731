"""`labbook.record`: what a call costs, when points are stored, runs, and a SIGKILL.

The floors: a thread that writes the same points to a bare table by SQLAlchemy, and two bare
transactions of sqlite3, each flushed to the disk. Sacred, trackio and MLflow take part where an
interpreter has them: LABBOOK_RIVALS.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

import labbook
from labbook.desk import runs as desk_runs
from labbook.desk.desk import open_desk
from labbook.runner.inside.trial import LiveTrial
from tests.bench.rows import Row, seconds
from tests.support.command import environment
from tests.support.notebooks import new_notebook

CALLS = 200_000
POINTS = 10_000
ROUNDS = 7
RUNS = 300
PARAMS = {"a": 1, "b": 2.5, "c": "x", "d": True, "e": 5}
KILLS = 5
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, and not a name to guess
RIVALS = ("sacred", "trackio", "mlflow")

VICTIM = """
import sys, time, labbook
with labbook.record("victim") as trial:
    for step in range(10**9):
        trial.metric("loss", step / 3, step=step)
        if step % 50 == 0:
            print(step, time.monotonic(), flush=True)
            time.sleep(0.01)
"""


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(scratch)
        new_notebook(where / "notebook").close()
        os.environ["LABBOOK_HOME"] = str(where / "notebook")
        rivals = dict(_rivals(where))
        return [*_calls(rivals), *_stored(where), *_runs(where, rivals), *_kills(where)]


def _rivals(where: Path) -> Iterator[tuple[str, dict[str, float]]]:
    python = os.environ.get("LABBOOK_RIVALS")
    script = Path(__file__).with_name("rival_recorders.py")
    for name in RIVALS if python else ():
        (where / name).mkdir()
        done = subprocess.run(
            [str(python), script, name, where / name], capture_output=True, text=True, check=True
        )
        yield name, json.loads(done.stdout)


def _calls(rivals: dict[str, dict[str, float]]) -> list[Row]:
    taken = []
    with labbook.record("calls") as trial:
        metric = trial.metric
        for step in range(CALLS):
            began = time.perf_counter_ns()
            metric("loss", step / 3, step)
            taken.append(time.perf_counter_ns() - began)
    taken.sort()
    median, p99 = taken[CALLS // 2] / 1e3, taken[int(CALLS * 0.99)] / 1e3
    rows = [
        Row("record: one metric call, median", median, "µs", "a limit of 2 µs", 2 / median),
        Row("record: the slowest of a hundred calls", p99, "µs", "a limit of 100 µs", 100 / p99),
    ]
    for name, found in rivals.items():
        ratio = found["median"] * 1e6 / median
        rows.append(Row("record: one metric call, median", median, "µs", name, ratio))
    return rows


def _stored(where: Path) -> list[Row]:
    """From the first call to the moment at which every point is in the database, for good."""
    points = [("loss", step / 3, step) for step in range(POINTS)]
    ours, floor = [], []
    for number in range(ROUNDS):
        ours.append(seconds(partial(_record, labbook.record("points").start(), points)))
        floor.append(seconds(partial(_write_by_sqlalchemy, where / f"floor{number}.db", points)))
    mine, theirs = statistics.median(ours), statistics.median(floor)
    against = f"a SQLAlchemy writer thread ({theirs:.3f} s)"
    return [Row("record: 10,000 points until stored", mine, "s", against, theirs / mine)]


def _record(trial: LiveTrial, points: list[tuple[str, float, int]]) -> None:
    for name, value, step in points:
        trial.metric(name, value, step)
    trial.finish()


def _write_by_sqlalchemy(database: Path, points: list[tuple[str, float, int]]) -> None:
    engine = sa.create_engine(f"sqlite:///{database}")
    table = sa.Table(
        "metric",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, index=True),
        sa.Column("value", sa.Float),
        sa.Column("step", sa.Integer),
    )
    table.create(engine)
    waiting: queue.SimpleQueue[tuple[str, float, int] | None] = queue.SimpleQueue()

    def write() -> None:
        rows = []
        while (point := waiting.get()) is not None:
            rows.append(dict(zip(("name", "value", "step"), point, strict=True)))
        with engine.begin() as connection:
            connection.execute(sa.insert(table), rows)

    writer = threading.Thread(target=write)
    writer.start()
    for point in points:
        waiting.put(point)
    waiting.put(None)
    writer.join()
    engine.dispose()


def _runs(where: Path, rivals: dict[str, dict[str, float]]) -> list[Row]:
    bare = sqlite3.connect(where / "bare.db", isolation_level=None)
    bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE run (x)")
    empty, floor, five = [], [], []
    for _ in range(RUNS):
        empty.append(seconds(lambda: labbook.record("empty").finish()))
        floor.append(seconds(lambda: bare.execute("INSERT INTO run VALUES (1)")))
        five.append(seconds(_five))
    bare.close()
    mine, theirs = statistics.median(empty), statistics.median(floor)
    flush = f"one flushed insert of sqlite3 ({theirs * 1e3:.2f} ms)"
    each = statistics.fmean(five)
    rows = [
        Row(
            "record: start and end of an empty run",
            mine * 1e3,
            "ms",
            "a limit of 5 ms",
            5e-3 / mine,
        ),
        Row("record: start and end of an empty run", mine * 1e3, "ms", flush, theirs / mine),
        Row("record: a run of 5 parameters and 5 metrics, mean", each * 1e3, "ms"),
    ]
    if MEMORY.is_dir():
        with tempfile.TemporaryDirectory(dir=MEMORY) as scratch:
            new_notebook(Path(scratch, "notebook")).close()
            where_now = partial(labbook.record, "empty", notebook=Path(scratch, "notebook"))
            quick = statistics.median(seconds(lambda: where_now().finish()) for _ in range(RUNS))
        rows.append(
            Row(
                "record: the same in memory, without a disk",
                quick * 1e3,
                "ms",
                "5 ms",
                5e-3 / quick,
            )
        )
    for name, found in rivals.items():
        against = f"{name} ({found['run'] * 1e3:.1f} ms)"
        rows.append(Row("record: that run", each * 1e3, "ms", against, found["run"] / each))
    return rows


def _five() -> None:
    with labbook.record("five", PARAMS) as trial:
        for number in range(5):
            trial.metric(f"m{number}", number / 2)


def _kills(where: Path) -> list[Row]:
    """How far behind the last thing the script said the notebook is, once it is looked at."""
    behind = [_kill(where) for _ in range(KILLS)]
    worst = max(behind)
    better = 0.15 / max(worst, 1e-4)
    return [Row("record: lost to a SIGKILL, worst of 5", worst * 1e3, "ms", "150 ms", better)]


def _kill(where: Path) -> float:
    script = where / "victim.py"
    script.write_text(VICTIM)
    victim = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(where / "notebook"),
    )
    assert victim.stdout
    lines = [victim.stdout.readline() for _ in range(60)]
    victim.send_signal(signal.SIGKILL)
    lines += [line for line in victim.stdout if line.endswith("\n")]
    victim.wait()
    said = [(int(step), float(at)) for step, at in map(str.split, lines)]
    with open_desk(where / "notebook") as desk:
        run = desk_runs.runs(desk, limit=1)[0]
        assert run.state.value == "lost", run.state
        kept = len(desk_runs.curve(desk, run.id, "loss"))
    return max(said[-1][1] - at for step, at in said if step >= kept or (step, at) == said[-1])
