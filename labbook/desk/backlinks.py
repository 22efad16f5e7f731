"""What refers to a day, a run, an idea or a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.desk.desk import Desk

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.backlink import Backlink
    from labbook.text.period import Period


def of_day(desk: Desk, day: dt.date) -> tuple[Backlink, ...]:
    """Notes of other days that name it, and what reviews and ideas took from it."""
    from labbook.store import backlinks as store

    return store.of_day(desk.notebook, day)


def of_run(desk: Desk, run_id: int) -> tuple[Backlink, ...]:
    """Notes that name it, lines of reviews made of it, what it reimplements, and ideas."""
    from labbook.store import backlinks as store

    return store.of_run(desk.notebook, run_id)


def of_idea(desk: Desk, idea_id: int) -> tuple[Backlink, ...]:
    """Notes and other ideas that name it as idea:4."""
    from labbook.store import backlinks as store

    return store.of_idea(desk.notebook, idea_id)


def of_review(desk: Desk, period: Period) -> tuple[Backlink, ...]:
    """Notes that name its period, and ideas that came from it."""
    from labbook.store import backlinks as store

    return store.of_review(desk.notebook, period)
