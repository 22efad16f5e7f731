"""The names that occur among the runs: experiments, metrics, parameters.

They are found by jumps through an index, one for each name, however many runs there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, select, true

from labbook.errors import UsageError
from labbook.store import tables
from labbook.store.run_rows import IS_LAST
from labbook.text.plain import storable
from labbook.text.run_order import parse_order
from labbook.text.run_query import FILTERS
from labbook.text.run_terms import Among, Compare, Has, Term, leaves
from labbook.text.run_words import place

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_run, _metric, _param = tables.run, tables.metric, tables.param


def experiments(connection: Connection) -> list[str]:
    """The names of all experiments that have runs, by jumps through the index."""
    return _distinct(connection, _run.c.experiment, true())


def metric_names(connection: Connection) -> list[str]:
    """The names of all metrics."""
    return _distinct(connection, _metric.c.name, IS_LAST)


def param_names(connection: Connection) -> list[str]:
    """The names of all parameters."""
    return _distinct(connection, _param.c.name, true())


def _distinct(
    connection: Connection, name: ColumnElement[str], among: ColumnElement[bool]
) -> list[str]:
    found: list[str] = []
    chosen = select(name).where(among).order_by(name).limit(1)
    while True:
        further = chosen.where(name > found[-1]) if found else chosen
        next_ = connection.execute(further).scalar()
        if next_ is None:
            return found
        found.append(next_)


def check_names(connection: Connection, term: Term) -> None:
    """See that each metric and parameter of a query is one that some run has.

    Raises:
        UsageError: no run has one of that name; the hint has the nearest.
    """
    for leaf in leaves(term):
        if isinstance(leaf, Compare | Has):
            check_name(connection, leaf.name, leaf.among, leaf.at)


def check_columns(nb: Notebook, names: Sequence[str]) -> None:
    """See that each of these, which may begin with `metric:` or `param:`, is one of some run.

    Raises:
        UsageError: one is not; the hint has the nearest.
    """
    with nb.read() as connection:
        for name in names:
            order = parse_order(name)
            check_name(connection, order.name, order.among or Among.BOTH)


def check_name(
    connection: Connection, name: str, among: Among = Among.BOTH, at: int | None = None
) -> None:
    """See that some run has a metric or parameter of that name.

    at: where it stands in the query

    Raises:
        UsageError: none has; the hint has the nearest.
    """
    if place_of(connection, name, among) is not None:
        return
    known = metric_names(connection) if among is not Among.PARAM else []
    known += param_names(connection) if among is not Among.METRIC else []
    folded = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), folded, n=1)
    where = f" at {place(at)}" if at is not None else ""
    hint = f"Did you mean {folded[near[0]]}?" if near else ""
    if at is not None and name in FILTERS:
        hint = f"Did you mean {name}:…, or not {name}:…?"
    raise UsageError(f"No run has a {among.value} {name}, as asked{where}.", hint=hint)


def place_of(connection: Connection, name: str, among: Among = Among.BOTH) -> Among | None:
    """Whether a name is a metric's or a parameter's; a metric's where it is both."""
    name = storable(name)
    metric = select(_metric.c.id).where(_metric.c.name == name, IS_LAST).limit(1)
    if among is not Among.PARAM and connection.execute(metric).first():
        return Among.METRIC
    param = select(_param.c.name).where(_param.c.name == name).limit(1)
    if among is not Among.METRIC and connection.execute(param).first():
        return Among.PARAM
    return None
