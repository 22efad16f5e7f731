"""Reads and draws where the time went, in a thread: everything the Time page shows at once."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message

from labbook.desk import habits, long, time
from labbook.desk.desk import Desk
from labbook.model.time_span import TimeSpan
from labbook.text.period import Period
from labbook.tui.time_drawing import bars, draw_long, draw_span, draw_week

PERIODS_BEFORE = 3
"""A period stands beside so many of the same length before it."""


@dataclass(frozen=True, slots=True)
class TimeRead:
    """Where a period went, drawn.

    width: what the content is drawn in
    spans: those that touch the period, the newest first, each with its line
    measured_s, estimated_s: of the period, in seconds; of a long view, of the threads
    """

    period: Period
    is_long: bool
    width: int
    content: Content
    spans: tuple[tuple[TimeSpan, Content], ...]
    measured_s: float
    estimated_s: float


class TimeAnswered(Message):
    """A period has been read."""

    def __init__(self, found: TimeRead) -> None:
        super().__init__()
        self.found = found


def read_week(desk: Desk, period: Period, width: int) -> TimeRead:
    """A period's bars, table, remarks and spans."""
    tables = time.tables(desk, period, PERIODS_BEFORE)
    now = tables[0]
    figure = bars(now)
    remarks = habits.remarks(desk, now) if now.measured or now.estimated else ()
    until = desk.clock()
    spans = tuple(
        (each, draw_span(each, ((each.end or until).us - each.start.us) / 1e6, figure))
        for each in reversed(time.spans(desk, period))
    )
    content = draw_week(figure, tables, remarks, width)
    return TimeRead(period, False, width, content, spans, now.total(), now.estimate())


def read_long(desk: Desk, period: Period, width: int) -> TimeRead:
    """Weeks beside threads, and what they say."""
    found = long.view(desk, period)
    content = draw_long(found, long.sentences(desk, found), width)
    measured = sum(sum(each.measured) for each in found.strands)
    return TimeRead(period, True, width, content, (), measured, found.seconds - measured)
