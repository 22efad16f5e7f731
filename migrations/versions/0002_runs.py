"""Runs of any kind, sweeps, comparisons, and parameters that can be searched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    connection = op.get_bind()
    for statement in _statements((_SQL / "0002_runs.sql").read_text("utf-8")):
        connection.exec_driver_sql(statement)
    known = connection.exec_driver_sql("SELECT id, params FROM run").fetchall()
    rows = [(run_id, *row) for run_id, params in known for row in _rows(params)]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO param (run_id, name, number, text) VALUES (?, ?, ?, ?)", rows
        )


def _rows(params: str) -> Iterator[tuple[str, float | None, str]]:
    """Parameters one by one; what is no JSON object, which `check` reports, has none."""
    try:
        found = json.loads(params)
    except ValueError:
        return
    if isinstance(found, dict):
        for name, value in found.items():
            yield name, _number(value), value if isinstance(value, str) else json.dumps(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit before the first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
