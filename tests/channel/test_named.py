"""Channels by name: mutual information, the floor, and laws averaged over inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labbook.channel import Geometric, message_law
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.named import DiscreteChannel, Mixed, erasure, symmetric, z_channel
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError


def h(*masses: float) -> float:
    return -sum(x * math.log2(x) for x in masses if x > 0)


@pytest.mark.parametrize("flip", [0.01, 0.1, 0.5])
def test_a_symmetric_channel(flip: float) -> None:
    channel = symmetric(flip)
    assert channel.mutual_information == pytest.approx(1 - h(flip, 1 - flip), abs=1e-13)
    assert channel.floor == pytest.approx(1 - 2 * flip, abs=1e-13)
    assert channel.output == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("lost", [0.0, 0.25, 0.9])
def test_an_erasure_channel_costs_its_mutual_information(lost: float) -> None:
    """r is constant on what each input can become but for the erasure, where it is 1."""
    channel = erasure(lost)
    assert channel.mutual_information == pytest.approx(1 - lost, abs=1e-13)
    assert channel.floor == pytest.approx(1 - lost, abs=1e-13)


@pytest.mark.parametrize("lost", [0.1, 0.5])
def test_a_z_channel(lost: float) -> None:
    channel = z_channel(lost, one=0.4)
    output = 0.4 * (1 - lost)
    expected = h(output, 1 - output) - 0.4 * h(lost, 1 - lost)
    assert channel.mutual_information == pytest.approx(expected, abs=1e-13)
    assert channel.floor >= channel.mutual_information


def test_the_floor_lies_above_mutual_information_for_any_matrix() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        rows = rng.dirichlet(np.ones(4), size=3)
        inputs = rng.dirichlet(np.ones(3))
        channel = DiscreteChannel(tuple(inputs), tuple(map(tuple, rows)))
        assert channel.mutual_information <= channel.floor + 1e-12
        joint = inputs[:, None] * rows
        product = inputs[:, None] * joint.sum(axis=0)
        expected = float((joint * np.log2(joint / product)).sum())
        assert channel.mutual_information == pytest.approx(expected, rel=1e-10)


def test_the_law_of_an_index_is_averaged_over_the_inputs() -> None:
    channel = z_channel(0.3, one=0.6)
    laws = tuple(poisson_law(spectrum(pair)) for pair in channel.pairs)
    mixed = Mixed(channel.inputs, laws)
    k = np.arange(1, 2000)
    pmf = sum(w * np.exp2(law.log2_pmf(k)) for w, law in zip(channel.inputs, laws, strict=True))
    assert np.exp2(mixed.log2_pmf(k)) == pytest.approx(pmf, abs=1e-15)
    assert mixed.entropy == pytest.approx(h(*pmf), rel=1e-9)
    assert mixed.mean == pytest.approx(float((pmf * k).sum()), rel=1e-9)
    assert mixed.mean_log2 == pytest.approx(float((pmf * np.log2(k)).sum()), rel=1e-9)
    assert mixed.exceeds(3) == pytest.approx(1 - pmf[:3].sum(), abs=1e-12)


def test_equal_laws_mix_to_themselves() -> None:
    pair = symmetric(0.1).pairs[0]
    law = message_law(pair)
    mixed = Mixed((0.5, 0.5), (law, law))
    assert mixed.entropy == pytest.approx(law.entropy, rel=1e-9)


def test_what_is_no_channel_is_refused() -> None:
    with pytest.raises(UsageError, match="inputs and of rows are 2 and 1"):
        DiscreteChannel((0.5, 0.5), ((0.5, 0.5),))
    with pytest.raises(UsageError, match=r"row 2 of the channel sum to 0\.9"):
        DiscreteChannel((0.5, 0.5), ((0.5, 0.5), (0.5, 0.4)))
    with pytest.raises(UsageError, match="one length"):
        DiscreteChannel((0.5, 0.5), ((0.5, 0.5), (1.0,)))
    with pytest.raises(UsageError, match="too large for the law of a mixture"):
        Mixed((1.0,), (Geometric(1e-7),))


def test_many_inputs_are_near_the_continuous_channel() -> None:
    """P(1|x) = x for x uniform: w(h) = 1 - h/2 for either output, so that the floor is the
    integral of -2 u log2 u, and I is 1 - E h(U)."""
    count = 1500
    rows = tuple(((k + 0.5) / count, 1 - (k + 0.5) / count) for k in range(count))
    channel = DiscreteChannel((1 / count,) * count, rows)
    assert channel.floor == pytest.approx(0.5 / math.log(2), abs=1e-4)
    assert channel.mutual_information == pytest.approx(1 - 0.5 / math.log(2), abs=1e-4)
