"""Sequences: every exact number against all sequences one by one, and finite differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr, softmax

from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.kl.chain import ChainPair, kl_gradient, simulate
from labbook.kl.chain_laws import SequenceLaws, sequence_laws

Reals = NDArray[np.float64]

NAMES = ("k1", "token_k3", "rao_blackwell", "sequence_k3")


def logits(size: int, distance: float, seed: int = 0) -> list[Reals]:
    """Of q's first and later tokens, then of p's."""
    draw = np.random.default_rng([size, seed])
    q = [draw.normal(size=size), draw.normal(size=(size, size))]
    return [*q, *(each + distance * draw.normal(size=each.shape) for each in q)]


def chains(size: int, distance: float, seed: int = 0) -> ChainPair:
    return ChainPair.softmax(*logits(size, distance, seed))


class All:
    """Every sequence of a length, with its probability and the estimators' values."""

    def __init__(self, given: list[Reals], tokens: int) -> None:
        q0, q, p0, p = (softmax(each, axis=-1) for each in given)
        blackwell = rel_entr(q, p).sum(axis=1)
        rows = []
        for path in itertools.product(range(len(q0)), repeat=tokens):
            pairs = list(itertools.pairwise(path))
            of_q = [q0[path[0]], *(q[each] for each in pairs)]
            of_p = [p0[path[0]], *(p[each] for each in pairs)]
            ratios = np.array(of_p) / np.array(of_q)
            whole = math.prod(ratios)
            rows.append(
                (
                    math.prod(of_q),
                    whole,
                    -math.log(whole),
                    float(np.sum(ratios - 1 - np.log(ratios))),
                    float(rel_entr(q0, p0).sum()) + sum(blackwell[one] for one, _ in pairs),
                    whole - 1 - math.log(whole),
                )
            )
        columns = np.array(rows).T
        self.weight, self.ratio = columns[:2]
        self.values = dict(zip(NAMES, columns[2:], strict=True))

    def mean(self, values: Reals) -> float:
        return float(self.weight @ values)

    def central(self, values: Reals, power: int) -> float:
        return self.mean((values - self.mean(values)) ** power)


@pytest.mark.parametrize("tokens", [1, 2, 3, 6])
@pytest.mark.parametrize(("size", "distance"), [(2, 0.5), (3, 0.1), (3, 1.0), (4, 0.5)])
def test_laws_are_those_of_all_sequences_one_by_one(
    size: int, distance: float, tokens: int
) -> None:
    given = logits(size, distance)
    every = All(given, tokens)
    (laws,) = sequence_laws(ChainPair.softmax(*given), [tokens])
    k1 = every.values["k1"]
    assert laws.kl == pytest.approx(every.mean(k1), rel=1e-10)
    assert laws.reverse_kl == pytest.approx(-every.mean(every.ratio * k1), rel=1e-10)
    assert laws.chi2 == pytest.approx(every.mean((every.ratio - 1) ** 2), rel=1e-10)
    for name, values in every.values.items():
        law = laws.laws[name]
        assert law.mean == pytest.approx(laws.kl, rel=1e-10), name
        assert law.sd == pytest.approx(math.sqrt(every.central(values, 2)), rel=1e-9, abs=1e-12)
        if law.sd > 0:
            kurtosis = every.central(values, 4) / every.central(values, 2) ** 2
            assert law.kurtosis == pytest.approx(kurtosis, rel=1e-7), name


@pytest.mark.parametrize("tokens", [1, 2, 5])
def test_no_other_weight_scatters_less_than_the_best(tokens: int) -> None:
    given = logits(3, 0.7)
    every = All(given, tokens)
    (laws,) = sequence_laws(ChainPair.softmax(*given), [tokens])

    def variance(weight: float) -> float:
        return every.central(every.values["k1"] + weight * (every.ratio - 1), 2)

    least = variance(laws.best_weight)
    assert laws.best_sd == pytest.approx(math.sqrt(least), rel=1e-9)
    for off in (-0.01, 0.01):
        assert variance(laws.best_weight + off) > least


