"""KL over a vocabulary, against SciPy and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_softmax, rel_entr, softmax

from labbook.compute import generator
from labbook.errors import UsageError
from labbook.kl.vocabulary import bucket_kl, exact_kl, moments, truncate
from tests.support.memory import peak_growth_mb

ZIPF = -np.log1p(np.arange(50_000))


def pair(rows: int, width: int, apart: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = generator(seed, "logits")
    q = 3 * rng.standard_normal((rows, width))
    return q, q + apart * rng.standard_normal((rows, width))


def divergence(q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """SciPy's, from the logits as they are given."""
    q, p = q.astype(np.float64), p.astype(np.float64)
    return np.asarray(rel_entr(softmax(q, axis=-1), softmax(p, axis=-1)).sum(axis=-1))


@pytest.mark.parametrize("width", [1, 2, 7, 16_384, 16_385, 50_000])
@pytest.mark.parametrize("shift", [0.0, 80.0, -1e4])
def test_float64_logits_give_scipys_divergence_whatever_is_added_to_them(
    width: int, shift: float
) -> None:
    q, p = pair(3, width, 0.7)
    assert exact_kl(q + shift, p) == pytest.approx(divergence(q, p), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("apart", [1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0])
def test_float32_logits_keep_four_digits_of_small_divergences_too(apart: float) -> None:
    q, p = (each.astype(np.float32) for each in pair(4, 50_000, apart))
    log_q = log_softmax(q.astype(np.float64), axis=-1)
    log_ratio = log_softmax(p.astype(np.float64), axis=-1) - log_q
    # Not rel_entr: its terms of both signs leave few digits of a small sum.
    expected = (np.exp(log_q) * (np.expm1(log_ratio) - log_ratio)).sum(axis=-1)
    found = exact_kl(q, p)
    assert found.dtype == np.float64
    assert found == pytest.approx(expected, rel=1e-4, abs=0)
    np.testing.assert_allclose(found, expected, atol=5e-7)


def test_leading_axes_are_kept_and_equal_rows_have_no_divergence() -> None:
    q, p = pair(6, 100, 0.5)
    found = exact_kl(q.reshape(2, 3, 100), p.reshape(2, 3, 100))
    assert found.shape == (2, 3)
    assert found.ravel() == pytest.approx(divergence(q, p), rel=1e-9)
    assert exact_kl(q.astype(np.float32), q.astype(np.float32)).tolist() == [0.0] * 6
    assert exact_kl(q[0], p[0]).shape == ()


def test_half_precision_and_rows_with_gaps_between_them_are_read() -> None:
    q, p = (each.astype(np.float16) for each in pair(2, 999, 0.5))
    assert exact_kl(q, p) == pytest.approx(divergence(q, p), rel=1e-4)
    assert exact_kl(q[:, ::2], p[:, ::2]) == pytest.approx(
        divergence(q[:, ::2], p[:, ::2]), rel=1e-4
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masked_symbols_count_as_the_definition_says(dtype: type[np.floating]) -> None:
    q, p = (each.astype(dtype) for each in pair(4, 1000, 0.5))
    q[0, ::3] = p[0, ::3] = -np.inf
    q[1, ::3] = -np.inf
    p[2, 17] = -np.inf
    p[3, 17], q[3, 17] = -np.inf, -500.0
    found = exact_kl(q, p)
    assert found[:2] == pytest.approx(divergence(q, p)[:2], rel=1e-5)
    assert found[2:].tolist() == [math.inf, math.inf]


def test_a_tiny_probability_of_q_where_p_has_much_is_not_lost() -> None:
    q = np.array([0.0, -1.0, -200.0], dtype=np.float32)
    p = np.array([0.0, -1.0, 1.0], dtype=np.float32)
    assert float(exact_kl(q, p)) == pytest.approx(float(divergence(q, p)), rel=1e-6)
    nearly = np.array([0.0, -1.0, -7.0], dtype=np.float32)
    assert float(exact_kl(q, nearly)) == pytest.approx(float(divergence(q, nearly)), rel=1e-3)


@pytest.mark.parametrize(
    ("q", "p"),
    [
        ([0.0, math.nan], [0.0, 0.0]),
        ([0.0, 0.0], [0.0, math.inf]),
        ([-math.inf, -math.inf], [0.0, 0.0]),
        ([0.0, 0.0], [-math.inf, -math.inf]),
        ([0.0], [0.0, 0.0]),
        ([], []),
        (0.0, 0.0),
        (["a"], ["b"]),
        ([1j], [1j]),
    ],
)
def test_what_is_no_distribution_is_refused_in_a_sentence(q: object, p: object) -> None:
    with pytest.raises(UsageError) as refused:
        exact_kl(q, p)  # type: ignore[arg-type]
    assert refused.value.message.endswith(".")


def test_memory_is_that_of_a_row_not_of_the_whole_array() -> None:
    before = (
        "import numpy as np\nfrom labbook.kl.vocabulary import exact_kl\n"
        "q = np.ones((64, 50_000), dtype=np.float32); p = q * 2; exact_kl(q[:1], p[:1])"
    )
    assert peak_growth_mb(before, "exact_kl(q, p)") < 2


# KL, sd k1, sd k2, sd k3, best weight, largest ratio; V = 50,000, logits −s log(1 + i), p at a
# temperature T of q.
PUBLISHED = {
    (1.0, 1.1): (0.04402035, 0.2978364, 0.04117832, 0.03885647, 0.9985197, 1.605),
    (1.0, 0.9): (0.06527982, 0.3640223, 0.06359359, 0.05733507, 1.003597, 1.656),
    (1.5, 1.1): (0.03690911, 0.2519274, 0.06600499, 0.09278462, 0.762931, 3.45),
    (1.5, 1.5): (0.7433385, 0.9237339, 0.6450186, 2.263725, 0.2308422, 51.1),
    (1.5, 0.7): (0.4102776, 1.187658, 2.009047, 0.7149166, 1.643552, 1.703),
    (2.0, 1.5): (0.3807495, 0.6264332, 0.4482402, 3.398068, 0.08228013, 634),
}


@pytest.mark.parametrize(("s", "temperature"), PUBLISHED)
def test_the_published_moments_come_out_to_their_last_digit(s: float, temperature: float) -> None:
    found = moments(s * ZIPF, s * ZIPF / temperature)
    *five, largest = PUBLISHED[s, temperature]
    assert [
        found.kl,
        *(found.laws[name].sd for name in ("k1", "k2", "k3")),
        found.best_weight,
    ] == pytest.approx(five, rel=5e-7)
    assert found.max_ratio == pytest.approx(largest, rel=1e-3)
    assert found.laws["k1"].mean == found.kl
    assert found.laws["k3"].mean == pytest.approx(found.kl, rel=1e-12)
    assert found.best_weight == pytest.approx((found.kl + found.reverse_kl) / found.chi2)


def test_three_symbols_have_the_published_moments() -> None:
    found = moments(np.log([0.5, 0.3, 0.2]), np.log([0.4, 0.4, 0.2]))
    assert [found.kl, found.reverse_kl, found.laws["k2"].mean, found.chi2] == pytest.approx(
        [0.02526715, 0.02581541, 0.02486241, 0.05333333], rel=3e-7
    )


def test_mass_that_q_never_reaches_is_missing_from_k3_alone() -> None:
    with np.errstate(divide="ignore"):
        found = moments(np.log([0.5, 0.5, 0.0]), np.log([0.4, 0.4, 0.2]))
    assert found.kl == pytest.approx(0.223144, abs=5e-7)
    assert found.laws["k1"].mean == found.kl
    assert found.laws["k3"].mean == pytest.approx(0.023144, abs=5e-7)
    assert found.missing_mass == pytest.approx(0.2)
    assert found.reverse_kl == found.chi2 == math.inf


def test_mass_that_p_excludes_makes_the_divergence_infinite_but_not_its_reverse() -> None:
    with np.errstate(divide="ignore"):
        found = moments(np.log([0.4, 0.4, 0.2]), np.log([0.5, 0.5, 0.0]))
    assert found.kl == found.laws["k1"].mean == found.laws["k3"].mean == math.inf
    assert found.reverse_kl == pytest.approx(math.log(1.25))


def test_equal_distributions_have_no_best_weight() -> None:
    found = moments(ZIPF, ZIPF + 3)
    assert found.kl == pytest.approx(0, abs=1e-12)
    assert math.isnan(found.best_weight)


def test_top_p_has_the_published_kept_mass_and_loses_the_published_part_of_k3() -> None:
    """Against the own untruncated policy: KL = −log c, E k3 = −log c − (1 − c)."""
    cut = truncate(1.5 * ZIPF, top_p=0.9)
    found = moments(cut.logits, 1.5 * ZIPF)
    assert float(cut.kept) == pytest.approx(0.900318, abs=5e-7)
    assert found.kl == pytest.approx(0.105007, abs=5e-7)
    assert found.laws["k3"].mean == pytest.approx(0.005325, abs=5e-7)
    assert found.laws["k3"].sd == found.laws["k1"].sd == 0


def test_truncation_keeps_the_fewest_likeliest_symbols() -> None:
    logits = np.log([[0.1, 0.4, 0.2, 0.3], [0.7, 0.1, 0.1, 0.1]])

    def kept(**cut: float) -> list[list[bool]]:
        return np.isfinite(truncate(logits, **cut).logits).tolist()  # type: ignore[arg-type]

    assert kept(top_k=2) == [[False, True, False, True], [True, True, False, False]]
    assert kept(top_p=0.65) == [[False, True, False, True], [True, False, False, False]]
    assert kept(top_k=2, top_p=0.5) == [[False, True, False, False], [True, False, False, False]]
    assert kept(top_p=1.0) == kept() == kept(top_k=9) == [[True] * 4] * 2
    assert truncate(logits, top_k=2).kept == pytest.approx([0.7, 0.8])


def test_truncation_keeps_type_and_excluded_symbols() -> None:
    logits = np.array([0.0, -np.inf, 1.0], dtype=np.float32)
    cut = truncate(logits, top_k=3)
    assert cut.logits.dtype == np.float32
    assert cut.logits.tolist() == logits.tolist()
    assert float(cut.kept) == pytest.approx(1)


@pytest.mark.parametrize("given", [{"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.1}])
def test_cuts_that_keep_nothing_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=r"top_"):
        truncate(ZIPF, **given)  # type: ignore[arg-type]


def test_the_bucket_is_a_lower_bound_that_rises_to_the_exact_divergence() -> None:
    q, p = pair(20, 500, 1.0)
    whole = divergence(q, p)
    bounds = np.array([bucket_kl(q, p, count) for count in (1, 5, 20, 100, 499, 500, 501)])
    assert (bounds >= 0).all()
    assert (np.diff(bounds, axis=0) > -1e-12).all()
    assert (bounds <= whole + 1e-12).all()
    for exact in bounds[-3:]:
        assert exact == pytest.approx(whole, rel=1e-9)


def test_the_bucket_is_the_divergence_of_merged_symbols() -> None:
    q, p = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    merged = rel_entr([0.4, 0.3, 0.3], [0.1, 0.2, 0.7]).sum()
    assert float(bucket_kl(np.log(q), np.log(p), 2)) == pytest.approx(merged)
