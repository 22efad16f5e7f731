"""Stores what a run produced and what it ran in: metrics, warnings, artifacts, environment.

On the standard library's driver, inside a transaction: ten thousand points are one statement.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from labbook.model.jsonable import encode
from labbook.model.published import Published
from labbook.model.run import Artifact, Metric
from labbook.store.new_run import param_rows
from labbook.store.note_text import body_hash
from labbook.text.plain import storable


def add_results(
    connection: sqlite3.Connection, run_id: int, metrics: Sequence[Metric], warnings: Sequence[str]
) -> None:
    """Add points and warnings to those the run has; the last point of each metric is marked."""
    if metrics:
        stored = {name: storable(name) for name in {each.name for each in metrics}}
        last = {stored[each.name]: index for index, each in enumerate(metrics)}
        connection.executemany(
            "UPDATE metric SET is_last = 0 WHERE run_id = ? AND name = ? AND is_last = 1",
            [(run_id, name) for name in last],
        )
        marks = set(last.values())
        connection.executemany(
            "INSERT INTO metric (run_id, name, step, kind, value, is_last)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (run_id, stored[each.name], each.step, *_kind(each.value), int(index in marks))
                for index, each in enumerate(metrics)
            ],
        )
    if warnings:
        mine = "SELECT warnings FROM run WHERE id = ?"
        before = json.loads(connection.execute(mine, (run_id,)).fetchone()[0])
        after = _json([*before, *warnings])
        connection.execute("UPDATE run SET warnings = ? WHERE id = ?", (after, run_id))


def add_params(
    connection: sqlite3.Connection, run_id: int, params: Mapping[str, Any], seed: int | None
) -> None:
    """Add parameters, and a seed, that a run learns of only now; those it has stay."""
    if seed is not None:
        statement = "UPDATE run SET seed = ? WHERE id = ? AND seed IS NULL"
        connection.execute(statement, (seed, run_id))
    if params:
        mine = "SELECT params FROM run WHERE id = ?"
        before = json.loads(connection.execute(mine, (run_id,)).fetchone()[0])
        new = {name: value for name, value in params.items() if storable(name) not in before}
        merged = _json({**before, **new})
        connection.execute("UPDATE run SET params = ? WHERE id = ?", (merged, run_id))
        connection.executemany(
            "INSERT INTO param (run_id, name, number, text) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [(run_id, *row) for row in param_rows(new)],
        )


def add_published(
    connection: sqlite3.Connection, run_id: int, published: Sequence[Published]
) -> None:
    """Add published values to those the run has; one of the same metric and source replaces."""
    for each in published:
        named = (run_id, storable(each.metric), storable(each.source))
        connection.execute(
            "INSERT OR REPLACE INTO published"
            " (run_id, metric, source, value, uncertainty, position)"
            " VALUES (?1, ?2, ?3, ?4, ?5, coalesce("
            "(SELECT position FROM published WHERE run_id = ?1 AND metric = ?2 AND source = ?3),"
            " (SELECT max(position) + 1 FROM published WHERE run_id = ?1), 0))",
            (*named, each.value, each.uncertainty),
        )


def add_artifacts(
    connection: sqlite3.Connection, run_id: int, artifacts: Sequence[Artifact], first: int = 0
) -> None:
    """Add artifacts in the order in which they were made, the first at position `first`."""
    connection.executemany(
        "INSERT INTO artifact (run_id, position, name, kind, sha256, size_bytes, media_type)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(run_id, position, storable(each.name), each.kind.value),
                *(each.sha256, each.size_bytes, each.media_type),
            )
            for position, each in enumerate(artifacts, start=first)
        ],
    )


def environment_id(connection: sqlite3.Connection, environment: Mapping[str, Any]) -> int:
    """The id of an environment; most runs share theirs with the run before."""
    content = _json(environment)
    sha256 = body_hash(content)
    connection.execute(
        "INSERT INTO environment (sha256, content) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (sha256, content),
    )
    found = connection.execute("SELECT id FROM environment WHERE sha256 = ?", (sha256,)).fetchone()
    return int(found[0])


def _kind(value: float) -> tuple[str, float | None]:
    """SQLite turns NaN into NULL, so a point says what its value was."""
    if math.isfinite(value):
        return "number", value
    return ("nan", None) if math.isnan(value) else ("inf" if value > 0 else "-inf", value)


def _json(value: Any) -> str:
    return storable(json.dumps(encode(value), ensure_ascii=False, allow_nan=False))
