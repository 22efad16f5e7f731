"""Rows of numbers in one parameter."""

from __future__ import annotations

from labbook.errors import UsageError


def matrix(name: str, text: str) -> tuple[tuple[float, ...], ...]:
    """The rows of a text like 0.9,0.1;0.2,0.8.

    Raises:
        UsageError: something in it is no number.
    """
    return tuple(tuple(_number(name, each) for each in row.split(",")) for row in text.split(";"))


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{text.strip()!r} in {name} is no number.",
            hint="Write rows like 0.9,0.1;0.2,0.8.",
        ) from None
