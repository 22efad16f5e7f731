"""The report of one line of research, over its whole life or a period of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk import find, threads
from labbook.desk.desk import Desk
from labbook.desk.report import Form, figure_cache, read_picture
from labbook.model.next_step import NextStep, StepState
from labbook.model.reading import Reading
from labbook.model.run import ArtifactKind, Run
from labbook.text.finding_query import SECTIONS, FindingQuery, Standing
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import Moment, Results
    from labbook.model.kept_finding import KeptFinding
    from labbook.report.thread_pages import ThreadPages

_ALWAYS = Period(dt.date.min, dt.date.max)


def report(desk: Desk, name: str, period: Period | None, form: Form) -> bytes:
    """The report, text in UTF-8; in Markdown figures are drawn as text.

    period: None for the thread's whole life

    Raises:
        NotFound: there is no such thread.
        ReportError: a figure cannot be drawn, or what makes PDF is not installed.
    """
    from labbook.report.thread_files import thread_report

    return thread_report(pages(desk, name, period), form, figure_cache(desk))


def write_report(desk: Desk, name: str, period: Period | None, form: Form, path: Path) -> Path:
    """Write the report to a file; one in Markdown has its images in a directory beside it.

    Raises:
        NotFound, ReportError: as for `report`; or a file cannot be written.
    """
    from labbook.report.thread_files import write_thread

    return write_thread(pages(desk, name, period), form, path, figure_cache(desk))


def pages(desk: Desk, name: str, period: Period | None = None) -> ThreadPages:
    """What the report says.

    Of a period: the runs started in it; the steps that were raised or settled in it, or were
    open; the ideas had in it; what was on the reading list; the findings of the reviews that
    touch it.

    Raises:
        NotFound: there is no such thread.
    """
    from labbook.report.thread_pages import MOST_SHOWN, ThreadPages

    found = threads.contents(desk, name)
    within = period or _ALWAYS
    runs = sorted(
        (run for run in found.runs if run.day in within),
        key=lambda run: (not run.is_pinned, -run.id),
    )
    showing = [run for run in runs if _shows(desk, run)]
    weeks, earlier = threads.weeks(desk, found.thread, period)
    return ThreadPages(
        thread=found.thread,
        today=desk.today(),
        period=period,
        findings=_findings(desk, found.thread.name, period, ("closed", "draft")),
        loose=_findings(desk, found.thread.name, period, ("loose",)),
        runs=tuple(runs),
        shown=_results(desk, showing[:MOST_SHOWN]),
        shown_left_out=max(0, len(showing) - MOST_SHOWN),
        steps=tuple(step for step in found.steps if _was_there(desk, step, within)),
        ideas=tuple(each for each in found.ideas if each.day in within),
        readings=tuple(each for each in found.readings if _was_read(desk, each, within)),
        weeks=tuple((week.label, measured, guessed) for week, measured, guessed in weeks),
        earlier_weeks=earlier,
        written=desk.clock(),
        author=desk.settings.author,
        read=lambda picture: read_picture(desk, picture),
    )


def _findings(
    desk: Desk, thread: str, period: Period | None, standings: tuple[Standing, ...]
) -> tuple[KeptFinding, ...]:
    from labbook.store.findings import find_findings

    query = FindingQuery(threads=(thread,), sections=SECTIONS, standings=standings, period=period)
    return find_findings(desk.notebook, query)


def _shows(desk: Desk, run: Run) -> bool:
    """Whether it has a table, a figure, a picture or a curve."""
    from labbook.model.picture import is_picture
    from labbook.store.curves import curves_of_run

    drawn = (ArtifactKind.TABLE, ArtifactKind.FIGURE)
    if any(each.kind in drawn or is_picture(each.media_type) for each in run.artifacts):
        return True
    return bool(run.metrics) and bool(curves_of_run(desk.notebook, run.id))


def _results(desk: Desk, runs: Sequence[Run]) -> tuple[tuple[Run, Results], ...]:
    return tuple((run, find.results(desk, run)) for run in runs)


def _was_there(desk: Desk, step: NextStep, period: Period) -> bool:
    ended = None if step.state is StepState.OPEN else step.settled
    return step.raised <= period.last and _reaches(desk, ended, period)


def _was_read(desk: Desk, reading: Reading, period: Period) -> bool:
    begun = reading.created.day(desk.settings.day_starts_at)
    return begun <= period.last and _reaches(desk, reading.ended, period)


def _reaches(desk: Desk, ended: Moment | None, period: Period) -> bool:
    """Whether what ended then, or has not ended, was still there when the period began."""
    return ended is None or ended.day(desk.settings.day_starts_at) >= period.first
