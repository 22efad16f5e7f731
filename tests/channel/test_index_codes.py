"""Models of indices and codes by name: any index, next to no overhead, the same everywhere."""

from __future__ import annotations

import json
import math
import zlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import zeta

from labbook.channel import DiscretePair, Geometric
from labbook.channel.codes import bit_strings
from labbook.channel.codes.index_cells import (
    CELLS,
    LOWEST,
    IndexModel,
    counts_of,
    geometric_model,
    located,
    of_counts,
    zeta_model,
)
from labbook.channel.codes.index_codes import (
    ELIAS_DELTA,
    ELIAS_GAMMA,
    IndexCode,
    geometric_code,
    named,
    table_code,
    zeta_code,
)
from labbook.channel.codes.integers import expected_zeta, ideal_length, zeta_exponent, zeta_length
from labbook.channel.laws.finite import ordered_law
from labbook.channel.laws.greedy import greedy_law
from labbook.channel.laws.index import IndexLaw
from labbook.channel.laws.poisson import poisson_law
from labbook.channel.spectrum import spectrum
from labbook.errors import UsageError

FOUR = DiscretePair((0.4, 0.3, 0.2, 0.1), (0.1, 0.1, 0.2, 0.6))
PER_SYMBOL = 1e-7
"""Bits that a division loses."""

SUCCESSES = (1.0, 0.9, 0.5, 1 / 6, 1e-2, 1e-4, 1e-6, 1e-9, 1e-12)
LAWS: dict[str, IndexLaw] = {
    **{f"geometric {success:.2g}": Geometric(success) for success in SUCCESSES},
    "mixture": poisson_law(spectrum(FOUR, 8)),
    "stepped": greedy_law(spectrum(FOUR, 8)),
    "tabulated": ordered_law(spectrum(FOUR), 300),
}

GEOMETRIC_MARK = 1732919976
RARE_MARK = 2568769158
ZETA_MARK = 350720100
GEOMETRIC_BITS = "099b8fc3b82e9c1d863341200015f2a41ffffffffffffffff0"
ZETA_BITS = "134ae4e78c45261b6b09ede54fffffe61ffffc"

indices = st.lists(
    st.one_of(st.integers(1, 300), st.integers(1, 2**62), st.integers(1, 2**63 - 1)), max_size=60
)
models = st.one_of(
    st.floats(0, 1, exclude_min=True).map(geometric_model),
    st.floats(1, 4, exclude_min=True).map(zeta_model),
    st.lists(st.integers(1, 2**23), max_size=400).map(of_counts),
)


def array(numbers: list[int]) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


# Models of indices


def test_every_index_is_at_one_place_of_one_cell() -> None:
    k = array([*range(1, 5000), *[2**e + d for e in range(13, 63) for d in (-1, 0, 1)], 2**63 - 1])
    cells, places, widths = located(k)
    lowest = array(list(LOWEST))[cells]
    assert (lowest + places == k).all()
    assert (places < 2**widths).all()
    assert cells[-1] == CELLS - 1
    assert list(LOWEST) == sorted(LOWEST)
    assert (np.diff(cells[:4999]) >= 0).all()


@given(models, indices)
def test_any_index_can_be_written_under_any_model(model: IndexModel, numbers: list[int]) -> None:
    bits = model.write(array(numbers))
    assert model.read(bits, len(numbers)).tolist() == numbers
    asked = float(model.lengths(array(numbers)).sum()) if numbers else 0.0
    assert bits.count <= asked + 1 + 3 * PER_SYMBOL * len(numbers) + 1e-9


@pytest.mark.parametrize("success", [1.0, 0.9, 0.5, 1 / 6, 0.01, 1e-4])
def test_geometric_counts_are_the_law_in_exact_fractions(success: float) -> None:
    model, failing = geometric_model(success), 1 - Fraction(success)
    spare, reached = 2**32 - CELLS, Fraction(1)
    for k in range(1, 120):
        share = reached * Fraction(success)
        assert abs(model.frequencies.counts[k - 1] - 1 - spare * share) < 1
        reached = Fraction(math.floor(reached * failing * 2**400), 2**400)
    assert model.frequencies.total == 2**32


@pytest.mark.parametrize("exponent", [1.02, 1.3, 1.65, 3.0])
def test_zeta_counts_are_zipfs_law(exponent: float) -> None:
    found = np.array(zeta_model(exponent).frequencies.counts)
    # scipy's sums are good to some 1e-14 of the whole, an 1e-4 of a count.
    reached = zeta(exponent, np.array(LOWEST, dtype=np.float64)) / zeta(exponent)
    shares = reached - np.append(reached[1:], 0.0)
    assert np.abs(found - 1 - shares * (2**32 - CELLS))[:-1].max() < 1.01
    assert found[-1] > 1 + shares[-1] * (2**32 - CELLS) - 1


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_a_model_costs_next_to_nothing_over_the_entropy(law: IndexLaw) -> None:
    """Its mean length, over the exact probabilities of the cells."""
    reached = law.exceeds(np.array(LOWEST, dtype=np.float64) - 1)
    shares = reached - np.append(reached[1:], 0.0)
    made = [of_counts(counts_of(law))]
    if isinstance(law, Geometric):
        made.append(geometric_model(law.success))
    for model in made:
        mean = float((shares * model.lengths(array(list(LOWEST)))).sum())
        assert -1e-8 * law.entropy <= mean - law.entropy < 2e-4 * law.entropy + 2e-6


