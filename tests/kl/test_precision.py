"""Which format numbers were held in, and what that has done to a KL."""

from __future__ import annotations

import numpy as np
import pytest

from labbook.compute import generator
from labbook.kl import from_logprobs
from labbook.kl.precision import coarsest_format, rounding_variance

VALUES = -generator(1, "values").exponential(2.0, 4000)


def rounded(values: np.ndarray, name: str) -> np.ndarray:
    """To nearest; bfloat16 is the upper half of a float32."""
    if name == "bfloat16":
        bits = values.astype(np.float32).view(np.uint32)
        bits += 0x7FFF + ((bits >> 16) & 1)
        return (bits & 0xFFFF0000).view(np.float32).astype(np.float64)
    return values.astype(name).astype(np.float64)


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "float64"])
def test_the_format_is_told_from_the_values(name: str) -> None:
    values = rounded(VALUES, name)
    assert coarsest_format(np.append(values, [0.0, -np.inf])) == name


def test_a_few_round_values_tell_nothing() -> None:
    assert coarsest_format(np.array([-1.0, -0.5, -2.0, -4.0])) == "float64"


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32"])
def test_the_variance_of_the_rounding_is_what_rounding_did(name: str) -> None:
    error = rounded(VALUES, name) - VALUES
    found = rounding_variance(rounded(VALUES, name), name)
    # A uniform error's square has a relative sd of 0.9; 4000 of them, of different scales.
    assert found == pytest.approx(np.mean(error**2), rel=0.15)


def two_policies(kl: float) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities whose log ratios are those of two normal laws: KL(q‖p) = `kl`."""
    shift = np.sqrt(2 * kl)
    z = generator(2, "z").standard_normal(20_000)
    logq = -generator(2, "q").exponential(2.0, 20_000) - 0.1
    return logq, logq + shift * z - kl


@pytest.mark.parametrize(
    ("name", "kl", "coarse"),
    [
        ("bfloat16", 1e-5, True),
        ("bfloat16", 0.05, False),
        ("float16", 1e-7, True),
        ("float16", 1e-4, False),
        ("float32", 1e-15, True),
        ("float32", 1e-9, False),
        ("float64", 1e-15, False),
    ],
)
def test_too_coarse_a_format_is_named(name: str, kl: float, coarse: bool) -> None:
    logq, logp = (rounded(each, name) for each in two_policies(kl))
    found = from_logprobs(logq, logp)
    said = [each for each in found.warnings if "too coarse" in each]
    assert bool(said) == coarse
    if coarse:
        assert f"logq as {name} and logp as {name}" in said[0]
        assert found.rows["k3"].mean > 1.05 * kl


def test_equal_policies_are_equal_in_any_format() -> None:
    logq = rounded(VALUES, "bfloat16")
    assert from_logprobs(logq, logq).warnings == ()
