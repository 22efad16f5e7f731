"""metrics.jsonl, whoever wrote it, becomes metrics and curves: each point once, in its order."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.errors import NotebookBusy
from labbook.model import Metric, Moment, RunState
from labbook.runner import endings
from labbook.runner import lines as lines_module
from labbook.runner.directory import RunDirectory
from labbook.runner.events import WARNINGS_LIMIT
from labbook.runner.metrics_file import MetricsReader
from labbook.runner.paste import Intake
from labbook.store import run_steps, runs
from tests.support.lab import Lab
from tests.support.store_runs import create, step

any_file = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory(tmp_path / "1")
    directory.make()
    return directory


def read(directory: RunDirectory, text: str | bytes) -> tuple[list[Metric], list[str]]:
    directory.metrics.write_bytes(text if isinstance(text, bytes) else text.encode())
    reader = MetricsReader(directory)
    batch = reader.read(0)
    rest = reader.read_rest(batch.stretch.end)
    return batch.metrics + rest.metrics, batch.warnings + rest.warnings


def test_every_way_of_writing_a_number_is_understood(directory: RunDirectory) -> None:
    found, warnings = read(
        directory,
        '{"loss": 0.5, "n": 3, "ok": true, "bad": false, "step": 7}\n'
        '{"a": NaN, "b": Infinity, "c": -Infinity, "step": 8.0}\n'
        '{"a": "nan", "b": "Infinity", "c": "-inf"}\n'
        '{"val": {"top": {"1": 0.25}, "loss": 1e3}, "none": null}\n',
    )
    assert warnings == []
    assert [(each.name, each.step) for each in found] == [
        *(("loss", 7), ("n", 7), ("ok", 7), ("bad", 7), ("a", 8), ("b", 8), ("c", 8)),
        *(("a", 0), ("b", 0), ("c", 0), ("val.top.1", 1), ("val.loss", 1)),
    ]
    values = [each.value for each in found]
    assert values[:4] == [0.5, 3.0, 1.0, 0.0]
    assert repr(values[4:7]) == repr(values[7:10]) == repr([math.nan, math.inf, -math.inf])
    assert values[10:] == [0.25, 1000.0]


def test_what_cannot_be_understood_is_warned_about_and_the_rest_is_taken(
    directory: RunDirectory,
) -> None:
    found, warnings = read(
        directory,
        b'\xef\xbb\xbf{"m": 1, "phase": "train"}\r\n'
        b"\n"
        b"[1]\n"
        b'{"m": 2, "step": "x"}\n'
        b'{"m": 3, "step": 9223372036854775808}\n'
        b'{"m": \xff}\n'
        b'{"m": 4, "phase": "eval", "list": [1], "huge": 1' + b"0" * 400 + b"}\n"
        b'{"\\u001b[31mevil\xe2\x80\xae": 5, "": 6}\n' + b'{"m":' * 100_000 + b"\n"
        b'{"m": 7, "st',
    )
    assert [(each.name, each.value, each.step) for each in found] == [
        *(("m", 1.0, 0), ("m", 4.0, 1), ("evil⟦RLO⟧", 5.0, 2)),
    ]
    named = ("phase", "Line 3", "Line 4", "Line 5", "Line 6", "list", "huge", "“”", "Line 9", "10")
    assert len(warnings) == len(named)
    for word, warning in zip(named, warnings, strict=True):
        assert word in warning
    assert "cut off" in warnings[-1]


def test_a_last_line_without_its_newline_counts_when_it_is_whole(directory: RunDirectory) -> None:
    found, warnings = read(directory, '{"m": 1}\n{"m": 2}')
    assert [(each.value, each.step) for each in found] == [(1.0, 0), (2.0, 1)]
    assert warnings == []


def test_bad_lines_without_end_make_a_hundred_warnings(directory: RunDirectory) -> None:
    _, warnings = read(directory, "bad\n" * 10_000)
    assert len(warnings) == WARNINGS_LIMIT
    assert "more" in warnings[-1]


def test_what_is_no_regular_file_is_never_waited_for(directory: RunDirectory) -> None:
    for make in (
        lambda: os.mkfifo(directory.metrics),
        directory.metrics.mkdir,
        lambda: directory.metrics.symlink_to("/etc/passwd"),
    ):
        make()
        reader = MetricsReader(directory)
        batch = reader.read(0)
        assert (batch.metrics, len(batch.warnings), batch.is_last) == ([], 1, True)
        assert reader.read(0).warnings == []
        directory.metrics.rmdir() if directory.metrics.is_dir() else directory.metrics.unlink()


points = st.lists(st.tuples(st.floats(), st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=30)


@any_file
@given(points, st.integers(1, 200), st.integers(0, 31))
def test_lines_keep_their_numbers_however_they_are_cut_and_wherever_one_goes_on(
    tmp_path: Path, points: list[tuple[float, int | None]], batch_bytes: int, again_at: int
) -> None:
    directory = RunDirectory(tmp_path)
    lines = [
        json.dumps({"m": value} if step is None else {"m": value, "step": step}) + "\n"
        for value, step in points
    ]
    directory.metrics.write_text("".join(lines))
    numbers = iter(range(len(points)))
    expected = [(value, next(numbers) if step is None else step) for value, step in points]
    found: list[Metric] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "BATCH_BYTES", batch_bytes)
        reader, offset = MetricsReader(directory), 0
        while True:
            batch = reader.read(offset)
            found += batch.metrics
            offset = batch.stretch.end
            if batch.is_last:
                break
            if len(found) >= again_at:
                reader = MetricsReader(directory)
                reader.read_up_to(offset)
    assert repr([(each.value, each.step) for each in found]) == repr(
        [(value + 0.0, step) for value, step in expected]
    )


def test_a_notebook_that_refuses_is_asked_again_and_no_point_is_lost_or_doubled(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(lab.notebook)
    step(lab.notebook, run, RunState.STARTING, RunState.RUNNING)
    directory = lab.directory(run)
    directory.make()
    intake = Intake(lab.notebook, run.id, directory)
    real = {"ingest": run_steps.ingest, "close_run": run_steps.close_run}
    refusals = {"ingest": 2, "close_run": 2}

    def refusing(name: str) -> object:
        def call(*given: object, **named: object) -> bool:
            if refusals[name]:
                refusals[name] -= 1
                raise NotebookBusy("It is busy.")
            return bool(real[name](*given, **named))  # type: ignore[operator]

        return call

    for name in real:
        monkeypatch.setattr(run_steps, name, refusing(name))
    with directory.metrics.open("a") as file:
        for number in range(6):
            file.write(f'{{"m": {number}}}\n')
            file.flush()
            if number in (0, 1, 3):
                try:
                    intake.take_in(10)
                except NotebookBusy:
                    continue
        file.write('{"m": 6}')
    ended = endings.failed("It was enough.")
    for _ in range(2):
        with pytest.raises(NotebookBusy):
            intake.close(ended, moment=Moment.now(), day=run.day)
    # Somebody else has seen nothing of it, and takes nothing in twice.
    other = Intake(lab.notebook, run.id, directory)
    assert intake.close(ended, moment=Moment.now(), day=run.day)
    assert not other.close(ended, moment=Moment.now(), day=run.day)
    found = runs.metric_points(lab.notebook, run.id, "m")
    assert [(each.value, each.step) for each in found] == [(n, n) for n in range(7)]
    assert runs.run(lab.notebook, run.id).warnings == ()


def test_curves_grow_while_a_program_runs_and_end_with_it(lab: Lab, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    script = tmp_path / "train.sh"
    script.write_text(
        'for i in 1 2 3; do echo "{\\"loss\\": 0.$i, \\"step\\": $((10 - i))}"'
        ' >> "$LABBOOK_RUN_DIR/metrics.jsonl"; done\n'
        f"while [ ! -e {gate} ]; do sleep 0.02; done\n"
        'printf \'{"loss": NaN}\' >> "$LABBOOK_RUN_DIR/metrics.jsonl"\n'
    )
    started = lab.start("test.program", command=f"sh {script}")
    try:
        seen = None
        while seen is None:
            seen = lab.now(started).metrics.get("loss")
        assert seen == 0.3
        assert not lab.now(started).state.has_ended
        (active,) = runs.active_runs(lab.notebook)
        assert active.metrics_offset == lab.directory(started).metrics.stat().st_size
    finally:
        gate.touch()
    run = lab.end_of(started)
    assert run.state is RunState.FINISHED
    assert math.isnan(run.metrics["loss"])
    found = runs.metric_points(lab.notebook, run.id, "loss")
    assert [each.step for each in found] == [9, 8, 7, 0]
    assert run.warnings == ()
