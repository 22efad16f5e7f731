"""Blocks of any symbols: Alice searches in integers, Bob needs NumPy, and the law is exact."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.channel import DiscretePair, Prior
from labbook.channel.coders.block_search import encode_block
from labbook.channel.coders.exponentials import exponentials
from labbook.channel.coders.symbol_blocks import WORDS_AT_ONCE, SymbolBlocks, decode_symbols
from labbook.channel.laws.truncated import capped
from labbook.compute import Stream
from labbook.errors import UsageError

COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
BENT = DiscretePair((0.3, 0.7), (0.8, 0.2))
FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
HOLES = DiscretePair((0.25, 0.25, 0.5, 0.0), (0.6, 0.4, 0.0, 0.0))
BLOCKS = {
    "one": (FOUR,),
    "equal": (BENT,) * 7,
    "mixed": (COIN, FOUR, BENT, HOLES, FOUR),
    "in turn": (COIN, BENT) * 5,
}


def blocks(pairs: tuple[DiscretePair, ...], eps: float = 0.1) -> SymbolBlocks:
    return SymbolBlocks(pairs, capped(Counter(pairs), eps).log2_cap)


def plainly(each: SymbolBlocks, stream: Stream, block: int) -> tuple[int, tuple[int, ...]]:
    """Candidate by candidate, with logarithms of thirty digits."""
    key, n = np.array([stream.seed, stream.number], dtype=np.uint64), each.n
    for message in range(1, 10**6):
        first = (n + 1) * (message - 1)
        bits = np.random.Philox(key=key, counter=[first // 4, block, 0, 0])
        *words, coin = (int(w) for w in bits.random_raw(first % 4 + n + 1)[first % 4 :])
        z = tuple(
            int(np.searchsorted(np.cumsum(pair.p), word / 2**64, side="right"))
            for pair, word in zip(each.pairs, words, strict=True)
        )
        r = math.prod(
            (
                Decimal(pair.q[s]) / Decimal(pair.p[s])
                for pair, s in zip(each.pairs, z, strict=True)
            ),
            start=Decimal(1),
        )
        u = (Decimal(coin // 4096) + Decimal("0.5")) / 2**52
        if r and -u.ln() >= Decimal(each.log2_cap) * Decimal(2).ln() - r.ln():
            return message, z
    raise AssertionError


@pytest.mark.parametrize("pairs", BLOCKS.values(), ids=BLOCKS)
def test_alice_takes_the_first_that_a_plain_search_takes(pairs: tuple[DiscretePair, ...]) -> None:
    each, stream = blocks(pairs), Stream(11, 3)
    priors = [Prior(pair.p) for pair in pairs]
    with localcontext() as context:
        context.prec = 30
        for block in range(15):
            message, z = plainly(each, stream, block)
            assert encode_block(each, stream, block) == message
            assert decode_symbols(priors, stream, block, message) == z


@pytest.mark.parametrize("pairs", BLOCKS.values(), ids=BLOCKS)
def test_messages_and_symbols_have_their_exact_laws(pairs: tuple[DiscretePair, ...]) -> None:
    each, stream, count = blocks(pairs), Stream(5), 3000
    law = capped(Counter(pairs), 0.1)
    messages = [encode_block(each, stream, block) for block in range(count)]
    index = law.index
    assert abs(np.mean(messages) - index.mean) < 4.5 * index.sd / math.sqrt(count)
    priors = [pair.prior for pair in pairs]
    decoded = np.array([decode_symbols(priors, stream, b, m) for b, m in enumerate(messages)])
    for kind, shares in zip(law.blocks.kinds, law.blocks.shares, strict=True):
        exact = shares @ law.decoded
        places = [place for place, pair in enumerate(pairs) if pair == kind]
        for symbol, chance in enumerate(exact):
            found = (decoded[:, places] == symbol).mean(axis=1)
            spread = max(float(found.std()), 1e-9) / math.sqrt(count)
            assert abs(found.mean() - chance) < 4.5 * spread


def reaching(each: SymbolBlocks, words: list[int]) -> bool:
    """The rule of the module, without a fence."""
    *symbols, coin = (np.array([word], dtype=np.uint64) for word in words)
    z = tuple(int(p.prior.symbols(w)[0]) for p, w in zip(each.pairs, symbols, strict=True))
    return int(exponentials(coin)[0]) >= -each.excess(z)


@given(st.floats(-5, 60), st.sampled_from(list(BLOCKS.values())), st.data())
def test_the_fence_lets_everything_through_that_is_accepted(
    log2_cap: float, pairs: tuple[DiscretePair, ...], data: st.DataObject
) -> None:
    each = SymbolBlocks(pairs, log2_cap)
    word = st.integers(0, 63).flatmap(lambda bits: st.integers(0, 2 ** (bits + 1) - 1))
    row = st.lists(word, min_size=each.n + 1, max_size=each.n + 1)
    rows = data.draw(st.lists(row, min_size=1, max_size=10))
    accepted = [reaching(each, words) for words in rows]
    expected = accepted.index(True) if any(accepted) else -1
    assert each.first_accepted(np.array(rows, dtype=np.uint64).ravel()) == expected


@pytest.mark.parametrize("pairs", BLOCKS.values(), ids=BLOCKS)
def test_logarithms_are_the_nearest_units(pairs: tuple[DiscretePair, ...]) -> None:
    each = SymbolBlocks(pairs, 1.5)
    for pair, place in zip(pairs, range(each.n), strict=True):
        rest = [int(np.argmax(other.q)) for other in pairs]
        for symbol, want in enumerate(pair.q):
            block = (*rest[:place], symbol, *rest[place + 1 :])
            if want:
                r = math.prod(a.q[z] / a.p[z] for a, z in zip(pairs, block, strict=True))
                exact = (math.log(r) - 1.5 * math.log(2)) * 2**32
                assert abs(each.excess(block) - exact) <= (each.n + 1) / 2 + 1e-3
            else:
                assert each.excess(block) < -(1 << 50)


def test_a_block_at_the_cap_is_always_accepted_and_without_mass_never() -> None:
    each = SymbolBlocks((HOLES,) * 3, 3 * math.log2(2.4))
    largest = 2**64 - 1
    assert each.first_accepted(np.array([0, 0, 0, largest], dtype=np.uint64)) == 0
    assert each.first_accepted(np.array([0, 0, 1 << 63, 0], dtype=np.uint64)) == -1
    # On the cap is within it, though the nearest units may lie above.
    assert not each.is_beyond((0, 0, 0))
    assert SymbolBlocks((HOLES,) * 3, 3 * math.log2(2.4) - 1e-6).is_beyond((0, 0, 0))


def test_what_lies_beyond_the_cap_may_be_left_out() -> None:
    each = SymbolBlocks((COIN,) * 4, 2.0).restricted
    beyond, within = [0, 0, 0, 0, 0], [0, 0, 0, 1 << 63, 0]
    assert each.first_accepted(np.array(beyond + within, dtype=np.uint64)) == 1


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_chunks_find_the_same(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    each, stream = blocks((COIN, BENT) * 9), Stream(8)
    expected = [encode_block(each, stream, block) for block in range(3)]
    assert max(expected) > 1000
    assert [encode_block(each, stream, block, threads=threads) for block in range(3)] == expected
    monkeypatch.setattr("labbook.channel.coders.symbol_blocks.WORDS_AT_ONCE", 1 << 9)
    assert [encode_block(each, stream, block) for block in range(3)] == expected
    assert WORDS_AT_ONCE // 19 > 1 << 9


def test_bob_decodes_an_index_that_no_search_would_reach() -> None:
    priors, message = [FOUR.prior] * 3, 2**55 + 3
    bits = np.random.Philox(key=[9, 0], counter=[(message - 1), 6, 0, 0])
    expected = [np.searchsorted(np.cumsum(FOUR.p), w / 2**64) for w in bits.random_raw(3)]
    assert decode_symbols(priors, Stream(9), 6, message) == tuple(expected)


def test_progress_is_told_and_may_end_the_work() -> None:
    seen: list[float] = []

    def stop(examined: float) -> None:
        seen.append(examined)
        if examined > 10**5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_block(blocks((COIN,) * 60), Stream(1), 0, progress=stop)
    assert seen == sorted(seen)


def test_impossible_blocks_are_refused() -> None:
    with pytest.raises(UsageError, match="from 1 to 1024 symbols, not 0"):
        SymbolBlocks((), 1.0)
    with pytest.raises(UsageError, match="not 1025"):
        SymbolBlocks((COIN,) * 1025, 1.0)
    for log2_cap in (math.nan, math.inf, 1e6):
        with pytest.raises(UsageError, match="The cap on q/p cannot be"):
            SymbolBlocks((COIN,), log2_cap)
