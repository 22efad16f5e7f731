"""The queue: runs that wait for their turn, first come, first served.

A run leaves the queue by a compare-and-set, so of two processes that want to start it one does.
What it was given, numbers of devices, stands in its row from then on; they are free again when
the run has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, update

from labbook.model import Run
from labbook.store import tables
from labbook.store.run_rows import load_runs

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run, _waiting = tables.run, tables.waiting
_LINE = (
    select(_run.c.id, _waiting.c.gpus)
    .join(_waiting, _waiting.c.run_id == _run.c.id)
    .where(_waiting.c.gpu.is_(None), _run.c.state == "queued")
    .order_by(_waiting.c.since_us, _run.c.id)
)
"""Who waits, the next one first."""

# As in the partial index on runs that have not ended.
_IS_ACTIVE: ColumnElement[bool] = literal_column(
    "run.state IN ('queued', 'starting', 'running', 'finishing')"
)


def waiting_runs(nb: Notebook) -> tuple[Run, ...]:
    """The runs that wait, the next one first."""
    with nb.read() as connection:
        ids = [row.id for row in connection.execute(_LINE)]
        found = {
            run.id: run for run in load_runs(connection, select(_run).where(_run.c.id.in_(ids)))
        }
    return tuple(found[each] for each in ids)


def take_next(
    nb: Notebook,
    *,
    at_once: int,
    gpus: Collection[str],
    owner: str,
    is_ready: Callable[[int], bool] = lambda _: True,
) -> int | None:
    """Take the next run out of the queue that there is room for; its id, or None.

    A run that waits for devices lets those pass that need none, and no other.

    at_once: how many runs of the queue may go on at the same time
    gpus: the devices of this machine; each serves one run
    owner: the identity of the process that is going to start it
    is_ready: whether all is there that a run needs to be started; it waits for nobody till then
    """
    with nb.write() as connection:
        going_on, busy = _going_on(connection)
        if going_on >= at_once:
            return None
        free = [gpu for gpu in gpus if gpu not in busy]
        for row in connection.execute(_LINE).all():
            if not is_ready(row.id):
                continue
            if row.gpus <= len(free):
                _take(connection, row.id, free[: row.gpus], owner)
                return int(row.id)
            free = []
        return None


def taken_runs(nb: Notebook) -> tuple[tuple[Run, str], ...]:
    """Those that were taken out of the queue and have not begun, and who took each."""
    chosen = (
        select(_run.c.id, _run.c.owner)
        .join(_waiting, _waiting.c.run_id == _run.c.id)
        .where(_waiting.c.gpu.is_not(None), _run.c.state == "queued")
    )
    with nb.read() as connection:
        owners = {row.id: row.owner for row in connection.execute(chosen)}
        found = load_runs(connection, select(_run).where(_run.c.id.in_(owners)), whole=False)
    return tuple((run, owners[run.id]) for run in found)


def put_back(nb: Notebook, run_id: int) -> bool:
    """Let a run wait again that was taken and never started; False when it has started."""
    still = select(_run.c.id).where(_run.c.id == run_id, _run.c.state == "queued")
    statement = update(_waiting).where(_waiting.c.run_id.in_(still.scalar_subquery()))
    with nb.write() as connection:
        return connection.execute(statement.values(gpu=None)).rowcount == 1


def given_gpus(nb: Notebook, run_id: int) -> tuple[str, ...]:
    """The devices that were given to a run of the queue."""
    chosen = select(_waiting.c.gpu).where(_waiting.c.run_id == run_id)
    with nb.read() as connection:
        return tuple((connection.execute(chosen).scalar() or "").split())


def move_to_front(nb: Notebook, run_id: int) -> bool:
    """Let a waiting run be the next; False when it does not wait."""
    first = select(func.min(_waiting.c.since_us)).scalar_subquery()
    statement = update(_waiting).where(_waiting.c.run_id == run_id, _waiting.c.gpu.is_(None))
    with nb.write() as connection:
        return connection.execute(statement.values(since_us=first - 1)).rowcount == 1


def _going_on(connection: Connection) -> tuple[int, set[str]]:
    """How many runs of the queue go on, and the devices that they have."""
    chosen = select(_waiting.c.gpu).join(_run, _run.c.id == _waiting.c.run_id)
    rows = connection.execute(chosen.where(_waiting.c.gpu.is_not(None), _IS_ACTIVE)).scalars().all()
    return len(rows), {gpu for each in rows for gpu in (each or "").split()}


def _take(connection: Connection, run_id: int, gpus: Collection[str], owner: str) -> None:
    connection.execute(
        update(_waiting).where(_waiting.c.run_id == run_id).values(gpu=" ".join(gpus))
    )
    connection.execute(update(_run).where(_run.c.id == run_id).values(owner=owner))
