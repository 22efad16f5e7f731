"""Integrals over stretches, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labbook.channel.laws.panels import Panels

PANELS = Panels(np.array([0.0, 0.5, 0.5, 2.0, 3.0]))


def test_integrals_run_from_either_end() -> None:
    values = np.exp(-PANELS.places)
    assert PANELS.running(values) == pytest.approx(1 - values, rel=1e-13)
    assert PANELS.remaining(values) == pytest.approx(values - math.exp(-3), rel=1e-12)
    assert (PANELS.weights * values).sum() == pytest.approx(1 - math.exp(-3), rel=1e-14)


def test_small_remainders_keep_their_digits() -> None:
    panels = Panels(np.linspace(0.0, 60.0, 61))
    values = np.exp(-panels.places)
    exact = values * -np.expm1(panels.places - 60)
    assert panels.remaining(values) == pytest.approx(exact, rel=1e-10, abs=0)


def test_polynomials_of_degree_31_are_exact() -> None:
    assert (PANELS.weights * PANELS.places**31).sum() == pytest.approx(3**32 / 32, rel=1e-13)


def test_stretches_divide_into_equal_ones() -> None:
    edges = [0, 1 / 6, 1 / 3, 0.5, 1, 1.5, 2, 7 / 3, 8 / 3, 3]
    assert PANELS.finer(3).edges == pytest.approx(edges, rel=1e-14)


def test_stretches_are_halved_where_a_function_turns_and_nowhere_else() -> None:
    def bell(x: np.ndarray) -> np.ndarray:
        return np.exp(-(((x - 0.7) / 0.01) ** 2) / 2) + np.exp(-x)

    found = Panels(np.linspace(0.0, 4.0, 5)).resolving(bell, 1e-9)
    assert set(range(5)) <= set(found.edges.tolist())
    assert not ((found.edges > 2) & (found.edges % 1 != 0)).any()
    exact = 0.01 * math.sqrt(2 * math.pi) + 1 - math.exp(-4)
    assert (found.weights * bell(found.places)).sum() == pytest.approx(exact, rel=1e-12)
    for x in (0.0, 0.3, 0.69, 0.705, 1.0, 3.9, 4.0):
        assert found.at(bell(found.places), x) == pytest.approx(float(bell(np.array(x))), rel=1e-8)
