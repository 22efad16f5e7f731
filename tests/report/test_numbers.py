"""A number that is shown is the number that is meant, to the digits that are shown."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.report import numbers

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, st.integers(2, 10))
def test_a_shown_number_is_right_to_its_digits(value: float, digits: int) -> None:
    # The largest floats round up to what is none.
    shown = min(max(float(numbers.number(value, digits)), -sys.float_info.max), sys.float_info.max)
    assert math.isclose(shown, value, rel_tol=0.5001 * 10 ** (1 - digits), abs_tol=5e-323)


@given(st.one_of(FINITE, st.integers(-(10**30), 10**30), st.booleans()))
def test_a_parameter_typed_again_is_the_same(value: float) -> None:
    typed = numbers.exact(value)
    if isinstance(value, bool):
        assert typed == str(value).lower()
    elif isinstance(value, int):
        assert int(typed) == value if "e" not in typed else float(typed) == value
    else:
        assert float(typed) == value


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8))
def test_the_numbers_of_a_column_have_their_points_below_each_other(values: list[float]) -> None:
    shown = numbers.column(values)
    if not any("e" in text for text in shown):
        points = {(len(text) - text.find(".")) if "." in text else None for text in shown}
        ends = {len(text) - len(text.rstrip()) for text in shown if "." not in text}
        assert len(points - {None}) <= 1
        assert not points - {None} or ends <= points
    for value, text in zip(values, shown, strict=True):
        assert float(text) == pytest.approx(value, rel=6e-4)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.1, 0.2, 0.5], ["0.1", "0.2", "0.5"]),
        ([2.1e-4, 1.4161, 0.5e-3], ["0.00021", "1.416  ", "0.0005 "]),
        ([1.4161, 0.0021, 0.5], ["1.4161", "0.0021", "0.5000"]),
        ([0.04696, 7.218e-5, 12345.6], ["0.04696 ", "7.218e-5", "12346       "]),
        ([2.1e-9, 1.4], ["2.1e-9", "1.4   "]),
        ([2.1e-4, 1.25e-5, 5.5e-8], ["2.10e-4", "1.25e-5", "5.50e-8"]),
        ([1.5e9, 12.0, 0.25], ["1.5e9", "1.2e1", "2.5e-1"]),
        ([1e-9, 0.0, 2, 3.25, None], ["1e-9", "0   ", "2   ", "3.25", "–"]),
        ([10_000_000, 3], ["10000000", "3"]),
        ([1, 2.5, None, "x", True], ["1", "2.5", "–", "x", "true"]),
        ([math.nan, math.inf, -math.inf, 1.25], ["nan", "inf", "-inf", "1.25"]),
        ([], []),
    ],
)
def test_a_column_is_written_as_a_person_would(values: list[object], shown: list[str]) -> None:
    assert numbers.column(values) == shown


def test_a_score_has_two_decimals() -> None:
    shown = numbers.scores([-0.30216, 4.0, 12, 0.001, None, math.inf, -1.5e9, "x"])
    assert shown == ["-0.30", "4.00", "12.00", "0.00", "–", "inf", "-1.5e9", "x"]


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (12.3456, 0.0123, "12.346 ± 0.012"),
        (3e-4, 1.1e-4, "0.00030 ± 0.00011"),
        (0.0, 0.1, "0.00 ± 0.10"),
        (1e9, 3e7, "1e9 ± 3e7"),
        (1e-9, 2e-10, "1e-9 ± 2e-10"),
        (1.5, None, "1.5"),
        (1.5, math.nan, "1.5"),
        (math.nan, 1.0, "nan"),
    ],
)
def test_an_error_says_how_many_digits_its_value_has(
    value: float, error: float | None, shown: str
) -> None:
    assert numbers.with_error(value, error) == shown


@given(st.floats(0, 1e7))
def test_a_time_is_right_to_two_digits(seconds: float) -> None:
    units = {"ms": 1e-3, "s": 1, "min": 60, "h": 3600}
    parts = numbers.duration(seconds).split()
    total = sum(float(n) * units[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True))
    assert total == pytest.approx(seconds, rel=0.06, abs=6e-5)


def test_sizes_are_in_powers_of_a_thousand() -> None:
    shown = [numbers.size(count) for count in (0, 999, 1000, 182_300_000, 1.5e12)]
    assert shown == ["0 B", "999 B", "1 kB", "182 MB", "1.5 TB"]
