"""Dithered quantisation: the law of the noise, the layout, and the rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad, quad

from labbook.channel.line.dither import LayeredDither, UniformDither, ideal_bits
from labbook.channel.line.dither_rates import OVERHEAD, layered_rate, uniform_rate
from labbook.compute import Stream
from labbook.compute.random import uniforms
from labbook.errors import UsageError

SAMPLES = 20_000
INPUTS = {
    "normal": np.random.default_rng(1).standard_normal(SAMPLES),
    "one point": np.full(SAMPLES, 0.3),
    "far": np.random.default_rng(2).uniform(-1e6, 1e6, SAMPLES),
    "on the steps": np.random.default_rng(3).integers(-5, 6, SAMPLES).astype(float),
}

each_input = pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS)


@each_input
@pytest.mark.parametrize("step", [0.1, 1.0, 8.0])
def test_uniform_dither_adds_uniform_noise_whatever_the_input(x: np.ndarray, step: float) -> None:
    coder, stream = UniformDither(step), Stream(5)
    noise = coder.decode(coder.encode(x, stream), stream) - x
    assert np.abs(noise).max() <= step / 2 * (1 + 1e-6)
    assert stats.kstest(noise / step + 0.5, "uniform").pvalue > 1e-4
    if np.ptp(x) > 0:
        assert abs(np.corrcoef(x, noise)[0, 1]) < 4.5 / math.sqrt(SAMPLES)


@each_input
@pytest.mark.parametrize("sd", [0.05, 1.0, 20.0])
def test_layered_dither_adds_normal_noise_whatever_the_input(x: np.ndarray, sd: float) -> None:
    coder, stream = LayeredDither(sd), Stream(6)
    noise = coder.decode(coder.encode(x, stream), stream) - x
    assert stats.kstest(noise / sd, "norm").pvalue > 1e-4
    assert abs((noise**4).mean() / sd**4 - 3) < 4.5 * math.sqrt(96 / SAMPLES)
    if np.ptp(x) > 0:
        assert abs(np.corrcoef(x, noise)[0, 1]) < 4.5 / math.sqrt(SAMPLES)
        assert abs(np.corrcoef(x**2, noise**2)[0, 1]) < 4.5 / math.sqrt(SAMPLES)


def test_half_widths_are_chi_of_three_degrees() -> None:
    half, shifts = LayeredDither(2.0).layers(SAMPLES, Stream(7))
    assert stats.kstest(half / 2, "chi", args=(3,)).pvalue > 1e-3
    assert stats.kstest(shifts + 0.5, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(half, shifts)[0, 1]) < 4.5 / math.sqrt(SAMPLES)


def bob(kind: str, scale: float, seed: int, number: int, message: int) -> float:
    """Y by the documented layout, with NumPy's generator and SciPy's chi law."""
    per_item = 1 if kind == "uniform" else 2
    bits = np.random.Philox(key=[seed, 0], counter=[0, 3, 0, 0])
    words = bits.random_raw(per_item * (number + 1))[-per_item:]
    shares = [(int(word) // 2**12 + 0.5) / 2**52 for word in words]
    step = scale if kind == "uniform" else 2 * scale * stats.chi(3).ppf(shares[0])
    return float(step * (message + shares[-1] - 0.5))


@pytest.mark.parametrize("kind", ["uniform", "layered"])
def test_bob_needs_only_the_message_and_the_documented_layout(kind: str) -> None:
    coder = UniformDither(0.7) if kind == "uniform" else LayeredDither(0.7)
    x = INPUTS["normal"][:40] * 5
    messages = coder.encode(x, Stream(9), first=11, block=3)
    decoded = coder.decode(messages, Stream(9), first=11, block=3)
    for place, (message, y) in enumerate(zip(messages.tolist(), decoded, strict=True)):
        assert bob(kind, 0.7, 9, 11 + place, message) == pytest.approx(y, rel=1e-12)
    assert not np.array_equal(coder.decode(messages, Stream(10), first=11, block=3), decoded)


@pytest.mark.parametrize("coder", [UniformDither(0.7), LayeredDither(0.7)])
def test_samples_are_sent_alike_alone_and_together(coder: UniformDither | LayeredDither) -> None:
    x, stream = INPUTS["normal"][:500], Stream(4)
    together = coder.encode(x, stream)
    received = coder.decode(together, stream)
    for begin, end in ((0, 1), (1, 200), (200, 500)):
        part = coder.encode(x[begin:end], stream, first=begin)
        assert np.array_equal(part, together[begin:end])
        alone = coder.decode(part, stream, first=begin)
        assert np.array_equal(alone, received[begin:end])


def test_words_at_the_ends_stay_inside_the_interval() -> None:
    ends = uniforms(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert 0 < ends[0] < ends[1] < 1
    assert ends[0] == 1 - ends[1] == 2.0**-53


def noisy_entropy(sd: float, half: float) -> float:
    """h(X + U) in bits by quad, X of law N(0, sd²) and U uniform on (−half, half)."""

    def density(y: float) -> float:
        return float(stats.norm.cdf(y + half, scale=sd) - stats.norm.cdf(y - half, scale=sd)) / (
            2 * half
        )

    def integrand(y: float) -> float:
        value = density(y)
        return -value * math.log2(value) if value > 0 else 0.0

    return 2 * quad(integrand, 0, half + 9 * sd, points=[half], epsabs=1e-11, limit=200)[0]


@pytest.mark.parametrize(("sd", "step"), [(1.0, 0.01), (1.0, 1.0), (2.0, 3.0), (0.3, 5.0)])
def test_the_uniform_rate_is_the_mutual_information(sd: float, step: float) -> None:
    exact = noisy_entropy(sd, step / 2) - math.log2(step)
    assert uniform_rate(sd, step) == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize(("sd", "noise"), [(1.0, 0.5), (3.0, 4.0)])
def test_the_layered_rate_is_a_double_integral(sd: float, noise: float) -> None:
    """E [h(X + U_b)] − E log2 2b, the density of X + U_b inside its own logarithm."""

    def inner(y: float, b: float) -> float:
        half = noise * b
        density = (stats.norm.cdf((y + half) / sd) - stats.norm.cdf((y - half) / sd)) / (2 * half)
        if density <= 0:
            return 0.0
        return -2 * float(stats.chi.pdf(b, 3)) * density * math.log2(2 * half * density)

    exact = dblquad(inner, 1e-6, 8, 0, lambda b: noise * b + 8 * sd, epsabs=1e-6, epsrel=1e-6)[0]
    assert layered_rate(sd, noise) == pytest.approx(exact, rel=1e-5)


def test_small_noise_takes_the_known_overhead() -> None:
    """h(N) − E log2(2b), by the chi law's own mean."""
    law = stats.chi(3)
    mean = law.expect(lambda b: math.log2(2 * b))
    exact = math.log2(2 * math.pi * math.e) / 2 - mean
    assert pytest.approx(exact, rel=1e-8) == OVERHEAD
    assert pytest.approx(0.52077, abs=5e-6) == OVERHEAD
    for sd in (100.0, 1e6):
        information = math.log2(1 + sd**2) / 2
        assert layered_rate(sd, 1.0) - information == pytest.approx(OVERHEAD, abs=1e-4)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("noise", [0.2, 1.0])
