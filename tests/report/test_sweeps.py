"""A sweep's table and figure say what NumPy says of its runs."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labbook.model import Factor, RunState, Space, Sweep, SweepPoint, SweepState, Tally
from labbook.report.sweep_summary import mean, summarise
from labbook.report.sweeps import space_text
from tests.support.notebooks import DAY, MORNING

A = Factor(("a",), ((1.0,), (10.0,), (100.0,)), "log")
B = Factor(("b",), (("x",), ("y",)))
C = Factor(("c",), ((1,), (2,)))
SEED = Factor(("seed",), ((1,), (2,), (3,)))


def sweep(*factors: Factor, metrics: tuple[str, ...] = ()) -> Sweep:
    space = Space(factors, {"n": 5}, metrics)
    tally = Tally(space.size)
    return Sweep(1, "e", SweepState.RUNNING, DAY, MORNING, space, tally, 7)


def points(of: Sweep, **others: float) -> list[SweepPoint]:
    rng = np.random.default_rng(3)
    return [
        SweepPoint(
            position,
            position + 1,
            RunState.FINISHED,
            metrics={"m": float(rng.normal()), "m_se": 1.0, **others},
        )
        for position in range(of.space.size)
    ]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_the_mean_and_its_standard_error_are_numpys(values: list[float]) -> None:
    found = mean(values)
    assert math.isclose(found.value, np.mean(values), rel_tol=1e-9, abs_tol=1e-9)
    if len(values) == 1:
        assert found.error is None
    else:
        expected = np.std(values, ddof=1) / math.sqrt(len(values))
        assert found.error is not None
        assert math.isclose(found.error, expected, rel_tol=1e-6, abs_tol=1e-9)


def test_one_parameter_is_an_axis_and_two_are_an_axis_and_series() -> None:
    one = sweep(A, SEED)
    (figure,) = summarise(one, points(one)).figures
    assert (figure.x.label, figure.x.scale) == ("a", "log")
    assert [each.name for each in figure.series] == ["m"]
    assert figure.series[0].x == (1.0, 10.0, 100.0)
    values = np.array([each.metrics["m"] for each in points(one)]).reshape(3, 3)
    assert np.allclose(figure.series[0].y, values.mean(axis=1))
    assert np.allclose(figure.series[0].error or (), values.std(axis=1, ddof=1) / np.sqrt(3))

    two = sweep(B, A, C)
    (figure,) = summarise(two, points(two)).figures
    assert figure.x.label == "a", "numbers make the better axis"
    assert [each.name for each in figure.series] == ["b x", "b y"]
    assert "averaged over c" in figure.title
    values = np.array([each.metrics["m"] for each in points(two)]).reshape(2, 3, 2)
    assert np.allclose(figure.series[1].y, values[1].mean(axis=1))

    words = sweep(B)
    (figure,) = summarise(words, points(words)).figures
    assert figure.series[0].kind == "bars"
    assert figure.series[0].categories == ("x", "y")


def test_a_sweep_that_has_only_begun_shows_what_there_is() -> None:
    begun = sweep(A, SEED)
    assert summarise(begun, []).tables == ()
    some = points(begun)[:2]
    some.append(SweepPoint(2, 9, RunState.FAILED, message="no"))
    some.append(SweepPoint(3, 10, RunState.RUNNING, metrics={"m": 1.0}))
    table, failures = summarise(begun, some).tables
    assert table.rows[0][:2] == (1.0, 2)
    assert failures.rows == ((9, 1.0, 3, "failed", "no"),)
    odd = [SweepPoint(0, 1, RunState.FINISHED, metrics={"m": math.inf})]
    odd.append(SweepPoint(1, 2, RunState.FINISHED, metrics={"m": -math.inf}))
    assert math.isnan(float(summarise(begun, odd).tables[0].rows[0][2] or 0))


def test_which_metrics_are_shown_is_said() -> None:
    made = sweep(A)
    many = points(made, p=1.0, q=2.0, r=3.0)
    (table,) = summarise(made, many).tables
    assert table.title == "Mean ± standard error of m, p, q; 5 are shared, --metric chooses"
    chosen = sweep(A, metrics=("r",))
    (table,) = summarise(chosen, many).tables
    assert table.title == "Mean ± standard error of r"


def test_a_large_table_keeps_its_lowest_and_highest_rows() -> None:
    wide = Factor(("a",), tuple((float(n),) for n in range(100)))
    made = sweep(wide)
    found = [
        SweepPoint(n, n, RunState.FINISHED, metrics={"m": float((37 * n) % 100)})
        for n in range(100)
    ]
    (table,) = summarise(made, found).tables
    assert [row[2] for row in table.rows] == [*range(10), *range(90, 100)]
    assert "10 lowest and the 10 highest m of 100" in table.title


def test_a_space_is_told_as_it_was_typed() -> None:
    listed = Factor(("p",), (([0.5, 0.5],), ([1.0],)))
    drawn = Factor(("u", "v"), tuple((n, n) for n in range(20)))
    space = Space((A, SEED, listed, drawn), {"n": 1000})
    assert (
        space_text(space) == "a=1,10,100 seed=1..3 p=0.5,0.5;1 20 rows of u,v n=1000 · 360 points"
    )
