"""Reading a period beside its review: what was read is marked, and what counts is promoted."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.widget import Widget

from labbook.desk import review, review_lines
from labbook.desk.desk import Desk
from labbook.model import Note, ReviewDraft, ReviewItem, Section
from labbook.model.kept_finding import TAGS
from labbook.text.when import Period
from labbook.tui import review_edits as edits
from labbook.tui.dialogs.leader import Leader
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.review_saving import ReviewSaving
from labbook.tui.review_reading import ReviewRead
from labbook.tui.widgets.held_scroll import HeldScroll
from labbook.tui.widgets.review_rows import DraftColumn, ItemRow
from labbook.tui.widgets.source_rows import (
    Source,
    SourceRow,
    how_much_is_read,
    lines_of,
    rows_of_days,
)
from labbook.tui.widgets.words import Words
from labbook.tui.work import Done

MARK_AFTER_S = 0.4
"""A key held down passes many blocks; they are written as read at once."""

AT_ONCE = 24
"""So many rows fill any screen; the others are shown behind them a moment later."""

_SECTIONS = {
    "f": Section.FINDINGS,
    "i": Section.INSIGHTS,
    "c": Section.CODE,
    "n": Section.NEXT_STEPS,
}
_TAGS = {
    Section.INSIGHTS: TAGS[Section.INSIGHTS],
    Section.CODE: TAGS[Section.CODE],
}


class DaysColumn(HeldScroll):
    """The left side of a review: the period's blocks."""


