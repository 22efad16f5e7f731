"""An axis says the truth: its ticks are round, and stand where their values are."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.report.textplot.scale import Scale
from labbook.report.words import HUGE

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.lists(st.floats(), max_size=8)
MOST = st.integers(2, 20)


def mantissa(value: float) -> float:
    return float(f"{abs(value):.9e}".partition("e")[0])


@given(ANY, st.booleans(), MOST)
def test_any_values_have_an_axis_with_ticks(values: list[float], log: bool, most: int) -> None:
    scale = Scale.over(values, log=log)
    assert scale.low < scale.high
    ticks = scale.ticks(most)
    assert len(ticks) <= most
    assert len(ticks) >= 1
    for left, right in itertools.pairwise(ticks):
        assert left.value < right.value


@given(ANY, st.booleans(), MOST)
def test_a_tick_is_the_number_that_its_label_says(
    values: list[float], log: bool, most: int
) -> None:
    for tick in Scale.over(values, log=log).ticks(most):
        assert float(tick.label) == tick.value


@given(ANY, st.booleans(), MOST)
def test_ticks_lie_on_the_axis(values: list[float], log: bool, most: int) -> None:
    scale = Scale.over(values, log=log)
    for tick in scale.ticks(most):
        fraction = scale.fraction(tick.value)
        assert fraction is not None
        assert -1e-6 <= fraction <= 1 + 1e-6


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=5), MOST)
def test_linear_ticks_are_one_two_or_five_times_a_power_of_ten_apart(
    values: list[float], most: int
) -> None:
    ticks = Scale.over(values).ticks(most)
    steps = [right.value - left.value for left, right in itertools.pairwise(ticks)]
    for step in steps:
        assert step == pytest.approx(steps[0], rel=1e-6)
        assert min(abs(mantissa(step) - round_one) for round_one in (1, 2, 5, 10)) < 1e-5


@given(st.floats(-90, 50), st.floats(2, 40), MOST)
def test_logarithmic_ticks_are_decades_with_round_values_between(
    first: float, decades: float, most: int
) -> None:
    ticks = Scale.over([10**first, 10 ** (first + decades)], log=True).ticks(most)
    assert len(ticks) >= 2
    assert all(mantissa(tick.value) in (1, 2, 3, 5) for tick in ticks)


@given(st.lists(FINITE, min_size=1, max_size=8), st.booleans())
def test_every_value_that_can_be_drawn_lies_on_the_axis_in_order(
    values: list[float], log: bool
) -> None:
    scale = Scale.over(values, log=log)
    places = [(value, scale.fraction(value)) for value in sorted(values)]
    drawn = [(value, fraction) for value, fraction in places if fraction is not None]
    assert all(-1e-9 <= fraction <= 1 + 1e-9 for _, fraction in drawn)
    assert [fraction for _, fraction in drawn] == sorted(fraction for _, fraction in drawn)
    if not log:
        assert len(drawn) == sum(1 for value in values if abs(value) <= HUGE)


@pytest.mark.parametrize("value", [0.0, 5.0, -3e-7, 1e100, 5e-324])
def test_constant_data_stand_in_the_middle(value: float) -> None:
    assert Scale.over([value, value]).fraction(value) == pytest.approx(0.5)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_what_a_logarithm_does_not_have_is_not_drawn(value: float) -> None:
    assert Scale.over([1, 10], log=True).fraction(value) is None


@pytest.mark.parametrize(
    ("values", "log", "labels"),
    [
        ([0, 1], False, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.3, 9.7], False, ["2", "4", "6", "8"]),
        ([-1e6, 1e6], False, ["-1e6", "-5e5", "0", "5e5", "1e6"]),
        ([1e-4, 0.3], True, ["0.0001", "0.001", "0.01", "0.1"]),
        ([1, 1e12], True, ["1e0", "1e3", "1e6", "1e9", "1e12"]),
        ([3, 900], True, ["3", "10", "30", "100", "300", "1000"]),
        ([0.15, 0.16], True, ["0.150", "0.152", "0.154", "0.156", "0.158", "0.160"]),
    ],
)
def test_labels_are_those_that_a_person_would_write(
    values: list[float], log: bool, labels: list[str]
) -> None:
    assert [tick.label for tick in Scale.over(values, log=log).ticks(6)] == labels
