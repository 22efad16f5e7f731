"""How fast Alice searches, against how fast NumPy makes the words that she looks at."""

from __future__ import annotations

import statistics
import sys

import numpy as np

from labbook.channel import DiscretePair, Prior, decode, encode
from labbook.channel.coders.bit_blocks import BitBlocks
from labbook.channel.coders.block_search import encode_block
from labbook.channel.coders.poisson import encode_poisson
from labbook.channel.coders.symbol_blocks import SymbolBlocks
from labbook.compute import Stream
from tests.bench.bench_kl import ROUNDS, Row, seconds

RARE = DiscretePair((1 - 1e-6, 1e-6), (0.5, 0.5))
COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
RARE_BLOCKS = 20
COIN_BLOCKS = 200_000

BITS = BitBlocks(36, 0.9, 36 * (COIN.kl_bits + 0.1))
BITS_BLOCKS = 4
"""Of 36 bits, about 8.7 million candidates each."""

TURNS = SymbolBlocks(
    (DiscretePair((0.4, 0.6), (0.9, 0.1)), DiscretePair((0.5, 0.5), (0.2, 0.8))) * 16, 21.0
)
TURNS_BLOCKS = 2
"""Some 0.8 million candidates each."""


def main() -> list[Row]:
    """Medians over rounds in which the rivals take turns."""
    return [*_bit_blocks(), _symbol_blocks(), *_symbols()]


def _bit_blocks() -> list[Row]:
    """First-accept search over blocks of bits, with one thread and with two."""
    messages = [encode_block(BITS, Stream(1), block) for block in range(BITS_BLOCKS)]
    candidates = sum(messages)
    times: dict[str, list[float]] = {"fill": [], "one": [], "two": []}
    for _ in range(ROUNDS):
        times["fill"].append(seconds(lambda: fill_words(2 * candidates)))
        times["one"].append(seconds(lambda: _search(1)))
        times["two"].append(seconds(lambda: _search(2)))
    fill, one, two = (candidates / statistics.median(each) for each in times.values())
    name = "channel: candidates of 36 bits"
    return [
        (f"{name}, one thread", one, "per s", "NumPy making their words", one / fill),
        (f"{name}, both cores", two, "per s", "one thread", two / one),
    ]


def _symbol_blocks() -> Row:
    """The same over blocks of any symbols."""
    candidates = sum(encode_block(TURNS, Stream(1), block) for block in range(TURNS_BLOCKS))
    fill, search = [], []
    for _ in range(ROUNDS):
        fill.append(seconds(lambda: fill_words(TURNS.words_per_candidate * candidates)))
        search.append(
            seconds(
                lambda: [encode_block(TURNS, Stream(1), block) for block in range(TURNS_BLOCKS)]
            )
        )
    rate = candidates / statistics.median(search)
    against = rate / (candidates / statistics.median(fill))
    name = "channel: candidates of 32 symbols, one thread"
    return (name, rate, "per s", "NumPy making their words", against)


def _search(threads: int) -> None:
    for block in range(BITS_BLOCKS):
        encode_block(BITS, Stream(1), block, threads=threads)


def _symbols() -> list[Row]:
    candidates = int(encode(RARE, Stream(1), RARE_BLOCKS).messages.sum())
    long, fill, short, race, bob = [], [], [], [], []
    messages = encode(COIN, Stream(1), COIN_BLOCKS).messages
    for _ in range(ROUNDS):
        long.append(seconds(lambda: encode(RARE, Stream(1), RARE_BLOCKS)))
        fill.append(seconds(lambda: fill_words(2 * candidates)))
        short.append(seconds(lambda: encode(COIN, Stream(1), COIN_BLOCKS)))
        race.append(seconds(lambda: encode_poisson(COIN, Stream(1), COIN_BLOCKS)))
        bob.append(seconds(lambda: decode(Prior(COIN.p), Stream(1), messages)))
    rate = candidates / statistics.median(long)
    return [
        (
            "channel: candidates, M = 500,000",
            rate,
            "per s",
            "NumPy making their words",
            rate / (candidates / statistics.median(fill)),
        ),
        (
            "channel: blocks sent, M = 1.8",
            COIN_BLOCKS / statistics.median(short),
            "per s",
            "",
            None,
        ),
        (
            "channel: the same by the Poisson functional representation",
            COIN_BLOCKS / statistics.median(race),
            "per s",
            "",
            None,
        ),
        ("channel: blocks decoded", COIN_BLOCKS / statistics.median(bob), "per s", "", None),
    ]


def fill_words(count: int) -> None:
    """All words, in pieces that stay in the cache."""
    bits = np.random.Philox(1)
    for _ in range(0, count, 1 << 15):
        bits.random_raw(1 << 15)


if __name__ == "__main__":
    for name, value, unit, rival, ratio in main():
        better = "" if ratio is None else f", {ratio:.2f} x {rival}"
        sys.stdout.write(f"{name}: {value:.4g} {unit}{better}\n")
