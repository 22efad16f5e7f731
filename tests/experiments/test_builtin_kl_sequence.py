"""`kl.sequence`: exact spreads beside measured ones, and its words."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.special import softmax

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_sequence import (
    FIRST,
    FIRST_SLOPE,
    LATER,
    LATER_SLOPE,
    kl_sequence,
)
from tests.support.impatient import cancelled_at

NAMES = ("k1", "token_k3", "rao_blackwell", "sequence_k3")


def test_exact_metrics_are_those_of_all_sequences_one_by_one() -> None:
    distance, tokens = 0.8, 5
    q0, q = softmax(FIRST), softmax(np.array(LATER), axis=-1)
    p0 = softmax(np.array(FIRST) + distance * np.array(FIRST_SLOPE))
    p = softmax(np.array(LATER) + distance * np.array(LATER_SLOPE), axis=-1)
    rows = []
    for path in itertools.product(range(3), repeat=tokens):
        pairs = list(itertools.pairwise(path))
        weight = q0[path[0]] * math.prod(q[each] for each in pairs)
        ratio = p0[path[0]] * math.prod(p[each] for each in pairs) / weight
        rows.append((weight, -math.log(ratio), ratio - 1 - math.log(ratio)))
    weights, k1, k3 = np.array(rows).T
    metrics = kl_sequence(steps=[tokens], distance=distance, sequences=100, seed=1).metrics
    kl = float(weights @ k1)
    assert metrics["true_kl"] == pytest.approx(kl, rel=1e-10)
    for name, values in (("k1", k1), ("sequence_k3", k3)):
        stdev = math.sqrt(weights @ (values - kl) ** 2)
        assert metrics[f"{name}.exact_stdev"] == pytest.approx(stdev, rel=1e-9)


@pytest.mark.parametrize("seed", [1, 2**53 - 1])
def test_measured_means_and_spreads_are_exact_within_five_standard_errors(seed: int) -> None:
    curves = kl_sequence(steps=[1, 2, 5, 20], sequences=50_000, seed=seed).curves
    kl = {each.step: each.value for each in curves["true_kl"]}
    assert list(kl) == [1, 2, 5, 20]
    for name in NAMES:
        columns = [
            curves[f"{name}.{kind}"] for kind in ("mean", "se", "stdev", "stdev_se", "exact_stdev")
        ]
        for mean, se, stdev, stdev_se, exact in zip(*columns, strict=True):
            assert mean.value == pytest.approx(kl[mean.step], abs=5 * se.value + 1e-12)
            assert stdev.value == pytest.approx(exact.value, abs=5 * stdev_se.value)


def test_one_token_is_a_sequence_of_itself() -> None:
    metrics = kl_sequence(seed=1, steps=[1], sequences=1000).metrics
    assert metrics["sequence_k3.mean"] == pytest.approx(metrics["token_k3.mean"], rel=1e-12)
    assert metrics["rao_blackwell.stdev"] == 0
    assert metrics["rao_blackwell.mean"] == pytest.approx(metrics["true_kl"], rel=1e-12)


def test_the_default_shows_sequence_k3_out_of_hand_and_warns_of_it() -> None:
    trial = kl_sequence(seed=1)
    spread = {each.step: each.value for each in trial.curves["sequence_k3.exact_stdev"]}
    assert spread[200] / spread[100] > 100
    assert trial.metrics["sequence_k3.stdev"] < spread[200] / 100
    (warning,) = trial.warnings
    assert "standard deviation of sequence k3" in warning
    assert "at T = 50, 100, 200" in warning
    for name in ("k1", "token_k3", "rao_blackwell"):
        exact = {each.step: each.value for each in trial.curves[f"{name}.exact_stdev"]}
        assert exact[200] / exact[50] == pytest.approx(2, rel=0.05)


def test_short_sequences_of_close_chains_give_no_warning() -> None:
    assert kl_sequence(steps=[1, 5], distance=0.1, sequences=20_000, seed=1).warnings == []


def test_lines_are_exact_and_points_are_measured() -> None:
    trial = kl_sequence(steps=[100, 1, 10], sequences=5000, seed=1)
    figure = trial.figures["stdev"]
    assert (figure.x.scale, figure.y.scale) == ("log", "log")
    for name, line, points in zip(NAMES, figure.series[::2], figure.series[1::2], strict=True):
        # The exact KL of the first token does not scatter, and zero has no logarithm.
        lengths = (10, 100) if name == "rao_blackwell" else (1, 10, 100)
        assert (line.kind, points.kind) == ("line", "points")
        assert line.x == points.x == lengths
        exact = {each.step: each.value for each in trial.curves[f"{name}.exact_stdev"]}
        measured = {each.step: each.value for each in trial.curves[f"{name}.stdev"]}
        assert line.y == tuple(exact[each] for each in lengths)
        assert points.y == tuple(measured[each] for each in lengths)
        assert points.error is not None
        assert all(map(math.isfinite, points.error))


def test_tables_have_measured_and_exact_side_by_side() -> None:
    trial = kl_sequence(steps=[1, 4], sequences=5000, seed=1)
    rows = trial.tables["estimators"].rows
    assert [row[0] for row in rows] == [1] * 4 + [4] * 4
    for _, _, mean, se, exact, z, *_ in rows:
        assert isinstance(mean, float)
        assert isinstance(se, float)
        assert isinstance(exact, float)
        assert z is None or z == pytest.approx((mean - exact) / se)
    assert [row[5] is None for row in rows] == [False, False, True, *[False] * 5]
    assert [row[0] for row in trial.tables["divergences"].rows] == [1, 4]


def test_token_losses_leave_out_a_part_of_the_gradient_from_the_second_token_on() -> None:
    trial = kl_sequence(steps=[1, 2, 50], sequences=100, seed=1)
    (*_, first), (*_, second), (*_, last) = trial.tables["gradients"].rows
    assert first == pytest.approx(1, abs=1e-12)
    assert isinstance(second, float)
    assert isinstance(last, float)
    assert last < second < 1
    missing = [each.value for each in trial.curves["gradient.left_out"]]
    assert missing[0] == pytest.approx(0, abs=1e-12)
    assert 0 < missing[1] < missing[2]
    assert trial.figures["left-out"].series[0].y == tuple(missing)


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    def metrics(seed: int) -> dict[str, float]:
        return kl_sequence(steps=[2, 10], sequences=2000, seed=seed).metrics

    assert metrics(11) == metrics(11)
    assert metrics(11) != metrics(12)


@pytest.mark.parametrize("distance", [1e-3, -1e-3, 3, -3])
def test_the_ends_of_the_range_give_finite_measurements(distance: float) -> None:
    trial = kl_sequence(steps=[1, 2000], distance=distance, sequences=10, seed=1)
    for name in NAMES:
        assert math.isfinite(trial.metrics[f"{name}.mean"])
        assert math.isfinite(trial.metrics[f"{name}.stdev"])
    for figure in trial.figures.values():
        for series in figure.series:
            assert all(map(math.isfinite, series.y))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"distance": "0"}, "both chains the same"),
        ({"distance": "4"}, "between -3 and 3"),
        ({"steps": "0"}, "between 1 and 2000"),
        ({"steps": "5,3000"}, "between 1 and 2000"),
        ({"sequences": "1"}, "at least 2"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        kl_sequence.checked(kl_sequence.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_no_length_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="steps is empty"):
        kl_sequence(steps=[], seed=1)


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    seen = cancelled_at(kl_sequence, {"steps": [10], "distance": 0.5, "sequences": 10**9})
    assert [each.total for each in seen] == [1e10]
    assert seen[0].done < 10**6
