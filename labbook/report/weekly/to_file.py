"""Writes the weekly report to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from labbook.report.report_file import write_file, write_markdown
from labbook.report.weekly.as_html import weekly_html
from labbook.report.weekly.as_json import weekly_json
from labbook.report.weekly.as_markdown import weekly_markdown
from labbook.report.weekly.as_pdf import weekly_pdf
from labbook.report.weekly.pages import WeekPages


def write_week(
    pages: WeekPages,
    form: Literal["md", "html", "pdf", "json"],
    path: Path,
    cache: Path | None = None,
) -> Path:
    """Write the report; one in Markdown has its images in a directory beside it.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    if form == "html":
        return write_file(path, lambda: weekly_html(pages, cache).encode())
    if form == "pdf":
        return write_file(path, lambda: weekly_pdf(pages, cache))
    if form == "json":
        return write_file(path, lambda: weekly_json(pages).encode())
    return write_markdown(
        path, lambda image, picture: weekly_markdown(pages, image, picture), pages.read, cache
    )
