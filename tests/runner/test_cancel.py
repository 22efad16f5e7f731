"""A run that was asked to stop stops, by itself or not."""

from __future__ import annotations

import os
import signal

from labbook.model import RunState
from tests.support.lab import Lab, wait_until


def test_a_cancelled_run_stops_at_its_next_look_and_keeps_what_it_had(lab: Lab) -> None:
    run = lab.start("test.walk", steps="100000", pause_s="0.01", term_after_s=600.0)
    lab.wait_for_metric(run, "position")
    lab.cancel(run)
    ended = lab.end_of(run)
    assert ended.state is RunState.CANCELLED
    assert ended.exit_code is None
    assert ended.signal is None
    assert ended.message == ""
    assert ended.metrics["position"] is not None
    assert ended.duration_s is not None


def test_a_run_that_does_not_look_gets_sigterm(lab: Lab) -> None:
    run = lab.start("test.stubborn", term_after_s=0.3, kill_after_s=60.0)
    lab.wait_for_metric(run, "before")
    lab.cancel(run)
    ended = lab.end_of(run, within_s=50.0)
    assert ended.state is RunState.CANCELLED
    assert ended.metrics == {"before": 1.0}


def test_a_run_that_ignores_everything_is_killed_with_all_its_processes(lab: Lab) -> None:
    run = lab.start(
        "test.stubborn", ignore_term="yes", children="3", term_after_s=0.2, kill_after_s=0.3
    )
    lab.wait_for_metric(run, "before")
    assert len(lab.family(run)) == 4
    lab.cancel(run)
    ended = lab.end_of(run, within_s=50.0)
    assert ended.state is RunState.CANCELLED
    assert ended.signal == signal.SIGKILL
    assert "was made to" in ended.message
    assert lab.family(run) == []


def test_a_run_cancelled_before_it_begins_never_begins(lab: Lab) -> None:
    run = lab.start("test.walk", steps="100000", pause_s="0.01")
    lab.cancel(run)
    ended = lab.end_of(run)
    assert ended.state is RunState.CANCELLED


def test_a_run_that_has_ended_is_left_alone(lab: Lab) -> None:
    run = lab.run("test.walk", steps="1")
    assert lab.cancel(run) == run
    assert lab.now(run) == run


def test_a_supervisor_that_is_asked_to_end_ends_its_run_first(lab: Lab) -> None:
    run = lab.start("test.stubborn", kill_after_s=60.0)
    lab.wait_for_metric(run, "before")
    lab.wait_for(run, RunState.RUNNING)
    os.kill(lab.pid(run, "supervisor"), signal.SIGTERM)
    ended = lab.end_of(run, within_s=50.0)
    assert ended.state is RunState.CANCELLED
    wait_until(lambda: lab.family(run) == [], 10.0, "the worker to end")
