"""`channel.coders`: one table for all index coders, its exact figures worked out elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import zeta

from labbook.channel import CODERS
from labbook.errors import UsageError
from labbook.experiments.builtin.channel_coders import CODERS_COMPARED, channel_coders

P, Q = (0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6)
KL = sum(q * math.log2(q / p) for p, q in zip(P, Q, strict=True))


def greedy_pmf(count: int) -> np.ndarray:
    p, q = np.array(P), np.array(Q)
    low, left, found = 0.0, 1.0, [1.0]
    for _ in range(count):
        low += left
        left = float((p * np.maximum(q / p - low, 0)).sum())
        found.append(left)
    return -np.diff(found)


def poisson_pmf(count: int) -> np.ndarray:
    p, q = np.array(P), np.array(Q)
    k = np.arange(count)
    gaps = [float((p * np.maximum(r - q / p, 0)).sum()) for r in q / p]
    return sum(w / (1 + g) * (g / (1 + g)) ** k for w, g in zip(q, gaps, strict=True))


def entropy(pmf: np.ndarray) -> float:
    there = pmf[pmf > 0]
    return float(-(there * np.log2(there)).sum())


def test_every_coder_has_its_exact_law_beside_what_was_measured() -> None:
    trial = channel_coders(p=list(P), q=list(Q), blocks=20_000, seed=5)
    metrics = trial.metrics
    assert metrics["kl_bits"] == pytest.approx(KL)
    assert metrics["log2_m"] == pytest.approx(math.log2(6))
    assert metrics["rejection.index_entropy"] == pytest.approx(
        6 * entropy(np.array([1 / 6, 5 / 6]))
    )
    laws = {"greedy-rejection": greedy_pmf(3000), "poisson": poisson_pmf(3000)}
    exponent = 1 + 1 / (KL + math.log2(math.e) / math.e + 1)
    for name, pmf in laws.items():
        assert metrics[f"{name}.index_entropy"] == pytest.approx(entropy(pmf), rel=1e-9)
        mean_log2 = float((pmf * np.log2(np.arange(1, 3001))).sum())
        bits = exponent * mean_log2 + math.log2(zeta(exponent))
        assert metrics[f"{name}.zeta_bits"] == pytest.approx(bits, rel=1e-9)
    for name in CODERS:
        assert abs(metrics[f"{name}.mean_index"] - (4.1033 if name == "poisson" else 6)) < 0.3
        assert (
            metrics[f"{name}.tv"]
            < 4 * sum(math.sqrt(2 * q * (1 - q) / (math.pi * 20_000)) for q in Q) / 2
        )
    assert all(abs(float(row[6])) < 4.5 for row in trial.tables["coders"].rows)  # type: ignore[arg-type]
    assert trial.warnings == []
    for row in trial.tables["lengths"].rows:
        assert float(row[1]) <= min(float(x) for x in row[2:])  # type: ignore[arg-type]


def test_two_outcomes_make_both_greedy_coders_one() -> None:
    metrics = channel_coders(p=[0.5, 0.5], q=[0.9, 0.1], blocks=1000, seed=1).metrics
    assert metrics["dcs_bits"] == pytest.approx(0.8)
    for name in ("greedy-rejection", "greedy-poisson"):
        assert metrics[f"{name}.index_entropy"] == pytest.approx(1.7710, abs=5e-5)


def test_blocks_may_be_more_than_fit_at_once() -> None:
    trial = channel_coders(p=[0.5, 0.5], q=[0.9, 0.1], blocks=70_000, seed=1)
    assert trial.metrics["rejection.mean_index"] == pytest.approx(1.8, abs=0.03)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"p": "0.5,0.5", "q": "0.9,0.2"}, "sum"),
        ({"p": "1,0", "q": "0.5,0.5"}, "where p gives nothing"),
        ({"p": "0.9999999,0.0000001", "q": "0,1"}, "above the 1e+06"),
        ({"p": "0.99999,0.00001", "q": "0,1", "blocks": "1e9"}, "hours"),
        ({"blocks": "1"}, "at least 2"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_coders.checked(channel_coders.signature.read(given))
    assert sentence in refused.value.message


def test_the_estimate_of_time_knows_how_many_coders_there_are() -> None:
    assert len(CODERS) == CODERS_COMPARED
