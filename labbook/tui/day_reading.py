"""Reads and draws a day, in a thread: everything the Today page shows at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from labbook.desk.desk import Desk
from labbook.model import Block, Draft, Entry, NextStep, RunBlock, SweepBlock
from labbook.model.backlink import Backlink
from labbook.text.period import Period
from labbook.tui.drawing import Drawn, draw_block
from labbook.tui.saving import offered_drafts


@dataclass(frozen=True, slots=True)
class DayRead:
    """A day as it stands now.

    drawn: its blocks, each drawn at `width`
    kept: texts of windows that died before they could save them
    before, after: the written days next to it
    due: the week whose review is due, on today's page
    named: what refers to the day
    """

    entry: Entry
    today: dt.date
    width: int
    drawn: tuple[Drawn, ...]
    steps: tuple[NextStep, ...]
    kept: tuple[Draft, ...]
    before: dt.date | None
    after: dt.date | None
    due: Period | None = None
    named: tuple[Backlink, ...] = ()


class DayAnswered(Message):
    """A day has been read."""

    def __init__(self, found: DayRead) -> None:
        super().__init__()
        self.found = found


def read_day(desk: Desk, day: dt.date, width: int, known: Mapping[int, Drawn]) -> DayRead:
    """Read a day, and draw what is not in `known` as it stands and at that width."""
    from labbook.desk import backlinks, find, review, steps

    today = desk.today()
    entry = find.entry(desk, day)
    before, after = find.neighbours(desk, day)
    return DayRead(
        entry=entry,
        today=today,
        width=width,
        drawn=tuple(_drawn(desk, block, width, known.get(block.id)) for block in entry.blocks),
        steps=steps.open_steps(desk),
        kept=offered_drafts(desk),
        before=before,
        after=after,
        due=review.due(desk) if day == today else None,
        named=backlinks.of_day(desk, day),
    )


def _drawn(desk: Desk, block: Block, width: int, known: Drawn | None) -> Drawn:
    if known is not None and known.block == block and known.width == width:
        return known
    if isinstance(block, SweepBlock):
        from labbook.desk import sweeps

        return draw_block(block, width, sweeps.results(desk, block.sweep))
    if not isinstance(block, RunBlock) or not block.run.artifacts:
        return draw_block(block, width)
    if known is not None and known.results is not None and _same_results(known.block, block):
        return draw_block(block, width, known.results)
    from labbook.desk import find

    return draw_block(block, width, find.results(desk, block.run))


def _same_results(known: Block, block: RunBlock) -> bool:
    return isinstance(known, RunBlock) and known.run.artifacts == block.run.artifacts
