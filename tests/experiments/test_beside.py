"""How far a measured value lies from the exact one."""

from __future__ import annotations

import math

from labbook.experiments.beside import z_score


def test_a_distance_is_in_standard_errors() -> None:
    assert z_score(3.0, 2.0, 0.5) == 2
    assert z_score(1.0, 2.0, 0.5) == -2


def test_without_a_standard_error_only_equal_values_agree() -> None:
    assert z_score(2.0, 2.0 + 1e-12, 0.0) == 0
    assert z_score(2.0, 1.0, 0.0) is None
    assert z_score(2.0, 1.0, 0.0, certain=True) == math.inf
