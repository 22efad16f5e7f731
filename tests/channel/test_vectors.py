"""Vectors from shared words: what both sides make of them, and the laws of what is sent."""

from __future__ import annotations

import inspect
import math
import textwrap

import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import quad

from labbook.channel import decode
from labbook.channel.coders import search as search_module
from labbook.channel.coders.normals import normals
from labbook.channel.line.diagonal import DiagonalPair
from labbook.channel.line.vectors import VECTOR_CODERS, NormalVectors, time_limit
from labbook.compute import Stream
from labbook.compute.random import uniforms
from labbook.errors import UsageError

PAIRS = {
    "1": DiagonalPair((1.0,), (0.5,)),
    "3": DiagonalPair((0.9, -0.4, 0.2), (0.4, 0.7, 0.95)),
    "4, one as in the prior": DiagonalPair((0.5, 0.0, -0.6, 0.3), (0.6, 1.0, 0.8, 0.7)),
}
BLOCKS = 4000
each_coder = pytest.mark.parametrize("name", VECTOR_CODERS)
each_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


def test_normal_numbers_are_quantiles() -> None:
    words = Stream(5).words(0, 200_000)
    assert normals(words) == pytest.approx(special.ndtri(uniforms(words)), rel=4e-15, abs=1e-30)
    # A word and its complement have probabilities that sum to 1.
    assert (normals(~words) == -normals(words)).all()
    ends = np.array([0, (1 << 64) - 1, 5 << 40], dtype=np.uint64)
    assert normals(ends) == pytest.approx(special.ndtri(uniforms(ends)), rel=4e-15)


def test_normal_numbers_are_the_same_on_every_machine() -> None:
    """Each formula once: near a half, in the tail, in the far tail."""
    words = np.array([0x5123456789ABCDEF, 0x0123456789ABCDEF, 0x1000], dtype=np.uint64)
    assert [float(each).hex() for each in normals(words)] == [
        "-0x1.e7b0ccfb0e849p-2",
        "-0x1.4ee2dc0a9e007p+1",
        "-0x1.02734508d1f1cp+3",
    ]


@each_coder
@each_pair
def test_bob_decodes_the_target(name: str, pair: DiagonalPair) -> None:
    coder, stream = VECTOR_CODERS[name], Stream(12)
    sent = coder.encode(pair, stream, BLOCKS, first=7)
    decoded = decode(NormalVectors(len(pair.means)), stream, sent.messages, first=7)
    assert decoded.shape == (BLOCKS, len(pair.means))
    assert (decoded == sent.symbols).all()
    away = (decoded - np.array(pair.means)) / np.array(pair.sds)
    for coordinate in away.T:
        assert stats.kstest(coordinate, stats.norm.cdf).pvalue > 1e-4
    # Coordinates are independent: Fisher's transform of each correlation is normal.
    correlations = np.atleast_2d(np.corrcoef(away.T))[np.triu_indices(len(pair.means), 1)]
    assert (np.abs(np.arctanh(correlations)) < 4 / math.sqrt(BLOCKS - 3)).all()


@each_coder
@each_pair
def test_indices_have_their_exact_law(name: str, pair: DiagonalPair) -> None:
    coder = VECTOR_CODERS[name]
    messages, law = coder.encode(pair, Stream(4), BLOCKS).messages, coder.law(pair)
    logs = np.log2(messages)
    assert abs(logs.mean() - law.mean_log2) < 4 * logs.std() / math.sqrt(BLOCKS)
    first = float(law.pmf[0]) if name == "greedy_poisson" else float(np.exp2(law.log2_pmf(1)))
    error = math.sqrt(first * (1 - first) / BLOCKS)
    assert abs(np.mean(messages == 1) - first) < 4 * error


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4, 7, 8])
def test_a_vector_is_made_as_the_words_say(dimensions: int) -> None:
    """By the lines in the docstring of the search."""
    (lines,) = [e for e in inspect.getdoc(search_module).split("\n\n") if e.startswith("    at =")]  # type: ignore[union-attr]
    code = textwrap.dedent(lines)
    width = {1: 4, 2: 4, 3: 4, 4: 8, 7: 8, 8: 12}[dimensions]
    prior, messages = NormalVectors(dimensions), np.array([1, 2, 1000, 1 << 40])
    found = decode(prior, Stream(3, 9), messages, first=20)
    for block, (message, vector) in enumerate(zip(messages.tolist(), found, strict=True), start=20):
        local = {
            "numpy": np, "prior": prior, "seed": 3, "number": 9,
            "block": block, "message": message, "n": dimensions, "w": width,
        }  # fmt: skip
        exec(code, local)  # noqa: S102
        assert (local["vector"] == vector).all()


@each_coder
def test_memory_does_not_change_what_is_sent(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, coder = PAIRS["4, one as in the prior"], VECTOR_CODERS[name]
    whole = coder.encode(pair, Stream(2), 100)
    monkeypatch.setattr(search_module, "QUADS_AT_ONCE", 16)
    parts = coder.encode(pair, Stream(2), 100)
    later = coder.encode(pair, Stream(2), 40, first=60)
    assert (whole.messages == parts.messages).all()
    assert (whole.symbols == parts.symbols).all()
    assert (whole.messages[60:] == later.messages).all()


def test_the_curve_is_an_integral_over_levels() -> None:
    """σ(h) = ∫ dL / (P_q(r ≥ L) − L P_p(r ≥ L)), equal coordinates, by χ² laws."""
    count, m, s = 3, 0.4, 0.7
    pair, left = DiagonalPair((m,) * count, (s,) * count), 1 - s * s
    p, q = (
        stats.ncx2(count, count * (m / left) ** 2),
        stats.ncx2(count, count * (m * s / left) ** 2),
    )

    def inverse(level: float) -> float:
        fall = 2 * (pair.log_m - math.log(level))
        return 1 / float(q.cdf(fall / left) - level * p.cdf(fall * s**2 / left))

    limit = time_limit(pair)
    for d in (0.3, 1.0, 2.0, 3.0, 6.0):
        h = math.exp(pair.log_m - d * d / 2)
        sigma = quad(inverse, 0, h, epsrel=1e-9, limit=200)[0]
        assert float(limit(np.array(d))) == pytest.approx(sigma, rel=1e-6)


def test_a_search_that_would_not_end_is_refused() -> None:
    far = DiagonalPair((3.0, 3.0, 3.0), (0.1, 0.1, 0.1))
    for coder in VECTOR_CODERS.values():
        with pytest.raises(UsageError, match="takes two weeks"):
            coder.encode(DiagonalPair(far.means * 2, far.sds * 2), Stream(1), 1)
