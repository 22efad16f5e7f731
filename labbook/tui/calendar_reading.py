"""Reads what the Calendar page shows, in threads: the map, and the day below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.text import Text
from textual.content import Content
from textual.message import Message

from labbook.desk import calendar, find, time
from labbook.desk.calendar import CalendarView
from labbook.desk.desk import Desk
from labbook.model import Block, Entry, Note, RunBlock
from labbook.report.page import block_heading
from labbook.report.runs import clock
from labbook.text.amounts import count
from labbook.text.duration import span_words
from labbook.text.period import Period
from labbook.text.plain import plain_line
from labbook.tui.phrases import long_day, near_day

MOST_YEARS = 5
"""So many former years are shown of a day."""


class MapRead(Message):
    """The map has been read."""

    def __init__(self, found: CalendarView) -> None:
        super().__init__()
        self.found = found


class DayBelow(Message):
    """A day, and the same day of former years, have been read."""

    def __init__(self, day: dt.date, content: Content) -> None:
        super().__init__()
        self.day = day
        self.content = content


def read_below(desk: Desk, day: dt.date) -> DayBelow:
    """What a day holds, and what was written on it in former years."""
    entry, spent = find.entry(desk, day), time.table(desk, Period(day, day))
    facts = _facts(entry, spent.total(), spent.estimate())
    lines = [
        Content.assemble(
            (long_day(day), "bold"), (f"  {near_day(day, desk.today())}{facts}", "$quiet")
        )
    ]
    lines += [_line(block) for block in entry.blocks]
    if not entry.blocks:
        lines.append(Content.styled("Nothing is written on this day.", "$quiet"))
    lines += _former(calendar.on_this_day(desk, day))
    return DayBelow(day, Content("\n").join(lines))


def _facts(entry: Entry, measured: float, estimated: float) -> str:
    notes = sum(isinstance(block, Note) for block in entry.blocks)
    runs = sum(isinstance(block, RunBlock) for block in entry.blocks)
    facts = [count(notes, "note")] if notes else []
    facts += [count(runs, "run")] if runs else []
    facts += [f"{span_words(measured)} measured"] if measured else []
    facts += [f"~{span_words(estimated)} estimated"] if estimated else []
    return "".join(f" · {fact}" for fact in facts)


def _line(block: Block) -> Content:
    """A block on one line: a note by its first words, all else by its heading."""
    if not isinstance(block, Note):
        return Content.from_rich_text(block_heading(block))
    return Content.from_rich_text(
        Text.assemble((f"{clock(block.time)} ", "dim"), _first_words(block))
    )


def _former(entries: tuple[Entry, ...]) -> Iterator[Content]:
    if entries:
        yield Content()
        yield Content.styled("On this day", "bold $primary")
    for entry in entries[:MOST_YEARS]:
        notes = [block for block in entry.blocks if isinstance(block, Note)]
        first = _first_words(notes[0]) if notes else "runs only"
        more = f"  and {len(entry.blocks) - 1} more" if len(entry.blocks) > 1 else ""
        yield Content.assemble((f"{entry.day}  ", "$accent"), first, (more, "$quiet"))
    if len(entries) > MOST_YEARS:
        yield Content.styled(f"… and {len(entries) - MOST_YEARS} more, further back", "$quiet")


def _first_words(note: Note) -> str:
    lines = note.body.strip().splitlines()
    return plain_line(lines[0].lstrip("# ")) if lines else ""
