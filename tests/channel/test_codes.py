"""Code lengths against codes that are really written and read."""

from __future__ import annotations

import numpy as np
import pytest

from labbook.channel import elias_delta, elias_gamma
from labbook.channel.codes import floor_log2


def write_gamma(k: int) -> str:
    return "0" * (k.bit_length() - 1) + format(k, "b")


def write_delta(k: int) -> str:
    return write_gamma(k.bit_length()) + format(k, "b")[1:]


def read_gamma(bits: str, at: int = 0) -> tuple[int, int]:
    zeros = bits.index("1", at) - at
    end = at + 2 * zeros + 1
    return int(bits[at + zeros : end], 2), end


def read_delta(bits: str, at: int = 0) -> tuple[int, int]:
    digits, at = read_gamma(bits, at)
    end = at + digits - 1
    return int("1" + bits[at:end], 2), end


INDICES = [*range(1, 2000), 2**20 - 1, 2**20, 2**53 - 1, 2**53, 2**54 - 1, 2**62, 2**63 - 1]


@pytest.mark.parametrize(
    ("lengths", "write", "read"),
    [(elias_gamma, write_gamma, read_gamma), (elias_delta, write_delta, read_delta)],
    ids=["gamma", "delta"],
)
def test_a_length_is_that_of_a_code_that_can_be_read_back(lengths, write, read) -> None:  # type: ignore[no-untyped-def]
    found = lengths(np.array(INDICES))
    assert found.tolist() == [len(write(k)) for k in INDICES]
    stream, at = "".join(write(k) for k in INDICES), 0
    for k in INDICES:
        value, at = read(stream, at)
        assert value == k
    assert at == len(stream)


def test_the_logarithm_is_exact_next_to_every_power_of_two() -> None:
    numbers = [2**e + d for e in range(63) for d in (-1, 0, 1) if 1 <= 2**e + d < 2**63]
    assert floor_log2(np.array(numbers)).tolist() == [n.bit_length() - 1 for n in numbers]
