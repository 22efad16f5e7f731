"""Stored files that come to a run after its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from labbook.model import Artifact
from labbook.store import tables
from labbook.store.engine import plain_connection
from labbook.store.run_queries import load_run
from labbook.store.run_results import add_artifacts

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook


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
        add_artifacts(
            plain_connection(connection), run_id, new, first=0 if last is None else last + 1
        )
    return tuple(new)
