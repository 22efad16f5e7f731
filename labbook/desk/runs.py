"""Runs: listing them, following one, stopping one, and making their states true."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import StoreError

if TYPE_CHECKING:
    from labbook.model import Metric, Run, RunState
    from labbook.text.run_terms import Term
    from labbook.text.when import Period


def runs(
    desk: Desk,
    *,
    experiment: str | None = None,
    states: Collection[RunState] | None = None,
    period: Period | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Run, ...]:
    """Runs, newest first, with states that are true now, as far as that can be written down.

    before: only runs older than this id, for the next page
    """
    from labbook.store import runs as store

    _make_true(desk)
    return store.runs(
        desk.notebook,
        experiment=experiment,
        states=states,
        period=period,
        before=before,
        limit=limit,
    )


def find(
    desk: Desk,
    query: str = "",
    *,
    also: Sequence[Term] = (),
    sort: str = "",
    limit: int | None = 100,
    offset: int = 0,
) -> tuple[Run, ...]:
    """Runs that meet a query, newest first or as sorted, without their artifacts.

    also: further conditions, beside those of the query
    sort: a field, a metric or a parameter; with a minus sign the largest comes first

    Raises:
        UsageError: the query cannot be understood, or no run has what it names.
    """
    from labbook.store.run_find import find_runs
    from labbook.text.run_order import NEWEST_FIRST, parse_order
    from labbook.text.run_query import parse_run_query
    from labbook.text.run_terms import All

    asked = All((parse_run_query(query, desk.today()), *also))
    order = parse_order(sort) if sort else NEWEST_FIRST
    _make_true(desk)
    return find_runs(desk.notebook, asked, order=order, limit=limit, offset=offset)


def count(desk: Desk, query: str) -> int:
    """How many runs meet a query.

    Raises:
        UsageError: as for `find`.
    """
    from labbook.store.run_find import count_runs
    from labbook.text.run_query import parse_run_query

    return count_runs(desk.notebook, parse_run_query(query, desk.today()))


def check_columns(desk: Desk, columns: Sequence[str]) -> None:
    """See that each of these is a metric or a parameter of some run.

    Raises:
        UsageError: one is not; the hint has the nearest.
    """
    from labbook.store.run_names import check_columns as check

    check(desk.notebook, columns)


def run(desk: Desk, run_id: int) -> Run:
    """One run, with a state that is true now, as far as that can be written down.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import runs as store

    _make_true(desk)
    return store.run(desk.notebook, run_id)


def latest(desk: Desk, back: int = 0) -> int:
    """The number of the newest run, or of one so many before it.

    Raises:
        NotFound: there are not so many.
    """
    from labbook.store.run_queries import latest as find

    return find(desk.notebook, back)


def reconcile(desk: Desk) -> tuple[Run, ...]:
    """End the runs that nobody looks after any more, and return them."""
    return desk.reconcile()


def cancel(desk: Desk, run_id: int) -> Run:
    """Ask a run to stop; after ten seconds it is made to. One that has ended is left alone."""
    from labbook.runner.cancel import cancel as ask

    _make_true(desk)
    return ask(desk.notebook, run_id)


def put_first(desk: Desk, run_id: int) -> None:
    """Let a run of the queue be the next to start.

    Raises:
        NotFound: there is none of that id.
        UsageError: it does not wait.
    """
    from labbook.errors import UsageError
    from labbook.store import queue

    found = run(desk, run_id)
    if not queue.move_to_front(desk.notebook, run_id):
        raise UsageError(f"Run {run_id} does not wait in the queue: it is {found.state.words}.")


def follow(desk: Desk, run_id: int) -> Iterator[Run]:
    """The run whenever it has changed; the last one has ended. Leaving off is harmless."""
    from labbook.runner.follow import follow as watch

    return watch(desk.notebook, run_id, desk.settings, desk.clock)


def log_text(desk: Desk, run_id: int, *, coloured: bool = False) -> str:
    """The end of what a run printed, harmless to a terminal.

    coloured: with the sequences that colour it, and no others

    Raises:
        NotFound: there is no such run.
    """
    from labbook.runner.log import log_text as read
    from labbook.store import runs as store

    store.run(desk.notebook, run_id)
    return read(desk.path, run_id, coloured=coloured)


def log_bytes(desk: Desk, run_id: int, *, whole: bool, follow: bool) -> Iterator[bytes]:
    """What a run printed, as it printed it: it may hold anything.

    whole: from its beginning; else only its end
    follow: and what it prints until it ends

    Raises:
        NotFound: there is no such run.
    """
    from labbook.runner.live import output, printed
    from labbook.runner.log import tail_position
    from labbook.store import runs as store

    store.run(desk.notebook, run_id)
    position = 0 if whole else tail_position(desk.path, run_id)
    if not follow:
        return printed(desk.path, run_id, position)
    return output(desk.path, run_id, position, alone=lambda: _make_true(desk))


def curve(desk: Desk, run_id: int, name: str) -> tuple[Metric, ...]:
    """Every point of one of a run's metrics, by step."""
    from labbook.store import runs as store

    return store.metric_points(desk.notebook, run_id, name)


def _make_true(desk: Desk) -> None:
    # Who comes to read is not kept out by a disk that is full or read-only.
    with suppress(StoreError):
        desk.reconcile()
