"""One notebook in use: by threads, on a full disk, and where there is none."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labbook.desk import doctor, find, keep, runs, sample, write
from labbook.desk.desk import Desk
from labbook.errors import DiskFull, NotFound
from labbook.model import Moment, RunState
from labbook.settings import Settings
from labbook.text.period import Period
from tests.support.disk import full_disk
from tests.support.notebooks import DAY, MORNING, dump, new_notebook
from tests.support.store_runs import create


@pytest.fixture
def path(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with Desk(Settings(notebook=path)) as opened:
        yield opened


def test_threads_that_come_at_once_share_one_notebook(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        notebooks = set(pool.map(lambda _: id(desk.notebook), range(32)))
        notes = list(pool.map(lambda number: write.add_note(desk, f"note {number}"), range(32)))
    assert len(notebooks) == 1
    written = {block.id for block in find.entry(desk, desk.today()).blocks}
    assert written == {note.id for note in notes}


def test_a_full_disk_keeps_nobody_from_reading(path: Path, desk: Desk) -> None:
    # Nobody looks after it: whoever opens the notebook wants to write that it is lost.
    run = create(desk.notebook)
    with full_disk(), Desk(Settings(notebook=path)) as other:
        assert len(find.entry(other, DAY).blocks) == 1
        assert runs.run(other, run.id).state is RunState.QUEUED
        assert [each.id for each in runs.runs(other)] == [run.id]
        with pytest.raises(DiskFull):
            runs.reconcile(other)
    assert runs.run(desk, run.id).state is RunState.LOST


def test_a_disk_without_room_for_reading_is_told_as_that(path: Path) -> None:
    # Nobody else has the notebook open, so the file that readers share is not there yet.
    with (
        full_disk(),
        Desk(Settings(notebook=path)) as desk,
        pytest.raises(DiskFull, match="cannot be opened, not even to read") as refused,
    ):
        find.entry(desk, DAY)
    assert "stored" not in refused.value.message
    assert "MiB free" in refused.value.hint
    with Desk(Settings(notebook=path)) as desk:
        assert len(find.entry(desk, DAY).blocks) == 0


@pytest.mark.parametrize("verb", [keep.backup, keep.check])
def test_what_keeps_a_notebook_safe_makes_none(tmp_path: Path, verb: object) -> None:
    assert callable(verb)
    with (
        Desk(Settings(notebook=tmp_path / "mistyped")) as desk,
        pytest.raises(NotFound, match="no notebook"),
    ):
        verb(desk)
    assert not (tmp_path / "mistyped").exists()


def test_the_sample_does_not_mind_where_on_earth_it_is(tmp_path: Path) -> None:
    somewhere = Moment(MORNING.us, "Mars/Olympus")
    with Desk(Settings(notebook=tmp_path / "notebook"), lambda: somewhere) as desk:
        sample.fill(desk)
        last_week = Period.week_of(desk.today()).before()
        assert find.days_written(desk, last_week)


def test_the_doctor_changes_nothing(path: Path) -> None:
    with Desk(Settings(notebook=path)) as before:
        create(before.notebook)
    was = dump(path)
    with Desk(Settings(notebook=path)) as desk:
        topics = {each.topic: each.verdict for each in doctor.examine(desk)}
    assert topics["notebook"] is doctor.Verdict.GOOD
    assert dump(path) == was, "not even a run that nobody looks after is ended"


def test_the_doctor_knows_a_repository_by_any_directory_in_it(tmp_path: Path, path: Path) -> None:
    inside, outside = tmp_path / "code" / "src", tmp_path / "elsewhere"
    for each in (inside, outside):
        each.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", inside.parent], check=True)
    with Desk(Settings(notebook=path, repositories=(inside, outside))) as desk:
        (found,) = [each for each in doctor.examine(desk) if each.topic == "repository"]
    assert str(outside) in found.finding
