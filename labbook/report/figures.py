"""Figures as SVG and PNG, by matplotlib.

The same figure gives the same bytes: letters are drawn as paths from the font that
matplotlib carries, nothing has a date, and ids follow from the content. So a drawn file can
be cached under its content's name, and an archived report compared with a new one.
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from labbook.errors import ReportError
from labbook.model import Figure
from labbook.report.files import make_directory, write_whole
from labbook.report.sheet import fill
from labbook.text.plain import plain_line

Format = Literal["svg", "png"]
Theme = Literal["light", "dark"]

# Raised when a figure comes to look different, so that cached files are drawn anew.
_LOOK = 1

_INK = {"light": "#1f2328", "dark": "#e6edf3"}
_FAINT = {"light": "#d0d7de", "dark": "#3d444d"}
_MARK = {"light": "#59636e", "dark": "#9198a1"}
_PAPER = {"light": "#ffffff", "dark": "#0d1117"}

# Asian letters are drawn where one of these is installed; matplotlib's own font has none.
_WIDER_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei")

# matplotlib's settings are the process's: one drawing at a time changes them and puts them back.
_drawing = threading.Lock()


def svg(figure: Figure, theme: Theme = "light") -> bytes:
    """The figure as SVG, on a transparent ground.

    Raises:
        ReportError: matplotlib cannot draw it.
    """
    return _draw(figure, "svg", theme)


def png(figure: Figure, theme: Theme = "light") -> bytes:
    """The figure as PNG, 1280 pixels wide, on the theme's ground.

    Raises:
        ReportError: matplotlib cannot draw it.
    """
    return _draw(figure, "png", theme)


def adaptive_svg(figure: Figure, cache: Path | None = None) -> bytes:
    """The figure as SVG for a web page: dark on light, or light on dark, as the reader likes.

    cache: where figures drawn before are kept
    """
    drawn = (draw_file(figure, "svg", cache).read_bytes() if cache else svg(figure)).decode()
    for name, colours in (("ink", _INK), ("faint", _FAINT), ("mark", _MARK)):
        drawn = drawn.replace(colours["light"], f"var(--{name})")
    variables = [
        ";".join(
            f"--{name}:{colours[theme]}"
            for name, colours in (("ink", _INK), ("faint", _FAINT), ("mark", _MARK))
        )
        for theme in ("light", "dark")
    ]
    style = (
        f"<style>:root{{{variables[0]}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{variables[1]}}}}}</style>"
    )
    head, tag, rest = drawn.partition("<defs>")
    return f"{head}{style}{tag}{rest}".encode()


def draw_file(figure: Figure, form: Format, directory: Path, theme: Theme = "light") -> Path:
    """The figure as a file in `directory`, named by its content; drawn only once.

    Raises:
        ReportError: matplotlib cannot draw it, or the file cannot be written.
    """
    path = directory / f"{content_key(figure, theme)}.{form}"
    if path.is_file():
        return path
    drawn = _draw(figure, form, theme)
    return write_whole(make_directory(directory) / path.name, drawn)


def content_key(figure: Figure, theme: Theme = "light") -> str:
    """A name for what the figure shows: equal figures have equal names."""
    content = json.dumps([_LOOK, theme, figure.to_json()], sort_keys=True)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _draw(figure: Figure, form: Format, theme: Theme) -> bytes:
    from matplotlib.figure import Figure as Sheet

    buffer = io.BytesIO()
    with _drawing, _settings(figure, theme):
        try:
            sheet = Sheet(figsize=(6.4, 3.6), layout="constrained")
            axes = sheet.add_subplot()
            fill(axes, figure, _MARK[theme])
            ground = "none" if form == "svg" else _PAPER[theme]
            metadata = {"Date": None, "Creator": "labbook"} if form == "svg" else {"Software": None}
            sheet.savefig(buffer, format=form, dpi=200, facecolor=ground, metadata=metadata)
        except (ArithmeticError, ValueError, RuntimeError, MemoryError) as error:
            raise ReportError(
                f"The figure {plain_line(figure.name)} cannot be drawn: {error}."
            ) from error
    return buffer.getvalue()


@contextmanager
def _settings(figure: Figure, theme: Theme) -> Iterator[None]:
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    # A person's own matplotlibrc must not change what a report looks like.
    defaults = dict(mpl.rcParamsDefault.items())
    house = {
        **{name: defaults[name] for name in defaults if not name.startswith("backend")},
        **_look(theme),
        "svg.hashsalt": content_key(figure),
        "font.family": ["DejaVu Sans", *(font for font in _WIDER_FONTS if font in installed)],
    }
    with warnings.catch_warnings(), mpl.rc_context(house):
        warnings.simplefilter("ignore")  # of letters that the font lacks, of values too large
        yield


def _look(theme: Theme) -> dict[str, object]:
    ink = _INK[theme]
    inked = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(inked, ink),
        "axes.facecolor": "none",
        "grid.color": _FAINT[theme],
        "font.size": 9,
        "svg.fonttype": "path",
    }
