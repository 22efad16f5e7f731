"""`kl.sequence`: what sums over tokens, and what is exponential in their number."""

from __future__ import annotations

import math

import pytest

from labbook.errors import UsageError
from labbook.experiments.builtin.kl_sequence import kl_sequence
from tests.support.impatient import cancelled_at


def test_measured_means_and_spreads_are_exact_within_five_standard_errors() -> None:
    trial = kl_sequence(seed=2, steps=[1, 2, 5, 10, 20], sequences=20_000)
    table = next(t for t in trial.tables.values() if t.columns[1].name == "estimator")
    names = [column.name for column in table.columns]
    for row in table.rows:
        cell = dict(zip(names, row, strict=True))
        if cell["z"] is not None:
            assert abs(cell["z"]) < 5, row  # type: ignore[arg-type]
        if cell["estimator"] != "sequence k3":
            gap = cell["stdev"] - cell["exact stdev"]  # type: ignore[operator]
            assert abs(gap) <= 5 * cell["its error"] + 1e-12, row  # type: ignore[operator]


def test_one_token_is_a_sequence_of_itself() -> None:
    trial = kl_sequence(seed=1, steps=[1], sequences=1000)
    metrics = trial.metrics
    assert metrics["sequence_k3.mean"] == pytest.approx(metrics["token_k3.mean"], rel=1e-12)
    assert metrics["rao_blackwell.stdev"] == pytest.approx(0, abs=1e-12)
    assert metrics["rao_blackwell.mean"] == pytest.approx(metrics["true_kl"], rel=1e-12)


def test_a_spread_that_sequences_cannot_show_is_warned_of() -> None:
    trial = kl_sequence(seed=1, steps=[1, 200], sequences=2000)
    assert any("sequence k3" in each for each in trial.warnings)
    assert kl_sequence(seed=1, steps=[1, 2], sequences=2000).warnings == []


def test_the_figure_is_on_two_log_axes() -> None:
    figure = kl_sequence(seed=1, steps=[1, 10], sequences=1000).figures["stdev"]
    assert (figure.x.scale, figure.y.scale) == ("log", "log")


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    params = {"steps": [1, 5], "sequences": 3000}
    one, other = kl_sequence(seed=4, **params).metrics, kl_sequence(seed=4, **params).metrics
    assert {k: v for k, v in one.items() if not math.isnan(v)} == {
        k: v for k, v in other.items() if not math.isnan(v)
    }


@pytest.mark.parametrize("params", [{"steps": []}, {"steps": [0]}, {"distance": 9.0}])
def test_bad_parameters_are_refused_in_a_sentence(params: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        kl_sequence(**params)
    assert refused.value.message.endswith(".")


def test_a_cancelled_run_stops_at_the_next_chunk() -> None:
    (seen,) = cancelled_at(kl_sequence, kl_sequence.signature.read({"sequences": "1e8"}))
    assert seen.total is not None
    assert seen.done < seen.total / 1000
