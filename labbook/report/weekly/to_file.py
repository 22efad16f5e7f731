"""Writes a report to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from labbook.model import Figure, Picture
from labbook.report.figures import content_key, draw_file, png
from labbook.report.files import make_directory, no_directory, write_whole
from labbook.report.pictures import write_beside
from labbook.report.weekly.as_html import document_html
from labbook.report.weekly.as_markdown import document_markdown
from labbook.report.weekly.as_pdf import document_pdf
from labbook.report.weekly.pages import Document, WeekPages, week_document

Form = Literal["md", "html", "pdf"]


def write_week(pages: WeekPages, form: Form, path: Path, cache: Path | None = None) -> Path:
    """Write the report of a review; see `write_document`."""
    return write_document(week_document(pages), form, path, cache)


def write_document(document: Document, form: Form, path: Path, cache: Path | None = None) -> Path:
    """Write a report; one in Markdown has its images in a directory beside it.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    if not path.parent.is_dir():
        raise no_directory(path, path.parent)
    if form == "html":
        return write_whole(path, document_html(document, cache).encode())
    if form == "pdf":
        return write_whole(path, document_pdf(document, cache))
    images = path.with_name(f"{path.stem}-figures")

    def image(figure: Figure) -> str:
        drawn = draw_file(figure, "png", cache).read_bytes() if cache else png(figure)
        name = f"{content_key(figure)[:16]}.png"
        write_whole(make_directory(images) / name, drawn)
        return f"<{images.name}/{name}>"

    def picture(each: Picture) -> str | None:
        name = write_beside(each, document.read(each), images)
        return name and f"<{images.name}/{name}>"

    return write_whole(path, document_markdown(document, image, picture).encode())
