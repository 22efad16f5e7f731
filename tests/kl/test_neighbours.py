"""KL from samples of both: against brute force, theory, and published simulations."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from labbook.compute import generator
from labbook.errors import UsageError
from labbook.kl import Moments, Normal, NormalPair
from labbook.kl.neighbours import (
    Bounded,
    critic_se,
    donsker_varadhan,
    nearest_neighbours,
    nearest_neighbours_for,
    nwj,
)

Reals = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def samples(name: str, n: int, m: int, d: int, shift: float = 1.0) -> tuple[Reals, Reals]:
    rng = generator(5, name)
    x, y = rng.standard_normal((n, d)), rng.standard_normal((m, d))
    y[:, 0] += shift
    return x, y


def brute_force(x: Reals, y: Reals, k: int) -> float:
    """Equation 5 of Wang, Kulkarni, Verdú, by every distance there is."""
    n, d = x.shape
    own = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, k]
    other = np.sort(np.linalg.norm(x[:, None] - y, axis=2), axis=1)[:, k - 1]
    return d / n * float(np.log(other / own).sum()) + math.log(len(y) / (n - 1))


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize(("n", "m", "d"), [(8, 7, 1), (120, 75, 2), (60, 200, 5)])
def test_it_is_the_published_formula(n: int, m: int, d: int, k: int) -> None:
    x, y = samples("formula", n, m, d)
    assert nearest_neighbours(x, y, k) == pytest.approx(brute_force(x, y, k), rel=1e-12)


def test_several_k_at_once_are_those_one_by_one() -> None:
    x, y = samples("several", 300, 300, 3)
    assert nearest_neighbours_for(x, y, (5, 1, 2)) == tuple(
        nearest_neighbours(x, y, k) for k in (5, 1, 2)
    )


@pytest.mark.parametrize(
    ("d", "n", "k", "mean", "sd"),
    [(1, 10_000, 1, 0.502, 0.028), (1, 10_000, 5, 0.492, 0.020), (5, 1000, 1, 0.413, 0.066)],
)
def test_it_is_as_good_as_others_have_measured(
    d: int, n: int, k: int, mean: float, sd: float
) -> None:
    """A KL of 0.5, over 20 seeds there and here."""
    found = [nearest_neighbours(*samples(f"{d} {n} {k} {i}", n, n, d), k) for i in range(20)]
    assert np.mean(found) == pytest.approx(mean, abs=5 * sd * math.sqrt(2 / 20))
    assert np.std(found, ddof=1) == pytest.approx(sd, rel=5 * math.sqrt(2 / 40))


def test_many_samples_on_the_line_give_the_divergence() -> None:
    for scale in (1.0, 2.0):
        pair = NormalPair(Normal(0, 1), Normal(0.3, scale))
        rng = generator(6, f"line {scale}")
        found = []
        for _ in range(10):
            x = rng.standard_normal((20_000, 1))
            y = 0.3 + scale * rng.standard_normal((20_000, 1))
            found.append(nearest_neighbours(x, y, 3))
        moments = Moments.of(np.array(found))
        # 2 % for the bias that is left at this size.
        assert moments.mean == pytest.approx(pair.kl, abs=5 * moments.mean_se + 0.02 * pair.kl)


def test_units_and_origin_do_not_matter() -> None:
    x, y = samples("units", 500, 400, 2)
    expected = nearest_neighbours(x, y, 2)
    assert nearest_neighbours(1e-3 * x, 1e-3 * y, 2) == pytest.approx(expected, rel=1e-12)
    assert nearest_neighbours(x + 7, y + 7, 2) == pytest.approx(expected, rel=1e-9)


def test_repeated_samples_are_refused_in_a_sentence() -> None:
    x, y = samples("repeated", 50, 50, 2)
    twice = np.concatenate([x, x[:1]])
    with pytest.raises(UsageError, match=r"coincides with .* those of q: .* without repeated"):
        nearest_neighbours(twice, y)
    with pytest.raises(UsageError, match=r"coincides with .* those of p: .* without repeated"):
        nearest_neighbours(x, np.concatenate([y, x[3:4]]))
    assert math.isfinite(nearest_neighbours(twice, y, 2))  # the second neighbour is elsewhere


@pytest.mark.parametrize(
    ("x", "y", "k", "sentence"),
    [
        (np.zeros(5), np.zeros(5), 1, r"shapes \(n, d\) and \(m, d\), not \(5,\)"),
        (np.zeros((5, 2)), np.zeros((5, 3)), 1, r"not \(5, 2\) and \(5, 3\)"),
        (np.zeros((5, 0)), np.zeros((5, 0)), 1, r"not \(5, 0\)"),
        (np.zeros((5, 2)), np.zeros((5, 2)), 0, "a k of at least 1, not 0"),
        (np.zeros((3, 1)), np.zeros((9, 1)), 3, "at least 4 samples of q and 3 of p, not 3 and 9"),
        (np.zeros((9, 1)), np.zeros((2, 1)), 3, "not 9 and 2"),
        (np.full((9, 1), math.nan), np.zeros((9, 1)), 1, "not a finite number"),
    ],
)
def test_samples_that_mean_nothing_are_refused(x: Reals, y: Reals, k: int, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        nearest_neighbours(x, y, k)


def bounds(pair: NormalPair, n: int, m: int, repeats: int) -> list[tuple[Bounded, Bounded]]:
    rng = generator(7, f"{pair} {n} {m}")
    found = []
    for _ in range(repeats):
        log_q = pair.log_ratio(pair.q.mean + pair.q.sd * rng.standard_normal(n))
        log_p = pair.log_ratio(pair.p.mean + pair.p.sd * rng.standard_normal(m))
        found.append((nwj(log_q, log_p), donsker_varadhan(log_q, log_p)))
    return found


@pytest.mark.parametrize(
    ("shift", "scale", "n", "m"), [(1, 1, 1000, 1000), (0.5, 1, 50, 400), (0.2, 1.3, 300, 100)]
)
def test_nwj_is_unbiased_and_varies_as_theory_says(
    shift: float, scale: float, n: int, m: int
) -> None:
    pair = NormalPair(Normal(0, 1), Normal(shift, scale))
    moments = Moments.of(np.array([each.value for each, _ in bounds(pair, n, m, 3000)]))
    expected = critic_se(pair, n, m)
    assert moments.mean == pytest.approx(pair.kl, abs=5 * expected / math.sqrt(3000))
    assert moments.sd == pytest.approx(expected, abs=5 * moments.sd_se)


def test_the_theoretical_error_is_the_closed_form() -> None:
    """(u + e^u − 1)/n for a shift with u = shift²: 0.05214 for 1 and 1000 samples."""
    pair = NormalPair(Normal(0, 1), Normal(1, 1))
    assert critic_se(pair, 1000, 1000) == pytest.approx(0.05214, abs=5e-6)
    assert critic_se(pair, 100, 10**9) == pytest.approx(0.1, rel=1e-6)
    narrow = NormalPair(Normal(0, 1), Normal(0, 0.7))
    assert math.isinf(critic_se(narrow, 100, 100))  # χ²(q‖p) is


def test_donsker_varadhan_reads_high_by_half_chi2_over_m() -> None:
    """Seen in its distance to NWJ, mean − 1 − log mean, since both share their noise."""
    pair, m = NormalPair(Normal(0, 1), Normal(0.5, 1)), 1000
    apart = [dv.value - other.value for other, dv in bounds(pair, 10, m, 4000)]
    expected = math.expm1(0.25) / (2 * m)
    assert min(apart) >= 0
    assert np.mean(apart) == pytest.approx(expected, rel=5 * math.sqrt(2 / 4000))


def test_the_errors_they_report_are_the_theoretical_ones() -> None:
    pair = NormalPair(Normal(0, 1), Normal(0.5, 1))
    ((first, second),) = bounds(pair, 200_000, 200_000, 1)
    expected = critic_se(pair, 200_000, 200_000)
    assert first.se == pytest.approx(expected, rel=0.02)
    assert second.se == pytest.approx(expected, rel=0.02)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.se = 0  # type: ignore[misc]


def test_ratios_beyond_double_precision_do_not_harm_donsker_varadhan() -> None:
    log_q, log_p = np.array([-2000.0, -2001.0]), np.array([-2000.0, -2000.0])
    found = donsker_varadhan(log_q, log_p)
    assert found.value == pytest.approx(0.5)
    assert found.se == pytest.approx(0.5)


def test_one_sample_has_no_standard_error() -> None:
    for bound in (nwj, donsker_varadhan):
        with pytest.raises(UsageError, match="at least 2 samples of q and of p, not 1 and 5"):
            bound(np.zeros(1), np.zeros(5))
