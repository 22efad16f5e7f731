"""How fast Alice searches, against how fast NumPy makes the words that she looks at."""

from __future__ import annotations

import statistics
import sys

import numpy as np

from labbook.channel import DiscretePair, Prior, decode, encode
from labbook.compute import Stream
from tests.bench.bench_kl import ROUNDS, Row, seconds

RARE = DiscretePair((1 - 1e-6, 1e-6), (0.5, 0.5))
COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
RARE_BLOCKS = 20
COIN_BLOCKS = 200_000


def main() -> list[Row]:
    """Medians over rounds in which the rivals take turns."""
    candidates = int(encode(RARE, Stream(1), RARE_BLOCKS).messages.sum())
    long, fill, short, bob = [], [], [], []
    messages = encode(COIN, Stream(1), COIN_BLOCKS).messages
    for _ in range(ROUNDS):
        long.append(seconds(lambda: encode(RARE, Stream(1), RARE_BLOCKS)))
        fill.append(seconds(lambda: fill_words(2 * candidates)))
        short.append(seconds(lambda: encode(COIN, Stream(1), COIN_BLOCKS)))
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
