"""A run that nobody looks after is ended, whatever state its directory is in."""

from __future__ import annotations

from labbook.model import RunState
from tests.support.lab import Lab
from tests.support.store_runs import create


def test_a_run_directory_that_cannot_be_read_stands_in_nobodys_way(lab: Lab) -> None:
    unreadable, whole = create(lab.notebook), create(lab.notebook)
    for run in (unreadable, whole):
        lab.directory(run).make()
    # Not even root can read it, so it stands for a file that somebody else owns.
    lab.directory(unreadable).events.mkdir()
    ended = lab.reconcile()
    assert [(run.id, run.state) for run in ended] == [
        (unreadable.id, RunState.LOST),
        (whole.id, RunState.LOST),
    ]
    assert f"{lab.directory(unreadable).events} cannot be used" in ended[0].message
    assert lab.reconcile() == ()
