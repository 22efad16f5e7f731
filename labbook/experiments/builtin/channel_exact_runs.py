"""Blocks that are sent by the exact forms of grouped rejection, and by the sketch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exact_blocks import Form, Named, decode_exact, encode_exact
from labbook.channel.laws.geometric import Geometric
from labbook.experiments.beside import z_score
from labbook.experiments.builtin.channel_block_runs import (
    coder_of,
    decoder_of,
    is_quick,
    mean_and_error,
    symbols_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import Truncated
    from labbook.compute import Stream
    from labbook.model import Cell

EXACT: tuple[Form, ...] = ("S-restricted", "residual")
EXACT_COLUMNS = (
    "n",
    "form",
    "bits",
    "standard error",
    "exact",
    "z",
    "ones",
    "exact ones",
    "z of ones",
)
SKETCH_COLUMNS = ("n", "beyond", "in q", "off by", "standard error", "exact", "z")


@dataclass(frozen=True)
class ExactlySent:
    """Blocks of one pair.

    bits: (blocks,), of the flag and of an index or a block, by ideal codes
    ones: (blocks,), how many symbols that Bob decodes are 1
    beyond: (blocks,), whether what Bob decodes has r > M'
    """

    bits: NDArray[np.float64]
    ones: NDArray[np.int64]
    beyond: NDArray[np.bool_]


def is_quickly_sent(pair: DiscretePair, law: Truncated, blocks: int, of: int) -> bool:
    """Whether so many blocks can be sent by all three forms in one part of `of` of a run."""
    slowest = law.acceptance_restricted
    pairs = (pair,) * law.blocks.length
    return slowest > 0 and is_quick(pairs, 3 * blocks, slowest, of)


def send_exactly(
    pair: DiscretePair, law: Truncated, form: Form, shared: Stream, own: Stream, blocks: int
) -> ExactlySent:
    """So many blocks by one form."""
    n = law.blocks.length
    pairs = (pair,) * n
    coder = coder_of(pairs, law.log2_cap)
    messages = [encode_exact(coder, shared, own, block, form=form) for block in range(blocks)]
    decoded = [
        decode_exact(message, decoder_of(pairs, shared, block))
        for block, message in enumerate(messages)
    ]
    cost = _Cost(pair, law, form)
    return ExactlySent(
        np.array([cost.of(message, n) for message in messages]),
        np.array([symbols_of(block, n).count(1) for block in decoded]),
        np.array([coder.is_beyond(block) for block in decoded]),
    )


class _Cost:
    """Ideal codes for the flag and the index; a block costs −log2 p."""

    def __init__(self, pair: DiscretePair, law: Truncated, form: Form) -> None:
        self._p = pair.p
        self._searched = min(1.0, law.kept if form == "residual" else law.typical)
        is_restricted = form == "S-restricted"
        self._index = Geometric(law.acceptance_restricted) if is_restricted else law.index

    def of(self, message: int | Named[int] | Named[tuple[int, ...]], n: int) -> float:
        if isinstance(message, Named):
            block = symbols_of(message.block, n)
            return -math.log2(1 - self._searched) - sum(math.log2(self._p[z]) for z in block)
        return -math.log2(self._searched) - float(self._index.log2_pmf(message))


def exact_row(
    pair: DiscretePair, law: Truncated, form: Form, sent: ExactlySent
) -> tuple[Cell, ...]:
    """What EXACT_COLUMNS name."""
    n, blocks = law.blocks.length, len(sent.bits)
    mean, error = mean_and_error(sent.bits / n)
    exact = (law.bits_residual if form == "residual" else law.bits_restricted) / n
    ones, chance = float(sent.ones.mean() / n), pair.q[1] if len(pair.q) > 1 else 0.0
    spread = math.sqrt(chance * (1 - chance) / (blocks * n))
    z = z_score(ones, chance, spread, certain=True)
    return n, form, mean, error, exact, z_score(mean, exact, error), ones, chance, z


def sketch_row(law: Truncated, sent: ExactlySent) -> tuple[Cell, ...]:
    """What SKETCH_COLUMNS name: those it decodes too often are just those beyond the cap."""
    beyond, error = mean_and_error(sent.beyond.astype(np.float64))
    wanted = max(0.0, 1 - law.typical)
    z = z_score(beyond - wanted, law.tv_literal, error)
    return law.blocks.length, beyond, wanted, beyond - wanted, error, law.tv_literal, z
