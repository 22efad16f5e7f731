"""A week's review in a notebook of a year: its page opened, its report as HTML and as PDF."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from labbook.desk import report, review
from labbook.desk.desk import Desk
from labbook.model import Moment
from labbook.settings import Settings
from labbook.text.period import Period
from labbook.tui.pages.review import LINES_AT_ONCE, ReviewPage
from labbook.tui.pages.review_days import AT_ONCE
from labbook.tui.widgets.review_rows import DraftColumn
from labbook.tui.widgets.source_rows import SourceRow
from tests.bench.rows import Row, seconds
from tests.support import year
from tests.support.fill import _moment
from tests.tui.driving import opened

ROUNDS = 5
SAVED = year.LAST_WEEK.before()
PAGE_S, HTML_S, PDF_S, DRAFT_S = 0.5, 2.0, 4.0, 0.5


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        notebook = Path(scratch, "year")
        year.make(notebook)
        with desk(notebook) as one:
            rows = [
                _limited("review: a week's draft, gathered", _draft(one, year.LAST_WEEK), DRAFT_S),
                _limited(
                    "review: a month's draft, from its weeks",
                    _draft(one, Period.months(2026, 10)),
                    DRAFT_S,
                ),
                *_reports(one, notebook),
            ]
            return [*rows, *asyncio.run(_pages(one))]


def desk(notebook: Path) -> Desk:
    return Desk(Settings(notebook=notebook), _now)


def _now() -> Moment:
    return _moment(year.UNTIL, 1)


def _draft(one: Desk, period: Period) -> float:
    review.gather(one, period)
    return statistics.median(seconds(lambda: review.gather(one, period)) for _ in range(ROUNDS))


def _reports(one: Desk, notebook: Path) -> list[Row]:
    """The first time, when every figure is drawn, and again."""
    rows = []
    for form, limit in (("html", HTML_S), ("pdf", PDF_S)):
        if form == "pdf" and find_spec("typst") is None:
            continue
        shutil.rmtree(notebook / "runs" / "figures", ignore_errors=True)
        for which in ("first", "again"):
            taken = seconds(lambda form=form: report.report(one, SAVED, form))  # type: ignore[misc]
            rows.append(_limited(f"review: a week's {form.upper()}, {which}", taken, limit))
    return rows


async def _pages(one: Desk) -> list[Row]:
    """From the key to the last row, of a saved week and of one that is only a draft."""
    rows = []
    async with opened(one, size=(120, 40)) as hand:
        await hand.press("w")
        page = hand.page(ReviewPage)
        for what, week in (("saved", SAVED), ("a draft", year.LAST_WEEK)):
            took = []
            for _ in range(ROUNDS):
                page.open_period(week.before())
                await hand.until(lambda week=week: _shown(page, week.before()), within_s=60)  # type: ignore[misc]
                began = time.perf_counter()
                page.open_period(week)
                while not _shown(page, week):
                    await asyncio.sleep(0.005)
                took.append(time.perf_counter() - began)
                await hand.settle()
            blocks = len(page.query(SourceRow))
            name = f"review: a week's page, {what}, {blocks} blocks, {len(page.rows)} lines"
            rows.append(_limited(name, statistics.median(took), PAGE_S))
    return rows


def _shown(page: ReviewPage, week: Period) -> bool:
    """Whether more than a screen of days and of lines is laid out; asked often."""
    draft = page.draft
    if draft is None or draft.period != week or not draft.material:
        return False
    days = [child for child in page.days.children if isinstance(child, SourceRow)]
    lines = page.query_one(DraftColumn).children
    return (
        len(days) > min(AT_ONCE, len(draft.material)) // 2
        and len(lines) >= max(1, min(LINES_AT_ONCE, len(draft.items)))
        and days[0].material.day in week
        and days[0].region.height > 0
        and lines[0].region.height > 0
    )


def _limited(name: str, taken: float, limit: float) -> Row:
    return Row(name, taken, "s", f"a limit of {limit:g} s", limit / taken)
