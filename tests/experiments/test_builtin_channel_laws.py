"""The channel experiments whose figures are exact: their tables against truth found elsewhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin.channel_approximation import channel_approximation
from labbook.experiments.builtin.channel_exact_variants import channel_exact_variants
from labbook.experiments.builtin.channel_max_vs_mean import channel_max_vs_mean
from labbook.experiments.builtin.channel_rate_vs_n import COLUMNS, channel_rate_vs_n
from labbook.experiments.builtin.channel_redundancy import channel_redundancy
from labbook.experiments.builtin.channel_seed_examples import channel_seed_examples
from labbook.experiments.builtin.channel_tv_vs_n import channel_tv_vs_n

KL = 1 - (-0.9 * math.log2(0.9) - 0.1 * math.log2(0.1))
V = 0.09 * math.log2(9) ** 2
FOUR: dict[str, Any] = {"p": [0.4, 0.3, 0.2, 0.1], "q": [0.1, 0.1, 0.2, 0.6]}


def column(trial: Trial, table: str, name: str) -> list[Any]:
    found = trial.tables[table]
    place = [each.name for each in found.columns].index(name)
    return [row[place] for row in found.rows]


# Rate


def test_the_rates_of_one_symbol_are_worked_by_hand() -> None:
    trial = channel_rate_vs_n(n=[1], eps=[0.1], blocks=0, seed=1)
    row = dict(zip((name for name, _ in COLUMNS), trial.tables["rates"].rows[0], strict=True))
    cap = 2 ** (KL + 0.1)
    acceptance = 0.5 * 1 + 0.1 / cap
    assert row["log2_m_prime"] == pytest.approx(KL + 0.1)
    assert row["acceptance"] == pytest.approx(acceptance)
    assert row["tv_joint"] == pytest.approx(0.9 - 0.5 / acceptance)
    assert row["tv_marginal"] == pytest.approx(0.9 - 0.5 / acceptance)
    assert row["p_typical"] == pytest.approx(0.1)
    h = -acceptance * math.log2(acceptance) - (1 - acceptance) * math.log2(1 - acceptance)
    assert row["entropy_per_symbol"] == pytest.approx(h / acceptance)


def test_simulated_blocks_agree_and_bob_has_every_one() -> None:
    trial = channel_rate_vs_n(n=[2, 8, 12], eps=[0.1, 0.2], blocks=400, seed=3)
    assert trial.metrics["mismatches"] == 0
    rows = trial.tables["simulated"].rows
    assert [row[:2] for row in rows] == [(n, eps) for eps in (0.1, 0.2) for n in (2, 8, 12)]
    assert all(abs(float(row[5])) < 4.5 for row in rows)  # type: ignore[arg-type]


def test_blocks_of_any_symbols_are_simulated_where_it_is_quick() -> None:
    trial = channel_rate_vs_n(**FOUR, n=[1, 4, 8], eps=[0.1, 0.2], blocks=300, seed=1)
    assert len(trial.tables["rates"].rows) == 6
    assert trial.metrics["mismatches"] == 0
    assert column(trial, "simulated", "n") == [1, 4, 8, 1, 4, 8]
    assert all(abs(z) < 4.5 for z in column(trial, "simulated", "z"))


def test_what_takes_too_long_to_simulate_is_exact_alone() -> None:
    trial = channel_rate_vs_n(**FOUR, n=[64], eps=[0.1], blocks=300, seed=1)
    assert set(trial.tables) == {"rates"}
    assert "take too long to simulate" in trial.warnings[0]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"p": "0.5,0.4"}, "sum"),
        ({"p": "0.5,0.5", "q": "1"}, "must have the same ones"),
        ({"n": "2000"}, "n=2000 is above 1024"),
        ({"n": "0"}, "at least 1"),
        ({"p": "0.2,0.2,0.2,0.2,0.2", "q": "0.2,0.2,0.2,0.2,0.2", "n": "512"}, "more than the"),
        ({"eps": "nan"}, "eps"),
        ({"eps": "1", "n": "1024"}, "beyond double precision"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_rate_vs_n.checked(channel_rate_vs_n.signature.read(given))
    assert sentence in refused.value.message


# Distance


def test_distances_and_the_normal_limit() -> None:
    trial = channel_tv_vs_n(eps=0.1, n=[1, 1024], seed=1)
    assert trial.metrics["variance_bits2"] == pytest.approx(V)
    limit = column(trial, "distances", "normal limit")
    assert limit == pytest.approx([norm.sf(0.1 * math.sqrt(n / V)) for n in (1, 1024)])
    assert column(trial, "distances", "1 − P_S")[0] == pytest.approx(0.9)


def test_without_slack_single_symbols_come_close_and_blocks_do_not() -> None:
    trial = channel_tv_vs_n(eps=0.0, n=[1, 16, 1024], seed=1)
    assert column(trial, "distances", "one symbol") == pytest.approx(
        [0.0216, 0.0467, 0.0073], abs=5e-5
    )
    assert column(trial, "distances", "blocks")[-1] > 0.4


@pytest.mark.parametrize("given", [{}, FOUR])
@pytest.mark.parametrize("eps", [0.0, 0.1])
def test_distances_of_blocks_that_were_decoded(given: dict[str, Any], eps: float) -> None:
    trial = channel_tv_vs_n(**given, eps=eps, n=[1, 4, 8], blocks=1000, seed=4)
    for name in ("blocks", "one symbol"):
        assert column(trial, "simulated", f"exact {name}") == column(trial, "distances", name)
        assert all(abs(z) < 4.5 for z in column(trial, "simulated", f"z of {name}"))


def test_equal_laws_are_at_no_distance() -> None:
    trial = channel_tv_vs_n(p=[0.3, 0.7], q=[0.3, 0.7], n=[1, 5], blocks=50, seed=4)
    assert column(trial, "simulated", "blocks") == pytest.approx([0, 0], abs=1e-12)
    assert column(trial, "simulated", "z of one symbol") == [0, 0]


# Exact forms


def test_the_sketch_is_off_and_the_best_slack_shrinks() -> None:
    trial = channel_exact_variants(eps=0.1, n=[8, 16, 64, 1024], seed=1)
    assert column(trial, "variants", "off by, sketch")[0] == pytest.approx(0.1053, abs=5e-5)
    assert column(trial, "variants", "its eps")[1:] == [0.12, 0.12, 0.055]
    best = column(trial, "variants", "best residual")
    assert best == sorted(best, reverse=True)
    assert all(rate > KL for rate in best)


@pytest.mark.parametrize("given", [{}, FOUR])
def test_blocks_sent_exactly_cost_what_is_exact(given: dict[str, Any]) -> None:
    trial = channel_exact_variants(**given, eps=0.1, n=[1, 4, 8], blocks=1000, seed=6)
    assert column(trial, "simulated", "n") == [1, 1, 4, 4, 8, 8]
    assert column(trial, "simulated", "form") == ["S-restricted", "residual"] * 3
    for name in ("z", "z of ones"):
        assert all(abs(z) < 4.5 for z in column(trial, "simulated", name))


def test_the_sketch_is_seen_to_be_off() -> None:
    trial = channel_exact_variants(eps=0.1, n=[8], blocks=1000, seed=6)
    (_, _, _, off, error, exact, z) = trial.tables["sketch"].rows[0]
    assert exact == pytest.approx(0.1053, abs=5e-5)
    assert isinstance(off, float)
    assert isinstance(error, float)
    assert off > 4.5 * error
    assert abs(float(z or 0)) < 4.5  # type: ignore[arg-type]


def test_nothing_is_sent_unasked_or_where_it_takes_too_long() -> None:
    assert "simulated" not in channel_exact_variants(n=[8], blocks=0, seed=6).tables
    trial = channel_exact_variants(n=[256], seed=6)
    assert "simulated" not in trial.tables
    assert "too long" in trial.warnings[0]


# Redundancy


def test_redundancy_grows_by_half_a_bit_when_a_block_doubles() -> None:
    trial = channel_redundancy(n=[256, 512, 1024], seed=1)
    for name in ("divergence", "greedy", "poisson"):
        assert np.diff(column(trial, "redundancy", name)) == pytest.approx([0.5, 0.5], abs=0.01)
    for mean in column(trial, "redundancy", "poisson mean log2"):
        assert mean == pytest.approx(-0.5772156649 / math.log(2), abs=2e-3)


def test_blocks_beyond_double_precision_are_refused() -> None:
    with pytest.raises(UsageError, match="give n up to 1179"):
        channel_redundancy.checked(channel_redundancy.signature.read({"n": "1300"}))


# Maximum and mean


def test_a_coin_costs_the_divergence_of_an_erasure_channel() -> None:
    trial = channel_max_vs_mean(prior=0.5, targets=[0.5, 0.9], seed=1)
    assert column(trial, "costs", "divergence") == pytest.approx([0.0, 0.8], abs=1e-12)
    assert column(trial, "costs", "log2 M") == pytest.approx([0.0, math.log2(1.8)], abs=1e-12)
    assert column(trial, "costs", "greedy")[1] == pytest.approx(1.7710, abs=5e-5)


# Among N candidates


def test_closeness_and_simulated_lengths() -> None:
    trial = channel_approximation(extra=[0, 2, 4], blocks=5000, seed=2)
    distances = column(trial, "approximation", "total variation")
    assert distances == sorted(distances, reverse=True)
    assert all(abs(z) < 4.5 for z in column(trial, "approximation", "z"))
    assert trial.warnings == []
    with pytest.raises(UsageError, match="more than 2\\^14; give fewer extra bits"):
        channel_approximation.checked(channel_approximation.signature.read({"extra": "14"}))


# The founding examples


@pytest.mark.parametrize("symbols", [2, 8, 100])
def test_the_founding_examples_cost_what_is_known(symbols: int) -> None:
    trial = channel_seed_examples(symbols=symbols, blocks=4000, seed=1)
    assert trial.metrics["mismatches"] == 0
    assert trial.metrics["same_entropy"] == 0
    exact = column(trial, "examples", "entropy, exact")
    assert exact[0] == 0
    success = 1 / symbols
    h = -success * math.log2(success) - (1 - success) * math.log2(1 - success)
    assert exact[1:] == pytest.approx([h / success, math.log2(symbols)])
    assert all(abs(z) < 4.5 for z in column(trial, "examples", "z"))
