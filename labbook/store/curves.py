"""Which metrics of runs are curves, and their points, thinned by SQLite itself.

A curve of 100,000 points is read in a tenth of a second, and then only what has come since.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from labbook.model.curve import Curve, column_width, grown, thinned
from labbook.model.run import Metric
from labbook.store import tables
from labbook.store.engine import plain_connection

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_metric = tables.metric

_NAMES = """
SELECT last.name FROM metric AS last WHERE last.run_id = ? AND last.is_last = 1
AND (SELECT min(step) FROM metric AS point WHERE point.run_id = last.run_id
     AND point.name = last.name)
  < (SELECT max(step) FROM metric AS point WHERE point.run_id = last.run_id
     AND point.name = last.name)
ORDER BY (SELECT id FROM metric AS point WHERE point.run_id = last.run_id
          AND point.name = last.name ORDER BY step LIMIT 1)
"""
_ENDS = """
SELECT (SELECT min(step) FROM metric WHERE run_id = ?1 AND name = ?2),
       (SELECT max(step) FROM metric WHERE run_id = ?1 AND name = ?2)
"""
_AT = "SELECT value, kind FROM metric WHERE run_id = ? AND name = ? AND step = ? LIMIT 1"
# A column that stands bare beside one min() or max() is of the row that has it.
_EXTREMES = """
SELECT step, {which}(CASE kind WHEN 'number' THEN value END), count(*), sum(kind <> 'number')
FROM metric WHERE {rows} AND name = ? GROUP BY step >> ?
"""
_WHOLE = "run_id = ? AND id > ?"
_NEW = "+run_id = ? AND id > ?"  # by rows, not by the index over the whole curve


def curve_names(nb: Notebook, run_ids: Sequence[int]) -> dict[str, int]:
    """Each metric that is a curve in some of the runs, and in how many of them."""
    found: dict[str, int] = {}
    chosen = select(_metric.c.name).group_by(_metric.c.name).having(func.count() > 1)
    with nb.read() as connection:
        for run_id in run_ids:
            mine = chosen.where(_metric.c.run_id == run_id).order_by(func.min(_metric.c.id))
            for (name,) in connection.execute(mine):
                found[name] = found.get(name, 0) + 1
    return found


def curves_of_run(nb: Notebook, run_id: int) -> tuple[str, ...]:
    """The metrics of a run that are curves, as they first came up; their points are not read."""
    with nb.read() as connection:
        rows = plain_connection(connection).execute(_NAMES, (run_id,))
        return tuple(name for (name,) in rows)


def read_curves(
    nb: Notebook, run_id: int, names: Sequence[str], known: Mapping[str, Curve], seen: int
) -> tuple[tuple[Curve, ...], int]:
    """These curves of a run, thinned, and the row up to which they were read.

    known: those that were read before, up to row `seen`
    """
    with nb.read() as connection:
        plain = plain_connection(connection)
        (last,) = plain.execute("SELECT coalesce(max(id), 0) FROM metric").fetchone()
        found = []
        for name in names:
            before = known.get(name)
            come = _read(plain, run_id, name, seen if before else 0)
            found.append(grown(before, come) if before else come)
    return tuple(found), last


def _read(connection: sqlite3.Connection, run_id: int, name: str, seen: int) -> Curve:
    low, high = connection.execute(_ENDS, (run_id, name)).fetchone()
    width = column_width(low, high)
    asked = (run_id, seen, name, width)
    rows = _NEW if seen else _WHOLE
    points: set[tuple[int, float | None]] = {
        (step, _value(connection.execute(_AT, (run_id, name, step)))) for step in (low, high)
    }
    count = not_finite = 0
    for which in ("min", "max"):
        count = not_finite = 0
        found = connection.execute(_EXTREMES.format(which=which, rows=rows), asked)
        for step, value, points_there, odd in found:
            points.add((step, value))
            count, not_finite = count + points_there, not_finite + odd
    kept = thinned(
        Metric(name, math.nan if value is None else value, step) for step, value in points
    )
    return Curve(name, kept, count, not_finite)


def _value(rows: sqlite3.Cursor) -> float | None:
    value, kind = rows.fetchone()
    return value if kind == "number" else None
