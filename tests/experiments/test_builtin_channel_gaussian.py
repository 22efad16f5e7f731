"""`channel.gaussian`: exact columns against each other and the literature, and the simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from labbook.channel.line import astar
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments import Trial
from labbook.experiments.builtin import channel_gaussian as module
from labbook.experiments.builtin.channel_gaussian import DRAWN, channel_gaussian

SMALL: dict[str, Any] = {"mutual_information": [0.5, 1.0, 3.0], "samples": 20_000, "searches": 200}
EXACT = ["floor", "layered", "poisson", "poisson_zeta"]
BOUNDS = ["li_el_gamal_2018", "li_anantharam_2021", "flamich_2023", "li_2025", "ring_toss_2026"]


@pytest.fixture(scope="module")
def trial() -> Trial:
    return channel_gaussian(**SMALL, seed=1)


def column(trial: Trial, table: str, name: str) -> list[float]:
    names = [each.name for each in trial.tables[table].columns]
    return [float(row[names.index(name)]) for row in trial.tables[table].rows]  # type: ignore[arg-type]


def test_the_rates_are_in_the_order_of_the_theory(trial: Trial) -> None:
    names = [each.name for each in trial.tables["rates"].columns]
    assert names == ["mutual_information", *EXACT, "astar_zeta", *BOUNDS]
    bits = column(trial, "rates", "mutual_information")
    floor, layered, poisson, zeta = (column(trial, "rates", name) for name in EXACT)
    assert bits == [0.5, 1.0, 3.0]
    assert layered == pytest.approx(floor, rel=1e-10)
    assert floor[1] == pytest.approx(1.5072, abs=5e-5)
    assert poisson[1] == pytest.approx(2.552, abs=5e-4)
    for place in range(3):
        assert bits[place] < floor[place] < poisson[place] < zeta[place]
        bounds = [column(trial, "rates", name)[place] for name in BOUNDS]
        # Li and El Gamal's bound is for this very code.
        assert zeta[place] < bounds[0]
        assert min(bounds) > floor[place]


def test_metrics_are_curves_over_the_rows(trial: Trial) -> None:
    for name in (*EXACT, "astar_zeta", *BOUNDS):
        values = [point.value for point in trial.curves[name]]
        assert values == column(trial, "rates", name)
        assert trial.metrics[name] == values[-1]
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []


def test_the_simulation_agrees_with_the_exact_rate(trial: Trial) -> None:
    for name in ("z", "z of its square"):
        assert all(abs(z) < 4 for z in column(trial, "simulated", name))
    measured = np.array(column(trial, "simulated", "layered_measured"))
    exact, se = (column(trial, "simulated", name) for name in ("layered", "standard error"))
    z = (measured - exact) / se
    assert z.tolist() == pytest.approx(column(trial, "simulated", "z"))
    # The deviation of a length is less than a bit and a half, whatever the noise.
    assert all(0 < each < 1.5 / math.sqrt(SMALL["samples"]) for each in se)
    steps = column(trial, "simulated", "astar_steps")
    assert steps == sorted(steps)
    assert 1 < steps[0] < steps[-1] < 8


def test_the_figures_have_the_lines_and_the_points(trial: Trial) -> None:
    rates, overhead = trial.figures["rates"], trial.figures["overhead"]
    lines = [each for each in rates.series if each.kind == "line"]
    points = [each for each in rates.series if each.kind == "points"]
    assert len(lines) == 3 + len(DRAWN) + 1
    assert [each.name for each in points] == ["layered", "A*, zeta code"]
    assert all(each.error is not None for each in points)
    bits = column(trial, "rates", "mutual_information")
    assert lines[0].y == pytest.approx(column(trial, "rates", "floor"))
    above = [floor - each for floor, each in zip(lines[0].y, bits, strict=True)]
    assert overhead.series[0].y == pytest.approx(above)


def test_values_are_sorted_and_a_seed_decides_all() -> None:
    small = {**SMALL, "samples": 500, "searches": 20}
    first = channel_gaussian(**{**small, "mutual_information": [2.0, 1.0]}, seed=3)
    again = channel_gaussian(**{**small, "mutual_information": [1.0, 2.0]}, seed=3)
    other = channel_gaussian(**{**small, "mutual_information": [1.0, 2.0]}, seed=4)
    assert first.tables == again.tables
    assert first.metrics == again.metrics
    assert first.metrics["layered_measured"] != other.metrics["layered_measured"]
    assert first.metrics["floor"] == other.metrics["floor"]


def test_working_in_smaller_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    small: dict[str, Any] = {"mutual_information": [1.0], "samples": 1000, "searches": 10}
    whole = channel_gaussian(**small, seed=8).metrics
    monkeypatch.setattr(module, "SAMPLES_AT_ONCE", 300)
    parts = channel_gaussian(**small, seed=8).metrics
    assert parts == pytest.approx(whole, rel=1e-12)


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
    trial = channel_gaussian(mutual_information=[1.0], samples=100, searches=10, seed=1)
    assert trial.metrics["mismatches"] == 10
    assert "differs from Alice's" in trial.warnings[0]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mutual_information": ""}, "is empty: give at least one value"),
        ({"mutual_information": "1,2,1"}, "names a value twice"),
        ({"mutual_information": "0"}, "between 0.05 and 20"),
        ({"mutual_information": "1,25"}, "between 0.05 and 20"),
        ({"mutual_information": ",".join(str(1 + n / 10) for n in range(61))}, "has 61 values"),
        ({"samples": "10"}, "at least 100"),
        ({"searches": "1"}, "at least 10"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_gaussian.checked(channel_gaussian.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
