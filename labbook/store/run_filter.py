"""A query for runs as SQL: each condition as one on the run table.

A condition on another table is asked in one of two ways. Where few rows meet it, the runs are
taken from that table's index; where many do, each run is looked up as the list goes along, so
that a page of the newest is found without gathering all that match.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    column,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)

from labbook.store import tables
from labbook.store.run_names import experiments
from labbook.store.run_rows import IS_LAST
from labbook.store.search import match_expression
from labbook.text.plain import storable
from labbook.text.run_filters import ACTIVE, ENDED
from labbook.text.run_terms import (
    All,
    Among,
    AnyOf,
    Compare,
    Everything,
    Experiment,
    Has,
    Is,
    Not,
    Numbers,
    OnThread,
    Operator,
    Started,
    States,
    Tagged,
    Term,
    Texts,
    Took,
    Word,
    leaves,
)

Condition = ColumnElement[bool]
_run, _metric, _param = tables.run, tables.metric, tables.param
_MANY = 20_000
_FIELDS: dict[str, ColumnElement[Any]] = {
    "name": _run.c.name,
    "host": _run.c.host,
    "backend": _run.c.backend,
    "device": _run.c.device,
    "commit": _run.c.git_commit,
    "branch": _run.c.git_branch,
    "id": _run.c.id,
    "seed": _run.c.seed,
    "parent": _run.c.parent_id,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a run must meet.

    is_narrow: it is known that not many do
    """

    where: Condition
    is_narrow: bool = False


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Rows of another table, one for each run that meets a condition."""

    run_id: ColumnElement[int]
    where: Condition

    def on_run(self, connection: Connection) -> Filter:
        mine = select(self.run_id).where(self.where)
        some = mine.limit(_MANY).subquery()
        if connection.execute(select(func.count()).select_from(some)).scalar_one() < _MANY:
            return Filter(_run.c.id.in_(mine), is_narrow=True)
        return Filter(exists().where(self.run_id == _run.c.id, self.where))


def condition(connection: Connection, term: Term) -> Filter:
    """What a run must meet, deleted ones left out unless the query names them."""
    met = _met(connection, term)
    if any(isinstance(leaf, Is) and leaf.flag == "deleted" for leaf in leaves(term)):
        return met
    return Filter(and_(_run.c.deleted_us.is_(None), met.where), met.is_narrow)


def _met(connection: Connection, term: Term) -> Filter:  # noqa: PLR0911  one for each kind
    match term:
        case Everything():
            return Filter(true())
        case Not(part):
            # Of what is not known, such as the commit of a run outside git, it is true.
            return Filter(func.ifnull(_met(connection, part).where, 0) == 0)
        case All(parts):
            met = [_met(connection, part) for part in parts]
            return Filter(and_(*(each.where for each in met)), any(m.is_narrow for m in met))
        case AnyOf(parts):
            return _any_of([_met(connection, part) for part in parts])
        case Compare() | Has():
            return _any_of([each.on_run(connection) for each in _named(term)])
        case Word():
            return Filter(_word(connection, term))
        case Experiment(pattern):
            return Filter(_experiment(connection, pattern))
        case Tagged(name):
            named = (tables.tag.c.name == storable(name)) & tables.tag.c.run_id.is_not(None)
            return _Elsewhere(tables.tag.c.run_id, named).on_run(connection)
        case _:
            return Filter(_of_run(term))


def _any_of(met: Sequence[Filter]) -> Filter:
    return Filter(or_(*(each.where for each in met)), all(each.is_narrow for each in met))


def _of_run(term: Term) -> Condition:  # noqa: PLR0911  one for each kind
    """The conditions on a run's own row."""
    match term:
        case States(states):
            return _run.c.state.in_(states)
        case OnThread(name):
            named = select(tables.thread.c.id).where(tables.thread.c.name == storable(name))
            return _run.c.thread_id == named.scalar_subquery()
        case Started(period):
            return _run.c.day.between(period.first.isoformat(), period.last.isoformat())
        case Texts(field, pattern):
            return _text(_FIELDS[field], field, storable(pattern))
        case Numbers(field, low, high):
            return _numbers(field, low, high)
        case Took(operator, seconds):
            return _compared(_run.c.duration_s, operator, seconds)
        case Is():
            return _flag(term)
        case _:
            raise AssertionError(term)


