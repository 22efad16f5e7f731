"""A researcher's log-probabilities: the numbers, and what is said of bad ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import log_softmax, rel_entr, softmax
from scipy.stats import norm

from labbook.compute import generator
from labbook.errors import UsageError
from labbook.kl.logprobs import Report, from_logprobs


def normals(count: int, mean: float, sd: float = 1.0, seed: int = 1) -> tuple[np.ndarray, ...]:
    """log q and log p at samples of q = N(0, 1), p = N(mean, sd); as of tokens, below 0."""
    x = generator(seed, "x").standard_normal(count)
    return norm.logpdf(x) - 9, norm.logpdf(x, mean, sd) - 9


def tokens(
    shape: tuple[int, ...], width: int = 50, apart: float = 0.5, seed: int = 1
) -> dict[str, np.ndarray]:
    """Sampled tokens of random contexts, with their logits; drawn by NumPy."""
    rng = generator(seed, "tokens")
    q = rng.standard_normal((*shape, width))
    p = q + apart * rng.standard_normal(q.shape)
    chosen = np.argmax(q + rng.gumbel(size=q.shape), axis=-1)[..., None]
    logq, logp = (
        np.take_along_axis(log_softmax(each, axis=-1), chosen, axis=-1)[..., 0] for each in (q, p)
    )
    return {"logq": logq, "logp": logp, "logits_q": q, "logits_p": p}


def test_means_and_spreads_are_the_exact_ones_within_five_standard_errors() -> None:
    """Of a unit shift by 1: KL = 1/2, E k2 = 5/8; sd 1, √(3/4), √(e − 2)."""
    found = from_logprobs(*normals(1_000_000, 1.0))
    for name, mean, sd in (("k1", 0.5, 1.0), ("k2", 0.625, 0.8660254), ("k3", 0.5, 0.8475151)):
        row = found.rows[name]
        assert row.mean == pytest.approx(mean, abs=5 * sd / 1000)
        assert row.sd == pytest.approx(sd, rel=0.06)
        assert row.se == pytest.approx(row.sd / 1000)
    assert found.mean_ratio == pytest.approx(1, abs=5 * found.mean_ratio_se)
    assert (found.tokens, found.sequences, found.k1_sums.size) == (1_000_000, 0, 0)
    assert found.clamp_fraction == 0
    assert found.warnings == ()


def test_real_tokens_agree_with_their_exact_divergence_and_it_scatters_least() -> None:
    given = tokens((40, 50))
    found = from_logprobs(**given)  # type: ignore[arg-type]
    q, p = (softmax(given[f"logits_{each}"], axis=-1) for each in "qp")
    exact = float(rel_entr(q, p).sum(axis=-1).mean())
    assert found.rows["rao-blackwell"].mean == pytest.approx(exact, rel=1e-9)
    for name in ("k1", "k3"):
        row = found.rows[name]
        assert row.mean == pytest.approx(exact, abs=5 * row.se)
        assert found.rows["rao-blackwell"].sd < row.sd
    assert found.warnings == ()


def test_sums_of_sequences_and_their_standard_errors_are_numpys() -> None:
    given = tokens((40, 50))
    logq, logp = given["logq"], given["logp"]
    found = from_logprobs(logq, logp)
    assert found.k1_sums == pytest.approx((logq - logp).sum(axis=1))
    ratio = np.exp(logp - logq)
    assert found.k3_sums == pytest.approx((ratio - 1 - np.log(ratio)).sum(axis=1))
    by_sequence = (logq - logp).mean(axis=1)
    assert found.rows["k1"].se == pytest.approx(by_sequence.std(ddof=1) / math.sqrt(40))


def test_tokens_that_repeat_within_a_sequence_do_not_shrink_the_error() -> None:
    logq, logp = normals(500, 0.5)
    alone = from_logprobs(logq, logp).rows
    repeated = from_logprobs(np.repeat(logq[:, None], 20, 1), np.repeat(logp[:, None], 20, 1)).rows
    flat = from_logprobs(np.repeat(logq, 20), np.repeat(logp, 20)).rows
    for name, row in alone.items():
        assert repeated[name].se == pytest.approx(row.se, rel=1e-9)
        assert flat[name].se < row.se / 4


def test_the_standard_error_by_sequence_covers_the_truth_for_sequences_of_all_lengths() -> None:
    rng = generator(2, "sequences")
    z = []
    for _ in range(400):
        lengths = rng.integers(1, 30, 60)
        mask = np.arange(30) < lengths[:, None]
        # A sequence's tokens share a part of their log ratio: k1 has a mean of 0.3.
        k1 = 0.3 + 0.5 * rng.standard_normal((60, 1)) + 0.5 * rng.standard_normal((60, 30))
        row = from_logprobs(np.full((60, 30), -9.0), -9.0 - k1, mask=mask).rows["k1"]
        z.append((row.mean - 0.3) / row.se)
    assert np.std(z) == pytest.approx(1, abs=0.18)
    assert np.mean(z) == pytest.approx(0, abs=5 / math.sqrt(400))


def test_masked_tokens_count_for_nothing_even_where_they_are_no_numbers() -> None:
    given = tokens((40, 50))
    mask = np.arange(50) < np.arange(1, 41)[:, None]
    flat = {name: each[mask] for name, each in given.items()}
    labels = np.nonzero(mask)[0]
    expected = from_logprobs(**flat, sequence=labels)  # type: ignore[arg-type]
    for each in given.values():
        each[~mask] = np.nan
    found = from_logprobs(**given, mask=mask.astype(int))  # type: ignore[arg-type]
    assert found.rows == expected.rows
    assert found.k1_sums.tolist() == expected.k1_sums.tolist()
    assert (found.tokens, found.sequences) == (mask.sum(), 40)


def test_a_wholly_masked_sequence_is_no_sequence() -> None:
    mask = np.ones((20, 3), dtype=bool)
    mask[4] = False
    assert from_logprobs(np.full((20, 3), -1.0), np.full((20, 3), -1.5), mask=mask).sequences == 19


def said(found: Report, *words: str) -> None:
    """Each warning holds one of these words, in this order, and nothing else is said."""
    assert len(found.warnings) == len(words), found.warnings
    for warning, word in zip(found.warnings, words, strict=True):
        assert word in warning
        assert warning.endswith(".")


def test_truncated_sampling_is_named_with_its_kept_mass() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.1, 0.1]))
    chosen = (generator(1, "u").random(1000) < 0.5 / 0.8).astype(int)
    logq, logp = (logits - math.log(0.8))[1 - chosen], logits[1 - chosen]
    found = from_logprobs(logq, logp)
    said(found, "a kept mass of 0.8")
    assert "top-p" in found.warnings[0]
    assert found.rows["k1"].mean == pytest.approx(-math.log(0.8))
    assert found.rows["k3"].mean == pytest.approx(-math.log(0.8) - 0.2)


def test_swapped_files_are_noticed_by_k1_and_by_the_ratio() -> None:
    logq, logp = normals(10_000, 0.5)
    said(from_logprobs(logp, logq), "never negative", "wrong direction")


def test_honest_samples_are_not_accused() -> None:
    accused = [
        seed for seed in range(200) if from_logprobs(*normals(2000, 0.3, seed=seed)).warnings != ()
    ]
    assert accused == []


def test_a_heavy_tail_is_told_with_its_shape() -> None:
    found = from_logprobs(*normals(1_000_000, 0.0, 3.0))
    assert found.pareto_k == pytest.approx(1 - 1 / 9, abs=0.15)
    assert any("the variance of k3 is infinite" in each for each in found.warnings)
    assert any("are too few for a mean over p/q" in each for each in found.warnings)
    light = from_logprobs(*normals(1_000_000, 0.0, 1.1))
    assert light.pareto_k == pytest.approx(1 - 1 / 1.21, abs=0.1)
    assert light.warnings == ()


def test_a_clamp_holds_the_log_ratio_and_says_how_often() -> None:
    logq, logp = normals(100_000, 1.0)
    found = from_logprobs(logq, logp, clamp=2.0)
    expected = np.clip(logp - logq, -2, 2)
    assert found.rows["k1"].mean == pytest.approx(-expected.mean())
    assert found.clamp_fraction == np.mean(np.abs(logp - logq) > 2)
    assert found.mean_ratio == from_logprobs(logq, logp).mean_ratio
    said(found, "clamped at")
    said(from_logprobs(logq, logp, clamp=50.0))


def test_numbers_that_are_no_log_probabilities_are_named() -> None:
    said(from_logprobs(np.array([-1.0, 0.5]), np.array([-1.0, 0.5])), "logq is above 0", "logp is")
    # 16 bits make a certain token's log-probability a little more than 0.
    said(from_logprobs(np.array([-1.0, 5e-4]), np.array([-1.0, 5e-4])))


def test_a_token_that_p_excludes_makes_the_divergence_infinite() -> None:
    logq, logp = normals(1000, 0.1)
    logp[7] = -math.inf
    found = from_logprobs(logq, logp)
    assert found.rows["k1"].mean == found.rows["k3"].mean == math.inf
    said(found, "KL(q‖p) is infinite")


def test_a_ratio_beyond_float64_is_told() -> None:
    logq, logp = normals(1000, 0.1)
    logq[7] = -2000.0
    found = from_logprobs(logq, logp)
    assert found.mean_ratio == math.inf
    assert any("too large for float64" in each for each in found.warnings)


def test_few_sequences_give_no_verdict() -> None:
    logq, logp = normals(1000, 0.5)
    found = from_logprobs(logp.reshape(2, 500), logq.reshape(2, 500))
    said(found, "with 2 of them")
    single = from_logprobs(logp[None], logq[None])
    assert math.isnan(single.rows["k1"].se)
    said(single, "with 1 of them")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"logq": [-1.0, math.nan]}, "logq has NaN at 1 of 2 positions, the first at [1]"),
        ({"logp": [math.nan, math.nan]}, "logp has NaN at 2 of 2 positions, the first at [0]"),
        ({"logp": [-1.0, math.inf]}, "logp has +inf"),
        ({"logq": [-math.inf, -1.0]}, "q cannot have sampled such a token"),
        ({"logq": [-1.0]}, "need one shape"),
        ({"logq": [[[-1.0]]], "logp": [[[-1.0]]]}, "need one shape"),
        ({"logq": ["a", "b"]}, "no real numbers"),
        ({"logq": [], "logp": []}, "no token that counts"),
        ({"mask": [0, 0]}, "no token that counts"),
        ({"mask": [1]}, "The mask has shape (1,)"),
        ({"mask": [1, 2]}, "1 for tokens that count"),
        ({"mask": ["y", "n"]}, "1 for tokens that count"),
        ({"sequence": [1]}, "labels of sequences"),
        ({"logits_q": [[0.0], [0.0]]}, "needs the logits of both"),
        ({"logits_q": [[0.0]], "logits_p": [[0.0]]}, "do not fit tokens"),
        ({"clamp": 0.0}, "above 0"),
        ({"clamp": math.nan}, "above 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    given: dict[str, object], sentence: str
) -> None:
    arguments = {"logq": [-1.0, -2.0], "logp": [-1.5, -1.0]} | given
    with pytest.raises(UsageError) as refused:
        from_logprobs(**arguments)  # type: ignore[arg-type]
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
