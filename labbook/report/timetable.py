"""Where a period went, as a figure and a table: by thread and day, measured and estimated apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from labbook.model import Axis, Cell, Column, Figure, Series, Table

NO_THREAD = "no thread"
OTHERS = "others"
MOST_THREADS = 7
"""More would have colours that cannot be told apart; the smallest become one."""

Seconds = Mapping[dt.date, float]


def time_figure(
    days: Sequence[dt.date], measured: Mapping[str, Seconds], estimate: Seconds
) -> Figure:
    """Hours a day, one thread on the other; what is only estimated on top and by that name.

    measured: by thread; estimate: of all threads together
    """
    names = tuple(f"{day:%a %d}" for day in days) if len(days) <= 31 else tuple(map(str, days))
    ordered = sorted(measured, key=lambda name: -sum(measured[name].values()))
    parts: dict[str, list[Seconds]] = {f"@{name}": [measured[name]] for name in ordered}
    if len(ordered) > MOST_THREADS:
        rest = [measured[name] for name in ordered[MOST_THREADS - 1 :]]
        parts = dict(list(parts.items())[: MOST_THREADS - 1]) | {f"{len(rest)} {OTHERS}": rest}
    if any(estimate.values()):
        parts["estimate"] = [estimate]
    series = [
        Series(name, names, _hours(days, several), kind="stack") for name, several in parts.items()
    ]
    return Figure("time", Axis("day"), Axis("time", "h"), series, title="Where the time went")


def time_table(
    threads: Sequence[str],
    periods: Sequence[tuple[str, Mapping[str, float]]],
    estimates: Sequence[float],
) -> Table:
    """Hours by thread, this period beside those before it.

    periods: label and measured seconds by thread, the oldest first
    estimates: seconds that each has besides, by estimate
    """
    columns = (Column("thread"), *(Column(label, "h") for label, _ in periods))
    rows: list[tuple[Cell, ...]] = [
        (f"@{name}", *(round(seconds.get(name, 0.0) / 3600, 2) for _, seconds in periods))
        for name in threads
    ]
    rows.append(("measured", *(round(sum(each.values()) / 3600, 2) for _, each in periods)))
    rows.append(("estimated besides", *(round(each / 3600, 2) for each in estimates)))
    return Table("time", columns, tuple(rows), title="Time by thread")


def weeks_figure(weeks: Sequence[tuple[str, float, float]]) -> Figure:
    """Hours a week on one thing: label, measured and estimated seconds of each."""
    names = tuple(label for label, _, _ in weeks)
    parts = {"measured": [week[1] for week in weeks], "estimate": [week[2] for week in weeks]}
    series = [
        Series(name, names, tuple(each / 3600 for each in seconds), kind="stack")
        for name, seconds in parts.items()
        if any(seconds)
    ]
    return Figure("time", Axis("week"), Axis("time", "h"), series, title="Time by week")


def weeks_table(weeks: Sequence[tuple[str, float, float]]) -> Table:
    """The same as a table; weeks without any are left out."""
    columns = (Column("week"), Column("measured", "h"), Column("estimated besides", "h"))
    rows: list[tuple[Cell, ...]] = [
        (label, round(measured / 3600, 2), round(estimated / 3600, 2))
        for label, measured, estimated in weeks
        if measured or estimated
    ]
    return Table("time by week", columns, tuple(rows))


def _hours(days: Sequence[dt.date], several: Sequence[Seconds]) -> tuple[float, ...]:
    return tuple(sum(each.get(day, 0.0) for each in several) / 3600 for day in days)
