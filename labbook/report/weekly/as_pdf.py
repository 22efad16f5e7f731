"""The weekly report as PDF, typeset by Typst."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labbook.model import ComparisonBlock, Results, Run, Section
from labbook.model.comparison import compare
from labbook.report.comparison import MOST_SURROUNDINGS, tables
from labbook.report.markup import Piece, blocks
from labbook.report.reviews import closing_words
from labbook.report.runs import params_text, state_words
from labbook.report.typst import plain_lines, results_pieces, table_pieces, typeset
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import FollowUp, ShownItem, ShownSection, TimePages, WeekPages
from labbook.text.plain import plain_line


def weekly_pdf(pages: WeekPages, cache: Path | None = None) -> bytes:
    """The report as a PDF document.

    cache: where figures drawn before are kept

    Raises:
        ReportError: Typst is not installed, or a figure cannot be drawn.
        ResourceMissing: the template is not installed.
    """
    return typeset("weekly.typ", _document(pages, cache), pages.written)


def _document(pages: WeekPages, cache: Path | None) -> dict[str, Any]:
    draft, steps = pages.draft, week.follow_up(pages.draft)
    title, days = week.heading(pages), week.days(draft.period)
    left = week.not_taken_up(pages)
    return {
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
    }


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
    results = None if shown.results is None else results_pieces(shown.results, cache)
    text: list[Piece] = blocks(shown.item.text)
    return {"text": text, "origin": shown.origin, "results": results}


def _comparison(block: ComparisonBlock) -> dict[str, Any]:
    shown = tables(compare(block.runs), MOST_SURROUNDINGS)
    return {
        "title": week.comparison_title(block),
        "tables": [table_pieces(table) for table in shown],
    }


def _time(time: TimePages, cache: Path | None) -> dict[str, Any]:
    results = results_pieces(Results((time.table,), (time.figure,)), cache)
    return {"results": results, "sentences": plain_lines(time.sentences)}


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
