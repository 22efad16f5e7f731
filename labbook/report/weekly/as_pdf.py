"""The weekly report as PDF, typeset by Typst: vector figures, page numbers, nothing loaded.

What anybody wrote reaches the typesetter as data (`labbook.report.markup`), never as source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.errors import ReportError
from labbook.model import ComparisonBlock, Figure, Results, Run, Section, Table
from labbook.model.comparison import compare
from labbook.report.comparison import MOST_SURROUNDINGS, tables
from labbook.report.curves import curve_words, drawn_figures
from labbook.report.figures import draw_file, svg
from labbook.report.markup import Piece, blocks
from labbook.report.reviews import closing_words
from labbook.report.runs import clock, params_text, state_words
from labbook.report.tables import MOST_ROWS_IN_A_REPORT, shown_columns
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import FollowUp, ShownItem, ShownSection, TimePages, WeekPages
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


def weekly_pdf(pages: WeekPages, cache: Path | None = None) -> bytes:
    """The report as a PDF document.

    cache: where figures drawn before are kept

    Raises:
        ReportError: Typst is not installed, or a figure cannot be drawn.
        ResourceMissing: the template is not installed.
    """
    typst = _typst()
    fonts = [name for name in _WIDER_FONTS if name in typst.Fonts().families()]
    content = json.dumps(_document(pages, cache, fonts), ensure_ascii=False)
    template = resource_dir("data") / "report" / "weekly.typ"
    try:
        return bytes(typst.compile(template, format="pdf", sys_inputs={"report": content}))
    except typst.TypstError as error:
        raise ReportError(f"The report could not be typeset: {plain_line(str(error))}.") from error


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


def _document(pages: WeekPages, cache: Path | None, fonts: list[str]) -> dict[str, Any]:
    draft, steps = pages.draft, week.follow_up(pages.draft)
    title, days = week.heading(pages), week.days(draft.period)
    left = week.not_taken_up(pages)
    document = {
        "title": title,
        "author": plain_line(pages.author),
        "under": " · ".join([*([days] if days != title else []), plain_line(pages.author)]).strip(
            " ·"
        ),
        "is-draft": pages.is_draft,
        "closing-words": closing_words(draft.saved),
        "missing": [plain_line(sentence) for sentence in draft.missing],
        "standing": week.standing_words(steps),
        "steps": [_step(step) for step in steps],
        "sections": [_section(section, cache) for section in week.sections(pages)],
        "time": None if pages.time is None else _time(pages.time, cache),
        "comparisons": [_comparison(block) for block in pages.comparisons],
        "left": {"title": left[0], "lines": left[1]},
        "runs": [_run(run) for _, (run, _) in sorted(pages.runs.items())],
        "fonts": fonts,
    }
    written = f" on {clock(pages.written, with_day=True)}" if pages.written else ""
    lacking = not fonts and _has_east_asian(json.dumps(document, ensure_ascii=False))
    closing = f"Written by labbook{written}."
    if lacking:
        closing += (
            " No font with East Asian letters is installed on the machine that typeset this, so "
            "they stand as boxes."
        )
    return {**document, "closing": closing}


def _has_east_asian(text: str) -> bool:
    return any(first <= ord(letter) <= last for letter in text for first, last in _LETTERS)


def _step(each: FollowUp) -> dict[str, Any]:
    told = [plain_line(each.because), week.origin_words(each.evidence) if each.evidence else ""]
    return {
        "standing": each.standing,
        "text": blocks(each.step.text),
        "because": " · ".join(words for words in told if words),
    }


def _section(section: ShownSection, cache: Path | None) -> dict[str, Any]:
    return {
        "title": section.title,
        "is-plan": section.section is Section.NEXT_STEPS,
        "is-time": section.section is Section.TIME,
        "is-empty": section.is_empty,
        "items": [_item(shown, cache) for shown in section.items],
        "repositories": [
            {"name": name, "commits": [_item(shown, cache) for shown in commits]}
            for name, commits in section.repositories
        ],
    }


def _item(shown: ShownItem, cache: Path | None) -> dict[str, Any]:
    results = None if shown.results is None else _results(shown.results, cache)
    text: list[Piece] = blocks(shown.item.text)
    return {"text": text, "origin": shown.origin, "results": results}


def _results(results: Results, cache: Path | None) -> dict[str, Any]:
    return {
        "tables": [_table(table) for table in results.tables],
        "figures": [_figure(figure, cache) for figure in drawn_figures(results)],
        "words": _lines(curve_words(results.curves)),
        "missing": _lines(results.missing),
    }


def _comparison(block: ComparisonBlock) -> dict[str, Any]:
    shown = tables(compare(block.runs), MOST_SURROUNDINGS)
    return {"title": week.comparison_title(block), "tables": [_table(table) for table in shown]}


def _time(time: TimePages, cache: Path | None) -> dict[str, Any]:
    results = _results(Results((time.table,), (time.figure,)), cache)
    return {"results": results, "sentences": _lines(time.sentences)}


def _table(table: Table) -> dict[str, Any]:
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
    return {"svg": drawn.decode(), "alt": describe(figure), "left-out": _lines(left_out(figure))}


def _run(run: Run) -> dict[str, Any]:
    dirty = " *" if run.code and run.code.dirty else ""
    return {
        "id": run.id,
        "experiment": plain_line(run.experiment),
        "params": params_text(run.params),
        "message": plain_line(run.message),
        "state": state_words(run),
        "day": run.day.isoformat(),
        "seed": "" if run.seed is None else str(run.seed),
        "commit": f"{plain_line(run.code.commit)[:10]}{dirty}" if run.code else "",
    }


def _lines(texts: Iterable[str]) -> list[str]:
    return [plain_line(text) for text in texts]
