"""Threads: what each is for, what became of it, and what belongs to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.desk import time as desk_time
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.thread import Thread, ThreadKind, ThreadState
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import NextStep, Note, Run
    from labbook.model.idea import Idea
    from labbook.model.reading import Reading

MOST_WEEKS = 52
"""So many weeks of a thread's time are shown."""


@dataclass(frozen=True, slots=True)
class ThreadContents:
    """A thread with all that belongs to it.

    notes: newest first; runs: oldest first; steps, ideas, readings: settled ones too
    weeks: measured and estimated seconds of each ISO week from its first to its last, at most
        the last MOST_WEEKS
    """

    thread: Thread
    notes: tuple[Note, ...]
    runs: tuple[Run, ...]
    steps: tuple[NextStep, ...]
    ideas: tuple[Idea, ...]
    readings: tuple[Reading, ...]
    weeks: tuple[tuple[Period, float, float], ...]


def threads(desk: Desk, *, ended: bool = False) -> tuple[Thread, ...]:
    """The threads that are active or paused, the one that was touched last first.

    ended: also those that were delivered, given up or left
    """
    from labbook.store import threads as store

    found = store.all_threads(desk.notebook, now=desk.clock())
    return tuple(each for each in found if ended or not each.state.has_ended)


def thread(desk: Desk, name: str) -> Thread:
    """One thread.

    Raises:
        NotFound: there is none of that name.
    """
    from labbook.store import threads as store

    return store.thread(desk.notebook, name, now=desk.clock())


def contents(desk: Desk, name: str) -> ThreadContents:
    """One thread with all that belongs to it.

    Raises:
        NotFound: there is none of that name.
    """
    from labbook.store import ideas, readings
    from labbook.store import thread_contents as store

    found = thread(desk, name)
    return ThreadContents(
        found,
        store.notes_of(desk.notebook, found.id),
        store.runs_of(desk.notebook, found.id),
        store.steps_of(desk.notebook, found.id),
        ideas.ideas(desk.notebook, thread=found.id),
        readings.readings(desk.notebook, thread=found.id),
        weeks(desk, found)[0],
    )


def weeks(
    desk: Desk, found: Thread, within: Period | None = None
) -> tuple[tuple[tuple[Period, float, float], ...], int]:
    """Measured and estimated seconds of each ISO week, and how many weeks before are left out.

    within: only the days of this period; the weeks at its ends may have only some of theirs
    """
    if found.began is None or found.touched is None:
        return (), 0
    starts = desk.settings.day_starts_at
    began, touched = found.began.day(starts), found.touched.day(starts)
    if within is not None:
        began, touched = max(began, within.first), min(touched, within.last)
    if touched < began:
        return (), 0
    every = [Period.week_of(began)]
    while every[-1].last < touched:
        every.append(every[-1].after())
    shown = every[-MOST_WEEKS:]
    first, last = shown[0].first, shown[-1].last
    if within is not None:
        first, last = max(first, within.first), min(last, within.last)
    table = desk_time.table(desk, Period(first, last))
    measured = table.measured.get(found.name, {})
    estimated = table.estimated.get(found.name, {})
    told = tuple((week, _within(measured, week), _within(estimated, week)) for week in shown)
    return told, len(every) - len(shown)


def add(desk: Desk, name: str) -> Thread:
    """Let there be a thread of that name, before any note names it.

    Raises:
        UsageError: a note could not name it.
    """
    from labbook.store import threads as store

    return store.add(desk.notebook, name, now=desk.clock())


def edit(
    desk: Desk,
    name: str,
    *,
    goal: str | None = None,
    kind: ThreadKind | None = None,
    importance: float | None = None,
) -> Thread:
    """Change what a thread is for; what is None stays.

    Raises:
        NotFound: there is none of that name.
    """
    from labbook.store import threads as store

    return store.edit(
        desk.notebook, name, now=desk.clock(), goal=goal, kind=kind, importance=importance
    )


def pause(desk: Desk, name: str) -> Thread:
    """Put a thread aside for a while."""
    return _move(desk, name, ThreadState.PAUSED)


def resume(desk: Desk, name: str) -> Thread:
    """Take a thread up again, whatever became of it; what was said of that is kept."""
    return _move(desk, name, ThreadState.ACTIVE)


def deliver(desk: Desk, name: str, deliverable: str) -> Thread:
    """End a thread with what it gave: a paper, a post, a release.

    Raises:
        NotFound: there is no such thread.
        UsageError: the deliverable is empty.
    """
    return _move(desk, name, ThreadState.DELIVERED, _said(deliverable, "the deliverable"))


def end(desk: Desk, name: str, because: str) -> Thread:
    """End a thread as a dead end: the question has its answer, and the answer is no.

    Raises:
        NotFound: there is no such thread.
        UsageError: no reason is given.
    """
    return _move(desk, name, ThreadState.DEAD_END, _said(because, "the reason"))


def leave(desk: Desk, name: str, other: str) -> Thread:
    """Leave a thread half-finished for another.

    Raises:
        NotFound: there is no such thread, or no such other.
        UsageError: both are the same.
    """
    instead = thread(desk, other)
    if instead.name == thread(desk, name).name:
        raise UsageError(f"@{instead.name} cannot be left for itself.")
    return _move(desk, name, ThreadState.LEFT, f"left for @{instead.name}")


def rename(desk: Desk, name: str, new: str) -> Thread:
    """Give a thread another name, if no note's text holds the old one.

    Raises:
        NotFound: there is no such thread.
        UsageError: a note names it; or the new name is taken, or cannot be one.
    """
    from labbook.store import threads as store

    return store.rename(desk.notebook, name, new, now=desk.clock())


def give_note(desk: Desk, note_id: int, name: str | None) -> Note:
    """Give a note to a thread without touching its text; None takes that back.

    Raises:
        NotFound: there is no such note.
        UsageError: that can be no thread's name, or the note is deleted.
    """
    from labbook.store import thread_contents as store

    return store.give(desk.notebook, note_id, name, now=desk.clock())


def _move(desk: Desk, name: str, state: ThreadState, outcome: str | None = None) -> Thread:
    from labbook.store import threads as store

    return store.move(desk.notebook, name, state, now=desk.clock(), outcome=outcome)


def _said(text: str, what: str) -> str:
    if not text.strip():
        raise UsageError(f"There is nothing in {what}.")
    return text


def _within(by_day: dict[dt.date, float], week: Period) -> float:
    return sum(by_day.get(day, 0.0) for day in week.days())
