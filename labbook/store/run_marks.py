"""What its owner says of a run: pinned, tags, name, annotation; and taking it away.

Each returns the run as it was, from which it can be made so again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from labbook.errors import UsageError
from labbook.model import Moment, Run
from labbook.store import tables
from labbook.store.rows import instant
from labbook.store.run_queries import load_run
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run, _block, _tag = tables.run, tables.block, tables.tag


def pin_run(nb: Notebook, run_id: int, *, pinned: bool) -> Run:
    """Pin a run, or unpin it.

    Raises:
        NotFound: there is none of that number; so for all here.
    """
    return _changed(nb, run_id, {"is_pinned": int(pinned)})


def rename_run(nb: Notebook, run_id: int, name: str) -> Run:
    """Call a run something; an empty name takes its name away."""
    return _changed(nb, run_id, {"name": storable(" ".join(name.split()))})


def annotate_run(nb: Notebook, run_id: int, text: str) -> Run:
    """Write what is to be said of a run, instead of what was said of it before."""
    return _changed(nb, run_id, {"annotation": storable(text)})


def tag_run(nb: Notebook, run_id: int, tags: Sequence[str]) -> Run:
    """Give a run these tags and no others."""
    with nb.write() as connection:
        before = load_run(connection, run_id)
        connection.execute(_tag.delete().where(_tag.c.run_id == run_id))
        rows = [
            {"run_id": run_id, "position": position, "name": storable(name)}
            for position, name in enumerate(dict.fromkeys(tags))
        ]
        if rows:
            connection.execute(insert(_tag), rows)
        return before


def delete_runs(nb: Notebook, run_ids: Sequence[int], moment: Moment) -> tuple[Run, ...]:
    """Take runs off lists, days and searches; all of them or none. They can be restored.

    Raises:
        UsageError: one has not ended.
    """
    with nb.write() as connection:
        before = tuple(load_run(connection, each) for each in run_ids)
        for run in before:
            if not run.state.has_ended:
                raise UsageError(
                    f"Run {run.id} is {run.state.words}, so it cannot be deleted.",
                    hint=f"`labbook runs cancel {run.id}` stops it.",
                )
        ids = [run.id for run in before if not run.deleted]
        at = instant("deleted", moment)
        connection.execute(update(_run).where(_run.c.id.in_(ids)).values(at))
        # A block that was deleted before stays so when the run comes back.
        standing = _block.c.run_id.in_(ids), _block.c.deleted_us.is_(None)
        connection.execute(update(_block).where(*standing).values(at))
        return before


def restore_run(nb: Notebook, run_id: int) -> Run:
    """Bring a deleted run back, with its blocks."""
    none = instant("deleted", None)
    with nb.write() as connection:
        before = load_run(connection, run_id)
        chosen = select(_run.c.deleted_us).where(_run.c.id == run_id)
        when = connection.execute(chosen).scalar_one()
        taken = _block.c.run_id == run_id, _block.c.deleted_us == when
        connection.execute(update(_block).where(*taken).values(none))
        connection.execute(update(_run).where(_run.c.id == run_id).values(none))
        return before


def _changed(nb: Notebook, run_id: int, values: Mapping[str, Any]) -> Run:
    with nb.write() as connection:
        before = load_run(connection, run_id)
        connection.execute(update(_run).where(_run.c.id == run_id).values(values))
        return before
