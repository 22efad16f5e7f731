"""Finding what was written: days, results, and a search over everything."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import UsageError

if TYPE_CHECKING:
    from labbook.model import Entry, Hit, Note, Results, Run
    from labbook.text.when import Period


def entry(desk: Desk, day: dt.date) -> Entry:
    """One day's page; empty when nothing is written on it."""
    from labbook.store import entries

    return entries.entry(desk.notebook, day)


def note(desk: Desk, note_id: int) -> Note:
    """One note.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import notes

    return notes.note(desk.notebook, note_id)


def days_written(desk: Desk, period: Period) -> tuple[dt.date, ...]:
    """The days of the period that have something on them."""
    from labbook.store import entries

    return entries.days_written(desk.notebook, period)


def neighbours(desk: Desk, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The written days next before and after `day`."""
    from labbook.store import entries

    return entries.neighbours(desk.notebook, day)


def results(desk: Desk, run: Run, known: Results | None = None) -> Results:
    """A run's tables and figures, read from its artifacts, and its curves.

    known: what it showed before; of its curves only what has come since is read
    """
    from labbook.desk.results import read_results

    found = read_results(desk.notebook.artifacts_dir, run)
    return with_curves(desk, run, replace(found, curves=known.curves) if known else found)


def with_curves(desk: Desk, run: Run, known: Results) -> Results:
    """The same results with the run's curves as they stand now.

    known: what has come to its curves since is all that is read
    """
    from labbook.desk.curves import curves
    from labbook.model.curve import NO_CURVES

    if run.command is None and known.figures:
        return replace(known, curves=NO_CURVES)
    return replace(known, curves=curves(desk, run, known.curves))


def results_of(desk: Desk, entry: Entry) -> dict[int, Results]:
    """What each run on the page shows, by the run's id."""
    from labbook.model import RunBlock

    return {
        block.run.id: results(desk, block.run)
        for block in entry.blocks
        if isinstance(block, RunBlock)
    }


def search(desk: Desk, line: str, limit: int = 50) -> tuple[Hit, ...]:
    """What the search line finds, newest first; nothing for an empty line.

    With a condition that only runs can meet (`state:failed`, `loss<0.1`), it is a query for
    runs; see `labbook.text.run_query`.

    Raises:
        UsageError: a filter cannot be understood.
    """
    from labbook.model import HitKind
    from labbook.store.search import search as find
    from labbook.text.query import parse_query
    from labbook.text.run_query import compares, is_about_runs

    if is_about_runs(line):
        return _found_runs(desk, line, limit)
    if compares(line):
        # Where no run has what is compared, it was meant as words.
        with suppress(UsageError):
            return _found_runs(desk, line, limit)
    query = parse_query(line, desk.today())
    if query.is_empty:
        return ()
    return find(
        desk.notebook,
        query.words,
        kinds=tuple(HitKind(kind) for kind in query.kinds) or None,
        tag=query.tag,
        thread=query.thread,
        period=query.period,
        run=query.run,
        limit=limit,
    )


def _found_runs(desk: Desk, line: str, limit: int) -> tuple[Hit, ...]:
    from labbook.desk import runs
    from labbook.model import Hit, HitKind
    from labbook.report.runs import params_text

    return tuple(
        Hit(HitKind.RUN, run.id, run.day, run.experiment, ((params_text(run.params), False),))
        for run in runs.find(desk, line, limit=limit)
    )


def changes(desk: Desk) -> int:
    """A number that differs after any process has written to the notebook."""
    return desk.notebook.change_counter()
