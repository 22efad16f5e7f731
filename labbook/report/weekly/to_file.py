"""Writes the weekly report to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from labbook.model import Figure, Picture
from labbook.report.figures import content_key, draw_file, png
from labbook.report.files import make_directory, no_directory, write_whole
from labbook.report.pictures import write_beside
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
    if not path.parent.is_dir():
        raise no_directory(path, path.parent)
    if form == "html":
        return write_whole(path, weekly_html(pages, cache).encode())
    if form == "pdf":
        return write_whole(path, weekly_pdf(pages, cache))
    if form == "json":
        return write_whole(path, weekly_json(pages).encode())
    images = path.with_name(f"{path.stem}-figures")

    def image(figure: Figure) -> str:
        drawn = draw_file(figure, "png", cache).read_bytes() if cache else png(figure)
        name = f"{content_key(figure)[:16]}.png"
        write_whole(make_directory(images) / name, drawn)
        return f"<{images.name}/{name}>"

    def picture(each: Picture) -> str | None:
        name = write_beside(each, pages.read(each), images)
        return name and f"<{images.name}/{name}>"

    return write_whole(path, weekly_markdown(pages, image, picture).encode())
