"""Reports: a period's review with every plot and table that it names, and figures as files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from labbook.desk import find
from labbook.desk import review as desk_review
from labbook.desk.desk import Desk
from labbook.errors import NotFound

if TYPE_CHECKING:
    from labbook.model import Picture, ReviewDraft, Run
    from labbook.report.weekly import WeekPages
    from labbook.text.when import Period

Form = Literal["md", "html"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def report(desk: Desk, period: Period, form: Form) -> str:
    """The report as text; figures stand in HTML as images, and in Markdown drawn as text.

    Raises:
        ReportError: a figure cannot be drawn.
    """
    from labbook.report.weekly import weekly_html, weekly_markdown

    pages = _pages(desk, period)
    return weekly_html(pages, _cache(desk)) if form == "html" else weekly_markdown(pages)


def write_report(desk: Desk, period: Period, form: Form, path: Path) -> Path:
    """Write the report to a file; one in Markdown has its images in a directory beside it.

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    from labbook.report.weekly import write_week

    return write_week(_pages(desk, period), form, path, _cache(desk))


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
        written=desk.clock(),
        author=desk.settings.author,
        read=lambda picture: read_picture(desk, picture),
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


def _cache(desk: Desk) -> Path | None:
    """Where drawn figures are kept; nowhere, in a notebook that can only be read."""
    runs = desk.notebook.runs_dir
    return runs / "figures" if os.access(runs, os.W_OK) else None
