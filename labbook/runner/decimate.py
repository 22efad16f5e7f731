"""Makes a long series short enough to draw, without losing what stands out in it.

The series is cut into columns of neighbouring points, and of each column the lowest and the
highest stay, in their order: a drawing of fewer columns than that looks the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from labbook.model.figure import Series

if TYPE_CHECKING:
    from numpy.typing import NDArray


def decimate(series: Series, limit: int) -> Series:
    """The same series with at most `limit` points.

    Of a histogram's neighbouring bins the highest stays, over all their width. Of a band's
    column the lowest of the lower edge and the highest of the upper edge stay.
    """
    if len(series.y) <= limit:
        return series
    if series.kind == "histogram":
        return _histogram(series, limit)
    kept = _kept(series, limit)
    x = cast("tuple[float, ...]", tuple(series.x[index] for index in kept))
    return Series(
        series.name,
        x,
        tuple(series.y[index] for index in kept),
        series.kind,
        _at(series.error, kept),
        _at(series.upper, kept),
    )


def _kept(series: Series, limit: int) -> list[int]:
    import numpy as np

    low = np.asarray(series.y)
    high = low if series.upper is None else np.asarray(series.upper)
    columns = np.array_split(np.arange(len(low)), limit // 2)
    kept: set[int] = set()
    for column in columns:
        kept.add(int(column[_lowest(low[column])]))
        kept.add(int(column[_lowest(-high[column])]))
    return sorted(kept)


def _lowest(values: NDArray[Any]) -> int:
    import numpy as np

    # A column of nothing but NaN keeps its first, so that the line is still broken there.
    return 0 if np.isnan(values).all() else int(np.nanargmin(values))


def _at(values: tuple[float, ...] | None, kept: list[int]) -> tuple[float, ...] | None:
    return None if values is None else tuple(values[index] for index in kept)


def _histogram(series: Series, limit: int) -> Series:
    import numpy as np

    edges = np.asarray(series.xs)
    bins = np.array_split(np.arange(len(series.y)), limit)
    kept = [int(each[_lowest(-np.asarray(series.y)[each])]) for each in bins]
    return Series(
        series.name,
        (*(float(edges[each[0]]) for each in bins), float(edges[-1])),
        tuple(series.y[index] for index in kept),
        "histogram",
        _at(series.error, kept),
    )
