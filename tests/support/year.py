"""A synthetic year: `python -m tests.support.year DIRECTORY`.

365 days, 3,000 notes with 600 next steps among them, 2,000 runs with a table and a figure
each, and a saved review of every week but the last. The same seed gives the same year.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from contextlib import closing
from pathlib import Path

from labbook.desk import review
from labbook.desk.desk import Desk
from labbook.model import Section, Verdict
from labbook.settings import Settings
from labbook.store.capture import insert
from labbook.store.connection import connect_to_write
from labbook.store.gate import gate
from labbook.store.note_text import read_text
from labbook.store.notebook import Notebook
from labbook.text.period import Period
from tests.support import fill

DAYS, NOTES, STEPS, RUNS = 365, 3_000, 600, 2_000
UNTIL = dt.date(2026, 11, 29)
LAST_WEEK = Period.week_of(UNTIL)
KEPT_RUNS = 6
"""So many of a week's runs stay in its review; the others are left out."""


def make(directory: Path, seed: int = 1) -> None:
    """Make the year in an empty directory."""
    random_ = random.Random(seed)
    days = [UNTIL - dt.timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    with Notebook.open(directory, clock=lambda: fill._moment(UNTIL, 0)) as notebook:
        files = fill._files(notebook.artifacts_dir, random_)
    with gate(notebook.place.gate), closing(connect_to_write(notebook.database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(NOTES):
            day, moment = fill._when(days, number, NOTES)
            insert(connection, read_text(_note(random_, number)), moment, day, None)
        moments = [fill._when(days, number, RUNS) for number in range(RUNS)]
        fill._insert_runs(connection, random_, moments, files)
        connection.execute("COMMIT")
    week = Period.week_of(days[0]).after()
    while week < LAST_WEEK:
        _review(directory, week)
        week = week.after()


def _note(random_: random.Random, number: int) -> str:
    parts = [fill._sentence(random_) for _ in range(random_.randint(1, 5))]
    parts[0] += f" @{random_.choice(fill.THREADS)}"
    if number % 4 == 0:
        parts[-1] += f" #{random_.choice(('finding', 'insight', 'code', 'idea'))}"
    if number % (NOTES // STEPS) == 0:
        parts.append(f"- [ ] {fill._sentence(random_).lower().rstrip('.')}")
    return "\n\n".join(parts)


def _review(directory: Path, week: Period) -> None:
    """Review a week on its Sunday: most steps are done, one in twelve is carried on."""
    clock = fill._moment(week.last, 1)
    with Desk(Settings(notebook=directory), lambda: clock) as desk:
        draft = review.gather(desk, week)
        runs = [item for item in draft.items if item.source.startswith("run:")]
        left_out = set(runs[KEPT_RUNS:])
        verdicts = [
            Verdict(step.id, "carried" if step.id % 12 == 0 else "done") for step in draft.unjudged
        ]
        items = [item for item in draft.items if item not in left_out]
        judged = {f"step:{each.step_id}" for each in verdicts if each.fate == "done"}
        items = [i for i in items if i.section is not Section.NEXT_STEPS or i.source not in judged]
        review.save(desk, week, items, verdicts, version=None)
        review.close(desk, week)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
