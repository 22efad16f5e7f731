"""Runs by the hundred thousand: five parameters and five metrics each, by plain SQL."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from labbook.model import Moment
from labbook.store.connection import connect_to_write
from labbook.store.gate import gate
from labbook.store.new_run import param_rows
from labbook.store.notebook import Notebook

FIRST_DAY = dt.date(2026, 1, 1)
RUNS_A_DAY = 300
EXPERIMENTS = ("kl.bias-table", "kl.pair", "channel.rejection", "train", "eval")
OPTIMIZERS = ("adam", "sgd", "lion")
METRICS = ("k1.bias", "k1.stdev", "k3.bias", "k3.stdev", "loss")
BATCH = 5000


def fill_runs(directory: Path, runs: int, *, seed: int = 1) -> None:
    """Add so many ended runs to the notebook in `directory`, made when there is none."""
    random_ = random.Random(seed)
    with Notebook.open(directory, clock=lambda: Moment.at(_at(0))) as notebook:
        place = notebook.place
    with gate(place.gate), closing(connect_to_write(place.database)) as connection:
        for start in range(0, runs, BATCH):
            rows = [_run(random_, number + 1) for number in range(start, min(start + BATCH, runs))]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO entry (day, created_us, created_zone) VALUES (?, ?, 'UTC')"
                " ON CONFLICT DO NOTHING",
                {(row["day"], row["at"] - row["at"] % 86_400_000_000) for row in rows},
            )
            connection.executemany(
                "INSERT INTO run (id, experiment, name, state, day, created_us, created_zone,"
                " started_us, started_zone, ended_us, ended_zone, seed, backend, host, git_commit,"
                " duration_s, params) VALUES (:id, :experiment, :name, :state, :day, :at, 'UTC',"
                " :at, 'UTC', :at + 1000000, 'UTC', :seed, 'numpy', :host, :commit, :took, :json)",
                rows,
            )
            connection.executemany(
                "INSERT INTO param (run_id, name, number, text) VALUES (?, ?, ?, ?)",
                ((row["id"], *each) for row in rows for each in param_rows(row["params"])),
            )
            connection.executemany(
                "INSERT INTO metric (run_id, name, step, kind, value, is_last)"
                " VALUES (?, ?, 0, 'number', ?, 1)",
                (each for row in rows for each in _metrics(random_, row["id"])),
            )
            connection.executemany(
                "INSERT INTO tag (run_id, position, name) VALUES (?, 0, 'paper')",
                [(row["id"],) for row in rows if row["id"] % 50 == 0],
            )
            connection.execute("COMMIT")


def _run(random_: random.Random, run_id: int) -> dict[str, Any]:
    params = {
        "shift": round(random_.random(), 3),
        "samples": random_.choice((10**4, 10**5, 10**6)),
        "lr": 10 ** random_.uniform(-5, -2),
        "optimizer": random_.choice(OPTIMIZERS),
        "layers": random_.randint(1, 48),
    }
    at = _at(run_id)
    return {
        "id": run_id,
        "experiment": random_.choice(EXPERIMENTS),
        "name": f"big {run_id}" if run_id % 100 == 0 else "",
        "state": random_.choices(("finished", "failed", "lost"), (94, 5, 1))[0],
        "day": at.date().isoformat(),
        "at": int(at.timestamp()) * 1_000_000,
        "seed": random_.randrange(2**53),
        "host": f"node{run_id % 8}",
        "commit": f"{random_.getrandbits(160):040x}",
        "took": random_.expovariate(1 / 60),
        "params": params,
        "json": json.dumps(params),
    }


def _at(run_id: int) -> dt.datetime:
    begun = dt.datetime.combine(FIRST_DAY, dt.time(8), dt.UTC)
    return begun + dt.timedelta(days=run_id // RUNS_A_DAY, minutes=2 * (run_id % RUNS_A_DAY))


def _metrics(random_: random.Random, run_id: int) -> Iterator[tuple[int, str, float]]:
    for name in METRICS:
        yield run_id, name, random_.random()
