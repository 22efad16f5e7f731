"""Normal distributions of many coordinates, against one coordinate, closed forms, SciPy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import kstest, multivariate_normal

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl import DiagonalNormal, DiagonalPair, Normal, Pair, exact, measure, rows, warnings
from labbook.kl.measure import estimators
from labbook.kl.pair_laws import law
from tests.kl.cases import CASES, Case

ONE = [
    ((0, 1), (1, 1)),
    ((0, 1), (0.01, 1)),
    ((0, 1), (0.04, 1)),
    ((0, 1), (0.06, 1.001)),
    ((0, 1), (0.5, 1.2)),
    ((1, 2), (0, 1)),
    ((0, 1), (1e-4, 1.0001)),
    ((0, 1), (0, 1.5)),
]
NORMALS = {name: case for name, case in CASES.items() if name.startswith("G")}


def diagonal(*parts: tuple[tuple[float, float], tuple[float, float]]) -> DiagonalPair:
    """From (mean, sd) of q and of p, by coordinate."""
    q, p = (DiagonalNormal(*zip(*each, strict=True)) for each in zip(*parts, strict=True))
    return DiagonalPair(q, p)


@pytest.mark.parametrize(("q", "p"), ONE)
def test_one_coordinate_is_a_pair_of_normal_distributions(
    q: tuple[float, float], p: tuple[float, float]
) -> None:
    pair, known = diagonal((q, p)), Pair(Normal(*q), Normal(*p))
    found, expected = exact(pair), exact(known)
    for name in ("kl", "reverse_kl", "chi2", "reverse_chi2", "lambda_star", "tail_index"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-11), name
    for name, statistic in estimators(expected).items():
        one, other = law(pair, statistic), law(known, statistic)
        assert one.mean == pytest.approx(other.mean, rel=1e-11), name
        assert one.sd == pytest.approx(other.sd, rel=1e-11), name
        assert one.kurtosis == pytest.approx(other.kurtosis, rel=1e-8, nan_ok=True), name


@pytest.mark.parametrize("dimension", [2, 7, 400])
def test_a_shift_in_any_dimension_is_one_of_its_mahalanobis_length(dimension: int) -> None:
    shifts = np.linspace(0.1, 1.0, dimension)
    shifts *= 0.8 / np.linalg.norm(shifts)
    sds = np.linspace(0.5, 3.0, dimension)
    pair = diagonal(
        *(((1.0, sd), (1.0 + shift * sd, sd)) for shift, sd in zip(shifts, sds, strict=True))
    )
    known = Pair(Normal(0, 1), Normal(0.8, 1))
    found, expected = exact(pair), exact(known)
    assert found.kl == pytest.approx(expected.kl, rel=1e-12)
    assert found.chi2 == pytest.approx(expected.chi2, rel=1e-12)
    for name, statistic in estimators(expected).items():
        one, other = law(pair, statistic), law(known, statistic)
        assert (one.mean, one.sd) == pytest.approx((other.mean, other.sd), rel=1e-11), name
        assert one.kurtosis == pytest.approx(other.kurtosis, rel=1e-8), name


def test_divergences_add_and_chi2_multiplies() -> None:
    parts = [((0.0, 1.0), (0.5, 1.2)), ((1.0, 2.0), (0.0, 1.0)), ((0.0, 1.0), (0.0, 1.3))]
    whole, each = exact(diagonal(*parts)), [exact(diagonal(part)) for part in parts]
    assert whole.kl == pytest.approx(sum(one.kl for one in each), rel=1e-13)
    assert whole.reverse_kl == pytest.approx(sum(one.reverse_kl for one in each), rel=1e-13)
    assert 1 + whole.chi2 == pytest.approx(math.prod(1 + one.chi2 for one in each), rel=1e-13)
    assert whole.tail_index == min(one.tail_index for one in each)


def test_two_coordinates_are_what_scipy_integrates() -> None:
    parts = (((0.0, 1.0), (0.5, 1.2)), ((1.0, 2.0), (0.5, 1.5)))
    pair = diagonal(*parts)
    q, p = (
        multivariate_normal([each[0] for each in whole], [each[1] ** 2 for each in whole])
        for whole in zip(*parts, strict=True)
    )

    def k3_to_the(power: int) -> float:
        def integrand(y: float, x: float) -> float:
            log_ratio = p.logpdf((x, y)) - q.logpdf((x, y))
            return float(q.pdf((x, y)) * (math.expm1(log_ratio) - log_ratio) ** power)

        return float(dblquad(integrand, -12, 12, -16, 18, epsabs=1e-9, epsrel=1e-9)[0])

    statistic = estimators(exact(pair))["k3"]
    assert pair.expectation(statistic) == pytest.approx(k3_to_the(1), rel=1e-6)
    assert pair.expectation(statistic, 2) == pytest.approx(k3_to_the(2), rel=1e-6)


def test_the_widest_coordinate_decides_whether_a_variance_is_finite() -> None:
    narrow, wide = ((0.0, 1.0), (0.0, 1.2)), ((0.0, 1.0), (0.0, 1.42))
    assert math.isfinite(law(diagonal(narrow), estimators(exact(diagonal(narrow)))["k3"]).sd)
    both = diagonal(narrow, wide)
    assert exact(both).lambda_star == 0
    assert math.isinf(exact(both).chi2)
    found = measure(both, 20_000, seed=1)
    assert any("variance of k3 is infinite" in each for each in warnings(found, 0))


@pytest.mark.parametrize("case", NORMALS.values(), ids=NORMALS)
def test_the_published_values_of_one_coordinate_come_out(case: Case) -> None:
    q, p = (
        tuple(map(float, each.removeprefix("normal(").removesuffix(")").split(",")))
        for each in (case.q, case.p)
    )
    found = exact(diagonal((q, p)))  # type: ignore[arg-type]
    assert found.kl == pytest.approx(case.kl, rel=5e-7)
    assert found.reverse_kl == pytest.approx(case.reverse_kl, rel=5e-7)
    assert found.lambda_star == pytest.approx(case.lambda_star, rel=5e-7)


@pytest.mark.parametrize("dimension", [1, 3, 50])
def test_samples_agree_with_their_law_within_five_standard_errors(dimension: int) -> None:
    parts = [
        ((0.0, 1.0), (0.3 / math.sqrt(dimension), 0.9 + 0.2 * k / dimension))
        for k in range(dimension)
    ]
    found = measure(diagonal(*parts), 100_000, seed=3)
    for row in rows(found).values():
        if math.isfinite(row.exact.sd) and math.isfinite(row.exact.mean):
            assert abs(row.z) < 5, row
        if row.sd_se > 0 and math.isfinite(row.sd_se):
            assert abs(row.sd - row.exact.sd) < 5 * row.sd_se, row


def test_a_shift_makes_a_normal_log_ratio() -> None:
    pair = diagonal(*([((0.0, 1.0), (0.1, 1.0))] * 25))
    log_ratio = pair.draw(Stream(4).philox(), 20_000)
    assert kstest(log_ratio, "norm", args=(-0.125, 0.5)).pvalue > 1e-3


def test_a_sample_has_its_own_words_whatever_the_chunks_and_threads() -> None:
    pair = diagonal(*([((0.0, 1.0), (0.1, 1.1))] * 5))
    one = measure(pair, 30_000, seed=2)
    for chunk, threads in itertools.product((1 << 12, 1 << 15), (1, 2)):
        other = measure(pair, 30_000, seed=2, chunk=chunk, threads=threads)
        assert other.tally.moments["k3"].mean == pytest.approx(
            one.tally.moments["k3"].mean, rel=1e-12
        )


def test_many_coordinates_take_no_more_memory_than_few() -> None:
    pair = diagonal(*([((0.0, 1.0), (0.001, 1.0))] * 20_000))
    found = measure(pair, 100, seed=2)
    assert found.exact.kl == pytest.approx(0.01, rel=1e-9)


@pytest.mark.parametrize(
    ("means", "sds", "sentence"),
    [
        ([], [], "at least one of each"),
        ([0.0], [1.0, 2.0], "not 1 means and 2 deviations"),
        ([0.0], [0.0], "must be above 0"),
        ([math.nan], [1.0], "cannot be nan"),
    ],
)
def test_bad_coordinates_are_refused(means: list[float], sds: list[float], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        DiagonalNormal(means, sds)


def test_dimensions_must_agree() -> None:
    with pytest.raises(UsageError, match="of 1 and of 2 coordinates"):
        DiagonalPair(DiagonalNormal([0], [1]), DiagonalNormal([0, 0], [1, 1]))
