"""Amounts as signs: more is never shown as less, and nothing only as nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labbook.report.shades import HEIGHTS, SHADES, digits, months, strip
from labbook.text.period import Period

AMOUNTS = st.lists(st.floats(0, 1e9), min_size=1, max_size=30)


@given(AMOUNTS)
def test_more_is_never_shown_as_less(amounts: list[float]) -> None:
    shown = strip(amounts, max(amounts))
    assert len(shown) == len(amounts)
    for amount, sign in zip(amounts, shown, strict=True):
        assert (sign == HEIGHTS[0]) == (amount == 0)
    by_amount = [sign for _, sign in sorted(zip(amounts, shown, strict=True))]
    assert by_amount == sorted(shown, key=HEIGHTS.index)
    assert HEIGHTS[-1] in shown or not any(amounts)


def test_counts_from_ten_on_are_a_plus() -> None:
    assert digits([0, 3, 9, 10, 250]) == "039++"


def test_no_sign_is_wider_than_a_cell_or_stands_twice() -> None:
    assert len(set(HEIGHTS)) == len(HEIGHTS)
    assert len(set(SHADES)) == len(SHADES)


def test_months_stand_over_the_week_in_which_they_begin() -> None:
    year = list(Period.months(2026, 1, 12).weeks())
    for columns in (1, 2):
        line = months(year, columns)
        for number, week in enumerate(year[:-3]):
            begins = [day for day in week.days() if day.day == 1]
            if begins:
                at = number * columns
                assert line[at : at + 3] == f"{begins[0]:%b}"
