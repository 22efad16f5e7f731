"""Blocks sent, decoded and counted; and how far a part has brought the whole."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest

from labbook import channel
from labbook.channel import DiscretePair, encode
from labbook.compute import Stream
from labbook.experiments import Trial, sending
from labbook.experiments.sending import deliver, part

PAIR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))


def test_every_block_is_counted_and_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(sending, "BLOCKS_AT_ONCE", 7000)
    tally = deliver(
        encode, PAIR, Stream(4), 20_000, first=3, progress=lambda *each: told.append(each)
    )
    assert tally.mismatches == 0
    assert tally.indices.total == tally.symbols.sum() == 20_000
    for share, q in zip(tally.symbols / 20_000, PAIR.q, strict=True):
        assert abs(share - q) < 4.5 * math.sqrt(q * (1 - q) / 20_000)
    whole = encode(PAIR, Stream(4), 20_000, first=3)
    assert tally.symbols.tolist() == np.bincount(whole.symbols).tolist()
    assert told == sorted(told)
    assert told[-1] == (20_000, 20_000)


def test_a_bob_who_has_other_numbers_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = channel.decode

    def elsewhere(prior: Any, stream: Stream, messages: Any, *, first: int) -> Any:
        return decode(prior, Stream(99), messages, first=first)

    monkeypatch.setattr(channel, "decode", elsewhere)
    tally = deliver(encode, PAIR, Stream(4), 1000)
    # Independent samples of q and p differ with probability 1 - sum of q p.
    expected = 1 - sum(p * q for p, q in zip(PAIR.p, PAIR.q, strict=True))
    assert abs(tally.mismatches / 1000 - expected) < 4.5 * math.sqrt(expected / 1000)


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[float, float]] = []

    def progress(self, done: float, of: float) -> None:
        self.said.append((done, of))


def test_a_part_goes_from_its_begin_to_its_end() -> None:
    trial = Heard()
    told = part(cast(Trial, trial), 0.25, 0.75)
    told(0, 8)
    told(8, 8)
    assert trial.said == [(0.25, 1), (0.75, 1)]
