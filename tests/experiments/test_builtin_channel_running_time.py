"""`channel.running-time`: counted steps, and the exact numbers of candidates beside them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy import stats

from labbook.channel.line import astar
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin import channel_running_time as module
from labbook.experiments.builtin.channel_running_time import channel_running_time

SMALL: dict[str, Any] = {"kl": [2.0, 6.0, 10.0, 14.0], "samples": 120}


@pytest.fixture(scope="module")
def trial() -> Trial:
    return channel_running_time(**SMALL, seed=1)


def column(trial: Trial, name: str) -> list[float]:
    table = trial.tables["steps"]
    place = [each.name for each in table.columns].index(name)
    return [float(row[place]) for row in table.rows]  # type: ignore[arg-type]


@pytest.mark.parametrize("distance", [0.0, 0.5, 1.0, 4.02])
@pytest.mark.parametrize("bits", [0.1, 3.0, 14.15])
def test_targets_have_the_divergence_that_was_asked_for(bits: float, distance: float) -> None:
    """Against SciPy's own expectation of the ratio's logarithm."""
    pair = module._pair(bits, distance)
    q, p = stats.norm(pair.mean, pair.sd), stats.norm()
    ends = {"lb": pair.mean - 12 * pair.sd, "ub": pair.mean + 12 * pair.sd}
    kl = q.expect(lambda z: q.logpdf(z) - p.logpdf(z), **ends) / math.log(2)
    assert kl == pytest.approx(bits, rel=1e-7)
    assert pair.mean == pytest.approx(distance * math.sqrt(1 - pair.sd**2), rel=1e-12, abs=1e-12)


def test_the_exact_columns_are_the_largest_ratio(trial: Trial) -> None:
    """At distance 1, ln M is KL + 1/2 nats: s = 2^-KL and M = √e / s."""
    for kl, log2_m, greedy, poisson in zip(
        column(trial, "kl"),
        column(trial, "log2_m"),
        column(trial, "greedy_trials"),
        column(trial, "poisson_candidates"),
        strict=True,
    ):
        assert log2_m == pytest.approx(kl + 0.5 / math.log(2), rel=1e-9)
        assert greedy == pytest.approx(2**log2_m, rel=1e-12)
        assert poisson == greedy + 1
    assert column(trial, "kl") == pytest.approx(SMALL["kl"], rel=1e-9)


def test_trees_need_steps_in_proportion_to_the_divergence(trial: Trial) -> None:
    for split in ("dyadic", "sample"):
        steps = column(trial, f"{split}_steps")
        assert steps == sorted(steps)
        assert 2 < steps[-1] - steps[-2] < 8
        assert steps[-1] < 25 < column(trial, "greedy_trials")[-1] / 1000
        points = [point.value for point in trial.curves[f"{split}_steps"]]
        assert points == steps
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []


def test_the_known_steps_of_a_far_target() -> None:
    """N(4, 0.1²): 14.5 steps split in the middle, 11.7 split at the sample."""
    pair = module._pair(14.149354, 4 / math.sqrt(0.99))
    assert (pair.mean, pair.sd) == pytest.approx((4, 0.1), rel=1e-5)
    trial = channel_running_time(kl=[14.149354], distance=4 / math.sqrt(0.99), samples=600, seed=2)
    ((_, _, dyadic, dyadic_se, sample, sample_se, *_),) = trial.tables["steps"].rows
    assert abs(float(dyadic) - 14.5) < 4 * float(dyadic_se) + 0.05  # type: ignore[arg-type]
    assert abs(float(sample) - 11.7) < 4 * float(sample_se) + 0.05  # type: ignore[arg-type]
    assert trial.metrics["greedy_trials"] == pytest.approx(32_318, rel=1e-3)


def test_the_figure_has_both_trees_over_the_lines(trial: Trial) -> None:
    figure = trial.figures["steps"]
    assert figure.y.scale == "log"
    kinds = [(each.name, each.kind) for each in figure.series]
    assert kinds == [
        ("A*, dyadic", "points"),
        ("A*, sample", "points"),
        ("greedy: M", "line"),
        ("PFR: M + 1", "line"),
        ("2^KL", "line"),
        ("KL", "line"),
    ]
    assert all(value > 0 for each in figure.series for value in each.y)
    assert figure.series[-2].y == pytest.approx([2**kl for kl in SMALL["kl"]], rel=1e-9)


def test_values_are_sorted_and_a_seed_decides_all() -> None:
    first = channel_running_time(kl=[5.0, 1.0], samples=20, seed=3)
    again = channel_running_time(kl=[1.0, 5.0], samples=20, seed=3)
    other = channel_running_time(kl=[1.0, 5.0], samples=20, seed=4)
    assert first.tables == again.tables
    assert first.metrics["sample_steps"] != other.metrics["sample_steps"]


def test_alice_and_bob_differ_when_they_share_another_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The count of mismatches can be other than 0."""
    decode = astar.decode
    monkeypatch.setattr(
        astar,
        "decode",
        lambda prior, _, messages, **given: decode(prior, Stream(99), messages, **given),
    )
    trial = channel_running_time(kl=[3.0], samples=10, seed=1)
    assert trial.metrics["mismatches"] == 20
    assert "differs from Alice's" in trial.warnings[0]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kl": ""}, "is empty: give at least one value"),
        ({"kl": "3,3"}, "names a value twice"),
        ({"kl": "0"}, "between 0.1 and 20"),
        ({"kl": "30"}, "between 0.1 and 20"),
        ({"kl": ",".join(str(1 + n / 10) for n in range(61))}, "has 61 values"),
        ({"distance": "-1"}, "between 0 and 6"),
        ({"samples": "1"}, "at least 10"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_running_time.checked(channel_running_time.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
