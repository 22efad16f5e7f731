"""Figures of whatever a script calls one: data of labbook's, or pixels of somebody else's.

No library is imported for it: a drawing draws itself, by the method that its kind has.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from os import PathLike
from pathlib import Path
from typing import Any

from labbook.model.figure import Figure

PNG_DPI = 150

Draw = tuple[str, Callable[[Path], object]]


def figure(
    given: Any, drawing: Any, taken: Collection[str]
) -> tuple[Figure | None, str, list[Draw]]:
    """A figure as data; or a name, and the files to draw: a suffix and what writes it, each.

    given: a figure, or its name; or the drawing, and the name after it
    taken: names of files that are there already; who gives no name replaces none

    Raises:
        TypeError: it is no figure.
    """
    if isinstance(given, Figure):
        return given, given.name, []
    if not isinstance(given, str) and (drawing is None or isinstance(drawing, str)):
        given, drawing = drawing, given
    if isinstance(drawing, Figure):
        renamed = Figure(given, drawing.x, drawing.y, drawing.series, drawing.marks, drawing.title)
        return renamed, given, []
    draws = _draws(drawing)
    if draws is None:
        raise TypeError(
            f"trial.figure: {type(drawing).__name__} is no figure; give one of labbook's, of "
            "matplotlib or plotly, an image of PIL, or the path of an image"
        )
    return None, given or _free_name(drawing, draws[0][0], taken), draws


def _draws(drawing: Any) -> list[Draw] | None:
    if callable(getattr(drawing, "gcf", None)):  # pyplot itself
        drawing = drawing.gcf()
    if not callable(getattr(drawing, "savefig", None)):
        drawing = _owner(drawing)
    if callable(getattr(drawing, "savefig", None)):
        return [
            (".svg", lambda path: _save_figure(drawing, path, "svg")),
            (".png", lambda path: _save_figure(drawing, path, "png")),
        ]
    if callable(getattr(drawing, "write_html", None)):
        return [(".html", lambda path: drawing.write_html(str(path)))]
    if type(drawing).__module__.partition(".")[0] == "PIL":
        return [(".png", lambda path: drawing.save(path, format="PNG"))]
    if isinstance(drawing, (str, PathLike)):
        source = Path(drawing)
        if not source.is_file():
            raise FileNotFoundError(f"trial.figure: there is no file {source}")
        return [(source.suffix, lambda path: shutil.copyfile(source, path))]
    return None


def _owner(drawing: Any) -> Any:
    """The figure that axes, or one thing drawn on them, belong to."""
    first = drawing
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if hasattr(first, "flat"):  # an array of axes
        first = next(iter(first.flat), first)
    owner = getattr(first, "figure", None)
    return drawing if owner is None or callable(owner) else owner


def _save_figure(drawing: Any, path: Path, kind: str) -> None:
    drawing.savefig(path, format=kind, dpi=PNG_DPI, bbox_inches="tight")


def _free_name(drawing: Any, suffix: str, taken: Collection[str]) -> str:
    label = getattr(drawing, "get_label", lambda: "")()
    stem = str(label) if label and not str(label).startswith("_") else "figure"
    name, number = stem, 2
    while f"{name}{suffix}" in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
