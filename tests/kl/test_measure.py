"""Samples of any pair say what is exact, and warn where they cannot."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl.measure import Measurement, estimators, gather, measure
from labbook.kl.pair import Pair
from labbook.kl.pair_laws import exact
from labbook.kl.report import rows, warnings
from labbook.kl.syntax import distribution
from labbook.kl.tally import Tally
from tests.kl.cases import CASES, Case
from tests.support.memory import peak_growth_mb


def pair_of(q: str, p: str) -> Pair:
    return Pair(distribution(q), distribution(p))


def measured(case: Case, samples: int, seed: int = 5) -> Measurement:
    return measure(pair_of(case.q, case.p), samples, seed=seed)


@pytest.mark.parametrize("samples", [400_000, pytest.param(4_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_means_and_spreads_are_exact_within_five_standard_errors(case: Case, samples: int) -> None:
    """Means where the variance is finite, spreads where the fourth moment is."""
    for row in rows(measured(case, samples)).values():
        if math.isfinite(row.exact.sd) and math.isfinite(row.exact.mean):
            assert abs(row.z) < 5, row
        if row.sd_se > 0 and math.isfinite(row.sd_se):
            assert abs(row.sd - row.exact.sd) < 5 * row.sd_se, row


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_infinite_variance_is_warned_of_and_nothing_else_is(case: Case) -> None:
    said = any("variance of k3 is infinite" in each for each in warnings(measured(case, 20_000), 0))
    assert said == (case.tail_index <= 2)


def test_two_outcomes_have_an_estimator_without_spread() -> None:
    row = rows(measured(CASES["C01"], 400_000))["lambda_star"]
    assert row.sd < 1e-12
    assert row.mean == pytest.approx(CASES["C01"].kl, rel=1e-7)
    assert row.z == 0


def same(one: Tally, other: Tally, rel: float = 1e-10) -> None:
    for name, moments in one.moments.items():
        assert moments.mean == pytest.approx(other.moments[name].mean, rel=rel)
        assert moments.sd == pytest.approx(other.moments[name].sd, rel=rel)
    for mine, theirs in zip(one.folds, other.folds, strict=True):
        assert mine.best_weight == pytest.approx(theirs.best_weight, rel=rel)
    assert np.array_equal(np.sort(one.largest), np.sort(other.largest))
    assert (one.lost, one.clamped) == (other.lost, other.clamped)


def test_parts_of_a_sample_merge_into_the_whole() -> None:
    pair = pair_of("gamma(3,1)", "gamma(2,1)")
    statistics = estimators(exact(pair))
    whole = gather(pair, Stream(3), 100_001, statistics)
    merged, keep = Tally(), len(whole.largest)
    for begin, end in itertools.pairwise((0, 4, 40_000, 100_001)):
        part = gather(pair, Stream(3), end - begin, statistics, first=begin)
        merged = merged.merge(part, keep)
    for name, moments in whole.moments.items():
        assert merged.moments[name].mean == pytest.approx(moments.mean, rel=1e-10)
    assert merged.clamped == whole.clamped


@pytest.mark.parametrize("chunk", [64, 1000, 1 << 17])
def test_the_chunk_changes_nothing_but_rounding(chunk: int) -> None:
    pair = pair_of("laplace(0,1)", "laplace(1,0.7)")
    statistics = estimators(exact(pair))
    whole = gather(pair, Stream(3), 50_001, statistics)
    same(gather(pair, Stream(3), 50_001, statistics, chunk=chunk), whole)


def test_a_sample_is_the_quantile_of_its_word() -> None:
    """With nothing but NumPy and the documented layout."""
    words = np.random.Philox(key=[7, 0], counter=[0, 0, 0, 0]).random_raw(1000)
    u = ((words >> np.uint64(11)) + 0.5) * 2.0**-53
    x = -np.log1p(-u)
    log_ratio = np.log(1.5) - 0.5 * x
    found = measure(pair_of("exponential(1)", "exponential(1.5)"), 1000, seed=7)
    assert found.tally.moments["k1"].mean == pytest.approx(-log_ratio.mean(), rel=1e-12)


def test_mass_that_p_lacks_is_counted_and_said() -> None:
    found = measure(pair_of("categorical(.4,.4,.2)", "categorical(.5,.5,0)"), 100_000, seed=1)
    assert abs(found.tally.lost - 20_000) < 5 * math.sqrt(100_000 * 0.2 * 0.8)
    said = warnings(found, 0)
    assert any("KL(q‖p) is infinite" in each for each in said)
    assert math.isinf(rows(found)["k1"].mean)
    assert abs(rows(found)["reverse"].z) < 5


def test_mass_that_q_lacks_is_said_and_the_mean_ratio_shows_it() -> None:
    found = measure(pair_of("categorical(.5,.5,0)", "categorical(.4,.4,.2)"), 10_000, seed=1)
    said = " ".join(warnings(found, 0))
    assert "p has a mass of 0.2 where q has none" in said
    assert "mean of r is 0.8" in said
    assert abs(rows(found)["k3"].z) < 5


def test_the_clamp_of_trainers_costs_what_it_costs_exactly() -> None:
    """min(k3, 10) for N(0,1) against N(0,2) has the mean 0.223210 in place of 0.318147."""
    found = measure(pair_of("normal(0,1)", "normal(0,2)"), 100_000, seed=2)
    assert found.laws["clamped"].mean == pytest.approx(0.223210, rel=1e-3)
    assert abs(rows(found)["clamped"].z) < 5
    assert found.tally.clamped > 0


def test_progress_counts_up_and_what_it_raises_ends_the_work() -> None:
    seen: list[tuple[int, int]] = []
    pair = pair_of("poisson(4)", "poisson(5)")
    measure(pair, 100_000, seed=1, progress=lambda *at: seen.append(at))
    assert seen[-1] == (100_000, 100_000)

    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(pair, 10**13, seed=1, progress=cancel)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 2"):
        measure(pair_of("poisson(4)", "poisson(5)"), 1, seed=1)


def test_memory_does_not_grow_with_the_samples() -> None:
    before = (
        "from labbook.kl.measure import measure\nfrom labbook.kl.pair import Pair\n"
        "from labbook.kl.syntax import distribution\n"
        "pair = Pair(distribution('normal(0,1)'), distribution('laplace(0.5,2)'))\n"
        "measure(pair, 100_000, seed=1)"
    )
    assert peak_growth_mb(before, "measure(pair, 3_000_000, seed=1)") < 16
