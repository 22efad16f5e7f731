"""A channel typed as a parameter: a row of output probabilities for each input."""

from __future__ import annotations

from labbook.errors import UsageError


def read_rows(matrix: str) -> tuple[tuple[float, ...], ...]:
    """Of "0.9,0.1;0.2,0.8".

    Raises:
        UsageError: something in it is no number.
    """
    return tuple(tuple(map(_number, row.split(","))) for row in matrix.split(";"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{text.strip()!r} in the matrix is no number.",
            hint="Write rows like 0.9,0.1;0.2,0.8.",
        ) from None
