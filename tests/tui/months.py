"""Twelve weeks of somebody's time, the same every time it is made."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

from labbook.desk import reading, threads, time, write
from labbook.desk.desk import Desk
from labbook.model import Moment
from labbook.model.reading import ReadingState
from tests.support.notebooks import DAY, MORNING, ZONE, open_notebook
from tests.tui.driving import desk_at
from tests.tui.made import ended

NOW = Moment(MORNING.us + (4 * 24 + 7) * 3600 * 1_000_000, ZONE)
"""Friday at four in the afternoon."""

WEEKS = 12
THREADS = ("kl", "channel", "mixtures", "thesis")


def moment(day: dt.date, hour: float) -> Moment:
    """So many hours after midnight of a day; the clocks of Berlin changed in between."""
    monday = Moment.at(dt.datetime(2026, 11, 23, tzinfo=dt.UTC)).us - 3600 * 1_000_000
    summer = 3600 * 1_000_000 if day < dt.date(2026, 10, 25) else 0
    days = (day - DAY).days * 24 * 3600 * 1_000_000
    return Moment(monday + days + round(hour * 3600 * 1_000_000) - summer, ZONE)


def make(directory: Path) -> None:
    """A notebook with a few spans a week, notes that no timer measured, two runs, a year ago."""
    open_notebook(directory).close()
    rng = random.Random(4)
    with desk_at(directory, lambda: NOW) as desk:
        for week in range(WEEKS):
            for weekday in (0, 2, 3) if week else (0, 1, 3):
                _day(desk, rng, DAY + dt.timedelta(days=weekday - 7 * week))
        for name, kind in zip(
            THREADS, ("goal-driven", "goal-driven", "exploration", "learning"), strict=True
        ):
            threads.edit(desk, name, kind=kind)  # type: ignore[arg-type]
        book = reading.add(desk, "Elements of information theory", kind="book", thread="thesis")
        reading.move(desk, book.id, ReadingState.READING)
        ended(desk, moment(DAY, 15))
        time.start(desk, "kl", note="the tail of k3")
    for back in (1, 2):
        year_ago = DAY.replace(year=DAY.year - back) + dt.timedelta(days=4)
        with desk_at(directory, lambda day=year_ago: moment(day, 10)) as desk:
            write.add_note(desk, f"# Day one of attempt {back}\n\nStarted afresh. @kl")


def _day(desk: Desk, rng: random.Random, day: dt.date) -> None:
    hour = 9.0
    for _ in range(rng.randint(1, 2)):
        length = rng.choice([0.4, 0.75, 1.6, 2.25])
        note = rng.choice(["", "proof of the bound", "coders"])
        thread = rng.choice(THREADS)
        time.add(desk, thread, moment(day, hour), moment(day, hour + length), note)
        hour += length + rng.choice([0, 0.25])
    if rng.random() < 0.6:
        clock, desk.clock = desk.clock, lambda: moment(day, 17)
        write.add_note(desk, f"what {rng.choice(THREADS)} gave today @mixtures\n\n- [ ] go on")
        desk.clock = clock
