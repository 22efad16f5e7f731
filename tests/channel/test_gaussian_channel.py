"""The Gaussian channel: its floor, its index over all inputs, and published bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from labbook.channel.line.dither_rates import layered_rate
from labbook.channel.line.gaussian_channel import UPPER_BOUNDS, GaussianChannel
from labbook.channel.line.gaussian_laws import poisson_law
from labbook.errors import UsageError


@pytest.mark.parametrize("bits", [0.05, 0.25, 1.0, 2.5, 6.0, 20.0])
def test_layered_dithering_meets_the_floor(bits: float) -> None:
    channel = GaussianChannel(bits)
    assert channel.mean(lambda pair: pair.kl_bits) == pytest.approx(bits, rel=1e-9)
    rate = layered_rate(channel.input_sd, channel.scale)
    assert channel.floor_bits == pytest.approx(rate, rel=1e-10)


def test_the_channel_at_one_bit() -> None:
    channel = GaussianChannel(1.0)
    assert channel.floor_bits == pytest.approx(1.5072, abs=5e-5)
    assert channel.poisson_bits == pytest.approx(2.552, abs=5e-4)
    assert channel.poisson_bits < channel.poisson_zeta_bits < UPPER_BOUNDS["li_el_gamal_2018"][1](1)


@pytest.mark.parametrize("bits", [0.5, 3.0])
def test_the_index_over_all_inputs_is_that_of_random_ones(bits: float) -> None:
    channel = GaussianChannel(bits)
    inputs = np.random.default_rng(3).standard_normal(1500)
    means = np.array([poisson_law(channel.pair(x)).mean for x in inputs.tolist()])
    # E K is infinite: compare what is bounded, the chance of the first index.
    first = np.array([float(poisson_law(channel.pair(x)).pmf(1)) for x in inputs.tolist()])
    assert (means >= 1).all()
    error = first.std() / math.sqrt(len(first))
    assert abs(first.mean() - float(channel.poisson_index.pmf(1))) < 4 * error


def test_the_bounds_are_the_published_ones() -> None:
    values = {name: bound(3.0) for name, (_, bound) in UPPER_BOUNDS.items()}
    assert values["li_el_gamal_2018"] == pytest.approx(3 + 2 + 3.8705, abs=1e-3)
    assert values["li_anantharam_2021"] == pytest.approx(3 + 2 + 3.732)
    assert values["flamich_2023"] == 3 + 2 + 6
    assert values["li_2025"] == pytest.approx(3 + math.log2(6.4) + 1)
    assert values["ring_toss_2026"] == pytest.approx(3 + 2 + 2.45)
    for bits in (0.25, 1.0, 4.0):
        floor = GaussianChannel(bits).floor_bits
        assert all(bound(bits) > floor for _, bound in UPPER_BOUNDS.values())


@pytest.mark.parametrize("bits", [0.0, -1.0, 41.0, math.nan])
def test_a_channel_without_information_is_refused(bits: float) -> None:
    with pytest.raises(UsageError, match="mutual information above 0"):
        GaussianChannel(bits)
