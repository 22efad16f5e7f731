"""What a run says is read from any byte onwards, whoever wrote it, and never twice."""

from __future__ import annotations

import errno
import json
import math
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.compute import Backend
from labbook.model import (
    ArtifactKind,
    Axis,
    Column,
    Figure,
    Mark,
    Metric,
    Progress,
    Series,
    Table,
)
from labbook.model.figure import MAX_INLINE_POINTS
from labbook.runner import lines as lines_module
from labbook.runner.directory import RunDirectory
from labbook.runner.events import WARNINGS_LIMIT, EventReader
from labbook.runner.recorder import DirectoryRecorder

any_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory(tmp_path / "1")
    directory.make()
    return directory


def test_what_a_recorder_writes_a_reader_reads(directory: RunDirectory, tmp_path: Path) -> None:
    table = Table("t", (Column("n", "nats"),), ((math.inf,), (None,), ("x\ny",), (True,)))
    figure = Figure(
        "f",
        Axis("x", "s", "log"),
        "y",
        (Series("bars", ("a", "nan"), (1, math.nan), "bars"), Series("none", (), ())),
        (Mark("y", 0.5, "half"),),
    )
    weights = tmp_path / "weights.npz"
    weights.write_bytes(b"\0\1")
    recorder = DirectoryRecorder(directory)
    recorder.started(Backend("numpy", "it was asked for"))
    recorder.progress(Progress(1, None))
    recorder.metric(Metric("loss", math.nan, 3))
    recorder.table(table)
    recorder.figure(figure)
    recorder.file("../../evil name", weights)
    recorder.warn("small sample")
    weights.unlink()

    reader = EventReader(directory)
    batch = reader.read(0)
    assert batch.is_last
    assert batch.end == directory.events.stat().st_size
    assert batch.progress == Progress(1.0, None)
    (metric,) = batch.metrics
    assert (metric.name, metric.step) == ("loss", 3)
    assert math.isnan(metric.value)
    assert batch.warnings == ["small sample"]
    assert reader.start is not None
    assert reader.start.reason == "it was asked for"
    made = reader.products
    assert Table.from_json(made[ArtifactKind.TABLE, "t"].data or {}) == table
    data = made[ArtifactKind.FIGURE, "f"].data or {}
    assert Figure.from_json(data).to_json() == figure.to_json()
    kept = made[ArtifactKind.FILE, "../../evil name"].path
    assert kept is not None
    assert kept.read_bytes() == b"\0\1"
    assert kept.parent == directory.files


@any_file
@given(
    st.lists(st.tuples(st.floats(allow_nan=False), st.integers(-(2**63), 2**63 - 1)), max_size=30),
    st.integers(1, 300),
    st.integers(0, 40),
)
def test_lines_come_whole_once_and_in_order_however_they_are_cut(
    tmp_path: Path, points: list[tuple[float, int]], batch_bytes: int, torn: int
) -> None:
    directory = RunDirectory(tmp_path)
    directory.events.unlink(missing_ok=True)
    recorder = DirectoryRecorder(directory)
    for value, step in points:
        recorder.metric(Metric("m", value, step))
    with directory.events.open("ab") as file:
        file.write(b'{"type":"metric","name":"torn","value":1,"st'[:torn])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "BATCH_BYTES", batch_bytes)
        reader = EventReader(directory)
        offset, read = 0, []
        while True:
            batch = reader.read(offset)
            assert batch.start == offset
            assert batch.end - offset <= batch_bytes or len(batch.metrics) == 1, "one transaction"
            read += batch.metrics
            offset = batch.end
            if batch.is_last:
                break
    assert [(each.value, each.step) for each in read] == points
    assert directory.events.read_bytes()[:offset].count(b"\n") == len(points)


