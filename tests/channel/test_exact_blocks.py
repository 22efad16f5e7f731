"""The exact form of grouped rejection: its law, its flag, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from labbook.channel import DiscretePair
from labbook.channel.coders.bit_blocks import BitBlocks
from labbook.channel.coders.exact_blocks import ExactMessage, decode_exact, encode_exact, kept
from labbook.channel.laws.truncated import truncated
from labbook.compute import Stream

KL = DiscretePair((0.5, 0.5), (0.1, 0.9)).kl_bits
SHARED, OWN = Stream(3), Stream.named(3, "own")
COUNT = 6000


@pytest.mark.parametrize("n", [1, 4, 10])
def test_what_bob_decodes_has_exactly_the_target(n: int) -> None:
    blocks = BitBlocks(n, 0.9, n * (KL + 0.1))
    messages = [encode_exact(blocks, SHARED, OWN, block) for block in range(COUNT)]
    decoded = [decode_exact(n, SHARED, block, each) for block, each in enumerate(messages)]
    law = binom.pmf(np.arange(n + 1), n, 0.9)
    found = np.bincount([each.bit_count() for each in decoded], minlength=n + 1) / COUNT
    assert (np.abs(found - law) <= 4.5 * np.sqrt(law * (1 - law) / COUNT) + 1e-9).all()
    first = np.mean([each & 1 for each in decoded])
    assert abs(first - 0.9) < 4.5 * math.sqrt(0.09 / COUNT)
    exact = truncated(DiscretePair((0.5, 0.5), (0.1, 0.9)), n, 0.1)
    beta = exact.kept
    assert kept(blocks) == pytest.approx(beta, rel=1e-9)
    named = np.mean([each.is_named for each in messages])
    assert abs(named - (1 - beta)) < 4.5 * math.sqrt(beta * (1 - beta) / COUNT)
    bits = [_ideal_bits(each, n, beta, exact.acceptance) for each in messages]
    assert abs(np.mean(bits) - exact.bits_residual) < 4.5 * np.std(bits) / math.sqrt(COUNT)


def _ideal_bits(message: ExactMessage, n: int, beta: float, acceptance: float) -> float:
    if message.is_named:
        return n - math.log2(1 - beta)
    index = -math.log2(acceptance) - (message.value - 1) * math.log2(1 - acceptance)
    return index - math.log2(beta)


def test_without_a_cap_nothing_is_named() -> None:
    blocks = BitBlocks(6, 0.9, 6 * math.log2(1.8) + 1e-9)
    assert kept(blocks) == pytest.approx(1)
    assert not any(encode_exact(blocks, SHARED, OWN, block).is_named for block in range(500))


def test_a_block_depends_on_its_number_alone() -> None:
    blocks = BitBlocks(8, 0.8, 4.0)
    once = [encode_exact(blocks, SHARED, OWN, block) for block in range(50)]
    assert [encode_exact(blocks, SHARED, OWN, block) for block in range(49, -1, -1)] == once[::-1]
