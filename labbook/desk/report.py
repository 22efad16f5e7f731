"""Reports: a period's review with every plot and table that it names, and figures as files."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from labbook.desk import find
from labbook.desk import review as desk_review
from labbook.desk.desk import Desk
from labbook.errors import NotFound
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import Picture, Results, ReviewDraft, Run
    from labbook.report.weekly import TimePages, WeekPages

Form = Literal["md", "html", "pdf", "json"]

Subject = Period | int
"""What a report is about: a period, or one run by its number."""

_PERIODS_BEFORE = 3
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def report(desk: Desk, subject: Subject, form: Form) -> bytes:
    """The report, text in UTF-8; in Markdown figures are drawn as text.

    Raises:
        NotFound: there is no such run.
        ReportError: a figure cannot be drawn, or what makes PDF is not installed.
    """
    from labbook.report.weekly import weekly_html, weekly_json, weekly_markdown, weekly_pdf

    pages = _pages(desk, subject)
    if form == "json":
        return weekly_json(pages).encode()
    if form == "pdf":
        return weekly_pdf(pages, figure_cache(desk))
    text = weekly_html(pages, figure_cache(desk)) if form == "html" else weekly_markdown(pages)
    return text.encode()


def write_report(desk: Desk, subject: Subject, form: Form, path: Path) -> Path:
    """Write the report to a file; one in Markdown has its images in a directory beside it.

    Raises:
        NotFound: there is no such run.
        ReportError: a figure cannot be drawn, a file cannot be written, or what makes PDF is
            not installed.
    """
    from labbook.report.weekly import write_week

    return write_week(_pages(desk, subject), form, path, figure_cache(desk))


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
    from labbook.report.curves import drawn_figures
    from labbook.report.figures import png, svg
    from labbook.report.files import make_directory, write_whole
    from labbook.report.pictures import suffix

    make_directory(directory)
    drawn: list[Path] = []
    taken: set[str] = set()
    results = find.results(desk, run)
    for figure in drawn_figures(results):
        name = _file_name(figure.name, taken)
        drawn.append(write_whole(directory / f"{name}.svg", svg(figure)))
        drawn.append(write_whole(directory / f"{name}.png", png(figure)))
    for picture in results.pictures:
        content = read_picture(desk, picture)
        if content is not None:
            name = _file_name(Path(picture.name).stem, taken) + suffix(picture)
            drawn.append(write_whole(directory / name, content))
    return tuple(drawn)


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


def _pages(desk: Desk, subject: Subject) -> WeekPages:
    return _of_run(desk, subject) if isinstance(subject, int) else _of_period(desk, subject)


def _of_run(desk: Desk, run_id: int) -> WeekPages:
    """One run: its line, told against the last of its experiment, its results, its facts."""
    from labbook.desk import review_lines
    from labbook.model import ReviewDraft, ReviewItem, Section
    from labbook.report.weekly import WeekPages
    from labbook.store import runs as store

    run = store.run(desk.notebook, run_id)
    items = tuple(review_lines.of_runs(desk, [run]))
    if not items:
        items = (ReviewItem(Section.FINDINGS, review_lines.of_failed(run).text, f"run:{run.id}"),)
    return WeekPages(
        draft=ReviewDraft(Period(run.day, run.day), items),
        runs={run.id: (run, find.results(desk, run))},
        written=desk.clock(),
        author=desk.settings.author,
        read=lambda picture: read_picture(desk, picture),
        name=f"Run {run.id}: {run.name or run.experiment}",
    )


def _of_the_day(desk: Desk, draft: ReviewDraft) -> ReviewDraft:
    """A day nobody reviewed: what it gave, without the plans of other days."""
    from labbook.store import next_steps

    ids = [step_id for item in draft.items if (step_id := item.source_id("step")) is not None]
    known = next_steps.steps(desk.notebook, ids)
    others = {f"step:{step.id}" for step in known if step.raised not in draft.period}
    items = tuple(item for item in draft.items if item.source not in others)
    return replace(draft, items=items, previous=None, previous_steps=())


def _of_period(desk: Desk, period: Period) -> WeekPages:
    from labbook.report.weekly import WeekPages

    draft = desk_review.draft(desk, period)
    is_digest = period.first == period.last and draft.saved is None
    if is_digest:
        draft = _of_the_day(desk, draft)
    runs = {run.id: run for run in desk_review.runs_ended_in(desk, period, draft.material)}
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
        name=f"{period.first:%A} {period.first}" if is_digest else "",
    )


def _time(desk: Desk, period: Period) -> TimePages | None:
    """Where the period went, beside up to three of the same length before it."""
    from labbook.desk import habits
    from labbook.desk import time as desk_time
    from labbook.report.timetable import time_figure, time_table
    from labbook.report.weekly import TimePages

    tables = desk_time.tables(desk, period, _PERIODS_BEFORE)
    now = tables[0]
    if not now.measured and not now.estimated:
        return None
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


def figure_cache(desk: Desk) -> Path | None:
    """Where drawn figures are kept; nowhere, in a notebook that can only be read."""
    runs = desk.notebook.runs_dir
    return runs / "figures" if os.access(runs, os.W_OK) else None
