"""How a run ended, and what it used of the machine."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from labbook.model.run import RunState


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. What is None stays as the run's row has it."""

    state: RunState
    exit_code: int | None = None
    signal: int | None = None
    message: str | None = None
    duration_s: float | None = None
    peak_memory_bytes: int | None = None
    backend: str | None = None
    backend_reason: str | None = None
    device: str | None = None
    cpu_s: float | None = None
    gpu_memory_bytes: int | None = None
    gpu_utilisation: float | None = None


def add_usage(connection: sqlite3.Connection, run_id: int, outcome: Outcome) -> None:
    """Write down what the run used, inside a transaction."""
    used = (outcome.cpu_s, outcome.gpu_memory_bytes, outcome.gpu_utilisation)
    if used != (None, None, None):
        connection.execute(
            "INSERT INTO run_usage (run_id, cpu_s, gpu_memory_bytes, gpu_utilisation)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET"
            " cpu_s = coalesce(excluded.cpu_s, cpu_s),"
            " gpu_memory_bytes = coalesce(excluded.gpu_memory_bytes, gpu_memory_bytes),"
            " gpu_utilisation = coalesce(excluded.gpu_utilisation, gpu_utilisation)",
            (run_id, *used),
        )
