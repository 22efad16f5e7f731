"""Blocks that are sent and decoded, for the experiments that have exact figures of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from labbook.channel.coders.bit_blocks import LONGEST, BitBlocks, decode_block
from labbook.channel.coders.block_search import FIRST_LOOK, encode_block
from labbook.channel.coders.symbol_blocks import SymbolBlocks, decode_symbols
from labbook.compute import Stream
from labbook.experiments.beside import z_score
from labbook.model import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from labbook.channel import DiscretePair
    from labbook.channel.laws.truncated import Truncated
    from labbook.experiments import Trial
    from labbook.model import Cell

    Reals = NDArray[np.float64]
    Pairs = tuple[DiscretePair, ...]
    Tell = Callable[[float], None]

INDEX_COLUMNS = ("n", "eps", "mean log2 K / n", "standard error", "exact", "z")
DISTANCE_COLUMNS = (
    "blocks",
    "exact blocks",
    "z of blocks",
    "one symbol",
    "exact one symbol",
    "z of one symbol",
)

WORDS = 4e8
"""Random words that all simulated blocks of a run may take: some 5 s."""

_SAME = 1e-9


def is_quick(pairs: Pairs, blocks: int, success: float, of: int) -> bool:
    """Whether so many blocks can be searched for in one part of `of` of a run."""
    words = 2 if are_fair_bits(pairs) else len(pairs) + 1
    return blocks * words * max(1 / success, FIRST_LOOK) <= WORDS / of


def are_fair_bits(pairs: Pairs) -> bool:
    """Whether the quicker coder can have them."""
    return len(set(pairs)) == 1 and pairs[0].p == (0.5, 0.5) and len(pairs) <= LONGEST


def coder_of(pairs: Pairs, log2_cap: float) -> Any:
    """What accepts blocks of these symbols."""
    if are_fair_bits(pairs):
        return BitBlocks(len(pairs), pairs[0].q[1], log2_cap)
    return SymbolBlocks(pairs, log2_cap)


def decoder_of(pairs: Pairs, stream: Stream, block: int) -> Callable[[int], Any]:
    """What Bob makes of an index."""
    if are_fair_bits(pairs):
        return partial(decode_block, len(pairs), stream, block)
    return partial(decode_symbols, [pair.prior for pair in pairs], stream, block)


def symbols_of(block: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    """The symbols of a block of either coder."""
    return tuple(block >> place & 1 for place in range(n)) if isinstance(block, int) else block


@dataclass(frozen=True)
class Sent:
    """What went to Bob, and what he made of it.

    pairs: of each position
    indices: (blocks,)
    symbols: (blocks, n)
    mismatches: blocks that Alice's rule does not accept
    """

    pairs: Pairs
    indices: NDArray[np.int64]
    symbols: NDArray[np.intp]
    mismatches: int

    @property
    def log2_index(self) -> tuple[float, float]:
        """The mean of log2 K, and its standard error."""
        return mean_and_error(np.log2(self.indices))

    def of_blocks(self, law: Truncated) -> tuple[float, float]:
        """The total variation of whole blocks as found, and its standard error.

        Those that are decoded too often are those with r < 1/A: how often they are found, less
        q's mass of them.
        """
        spectrum = law.blocks.spectrum
        end = int(np.searchsorted(spectrum.log2_ratio, -math.log2(law.acceptance) - _SAME))
        # Between two levels, so that rounding does not decide.
        edges = np.concatenate([[-np.inf], spectrum.log2_ratio, [np.inf]])
        found = log2_ratios(self) < edges[end : end + 2].mean()
        error = error_of_share(float(law.decoded[:end].sum()), len(found))
        return float(found.mean() - spectrum.q[:end].sum()), error

    def of_symbol(self, law: Truncated) -> tuple[float, float]:
        """The same of one symbol, where it is largest."""
        laws = [shares @ law.decoded for shares in law.blocks.shares]
        gaps = [each - np.array(pair.q) for each, pair in zip(laws, law.blocks.kinds, strict=True)]
        worst = max(range(len(gaps)), key=lambda kind: float(np.abs(gaps[kind]).sum()))
        pair, too_often = list(law.blocks.kinds)[worst], np.flatnonzero(gaps[worst] > _SAME)
        places = [place for place, each in enumerate(self.pairs) if each == pair]
        found = np.isin(self.symbols[:, places], too_often).mean(axis=1)
        mean, error = mean_and_error(found)
        if len(places) == 1:
            error = error_of_share(float(laws[worst][too_often].sum()), len(found))
        return mean - math.fsum(pair.q[symbol] for symbol in too_often), error


def sent_of_all(
    trial: Trial,
    found: dict[tuple[int, float], Truncated],
    pairs_of: Callable[[int], Pairs],
    blocks: int,
) -> dict[tuple[int, float], Sent]:
    """For each n and ε for which it is quick; the second half of the progress of a run."""
    sent = {}
    for done, ((n, eps), each) in enumerate(found.items(), start=len(found)):

        def tell(part: float, done: int = done) -> None:
            trial.progress(done + part, of=2 * len(found))

        if is_quick(pairs_of(n), blocks, each.acceptance, len(found)):
            stream = Stream.named(trial.seed, f"{n} {eps!r}")
            sent[n, eps] = send(pairs_of(n), each.log2_cap, stream, blocks, tell)
    if sent:
        trial.metric("mismatches", sum(each.mismatches for each in sent.values()))
    else:
        trial.warn(
            f"{blocks:,} blocks of any of these lengths take too long to simulate: figures are "
            "exact alone."
        )
    return sent


def send(pairs: Pairs, log2_cap: float, stream: Stream, blocks: int, tell: Tell) -> Sent:
    """So many blocks by the capped search."""
    coder = coder_of(pairs, log2_cap)
    indices = [encode_block(coder, stream, block) for block in told(range(blocks), tell)]
    w = coder.words_per_candidate
    kept = [
        coder.first_accepted(stream.words(w * (index - 1), w, block=block)) == 0
        for block, index in enumerate(indices)
    ]
    decoded = [
        symbols_of(decoder_of(pairs, stream, block)(index), len(pairs))
        for block, index in enumerate(indices)
    ]
    return Sent(pairs, np.array(indices), np.array(decoded), kept.count(False))


def told(blocks: range, tell: Tell) -> Iterator[int]:
    """The blocks, and each time how large a part is done."""
    for block in blocks:
        tell(block / len(blocks))
        yield block


def index_row(n: int, eps: float, sent: Sent, law: Truncated) -> tuple[Cell, ...]:
    """What INDEX_COLUMNS name."""
    mean, error = (value / n for value in sent.log2_index)
    exact = law.index.mean_log2 / n
    return n, eps, mean, error, exact, z_score(mean, exact, error)


def distance_row(sent: Sent, law: Truncated) -> tuple[Cell, ...]:
    """What DISTANCE_COLUMNS name."""
    block, block_error = sent.of_blocks(law)
    symbol, symbol_error = sent.of_symbol(law)
    return (
        block,
        law.tv_joint,
        z_score(block, law.tv_joint, block_error),
        symbol,
        law.tv_marginal,
        z_score(symbol, law.tv_marginal, symbol_error),
    )


def simulated(
    columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], blocks: int, *, what: str = "each"
) -> Table:
    return Table(
        "simulated",
        tuple(Column(name) for name in columns),
        tuple(rows),
        title=f"{blocks:,} blocks {what}; a z beyond 4 would be wrong",
    )


def log2_ratios(sent: Sent) -> Reals:
    """(blocks,), log2 r of each block."""
    total = np.zeros(len(sent.symbols))
    for place, pair in enumerate(sent.pairs):
        p, q = (np.array(law) / math.fsum(law) for law in (pair.p, pair.q))
        with np.errstate(divide="ignore", invalid="ignore"):
            total += np.log2(q / p)[sent.symbols[:, place]]
    return total


def error_of_share(chance: float, trials: int) -> float:
    """The standard error of how often something is found that has this chance."""
    chance = min(max(chance, 0.0), 1.0)
    return math.sqrt(chance * (1 - chance) / trials)


def mean_and_error(values: Reals) -> tuple[float, float]:
    """The mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
