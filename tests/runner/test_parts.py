"""The small parts of the runner, each against what it promises."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.model import RunState, Series
from labbook.runner import endings, identity, provenance
from labbook.runner.decimate import decimate
from labbook.runner.identity import Identity, Life, judge
from labbook.runner.log import log_text
from labbook.runner.process import Status


def test_this_process_is_alive_and_agrees_with_psutil() -> None:
    own = identity.own()
    assert own.pid == os.getpid()
    assert judge(own.text) is Life.ALIVE
    assert Identity.parse(own.text) == own
    if sys.platform.startswith("linux"):
        ticks = float(own.started) / os.sysconf("SC_CLK_TCK")
        assert psutil.boot_time() + ticks == pytest.approx(psutil.Process().create_time(), abs=2)


def test_a_number_used_again_is_not_the_same_process() -> None:
    own = identity.own()
    earlier = Identity(own.host, own.boot, own.space, own.pid, "1")
    assert judge(earlier.text) is Life.GONE


def test_an_ended_process_is_gone_even_while_nobody_has_buried_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = identity.of(child.pid)
    assert found is not None
    assert judge(found.text) is Life.ALIVE
    child.kill()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert judge(found.text) is Life.GONE
    child.communicate()
    assert judge(found.text) is Life.GONE


@pytest.mark.parametrize("part", ["host", "boot", "space"])
def test_a_process_elsewhere_cannot_be_judged_from_here(part: str) -> None:
    own = identity.own()
    elsewhere = Identity(**{**vars(own), part: "other"})
    assert judge(elsewhere.text) is Life.UNKNOWN


@pytest.mark.parametrize("text", ["", "x", "a b c d e", "a b c 1"])
def test_what_is_no_identity_is_nobody(text: str) -> None:
    assert judge(text) is Life.GONE


points = st.lists(st.floats(-1e9, 1e9) | st.just(math.nan), min_size=1, max_size=400)


@given(points, st.integers(2, 60).map(lambda half: 2 * half))
def test_decimation_is_short_and_keeps_the_extremes(ys: list[float], limit: int) -> None:
    series = Series("s", tuple(range(len(ys))), tuple(ys), error=tuple(ys))
    short = decimate(series, limit)
    assert len(short.y) <= max(limit, 0)
    assert all(math.isnan(y) or ys[int(x)] == y for x, y in zip(short.xs, short.y, strict=True))
    assert list(short.xs) == sorted(short.xs)
    finite = [y for y in ys if not math.isnan(y)]
    if finite:
        kept = [y for y in short.y if not math.isnan(y)]
        assert (min(kept), max(kept)) == (min(finite), max(finite))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.integers(2, 50))
def test_a_decimated_histogram_covers_the_same_width_and_height(
    ys: list[float], limit: int
) -> None:
    series = Series("h", tuple(range(len(ys) + 1)), tuple(ys), "histogram")
    short = decimate(series, limit)
    assert len(short.y) <= limit
    assert (short.xs[0], short.xs[-1]) == (0, len(ys))
    assert max(short.y) == max(ys)


def test_a_decimated_band_keeps_its_lowest_and_its_highest_edge() -> None:
    low = tuple(math.sin(i) for i in range(5000))
    high = tuple(2 + math.cos(i) for i in range(5000))
    short = decimate(Series("b", tuple(range(5000)), low, "band", upper=high), 100)
    assert len(short.y) <= 100
    assert min(short.y) == min(low)
    assert max(short.upper or ()) == max(high)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3
)


@given(
    st.dictionaries(st.sampled_from(["state", "message", "exit_code", "signal", "duration_s"]), ANY)
)
def test_any_exit_file_tells_an_ending(facts: dict[str, object]) -> None:
    outcome = endings.from_exit(facts)
    assert outcome.state.has_ended
    assert outcome.state is not RunState.LOST
    if outcome.state is RunState.FAILED:
        assert outcome.message
    if outcome.duration_s is not None:
        assert math.isfinite(outcome.duration_s)


def test_a_killed_process_that_had_been_asked_to_stop_was_cancelled() -> None:
    status = Status(exit_code=None, signal=9, peak_memory_bytes=1)
    assert endings.from_status(status, was_stopped=True).state is RunState.CANCELLED
    assert endings.from_status(status, was_stopped=False).state is RunState.FAILED


def test_the_log_is_the_end_of_what_was_printed_made_harmless(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "3"
    run.mkdir(parents=True)
    assert log_text(tmp_path, 3) == ""
    (run / "log").write_bytes(b"one\r\ntwo 10%\rtwo 99%\n\x1b[31mred\x1b[0m \xff\x9b2J\n")
    assert log_text(tmp_path, 3) == "one\ntwo 99%\nred \ufffd\ufffd2J\n"
    (run / "supervisor.log").write_text("complaint\n")
    assert log_text(tmp_path, 3).endswith("--- the supervisor:\ncomplaint\n")
    (run / "log").write_text("".join(f"line {n}\n" for n in range(1000)))
    (run / "supervisor.log").unlink()
    tail = log_text(tmp_path, 3, tail_bytes=100)
    assert tail.endswith("line 999\n")
    assert tail.startswith("line 9")
    assert len(tail) <= 100


def test_code_is_the_working_trees_commit_and_nothing_outside_of_one(tmp_path: Path) -> None:
    assert provenance.code(tmp_path) is None
    assert provenance.code(tmp_path / "gone") is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    empty = provenance.code(tmp_path)
    assert empty is not None
    assert (empty.commit, empty.branch) == ("", "main")
    (tmp_path / "a b.py").write_text("1")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    (tmp_path / "new.py").write_text("unknown to git")
    inner = tmp_path / "inner"
    inner.mkdir()
    found = provenance.code(inner)
    assert found is not None
    assert len(found.commit) == 40
    assert not found.dirty
    assert Path(found.root) == tmp_path
    (tmp_path / "a b.py").write_text("2")
    subprocess.run([*git, "checkout", "-q", "--detach"], check=True)
    found = provenance.code(inner)
    assert found is not None
    assert (found.dirty, found.branch) == (True, "")


def test_a_worker_whose_parent_has_gone_does_not_begin() -> None:
    script = "from labbook.runner.parent import die_with; die_with(1); print('still here')"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == -9
    assert ended.stdout == b""


def test_where_the_kernel_does_not_help_the_end_of_the_pipe_does(tmp_path: Path) -> None:
    script = (
        "import os, time\n"
        "from labbook.runner import parent\n"
        "parent._prctl = lambda *_: False\n"
        "parent.die_with(os.getppid())\n"
        "print(repr(os.read(0, 1)), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdin is not None
        assert worker.stdout.readline() == b"b''\n", "an experiment that reads gets nothing"
        worker.stdin.close()
        assert worker.wait(timeout=10) == -9
