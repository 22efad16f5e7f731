"""Gathers what a period gives a review: raw, or from the shorter reviews that it holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.desk import review_lines as lines
from labbook.desk.desk import Desk
from labbook.model.entry import Block, ComparisonBlock, Note, RunBlock, SweepBlock
from labbook.model.review import Material, Review, ReviewItem, Section
from labbook.model.run import Run
from labbook.model.sweep import Sweep
from labbook.text.period import Period
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.model import Moment, NextStep

DAYS_OF_A_WEEK = 7
"""A longer period is drafted from the reviews of its parts."""

_TAKEN_OVER = (Section.FINDINGS, Section.INSIGHTS, Section.CODE)


@dataclass(frozen=True, slots=True)
class Written:
    """A period's notes, and the runs and sweeps that ended in it, each once."""

    notes: tuple[Note, ...]
    runs: tuple[Run, ...]
    sweeps: tuple[Sweep, ...]

    def since(self, moment: Moment) -> Written:
        """What was written or has ended later."""
        return Written(
            tuple(note for note in self.notes if note.time.us > moment.us),
            tuple(run for run in self.runs if run.ended and run.ended.us > moment.us),
            tuple(each for each in self.sweeps if each.ended and each.ended.us > moment.us),
        )


def material(desk: Desk, period: Period) -> tuple[Material, ...]:
    """The period's blocks, as a review may take them up."""
    from labbook.store import entries, next_steps

    blocks = [each for each in entries.blocks(desk.notebook, period) if not _is_gone(each)]
    notes = [block.id for block in blocks if isinstance(block, Note)]
    raised = next_steps.raised_by(desk.notebook, notes)
    return tuple(_material(block, raised.get(block.id, ())) for block in blocks)


def written(desk: Desk, period: Period, found: Sequence[Material]) -> Written:
    """What the material of a period gives lines of."""
    blocks = [each.block for each in found if each.day in period]
    runs = {block.run.id: block.run for block in blocks if isinstance(block, RunBlock)}
    sweeps = {block.sweep.id: block.sweep for block in blocks if isinstance(block, SweepBlock)}
    return Written(
        tuple(block for block in blocks if isinstance(block, Note)),
        tuple(run for run in runs.values() if _ended_in(desk, run, period)),
        tuple(sweep for sweep in sweeps.values() if _ended_in(desk, sweep, period)),
    )


def items(
    desk: Desk, period: Period, found: Sequence[Material]
) -> tuple[tuple[ReviewItem, ...], tuple[str, ...]]:
    """The lines of a draft, and what could not be gathered."""
    parts = _parts(desk, period)
    gaps = list(uncovered(period, [part.period for part in parts]))
    taken = [item for part in parts for item in part.items if item.section in _TAKEN_OVER]
    for gap in gaps:
        gave = written(desk, gap, found)
        taken += [
            *lines.of_sweeps(gave.sweeps),
            *lines.of_runs(desk, gave.runs),
            *lines.of_notes(gave.notes),
        ]
    code, missing = lines.of_code(desk, gaps)
    steps = (lines.of_step(step) for step in open_steps(desk, period))
    gathered = (*taken, *code, *steps, *lines.of_time(desk, period))
    return tuple(dict.fromkeys(gathered)), missing


def open_steps(desk: Desk, period: Period) -> Iterator[NextStep]:
    """The steps that are open and were raised before the period ends."""
    from labbook.store import next_steps

    return (step for step in next_steps.open_steps(desk.notebook) if step.raised <= period.last)


def uncovered(period: Period, parts: Sequence[Period]) -> Iterator[Period]:
    """What is left of a period without some parts of it that follow one another."""
    day = dt.timedelta(days=1)
    start = period.first
    for part in parts:
        if start < part.first:
            yield Period(start, part.first - day)
        start = part.last + day
    if start <= period.last:
        yield Period(start, period.last)


def _parts(desk: Desk, period: Period) -> list[Review]:
    """The saved reviews of parts of a longer period, none over another; a longer one goes first."""
    from labbook.store import reviews

    if (period.last - period.first).days < DAYS_OF_A_WEEK:
        return []
    chosen: list[Review] = []
    inside = reviews.reviews_within(desk.notebook, period)
    for each in sorted(inside, key=lambda one: one.period.last - one.period.first, reverse=True):
        apart = (
            each.period.last < other.period.first or other.period.last < each.period.first
            for other in chosen
        )
        if each.period != period and all(apart):
            chosen.append(each)
    return sorted(chosen, key=lambda one: one.period)


def _material(block: Block, steps: Sequence[int]) -> Material:
    if isinstance(block, Note):
        alone = steps and not lines.remainder(block.body)
        sources = frozenset(f"step:{step}" for step in steps) if alone else frozenset[str]()
        return Material(block, f"note:{block.id}", _first_line(block.body), sources)
    if isinstance(block, SweepBlock):
        sweep = block.sweep
        line = f"{sweep.experiment}, {sweep.state.value}, {sweep.tally.words}"
        return Material(block, f"sweep:{sweep.id}", plain_line(line))
    if isinstance(block, ComparisonBlock):
        return Material(block, f"comparison:{block.id}", lines.compared(block))
    run = block.run
    line = f"{run.name or run.experiment}, {run.state.words}"
    return Material(block, f"run:{run.id}", plain_line(line))


def _first_line(body: str) -> str:
    written_lines = (plain_line(line.lstrip("# ")) for line in body.splitlines())
    return next(filter(None, written_lines), "")


def _is_gone(block: Block) -> bool:
    return isinstance(block, RunBlock) and block.run.deleted


def _ended_in(desk: Desk, each: Run | Sweep, period: Period) -> bool:
    return each.ended is not None and each.ended.day(desk.settings.day_starts_at) in period