@any_file
@given(st.binary(max_size=400))
def test_no_bytes_whatever_stop_a_reader(tmp_path: Path, data: bytes) -> None:
    directory = RunDirectory(tmp_path)
    directory.events.write_bytes(data)
    batch = EventReader(directory).read(0)
    assert batch.end == len(data.rpartition(b"\n")[0]) + (b"\n" in data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
kinds = ["start", "progress", "metric", "table", "figure", "file", "warning"]
keys = ["name", "value", "step", "done", "of", "table", "figure", "path", "kind", "text", "at_us"]


@any_file
@given(st.sampled_from(kinds), st.dictionaries(st.sampled_from(keys), json_values))
def test_an_event_of_any_content_is_taken_or_warned_about(
    tmp_path: Path, kind: str, content: dict[str, object]
) -> None:
    directory = RunDirectory(tmp_path)
    directory.events.write_text(json.dumps({**content, "type": kind}) + "\n")
    batch = EventReader(directory).read(0)
    assert batch.end == directory.events.stat().st_size
    for metric in batch.metrics:
        assert -(2**63) <= metric.step < 2**63
        assert metric.name.isprintable()


def test_a_file_outside_the_run_directory_is_not_taken(
    directory: RunDirectory, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    directory.files.mkdir()
    (directory.files / "link").symlink_to(secret)
    paths = ["../secret", str(secret), "files/link", "files", "files/none", "", "long" * 70]
    with directory.events.open("w") as file:
        for path in paths:
            event = {"type": "file", "kind": "file", "name": "x", "path": path}
            file.write(json.dumps(event) + "\n")
    reader = EventReader(directory)
    batch = reader.read(0)
    assert reader.products == {}
    assert len(batch.warnings) == len(paths)


def test_a_series_of_many_points_is_kept_whole_and_drawn_from_few(
    directory: RunDirectory,
) -> None:
    x = np.arange(100_000)
    y = np.sin(x / 1000)
    y[33_333] = 50.0
    DirectoryRecorder(directory).figure(
        Figure("sine", "x", "y", (Series("sin", tuple(x), tuple(y)), Series("few", (1,), (2,))))
    )
    reader = EventReader(directory)
    reader.read(0)
    series, figure = reader.products.values()
    assert (series.kind, figure.kind) == (ArtifactKind.SERIES, ArtifactKind.FIGURE)
    assert series.path is not None
    stored = np.load(series.path)
    assert np.array_equal(stored["x"], x)
    assert np.array_equal(stored["y"], y)
    data = figure.data or {}
    drawn = Figure.from_json(data)
    assert len(drawn.series[0].y) <= MAX_INLINE_POINTS
    assert max(drawn.series[0].y) == 50.0, "a spike of one point is still seen"
    assert data["series"][0]["artifact"] == series.name
    assert data["series"][0]["points"] == 100_000
    assert "artifact" not in data["series"][1]


def test_a_later_table_replaces_an_earlier_one_in_its_place(directory: RunDirectory) -> None:
    recorder = DirectoryRecorder(directory)
    for row in range(3):
        recorder.table(Table("live", (Column("n"),), ((row,),)))
        recorder.table(Table(f"other {row}", (Column("n"),)))
    reader = EventReader(directory)
    reader.read(0)
    names = [name for _, name in reader.products]
    assert names == ["live", "other 0", "other 1", "other 2"]
    assert (reader.products[ArtifactKind.TABLE, "live"].data or {})["rows"] == [[2]]


def test_a_thousand_warnings_become_a_hundred(directory: RunDirectory) -> None:
    recorder = DirectoryRecorder(directory)
    for number in range(1000):
        recorder.warn(f"warning {number}")
    warnings = EventReader(directory).read(0).warnings
    assert len(warnings) == WARNINGS_LIMIT + 1
    assert "more warnings" in warnings[-1]


def test_a_line_without_end_takes_no_memory_and_is_skipped(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "LINE_LIMIT_BYTES", 1 << 20)
    good = b'{"type":"metric","name":"m","value":1}\n'
    directory.events.write_bytes(good + b"x" * (5 << 20))
    reader = EventReader(directory)
    first = reader.read(0)
    assert (len(first.metrics), first.end) == (1, len(good))
    assert reader.read(first.end).end == first.end, "it may still end"
    with directory.events.open("ab") as file:
        file.write(b"\n" + good)
    second = reader.read(first.end)
    assert not second.is_last
    third = reader.read(second.end)
    assert len(third.metrics) == 1
    assert third.end == directory.events.stat().st_size


def test_a_line_for_which_there_is_no_room_is_taken_back(directory: RunDirectory) -> None:
    script = """
        import resource, sys
        from pathlib import Path
        from labbook.errors import DiskFull
        from labbook.model import Metric
        from labbook.runner.directory import RunDirectory
        from labbook.runner.recorder import DirectoryRecorder

        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        recorder = DirectoryRecorder(RunDirectory(Path(sys.argv[1])))
        try:
            for step in range(100):
                recorder.metric(Metric("m", 1.0, step))
        except DiskFull as error:
            assert recorder.fault is error
            sys.exit(7)
    """
    command = [sys.executable, "-c", dedent(script), str(directory.path)]
    assert subprocess.run(command, check=False).returncode == 7
    data = directory.events.read_bytes()
    assert 900 < len(data) <= 1000
    assert data.endswith(b"}\n")


def test_the_last_word_has_room_kept_for_it(directory: RunDirectory) -> None:
    """A write that fails for want of room gives the reserve back and is tried again."""
    from labbook.runner import directory as directory_module

    attempts = []
    really = directory_module.write_whole

    def full_once(path: Path, data: bytes, **how: bool) -> None:
        attempts.append((directory.path / "reserve").exists())
        if len(attempts) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        really(path, data, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directory_module, "write_whole", full_once)
        directory.write_exit({"state": "failed"})
    assert attempts == [True, False]
    assert directory.read_exit() == {"state": "failed"}
    directory.write_exit({"state": "finished"})
    assert directory.read_exit() == {"state": "failed"}, "it is said once"


def test_a_directory_left_from_before_a_restore_is_moved_aside(directory: RunDirectory) -> None:
    directory.events.write_text("old")
    directory.make()
    assert not directory.events.exists()
    assert directory.path.with_name("1.old1").is_dir()
    assert oct(directory.path.stat().st_mode & 0o777) == "0o700"


def test_a_run_directory_is_claimed_once(directory: RunDirectory) -> None:
    assert not directory.is_claimed()
    assert directory.claim("one")
    assert not directory.claim("two")
    assert directory.identity("claim") == "one"
    assert {path.name for path in directory.path.iterdir()} == {"claim", "reserve"}


def test_where_there_are_no_links_a_claim_is_still_taken_once(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", no_links)
    assert directory.claim("one")
    assert not directory.claim("two")
    assert directory.identity("claim") == "one"
