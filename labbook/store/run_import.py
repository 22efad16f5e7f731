"""Takes in runs that were recorded elsewhere: nothing twice, and nothing that is here changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from labbook.model import Moment, Run
from labbook.model.run_shape import WholeRun, fingerprint
from labbook.store import tables
from labbook.store.engine import plain_connection
from labbook.store.marks import thread_id
from labbook.store.new_run import param_rows
from labbook.store.note_text import thread_name
from labbook.store.rows import ensure_entry, insert_row, instant, to_json
from labbook.store.run_results import add_published, add_results, environment_id
from labbook.store.run_rows import load_runs
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run, _imported = tables.run, tables.imported


@dataclass(frozen=True, slots=True)
class Incoming:
    """A run to take in, and what it is known by: a source, and a name in it."""

    whole: WholeRun
    source: str
    name: str


def import_runs(
    nb: Notebook, incoming: Sequence[Incoming], *, moment: Moment, into_days: bool
) -> tuple[int, ...]:
    """Take in those runs that are not here yet, all of them or none.

    into_days: with a block each, on the day of its start

    Returns: the numbers of the new runs.
    """
    with nb.write() as connection:
        return tuple(
            _insert(connection, each, moment, into_days=into_days)
            for each in incoming
            if not _is_here(connection, each)
        )


def _is_here(connection: Connection, incoming: Incoming) -> bool:
    """Whether it was taken in before, or is one that was made here."""
    known = select(_imported.c.run_id).where(
        _imported.c.source == storable(incoming.source),
        _imported.c.name == storable(incoming.name),
    )
    if connection.execute(known).first() is not None:
        return True
    run = incoming.whole.run
    # Rows of a CSV file may well be alike, but for what was measured.
    made_here = _run.c.id.not_in(select(_imported.c.run_id))
    alike = select(_run).where(_run.c.created_us == run.created.us, made_here)
    alike = alike.where(_run.c.experiment == storable(run.experiment))
    wanted = fingerprint(run)
    return any(fingerprint(each) == wanted for each in load_runs(connection, alike, whole=False))


def _insert(connection: Connection, incoming: Incoming, moment: Moment, *, into_days: bool) -> int:
    whole = incoming.whole
    ensure_entry(connection, whole.run.day, moment)
    run_id = insert_row(connection, _run, _values(connection, whole.run, moment))
    params = [dict(zip(_PARAM, row, strict=True)) for row in param_rows(whole.run.params)]
    if params:
        connection.execute(insert(tables.param), [{"run_id": run_id, **row} for row in params])
    driver = plain_connection(connection)
    add_results(driver, run_id, whole.points, whole.run.warnings)
    add_published(driver, run_id, whole.run.published)
    tags = dict.fromkeys(map(storable, whole.run.tags))
    if tags:
        rows = [{"run_id": run_id, "position": n, "name": tag} for n, tag in enumerate(tags)]
        connection.execute(insert(tables.tag), rows)
    _insert_ways(connection, run_id, whole.run)
    origin = {"source": storable(incoming.source), "name": storable(incoming.name)}
    connection.execute(insert(_imported).values(run_id=run_id, **origin))
    if into_days:
        at = whole.run.started or whole.run.created
        block = {"day": whole.run.day.isoformat(), "kind": "run", "run_id": run_id}
        block |= {"role": "started", **instant("created", at), **instant("edited", moment)}
        insert_row(connection, tables.block, block)
    return run_id


_PARAM = ("name", "number", "text")


def _values(connection: Connection, run: Run, moment: Moment) -> dict[str, object]:
    texts = ("experiment", "name", "backend", "backend_asked", "backend_reason", "device")
    values: dict[str, object] = {
        name: storable(getattr(run, name)) for name in (*texts, "host", "message", "annotation")
    }
    numbers = ("seed", "duration_s", "exit_code", "signal", "peak_memory_bytes")
    values |= {name: getattr(run, name) for name in numbers}
    values |= {"state": run.state.value, "day": run.day.isoformat(), "params": to_json(run.params)}
    values |= instant("created", run.created) | instant("started", run.started)
    values |= instant("ended", run.ended) | {"is_pinned": int(run.is_pinned)}
    if run.environment:
        values["environment_id"] = environment_id(plain_connection(connection), run.environment)
    if run.code is not None:
        values |= {"git_commit": storable(run.code.commit), "git_dirty": int(run.code.dirty)}
        values["git_branch"] = storable(run.code.branch)
    if (thread := thread_name(run.thread)) is not None:
        values["thread_id"] = thread_id(connection, thread, moment)
    return values


def _insert_ways(connection: Connection, run_id: int, run: Run) -> None:
    if run.command is not None:
        row = {"run_id": run_id, "role": run.command.role.value}
        row |= {"argv": to_json(list(run.command.argv))}
        row |= {"directory": storable(run.command.directory)}
        connection.execute(insert(tables.command).values(row))
    used = {name: getattr(run, name) for name in ("cpu_s", "gpu_memory_bytes", "gpu_utilisation")}
    if any(value is not None for value in used.values()):
        connection.execute(insert(tables.run_usage).values(run_id=run_id, **used))
