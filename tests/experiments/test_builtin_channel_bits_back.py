"""`channel.bits-back`: its chains against bounds by enumeration, and its words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labbook.channel.latent import bitsback
from labbook.errors import UsageError
from labbook.experiments.builtin.channel_bits_back import channel_bits_back
from labbook.experiments.trial import Trial

NAMES = {
    "marginal_bits", "matched_bound_bits", "mismatched_bound_bits", "matched_net_bits",
    "mismatched_net_bits", "scrambled_net_bits", "mismatched_predicted_bits", "startup_bits",
    "mismatches",
}  # fmt: skip
MILD: dict[str, Any] = {"prior": [0.6, 0.4], "noise": 0.1, "assumed": [0.5, 0.5]}
THREE: dict[str, Any] = {"prior": [0.7, 0.2, 0.1], "noise": 0.5, "assumed": [0.2, 0.3, 0.5]}


def enumerated(prior: list[float], noise: float, assumed: list[float]) -> tuple[float, float]:
    """The information of an item, and the bound of the mismatched q, in bits, by sums."""
    states = range(len(prior))
    given = [[1 - noise if x == z else noise / (len(prior) - 1) for x in states] for z in states]
    information = bound = 0.0
    for x in states:
        marginal = math.fsum(prior[z] * given[z][x] for z in states)
        information -= marginal * math.log2(marginal)
        total = math.fsum(assumed[z] * given[z][x] for z in states)
        for z in states:
            q = assumed[z] * given[z][x] / total
            bound += marginal * q * math.log2(q / (prior[z] * given[z][x]))
    return information, bound


def rows(trial: Trial) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row[1:] for row in trial.tables["chains"].rows}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("given", [MILD, THREE], ids=["mild", "three"])
def test_the_chains_take_their_bounds(given: dict[str, Any], seed: int) -> None:
    trial = channel_bits_back(**given, items=60_000, seed=seed)
    metrics = trial.metrics
    assert set(metrics) == NAMES
    information, bound = enumerated(**given)
    assert metrics["marginal_bits"] == pytest.approx(information, abs=1e-6)
    assert metrics["matched_bound_bits"] == pytest.approx(information, abs=1e-4)
    assert metrics["mismatched_bound_bits"] == pytest.approx(bound, abs=1e-3)
    assert metrics["mismatches"] == 0
    assert trial.warnings == []
    table = rows(trial)
    for label in ("matched", "mismatched, heads scrambled"):
        net, se, exact, z = table[label][:4]
        assert abs(net - exact) < 4 * se + 1e-5
        assert abs(z) < 4
    assert table["mismatched"][3] is None


def test_the_default_run_shows_dirty_bits_and_their_cure() -> None:
    trial = channel_bits_back(seed=3)
    metrics = trial.metrics
    information, bound = enumerated([0.4, 0.3, 0.2, 0.1], 0.2, [0.1, 0.2, 0.3, 0.4])
    assert (information, bound) == pytest.approx((1.9199, 2.3041), abs=1e-4)
    assert metrics["mismatched_net_bits"] > bound + 1.8
    assert metrics["mismatched_net_bits"] == pytest.approx(
        metrics["mismatched_predicted_bits"], abs=0.03
    )
    assert metrics["scrambled_net_bits"] == pytest.approx(bound, abs=0.015)
    assert metrics["matched_net_bits"] == pytest.approx(information, abs=0.005)
    assert 64 * 31 < metrics["startup_bits"] < 64 * 120
    growth, startup = trial.figures["growth"], trial.figures["startup"]
    names = ["matched", "mismatched", "predicted", "scrambled"]
    assert [series.name for series in growth.series] == names
    assert [mark.at for mark in growth.marks] == [
        metrics["mismatched_bound_bits"], metrics["marginal_bits"],
    ]  # fmt: skip
    assert [series.y[-1] for series in growth.series] == pytest.approx(
        [
            metrics["matched_net_bits"],
            metrics["mismatched_net_bits"],
            metrics["mismatched_predicted_bits"],
            metrics["scrambled_net_bits"],
        ]
    )
    assert growth.series[0].xs[-1] == 200_000
    whole, net = startup.series
    assert net.y == growth.series[3].y
    assert whole.y[0] - net.y[0] == pytest.approx(metrics["startup_bits"] / 64)
    assert whole.y[-1] - net.y[-1] == pytest.approx(metrics["startup_bits"] / 200_000)


def test_one_q_for_both_makes_three_chains_alike() -> None:
    trial = channel_bits_back(assumed=[0.4, 0.3, 0.2, 0.1], items=20_000, seed=1)
    table = rows(trial)
    assert table["mismatched"][:4] == table["matched"][:4]
    assert table["mismatched, heads scrambled"][0] == pytest.approx(table["matched"][0], abs=1e-4)


@pytest.mark.parametrize(
    "given",
    [
        {"items": 2},
        {"items": 999, "lanes": 1, "noise": 0.0},
        {"items": 999, "lanes": 7, "noise": 1.0, "precision": 24},
        {"items": 5000, "prior": [0.5, 0.5], "assumed": [0.25, 0.75], "precision": 12},
    ],
)
def test_extremes_come_back_too(given: dict[str, Any]) -> None:
    trial = channel_bits_back(**given, seed=5)
    assert trial.metrics["mismatches"] == 0
    assert all(row[3] is None or abs(row[3]) < 4.5 for row in rows(trial).values())


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = channel_bits_back(items=3000, seed=8).metrics
    assert channel_bits_back(items=3000, seed=8).metrics == first
    assert channel_bits_back(items=3000, seed=9).metrics != first


def test_what_does_not_come_back_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = bitsback.decode_chain
    monkeypatch.setattr(
        bitsback, "decode_chain", lambda *given, scramble: decode(*given, scramble=not scramble)
    )
    trial = channel_bits_back(items=500, seed=1)
    assert trial.metrics["mismatches"] > 100
    assert any("did not come back" in warning for warning in trial.warnings)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"prior": "0.5,0.5"}, "prior has 2 states and assumed has 4"),
        ({"prior": "1"}, "prior has 1 state and assumed has 4"),
        ({"prior": "1", "assumed": "1"}, "from 2 to 64"),
        ({"prior": "1,0", "assumed": "0.5,0.5"}, "must give every state some probability"),
        ({"prior": "0.5,0.4"}, "probabilities that sum to 1"),
        ({"noise": "1.5"}, "between 0 and 1"),
        ({"precision": "8"}, "between 12 and 24"),
        ({"items": "1"}, "between 2 and"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_bits_back.checked(channel_bits_back.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
