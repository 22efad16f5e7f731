"""A run's first rows: itself, its parameters one by one, its command, its block in the day.

Written with the standard library's driver alone, since `labbook exec` has no time to import
SQLAlchemy before its command starts; the full store hands its own connection to this.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import UsageError
from labbook.model.jsonable import encode
from labbook.store.capture import known_notebook, thread_id
from labbook.store.faults import translated
from labbook.store.gate import PATIENCE_S, gate
from labbook.store.note_text import thread_name
from labbook.store.place import Place
from labbook.text.plain import storable

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3

    from labbook.model.moment import Moment
    from labbook.model.run import Command

LARGEST_SEED = 2**63 - 1
"""SQLite's integers have 64 bits and a sign. Seeds that labbook draws are below 2^53."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run is, before it has begun.

    name: what its owner calls it; empty for most
    thread: the name of the thread it belongs to
    gpus: None for a run that starts at once; else it waits in the queue for so many devices
    sweep: the sweep that it is a point of, and the point's number; its block is the sweep's
    is_running: it is recorded from inside, so it has begun
    environment: what is known of it beforehand
    """

    experiment: str
    params: Mapping[str, Any]
    day: dt.date
    moment: Moment
    host: str
    owner: str
    seed: int | None = None
    backend_asked: str = ""
    parent_id: int | None = None
    name: str = ""
    thread: str | None = None
    tags: tuple[str, ...] = ()
    command: Command | None = None
    gpus: int | None = None
    sweep: tuple[int, int] | None = None
    is_running: bool = False
    environment: Mapping[str, Any] = field(default_factory=dict)

    def checked(self) -> NewRun:
        """This, with the secrets of a command hidden.

        Raises:
            UsageError: the seed does not fit, or the thread can be no thread's name.
        """
        if self.seed is not None and not 0 <= self.seed <= LARGEST_SEED:
            raise UsageError(f"The seed {self.seed} is not between 0 and {LARGEST_SEED}.")
        thread_name(self.thread)
        return self if self.command is None else self._without_secrets(self.command)

    def _without_secrets(self, command: Command) -> NewRun:
        """With nothing in it that a command line had better not tell."""
        from labbook.text.secrets import HIDDEN, is_secret, without_secrets

        params = {
            name: HIDDEN if isinstance(value, str) and is_secret(name, value) else value
            for name, value in self.params.items()
        }
        shown = replace(command, argv=without_secrets(command.argv))
        return replace(self, params=params, command=shown)


def capture_run(path: Path, new: NewRun, *, wait_s: float = PATIENCE_S) -> int | None:
    """Insert a run into the notebook in directory `path`; durable when this returns.

    Returns: its id; None, and nothing is written, where the full store is needed.

    Raises:
        UsageError: something about it does not fit.
        StoreError: the notebook cannot be written, with the reason.
    """
    place, new = Place(path), new.checked()
    if not place.database.is_file():
        return None
    with translated(place.database), gate(place.gate, wait_s):
        connection = known_notebook(place)
        if connection is None:
            return None
        try:
            connection.execute("BEGIN IMMEDIATE")
            run_id = insert(connection, new)
            connection.execute("COMMIT")
        finally:
            connection.close()
    return run_id


def insert(connection: sqlite3.Connection, new: NewRun) -> int:
    """Insert a run and all that hangs on it, inside a transaction; its id."""
    at = (new.moment.us, storable(new.moment.zone))
    day = new.day.isoformat()
    connection.execute(
        "INSERT INTO entry (day, created_us, created_zone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (day, *at),
    )
    thread = None if new.thread is None else thread_id(connection, storable(new.thread), at)
    run_id = connection.execute(
        "INSERT INTO run (experiment, name, state, day, created_us, created_zone, started_us,"
        " started_zone, thread_id, parent_id, seed, backend_asked, host, owner, heartbeat_us,"
        " params) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            *(storable(new.experiment), storable(new.name)),
            *("running" if new.is_running else "queued", day, *at),
            *(at if new.is_running else (None, None)),
            *(thread, new.parent_id),
            *(new.seed, new.backend_asked, storable(new.host), storable(new.owner)),
            *(new.moment.us, _json(new.params)),
        ),
    ).fetchone()[0]
    connection.executemany(
        "INSERT INTO param (run_id, name, number, text) VALUES (?, ?, ?, ?)",
        [(run_id, *row) for row in param_rows(new.params)],
    )
    connection.executemany(
        "INSERT INTO tag (run_id, position, name) VALUES (?, ?, ?)",
        [(run_id, position, storable(name)) for position, name in enumerate(new.tags)],
    )
    _insert_ways(connection, run_id, new, at)
    if new.environment:
        from labbook.store.run_steps import describe

        describe(connection, run_id, environment=new.environment)
    return int(run_id)


def param_rows(params: Mapping[str, Any]) -> Iterator[tuple[str, float | None, str]]:
    """Parameters as they are searched: name, number where it is one, and text."""
    for name, value in params.items():
        number = float(value) if _is_finite(value) else None
        text = value if isinstance(value, str) else json.dumps(encode(value), ensure_ascii=False)
        yield storable(name), number, storable(text)


def _is_finite(value: Any) -> bool:
    try:
        return isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:
        return False


def _insert_ways(
    connection: sqlite3.Connection, run_id: int, new: NewRun, at: tuple[int, str]
) -> None:
    """How it is run, what it waits for, and where it is shown."""
    if new.command is not None:
        connection.execute(
            "INSERT INTO command (run_id, role, argv, directory) VALUES (?, ?, ?, ?)",
            (
                *(run_id, new.command.role.value, _json(list(new.command.argv))),
                storable(new.command.directory),
            ),
        )
    if new.gpus is not None:
        connection.execute(
            "INSERT INTO waiting (run_id, since_us, since_zone, gpus) VALUES (?, ?, ?, ?)",
            (run_id, *at, new.gpus),
        )
    if new.sweep is not None:
        connection.execute(
            "INSERT INTO sweep_run (sweep_id, position, run_id) VALUES (?, ?, ?)",
            (*new.sweep, run_id),
        )
    else:
        connection.execute(
            "INSERT INTO block (day, kind, run_id, role, created_us, created_zone, edited_us,"
            " edited_zone) VALUES (?, 'run', ?, 'started', ?, ?, ?, ?)",
            (new.day.isoformat(), run_id, *at, *at),
        )


def _json(value: Any) -> str:
    return storable(json.dumps(encode(value), ensure_ascii=False, allow_nan=False))
