"""Finds runs by a query, sorted by anything, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal_column,
    not_,
    select,
)

from labbook.model import Run
from labbook.store import tables
from labbook.store.run_filter import Filter, condition
from labbook.store.run_names import check_name, check_names, place_of
from labbook.store.run_rows import IS_LAST, load_runs
from labbook.text.plain import storable
from labbook.text.run_order import NEWEST_FIRST, Order
from labbook.text.run_terms import Among, Everything, Term

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run, _metric, _param = tables.run, tables.metric, tables.param
_FIELDS: dict[str, ColumnElement[Any]] = {
    "id": _run.c.id,
    "name": _run.c.name,
    "experiment": _run.c.experiment,
    "state": _run.c.state,
    "day": _run.c.day,
    "started": _run.c.started_us,
    "ended": _run.c.ended_us,
    "took": _run.c.duration_s,
    "seed": _run.c.seed,
    "backend": _run.c.backend,
    "host": _run.c.host,
    "device": _run.c.device,
    "branch": _run.c.git_branch,
    "commit": _run.c.git_commit,
    "parent": _run.c.parent_id,
    "memory": _run.c.peak_memory_bytes,
    "pinned": _run.c.is_pinned,
}
_FEW = 1000
_Ids = Select[tuple[int]]


def find_runs(
    nb: Notebook,
    query: Term | None = None,
    *,
    order: Order = NEWEST_FIRST,
    limit: int | None = 100,
    offset: int = 0,
) -> tuple[Run, ...]:
    """The runs that meet a query, without their artifacts.

    Runs that lack what they are sorted by come last, newest first.

    Raises:
        UsageError: no run has a metric or parameter that is asked for.
    """
    with nb.read() as connection:
        return _load(connection, find_ids(connection, query, order, limit, offset))


def count_runs(nb: Notebook, query: Term | None = None) -> int:
    """How many runs meet a query."""
    with nb.read() as connection:
        chosen = select(func.count()).select_from(_run)
        chosen = chosen.where(_checked(connection, query).where)
        return connection.execute(chosen).scalar_one()


def find_ids(
    connection: Connection, query: Term | None, order: Order, limit: int | None, offset: int = 0
) -> list[int]:
    """The numbers of the runs that meet a query, in their order.

    Raises:
        UsageError: no run has a metric or parameter that is asked for.
    """
    filter_ = _checked(connection, query)
    where = filter_.where
    if order.among is None and order.name == "id":
        return _ids(connection, select(_run.c.id).where(where), _by(order), limit, offset)
    few = _few(connection, filter_)
    if few is not None:
        where = _run.c.id.in_(_listed(few))
    with_it, without, keys = _sorted(connection, order, is_few=few is not None)
    first = _ids(connection, with_it.where(where), keys, limit and limit + offset, 0)
    if limit is not None and len(first) >= limit + offset:
        return first[offset:]
    rest = None if limit is None else limit - len(first[offset:])
    lacking = select(_run.c.id).where(where, without)
    further = max(0, offset - len(first))
    return first[offset:] + _ids(connection, lacking, [_run.c.id.desc()], rest, further)


def _few(connection: Connection, filter_: Filter) -> list[int] | None:
    """The runs that meet it, where they are few enough to be sorted one by one."""
    if not filter_.is_narrow:
        return None
    found = _ids(connection, select(_run.c.id).where(filter_.where), (), _FEW, 0)
    return found if len(found) < _FEW else None


def _checked(connection: Connection, query: Term | None) -> Filter:
    query = query or Everything()
    check_names(connection, query)
    return condition(connection, query)


def _sorted(
    connection: Connection, order: Order, *, is_few: bool
) -> tuple[_Ids, ColumnElement[bool], list[ColumnElement[Any]]]:
    """Runs that have what they are sorted by, what tells the others, and the order."""
    if order.among is None:
        has = _FIELDS[order.name].is_not(None)
        return select(_run.c.id).where(has), not_(has), _by(order)
    check_name(connection, order.name, order.among)
    name = storable(order.name)
    if place_of(connection, order.name, order.among) is Among.METRIC:
        mine = and_(_metric.c.name == name, _metric.c.value.is_not(None), IS_LAST)
        table, keys = _metric, ["value"]
    else:
        mine = and_(_param.c.name == name)
        table, keys = _param, ["number", "text"]
    joined = select(_run.c.id).join(table, table.c.run_id == _run.c.id).where(mine)
    lacks = not_(exists().where(table.c.run_id == _run.c.id, mine))
    # The plus sign makes SQLite sort the few there are; else it goes along the index in order.
    sign = "+" if is_few else ""
    columns: list[ColumnElement[Any]] = [
        literal_column(f"{sign}{table.name}.{key}") for key in keys
    ]
    ordered = [each.desc() if order.descending else each.asc() for each in columns]
    return joined, lacks, [*ordered, _run.c.id.desc()]


def _by(order: Order) -> list[ColumnElement[Any]]:
    field = _FIELDS[order.name]
    ordered: ColumnElement[Any] = field.desc() if order.descending else field.asc()
    return [ordered] if order.name == "id" else [ordered, _run.c.id.desc()]


def _ids(
    connection: Connection,
    chosen: _Ids,
    keys: Sequence[ColumnElement[Any]],
    limit: int | None,
    offset: int,
) -> list[int]:
    chosen = chosen.order_by(*keys)
    if limit is not None or offset:
        chosen = chosen.limit(-1 if limit is None else limit).offset(offset)
    return [row.id for row in connection.execute(chosen)]


def _load(connection: Connection, ids: Sequence[int]) -> tuple[Run, ...]:
    if not ids:
        return ()
    chosen = select(_run).where(_run.c.id.in_(_listed(ids)))
    found = {run.id: run for run in load_runs(connection, chosen, whole=False)}
    return tuple(found[each] for each in ids)


def _listed(ids: Sequence[int]) -> Select[tuple[int]]:
    """The ids as one parameter: SQLite takes no more than some thousands of them."""
    return select(func.json_each(json.dumps(ids)).table_valued("value").c.value)
