"""Code lengths against codes that are really written and read, and against sums and bounds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import zeta

from labbook.channel import DiscretePair, Geometric, elias_delta, elias_gamma
from labbook.channel.codes import bit_strings
from labbook.channel.codes.bit_strings import (
    Bits,
    read_delta,
    read_gamma,
    write_delta,
    write_gamma,
)
from labbook.channel.codes.integers import (
    direct_length,
    expected_direct,
    expected_elias_delta,
    expected_elias_gamma,
    expected_zeta,
    floor_log2,
    ideal_length,
    zeta_exponent,
    zeta_length,
)
from labbook.channel.laws.finite import Tabulated, ordered_law
from labbook.channel.laws.greedy import greedy_law
from labbook.channel.laws.index import IndexLaw
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError

FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
COIN = DiscretePair((0.5, 0.5), (0.9, 0.1))
INDICES = [*range(1, 2000), 2**20 - 1, 2**20, 2**53 - 1, 2**53, 2**54 - 1, 2**62, 2**63 - 1]
LAWS: dict[str, IndexLaw] = {
    "geometric": Geometric(1 / 6),
    "mixture": poisson_law(spectrum(FOUR, 4)),
    "stepped": greedy_law(spectrum(FOUR, 4)),
    "tabulated": ordered_law(spectrum(FOUR), 50),
    "one": Tabulated(np.array([1.0])),
}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
each_code = pytest.mark.parametrize(
    ("lengths", "write", "read"),
    [(elias_gamma, write_gamma, read_gamma), (elias_delta, write_delta, read_delta)],
    ids=["gamma", "delta"],
)
indices = st.lists(
    st.one_of(st.integers(1, 300), st.integers(1, 2**62), st.integers(1, 2**63 - 1)), max_size=60
)


def text_of(bits: Bits) -> str:
    return "".join(f"{byte:08b}" for byte in bits.data)[: bits.count]


def plain_gamma(k: int) -> str:
    return "0" * (k.bit_length() - 1) + format(k, "b")


def plain_delta(k: int) -> str:
    return plain_gamma(k.bit_length()) + format(k, "b")[1:]


PLAIN = {write_gamma: plain_gamma, write_delta: plain_delta}


def array(numbers: list[int]) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


# Elias's codes


@pytest.mark.parametrize(
    ("k", "gamma", "delta"),
    [
        (1, "1", "1"),
        (2, "010", "0100"),
        (3, "011", "0101"),
        (4, "00100", "01100"),
        (5, "00101", "01101"),
        (7, "00111", "01111"),
        (8, "0001000", "00100000"),
        (15, "0001111", "00100111"),
        (16, "000010000", "001010000"),
        (17, "000010001", "001010001"),
    ],
)
def test_code_words_are_the_published_ones(k: int, gamma: str, delta: str) -> None:
    assert text_of(write_gamma(array([k]))) == gamma
    assert text_of(write_delta(array([k]))) == delta


@each_code
def test_a_length_is_that_of_a_code_that_can_be_read_back(lengths, write, read) -> None:  # type: ignore[no-untyped-def]
    found = lengths(array(INDICES))
    assert found.tolist() == [len(PLAIN[write](k)) for k in INDICES]
    bits = write(array(INDICES))
    assert bits.count == found.sum()
    assert len(bits.data) == -(-bits.count // 8)
    assert read(bits, len(INDICES)).tolist() == INDICES


@each_code
@given(numbers=indices)
def test_any_indices_are_read_as_they_were_written(lengths, write, read, numbers) -> None:  # type: ignore[no-untyped-def]
    bits = write(array(numbers))
    assert text_of(bits) == "".join(map(PLAIN[write], numbers))
    assert read(bits, len(numbers)).tolist() == numbers


@each_code
def test_parts_join_without_a_seam(lengths, write, read, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    whole = write(array(INDICES))
    monkeypatch.setattr(bit_strings, "AT_ONCE", 7)
    monkeypatch.setattr(bit_strings, "_BYTES_AT_ONCE", 29)
    seen: list[tuple[int, int]] = []
    assert write(array(INDICES), lambda *at: seen.append(at)) == whole
    assert seen[0] == (7, len(INDICES))
    assert seen[-1] == (len(INDICES), len(INDICES))
    assert read(whole, len(INDICES)).tolist() == INDICES


@each_code
def test_bits_of_other_than_so_many_indices_are_refused(lengths, write, read) -> None:  # type: ignore[no-untyped-def]
    bits = write(array([5, 2**40, 9]))
    for wrong in (2, 4):
        with pytest.raises(UsageError, match="indices"):
            read(bits, wrong)
    for cut in range(bits.count):
        with pytest.raises(UsageError, match="not those of 3 indices"):
            read(Bits(bits.data, cut), 3)
    with pytest.raises(UsageError, match="not those of 1 indices"):
        read(Bits(bytes(40) + b"\xff" * 40, 640), 1)
    with pytest.raises(UsageError, match="at least 1, and not 0"):
        write(array([3, 0]))


def test_a_delta_code_of_more_than_63_digits_is_refused() -> None:
    text = plain_gamma(100) + "0" * 99
    with pytest.raises(UsageError, match="not those of 1 indices"):
        read_delta(Bits(int(text, 2).to_bytes(14, "big"), 112), 1)


@pytest.mark.parametrize("lengths", [elias_gamma, elias_delta])
def test_kraft_sums_are_one(lengths: Callable[[np.ndarray], np.ndarray]) -> None:
    """All of an octave have one length; the octaves beyond 2^63 have the rest."""
    octaves = 2.0 ** np.arange(63)
    total = float((octaves * 2.0 ** -lengths(2 ** np.arange(63, dtype=np.int64))).sum())
    rest = {elias_gamma: 2.0**-63, elias_delta: 2.0**-6}[lengths]  # type: ignore[index]
    assert total + rest == pytest.approx(1, rel=1e-15)


def test_the_logarithm_is_exact_next_to_every_power_of_two() -> None:
    numbers = [2**e + d for e in range(63) for d in (-1, 0, 1) if 1 <= 2**e + d < 2**63]
    assert floor_log2(np.array(numbers)).tolist() == [n.bit_length() - 1 for n in numbers]


@each_law
def test_mean_lengths_are_sums_over_the_law(law: IndexLaw) -> None:
    k = np.arange(1, 400_001)
    pmf = np.exp2(law.log2_pmf(k))
    assert expected_elias_gamma(law) == pytest.approx(float((pmf * elias_gamma(k)).sum()), rel=1e-9)
    assert expected_elias_delta(law) == pytest.approx(float((pmf * elias_delta(k)).sum()), rel=1e-9)
    for kl in (0.0, 1.2, 20.0):
        exact = float((pmf * zeta_length(k, zeta_exponent(kl))).sum())
        assert expected_zeta(law, kl) == pytest.approx(exact, rel=1e-9)
    there = pmf > 0
    ideal = float((pmf[there] * ideal_length(k[there], law)).sum())
    assert law.entropy == pytest.approx(ideal, rel=1e-8, abs=1e-12)


def test_mean_lengths_of_enormous_indices_are_finite_and_right() -> None:
    """log2 M = 868: indices far beyond 64 bits."""
    law = greedy_law(spectrum(COIN, 1024))
    gamma, delta = expected_elias_gamma(law), expected_elias_delta(law)
    assert 2 * law.mean_log2 - 1 < gamma <= 2 * law.mean_log2 + 1
    assert law.entropy < delta < gamma
    for success in (1e-250, 1e-300):
        far = expected_elias_gamma(Geometric(success))
        assert far == pytest.approx(2 * Geometric(success).mean_log2, abs=1)


# The zeta code


@pytest.mark.parametrize("kl", [0.0, 1.0, 4.25, 30.0])
def test_the_zeta_code_is_zipfs_law_with_the_published_exponent(kl: float) -> None:
    exponent = zeta_exponent(kl)
    assert exponent == pytest.approx(1 + 1 / (kl + 1 + 0.530738), rel=1e-6)
    k = np.arange(1, 20_000)
    expected = exponent * np.log2(k) + math.log2(zeta(exponent, 1))
    assert zeta_length(k, exponent) == pytest.approx(expected, rel=1e-14)
    kraft = float(np.exp2(-zeta_length(k, exponent)).sum())
    assert kraft + zeta(exponent, 20_000) / zeta(exponent, 1) == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("pair", [COIN, FOUR], ids=["coin", "four"])
@pytest.mark.parametrize("n", [1, 4, 16])
def test_the_functional_representation_keeps_the_published_bound(
    pair: DiscretePair, n: int
) -> None:
    """KL + log2(KL + 1) + 3.871 bits, one of them for rounding up to whole bits."""
    law, kl = poisson_law(spectrum(pair, n)), n * pair.kl_bits
    assert law.entropy <= expected_zeta(law, kl) <= kl + math.log2(kl + 1) + 2.871


# The sample itself


def test_a_symbol_sent_directly_takes_its_log_probability() -> None:
    lengths = direct_length(np.array([0, 2, 2, 1]), (0.5, 0.25, 0.25))
    assert lengths.tolist() == [1, 2, 2, 2]
    entropy = -sum(q * math.log2(q) for q in FOUR.q)
    assert expected_direct(FOUR.p, FOUR.q) == pytest.approx(FOUR.kl_bits + entropy, rel=1e-14)
    assert expected_direct((0.5, 0.5, 0.0), (1.0, 0.0, 0.0)) == 1
    assert direct_length(np.array([1]), (1.0, 0.0)).tolist() == [math.inf]
