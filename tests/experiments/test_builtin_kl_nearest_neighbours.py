"""`kl.nearest-neighbours`: its numbers against theory and published ones, and its words."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_nearest_neighbours import (
    CRITIC_REPEATS,
    kl_nearest_neighbours,
)
from tests.support.impatient import cancelled_at


def test_bias_and_spread_are_those_that_others_have_measured() -> None:
    """Mean and standard deviation over 20 seeds there, of a KL of 0.5."""
    repeats = 40
    trial = kl_nearest_neighbours(
        dimensions=[5, 1], sizes=[1000], neighbours=[1], repeats=repeats, seed=1
    )
    mean, sd = 0.413, 0.066
    found = trial.metrics["d5.n1000.k1.bias"] + 0.5
    assert found == pytest.approx(mean, abs=5 * sd * math.sqrt(1 / 20 + 1 / repeats))
    spread = trial.metrics["d5.n1000.k1.stdev"]
    assert spread == pytest.approx(sd, rel=5 * math.sqrt(1 / 40 + 1 / (2 * repeats)))
    assert trial.metrics["true_kl"] == 0.5


def test_the_bias_grows_with_the_dimension_and_falls_with_the_size() -> None:
    metrics = kl_nearest_neighbours(
        dimensions=[1, 10], sizes=[50, 1000], neighbours=[5], repeats=10, seed=2
    ).metrics
    bias = {(d, n): -metrics[f"d{d}.n{n}.k5.bias"] for d in (1, 10) for n in (50, 1000)}
    assert bias[10, 1000] > bias[1, 1000] + 0.1
    assert bias[10, 50] > bias[10, 1000] > 0.1


def test_more_neighbours_vary_less() -> None:
    """Five instead of one halve the spread, more or less: F is 4, and below 2.2 in 1 of 1000."""
    metrics = kl_nearest_neighbours(
        dimensions=[1], sizes=[1000], neighbours=[1, 5], repeats=80, seed=3
    ).metrics
    assert metrics["d1.n1000.k5.stdev"] < metrics["d1.n1000.k1.stdev"]


def test_the_table_has_a_row_for_each_dimension_size_and_k() -> None:
    trial = kl_nearest_neighbours(
        dimensions=[2, 1, 2], sizes=[30, 20], neighbours=[1, 3], repeats=5, shift=0.4, seed=1
    )
    table = trial.tables["neighbours"]
    assert [row[:3] for row in table.rows] == [
        (d, n, k) for d in (1, 2) for n in (20, 30) for k in (1, 3)
    ]
    for d, n, k, mean, bias, se, stdev in table.rows:
        assert isinstance(mean, float)
        assert isinstance(bias, float)
        assert isinstance(se, float)
        assert isinstance(stdev, float)
        assert mean - bias == pytest.approx(0.08)
        assert se == pytest.approx(stdev / math.sqrt(5))
        assert trial.metrics[f"d{d}.n{n}.k{k}.bias"] == bias
        assert trial.metrics[f"d{d}.n{n}.k{k}.stdev"] == stdev


def test_the_bounds_vary_as_theory_says() -> None:
    trial = kl_nearest_neighbours(dimensions=[1], sizes=[100, 1000], repeats=2, seed=1)
    rows = {row[:2]: row[2:] for row in trial.tables["critics"].rows}
    for n in (100, 1000):
        mean, bias, se, stdev, exact = rows["Nguyen-Wainwright-Jordan", n]
        assert isinstance(exact, float)
        assert exact == pytest.approx(math.sqrt((1 + math.e - 1) / n), rel=1e-9)
        # The kurtosis of 1/r, e^u in all its moments, is 114 for one sample.
        kurtosis = 3 + 111 / n
        relative = math.sqrt((kurtosis - 1) / (4 * CRITIC_REPEATS))
        assert stdev == pytest.approx(exact, rel=5 * relative)
        assert bias == pytest.approx(0, abs=5 * exact / math.sqrt(CRITIC_REPEATS))
        assert mean == pytest.approx(0.5 + trial.metrics[f"nwj.n{n}.bias"])
        assert se == pytest.approx(trial.metrics[f"nwj.n{n}.stdev"] / math.sqrt(CRITIC_REPEATS))
        assert rows["Donsker-Varadhan", n][4] is None
        assert abs(trial.metrics[f"donsker_varadhan.n{n}.bias"]) < 5 * exact / math.sqrt(
            CRITIC_REPEATS
        ) + math.e / (2 * n)


def test_a_figure_for_each_k_shows_bias_and_spread_against_the_size() -> None:
    trial = kl_nearest_neighbours(
        dimensions=[1, 3], sizes=[20, 40, 80], neighbours=[1, 2], repeats=4, seed=1
    )
    assert list(trial.figures) == ["bias-k1", "bias-k2"]
    figure = trial.figures["bias-k2"]
    assert figure.x.scale == "log"
    assert [each.name for each in figure.series] == ["d = 1", "d = 3"]
    for d, series in zip((1, 3), figure.series, strict=True):
        assert series.y == tuple(trial.metrics[f"d{d}.n{n}.k2.bias"] for n in (20, 40, 80))
        assert series.error == tuple(trial.metrics[f"d{d}.n{n}.k2.stdev"] for n in (20, 40, 80))
        for n, x in zip((20, 40, 80), series.xs, strict=True):
            assert n <= x < 1.2 * n


def test_a_size_gives_the_same_numbers_whatever_else_is_asked() -> None:
    alone = kl_nearest_neighbours(dimensions=[2], sizes=[50], neighbours=[2], seed=9).metrics
    among = kl_nearest_neighbours(
        dimensions=[1, 2], sizes=[20, 50], neighbours=[1, 2], seed=9
    ).metrics
    assert {name: among[name] for name in alone} == alone
    other = kl_nearest_neighbours(dimensions=[2], sizes=[50], neighbours=[2], seed=10).metrics
    assert other != alone


def test_equal_distributions_are_allowed() -> None:
    trial = kl_nearest_neighbours(
        dimensions=[1], sizes=[50], neighbours=[1], repeats=3, shift=0, seed=1
    )
    assert trial.metrics["true_kl"] == 0
    assert trial.metrics["nwj.n50.bias"] == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"sizes": "5", "neighbours": "5"}, "a sample of 5 has no neighbour number 5"),
        ({"dimensions": "[]"}, "dimensions is empty"),
        ({"sizes": "1e7"}, "sizes"),
        ({"dimensions": "0"}, "dimensions"),
        ({"neighbours": "0"}, "neighbours"),
        ({"repeats": "1"}, "at least 2"),
        ({"shift": "-1"}, "shift"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_nearest_neighbours.checked(kl_nearest_neighbours.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_a_cancelled_run_stops_after_one_pair_of_samples() -> None:
    params = kl_nearest_neighbours.signature.read({"repeats": "1e9"})
    seen = cancelled_at(kl_nearest_neighbours, params)
    assert [each.done for each in seen] == [100]
