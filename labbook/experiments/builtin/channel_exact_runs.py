"""Blocks that are sent by the exact forms of grouped rejection, and by the sketch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.coders.exact_blocks import Form, Named, decode_exact, encode_exact
from labbook.channel.laws.geometric import Geometric
from labbook.compute import Stream
from labbook.experiments.beside import z_score
from labbook.experiments.builtin.channel_block_runs import (
    coder_of,
    decoder_of,
    error_of_share,
    is_quick,
    mean_and_error,
    symbols_of,
    told,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import Truncated
    from labbook.experiments import Trial
    from labbook.experiments.builtin.channel_block_runs import Tell
    from labbook.model import Cell

    Streams = tuple[Stream, Stream]

FORMS: tuple[Form, ...] = ("S-restricted", "residual", "sketch")
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


def sent_by_all_forms(
    trial: Trial, found: dict[int, Truncated], pair: DiscretePair, blocks: int
) -> dict[tuple[int, Form], ExactlySent]:
    """For each n for which it is quick; the second half of the progress of a run."""
    sent = {}
    for done, (n, each) in enumerate(found.items(), start=len(found)):
        slowest = each.acceptance_restricted
        if not slowest or not is_quick((pair,) * n, len(FORMS) * blocks, slowest, len(found)):
            continue
        streams = Stream.named(trial.seed, f"shared {n}"), Stream.named(trial.seed, f"own {n}")
        for place, form in enumerate(FORMS):

            def tell(part: float, done: int = done, place: int = place) -> None:
                trial.progress(done + (place + part) / len(FORMS), of=2 * len(found))

            sent[n, form] = send_exactly(pair, each, form, streams, blocks, tell)
    return sent


def send_exactly(
    pair: DiscretePair, law: Truncated, form: Form, streams: Streams, blocks: int, tell: Tell
) -> ExactlySent:
    """So many blocks by one form.

    streams: the one that is shared, and Alice's own
    """
    shared, own = streams
    n = law.blocks.length
    pairs = (pair,) * n
    coder = coder_of(pairs, law.log2_cap)
    messages = [
        encode_exact(coder, shared, own, block, form=form) for block in told(range(blocks), tell)
    ]
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
    z = z_score(ones, chance, error_of_share(chance, blocks * n), certain=True)
    return n, form, mean, error, exact, z_score(mean, exact, error), ones, chance, z


def sketch_row(law: Truncated, sent: ExactlySent) -> tuple[Cell, ...]:
    """What SKETCH_COLUMNS name: those it decodes too often are just those beyond the cap."""
    beyond, wanted = float(sent.beyond.mean()), max(0.0, 1 - law.typical)
    error = error_of_share(wanted + law.tv_literal, len(sent.beyond))
    z = z_score(beyond - wanted, law.tv_literal, error, certain=True)
    return law.blocks.length, beyond, wanted, beyond - wanted, error, law.tv_literal, z
