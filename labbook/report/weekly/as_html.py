"""The weekly report as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from labbook.model import Run
from labbook.model.comparison import compare
from labbook.report.comparison import MOST_SURROUNDINGS, tables
from labbook.report.reviews import closing_words
from labbook.report.runs import backend_text, clock, params_text, state_words
from labbook.report.templates import css, environment
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import WeekPages
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from jinja2 import Environment


def weekly_html(pages: WeekPages, cache: Path | None = None) -> str:
    """The report as a page that can be sent, kept and printed as it is.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn.
        ResourceMissing: the template is not installed.
    """
    period, steps = pages.draft.period, week.follow_up(pages.draft)
    return (
        _environment(pages, cache)
        .get_template("weekly.html.j2")
        .render(
            css=css(),
            draft=pages.draft,
            is_draft=pages.is_draft,
            title=week.heading(pages),
            days=week.days(period),
            author=plain_line(pages.author),
            steps=steps,
            standing=week.standing_words(steps),
            sections=week.sections(pages),
            closing=closing_words(pages.draft.saved),
            left=week.not_taken_up(pages),
            time=pages.time,
            comparisons=pages.comparisons,
            runs=[run for _, (run, _) in sorted(pages.runs.items())],
            written=clock(pages.written, with_day=True) if pages.written else "",
        )
    )


def _environment(pages: WeekPages, cache: Path | None) -> Environment:
    found = environment(pages.runs.keys(), pages.read, cache)
    found.filters |= {
        "run_id": lambda source: _known_run(source, pages),
        "origin": week.origin_words,
        "state": state_words,
        "params": params_text,
        "compared": week.comparison_title,
        "tables": lambda block: list(tables(compare(block.runs), MOST_SURROUNDINGS)),
        "backend": _backend,
        "short_hash": lambda commit: plain_line(commit)[:10],
    }
    return found


def _backend(run: Run) -> str:
    return backend_text(run).partition(" (")[0]


def _known_run(source: str, pages: WeekPages) -> int | None:
    """The run that a source names, if the report has it."""
    run = week.run_id(source)
    return run if run in pages.runs else None