def test_ideal_lengths_have_the_rate_as_their_mean(noise: float, seed: int) -> None:
    sd, coder, stream = 1.5, LayeredDither(noise), Stream(seed)
    x = np.random.default_rng(seed).normal(0, sd, SAMPLES)
    y = coder.decode(coder.encode(x, stream), stream)
    half, _ = coder.layers(SAMPLES, stream)
    lengths = ideal_bits(y, half, sd)
    by_masses = -np.log2(stats.norm.cdf(y + half, scale=sd) - stats.norm.cdf(y - half, scale=sd))
    assert lengths == pytest.approx(by_masses, rel=1e-6, abs=1e-9)
    error = lengths.std() / math.sqrt(SAMPLES)
    assert abs(lengths.mean() - layered_rate(sd, noise)) < 4 * error


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_scales_that_are_no_scale_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        UniformDither(value)
    with pytest.raises(UsageError, match="above 0"):
        LayeredDither(value)


@pytest.mark.parametrize("x", [1e20, -1e20, math.nan, math.inf])
@pytest.mark.parametrize("coder", [UniformDither(1.0), LayeredDither(1.0)])
def test_values_that_cannot_be_rounded_are_refused(
    coder: UniformDither | LayeredDither, x: float
) -> None:
    with pytest.raises(UsageError, match="steps or more from 0"):
        coder.encode([0.0, x], Stream(1))