def _named(term: Compare | Has) -> list[_Elsewhere]:
    name = storable(term.name)
    of_metric, of_param = and_(_metric.c.name == name, IS_LAST), _param.c.name == name
    found = []
    if term.among is not Among.PARAM:
        met = true() if isinstance(term, Has) else _metric_compared(term)
        found.append(_Elsewhere(_metric.c.run_id, and_(of_metric, met)))
    if term.among is not Among.METRIC:
        ways = [true()] if isinstance(term, Has) else _param_compared(term)
        found += [_Elsewhere(_param.c.run_id, and_(of_param, met)) for met in ways]
    return found


def _metric_compared(term: Compare) -> Condition:
    value, number = _metric.c.value, term.number
    if number is None:
        return true() if term.operator == "!=" else false()
    if math.isnan(number):
        return {"=": value.is_(None), "!=": value.is_not(None)}.get(term.operator, false())
    if term.operator == "!=":
        return or_(value != number, value.is_(None))
    return _compared(value, term.operator, number)


def _param_compared(term: Compare) -> list[Condition]:
    """The ways to meet it, each with an index of its own."""
    number, typed = _param.c.number, storable(term.text)
    if typed.lower() in ("true", "false"):
        typed = typed.lower()
    is_finite = term.number is not None and math.isfinite(term.number)
    # As JSON, a number that is not finite is a text.
    spellings = [typed] if is_finite or term.number is None else [typed, f'"{term.number}"']
    same = _param.c.text.in_(spellings)
    if term.operator == "=":
        return [same, number == term.number] if is_finite else [same]
    if term.operator == "!=":
        # Where the text is no number, a comparison with its number says neither yes nor no.
        also = func.ifnull(number == term.number, 0) if is_finite else false()
        return [and_(not_(same), not_(also))]
    if term.number is None or math.isnan(term.number):
        return [false()]
    return [_compared(number, term.operator, term.number)]


def _compared(value: ColumnElement[Any], operator: Operator, number: float) -> Condition:
    found: Condition = value.op({"=": "=", "!=": "<>"}.get(operator, operator))(number)
    return found


def _word(connection: Connection, word: Word) -> Condition:
    is_called = select(_run.c.id).where(_run.c.experiment == storable(word.text)).limit(1)
    if not word.is_phrase and connection.execute(is_called).first():
        return _run.c.experiment == storable(word.text)
    asked = match_expression(f'"{word.text}"' if word.is_phrase else word.text.replace('"', ""))
    if not asked:
        return true()
    index = table("run_search", column("rowid"))
    matches: Condition = literal_column("run_search").op("MATCH")(asked)
    return _run.c.id.in_(select(index.c.rowid).where(matches))


def _experiment(connection: Connection, pattern: str) -> Condition:
    names = [each for each in experiments(connection) if _fits(connection, each, pattern)]
    return _run.c.experiment.in_(names)


def _fits(connection: Connection, name: str, pattern: str) -> bool:
    glob = func.glob(_escaped(storable(pattern)), name)
    return bool(connection.execute(select(glob)).scalar())


def _text(value: ColumnElement[Any], field: str, pattern: str) -> Condition:
    if "*" in pattern or "?" in pattern:
        glob: Condition = func.lower(value).op("GLOB")(_escaped(pattern.lower()))
        return glob
    if field == "commit":
        return func.substr(value, 1, len(pattern)) == pattern.lower()
    if field == "name":
        return func.instr(func.lower(value), pattern.lower()) > 0
    return func.lower(value) == pattern.lower()


def _escaped(pattern: str) -> str:
    """Only * and ? act in a pattern; SQLite's GLOB knows brackets too."""
    return pattern.replace("[", "[[]")


def _numbers(field: str, low: int | None, high: int | None) -> Condition:
    if field == "sweep":
        point = tables.sweep_run
        within = _between(point.c.sweep_id, low, high)
        return _run.c.id.in_(select(point.c.run_id).where(within))
    return _between(_FIELDS[field], low, high)


def _between(value: ColumnElement[Any], low: int | None, high: int | None) -> Condition:
    bounds = [value >= low] if low is not None else []
    bounds += [value <= high] if high is not None else []
    return and_(true(), *bounds)


def _flag(term: Is) -> Condition:
    return {
        "pinned": _run.c.is_pinned == 1,
        "deleted": _run.c.deleted_us.is_not(None),
        "active": _run.c.state.in_(ACTIVE),
        "ended": _run.c.state.in_(ENDED),
        "dirty": _run.c.git_dirty == 1,
        "waiting": _run.c.id.in_(
            select(tables.waiting.c.run_id).where(tables.waiting.c.gpu.is_(None))
        )
        & (_run.c.state == "queued"),
        "command": _run.c.id.in_(select(tables.command.c.run_id)),
    }[term.flag]
