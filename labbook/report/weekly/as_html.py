"""The weekly report as one HTML file: no script, nothing loaded, at home on any screen or paper.

Notes pass through `note_html`; all else is escaped by the template. Should both fail, the
page's own policy forbids scripts, remote images and forms.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.model import Figure, Run
from labbook.model.comparison import compare
from labbook.report.comparison import MOST_SURROUNDINGS, tables
from labbook.report.curves import curve_words, drawn_figures
from labbook.report.figures import adaptive_svg
from labbook.report.html import note_html
from labbook.report.left import picture_words
from labbook.report.pictures import data_address
from labbook.report.reviews import closing_words
from labbook.report.runs import backend_text, clock, params_text, state_words
from labbook.report.tables import html_table
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import WeekPages
from labbook.report.words import describe, left_out
from labbook.resources import resource_dir
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
    directory = resource_dir("data") / "report"
    return (
        _environment(directory, pages, cache)
        .get_template("weekly.html.j2")
        .render(
            css=(directory / "report.css").read_text("utf-8"),
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


def _environment(directory: Path, pages: WeekPages, cache: Path | None) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(directory),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "plain": plain_line,
        # These two return HTML; the template marks it safe, and nothing else.
        "note": lambda text: note_html(text, pages.runs.keys()),
        "table": html_table,
        "image": lambda figure: _image(figure, cache),
        "picture": lambda picture: data_address(picture, pages.read(picture)),
        "picture_words": picture_words,
        "describe": describe,
        "left_out": left_out,
        "drawn_figures": drawn_figures,
        "curve_words": curve_words,
        "run_id": lambda source: _known_run(source, pages),
        "origin": week.origin_words,
        "state": state_words,
        "params": params_text,
        "compared": week.comparison_title,
        "tables": lambda block: list(tables(compare(block.runs), MOST_SURROUNDINGS)),
        "backend": _backend,
        "short_hash": lambda commit: plain_line(commit)[:10],
    }
    return environment


def _image(figure: Figure, cache: Path | None) -> str:
    drawn = adaptive_svg(figure, cache)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn).decode()


def _backend(run: Run) -> str:
    return backend_text(run).partition(" (")[0]


def _known_run(source: str, pages: WeekPages) -> int | None:
    """The run that a source names, if the report has it."""
    run = week.run_id(source)
    return run if run in pages.runs else None