class ReviewDays(ReviewSaving):
    """The keys of the left side."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("review.pane", "tab", "pane", "other side", show=True, about="days, or review"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._read_now: set[int] = set()
        self._unread: set[int] = set()
        self._waiting: list[Widget] = []
        self._mark_soon = Later(self, MARK_AFTER_S, self._write_marks)

    @property
    def days(self) -> DaysColumn:
        return self.query_one(DaysColumn)

    @property
    def source_rows(self) -> list[SourceRow]:
        return [row for row in self.days.query_children(SourceRow) if row.display]

    # Showing

    async def show_days(self, found: ReviewRead) -> None:
        """Show the blocks; those that are as they were are left alone."""
        sources = self._sources(found)
        blocks = [row for row in self.days.query_children(SourceRow) if not row.line]
        if blocks and [row.material.block.id for row in blocks] == [
            each.material.block.id for each in sources
        ]:
            for row, source in zip(blocks, sources, strict=True):
                row.show(source)
        else:
            was_here = isinstance(self.focused, SourceRow)
            self._waiting = []  # what waits to be shown belongs to what goes now
            with self.app.batch_update():
                if was_here:
                    self.set_focus(None)
                await self.days.remove_children()
                rows = rows_of_days(sources)
                await self.days.mount_all(rows[:AT_ONCE])
            self._waiting = rows[AT_ONCE:]
            self.call_after_refresh(self._mount_waiting, self._waiting)
            if was_here and self.source_rows:
                self.select_source(self.source_rows[0])
        self._tell_how_much()

    async def _mount_waiting(self, rows: list[Widget]) -> None:
        """What does not fit on the first screen; nothing where other rows came in between."""
        if rows is self._waiting and rows:
            self._waiting = []
            self.days.hold()
            await self.days.mount_all(rows)
            self._tell_how_much()

    def _sources(self, found: ReviewRead) -> list[Source]:
        draft = self.draft or found.draft
        read = (found.draft.read | self._read_now) - self._unread
        left = {each.source for each in draft.unpromoted}
        return [
            Source(each, drawn, each.block.id in read, each.source not in left)
            for each, drawn in zip(found.draft.material, found.drawn, strict=True)
        ]

    def _tell_how_much(self) -> None:
        shown = (*self.days.query_children(SourceRow), *self._waiting)
        rows = [row for row in shown if isinstance(row, SourceRow) and not row.line]
        self.query_one("#days-heading", Words).update(how_much_is_read(r.source for r in rows))

    def select_source(self, row: SourceRow) -> None:
        self.set_focus(row, scroll_visible=False)
        self.days.reveal(row)

    def action_pane(self) -> None:
        """To the other side; where only one fits, it takes the place of this one."""
        to_days = not self.days.has_focus_within
        self.set_class(to_days, "-days")
        if to_days and self.source_rows:
            self.select_source(self._last_source or self.source_rows[0])
        elif not to_days and self.rows:
            row = self.rows[max(0, min(self._place, len(self.rows) - 1))]
            self.set_focus(row, scroll_visible=False)
            self.query_one(DraftColumn).reveal(row)

    @property
    def _last_source(self) -> SourceRow | None:
        """The block that was selected last, where it is still there."""
        rows = self.source_rows
        return next((row for row in rows if row.material.block.id == self._last_id), None)

    _last_id = 0

    # Reading

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        row = event.widget
        if isinstance(row, SourceRow):
            self._last_id = row.material.block.id
            if self._last_id not in self._unread:
                self._mark(row, is_read=True)

    def action_mark(self) -> None:
        row = self.focused
        if isinstance(row, SourceRow):
            self._mark(row, is_read=not row.source.is_read)

    def _mark(self, row: SourceRow, *, is_read: bool) -> None:
        if row.source.is_read == is_read:
            return
        block_id, source = row.material.block.id, row.source
        for each in self.days.query_children(SourceRow):
            if each.material.block.id == block_id:
                each.show(Source(source.material, source.drawn, is_read, source.is_taken))
        (self._read_now if is_read else self._unread).add(block_id)
        (self._unread if is_read else self._read_now).discard(block_id)
        self._tell_how_much()
        self._mark_soon.ask()

    def _write_marks(self) -> None:
        read, unread = frozenset(self._read_now), frozenset(self._unread)
        write = partial(_write_marks, self.desk, self.period, read, unread)
        self.labbook.writer.write(self, "marking what is read", write, lambda _: Done())

    def forget_marks(self) -> None:
        """Another period is shown; what was read in this one is written."""
        self._write_marks()
        self._read_now, self._unread = set(), set()

    # Line by line

    async def action_unfold(self) -> None:
        row = self.focused
        if not isinstance(row, SourceRow) or row.line:
            await self.action_fold()
            return
        lines = lines_of(row.source)
        if lines:
            self.days.hold()
            await self.days.mount_all(lines, after=row)
            row.display = False
            self.select_source(lines[0])

    async def action_fold(self) -> None:
        row = self.focused
        if not isinstance(row, SourceRow) or not row.line:
            return
        block_id = row.material.block.id
        same = [
            each
            for each in self.days.query_children(SourceRow)
            if each.material.block.id == block_id
        ]
        whole = next(each for each in same if not each.line)
        whole.display = True
        self.select_source(whole)
        for each in same:
            if each.line:
                await each.remove()

    # Promoting

    def action_promote_to(self) -> None:
        def answered(action: str | None) -> None:
            if action:
                self.action_promote(action)

        choices = {letter: (each.name, each.value) for letter, each in _SECTIONS.items()}
        self.app.push_screen(Leader("P", choices, alone=""), answered)

    def action_promote(self, section: str = "") -> None:
        """Take the block or the line up, at the end of a section; what fits it by default."""
        row, draft = self.focused, self.draft
        if not isinstance(row, SourceRow) or draft is None:
            return
        known = [each.section.value for each in draft.items if each.source == row.material.source]
        if known and not section and not row.line:
            self.labbook.say(f"It is taken up already, under {known[0]}. P takes it up elsewhere.")
            return
        item = _item(row, Section[section] if section else _fitting(row))
        changed = edits.promoted(draft, item)
        if changed == draft:
            self.labbook.say(f"It stands under {item.section.value} already.")
            return
        self.change(changed)
        self.call_later(self._reveal, item)

    def _reveal(self, item: ReviewItem) -> None:
        for row in self.rows:
            if isinstance(row, ItemRow) and row.item == item:
                self.query_one(DraftColumn).reveal(row)

    def mark_taken(self, draft: ReviewDraft) -> None:
        """The review has changed: show which blocks it takes up."""
        left = {each.source for each in draft.unpromoted}
        for row in self.days.query_children(SourceRow):
            source = row.source
            taken = source.material.source not in left
            row.show(Source(source.material, source.drawn, source.is_read, taken))


def _write_marks(desk: Desk, period: Period, read: frozenset[int], unread: frozenset[int]) -> None:
    review.mark_read(desk, period, read)
    for block_id in unread:
        review.mark_unread(desk, period, block_id)


def _fitting(row: SourceRow) -> Section:
    block = row.material.block
    tags = set(block.tags) if isinstance(block, Note) else set()
    return next((each for each, names in _TAGS.items() if tags & set(names)), Section.FINDINGS)


def _item(row: SourceRow, section: Section) -> ReviewItem:
    """What is taken up, with the way back; what is planned is a step of the review's own."""
    block, source = row.material.block, row.material.source
    if row.line:
        text = review_lines.attributed(row.line, row.line)
    else:
        text = review_lines.of_block(block, section).text
    if section is Section.NEXT_STEPS:
        # A line that names no step becomes one when it is saved; its day leads back.
        return ReviewItem(section, f"{text} [[{block.day}]]")
    return ReviewItem(section, text, source)