def test_tokens_that_do_not_depend_on_each_other_multiply() -> None:
    """χ² + 1 and M(t) are products, and KL is a sum, for independent tokens."""
    q, p = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.4, 0.2])
    pair = ChainPair.of(q, np.tile(q, (3, 1)), p, np.tile(p, (3, 1)))
    for laws in sequence_laws(pair, [1, 4, 30]):
        tokens = laws.tokens
        assert laws.kl == pytest.approx(tokens * 0.02526715, rel=1e-6)
        assert laws.chi2 + 1 == pytest.approx((1 + 0.05333333) ** tokens, rel=1e-7)
        assert laws.laws["k1"].sd == pytest.approx(math.sqrt(tokens) * 0.2215545, rel=1e-6)
        assert laws.laws["token_k3"].sd == pytest.approx(math.sqrt(tokens) * 0.01595601, rel=1e-6)
        assert laws.laws["rao_blackwell"].sd == 0
    first = sequence_laws(pair, [1])[0]
    assert first.best_weight == pytest.approx(0.957798, rel=1e-6)
    assert first.best_sd == pytest.approx(0.01263358, rel=1e-6)


def test_the_spread_of_sequence_k3_grows_exponentially_and_the_others_like_a_root() -> None:
    by_length = {each.tokens: each for each in sequence_laws(chains(3, 0.7), [100, 200, 400])}

    def growth(name: str, one: int, two: int) -> float:
        return by_length[two].laws[name].sd / by_length[one].laws[name].sd

    for name in ("k1", "token_k3", "rao_blackwell"):
        assert growth(name, 100, 400) == pytest.approx(2, rel=0.05)
    assert growth("sequence_k3", 200, 400) == pytest.approx(
        growth("sequence_k3", 100, 200) ** 2, rel=0.1
    )
    assert growth("sequence_k3", 200, 400) > 100


def test_close_chains_lose_no_digits() -> None:
    """The variances scale like the 2nd, and that of both k3 like the 4th power of the distance."""
    near, nearer = (sequence_laws(chains(3, each), [50])[0] for each in (2e-4, 1e-4))
    assert near.kl / nearer.kl == pytest.approx(4, rel=1e-2)
    for name, power in zip(NAMES, (1, 2, 2, 2), strict=True):
        ratio = near.laws[name].sd / nearer.laws[name].sd
        assert ratio == pytest.approx(2**power, rel=1e-2), name


def test_beyond_double_precision_a_spread_is_infinite_and_the_others_stay() -> None:
    pair = chains(3, 1.5)
    (laws,) = sequence_laws(pair, [3000])
    assert math.isinf(laws.chi2)
    assert math.isinf(laws.laws["sequence_k3"].sd)
    assert laws.laws["sequence_k3"].mean == pytest.approx(laws.kl, rel=1e-6)
    assert laws.best_weight == 0
    assert laws.best_sd == laws.laws["k1"].sd
    assert math.isfinite(laws.laws["token_k3"].kurtosis)


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_sequences_agree_within_five_standard_errors(seed: int) -> None:
    found = simulate(chains(3, 0.4), [1, 2, 5, 20], 40_000, seed=seed)
    assert list(found) == [1, 2, 5, 20]
    for tokens, row in found.items():
        assert tuple(row) == NAMES
        for name, each in row.items():
            if each.law.sd == 0:
                assert each.moments.mean == pytest.approx(each.law.mean, rel=1e-12)
                continue
            assert abs(each.mean_z) < 5, (tokens, name)
            if each.sd_se < 0.1 * each.law.sd:
                assert abs(each.sd_z) < 5, (tokens, name)


def test_token_t_of_sequence_k_is_word_k_of_block_t_minus_1() -> None:
    given = logits(3, 0.6)
    q0, q, p0, p = (softmax(each, axis=-1) for each in given)
    values = []
    for k in range(40):
        total, law_q, law_p = 0.0, q0, p0
        for block in range(6):
            u = int(Stream(9).words(k, 1, block=block)[0] >> 11) / 2**53
            symbol = int(np.searchsorted(np.cumsum(law_q), u, side="right"))
            total += math.log(law_q[symbol] / law_p[symbol])
            law_q, law_p = q[symbol], p[symbol]
        values.append(total)
    found = simulate(ChainPair.softmax(*given), [6], 40, seed=9)[6]["k1"].moments
    assert found.mean == pytest.approx(np.mean(values), rel=1e-12)
    assert found.sd == pytest.approx(np.std(values, ddof=1), rel=1e-12)


def test_neither_the_chunk_nor_longer_lengths_change_a_shorter_one() -> None:
    pair = chains(3, 0.5)
    alone = simulate(pair, [5], 3000, seed=2)[5]
    assert simulate(pair, [50, 5], 3000, seed=2)[5] == alone
    for name, each in simulate(pair, [5], 3000, seed=2, chunk=700)[5].items():
        assert each.moments.mean == pytest.approx(alone[name].moments.mean, rel=1e-12)
        assert each.moments.sd == pytest.approx(alone[name].moments.sd, rel=1e-10)


