"""Densities on the line: what Bob decodes has the target's law, and the index its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from labbook.channel import Geometric, decode
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.line.densities import (
    LinePair,
    LinePrior,
    encode_line_poisson,
    encode_line_rejection,
)
from labbook.compute import Stream
from labbook.errors import UsageError

S = 0.6
NORMAL = LinePair(
    stats.norm(0, 1),
    stats.norm(0.3, S),
    0.3**2 / (2 * (1 - S * S)) * math.log2(math.e) - math.log2(S),
)
BETA = LinePair(stats.uniform(0, 1), stats.beta(3, 2), math.log2(16 / 9))
EXPONENTIAL = LinePair(stats.expon(), stats.expon(scale=0.5), 1.0)
PAIRS = {"normal": NORMAL, "beta": BETA, "exponential": EXPONENTIAL}
CODERS = {"rejection": encode_line_rejection, "poisson": encode_line_poisson}
BLOCKS = 8000


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_bob_decodes_the_target(pair: LinePair, coder: str) -> None:
    stream = Stream(12)
    sent = CODERS[coder](pair, stream, BLOCKS)
    decoded = decode(LinePrior(pair.p), stream, sent.messages)
    assert (decoded == sent.symbols).all()
    assert stats.kstest(decoded, pair.q.cdf).pvalue > 1e-4  # type: ignore[attr-defined]
    logs = np.log2(sent.messages)
    law = Geometric(2**-pair.log2_m) if coder == "rejection" else poisson_law(pair.spectrum())
    assert abs(logs.mean() - law.mean_log2) < 4.5 * logs.std() / math.sqrt(BLOCKS)


def test_the_spectrum_has_the_divergence() -> None:
    found = NORMAL.spectrum(1 << 17)
    kl = (math.log(1 / S) + (S * S + 0.09 - 1) / 2) / math.log(2)
    assert found.kl_bits == pytest.approx(kl, rel=1e-4)
    assert found.log2_m == pytest.approx(NORMAL.log2_m, abs=1e-3)


def test_a_bound_that_is_too_small_is_noticed() -> None:
    wrong = LinePair(NORMAL.p, NORMAL.q, 0.5)
    for coder in CODERS.values():
        with pytest.raises(UsageError, match=r"above the M = 1\.41421 that was given"):
            coder(wrong, Stream(1), 1000)


@pytest.mark.parametrize("log2_m", [math.inf, math.nan, -1.0])
def test_an_impossible_bound_is_refused(log2_m: float) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        LinePair(NORMAL.p, NORMAL.q, log2_m)
