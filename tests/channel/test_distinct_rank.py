"""Ranks among different symbols: Bob finds the symbol, and the ranks have their law."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from labbook.channel import DiscretePair, IndexCounts, Prior, encode
from labbook.channel.coders.distinct_rank import decode_ranks, encode_ranks
from labbook.channel.coders.greedy import encode_greedy
from labbook.channel.coders.poisson import encode_poisson
from labbook.compute import Stream
from labbook.errors import UsageError

FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
INDICATOR = DiscretePair((1 / 8,) * 8, (0.0,) * 5 + (1.0, 0.0, 0.0))
STREAM = Stream(6, 2)


@pytest.mark.parametrize("pair", [FOUR, INDICATOR], ids=["four", "indicator"])
@pytest.mark.parametrize("coder", [encode, encode_greedy, encode_poisson])
def test_bob_finds_the_symbol(pair: DiscretePair, coder: object) -> None:
    sent = coder(pair, STREAM, 3000, first=7)  # type: ignore[operator]
    ranks = encode_ranks(pair.prior, STREAM, sent.symbols, first=7)
    assert (decode_ranks(Prior(pair.p), STREAM, ranks, first=7) == sent.symbols).all()
    assert (ranks <= sent.messages).all()


def test_ranks_are_those_of_going_through_the_candidates() -> None:
    sent = encode(FOUR, STREAM, 50)
    ranks = encode_ranks(FOUR.prior, STREAM, sent.symbols)
    for block in range(50):
        words = STREAM.words(0, 400, block=block)[0::2]
        seen = list(dict.fromkeys(FOUR.prior.symbols(words).tolist()))
        assert ranks[block] == 1 + seen.index(int(sent.symbols[block]))


def test_one_of_eight_equal_symbols_costs_three_bits() -> None:
    blocks = 40_000
    sent = encode(INDICATOR, STREAM, blocks)
    found = IndexCounts.of(encode_ranks(INDICATOR.prior, STREAM, sent.symbols))
    assert found.indices.tolist() == list(range(1, 9))
    assert (np.abs(found.counts / blocks - 1 / 8) < 5 * math.sqrt(1 / 8 * 7 / 8 / blocks)).all()
    assert found.entropy == pytest.approx(3, abs=1e-3)


def test_a_symbol_chosen_beforehand_has_the_rank_of_drawing_without_return() -> None:
    """Order of first appearance: Plackett and Luce, with the weights p."""
    blocks, z = 40_000, 3
    ranks = encode_ranks(FOUR.prior, STREAM, np.full(blocks, z))
    law = np.zeros(4)
    for order in itertools.permutations(range(4)):
        chance, left = 1.0, 1.0
        for symbol in order:
            chance *= FOUR.p[symbol] / left
            left -= FOUR.p[symbol]
        law[order.index(z)] += chance
    found = np.bincount(ranks, minlength=5)[1:] / blocks
    assert (np.abs(found - law) < 5 * np.sqrt(law * (1 - law) / blocks)).all()


def test_what_is_no_rank_is_refused() -> None:
    for ranks in ([0], [5]):
        with pytest.raises(UsageError, match="among 4 symbols lies from 1 to 4"):
            decode_ranks(FOUR.prior, STREAM, np.array(ranks))
    many = Prior((1 / 300,) * 300)
    with pytest.raises(UsageError, match="at most 256 symbols, not 300"):
        encode_ranks(many, STREAM, np.array([1]))


def test_nothing_to_send_is_nothing() -> None:
    assert encode_ranks(FOUR.prior, STREAM, np.empty(0, dtype=np.intp)).size == 0
    assert decode_ranks(FOUR.prior, STREAM, np.empty(0, dtype=np.int64)).size == 0
