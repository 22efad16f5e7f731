"""Polar simulation and rANS, against the rates that they are meant to reach."""

from __future__ import annotations

import numpy as np

from labbook.channel.latent.ans import Stack, decode_all, encode_all
from labbook.channel.latent.ans_tables import Tables
from labbook.channel.polar.blocks import Polar, decode, simulate
from labbook.compute import Stream
from tests.bench.rows import Row, medians

ROUNDS = 5

CODE, BLOCKS = Polar(1 << 14), 64
POLAR_GOAL = 2e6
"""Symbols a second."""

BYTES, LANES = 4_000_000, 8192
ANS_GOAL = 20e6
"""Bytes a second."""


def main() -> list[Row]:
    """Medians over rounds in which they take turns."""
    rng = np.random.default_rng(1)
    ones = np.where(rng.integers(0, 2, (BLOCKS, CODE.n)), 0.9, 0.1)
    flips = simulate(CODE, ones, Stream(1)).flips
    law = rng.dirichlet(np.ones(256))
    tables, symbols = Tables.of(law), rng.choice(256, BYTES, p=law)
    full = Stack(LANES)
    encode_all(tables, full, symbols)
    found = medians(
        ROUNDS,
        {
            "polar": lambda: simulate(CODE, ones, Stream(1)),
            "polar, Bob": lambda: decode(CODE, flips, Stream(1)),
            "ans": lambda: encode_all(tables, Stack(LANES), symbols),
            "ans, back": lambda: decode_all(tables, full.copy(), BYTES),
        },
    )
    count = BLOCKS * CODE.n
    polar, bob = count / found["polar"], count / found["polar, Bob"]
    push, pop = BYTES / found["ans"] / 1e6, BYTES / found["ans, back"] / 1e6
    million, mega = f"a goal of {POLAR_GOAL:.0e} per s", f"a goal of {ANS_GOAL / 1e6:.0f} MB/s"
    return [
        Row("coding: polar simulation, n = 2^14", polar, "per s", million, polar / POLAR_GOAL),
        Row("coding: its decoding", bob, "per s", million, bob / POLAR_GOAL),
        Row("coding: rANS of bytes, written", push, "MB/s", mega, push * 1e6 / ANS_GOAL),
        Row("coding: rANS of bytes, read", pop, "MB/s", mega, pop * 1e6 / ANS_GOAL),
    ]
