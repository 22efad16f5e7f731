"""Pairs of a prior and a target, of many kinds, and random streams to send them by."""

from __future__ import annotations

import numpy as np

from labbook.channel import DiscretePair
from labbook.compute import Stream


def spread(symbols: int, holes: int, seed: int, evenness: float = 0.7) -> DiscretePair:
    """Uneven laws on so many symbols; q lacks some of them, and p a few of these."""
    rng = np.random.default_rng(seed)
    p, q = (rng.dirichlet(np.full(symbols, evenness)) for _ in "pq")
    lacking = rng.choice(symbols, holes, replace=False)
    q[lacking] = 0
    p[lacking[: holes // 3]] = 0
    return DiscretePair(tuple(p / p.sum()), tuple(q / q.sum()))


PAIRS = {
    "coin": DiscretePair((0.5, 0.5), (0.9, 0.1)),
    "same": DiscretePair((0.2, 0.3, 0.5), (0.2, 0.3, 0.5)),
    "one": DiscretePair((1.0,), (1.0,)),
    "four": DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6)),
    "holes": DiscretePair((0.0, 0.25, 0.0, 0.25, 0.5, 0.0), (0.0, 0.6, 0.0, 0.4, 0.0, 0.0)),
    "far": DiscretePair((0.999, 0.001), (0.1, 0.9)),
    "seventeen": spread(17, 5, 1),
    "three hundred": spread(300, 60, 2, evenness=2.0),
}

STREAMS = {
    "plain": Stream(3, 1),
    "largest": Stream(2**64 - 1, 2**64 - 1),
    "named": Stream.named(7, "a coder"),
}
