"""Stored files that came to a run otherwise than with its end, and what is taken in of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from labbook.model import Artifact
from labbook.store import tables
from labbook.store.run_queries import load_run
from labbook.store.run_results import add_artifacts
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook


class Stretch(NamedTuple):
    """The bytes of a run's metrics.jsonl from `start` to `end`."""

    start: int = 0
    end: int = 0


def is_next(connection: Connection, run_id: int, stretch: Stretch | None) -> bool:
    """Whether exactly the bytes before the stretch are taken in, inside a write transaction."""
    if stretch is None:
        return True
    table = tables.metrics_file
    taken = connection.execute(
        select(table.c.taken_bytes).where(table.c.run_id == run_id)
    ).scalar_one_or_none()
    return (taken or 0) == stretch.start


def take(connection: Connection, run_id: int, stretch: Stretch | None) -> None:
    """Write down that the stretch is taken in too."""
    if stretch is None or stretch.start == stretch.end:
        return
    row = insert(tables.metrics_file).values(run_id=run_id, taken_bytes=stretch.end)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["run_id"], set_={"taken_bytes": row.excluded.taken_bytes}
        )
    )


def add_provenance(connection: Connection, run_id: int, files: Sequence[Artifact]) -> None:
    """Add stored files that say where a run comes from; of one name the first stays."""
    rows = [
        {
            "run_id": run_id,
            "name": storable(each.name),
            "sha256": each.sha256,
            "size_bytes": each.size_bytes,
            "media_type": each.media_type,
        }
        for each in files
    ]
    if rows:
        connection.execute(insert(tables.provenance).on_conflict_do_nothing(), rows)


def keep_files(nb: Notebook, run_id: int, files: Sequence[Artifact]) -> tuple[Artifact, ...]:
    """Add stored files to a run that has ended, and return those that it did not have.

    Raises:
        NotFound: there is no such run.
    """
    with nb.write() as connection:
        before = {(each.name, each.sha256) for each in load_run(connection, run_id).artifacts}
        new = [each for each in files if (each.name, each.sha256) not in before]
        column = tables.artifact.c.position
        last = connection.execute(
            select(func.max(column)).where(tables.artifact.c.run_id == run_id)
        ).scalar()
        add_artifacts(connection, run_id, new, first=0 if last is None else last + 1)
    return tuple(new)
