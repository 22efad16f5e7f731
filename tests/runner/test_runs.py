"""A run is recorded as it was, from its block on the day to its last artifact."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labbook.errors import BackendUnavailable, DiskFull, ExperimentError, UsageError
from labbook.model import ArtifactKind, Moment, RunBlock, RunRole, RunState
from labbook.runner.launch import launch
from labbook.store import runs
from tests.support.lab import Lab, wait_until


def test_a_run_stands_on_the_day_at_once_and_its_results_come_by_themselves(lab: Lab) -> None:
    started = lab.start("test.walk", steps="50", seed=7)
    (block,) = lab.entry().blocks
    assert isinstance(block, RunBlock)
    assert block.run.id == started.id
    assert block.role is RunRole.STARTED

    run = lab.end_of(started)
    assert run.state is RunState.FINISHED
    assert run.params == {"steps": 50, "pause_s": 0.0}
    assert run.seed == 7
    assert (run.backend, run.backend_asked) == ("numpy", "auto")
    assert "no CUDA kernel" in run.backend_reason
    assert run.exit_code == 0
    assert run.signal is None
    assert run.message == ""
    assert run.warnings == ("a walk proves nothing",)
    assert run.metrics["distance"] == abs(run.metrics["position"])
    assert lab.log(run) == "walked 50 steps\n"

    results = lab.results(run)
    start, table = results.tables
    (figure,) = results.figures
    assert start.name == "start"
    assert table.rows == ((50, run.metrics["position"]),)
    assert table.columns[1].unit == "m"
    assert len(figure.series[0].y) == 50
    assert figure.series[0].y[-1] == run.metrics["position"]
    assert results.missing == ()
    points = runs.metric_points(lab.notebook, run.id, "position")
    assert [each.step for each in points] == list(range(50))
    assert tuple(each.value for each in points) == figure.series[0].y
    assert len(lab.entry().blocks) == 1


def test_the_same_seed_gives_the_same_numbers_to_the_last_bit(lab: Lab) -> None:
    first = lab.run("test.walk")
    assert first.seed is not None
    assert first.seed < 2**53, "nobody chose it, and every JSON reader keeps it"
    again = lab.run("test.walk", seed=first.seed)
    other = lab.run("test.walk", seed=12)
    assert first.metrics == again.metrics
    assert [each.sha256 for each in first.artifacts] == [each.sha256 for each in again.artifacts]
    assert first.metrics != other.metrics


def test_where_a_run_comes_from_is_recorded(lab: Lab) -> None:
    git = ["git", "-C", str(lab.path / "experiments"), "-c", "user.name=x", "-c", "user.email=x"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()

    run = lab.run("test.walk", steps="1")
    assert run.code is not None
    assert (run.code.commit, run.code.branch, run.code.dirty) == (commit, "main", False)
    with (lab.path / "experiments" / "small.py").open("a") as source:
        source.write("# changed\n")
    dirty = lab.run("test.walk", steps="1")
    assert dirty.code is not None
    assert dirty.code.dirty

    assert run.host == os.uname().nodename
    assert run.environment["python"] == ".".join(map(str, sys.version_info[:3]))
    import numpy as np

    assert run.environment["packages"]["numpy"] == np.__version__
    assert run.peak_memory_bytes is not None
    assert 5e6 < run.peak_memory_bytes < 5e8
    assert run.started is not None
    assert run.ended is not None
    assert run.created.us <= run.started.us <= run.ended.us


def test_the_duration_is_of_the_experiment_alone(lab: Lab) -> None:
    run = lab.run("test.walk", steps="20", pause_s="0.01")
    assert run.duration_s is not None
    assert run.duration_s >= 0.2
    assert run.ended is not None
    assert run.duration_s < (run.ended.us - run.created.us) / 1e6


def test_a_failing_run_says_why_and_keeps_what_it_had(lab: Lab) -> None:
    run = lab.run("test.fail")
    assert run.state is RunState.FAILED
    assert run.message == "RuntimeError: the flux capacitor is empty"
    assert run.exit_code == 1
    assert run.metrics == {"before": 1.0}
    log = lab.log(run)
    assert log.startswith("about to fail\nTraceback")
    assert 'raise RuntimeError("the flux capacitor is empty")' in log
    assert "labbook/runner" not in log, "the researcher reads their own lines, not ours"


ENDS = [
    ("exit-0", RunState.FINISHED, 0, None, ""),
    ("exit-3", RunState.FAILED, 3, None, "It ended itself with sys.exit(3)."),
    ("exit-text", RunState.FAILED, 1, None, "It ended itself with sys.exit('no good')."),
    ("_exit-0", RunState.FAILED, 0, None, "exit code 0 before the experiment had returned"),
    ("kill", RunState.FAILED, None, signal.SIGKILL, "killed (SIGKILL)"),
    ("term", RunState.FAILED, None, signal.SIGTERM, "SIGTERM"),
    ("segfault", RunState.FAILED, None, signal.SIGSEGV, "SIGSEGV"),
    ("interrupt", RunState.FAILED, 1, None, "interrupted"),
    ("memory", RunState.FAILED, 1, None, "out of memory"),
    ("unspeakable", RunState.FAILED, 1, None, "_Unspeakable"),
    ("deep", RunState.FAILED, 1, None, "RecursionError"),
]


def test_however_a_run_ends_the_notebook_tells_it_truly(lab: Lab) -> None:
    started = [lab.start("test.end", how=how) for how, *_ in ENDS]
    for run, (how, state, code, number, words) in zip(started, ENDS, strict=True):
        ended = lab.end_of(run)
        told = (ended.state, ended.exit_code, ended.signal)
        assert told == (state, code, number), how
        assert words in ended.message, how
        assert bool(ended.message) == (state is not RunState.FINISHED), how
        assert ended.metrics == {"before": 1.0}, how
        assert ended.peak_memory_bytes, how


def test_hostile_output_is_stored_harmless_and_shown_harmless(lab: Lab) -> None:
    run = lab.run("test.hostile")
    assert run.state is RunState.FINISHED
    shown = [lab.log(run), *run.metrics, *run.warnings, *(each.name for each in run.artifacts)]
    for text in shown:
        assert not any(ord(char) < 32 and char not in "\t\n" for char in text), text
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "100%" in lab.log(run)
    assert "10%" not in lab.log(run), "of a line written over, the last writing counts"
    assert math.isnan(run.metrics["name withthings"])
    assert run.metrics["inf"] == -math.inf
    (table,) = lab.results(run).tables
    assert table.rows[0][0].endswith("<script>")  # type: ignore[union-attr]


def test_what_is_no_event_becomes_a_warning(lab: Lab) -> None:
    lines = [
        "{",
        "[]",
        "17",
        "null",
        "",
        '{"type":"?"}',
        '{"type":"metric","name":"x","value":"y"}',
    ]
    run = lab.run("test.garbage", lines=json.dumps(lines))
    assert run.state is RunState.FINISHED
    assert run.metrics == {"before": 1.0, "after": 2.0}
    assert len(run.warnings) == len(lines) - 1, "an empty line is not worth a word"
    assert all("is no event" in warning for warning in run.warnings)


def test_a_worker_sees_one_thread_no_input_and_no_notebook(lab: Lab, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    run = lab.run("test.environment")
    assert run.message == ""
    assert lab.log(run).splitlines() == [
        "OMP_NUM_THREADS=1",
        "OPENBLAS_NUM_THREADS=1",
        "PYTHONHASHSEED=0",
        "stdin=''",
    ]
    assert run.metrics == {"modules": 0.0}
    (file,) = run.artifacts
    assert (file.name, file.kind, file.media_type) == ("note.txt", ArtifactKind.FILE, "text/plain")
    assert file.size_bytes == 4


@pytest.mark.slow
def test_threads_that_the_researcher_asked_for_stay(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert "OMP_NUM_THREADS=2" in lab.log(lab.run("test.environment"))


def test_a_full_disk_fails_the_run_in_one_sentence_and_loses_nothing(lab: Lab) -> None:
    for swallow in ("no", "yes"):
        run = lab.run("test.flood", limit="50000", swallow=swallow)
        assert run.state is RunState.FAILED
        assert run.message.startswith("There was no room to record what the run said")
        points = runs.metric_points(lab.notebook, run.id, "step")
        assert len(points) > 500
        assert [each.step for each in points] == list(range(len(points)))
        assert run.warnings == (), "no torn line is left behind"


@pytest.mark.slow
def test_an_experiment_may_share_its_work_out_to_processes(lab: Lab) -> None:
    run = lab.run("test.pool")
    assert (run.state, run.message) == (RunState.FINISHED, "")
    assert run.metrics == {"sum": 285.0}


def test_what_a_run_leaves_running_ends_with_it(lab: Lab) -> None:
    run = lab.run("test.leave-child")
    assert run.state is RunState.FINISHED
    wait_until(lambda: not lab.family(run), 15.0, "the left child to end")


@pytest.mark.slow
def test_a_thread_that_goes_on_does_not_hold_the_result_back(lab: Lab) -> None:
    run = lab.start("test.hang-after")
    ended = lab.end_of(run, within_s=20.0)
    assert ended.state is RunState.FINISHED
    wait_until(lambda: not lab.family(run), 15.0, "the worker to end")


def test_a_run_that_ends_on_a_later_day_is_linked_from_that_day(lab: Lab) -> None:
    yesterday = Moment(Moment.now().us - 24 * 3600 * 1_000_000, Moment.now().zone)
    run = lab.start("test.walk", steps="1", clock=lambda: yesterday)
    lab.end_of(run)
    (began,) = lab.entry(yesterday.day()).blocks
    (ended,) = lab.entry().blocks
    assert isinstance(began, RunBlock)
    assert isinstance(ended, RunBlock)
    assert (began.role, ended.role) == (RunRole.STARTED, RunRole.ENDED)
    assert began.run.id == ended.run.id == run.id


def test_progress_is_seen_while_a_run_goes_on(lab: Lab) -> None:
    run = lab.start("test.walk", steps="200", pause_s="0.01")
    wait_until(lambda: lab.now(run).progress is not None, 20.0, "progress")
    seen = lab.now(run)
    assert seen.state is RunState.RUNNING
    assert seen.progress is not None
    assert 0 < (seen.progress.fraction or 0) < 1
    assert seen.metrics["position"] is not None
    assert lab.end_of(run).state is RunState.FINISHED


def test_nothing_is_recorded_when_the_request_is_no_good(lab: Lab) -> None:
    with pytest.raises(UsageError):
        lab.start("test.walk", steps="0")
    with pytest.raises(BackendUnavailable):
        launch(
            lab.notebook,
            lab.registry.request("test.walk", {}),
            lab.settings,
            Moment.now,
            backend="cupy",
        )
    assert runs.runs(lab.notebook) == ()
    assert lab.entry(dt.datetime.now(dt.UTC).date()).blocks == ()


def test_a_run_that_cannot_be_started_is_closed_with_the_reason(lab: Lab) -> None:
    shutil.rmtree(lab.path / "runs")
    (lab.path / "runs").write_text("a file where a directory should be")
    with pytest.raises(ExperimentError, match="could not be started"):
        lab.start("test.walk")
    (run,) = runs.runs(lab.notebook)
    assert run.state is RunState.FAILED
    assert "could not be started" in run.message


def test_a_run_that_could_neither_be_started_nor_closed_is_not_queued_for_ever(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise DiskFull("There is no room.")

    shutil.rmtree(lab.path / "runs")
    (lab.path / "runs").write_text("a file where a directory should be")
    with monkeypatch.context() as full:
        full.setattr("labbook.runner.launch.end", no_room)
        with pytest.raises(DiskFull):
            lab.start("test.walk")
    (ended,) = lab.reconcile()
    assert ended.state is RunState.LOST
    assert "never started" in ended.message
