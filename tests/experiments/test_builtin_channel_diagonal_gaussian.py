"""`channel.diagonal-gaussian`: one message for a vector, beside one for each coordinate."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.gaussian_laws import poisson_law
from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin.channel_diagonal_gaussian import channel_diagonal_gaussian

SMALL: dict[str, Any] = {"mean": [0.9, 0.0, -0.4], "sd": [0.4, 1.0, 0.7], "blocks": 1000}
CODERS = ("rejection", "poisson", "greedy_poisson", "greedy")


@pytest.fixture(scope="module")
def trial() -> Trial:
    return channel_diagonal_gaussian(**SMALL, seed=3)


def test_whole_and_parts_stand_beside_each_other(trial: Trial) -> None:
    rows = trial.tables["divergences"].rows
    # The second coordinate is as in the prior: it has no row.
    assert [row[0] for row in rows] == ["all at once", "1", "3", "sum"]
    kl = sum(-math.log(s) + (m * m + s * s - 1) / 2 for m, s in ((0.9, 0.4), (-0.4, 0.7)))
    assert rows[0][1] == pytest.approx(kl / math.log(2), rel=1e-12)
    assert rows[-1][1:3] == pytest.approx(rows[0][1:3], rel=1e-12)
    assert rows[0][3] < rows[-1][3]  # type: ignore[operator]
    assert trial.metrics["dcs_bits"] == rows[0][3]


def test_at_once_the_search_is_paid_for_once(trial: Trial) -> None:
    metrics = trial.metrics
    for name in CODERS:
        assert metrics["dcs_bits"] < metrics[f"{name}.entropy"] < metrics[f"{name}.zeta_bits"]
        assert metrics["dcs_bits_apart"] < metrics[f"{name}.entropy_apart"]
        assert metrics[f"{name}.entropy"] < metrics[f"{name}.entropy_apart"] - 0.5
    apart = [poisson_law(GaussianPair(m, s)).entropy for m, s in ((0.9, 0.4), (-0.4, 0.7))]
    assert metrics["poisson.entropy_apart"] == pytest.approx(sum(apart), rel=1e-12)


def test_the_simulation_agrees_with_the_exact_laws(trial: Trial) -> None:
    table = trial.tables["simulated"]
    assert [row[1] for row in table.rows] == ["at once", "apart"] * 3
    for row in table.rows:
        measured, error, exact, z, worst = (float(each) for each in row[2:])  # type: ignore[arg-type]
        assert z == pytest.approx((measured - exact) / error)
        assert abs(z) < 4
        assert worst < 4.5
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []


def test_the_overhead_grows_with_every_coordinate_that_is_sent_apart(trial: Trial) -> None:
    lines = {each.name: each.y for each in trial.figures["overhead"].series}
    for name in ("PFR", "D_CS"):
        apart, at_once = lines[f"{name}, apart"], lines[f"{name}, at once"]
        assert apart[0] == pytest.approx(at_once[0], rel=1e-7)
        assert at_once[1] < apart[1]
    assert lines["PFR, at once"][-1] == pytest.approx(
        trial.metrics["poisson.entropy"] - trial.metrics["kl_bits"], rel=1e-9
    )


def test_the_same_seed_sends_the_same_vectors(trial: Trial) -> None:
    again = channel_diagonal_gaussian(**SMALL, seed=3)
    other = channel_diagonal_gaussian(**SMALL, seed=4)
    assert again.metrics == trial.metrics
    assert again.tables["simulated"].rows == trial.tables["simulated"].rows
    assert other.tables["simulated"].rows != trial.tables["simulated"].rows


def test_without_blocks_there_are_the_exact_figures_alone() -> None:
    """A target too far to search for: 2^120 candidates."""
    far = channel_diagonal_gaussian(mean=[2.0] * 20, sd=[0.1] * 20, blocks=0)
    assert set(far.tables) == {"divergences", "lengths"}
    assert "mismatches" not in far.metrics
    assert far.metrics["log2_m"] > 120
    # Twenty coordinates apart pay twenty times, at once hardly more than one.
    one = far.metrics["poisson.entropy_apart"] / 20 - far.metrics["kl_bits"] / 20
    assert far.metrics["poisson.entropy"] - far.metrics["kl_bits"] < 2 * one


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"mean": [3.0] * 5, "sd": [0.1] * 5},
            r"would take about .* Give fewer blocks, or blocks=0",
        ),
        ({"mean": [2.0] * 20, "sd": [0.1] * 20}, r"2\^\d+ years"),
        ({"mean": [1.0, 2.0], "sd": [0.5]}, "2 means cannot have 1 standard"),
        ({"mean": [1.0, 2.0], "sd": [0.5, 1.5]}, "Coordinate 2: .* not below the prior's"),
        ({"mean": [0.0], "sd": [1.0]}, "nothing need be sent"),
        ({"mean": [0.5], "sd": [0.0]}, "sd cannot be .*: it must be above 0"),
        ({"mean": [0.1] * 65, "sd": [0.5] * 65}, "mean has 65 values: give at most 64"),
        ({"mean": [200.0], "sd": [0.5], "blocks": 0}, "do not fit into double precision"),
        ({"blocks": -1}, "blocks cannot be -1: it must be at least 0"),
    ],
)
def test_what_cannot_be_is_refused_before_it_starts(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        channel_diagonal_gaussian(**given, seed=1)
