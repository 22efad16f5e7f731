"""What is acknowledged is stored, whatever happens to the writer, the disk or the crowd."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from labbook.store.notebook import Notebook
from tests.support.notebooks import child, finish, new_notebook, open_notebook, raw

BOTH_JOURNALS = pytest.mark.parametrize("journal", ["wal", "truncate"])


def _bodies(directory: Path) -> list[str]:
    with raw(directory) as connection:
        return [body.split()[0] for (body,) in connection.execute("SELECT body FROM block")]


def _is_whole(directory: Path) -> None:
    with raw(directory) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        command = "INSERT INTO note_search (note_search, rank) VALUES ('integrity-check', 1)"
        connection.execute(command)
        orphans = connection.execute(
            "SELECT count(*) FROM block WHERE id NOT IN (SELECT block_id FROM block_revision)"
        ).fetchone()[0]
        assert orphans == 0


@BOTH_JOURNALS
@pytest.mark.parametrize("cycles", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_writers_lose_nothing_that_they_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, cycles: int
) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", journal)
    directory = tmp_path / "notebook"
    open_notebook(directory).close()
    random_ = random.Random(7)
    acknowledged: set[str] = set()
    for cycle in range(cycles):
        writers = [child("capture", directory, f"c{cycle}p{n}", "0") for n in range(4)]
        for writer in writers:
            assert writer.stdout is not None
            acknowledged.add(writer.stdout.readline().strip())
        time.sleep(random_.random() * 0.2)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            out, err = writer.communicate()
            assert err == ""
            # A line without its end was never told.
            acknowledged.update(line.strip() for line in out.splitlines(True) if line[-1] == "\n")
        stored = _bodies(directory)
        assert len(stored) == len(set(stored))
        assert acknowledged <= set(stored)
        _is_whole(directory)
    assert len(acknowledged) > 4 * cycles


@BOTH_JOURNALS
@pytest.mark.parametrize(
    ("processes", "count"), [(4, 15), pytest.param(8, 200, marks=pytest.mark.slow)]
)
def test_many_writers_at_once_have_no_error_and_no_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, processes: int, count: int
) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", journal)
    directory = tmp_path / "notebook"
    open_notebook(directory).close()
    writers = [child("add", directory, f"p{number}", str(count)) for number in range(processes)]
    lines = [line.split() for writer in writers for line in finish(writer).splitlines()]
    expected = {f"p{p}-{number}" for p in range(processes) for number in range(count)}
    assert {name for name, _ in lines} == expected
    assert sorted(_bodies(directory)) == sorted(expected)
    assert max(float(seconds) for _, seconds in lines) < 5.0
    _is_whole(directory)
    with raw(directory) as connection:
        steps = connection.execute("SELECT count(*), count(DISTINCT block_id) FROM next_step")
        assert steps.fetchone() == (len(expected), len(expected))


@BOTH_JOURNALS
@pytest.mark.parametrize("room_kb", [350, 700])
def test_a_full_disk_is_one_sentence_and_loses_nothing_that_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str, room_kb: int
) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", journal)
    directory = tmp_path / "notebook"
    open_notebook(directory).close()
    lines = finish(child("limited", directory, str(room_kb * 1024))).splitlines()
    assert lines[-1].startswith("DiskFull: There was no room to write to")
    assert "MiB free" in lines[-1]
    assert _bodies(directory) == lines[:-1]
    _is_whole(directory)
    finish(child("capture", directory, "after", "1"))
    assert _bodies(directory)[-1] == "after-0"


def test_a_reader_sees_one_state_while_others_write(nb: Notebook) -> None:
    with nb.read() as connection:
        count = "SELECT count(*) FROM block"
        before = connection.exec_driver_sql(count).scalar()
        finish(child("capture", nb.path, "p", "3"))
        assert connection.exec_driver_sql(count).scalar() == before == 0
    with nb.read() as connection:
        assert connection.exec_driver_sql(count).scalar() == 3


def test_a_stopped_writer_is_named_and_the_others_go_on_when_it_does(tmp_path: Path) -> None:
    new_notebook(tmp_path / "notebook").close()
    directory = tmp_path / "notebook"
    holder = child("hold", directory, "0.5")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.send_signal(signal.SIGSTOP)
    waiting = child("capture", directory, "p", "1")
    time.sleep(0.5)
    assert _bodies(directory) == []
    holder.send_signal(signal.SIGCONT)
    finish(waiting)
    finish(holder)
    assert _bodies(directory) == ["p-0"]
