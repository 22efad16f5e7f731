"""What is different between runs, against differences worked out by hand."""

from __future__ import annotations

import math
from typing import Any

from labbook.model import Code, Moment, Run, RunState
from labbook.model.comparison import compare, error_of
from tests.support.notebooks import DAY


def run(number: int, **given: Any) -> Run:
    return Run(number, "kl.pair", RunState.FINISHED, DAY, Moment(0, "UTC"), **given)


def test_says_what_differs_and_by_how_many_standard_errors() -> None:
    first = run(
        1,
        params={"shift": 0.1, "samples": 100, "old": "x"},
        seed=7,
        metrics={"k1.bias": 1.0, "k1.bias_se": 0.3, "loss": math.nan, "k.mean": 2.0, "k.se": 0.0},
        code=Code("a" * 40, "main"),
        environment={"python": "3.11.7", "packages": {"numpy": "1.26", "scipy": "1.15"}},
        host="node7",
    )
    other = run(
        2,
        params={"shift": 0.2, "samples": 100},
        seed=7,
        metrics={"k1.bias": 2.0, "k1.bias_se": 0.4, "loss": math.nan, "k.mean": 2.5, "k.se": 0.0},
        code=Code("a" * 40, "main", dirty=True),
        environment={"python": "3.11.7", "packages": {"numpy": "2.0", "scipy": "1.15"}},
        host="node7",
    )
    found = compare((first, other))
    assert {row.name: row.values for row in found.params} == {
        "shift": (0.1, 0.2),
        "old": ("x", None),
    }
    assert {row.name: row.values for row in found.surroundings} == {"numpy": ("1.26", "2.0")}
    assert {row.name: row.values for row in found.code} == {"changes": ("no", "yes")}
    bias, loss, mean = found.metrics
    assert (bias.name, bias.difference(1), bias.in_errors(1)) == ("k1.bias", 1.0, 2.0)
    assert loss.is_same
    assert math.isnan(loss.difference(1) or 0.0)
    assert (mean.errors, mean.difference(1), mean.in_errors(1)) == ((0.0, 0.0), 0.5, None)


def test_a_standard_error_is_known_by_its_name() -> None:
    metrics = dict.fromkeys(("a", "a_se", "b", "b.standard_error", "c.mean", "c.se", "d"), 0.0)
    found = {name: error_of(name, metrics) for name in ("a", "b", "c.mean", "d")}
    assert found == {"a": "a_se", "b": "b.standard_error", "c.mean": "c.se", "d": None}
