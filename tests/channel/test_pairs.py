"""Priors and targets: exact thresholds, and clear refusals."""

from __future__ import annotations

import bisect
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel import DiscretePair, Prior
from labbook.errors import UsageError

ALL_WORDS = 2**64
PAIRS = {
    "coin": ((0.5, 0.5), (0.9, 0.1)),
    "four": ((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6)),
    "zeros": ((0.0, 0.5, 0.0, 0.25, 0.25, 0.0), (0.0, 0.1, 0.0, 0.9, 0.0, 0.0)),
    "one of eight": ((0.125,) * 8, (0.0,) * 5 + (1.0, 0.0, 0.0)),
    "the same": ((0.3, 0.7), (0.3, 0.7)),
    "one symbol": ((1.0,), (1.0,)),
    "thirds": ((0.3333333333, 0.3333333333, 0.3333333333), (0.2, 0.2, 0.6)),
    "rare": ((1 - 1e-12, 1e-12), (0.5, 0.5)),
    "many": (tuple([1 / 40] * 40), tuple(k / 820 for k in range(1, 41))),
}


def normalised(probabilities: tuple[float, ...]) -> list[Fraction]:
    fractions = [Fraction(each) for each in probabilities]
    return [each / sum(fractions) for each in fractions]


@st.composite
def distributions(draw: st.DrawFn, size: int, *, positive: bool) -> tuple[float, ...]:
    weights = draw(
        st.lists(st.integers(1 if positive else 0, 10**6), min_size=size, max_size=size).filter(any)
    )
    return tuple(weight / sum(weights) for weight in weights)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[tuple[float, ...], tuple[float, ...]]:
    size = draw(st.integers(1, 20))
    return draw(distributions(size, positive=True)), draw(distributions(size, positive=False))


@pytest.mark.parametrize(("p", "_q"), PAIRS.values(), ids=PAIRS)
def test_each_symbol_has_its_words_without_rounding(
    p: tuple[float, ...], _q: tuple[float, ...]
) -> None:
    prior, cumulative, begin = Prior(p), Fraction(0), 0
    for symbol, probability in enumerate(normalised(p)):
        cumulative += probability
        end = math.floor(ALL_WORDS * cumulative)
        assert prior.masses[symbol] == end - begin
        if end > begin:
            edges = np.array([begin, end - 1], dtype=np.uint64)
            assert prior.symbols(edges).tolist() == [symbol, symbol]
        begin = end
    assert begin == ALL_WORDS


@pytest.mark.parametrize("p", [p for p, _ in PAIRS.values()], ids=PAIRS)
def test_words_become_symbols_in_any_shape(p: tuple[float, ...]) -> None:
    words = np.random.Philox(1).random_raw(600)
    prior = Prior(p)
    ends = list(itertools.accumulate(prior.masses))
    one_by_one = [bisect.bisect_right(ends, int(word)) for word in words]
    assert prior.symbols(words).tolist() == one_by_one
    assert prior.symbols(words.reshape(20, 30)).ravel().tolist() == one_by_one


@settings(max_examples=40, deadline=None)
@given(pairs())
def test_what_is_sent_is_the_target_but_for_the_last_of_64_bits(
    pair_of: tuple[tuple[float, ...], tuple[float, ...]],
) -> None:
    p, q = pair_of
    pair = DiscretePair(p, q)
    exact_p, exact_q = normalised(p), normalised(q)
    ratios = [wanted / offered for wanted, offered in zip(exact_q, exact_p, strict=True)]
    assert pair.largest_ratio == max(ratios)
    accepted = [ratio / max(ratios) for ratio in ratios]
    # What each symbol's two probabilities may be off by, relative to them; 1e-15 for printing.
    errors = [
        float((1 / offer + 1 / accept) / ALL_WORDS) if accept else 0.0
        for offer, accept in zip(exact_p, accepted, strict=True)
    ]
    assert pair.acceptance == pytest.approx(float(1 / max(ratios)), rel=1e-15 + max(errors))
    for z, (sent, a) in enumerate(zip(pair.sent, accepted, strict=True)):
        assert sent == pytest.approx(float(exact_q[z]), rel=1e-15 + errors[z] + max(errors), abs=0)
        limit = ALL_WORDS if pair.always[z] else int(pair.limits[z])
        assert limit == math.floor(ALL_WORDS * a)


@pytest.mark.parametrize(("p", "q"), PAIRS.values(), ids=PAIRS)
def test_a_candidate_is_accepted_below_its_limit_and_not_above(
    p: tuple[float, ...], q: tuple[float, ...]
) -> None:
    pair = DiscretePair(p, q)
    for z, (limit, always) in enumerate(zip(pair.limits, pair.always, strict=True)):
        highest = ALL_WORDS if always else int(limit)
        words = [word for word in (0, highest - 1, highest, ALL_WORDS - 1) if 0 <= word < ALL_WORDS]
        accepted = pair.accepts(np.full(len(words), z), np.array(words, dtype=np.uint64))
        assert accepted.tolist() == [word < highest for word in words]


@pytest.mark.parametrize(
    ("p", "q", "kl", "log2_m"),
    [
        (
            (0.5, 0.5),
            (0.9, 0.1),
            1 - 0.9 * math.log2(1 / 0.9) - 0.1 * math.log2(10),
            math.log2(1.8),
        ),
        ((0.125,) * 8, (0.0,) * 7 + (1.0,), 3.0, 3.0),
        ((0.3, 0.7), (0.3, 0.7), 0.0, 0.0),
        ((0.25, 0.25, 0.5), (0.5, 0.25, 0.25), 0.25, 1.0),
    ],
)
def test_divergences_are_in_bits(
    p: tuple[float, ...], q: tuple[float, ...], kl: float, log2_m: float
) -> None:
    pair = DiscretePair(p, q)
    assert pair.kl_bits == pytest.approx(kl, abs=1e-14)
    assert pair.log2_m == pytest.approx(log2_m, abs=1e-14)


@pytest.mark.parametrize(
    ("p", "q", "sentence"),
    [
        ((0.5, 0.5), (0.5, 0.3, 0.2), "p and q have 2 and 3 symbols"),
        ((0.5, 0.6), (0.5, 0.5), "probabilities of p sum to 1.1 and not to 1"),
        ((0.5, 0.5), (0.5, 0.5 + 2e-9), "probabilities of q sum to 1.000000002 and not to 1"),
        ((-0.5, 1.5), (0.5, 0.5), "p has -0.5 at place 1, which is no probability"),
        ((0.5, 0.5), (0.5, math.nan), "q has nan at place 2, which is no probability"),
        ((0.5, 0.5), (math.inf, 0.5), "q has inf at place 1, which is no probability"),
        ((1.0, 0.0), (0.8, 0.2), "q gives 0.2 to the symbol at place 2, where p gives nothing"),
        ((), (), "probabilities of p sum to 0 and not to 1"),
    ],
)
def test_what_is_no_pair_is_refused_in_a_sentence(
    p: tuple[float, ...], q: tuple[float, ...], sentence: str
) -> None:
    with pytest.raises(UsageError) as refused:
        DiscretePair(p, q)
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


def test_a_sum_within_a_billionth_is_taken_and_divided_out() -> None:
    pair = DiscretePair((0.3333333333,) * 3, (0.3333333333,) * 3)
    assert pair.prior.masses == (ALL_WORDS // 3, ALL_WORDS // 3, ALL_WORDS // 3 + 1)
    assert pair.kl_bits == 0.0
    assert pair.largest_ratio == 1