@pytest.mark.parametrize("success", SUCCESSES)
def test_messages_take_two_bits_and_a_thousandth_more_than_their_law_asks(success: float) -> None:
    k = np.random.default_rng(1).geometric(success, 20_000)
    for code in (geometric_code(success), table_code(Geometric(success))):
        bits = code.write(k)
        assert code.read(bits, len(k)).tolist() == k.tolist()
        ideal = float(ideal_length(k, Geometric(success)).sum())
        assert bits.count < 1.001 * ideal + 2
        # A file's end is known to its reader, which may save a few bits.
        assert bits.count > 0.999 * ideal - 60


@pytest.mark.parametrize("kl", [0.0, 1.2, 9.0])
def test_the_written_zeta_code_has_the_length_of_its_formula(kl: float) -> None:
    law = Geometric(2.0 ** -(kl + 1))
    k = np.random.default_rng(2).geometric(law.success, 20_000)
    code = zeta_code(zeta_exponent(kl))
    bits = code.write(k)
    assert code.read(bits, len(k)).tolist() == k.tolist()
    assert bits.count == pytest.approx(float(zeta_length(k, zeta_exponent(kl)).sum()), rel=1e-4)
    assert bits.count / len(k) == pytest.approx(expected_zeta(law, kl), rel=0.05)


@pytest.mark.parametrize("success", [1e-30, 5e-324])
def test_indices_beyond_64_bits_leave_a_model_that_still_works(success: float) -> None:
    model = geometric_model(success)
    assert model.frequencies.counts[-1] > 2**31
    numbers = array([1, 2**63 - 1, 500])
    assert model.read(model.write(numbers), 3).tolist() == numbers.tolist()


def test_every_machine_has_these_counts() -> None:
    """Fixed once: files that were written must stay readable."""

    def mark(model: IndexModel) -> int:
        return zlib.crc32(json.dumps(model.frequencies.counts).encode())

    assert mark(geometric_model(1 / 6)) == GEOMETRIC_MARK
    assert mark(geometric_model(1e-9)) == RARE_MARK
    assert mark(zeta_model(1.3)) == ZETA_MARK
    numbers = array([1, 2, 3, 128, 2**40, 2**63 - 1])
    assert geometric_model(1 / 6).write(numbers).data.hex() == GEOMETRIC_BITS
    assert zeta_model(1.3).write(numbers).data.hex() == ZETA_BITS


def test_models_that_are_none_are_refused() -> None:
    for bad in ([0], [2**32], [1] * CELLS):
        with pytest.raises(UsageError, match="model of indices"):
            of_counts(bad)
    for exponent in (1.0, math.inf, math.nan):
        with pytest.raises(UsageError, match="exponent of a zeta code"):
            zeta_model(exponent)
    for success in (0.0, 1.5):
        with pytest.raises(UsageError, match="cannot succeed"):
            geometric_model(success)
    with pytest.raises(UsageError, match="at least 1, and not -3"):
        geometric_model(0.5).write(array([1, -3]))


# Codes by name

CODES = (
    ELIAS_GAMMA,
    ELIAS_DELTA,
    geometric_code(0.1),
    zeta_code(1.4),
    table_code(LAWS["stepped"]),
)


@pytest.mark.parametrize("code", CODES, ids=[code.name for code in CODES])
def test_a_code_is_made_again_from_its_name_and_parameters(code: IndexCode) -> None:
    again = named(code.name, json.loads(json.dumps(code.parameters)))
    numbers = array([1, 2, 77, 128, 10**12, 2**63 - 1])
    bits = code.write(numbers)
    assert again.write(numbers) == bits
    assert again.read(bits, len(numbers)).tolist() == numbers.tolist()


def test_progress_is_told_and_can_end_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bit_strings, "AT_ONCE", 10)
    for code in CODES:
        seen: list[tuple[int, int]] = []
        code.write(array([1] * 25), lambda *at, seen=seen: seen.append(at))
        assert seen == [(10, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("huffman", {}, "No code for indices is called 'huffman'"),
        ("geometric", {}, "no parameters of the code geometric"),
        ("geometric", {"success": 0.5}, "no parameters of the code geometric"),
        ("geometric", {"success": "half"}, "no parameters of the code geometric"),
        ("geometric", {"success": "0x1p+1"}, "cannot succeed"),
        ("zeta", {"exponent": "nan"}, "no parameters of the code zeta"),
        ("zeta", {"exponent": "0x1p+99999"}, "no parameters of the code zeta"),
        ("table", {"counts": [1, 2.5]}, "no parameters of the code table"),
        ("table", {"counts": 3}, "no parameters of the code table"),
        ("elias_gamma", {"k": 1}, "no parameters of the code elias_gamma"),
    ],
)
def test_other_names_and_parameters_are_refused(name: str, parameters: dict, sentence: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=sentence):
        named(name, parameters)
