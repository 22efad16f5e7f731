"""Curves as figures: their axes by what the values ask for, and what is said in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from labbook.model import Metric
from labbook.model.curve import Curve, Curves
from labbook.report.curves import curve_figures, curve_words
from labbook.report.textplot import draw


def curve(name: str, values: Sequence[float], steps: Sequence[int] | None = None) -> Curve:
    steps = steps or range(len(values))
    points = tuple(Metric(name, v, s) for s, v in zip(steps, values, strict=True))
    return Curve(name, points, len(points), sum(not math.isfinite(v) for v in values))


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([math.exp(-k / 4) for k in range(30)], "log"),
        ([0.001 * (1 - k / 30) + 1e-9 for k in range(31)], "linear"),  # only its end is near 0
        ([1 - math.exp(-k / 10) + 1e-6 for k in range(40)], "linear"),
        ([1e-3, 1e3, -1.0], "linear"),
        ([0.0, 1.0, 1e6], "linear"),
        ([math.nan, math.nan], "linear"),
    ],
)
def test_the_axis_is_logarithmic_where_most_values_are_far_apart(
    values: list[float], scale: str
) -> None:
    (figure,) = curve_figures(Curves(((curve("loss", values),),)))
    assert figure.y.scale == scale


@pytest.mark.parametrize(
    ("steps", "scale"),
    [(range(1, 40), "linear"), ([10**k for k in range(6)], "log"), ([0, 1, 10, 1000], "linear")],
)
def test_steps_that_grow_by_factors_have_a_logarithmic_axis(
    steps: Sequence[int], scale: str
) -> None:
    (figure,) = curve_figures(Curves(((curve("loss", [1.0] * len(steps), steps),),)))
    assert figure.x.scale == scale


def test_a_group_is_named_for_what_it_shares_and_its_name_stands_once() -> None:
    groups = ((curve("train.loss", [2, 1]), curve("val.loss", [3, 2])), (curve("lr", [1, 2]),))
    loss, rate = curve_figures(Curves(groups))
    assert (loss.name, [each.name for each in loss.series]) == ("loss", ["train.loss", "val.loss"])
    assert draw(rate).plain.count("lr") == 1


def test_words_tell_of_points_that_are_not_finite_and_of_curves_that_are_not_drawn() -> None:
    thinned = Curve("loss", (Metric("loss", 1.0, 0), Metric("loss", 2.0, 9)), 1000, 3)
    assert curve_words(Curves(((thinned,),), tuple(f"m{k}" for k in range(14)))) == (
        "loss: 3 of 1,000 points are not finite",
        "also curves: m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11 and 2 more",
    )
    # The drawing counts those that it has itself.
    assert curve_words(Curves(((curve("loss", [1.0, math.nan]),),))) == ()
