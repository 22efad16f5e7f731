"""Reports as one HTML file: no script, nothing loaded, at home on any screen or paper.

Notes pass through `note_html`; all else is escaped by the templates. Should both fail, the
pages' own policy forbids scripts, remote images and forms.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.model import Figure, Picture
from labbook.report.curves import curve_words, drawn_figures
from labbook.report.figures import adaptive_svg
from labbook.report.html import note_html
from labbook.report.left import picture_words
from labbook.report.pictures import data_address
from labbook.report.tables import html_table
from labbook.report.words import describe, left_out
from labbook.resources import resource_dir
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from jinja2 import Environment


def css() -> str:
    """The style of every report."""
    return (resource_dir("data") / "report" / "report.css").read_text("utf-8")


def environment(
    runs: Collection[int],
    read: Callable[[Picture], bytes | None],
    cache: Path | None = None,
) -> Environment:
    """What finds and fills the templates of reports.

    runs: those that the page holds, under the anchor `run-ID`
    read: gives a stored picture; None when it is gone
    cache: where figures drawn before are kept

    Raises:
        ResourceMissing: the templates are not installed.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(resource_dir("data") / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "plain": plain_line,
        # These two return HTML; the templates mark it safe, and nothing else.
        "note": lambda text: note_html(text, runs),
        "table": html_table,
        "image": lambda figure: _image(figure, cache),
        "picture": lambda picture: data_address(picture, read(picture)),
        "picture_words": picture_words,
        "describe": describe,
        "left_out": left_out,
        "drawn_figures": drawn_figures,
        "curve_words": curve_words,
    }
    return found


def _image(figure: Figure, cache: Path | None) -> str:
    drawn = adaptive_svg(figure, cache)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn).decode()
