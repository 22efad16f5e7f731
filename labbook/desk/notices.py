"""What is to be said when a run or a sweep has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.desk.desk import Desk

if TYPE_CHECKING:
    from labbook.model import Run
    from labbook.model.notice import Notice


def of_run(desk: Desk, run: Run) -> Notice | None:
    """What a terminal says of a run that has ended; see `labbook.runner.notices`."""
    from labbook.runner.notices import run_notice

    return run_notice(desk.notebook, desk.settings, run)


def of_sweep(desk: Desk, sweep_id: int) -> Notice | None:
    """The same of a sweep.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.runner.notices import sweep_notice

    return sweep_notice(desk.notebook, desk.settings, sweep_id)