def test_progress_counts_up_to_the_tokens() -> None:
    seen: list[tuple[int, int]] = []
    simulate(chains(3, 0.5), [3], 25, seed=1, chunk=10, progress=lambda *each: seen.append(each))
    assert seen == [(30, 75), (60, 75), (75, 75)]


@pytest.mark.parametrize("tokens", [1, 2, 5, 20])
def test_the_full_gradient_is_the_finite_difference_of_the_exact_kl(tokens: int) -> None:
    given = logits(3, 0.8)
    found = kl_gradient(ChainPair.softmax(*given), tokens).flat
    by, expected = 1e-5, []
    for part in (0, 1):
        for cell in np.ndindex(given[part].shape):
            sides: list[SequenceLaws] = []
            for sign in (1, -1):
                moved = [each.copy() for each in given]
                moved[part][cell] += sign * by
                sides += sequence_laws(ChainPair.softmax(*moved), [tokens])
            expected.append((sides[0].kl - sides[1].kl) / (2 * by))
    assert found == pytest.approx(np.array(expected), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("tokens", [1, 2, 4])
def test_gradients_are_the_means_of_the_losses_they_are_said_to_be(tokens: int) -> None:
    """The full one of −L times the score of the whole sequence, the partial one of the sum over
    tokens of −ℓ times the token's own score; both over all sequences.
    """
    given = logits(3, 0.8)
    q0, q, p0, p = (softmax(each, axis=-1) for each in given)
    full, partial = np.zeros(12), np.zeros(12)
    for path in itertools.product(range(3), repeat=tokens):
        weight, cost, score = 1.0, 0.0, np.zeros(12)
        token_by_token = np.zeros(12)
        for at, symbol in enumerate(path):
            law_q, law_p = (q0, p0) if at == 0 else (q[path[at - 1]], p[path[at - 1]])
            begin = 0 if at == 0 else 3 + 3 * path[at - 1]
            own = np.zeros(12)
            own[begin : begin + 3] = np.eye(3)[symbol] - law_q
            here = math.log(law_q[symbol] / law_p[symbol])
            weight *= law_q[symbol]
            cost += here
            score += own
            token_by_token += here * own
        full += weight * cost * score
        partial += weight * token_by_token
    pair = ChainPair.softmax(*given)
    assert kl_gradient(pair, tokens).flat == pytest.approx(full, abs=1e-12)
    assert kl_gradient(pair, tokens, partial=True).flat == pytest.approx(partial, abs=1e-12)
    assert np.allclose(full, partial, atol=1e-9) == (tokens == 1)


def test_steps_that_neither_chain_can_do_count_for_nothing() -> None:
    q0, q = [1.0, 0.0], [[0.5, 0.5], [1.0, 0.0]]
    p0, p = [1.0, 0.0], [[0.25, 0.75], [1.0, 0.0]]
    pair = ChainPair.of(q0, q, p0, p)
    (laws,) = sequence_laws(pair, [2])
    assert laws.kl == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))
    found = simulate(pair, [2], 20_000, seed=1)[2]
    assert abs(found["k1"].mean_z) < 5


@pytest.mark.parametrize(
    ("laws", "sentence"),
    [
        (([0.5, 0.5], [[0.5, 0.4], [0.5, 0.5]]), "sum to 1"),
        (([0.5, 0.5], [[0.5, 0.5]]), "S rows"),
        (([1.5, -0.5], [[0.5, 0.5], [0.5, 0.5]]), "sum to 1"),
        (([1.0, 0.0], [[0.5, 0.5], [0.5, 0.5]]), "the other cannot"),
    ],
)
def test_what_is_no_pair_of_chains_is_refused(
    laws: tuple[ArrayLike, ArrayLike], sentence: str
) -> None:
    fine = ([0.5, 0.5], [[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(UsageError, match=sentence):
        ChainPair.of(laws[0], laws[1], *fine)


def test_lengths_and_counts_that_make_no_sense_are_refused() -> None:
    pair = chains(2, 0.5)
    for lengths in ([], [0], [3, -1]):
        with pytest.raises(UsageError, match="lengths of sequences"):
            sequence_laws(pair, lengths)
    with pytest.raises(UsageError, match="at least 2 sequences"):
        simulate(pair, [3], 1, seed=1)
    with pytest.raises(UsageError, match="at least 1 token"):
        kl_gradient(pair, 0)
