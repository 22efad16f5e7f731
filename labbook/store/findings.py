"""The index of findings: a question to the reviews and to what their lines name.

There is no table of it. Reviews are few, and a line's origin stands beside it, so what the
index says is always what the reviews say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from labbook.model.kept_finding import SECTION_NAMES, KeptFinding
from labbook.store import tables
from labbook.store.finding_rows import listed, loose, promoted, rested
from labbook.store.run_filter import condition
from labbook.store.run_names import check_names
from labbook.store.run_rows import load_runs
from labbook.text.finding_query import FindingQuery
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.model.run import Run
    from labbook.store.notebook import Notebook
    from labbook.text.run_terms import Term

MOST_RUNS = 12
"""So many runs of a finding are read to be shown; a sweep may have thousands."""


def find_findings(
    nb: Notebook, query: FindingQuery, *, limit: int | None = None, most_runs: int = MOST_RUNS
) -> tuple[KeptFinding, ...]:
    """What meets a query, newest first; lines of one day in the order of their review.

    Raises:
        UsageError: no run has a metric or parameter that is asked for.
    """
    with nb.read() as connection:
        if query.runs is not None:
            check_names(connection, query.runs)
        found = rested(connection, [each for each in _said(connection, query) if _is(each, query)])
        found = [each for each in found if _names(each, query)]
        if query.runs is not None:
            meeting = _meeting(connection, query.runs, found)
            found = [each for each in found if not meeting.isdisjoint(each.run_ids)]
        found.sort(key=lambda each: each.day, reverse=True)
        return _with_runs(connection, list(islice(found, limit)), most_runs)


def runs_by_id(nb: Notebook, ids: Collection[int]) -> dict[int, Run]:
    """The runs of these ids, without their artifacts; ids that there are not are left out."""
    with nb.read() as connection:
        return _runs(connection, ids)


def _said(connection: Connection, query: FindingQuery) -> list[KeptFinding]:
    sections = [section for section, name in SECTION_NAMES.items() if name in query.sections]
    found: list[KeptFinding] = []
    if {"closed", "draft"} & set(query.standings):
        found += promoted(connection, sections)
    if "loose" in query.standings:
        found += loose(connection, sections)
    return found


def _is(finding: KeptFinding, query: FindingQuery) -> bool:
    """What can be told without looking anything up."""
    if finding.standing not in query.standings:
        return False
    if query.period is not None:
        if not finding.reviews:
            return finding.day in query.period and _says(finding, query.words)
        if not any(each.period.touches(query.period) for each in finding.reviews):
            return False
    return _says(finding, query.words)


def _says(finding: KeptFinding, words: Sequence[str]) -> bool:
    text = plain_line(finding.text).casefold() if words else ""
    return all(word in text for word in words)


def _names(finding: KeptFinding, query: FindingQuery) -> bool:
    return (
        set(query.threads) <= set(finding.threads)
        and set(query.tags) <= set(finding.tags)
        and (query.run is None or query.run in finding.run_ids)
    )


def _meeting(connection: Connection, term: Term, found: Sequence[KeptFinding]) -> frozenset[int]:
    """Those of the runs of some findings that meet the conditions on runs."""
    asked = {run_id for each in found for run_id in each.run_ids}
    run = tables.run
    meets = condition(connection, term).where
    chosen = select(run.c.id).where(run.c.id.in_(listed(asked)), meets)
    return frozenset(connection.execute(chosen).scalars())


def _with_runs(
    connection: Connection, found: Sequence[KeptFinding], most: int
) -> tuple[KeptFinding, ...]:
    runs = _runs(connection, {run_id for each in found for run_id in each.run_ids[:most]})
    return tuple(
        replace(each, runs=tuple(runs[run_id] for run_id in each.run_ids[:most] if run_id in runs))
        for each in found
    )


def _runs(connection: Connection, ids: Collection[int]) -> dict[int, Run]:
    chosen = select(tables.run).where(tables.run.c.id.in_(listed(ids)))
    return {run.id: run for run in load_runs(connection, chosen, whole=False)}
