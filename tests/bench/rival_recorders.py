"""Other recorders doing what `bench_record` does: run by an interpreter that has them.

python rival_recorders.py NAME DIRECTORY     prints one JSON object of seconds
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

CALLS = 2_000
RUNS = 100
PARAMS = {"a": 1, "b": 2.5, "c": "x", "d": True, "e": 5}

Body = Callable[[Callable[[str, float, int], None]], None]


def sacred(directory: Path) -> Callable[[Body], None]:
    from sacred import Experiment  # type: ignore[import-not-found]
    from sacred.observers import FileStorageObserver  # type: ignore[import-not-found]

    logging.disable(logging.CRITICAL)

    def run(body: Body) -> None:
        experiment = Experiment("x", save_git_info=False)
        experiment.observers.append(FileStorageObserver(directory))
        experiment.add_config(PARAMS)

        @experiment.main
        def main(_run: object) -> None:
            body(experiment.log_scalar)

        experiment.run()

    return run


def trackio(directory: Path) -> Callable[[Body], None]:
    import os

    os.environ["TRACKIO_DIR"] = str(directory)
    import trackio as library  # type: ignore[import-not-found]

    def run(body: Body) -> None:
        library.init(project="x", config=PARAMS, embed=False)
        body(lambda name, value, step: library.log({name: value}, step=step))
        library.finish()

    return run


def mlflow(directory: Path) -> Callable[[Body], None]:
    import mlflow as library  # type: ignore[import-not-found]

    library.set_tracking_uri(f"sqlite:///{directory}/mlflow.db")

    def run(body: Body) -> None:
        with library.start_run():
            library.log_params(PARAMS)
            body(lambda name, value, step: library.log_metric(name, value, step=step))

    return run


def main(name: str, directory: Path) -> dict[str, float]:
    run = {"sacred": sacred, "trackio": trackio, "mlflow": mlflow}[name](directory)
    run(lambda _log: None)
    calls = []

    def count(log: Callable[[str, float, int], None]) -> None:
        for step in range(CALLS):
            began = time.perf_counter()
            log("loss", step / 3, step)
            calls.append(time.perf_counter() - began)

    run(count)

    def five(log: Callable[[str, float, int], None]) -> None:
        for number in range(5):
            log(f"m{number}", number / 2, 0)

    began = time.perf_counter()
    for _ in range(RUNS):
        run(five)
    each = (time.perf_counter() - began) / RUNS
    calls.sort()
    return {"median": statistics.median(calls), "p99": calls[int(CALLS * 0.99)], "run": each}


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    found = main(sys.argv[1], Path(sys.argv[2]))
    out.write(json.dumps(found))
    out.flush()
