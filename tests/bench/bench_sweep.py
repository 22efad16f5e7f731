"""What a point of a sweep costs when its experiment does nothing: everything around it."""

from __future__ import annotations

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from labbook.desk import sweeps
from labbook.desk.desk import open_desk
from tests.bench.rows import Row, seconds

FEW, MANY = 100, 2100
WORKERS = 2

NOTHING = """
from labbook.experiments import Trial, experiment


@experiment("bench.nothing")
def nothing(trial: Trial, *, n: int = 0) -> None:
    \"\"\"Nothing at all.\"\"\"
"""


def main() -> list[Row]:
    """A full, durable run for each point, against results that are kept in memory alone."""
    # A supervisor still tidies up when its sweep is seen as finished.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        ours = {count: _labbook(Path(scratch, str(count)), count) for count in (FEW, MANY)}
    each = (ours[MANY] - ours[FEW]) / (MANY - FEW)
    rows = [
        Row(f"sweep: {FEW} empty points, {WORKERS} workers, all in all", ours[FEW], "s"),
        Row(f"sweep: one more empty point, of {MANY}", each * 1e3, "ms"),
    ]
    for name, rival in (("joblib", _joblib), ("distributed", _dask)):
        if find_spec(name) is None:
            continue
        took = rival()
        label = f"{name}, which records nothing: {took * 1e3:.3g} ms"
        rows.append(Row("sweep: one more empty point", each * 1e3, "ms", label, took / each))
    return rows


def _labbook(path: Path, count: int) -> float:
    folder = path / "experiments"
    folder.mkdir(parents=True)
    (folder / "nothing.py").write_text(NOTHING)
    with open_desk(str(path)) as desk:
        wish = sweeps.Wish({"n": f"1..{count}"}, name="bench.nothing")
        planned = sweeps.plan(desk, wish, f"local:{WORKERS}")
        began = time.perf_counter()
        started = sweeps.start(desk, planned, f"local:{WORKERS}")
        *_, ended = sweeps.follow(desk, started.id)
        took = time.perf_counter() - began
        assert ended.tally.finished == count, ended
    return took


def nothing(n: int) -> int:
    """What the rivals compute."""
    return n


def _joblib() -> float:
    from joblib import Parallel, delayed

    with Parallel(n_jobs=WORKERS, batch_size=1) as pool:
        pool(delayed(nothing)(n) for n in range(FEW))
        return seconds(lambda: pool(delayed(nothing)(n) for n in range(MANY))) / MANY


def _dask() -> float:
    from distributed import Client, LocalCluster

    quiet = {"dashboard_address": None, "silence_logs": 50}
    with LocalCluster(WORKERS, threads_per_worker=1, **quiet) as cluster, Client(cluster) as client:
        client.gather(client.map(nothing, range(FEW), pure=False))
        work = range(MANY)
        return seconds(lambda: client.gather(client.map(nothing, work, pure=False))) / MANY
