"""Fills a notebook of any size: `python tests/support/fill.py DIRECTORY --notes N --runs M`.

The same seed gives the same notebook. Notes are Markdown with tags, threads, next steps and
links; runs have parameters, metrics, and a table and a figure each, from a small pool of
files. Notes are inserted by `labbook.store.capture`, in one transaction for many; runs by
plain SQL, since a hundred thousand of them would take too long one by one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from labbook import artifacts
from labbook.model import Column, Figure, Moment, Series, Table
from labbook.store.capture import insert
from labbook.store.connection import connect_to_write
from labbook.store.gate import gate
from labbook.store.note_text import read_text
from labbook.store.notebook import Notebook

ZONE = "Europe/Berlin"
NOTES_A_DAY = 8
UNTIL = dt.date(2026, 11, 27)
BATCH = 2000

_VOCABULARY = """
estimator variance bias gradient policy reward entropy divergence sample proposal target
acceptance rejection index code length bits nats channel simulation shared randomness kernel
stream counter block batch seed baseline ablation schedule warmup learning rate optimizer
checkpoint tokenizer prompt penalty clip ratio importance weight log likelihood prior
posterior mixture gaussian laplace tail heavy support mismatch histogram quantile median mean
stdev confidence interval bootstrap replicate memory bandwidth occupancy register warp launch
profile latency throughput regression plateau collapse spike restart cache loader
"""
WORDS = tuple(_VOCABULARY.split())
OPENINGS = (
    "Tried", "Looked at", "Compared", "Measured", "Rewrote", "Read about", "Suspect", "Confirmed",
)  # fmt: skip
TAGS = ("finding", "insight", "idea", "code", "result", "paper", "question", "todo")
THREADS = ("kl-estimators", "channel", "reward-model", "kernels", "reading", "infra")
EXPERIMENTS = ("kl.bias-table", "channel.rejection", "demo.random-walk", "train", "eval")


def fill(directory: Path, *, notes: int, runs: int, seed: int = 1, until: dt.date = UNTIL) -> None:
    """Add so many notes and runs to the notebook in `directory`, made when there is none."""
    random_ = random.Random(seed)
    days = _days(max(notes, runs), until)
    with Notebook.open(directory, clock=lambda: _moment(until, 0)) as notebook:
        files = _files(notebook.artifacts_dir, random_)
    with gate(notebook.place.gate), closing(connect_to_write(notebook.database)) as connection:
        for start in range(0, notes, BATCH):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(start, min(start + BATCH, notes)):
                day, moment = _when(days, number, notes)
                thread = random_.choice(THREADS) if random_.random() < 0.1 else None
                insert(connection, read_text(note(random_, runs)), moment, day, thread)
            connection.execute("COMMIT")
        for start in range(0, runs, BATCH):
            connection.execute("BEGIN IMMEDIATE")
            numbers = range(start, min(start + BATCH, runs))
            _insert_runs(connection, random_, [_when(days, each, runs) for each in numbers], files)
            connection.execute("COMMIT")


def note(random_: random.Random, runs: int = 0) -> str:
    """A note as a researcher might write it."""
    parts = [_sentence(random_) for _ in range(random_.randint(1, 6))]
    if random_.random() < 0.5:
        parts[-1] += f" #{random_.choice(TAGS)}"
    if random_.random() < 0.4:
        parts[0] += f" @{random_.choice(THREADS)}"
    if random_.random() < 0.3:
        rate = random_.choice(("1e-3", "3e-4", "1e-4"))
        parts.append(f"```sh\npython train.py --lr {rate}  # no #tag\n```")
    if random_.random() < 0.3:
        steps = (_sentence(random_).lower().rstrip(".") for _ in range(random_.randint(1, 3)))
        parts.append("\n".join(f"- [{random_.choice('xx ')}] {step}" for step in steps))
    if runs and random_.random() < 0.2:
        parts.append(f"See run:{random_.randint(1, runs)}, and `k3` there.")
    return "\n\n".join(parts)


def _sentence(random_: random.Random) -> str:
    # Squared, so that some words are common and most are rare, as in real text.
    chosen = (WORDS[int(len(WORDS) * random_.random() ** 2)] for _ in range(random_.randint(5, 14)))
    return f"{random_.choice(OPENINGS)} {' '.join(chosen)} {random_.randint(1, 999)}."


def _days(blocks: int, until: dt.date) -> list[dt.date]:
    count = max(1, math.ceil(blocks / NOTES_A_DAY))
    return [until - dt.timedelta(days=count - 1 - number) for number in range(count)]


def _when(days: Sequence[dt.date], number: int, total: int) -> tuple[dt.date, Moment]:
    """The day and moment of one of `total` things that are spread evenly over the days."""
    place = number * len(days) / total
    day = days[int(place)]
    return day, _moment(day, place - int(place))


def _moment(day: dt.date, fraction: float) -> Moment:
    nine = dt.datetime.combine(day, dt.time(8), dt.UTC)
    return Moment.at(nine + dt.timedelta(hours=9) * fraction, ZONE)


def _files(directory: Path, random_: random.Random) -> list[tuple[Any, ...]]:
    """A table and a figure, some times over: kind, name, hash, size."""
    made: list[tuple[Any, ...]] = []
    for number in range(8):
        xs = tuple(float(x) for x in range(1, 65))
        ys = tuple(random_.gauss(1 / x, 0.01) for x in xs)
        rows = tuple((int(x), y) for x, y in zip(xs[:6], ys, strict=False))
        table = Table("summary", (Column("n"), Column("bias", "nats")), rows)
        figure = Figure("bias", "n", "bias", (Series(f"k{number % 3 + 1}", xs, ys),))
        for kind, data in (("table", table), ("figure", figure)):
            content = json.dumps(data.to_json()).encode()
            made.append((kind, data.name, *artifacts.put(directory, content)))
    return made


def _insert_runs(
    connection: sqlite3.Connection,
    random_: random.Random,
    moments: Sequence[tuple[dt.date, Moment]],
    files: Sequence[tuple[Any, ...]],
) -> None:
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM run").fetchone()[0]
    connection.executemany(
        "INSERT INTO entry (day, created_us, created_zone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        {(day.isoformat(), at.us, at.zone) for day, at in moments},
    )
    rows = [_run(random_, run_id, day, at) for run_id, (day, at) in enumerate(moments, start=first)]
    names = tuple(rows[0])
    marks = ", ".join(f":{name}" for name in names)
    connection.executemany(f"INSERT INTO run ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608
    connection.executemany(
        "INSERT INTO block (day, kind, created_us, created_zone, edited_us, edited_zone, run_id,"
        " role) VALUES (:day, 'run', :created_us, :zone, :created_us, :zone, :id, 'started')",
        [{**row, "zone": ZONE} for row in rows],
    )
    connection.executemany(
        "INSERT INTO metric (run_id, name, step, kind, value, is_last)"
        " VALUES (?, ?, ?, 'number', ?, ?)",
        (each for row in rows for each in _metrics(random_, row["id"])),
    )
    connection.executemany(
        "INSERT INTO artifact (run_id, position, kind, name, sha256, size_bytes, media_type)"
        " VALUES (?, ?, ?, ?, ?, ?, 'application/json')",
        [
            (row["id"], position, *file)
            for row in rows
            for position, file in enumerate(files[row["id"] % 8 * 2 :][:2])
        ],
    )


def _run(random_: random.Random, run_id: int, day: dt.date, at: Moment) -> dict[str, Any]:
    state = random_.choices(("finished", "failed", "cancelled", "lost"), (90, 6, 3, 1))[0]
    duration_s = random_.expovariate(1 / 60)
    ended_us = at.us + int(duration_s * 1e6)
    return {
        "id": run_id,
        "experiment": random_.choice(EXPERIMENTS),
        "state": state,
        "day": day.isoformat(),
        "created_us": at.us,
        "created_zone": ZONE,
        "started_us": at.us,
        "started_zone": ZONE,
        "ended_us": ended_us,
        "ended_zone": ZONE,
        "duration_s": duration_s,
        "params": json.dumps({"shift": round(random_.random(), 3), "samples": 10**6}),
        "seed": random_.randrange(2**53),
        "backend_asked": "auto",
        "backend": "numpy",
        "host": "node7",
        "exit_code": 0 if state == "finished" else 1,
        "message": "" if state == "finished" else f"It {state} at step {run_id % 97}.",
        "git_commit": f"{random_.getrandbits(160):040x}",
        "peak_memory_bytes": random_.randrange(10**8, 10**9),
    }


def _metrics(random_: random.Random, run_id: int) -> Iterator[tuple[int, str, int, float, int]]:
    for name in ("true_kl", "k1.bias", "k1.stdev", "k3.bias", "k3.stdev"):
        yield run_id, name, 0, random_.random(), 1
    if run_id % 10 == 0:
        for step in range(20):
            yield run_id, "loss", step, math.exp(-step / 5) + random_.random() / 10, step == 19


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=dt.date.fromisoformat, default=UNTIL)
    asked = parser.parse_args()
    began = time.perf_counter()
    fill(asked.directory, notes=asked.notes, runs=asked.runs, seed=asked.seed, until=asked.until)
    sys.stderr.write(f"filled {asked.directory} in {time.perf_counter() - began:.1f} s\n")


if __name__ == "__main__":
    main()
