"""Reads and draws a day, in a thread: everything the Today page shows at once."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.message import Message

from labbook.desk import find
from labbook.desk.desk import Desk
from labbook.model import Block, Draft, Entry, NextStep, RunBlock, SweepBlock
from labbook.model.backlink import Backlink
from labbook.text.period import Period
from labbook.tui.drawing import Drawn, draw_block
from labbook.tui.saving import offered_drafts

CURVES_EVERY_S = 1.0


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
    from labbook.desk import backlinks, review, steps

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
    if known is not None and known.width == width and known.block == block and not known.is_behind:
        return known
    if isinstance(block, SweepBlock):
        from labbook.desk import sweeps

        return draw_block(block, width, sweeps.results(desk, block.sweep))
    if isinstance(block, RunBlock) and (block.run.artifacts or block.run.metrics):
        return _drawn_run(desk, block, width, known)
    return draw_block(block, width)


def _drawn_run(desk: Desk, block: RunBlock, width: int, known: Drawn | None) -> Drawn:
    if known is None or known.results is None or not isinstance(known.block, RunBlock):
        return draw_block(block, width, find.results(desk, block.run))
    before = known.block.run
    if known.width == width and before.state is block.run.state and _was_just_read(known):
        return replace(known, block=block, is_behind=True)
    if before.artifacts == block.run.artifacts:
        return draw_block(block, width, find.with_curves(desk, block.run, known.results))
    return draw_block(block, width, find.results(desk, block.run, known.results))


def _was_just_read(known: Drawn) -> bool:
    """A run may tell of itself many times a second; its curves are drawn once."""
    return time.monotonic() < known.read_at + CURVES_EVERY_S
