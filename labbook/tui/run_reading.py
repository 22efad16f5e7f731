"""Reads and draws one run whole, in a thread: what stands beside the list of runs."""

from __future__ import annotations

import time

from textual.content import Content
from textual.message import Message

from labbook.desk import find
from labbook.desk.desk import Desk
from labbook.model import Results, Run
from labbook.tui.backlink_lines import named_line
from labbook.tui.day_reading import CURVES_EVERY_S
from labbook.tui.drawing import draw_run


class RunDrawn(Message):
    """Everything about one run, drawn.

    run: as it stands in the list
    """

    def __init__(self, run: Run, width: int, results: Results, content: Content) -> None:
        super().__init__()
        self.run = run
        self.width = width
        self.results = results
        self.content = content
        self._read_at = time.monotonic()

    def is_of(self, run: Run) -> bool:
        """Whether these are the run's results: those come when it ends, and only curves before."""
        return (self.run.id, self.run.state) == (run.id, run.state)

    def will_do(self, run: Run, width: int) -> bool:
        """Whether a run that is on its way was drawn only just now."""
        is_new = time.monotonic() < self._read_at + CURVES_EVERY_S
        return self.is_of(run) and self.width == width and not run.state.has_ended and is_new


def read_run(desk: Desk, run: Run, width: int, known: Results | None) -> RunDrawn:
    """Read a run and draw it.

    known: its results as they were, if only its curves can have changed
    """
    from labbook.desk import backlinks, runs

    whole = runs.run(desk, run.id)
    results = find.with_curves(desk, whole, known) if known else find.results(desk, whole)
    named = named_line(backlinks.of_run(desk, run.id))
    drawn = draw_run(whole, width, results)
    content = Content("\n\n").join([named, drawn]) if named else drawn
    return RunDrawn(run, width, results, content)
