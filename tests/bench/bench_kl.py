"""The bias table's ten million samples, against the plain ways of computing the same.

torch's figures need an interpreter that has torch: LABBOOK_TORCH_PYTHON=/path/to/python.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from labbook.kl import Normal, NormalPair, estimate
from tests.support.memory import peak_growth_mb

Row = tuple[str, float, str, str, float | None]
"""What was measured, its value and unit, the rival, and how many times better than the rival."""

SAMPLES = 10_000_000
SHIFT = 0.1
ROUNDS = 5

TORCH = """
import sys, time, torch
import torch.distributions as dis
torch.set_num_threads(int(sys.argv[1]))
def table():
    p, q = dis.Normal(loc=0, scale=1), dis.Normal(loc=0.1, scale=1)
    x = q.sample(sample_shape=(10_000_000,))
    true_kl = dis.kl_divergence(p, q)
    logr = p.log_prob(x) - q.log_prob(x)
    k1, k2, k3 = -logr, logr ** 2 / 2, (logr.exp() - 1) - logr
    return [((k.mean() - true_kl) / true_kl, k.std() / true_kl) for k in (k1, k2, k3)]
table()
start = time.perf_counter()
table()
print(time.perf_counter() - start)
"""


def ours(threads: int = 1) -> None:
    estimate(NormalPair(Normal(0, 1), Normal(SHIFT, 1)), SAMPLES, seed=1, threads=threads)


def plain_numpy() -> list[tuple[float, float]]:
    """The same table as one would write it down, in float64 and whole arrays."""
    x = np.random.default_rng(1).standard_normal(SAMPLES)
    half_log_tau = np.log(2 * np.pi) / 2
    log_ratio = (-((x - SHIFT) ** 2) / 2 - half_log_tau) - (-(x**2) / 2 - half_log_tau)
    kl = SHIFT**2 / 2
    estimates = (-log_ratio, log_ratio**2 / 2, (np.exp(log_ratio) - 1) - log_ratio)
    return [((k.mean() - kl) / kl, k.std() / kl) for k in estimates]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def torch_seconds(interpreter: str, threads: int) -> float:
    done = subprocess.run(
        [interpreter, "-c", TORCH, str(threads)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> list[Row]:
    """Medians over rounds in which the rivals take turns."""
    rivals: dict[str, Callable[[], float]] = {"plain float64 NumPy": lambda: seconds(plain_numpy)}
    interpreter = os.environ.get("LABBOOK_TORCH_PYTHON")
    if interpreter:
        rivals["torch, one thread"] = lambda: torch_seconds(interpreter, 1)
        rivals["torch, two threads"] = lambda: torch_seconds(interpreter, 2)
    ours()
    own: dict[str, list[float]] = {"one thread": [], "both cores": []}
    theirs: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(ROUNDS):
        own["one thread"].append(seconds(ours))
        own["both cores"].append(seconds(lambda: ours(2)))
        for name, rival in rivals.items():
            theirs[name].append(rival())
    rows: list[Row] = []
    for way, times in own.items():
        median = statistics.median(times)
        rows += [
            (f"kl: ten million samples, {way}", median, "s", name, statistics.median(each) / median)
            for name, each in theirs.items()
        ]
    before = (
        "from labbook.kl import Normal, NormalPair, estimate\n"
        f"pair = NormalPair(Normal(0, 1), Normal({SHIFT}, 1))"
    )
    growth = peak_growth_mb(before, f"estimate(pair, {SAMPLES}, seed=1)")
    rows.append(("kl: peak memory over NumPy's", growth, "MiB", "a limit of 16 MiB", 16 / growth))
    return rows


if __name__ == "__main__":
    for name, value, unit, rival, ratio in main():
        better = "" if ratio is None else f", {ratio:.2f} x {rival}"
        sys.stdout.write(f"{name}: {value:.4g} {unit}{better}\n")
