"""What of a run's directory is taken in besides its events, on the standard library's driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from labbook.model.run import Artifact
from labbook.text.plain import storable


class Stretch(NamedTuple):
    """The bytes of a run's metrics.jsonl from `start` to `end`."""

    start: int = 0
    end: int = 0


def is_next(connection: sqlite3.Connection, run_id: int, stretch: Stretch | None) -> bool:
    """Whether exactly the bytes before the stretch are taken in, inside a write transaction."""
    if stretch is None:
        return True
    taken = connection.execute(
        "SELECT taken_bytes FROM metrics_file WHERE run_id = ?", (run_id,)
    ).fetchone()
    return (taken[0] if taken else 0) == stretch.start


def take(connection: sqlite3.Connection, run_id: int, stretch: Stretch | None) -> None:
    """Write down that the stretch is taken in too."""
    if stretch is not None and stretch.start != stretch.end:
        connection.execute(
            "INSERT INTO metrics_file (run_id, taken_bytes) VALUES (?, ?)"
            " ON CONFLICT (run_id) DO UPDATE SET taken_bytes = excluded.taken_bytes",
            (run_id, stretch.end),
        )


def add_provenance(connection: sqlite3.Connection, run_id: int, files: Sequence[Artifact]) -> None:
    """Add stored files that say where a run comes from; of one name the first stays."""
    connection.executemany(
        "INSERT INTO provenance (run_id, name, sha256, size_bytes, media_type)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (run_id, storable(each.name), each.sha256, each.size_bytes, each.media_type)
            for each in files
        ],
    )
