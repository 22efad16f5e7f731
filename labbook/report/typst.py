"""Typesets reports with Typst: vector figures, page numbers, nothing loaded.

What anybody wrote reaches the typesetter as data (`labbook.report.markup`), never as source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import ReportError
from labbook.model import Figure, Moment, Results, Table
from labbook.report.curves import curve_words, drawn_figures
from labbook.report.figures import draw_file, svg
from labbook.report.runs import clock
from labbook.report.tables import MOST_ROWS_IN_A_REPORT, shown_columns
from labbook.report.words import describe, left_out
from labbook.resources import resource_dir
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from types import ModuleType

_WIDER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "Hiragino Sans GB",
    "PingFang SC",
)
"""Those with Chinese, Japanese and Korean letters; Typst's own have none."""

_LETTERS = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
"""Of the writings of East Asia."""


def typeset(template: str, document: Mapping[str, Any], written: Moment | None) -> bytes:
    """A document as PDF.

    template: its file in the directory of reports' templates
    document: what that takes, besides `fonts` and `closing`
    written: when the report was made

    Raises:
        ReportError: Typst is not installed, or the document cannot be typeset.
        ResourceMissing: the template is not installed.
    """
    typst = _typst()
    fonts = [name for name in _WIDER_FONTS if name in typst.Fonts().families()]
    whole = {**document, "fonts": fonts, "closing": _closing(document, fonts, written)}
    content = json.dumps(whole, ensure_ascii=False)
    path = resource_dir("data") / "report" / template
    try:
        return bytes(typst.compile(path, format="pdf", sys_inputs={"report": content}))
    except typst.TypstError as error:
        raise ReportError(f"The report could not be typeset: {plain_line(str(error))}.") from error


def results_pieces(results: Results, cache: Path | None) -> dict[str, Any]:
    """Tables and figures, as `results` of the templates takes them.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn.
    """
    return {
        "tables": [table_pieces(table) for table in results.tables],
        "figures": [_figure(figure, cache) for figure in drawn_figures(results)],
        "words": plain_lines(curve_words(results.curves)),
        "missing": plain_lines(results.missing),
    }


def plain_lines(texts: Iterable[str]) -> list[str]:
    return [plain_line(text) for text in texts]


def table_pieces(table: Table) -> dict[str, Any]:
    """A table, as `tables` of the templates takes it."""
    columns = shown_columns(table, MOST_ROWS_IN_A_REPORT)
    more = len(table.rows) - MOST_ROWS_IN_A_REPORT
    return {
        "title": plain_line(table.title),
        "columns": [
            {"name": each.name, "unit": each.unit, "right": each.is_number} for each in columns
        ],
        "rows": [list(row) for row in zip(*(each.cells for each in columns), strict=True)],
        "more": f"… {more} more rows" if more > 0 else "",
    }


def _figure(figure: Figure, cache: Path | None) -> dict[str, Any]:
    drawn = draw_file(figure, "svg", cache).read_bytes() if cache else svg(figure)
    return {
        "svg": drawn.decode(),
        "alt": describe(figure),
        "left-out": plain_lines(left_out(figure)),
    }


def _typst() -> ModuleType:
    try:
        import typst
    except ImportError:
        raise ReportError(
            "A report as PDF is typeset by Typst, which is not installed.",
            hint="Install labbook with its extra `pdf`, or write the report as HTML.",
        ) from None
    module: ModuleType = typst
    return module


def _closing(document: Mapping[str, Any], fonts: list[str], written: Moment | None) -> str:
    on = f" on {clock(written, with_day=True)}" if written else ""
    closing = f"Written by labbook{on}."
    if not fonts and _has_east_asian(json.dumps(document, ensure_ascii=False)):
        closing += (
            " No font with East Asian letters is installed on the machine that typeset this, so "
            "they stand as boxes."
        )
    return closing


def _has_east_asian(text: str) -> bool:
    return any(first <= ord(letter) <= last for letter in text for first, last in _LETTERS)
