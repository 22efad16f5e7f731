"""Amounts as single characters: the height of a week in a strip, the shade of a day on a map."""

from __future__ import annotations

from collections.abc import Sequence

from labbook.text.period import Period

HEIGHTS = "·▁▂▃▄▅▆▇█"
SHADES = "·░▒▓█"
"""The first is nothing at all; legible without colours."""


def place(value: float, most: float, signs: str) -> int:
    """Which of the signs stands for a value; the first for nothing, the last for the most."""
    steps = len(signs) - 1
    return min(steps, max(1, round(steps * value / most))) if value > 0 else 0


def strip(values: Sequence[float], most: float) -> str:
    """Values beside each other, each as high as its part of the most."""
    return "".join(HEIGHTS[place(value, most, HEIGHTS)] for value in values)


def digits(counts: Sequence[int]) -> str:
    """Counts beside each other; from ten on a plus."""
    return "".join(str(count) if count < 10 else "+" for count in counts)


def months(weeks: Sequence[Period], columns: int = 1) -> str:
    """The name of each month over the week in which it begins, where there is room for it.

    columns: of each week
    """
    line = ""
    for number, week in enumerate(weeks):
        begins = next((day for day in week.days() if day.day == 1), None)
        if number == 0 and week.first.day <= 14 and begins is None:
            begins = week.first
        at = number * columns
        if begins is not None and len(line) <= at <= (len(weeks) - 1) * columns - 2:
            line = line.ljust(at) + f"{begins:%b} "
    return line.rstrip()
