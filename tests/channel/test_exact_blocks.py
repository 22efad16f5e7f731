"""The exact forms of grouped rejection: their laws, against enumeration, and what they cost."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import numpy as np
import pytest

from labbook.channel import DiscretePair
from labbook.channel.coders.bit_blocks import BitBlocks, decode_block
from labbook.channel.coders.exact_blocks import Form, Named, decode_exact, encode_exact
from labbook.channel.coders.symbol_blocks import SymbolBlocks, decode_symbols
from labbook.channel.laws.truncated import Truncated, capped
from labbook.compute import Stream

COIN = DiscretePair((0.5, 0.5), (0.1, 0.9))
BENT = DiscretePair((0.3, 0.7), (0.8, 0.2))
FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
PAIRS = {
    "bit": [COIN],
    "bits": [COIN] * 4,
    "symbols": [FOUR] * 2,
    "mixed": [COIN, FOUR, BENT, COIN],
}
FORMS = get_args(Form)
SHARED, OWN = Stream(3), Stream.named(3, "own")
COUNT = 3000
EPS = 0.05


def coder(pairs: list[DiscretePair]) -> Any:
    cap = capped(Counter(pairs), EPS).log2_cap
    return BitBlocks(len(pairs), 0.9, cap) if set(pairs) == {COIN} else SymbolBlocks((*pairs,), cap)


def look(pairs: list[DiscretePair], number: int) -> Callable[[int], Any]:
    if set(pairs) == {COIN}:
        return partial(decode_block, len(pairs), SHARED, number)
    return partial(decode_symbols, [pair.prior for pair in pairs], SHARED, number)


def symbols(block: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    return tuple(block >> i & 1 for i in range(n)) if isinstance(block, int) else block


class Listed:
    """All blocks, with p and q of each."""

    def __init__(self, pairs: list[DiscretePair]) -> None:
        self.blocks = list(itertools.product(*(range(len(pair.p)) for pair in pairs)))
        self.p, self.q = (
            np.array([math.prod(a[z] for a, z in zip(laws, b, strict=True)) for b in self.blocks])
            for laws in ([pair.p for pair in pairs], [pair.q for pair in pairs])
        )
        self.cap = 2 ** sum(pair.kl_bits + EPS for pair in pairs)
        self.beyond = self.q > self.cap * self.p * (1 + 1e-12)

    def named(self, form: Form) -> np.ndarray:
        if form == "residual":
            return np.maximum(self.q - self.cap * self.p, 0)
        return np.where(self.beyond, self.q, 0)

    def decoded(self, form: Form) -> np.ndarray:
        searched = np.minimum(self.p, self.q / self.cap)
        if form == "S-restricted":
            searched = np.where(self.beyond, 0, searched)
        named = self.named(form)
        return named + (1 - named.sum()) * searched / searched.sum()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_what_bob_decodes_and_what_is_named_have_their_laws(
    pairs: list[DiscretePair], form: Form
) -> None:
    blocks, listed = coder(pairs), Listed(pairs)
    messages = [encode_exact(blocks, SHARED, OWN, number, form=form) for number in range(COUNT)]
    decoded = [decode_exact(each, look(pairs, number)) for number, each in enumerate(messages)]
    named = [each.block for each in messages if isinstance(each, Named)]
    law = listed.decoded(form)
    if form != "sketch":
        assert law == pytest.approx(listed.q, abs=1e-14)
    for found, exact in ((decoded, law), (named, listed.named(form))):
        counts = Counter(symbols(each, len(pairs)) for each in found)
        shares = np.array([counts[block] for block in listed.blocks]) / COUNT
        assert (np.abs(shares - exact) <= 4.5 * np.sqrt(exact * (1 - exact) / COUNT)).all()


@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_the_sketch_is_off_by_what_its_law_says(pairs: list[DiscretePair]) -> None:
    listed, law = Listed(pairs), capped(Counter(pairs), EPS)
    off = np.abs(listed.decoded("sketch") - listed.q).sum() / 2
    assert off == pytest.approx(law.tv_literal, abs=1e-12)
    blocks = coder(pairs)
    messages = [encode_exact(blocks, SHARED, OWN, number, form="sketch") for number in range(COUNT)]
    beyond = np.mean(
        [blocks.is_beyond(decode_exact(each, look(pairs, b))) for b, each in enumerate(messages)]
    )
    assert abs(beyond - (1 - law.typical) - off) < 4.5 * 0.5 / math.sqrt(COUNT)


@pytest.mark.parametrize("form", ["residual", "S-restricted"])
@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_ideal_bits_are_those_of_the_law(pairs: list[DiscretePair], form: Form) -> None:
    blocks, law = coder(pairs), capped(Counter(pairs), EPS)
    messages = [encode_exact(blocks, SHARED, OWN, number, form=form) for number in range(COUNT)]
    bits = [_ideal_bits(each, pairs, law, form) for each in messages]
    exact = law.bits_residual if form == "residual" else law.bits_restricted
    assert abs(np.mean(bits) - exact) < 4.5 * np.std(bits) / math.sqrt(COUNT)


def _ideal_bits(
    message: int | Named[Any], pairs: list[DiscretePair], law: Truncated, form: Form
) -> float:
    searching = law.kept if form == "residual" else law.typical
    if isinstance(message, Named):
        block = symbols(message.block, len(pairs))
        p = math.prod(pair.p[z] for pair, z in zip(pairs, block, strict=True))
        return -math.log2(p) - math.log2(1 - searching)
    success = law.acceptance if form == "residual" else law.typical / 2**law.log2_cap
    return (
        -math.log2(success) - (message - 1) * math.log2(1 - success) - math.log2(searching)
        if success < 1
        else -math.log2(searching)
    )


@pytest.mark.parametrize("form", FORMS)
def test_without_a_cap_nothing_is_named(form: Form) -> None:
    for blocks in (
        BitBlocks(6, 0.9, 6 * math.log2(1.8)),
        SymbolBlocks((FOUR,) * 2, 2 * FOUR.log2_m),
    ):
        assert not any(
            isinstance(encode_exact(blocks, SHARED, OWN, number, form=form), Named)
            for number in range(300)
        )


def test_a_block_on_the_cap_is_decided_alike_by_the_law_and_both_coders() -> None:
    for ones in range(9):
        cap = ones * math.log2(1.8) + (8 - ones) * math.log2(0.2)
        law = Truncated(capped({COIN: 8}, 0.0).blocks, cap)
        bits, general = BitBlocks(8, 0.9, cap), SymbolBlocks((COIN,) * 8, cap)
        for count in range(9):
            is_within = law.blocks.spectrum.log2_ratio[count] <= cap + 1e-9
            assert bits.is_beyond((1 << count) - 1) is not is_within
            assert general.is_beyond((1,) * count + (0,) * (8 - count)) is not is_within
        inside = sum(math.comb(8, k) * 0.9**k * 0.1 ** (8 - k) for k in range(ones + 1))
        assert law.typical == pytest.approx(inside, rel=1e-12)


def test_a_block_depends_on_its_number_alone() -> None:
    blocks = BitBlocks(8, 0.8, 4.0)
    once = [encode_exact(blocks, SHARED, OWN, block) for block in range(50)]
    assert [encode_exact(blocks, SHARED, OWN, block) for block in range(49, -1, -1)] == once[::-1]
