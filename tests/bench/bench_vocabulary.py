"""The exact KL of 256 rows of 50,000 logits, against log-softmax of the whole arrays."""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
from scipy.special import log_softmax

from labbook.compute import generator
from labbook.kl.vocabulary import exact_kl
from tests.bench.rows import Row, medians
from tests.support.memory import peak_growth_mb

ROWS, SYMBOLS = 256, 50_000
ROUNDS = 5
GOAL_NS = 3.0
APART = {"a KL of 0.5": 1.0, "a KL of 5e-5": 0.01}
"""Standard deviations of the logits' difference; small divergences are looked at twice."""

MEMORY = f"""
import numpy as np
from labbook.kl.vocabulary import exact_kl
q = np.random.default_rng(1).standard_normal(({ROWS}, {SYMBOLS}), dtype=np.float32)
p = q * np.float32(1.1)
"""


def logits(apart: float) -> tuple[np.ndarray, np.ndarray]:
    rng = generator(1, "logits")
    q = rng.standard_normal((ROWS, SYMBOLS), dtype=np.float32) * np.float32(3)
    return q, q + np.float32(apart) * rng.standard_normal(q.shape, dtype=np.float32)


def whole(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """As one would write it down with SciPy."""
    log_q, log_p = log_softmax(q, axis=-1), log_softmax(p, axis=-1)
    return np.asarray((np.exp(log_q) * (log_q - log_p)).sum(axis=-1))


def main() -> list[Row]:
    rows = []
    for label, apart in APART.items():
        q, p = logits(apart)
        found = medians(ROUNDS, {"ours": partial(exact_kl, q, p), "scipy": partial(whole, q, p)})
        rows.append(
            Row(
                f"vocabulary: exact {label}, for each logit",
                found["ours"] / q.size * 1e9,
                "ns",
                "scipy log_softmax of whole arrays",
                found["scipy"] / found["ours"],
            )
        )
    rows.append(
        Row(
            "vocabulary: the first of these",
            rows[0].value,
            "ns",
            f"a goal of {GOAL_NS:g} ns",
            GOAL_NS / rows[0].value,
        )
    )
    growth = peak_growth_mb(MEMORY, "exact_kl(q, p)")
    rows.append(Row("vocabulary: peak memory beside the logits", growth, "MiB"))
    return rows


if __name__ == "__main__":
    for name, value, unit, rival, ratio in main():
        better = "" if ratio is None else f", {ratio:.2f} x {rival}"
        sys.stdout.write(f"{name}: {value:.4g} {unit}{better}\n")
