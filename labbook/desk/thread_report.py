"""The report of one thread: what its pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.desk import find
from labbook.desk import threads as desk_threads
from labbook.model.run import RunState
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.desk.desk import Desk
    from labbook.desk.threads import ThreadContents
    from labbook.model import Results, Run
    from labbook.report.weekly import ThreadPages, TimePages

MOST_RUNS = 30
"""Of a longer thread, the pinned runs and the newest others are shown with their figures."""


def pages(desk: Desk, name: str) -> ThreadPages:
    """Everything that the report of a thread shows.

    Raises:
        NotFound: there is no such thread.
    """
    from labbook.desk.report import read_picture
    from labbook.report.weekly import ThreadPages

    found = desk_threads.contents(desk, name)
    return ThreadPages(
        thread=found.thread,
        period=_period(desk, found),
        notes=found.notes[::-1],
        steps=found.steps,
        ideas=found.ideas,
        readings=found.readings,
        runs=_runs(desk, found),
        written=desk.clock(),
        author=desk.settings.author,
        time=_time(found),
        read=lambda picture: read_picture(desk, picture),
    )


def _period(desk: Desk, found: ThreadContents) -> Period | None:
    began, touched = found.thread.began, found.thread.touched
    if began is None or touched is None:
        return None
    starts = desk.settings.day_starts_at
    return Period(began.day(starts), touched.day(starts))


def _runs(desk: Desk, found: ThreadContents) -> dict[int, tuple[Run, Results]]:
    finished = [run for run in found.runs if run.state is RunState.FINISHED]
    chosen = sorted(finished, key=lambda run: (run.is_pinned, run.id))[-MOST_RUNS:]
    return {
        run.id: (run, find.results(desk, run)) for run in sorted(chosen, key=lambda run: run.id)
    }


def _time(found: ThreadContents) -> TimePages | None:
    from labbook.report.timetable import weeks_figure, weeks_table
    from labbook.report.weekly import TimePages

    if not any(measured or estimated for _, measured, estimated in found.weeks):
        return None
    weeks = [(week.label, measured, estimated) for week, measured, estimated in found.weeks]
    return TimePages(weeks_figure(weeks), weeks_table(weeks))
