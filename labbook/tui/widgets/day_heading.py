"""The lines above a day: which day it is, the next steps still open, and a review that is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from labbook.model import NextStep, Note, RunBlock
from labbook.text.amounts import count
from labbook.text.period import Period
from labbook.text.plain import plain_line
from labbook.tui.backlink_lines import named_line
from labbook.tui.day_reading import DayRead
from labbook.tui.phrases import long_day, near_day


class DayHeading(Widget):
    """Weekday, date, what the day holds; the open next steps, on one line; what is due."""

    found: reactive[DayRead | None] = reactive(None)

    def render(self) -> Content:
        if self.found is None:
            return Content()
        lines = [self._day(self.found)]
        lines += [self._steps(self.found.steps)] if self.found.steps else []
        lines += [_due(self.found.due)] if self.found.due else []
        lines += [self._named(self.found)] if self.found.named else []
        return Content("\n").join(lines)

    def get_content_height(self, *_: object) -> int:
        return _lines(self.found)

    def watch_found(self, before: DayRead | None, after: DayRead | None) -> None:
        if _lines(before) != _lines(after):
            self.refresh(layout=True)

    def _day(self, found: DayRead) -> Content:
        day = found.entry.day
        left = Content.assemble((long_day(day), "bold"), "  ", _near(day, found.today))
        right = Content.styled(_counts(found), "$quiet")
        gap = self.content_size.width - left.cell_length - right.cell_length
        return left.pad_right(gap) + right if gap > 1 else left

    def _steps(self, steps: Sequence[NextStep]) -> Content:
        """As many steps as fit, oldest first, and how many there are."""
        line = Content.assemble(
            (count(len(steps), "next step"), "bold"), "  ", ("x", "bold $accent"), " "
        )
        for step in steps:
            words = Content.assemble((" ○ ", "$accent"), plain_line(step.text))
            line = line + words
            if line.cell_length > self.content_size.width:
                break
        return line.truncate(self.content_size.width, ellipsis=True)

    def _named(self, found: DayRead) -> Content:
        return named_line(found.named).truncate(self.content_size.width, ellipsis=True)


def _lines(found: DayRead | None) -> int:
    if found is None:
        return 1
    return 1 + bool(found.steps) + (found.due is not None) + bool(found.named)


def _due(week: Period) -> Content:
    return Content.assemble(
        (f"The review of {week.label} is due", "$quiet"),
        *("  ", ("w", "bold $accent"), (" review", "$quiet")),
    )


def _near(day: dt.date, today: dt.date) -> tuple[str, str]:
    return near_day(day, today), "bold $success" if day == today else "$quiet"


def _counts(found: DayRead) -> str:
    blocks = found.entry.blocks
    notes = sum(isinstance(block, Note) for block in blocks)
    runs = [block.run for block in blocks if isinstance(block, RunBlock)]
    running = sum(not run.state.has_ended for run in runs)
    pieces = [count(notes, "note")] if notes else []
    pieces += [count(len(runs), "run")] if runs else []
    pieces += [f"{running} running"] if running else []
    return " · ".join(pieces)
