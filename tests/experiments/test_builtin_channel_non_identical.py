"""Blocks whose symbols differ: the claim, against enumeration, limits and what was decoded."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin.channel_non_identical import channel_non_identical
from labbook.experiments.builtin.channel_rate_vs_n import channel_rate_vs_n


def column(trial: Trial, table: str, name: str) -> list[Any]:
    found = trial.tables[table]
    place = [each.name for each in found.columns].index(name)
    return [row[place] for row in found.rows]


def divergence(t: float) -> float:
    return 1 + t * math.log2(t) + (1 - t) * math.log2(1 - t)


def test_three_symbols_are_those_of_a_list_of_their_blocks() -> None:
    trial = channel_non_identical(
        p=[0.25, 0.75], q="0.9,0.1;0.2,0.8", eps=[0.1], n=[3], blocks=0, seed=1
    )
    p, laws = np.array([0.25, 0.75]), np.array([[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]])
    kl = (laws * np.log2(laws / p)).sum()
    blocks = list(itertools.product((0, 1), repeat=3))
    prior = np.array([p[list(block)].prod() for block in blocks])
    target = np.array([laws[range(3), block].prod() for block in blocks])
    capped = np.minimum(prior, target / 2 ** (kl + 0.3))
    assert column(trial, "rates", "mean_kl") == pytest.approx([kl / 3])
    assert column(trial, "rates", "log2_m_prime") == pytest.approx([kl + 0.3])
    assert column(trial, "rates", "acceptance") == pytest.approx([capped.sum()])
    distance = np.abs(capped / capped.sum() - target).sum() / 2
    assert column(trial, "rates", "tv_joint") == pytest.approx([distance])
    inside = target[target <= 2 ** (kl + 0.3) * prior].sum()
    assert column(trial, "rates", "p_typical") == pytest.approx([inside])


def test_the_rate_tends_to_the_mean_of_kl_and_the_slack_and_blocks_to_the_target() -> None:
    trial = channel_non_identical(eps=[0.1], n=[64, 256, 1024], blocks=0, seed=1)
    mean = (divergence(0.9) + divergence(0.8)) / 2
    assert trial.metrics["mean_kl_bits"] == pytest.approx(mean)
    over = np.array(column(trial, "rates", "entropy_per_symbol")) - mean - 0.1
    assert (np.diff(np.abs(over)) < 0).all()
    assert abs(over[-1]) < 0.002
    distances = column(trial, "rates", "tv_joint")
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-4
    assert column(trial, "rates", "tv_marginal")[-1] < 1e-5


def test_the_normal_limit_is_that_of_the_mean_variance() -> None:
    trial = channel_non_identical(eps=[0.02], n=[1024], blocks=0, seed=1)
    variance = (0.09 * math.log2(9) ** 2 + 0.16 * math.log2(4) ** 2) / 2
    limit = norm.sf(0.02 * math.sqrt(1024 / variance))
    curves = {series.name: series.y for series in trial.figures["distance"].series}
    assert curves["normal limit"] == pytest.approx([limit])
    assert 1 - column(trial, "rates", "p_typical")[0] == pytest.approx(limit, abs=0.02)


def test_equal_targets_make_the_block_of_equal_symbols() -> None:
    given: dict[str, Any] = {"eps": [0.1], "n": [5, 64], "blocks": 0, "seed": 1}
    one = channel_rate_vs_n(**given).tables["rates"]
    other = channel_non_identical(q="0.9,0.1;0.1,0.9", **given).tables["rates"]
    for plain, mixed in zip(one.rows, other.rows, strict=True):
        assert (*mixed[:2], *mixed[3:]) == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize(
    "given", [{}, {"p": [0.2, 0.3, 0.5], "q": "0.9,0.1,0;0.1,0.1,0.8;0.2,0.3,0.5"}]
)
def test_blocks_sent_have_their_exact_laws_and_bob_has_every_one(given: dict[str, Any]) -> None:
    trial = channel_non_identical(**given, eps=[0.05, 0.2], n=[2, 3, 8], blocks=800, seed=5)
    assert trial.metrics["mismatches"] == 0
    assert column(trial, "simulated", "n") == [2, 3, 8] * 2
    for name in ("z", "z of blocks", "z of one symbol"):
        assert all(abs(z) < 4.5 for z in column(trial, "simulated", name))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"q": "0.9,x"}, "'x' in q is no number"),
        ({"q": "0.9,0.2"}, "sum to 1.1"),
        ({"q": "0.9,0.1;0.2,0.2,0.6"}, "must have the same ones"),
        ({"p": "1,0", "q": "0.5,0.5"}, "where p gives nothing"),
        ({"n": "2000"}, "n=2000 is above 1024"),
        ({"eps": "2"}, "beyond double precision"),
        ({"q": "0.9,0.1;0.7,0.3;0.6,0.4"}, "blocks of 1024 symbols of 3 kinds has"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_non_identical.checked(channel_non_identical.signature.read(given))
    assert sentence in refused.value.message
