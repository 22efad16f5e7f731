"""How quickly this machine makes KL estimates, beside writing them down in NumPy."""

from __future__ import annotations

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Annotated

from labbook.experiments import AtLeast, AtMost, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

SHIFT = 0.1


@experiment(
    "kl.speed",
    title="Speed of the KL estimators on this machine",
    backends=("numpy", "cupy"),
    try_device="labbook.kl.gpu:try_device",
)
def kl_speed(
    trial: Trial,
    *,
    samples: Annotated[int, AtLeast(10_000), AtMost(100_000_000)] = 4_000_000,
    rounds: Annotated[int, AtLeast(1), AtMost(100)] = 3,
) -> None:
    """Samples a second of k1, k2 and k3 at N(0, 1) against N(0.1, 1), by several ways of computing.

    In single precision and cache-sized chunks, as kl.bias-table does; in double precision by
    quantiles, as kl.pair does for any two distributions; in plain NumPy, whole arrays in double
    precision; and by the kernel, where there is a CUDA device. Medians over rounds in which they
    take turns, and the most memory that NumPy held at a time in a round before those. Times depend
    on the machine and on what else runs on it: they are in the table, and are no metrics.

    samples: how many samples each makes in a round
    rounds: how many rounds are counted, after one that is not
    """
    works = _works(trial.seed, samples)
    if trial.backend.name == "cupy":
        works["CuPy kernel"] = lambda: _on_device(trial.seed, samples)
    memory = {name: _peak_mib(work) for name, work in works.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    trial.progress(1, of=rounds + 1)
    for counted in range(1, rounds + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
        trial.progress(counted + 1, of=rounds + 1)
    medians = {name: statistics.median(found) for name, found in times.items()}
    plain = medians["plain NumPy"]
    trial.metric("samples", samples)
    trial.table(
        Table(
            "speed",
            (
                Column("way"),
                Column("time", unit="s"),
                Column("samples", unit="1/s"),
                Column("times plain NumPy"),
                Column("peak memory", unit="MiB"),
            ),
            tuple(
                (name, seconds, samples / seconds, plain / seconds, memory[name])
                for name, seconds in medians.items()
            ),
            title=f"{samples:,} samples, median of {rounds}",
        )
    )
    trial.figure(
        Figure(
            "speed",
            x="way",
            y=Axis("samples a second", unit="10⁶/s"),
            series=(
                Series(
                    "rate",
                    tuple(medians),
                    tuple(samples / seconds / 1e6 for seconds in medians.values()),
                    kind="bars",
                ),
            ),
        )
    )


def _works(seed: int, samples: int) -> dict[str, Callable[[], object]]:
    from labbook.kl import Normal, NormalPair, Pair, estimate, measure

    q, p = Normal(0, 1), Normal(SHIFT, 1)
    return {
        "float32 chunks": lambda: estimate(NormalPair(q, p), samples, seed=seed),
        "float32, all cores": lambda: estimate(
            NormalPair(q, p), samples, seed=seed, threads=os.cpu_count() or 1
        ),
        "float64 quantiles": lambda: measure(Pair(q, p), samples, seed=seed),
        "plain NumPy": lambda: _plain(seed, samples),
    }


def _on_device(seed: int, samples: int) -> None:
    from labbook.kl import Normal, NormalPair, estimate

    estimate(NormalPair(Normal(0, 1), Normal(SHIFT, 1)), samples, seed=seed, backend="cupy")


def _peak_mib(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def _plain(seed: int, samples: int) -> list[tuple[float, float]]:
    import numpy as np

    from labbook.compute import generator

    x = generator(seed, "speed").standard_normal(samples)
    log_ratio = -((x - SHIFT) ** 2) / 2 + x**2 / 2
    kinds = (-log_ratio, log_ratio**2 / 2, (np.exp(log_ratio) - 1) - log_ratio)
    return [(float(each.mean()), float(each.std())) for each in kinds]
