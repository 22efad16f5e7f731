"""Reports: of a period or of a thread, with every plot and table; and figures as files."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from labbook.desk import find
from labbook.desk import review as desk_review
from labbook.desk.desk import Desk
from labbook.errors import NotFound

if TYPE_CHECKING:
    from labbook.model import Picture, Results, ReviewDraft, Run
    from labbook.report.weekly import Document, TimePages, WeekPages
    from labbook.text.when import Period

Form = Literal["md", "html", "pdf"]

_PERIODS_BEFORE = 3
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def report(desk: Desk, of: Period | str, form: Form) -> bytes:
    """The report, text in UTF-8; in Markdown figures are drawn as text.

    of: a period, or the name of a thread

    Raises:
        NotFound: there is no such thread.
        ReportError: a figure cannot be drawn, or what makes PDF is not installed.
    """
    from labbook.report.weekly import document_html, document_markdown, document_pdf

    document = _document(desk, of)
    if form == "pdf":
        return document_pdf(document, _cache(desk))
    if form == "html":
        return document_html(document, _cache(desk)).encode()
    return document_markdown(document).encode()


def write_report(desk: Desk, of: Period | str, form: Form, path: Path) -> Path:
    """Write the report to a file; one in Markdown has its images in a directory beside it.

    of: a period, or the name of a thread

    Raises:
        NotFound: there is no such thread.
        ReportError: a figure cannot be drawn, a file cannot be written, or what makes PDF is
            not installed.
    """
    from labbook.report.weekly import write_document

    return write_document(_document(desk, of), form, path, _cache(desk))


def write_own_report(desk: Desk, period: Period) -> Path:
    """Write the report as HTML into the notebook's own `reports` directory.

    Raises:
        ReportError: a figure cannot be drawn, or the file cannot be written.
    """
    from labbook.report.files import make_directory

    directory = make_directory(desk.path / "reports")
    return write_report(desk, period, "html", directory / f"{period.label}.html")


def check_directory(directory: Path) -> None:
    """See that `draw_figures` could write there, before a run that it is to draw.

    Raises:
        ReportError: it could not.
    """
    from labbook.report.files import check_directory as check

    check(directory)


def draw_figures(desk: Desk, run: Run, directory: Path) -> tuple[Path, ...]:
    """Draw each of a run's figures as an SVG and a PNG file, named after the figure.

    The pictures that the run left are written beside them, as they are.

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    from labbook.report.figures import png, svg
    from labbook.report.files import make_directory, write_whole
    from labbook.report.pictures import suffix

    make_directory(directory)
    drawn: list[Path] = []
    taken: set[str] = set()
    results = find.results(desk, run)
    for figure in results.figures:
        name = _file_name(figure.name, taken)
        drawn.append(write_whole(directory / f"{name}.svg", svg(figure)))
        drawn.append(write_whole(directory / f"{name}.png", png(figure)))
    for picture in results.pictures:
        content = read_picture(desk, picture)
        if content is not None:
            name = _file_name(Path(picture.name).stem, taken) + suffix(picture)
            drawn.append(write_whole(directory / name, content))
    return tuple(drawn)


def _document(desk: Desk, of: Period | str) -> Document:
    from labbook.report.weekly import thread_document, week_document

    if isinstance(of, str):
        from labbook.desk.thread_report import pages

        return thread_document(pages(desk, of))
    return week_document(_pages(desk, of))


def read_picture(desk: Desk, picture: Picture) -> bytes | None:
    """A stored picture; None when it is gone or altered."""
    from labbook.artifacts import read
    from labbook.errors import ArtifactError

    try:
        return read(desk.notebook.artifacts_dir, picture.sha256)
    except ArtifactError:
        return None


def _file_name(shown: str, taken: set[str]) -> str:
    """A name for a file, out of text that an experiment chose: no part of it may be a path."""
    name = _UNSAFE.sub("-", shown).strip("-")[:80] or "figure"
    unused, again = name, 1
    while unused in taken:
        again += 1
        unused = f"{name}-{again}"
    taken.add(unused)
    return unused


def _pages(desk: Desk, period: Period) -> WeekPages:
    from labbook.report.weekly import WeekPages

    draft = desk_review.draft(desk, period)
    runs = {run.id: run for run in desk_review.runs_ended_in(desk, period)}
    runs |= _pointed_at(desk, draft)
    return WeekPages(
        draft=draft,
        runs={run_id: (run, find.results(desk, run)) for run_id, run in sorted(runs.items())},
        sweeps=_sweeps_pointed_at(desk, draft),
        written=desk.clock(),
        author=desk.settings.author,
        time=_time(desk, period),
        comparisons=desk_review.comparisons_in(desk, period),
        read=lambda picture: read_picture(desk, picture),
    )


def _time(desk: Desk, period: Period) -> TimePages | None:
    """Where the period went, beside up to three of the same length before it."""
    from labbook.desk import habits
    from labbook.desk import time as desk_time
    from labbook.report.timetable import time_figure, time_table
    from labbook.report.weekly import TimePages

    now = desk_time.table(desk, period)
    if not now.measured and not now.estimated:
        return None
    tables = [now]
    for _ in range(_PERIODS_BEFORE):
        tables.append(desk_time.table(desk, tables[-1].period.before()))
    known = [each for each in reversed(tables) if each.measured or each.estimated]
    days = tuple(period.days())
    estimate = {day: sum(per.get(day, 0.0) for per in now.estimated.values()) for day in days}
    return TimePages(
        time_figure(days, now.measured, estimate),
        time_table(
            tuple(dict.fromkeys(name for each in tables for name in each.threads)),
            [(each.period.label, {t: each.total(t) for t in each.threads}) for each in known],
            [each.estimate() for each in known],
        ),
        habits.remarks(desk, now),
    )


def _pointed_at(desk: Desk, draft: ReviewDraft) -> dict[int, Run]:
    """Runs of other weeks that an item of this review came from."""
    from labbook.store import runs as store

    found = {}
    for item in draft.items:
        run_id = item.source_id("run")
        if run_id is None:
            continue
        try:
            found[run_id] = store.run(desk.notebook, run_id)
        except NotFound:
            continue  # the line stays; it only has no results to show
    return found


def _sweeps_pointed_at(desk: Desk, draft: ReviewDraft) -> dict[int, Results]:
    """What the sweeps show that an item of this review came from."""
    from labbook.desk import sweeps

    found = {}
    for item in draft.items:
        sweep_id = item.source_id("sweep")
        if sweep_id is not None:
            with suppress(NotFound):
                found[sweep_id] = sweeps.results(desk, sweeps.sweep(desk, sweep_id))
    return found


def _cache(desk: Desk) -> Path | None:
    """Where drawn figures are kept; nowhere, in a notebook that can only be read."""
    runs = desk.notebook.runs_dir
    return runs / "figures" if os.access(runs, os.W_OK) else None
